"""The demo's airline: six flights around now, two kinds of aircraft, and travellers with confirmation numbers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.cipher import Cipher
from db.flights import code_digest, surname_digest
from db.models import Flight, Seat, Ticket
from db.seats import is_extra

SEED = 20
CODE_LENGTH = 6
TAKEN = 0.4
"""The part of each aircraft's seats that somebody has."""
CODE_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without O, I, 0 and 1, which look alike."""

EASTERN, CENTRAL, MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"


@dataclass(frozen=True)
class Layout:
    """An aircraft's cabin."""

    rows: int
    letters: str
    """With a space where the aisle is."""
    exit_rows: tuple[int, ...]
    legroom_rows: tuple[int, ...]


AIRCRAFT = {
    "Airbus A320": Layout(rows=26, letters="ABC DEF", exit_rows=(12, 13), legroom_rows=(1, 2)),
    "Embraer 175": Layout(rows=19, letters="AC DF", exit_rows=(10,), legroom_rows=(1,)),
}


@dataclass(frozen=True)
class Leg:
    """A flight, told from now."""

    number: str
    origin: str
    destination: str
    zone: str
    arrival_zone: str
    hours: float
    """From now until it leaves; negative: it has left."""
    minutes: int
    """How long it flies."""
    aircraft: str
    gate: str | None = None
    status: str = "scheduled"
    delay_minutes: int = 0


LEGS = (
    Leg("MA204", "Washington", "Chicago", EASTERN, CENTRAL, 26, 130, "Airbus A320", "B12"),
    Leg("MA209", "Chicago", "Washington", CENTRAL, EASTERN, 96, 115, "Airbus A320"),
    Leg("MA118", "Washington", "Boston", EASTERN, EASTERN, 5, 90, "Embraer 175", "C4", "delayed", 45),
    Leg("MA331", "Washington", "Denver", EASTERN, MOUNTAIN, 8, 245, "Airbus A320", None, "cancelled"),
    Leg("MA77", "Washington", "Miami", EASTERN, EASTERN, -1, 160, "Airbus A320", "A3", "departed"),
    Leg("MA452", "Boston", "Washington", EASTERN, EASTERN, 50, 95, "Embraer 175", "E7"),
)


@dataclass(frozen=True)
class Traveller:
    """Somebody to be, when trying the desk."""

    name: str
    fare: str
    seats: dict[str, str | None]
    """Flight number and seat; None: none assigned yet."""


TRAVELLERS = {
    "MER1A2": (Traveller("Asha Sharma", "standard", {"MA204": "14B", "MA209": "9E"}),),
    "FLX7Q4": (Traveller("Daniel Becker", "flex", {"MA204": "21C"}),),
    "LGT3K9": (Traveller("Maria Lopez", "light", {"MA204": None}),),
    "FAM5T8": (
        Traveller("Grace Miller", "standard", {"MA118": "8A"}),
        Traveller("Henry Miller", "standard", {"MA118": "15F"}),
    ),
    "CNX2D6": (Traveller("Oliver Jensen", "standard", {"MA331": "7D"}),),
    "GNE8W3": (Traveller("Chloe Dubois", "flex", {"MA77": "4F"}),),
}
"""By confirmation number. All are fictional."""


@dataclass(frozen=True)
class Holder:
    """One traveller on one flight."""

    code: str
    name: str
    fare: str
    seat: str | None


FIRST_NAMES = ("Adam", "Beatrice", "Carlos", "Deepa", "Ella", "Farid", "Gina", "Hugo", "Ines", "Jonas", "Keiko", "Liam")
SURNAMES = (
    "Adler", "Brooks", "Chandra", "Diaz", "Evans", "Fischer", "Garcia", "Hoang", "Ito", "Jones", "Khan", "Novak",
)  # fmt: skip


async def add(session: AsyncSession, cipher: Cipher, business: Business, now: datetime) -> None:
    """Adds the flights, their seats and who sits there."""
    dice = random.Random(SEED)
    for leg in LEGS:
        flight = _flight(leg, business, now)
        session.add(flight)
        await session.flush()
        seats = {seat.label: seat for seat in _seats(flight)}
        holders = [*_named(leg.number), *_others(seats, leg.number, dice)]
        tickets = [_ticket(cipher, flight, holder) for holder in holders]
        session.add_all(tickets)
        await session.flush()
        for holder, ticket in zip(holders, tickets, strict=True):
            if holder.seat is not None:
                seats[holder.seat].ticket_id = ticket.id
        await session.exec(insert(Seat), params=[seat.model_dump() for seat in seats.values()])


def _flight(leg: Leg, business: Business, now: datetime) -> Flight:
    """Times are rounded to five minutes, as a timetable's are."""
    minute = now.astimezone(ZoneInfo(leg.zone)).replace(second=0, microsecond=0)
    departs_at = minute - timedelta(minutes=minute.minute % 5) + timedelta(hours=leg.hours)
    return Flight(
        business=business.key,
        number=leg.number,
        origin=leg.origin,
        destination=leg.destination,
        departs_at=departs_at,
        arrives_at=departs_at + timedelta(minutes=leg.minutes),
        zone=leg.zone,
        arrival_zone=leg.arrival_zone,
        status=leg.status,
        delay_minutes=leg.delay_minutes,
        gate=leg.gate,
        aircraft=leg.aircraft,
    )


def _named(number: str) -> Iterator[Holder]:
    for code, party in TRAVELLERS.items():
        for traveller in party:
            if number in traveller.seats:
                yield Holder(code, traveller.name, traveller.fare, traveller.seats[number])


def _others(seats: dict[str, Seat], number: str, dice: random.Random) -> Iterator[Holder]:
    """Travellers for the seats that are taken by anybody else. A Light fare has no exit row and no extra legroom."""
    named = {holder.seat for holder in _named(number)} - {None}
    for label in sorted(dice.sample(sorted(seats.keys() - named), round(TAKEN * len(seats)) - len(named))):
        fare = "flex" if is_extra(seats[label]) else dice.choice(("light", "standard", "standard", "flex"))
        code = "".join(dice.choices(CODE_SIGNS, k=CODE_LENGTH))
        yield Holder(code, f"{dice.choice(FIRST_NAMES)} {dice.choice(SURNAMES)}", fare, label)


def _seats(flight: Flight) -> Iterator[Seat]:
    assert flight.id is not None
    layout = AIRCRAFT[flight.aircraft]
    for row in range(1, layout.rows + 1):
        for letter, kind in _kinds(layout.letters).items():
            yield Seat(
                flight_id=flight.id,
                label=f"{row}{letter}",
                row=row,
                kind=kind,
                exit_row=row in layout.exit_rows,
                extra_legroom=row in layout.legroom_rows,
            )


def _kinds(letters: str) -> dict[str, str]:
    """Each letter's kind: «ABC DEF» has windows at A and F, and the aisle between C and D."""
    left, right = letters.split()
    aisles, windows = {left[-1], right[0]}, {left[0], right[-1]}
    return {
        letter: "aisle" if letter in aisles else "window" if letter in windows else "middle" for letter in left + right
    }


def _ticket(cipher: Cipher, flight: Flight, holder: Holder) -> Ticket:
    assert flight.id is not None
    return Ticket(
        business=flight.business,
        code_hash=code_digest(cipher, holder.code),
        code_sealed=cipher.seal(holder.code),
        surname_hash=surname_digest(cipher, holder.name.split()[-1]),
        name_sealed=cipher.seal(holder.name),
        flight_id=flight.id,
        fare=holder.fare,
    )
