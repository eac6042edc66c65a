"""What Hindi says in its own way: «kal», fractions before the hour, minutes after «bajkar» and «bajne mein»."""

from speech.times.calendar import shifted
from speech.times.line import Clock, Day, Line

FARTHEST_VERB = 12
"""Tokens behind the day."""


def either_day(line: Line, at: int) -> tuple[Day, int] | None:
    """«kal» is tomorrow, and yesterday only where the sentence is about the past; «parson», «narson» likewise."""
    days = line.number(at, "either_day")
    if days is None:
        return None
    past = any("past_tense" in token.tags for token in line.tokens[at : at + FARTHEST_VERB])
    day = shifted(line.frame.today, -days if past else days)
    return None if day is None else (Day(day, kind="relative"), at + 1)


def face(line: Line, at: int) -> tuple[Clock, int] | None:
    """«saadhe paanch», «paune das», «dedh baje», «das bajkar bees minute», «das bajne mein paanch minute»."""
    return _with_fraction(line, at) or _with_minutes(line, at)


def amount(line: Line, at: int) -> tuple[float, int] | None:
    """How many of a unit: «dedh», «dhai», «saadhe teen», «sawa»."""
    fixed = line.number(at, "fixed_fraction")
    if fixed is not None:
        return fixed / 60, at + 1
    fraction = line.number(at, "fraction")
    if fraction is None:
        return None
    number = line.number(at + 1)
    return (1 + fraction / 60, at + 1) if number is None else (number + fraction / 60, at + 2)


def _with_fraction(line: Line, at: int) -> tuple[Clock, int] | None:
    found = amount(line, at)
    if found is None or line.has(found[1], "unit") or line.counts(found[1]) or line.has(found[1], "multiplier"):
        return None
    hours, end = found
    told = end > at + 1 or line.has(end, "oclock")
    if not told or not 0 < hours < 25:
        return None
    return _clock(round(hours * 60)), end


def _with_minutes(line: Line, at: int) -> tuple[Clock, int] | None:
    hour, minutes = line.number(at), line.number(at + 2)
    sign = 1 if line.has(at + 1, "past_hour") else -1 if line.has(at + 1, "to_hour") else 0
    if hour is None or minutes is None or not sign or not (1 <= hour <= 12 and 1 <= minutes <= 59):
        return None
    end = line.skip(at + 3, "unit")
    return _clock(hour * 60 + sign * minutes), line.skip(end, "ago_behind")


def _clock(minutes: int) -> Clock:
    hour, minute = divmod(minutes, 60)
    return Clock(hour or 12, minute)
