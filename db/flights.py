"""Flights and who travels on them: a flight is found by its number, a ticket by what only its traveller knows."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from db.cipher import Cipher
from db.engine import Store
from db.errors import NotFound, TooLate, WhichOne
from db.models import Flight, Seat, Ticket

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONGEST_JOURNEY = timedelta(days=2)
"""Delays included: what departed earlier has landed."""

_LOOK_ALIKES = str.maketrans("OI", "01")
_PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "a", "œ": "o", "ı": "i"})


@dataclass(frozen=True)
class Claim:
    """Who a caller says they are: a confirmation number, and the surnames that they may have said."""

    code: str
    surnames: Collection[str]
    said: str = ""
    """Their words for the name; a first name among them tells travellers of one family apart."""


@dataclass(frozen=True)
class Booking:
    """A traveller's ticket, as that traveller may know it."""

    ticket_id: int
    name: str
    fare: str
    flight: Flight
    seat: str | None


def code_digest(cipher: Cipher, code: str) -> str:
    """O and zero, I and one are the same: nobody can tell them apart on paper or on the phone."""
    return cipher.digest("confirmation", code.upper().translate(_LOOK_ALIKES))


def surname_digest(cipher: Cipher, surname: str) -> str:
    return cipher.digest("surname", folded(surname))


def folded(name: str) -> str:
    """A name without case, accents, spaces and hyphens; Müller and Mueller are the same."""
    letters = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN_LETTERS))
    bare = "".join(letter for letter in letters if letter.isalpha())
    return bare.replace("ae", "a").replace("oe", "o").replace("ue", "u")


async def find_booking(store: Store, business: str, claim: Claim, now: datetime) -> Booking:
    """The ticket with this number and surname: of a journey with several flights, the next one to leave."""
    query = (
        select(Ticket, Flight, Seat.label)
        .join(Flight, col(Flight.id) == col(Ticket.flight_id))
        .outerjoin(Seat, col(Seat.ticket_id) == col(Ticket.id))
        .where(
            Ticket.business == business,
            Flight.business == business,
            Ticket.code_hash == code_digest(store.cipher, claim.code),
            col(Ticket.surname_hash).in_({surname_digest(store.cipher, name) for name in claim.surnames}),
        )
        .order_by(col(Flight.departs_at), col(Ticket.id))
    )
    async with store.read() as session:
        rows = (await session.exec(query)).all()
    found = [_booking(store.cipher, ticket, flight, seat) for ticket, flight, seat in rows]
    if not found:
        raise NotFound("I can't find a booking with that number and surname.")
    next_flight = next((item.flight for item in found if not has_left(item.flight, now)), found[-1].flight)
    return _one_of([item for item in found if item.flight.id == next_flight.id], claim.said)


def _booking(cipher: Cipher, ticket: Ticket, flight: Flight, seat: str | None) -> Booking:
    assert ticket.id is not None
    return Booking(ticket.id, cipher.open(ticket.name_sealed), ticket.fare, flight, seat)


def _one_of(family: list[Booking], said: str) -> Booking:
    """The only one, or the one whose first name was said."""
    words = {folded(word) for word in said.split()}
    named = [item for item in family if folded(item.name.split()[0]) in words]
    fitting = family if len(family) == 1 else named
    if len(fitting) == 1:
        return fitting[0]
    names = [item.name.split()[0] for item in family]
    raise WhichOne("There are several travellers of that name. What is your first name?", choices=names)


async def read_booking(store: Store, business: str, ticket_id: int) -> Booking:
    """The booking that the call has found before."""
    query = (
        select(Ticket, Flight, Seat.label)
        .join(Flight, col(Flight.id) == col(Ticket.flight_id))
        .outerjoin(Seat, col(Seat.ticket_id) == col(Ticket.id))
        .where(Ticket.id == ticket_id, Ticket.business == business, Flight.business == business)
    )
    async with store.read() as session:
        row = (await session.exec(query)).first()
    if row is None:
        raise NotFound("I can't find that booking any more.")
    return _booking(store.cipher, *row)


async def find_flight(store: Store, business: str, airline: str, number: str, now: datetime) -> Flight:
    """The one in the air now, else today's, else the next to leave. Without the airline's letters, the digits do."""
    wanted = col(Flight.number) == airline + number if airline else func.ltrim(col(Flight.number), LETTERS) == number
    query = (
        select(Flight)
        .where(Flight.business == business, wanted, col(Flight.departs_at) > now - LONGEST_JOURNEY)
        .order_by(col(Flight.departs_at))
        .limit(20)
    )
    async with store.read() as session:
        flights = (await session.exec(query)).all()
    in_air = [flight for flight in flights if has_left(flight, now) and not has_landed(flight, now)]
    today = [flight for flight in flights if _is_today(flight, now)]
    ahead = [flight for flight in flights if not has_left(flight, now)]
    for choice in (in_air[:1], [flight for flight in today if flight in ahead][:1], today[-1:], ahead[:1]):
        if choice:
            return choice[0]
    raise NotFound(f"I have no flight {airline}{number} today or in the days ahead.")


def _is_today(flight: Flight, now: datetime) -> bool:
    zone = ZoneInfo(flight.zone)
    return flight.departs_at.astimezone(zone).date() == now.astimezone(zone).date()


def leaves(flight: Flight) -> datetime:
    """When it leaves, its delay included."""
    return flight.departs_at + timedelta(minutes=flight.delay_minutes)


def lands(flight: Flight) -> datetime:
    return flight.arrives_at + timedelta(minutes=flight.delay_minutes)


def has_left(flight: Flight, now: datetime) -> bool:
    """It is reported gone, or its time has passed; a cancelled flight's time passes too."""
    return flight.status in {"departed", "landed"} or now >= leaves(flight)


def has_landed(flight: Flight, now: datetime) -> bool:
    return flight.status in {"landed", "cancelled"} or now >= lands(flight)


def state(flight: Flight, now: datetime) -> str:
    """The reported status; `no_news` when its time has passed and nobody has reported that it left or landed."""
    if flight.status in {"landed", "cancelled"}:
        return flight.status
    reported_gone = flight.status == "departed"
    overdue = now >= (lands(flight) if reported_gone else leaves(flight))
    if overdue:
        return "no_news"
    return "delayed" if flight.delay_minutes and flight.status == "scheduled" else flight.status


def refuse_if_gone(flight: Flight, now: datetime) -> None:
    """Nothing can be changed on a flight that is cancelled or has left."""
    if flight.status == "cancelled":
        raise TooLate("That flight is cancelled, so its seats can't be changed.")
    if has_left(flight, now):
        raise TooLate("That flight has already left, so its seats can't be changed.")
