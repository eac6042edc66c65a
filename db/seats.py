"""Seats: which are free, which a fare may choose, and moving to one in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.engine import Store
from db.errors import NotAllowed, NotFound, SeatTaken
from db.flights import refuse_if_gone
from db.models import Flight, Seat, Ticket
from db.outbox import owe

ALTERNATIVES = 3


@dataclass(frozen=True)
class Fare:
    """What choosing a seat costs, in whole units of the business's currency, paid at check-in; None: not allowed."""

    regular: int | None
    extra: int | None
    """Extra legroom and exit rows."""


FARES = {"light": Fare(15, None), "standard": Fare(0, 45), "flex": Fare(0, 0)}
"""The same as the passengers are told in the knowledge file seats-and-seat-fees.md."""


@dataclass(frozen=True)
class Wish:
    """What kind of seat is wanted."""

    kind: str | None = None
    """window · middle · aisle; None: any"""
    exit_row: bool = False
    extra_legroom: bool = False
    together: int = 1
    """How many seats side by side."""
    near_row: int | None = None
    """None: near the present seat."""
    label: str | None = None
    """A certain seat; who can't have it is told why."""


@dataclass(frozen=True)
class Offer:
    """Seats side by side that together meet a wish. Those of the traveller's own party are among them."""

    seats: Sequence[Seat]
    own: frozenset[str]
    """Labels of those that the party has already."""

    @property
    def free(self) -> list[Seat]:
        return [seat for seat in self.seats if seat.label not in self.own]


def fee(seat: Seat, fare: str) -> int | None:
    """What this seat costs on this fare; None: it cannot be chosen."""
    rules = FARES[fare]
    return rules.extra if is_extra(seat) else rules.regular


def is_extra(seat: Seat) -> bool:
    return seat.exit_row or seat.extra_legroom


async def move_seat(store: Store, business: Business, ticket_id: int, label: str, now: datetime) -> Seat:
    """Moves the traveller, or leaves everything as it was. Their own seat once more is the same success."""
    return await store.write(lambda session: _move(session, store, business, ticket_id, label, now))


async def _move(
    session: AsyncSession, store: Store, business: Business, ticket_id: int, label: str, now: datetime
) -> Seat:
    ticket = await _own_ticket(session, business, ticket_id)
    flight = await session.get_one(Flight, ticket.flight_id, with_for_update={"read": True})
    refuse_if_gone(flight, now)
    seats = await _seats(session, flight)
    wanted = _allowed(seats, label, ticket)
    if wanted.ticket_id == ticket_id:
        return wanted
    old = next((seat.label for seat in seats if seat.ticket_id == ticket_id), None)
    await _give_up(session, ticket_id)
    if not await _take(session, wanted, ticket_id):
        raise _taken(seats, wanted, ticket.fare)
    told = {"flight": flight.number, "departs_at": flight.departs_at, "seat": label, "old_seat": old}
    owe(session, store.cipher, business, "seat.moved", told, now)
    return wanted


def _allowed(seats: Sequence[Seat], label: str, ticket: Ticket) -> Seat:
    """The seat of that name, if it is there and the fare may choose it. One's own seat always may."""
    wanted = next((seat for seat in seats if seat.label == label), None)
    if wanted is None:
        raise NotFound(f"There is no seat {label} on this aircraft.")
    if wanted.ticket_id != ticket.id and fee(wanted, ticket.fare) is None:
        kind = "Exit row" if wanted.exit_row else "Extra legroom"
        raise NotAllowed(f"{kind} seats are not available on a {ticket.fare.title()} fare.")
    return wanted


def _taken(seats: Sequence[Seat], wanted: Seat, fare: str) -> SeatTaken:
    return SeatTaken(f"Seat {wanted.label} is taken.", alternatives=_alternatives(seats, wanted, fare))


async def _own_ticket(session: AsyncSession, business: Business, ticket_id: int) -> Ticket:
    """The ticket, locked, so that two moves of one traveller come one after the other."""
    ticket = await session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None or ticket.business != business.key:
        raise NotFound("I can't find that booking any more.")
    return ticket


async def _seats(session: AsyncSession, flight: Flight) -> Sequence[Seat]:
    query = select(Seat).where(Seat.flight_id == flight.id).order_by(col(Seat.row), col(Seat.label))
    return (await session.exec(query)).all()


