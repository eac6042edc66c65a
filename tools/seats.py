"""Seats: what is free on the caller's own flight, and moving there."""

import re
from typing import TypedDict

from db.errors import Ambiguous, NotVerified
from db.flights import read_booking
from db.models import Seat
from db.seats import Offer, Wish, fee, free_seats, move_seat
from speech.spelling import Unknown, plain, spell
from tools.call import Call, Context, tool
from tools.flights import FlightTold, told
from tools.spelling import seat_label

CHOICES = 3
MOST_TOGETHER = 9
LAST_ROW = 99
"""Behind every aircraft's last: «at the back» is near it."""
EXIT_ROW_RULE = "In the exit row you must be at least sixteen, able to help, and without an infant."

_KINDS = {"window": r"\bwindow", "aisle": r"\b(aisle|corridor)", "middle": r"\b(middle|centre|center)"}
_EXIT = r"\b(exit|emergency)"
_LEGROOM = r"\b(leg ?room|legs?|more (room|space)|extra (room|space)|roomy)\b"
_TOGETHER = r"\b(together|side by side|next to each other|adjacent|neighbou?ring|for (two|three|four|\d)|beside)\b"
_NEAR_ROW = r"\b(?:row|near|around|by|close to)\s+(?:row\s+|seat\s+)?(.+)"
_LABEL = re.compile(r"(\d{1,3})([a-z])")
_FRONT, _BACK = r"\b(front|forward)", r"\b(back|rear|tail|behind)"


class SeatTold(TypedDict):
    seat: str
    kind: str
    exit_row: bool
    extra_legroom: bool
    fee: int
    """In whole units of the airline's currency, paid at check-in, never by telephone; 0: included."""


class Choice(TypedDict):
    seats: list[SeatTold]


class SeatMap(TypedDict):
    status: str
    your_seat: str | None
    choices: list[Choice]
    more: int
    """How many further choices there are."""
    note: str | None


class Moved(TypedDict):
    status: str
    seat: SeatTold
    flight: FlightTold
    note: str | None


def _ticket(call: Call) -> int:
    if call.ticket_id is None:
        raise NotVerified("I need your booking first. What is your confirmation number, please?")
    return call.ticket_id


@tool
async def seat_map(ctx: Context, wish: str = "") -> SeatMap:
    """Finds free seats on the caller's own flight, those that their fare allows. Use it after find_booking.

    Args:
        wish: What they want, in their words: window, aisle, exit row, extra legroom, two together, near row 12, at the
            front. A certain seat as «12A». Empty for any seat.
    """
    call = ctx.userdata
    ticket_id = _ticket(call)
    read = read_wish(wish)
    offers = await free_seats(call.store, call.business, ticket_id, read, call.now)
    booking = await read_booking(call.store, call.business.key, ticket_id)
    chosen = offers[:CHOICES] if read.together > 1 else spread(offers)
    seats = [seat for offer in chosen for seat in offer.free]
    return {
        "status": "found" if chosen else "none_free",
        "your_seat": booking.seat,
        "choices": [{"seats": [_told(seat, booking.fare) for seat in offer.free]} for offer in chosen],
        "more": len(offers) - len(chosen),
        "note": EXIT_ROW_RULE if any(seat.exit_row for seat in seats) else None,
    }


@tool
async def update_seat(ctx: Context, seat: str) -> Moved:
    """Moves the caller to another seat of their own flight. Use it only after they chose it and said yes.

    Args:
        seat: The seat as the caller said it: «twelve A», «12A», «row twelve, seat alpha».
    """
    call = ctx.userdata
    ticket_id = _ticket(call)
    label = seat_label(seat)
    if label is None:
        raise Ambiguous("Which seat would you like? Please say its row and its letter, such as twelve A.")
    booking = await read_booking(call.store, call.business.key, ticket_id)
    moved = await move_seat(call.store, call.business, ticket_id, label, call.now)  # last: what follows cannot fail
    return {
        "status": "moved",
        "seat": _told(moved, booking.fare),
        "flight": told(booking.flight),
        "note": EXIT_ROW_RULE if moved.exit_row else None,
    }


def _told(seat: Seat, fare: str) -> SeatTold:
    return {
        "seat": seat.label,
        "kind": seat.kind,
        "exit_row": seat.exit_row,
        "extra_legroom": seat.extra_legroom,
        "fee": fee(seat, fare) or 0,
    }


def spread(offers: list[Offer]) -> list[Offer]:
    """At most three, no two of one row as long as there are others."""
    first_of_row = list({offer.seats[0].row: offer for offer in reversed(offers)}.values())[::-1]
    rest = [offer for offer in offers if offer not in first_of_row]
    return [*first_of_row, *rest][:CHOICES]


def read_wish(words: str) -> Wish:
    """The kind of seat that is meant; what is not understood is left open."""
    text = plain(words)
    if label := _LABEL.fullmatch(text.strip()):
        return Wish(label=f"{int(label[1])}{label[2].upper()}")
    together = re.search(_TOGETHER, text) is not None
    return Wish(
        kind=next((kind for kind, pattern in _KINDS.items() if re.search(pattern, text)), None),
        exit_row=re.search(_EXIT, text) is not None,
        extra_legroom=re.search(_LEGROOM, text) is not None,
        together=_how_many(text) if together else 1,
        near_row=_row(text),
    )


def _how_many(text: str) -> int:
    """«Three together», «together for 4»; two where no number is said."""
    numbers = re.findall(r"\d+", spell(re.sub(_NEAR_ROW, "", text).replace("for ", " "), Unknown.DROP))
    return min(max(int(numbers[0][-1]), 2), MOST_TOGETHER) if numbers else 2


def _row(text: str) -> int | None:
    near = re.search(_NEAR_ROW, text)
    numbers = re.findall(r"\d+", spell(near[1], Unknown.DROP)) if near else []
    if numbers:
        return int(numbers[0][:2])
    if re.search(_FRONT, text):
        return 1
    return LAST_ROW if re.search(_BACK, text) else None
