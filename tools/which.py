"""Which of their appointments a caller means: «the one on Friday», «my ten o'clock», an id."""

import re
from collections.abc import Sequence
from datetime import datetime

from db.errors import NotFound, WhichOne
from db.models import Appointment
from speech.times import Reading
from tools.call import Call
from tools.diary import AppointmentView, appointment_view, local, understood

MOST_TOLD = 10
"""More of them nobody could follow by ear."""
_VAGUE = re.compile(r"(?:the |my |this |that )?(?:one|it|appointment|only one|only appointment|this|that)?")
"""Words that mean «the one I have»."""


def views(call: Call, found: Sequence[Appointment]) -> list[AppointmentView]:
    return [appointment_view(call.business, one) for one in found[:MOST_TOLD]]


def which_one(
    call: Call,
    words: str,
    active: Sequence[Appointment],
    gone: Sequence[Appointment] = (),
    *,
    before_move: bool = False,
) -> Appointment:
    """The appointment that is meant. A question when it can be several; the cancelled ones are looked at last, so that
    cancelling twice says so."""
    by_id = [one for one in (*active, *gone) if one.id == words.strip().casefold()]
    if by_id:
        return by_id[0]
    reading = understood(call, words)
    fitting = [one for one in active if _fits(call, one, reading, words)]
    if not fitting and before_move:
        fitting = [one for one in active if one.moved_by_call == call.id and _fits_old(call, one, reading)]
    if not fitting and (reading.day or reading.at or not active):
        fitting = [one for one in gone if _fits(call, one, reading, words)][-1:]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise WhichOne("Which appointment do you mean?", choices=views(call, fitting))
    if not active:
        raise NotFound("You have no appointments coming up.")
    raise NotFound("I can't find that one among your appointments.", choices=views(call, active))


def _fits(call: Call, one: Appointment, reading: Reading, words: str) -> bool:
    if reading.day is None and reading.at is None and reading.question is None:
        return not words or _VAGUE.fullmatch(words.strip().casefold()) is not None
    return _shows(local(one.starts_at, call.business), reading)


def _fits_old(call: Call, one: Appointment, reading: Reading) -> bool:
    return one.moved_from is not None and _shows(local(one.moved_from, call.business), reading)


def _shows(at: datetime, reading: Reading) -> bool:
    """Whether a clock and a calendar that show `at` fit the words."""
    if reading.day is not None and not reading.day <= at.date() <= (reading.end_day or reading.day):
        return False
    return reading.at is None or at.time() == reading.at