async def _give_up(session: AsyncSession, ticket_id: int) -> None:
    """First, since nobody may have two; if the new one is gone, the transaction ends and the old one stays."""
    statement = update(Seat).where(col(Seat.ticket_id) == ticket_id).values(ticket_id=None)
    await session.exec(statement.execution_options(synchronize_session=False))


async def _take(session: AsyncSession, seat: Seat, ticket_id: int) -> bool:
    still_free = (col(Seat.flight_id) == seat.flight_id, col(Seat.label) == seat.label, col(Seat.ticket_id).is_(None))
    statement = update(Seat).where(*still_free).values(ticket_id=ticket_id)
    return (await session.exec(statement.execution_options(synchronize_session=False))).rowcount == 1


def _alternatives(seats: Sequence[Seat], wanted: Seat, fare: str) -> list[str]:
    """The nearest free seats of the same kind, those that cost the same first."""
    free = [seat for seat in seats if seat.ticket_id is None and seat is not wanted and fee(seat, fare) is not None]
    alike = [seat for seat in free if seat.kind == wanted.kind] or free
    alike.sort(key=lambda seat: (is_extra(seat) != is_extra(wanted), abs(seat.row - wanted.row), seat.label))
    return [seat.label for seat in alike[:ALTERNATIVES]]


async def free_seats(store: Store, business: Business, ticket_id: int, wish: Wish, now: datetime) -> list[Offer]:
    """What is free on the traveller's flight and allowed for the fare: what takes the fewest moves and costs the
    least first, then what is nearest."""
    async with store.read() as session:
        ticket = await session.get(Ticket, ticket_id)
        if ticket is None or ticket.business != business.key:
            raise NotFound("I can't find that booking any more.")
        flight = await session.get_one(Flight, ticket.flight_id)
        refuse_if_gone(flight, now)
        seats = await _seats(session, flight)
        party = await _party(session, ticket)
    if wish.label is not None:
        return [_this_one(seats, wish.label, ticket)]
    if (wish.exit_row or wish.extra_legroom) and FARES[ticket.fare].extra is None:
        raise NotAllowed(f"Extra legroom and exit row seats are not available on a {ticket.fare.title()} fare.")
    own = frozenset(seat.label for seat in seats if seat.ticket_id in party)
    mine = next((seat.row for seat in seats if seat.ticket_id == ticket_id), 1)
    near = mine if wish.near_row is None else wish.near_row
    offers = [offer for offer in _offers(seats, own, wish.together) if _fits(offer, wish, ticket.fare)]
    return sorted(offers, key=lambda offer: _effort(offer, ticket.fare, near))


def _this_one(seats: Sequence[Seat], label: str, ticket: Ticket) -> Offer:
    wanted = _allowed(seats, label, ticket)
    if wanted.ticket_id not in (None, ticket.id):
        raise _taken(seats, wanted, ticket.fare)
    return Offer([wanted], frozenset())


async def _party(session: AsyncSession, ticket: Ticket) -> set[int | None]:
    """Everybody under the same confirmation number on the same flight."""
    query = select(Ticket.id).where(
        Ticket.business == ticket.business,
        Ticket.code_hash == ticket.code_hash,
        Ticket.flight_id == ticket.flight_id,
    )
    return set((await session.exec(query)).all())


def _offers(seats: Sequence[Seat], own: frozenset[str], together: int) -> Iterator[Offer]:
    for _, row in groupby(seats, key=lambda seat: seat.row):
        for block in _blocks(list(row)):
            for first in range(len(block) - together + 1):
                offer = Offer(block[first : first + together], own)
                if offer.free and all(seat.ticket_id is None for seat in offer.free):
                    yield offer


def _blocks(row: list[Seat]) -> list[list[Seat]]:
    """The seats of a row, parted where the aisle is."""
    blocks = [row[:1]]
    for left, right in pairwise(row):
        if left.kind == right.kind == "aisle":
            blocks.append([])
        blocks[-1].append(right)
    return blocks


def _fits(offer: Offer, wish: Wish, fare: str) -> bool:
    return (
        all(fee(seat, fare) is not None for seat in offer.free)
        and (wish.kind is None or any(seat.kind == wish.kind for seat in offer.free))
        and (not wish.exit_row or all(seat.exit_row for seat in offer.free))
        and (not wish.extra_legroom or all(is_extra(seat) for seat in offer.free))
    )


def _effort(offer: Offer, fare: str, near_row: int) -> tuple[int, int, int, str]:
    first = offer.seats[0]
    return len(offer.free), sum(fee(seat, fare) or 0 for seat in offer.free), abs(first.row - near_row), first.label
