"""Dates and times as they are said, resolved against a clock, a zone and the hours of a business.

Nothing here asks the machine what time it is: `Frame.now` is a parameter, in the zone that is meant.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
PARTS = {"morning": (6, 12), "afternoon": (12, 17), "evening": (17, 21)}
"""Parts of the day, in hours."""


@dataclass(frozen=True)
class Frame:
    """What must be known to understand words for a time."""

    now: datetime
    """The moment of speaking, in the zone that is meant."""
    hours: tuple[int, int] | None = None
    """The usual opening hours in minutes since midnight: «at three» means 15:00 where 03:00 is closed."""

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True)
class Reading:
    """What was understood. Nothing is invented: what was not said is None."""

    day: date | None = None
    at: time | None = None
    part: str | None = None
    """morning · afternoon · evening"""
    question: str | None = None
    """What to ask when the words can mean two things."""


_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = re.compile(rf"\b({'|'.join(_NUMBERS)})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_MONTH_DAY = re.compile(rf"\b({'|'.join(MONTHS)})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?")
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({'|'.join(MONTHS)})\b(?:,?\s+(\d{{4}}))?")
_WEEKDAY = re.compile(rf"\b(?:(next|this|coming)\s+)?({'|'.join(WEEKDAYS)})\b")
_IN_DAYS = re.compile(r"\bin (\d{1,3}) days?\b")
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*(a\.?m\.?|p\.?m\.?)(?=\W|$)")
_CLOCK_24 = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_BARE_HOUR = re.compile(r"\bat (\d{1,2})\b(?!\s*(?:st|nd|rd|th|\d))|^(\d{1,2})(?: o'?clock)?$|\b(\d{1,2}) o'?clock\b")


def read(text: str, frame: Frame) -> Reading:
    """The date, the time and the part of the day in a sentence."""
    words = " ".join(text.casefold().split())
    words = _NUMBER.sub(lambda match: str(_NUMBERS.index(match[1]) + 1), words)
    day = _read_date(words, frame)
    rest = _ISO.sub(" ", words)
    at, question = _read_time(rest, frame)
    part = next((name for name in PARTS if re.search(rf"\b{name}\b", words)), None)
    return Reading(day, at, part, question)


def _read_date(words: str, frame: Frame) -> date | None:
    if match := _ISO.search(words):
        return _made(int(match[1]), int(match[2]), int(match[3]))
    if "day after tomorrow" in words:
        return frame.today + timedelta(days=2)
    if re.search(r"\btomorrow\b", words):
        return frame.today + timedelta(days=1)
    if re.search(r"\btoday\b|\btonight\b", words):
        return frame.today
    if match := _IN_DAYS.search(words):
        return frame.today + timedelta(days=int(match[1]))
    if match := _MONTH_DAY.search(words):
        return _coming(match[3], MONTHS.index(match[1]) + 1, int(match[2]), frame)
    if match := _DAY_MONTH.search(words):
        return _coming(match[3], MONTHS.index(match[2]) + 1, int(match[1]), frame)
    if match := _WEEKDAY.search(words):
        return _weekday(match[2], match[1], frame)
    return None


def _weekday(name: str, which: str | None, frame: Frame) -> date:
    ahead = (WEEKDAYS.index(name) - frame.today.weekday()) % 7 or 7
    if which == "next" and frame.today.weekday() + ahead < 7:
        ahead += 7
    return frame.today + timedelta(days=ahead)


def _coming(year: str | None, month: int, day: int, frame: Frame) -> date | None:
    if year is not None:
        return _made(int(year), month, day)
    this_year = _made(frame.today.year, month, day)
    if this_year is not None and this_year >= frame.today:
        return this_year
    return _made(frame.today.year + 1, month, day)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _read_time(words: str, frame: Frame) -> tuple[time | None, str | None]:
    if re.search(r"\bnoon\b", words):
        return time(12), None
    if match := _CLOCK.search(words):
        hour, minute = int(match[1]), int(match[2] or 0)
        if 1 <= hour <= 12 and minute < 60:
            return time(hour % 12 + (12 if match[3].startswith("p") else 0), minute), None
        return None, None
    if match := _CLOCK_24.search(words):
        hour, minute = int(match[1]), int(match[2])
        if hour > 23 or minute > 59:
            return None, None
        return (time(hour, minute), None) if hour > 12 or hour == 0 else _either_half(hour, minute, frame)
    if match := _BARE_HOUR.search(words):
        hour = int(next(group for group in match.groups() if group))
        return _either_half(hour, 0, frame) if 1 <= hour <= 12 else (time(hour) if hour < 24 else None, None)
    return None, None


def _either_half(hour: int, minute: int, frame: Frame) -> tuple[time | None, str | None]:
    """A time without am or pm: the one within the opening hours, or a question."""
    halves = [time(hour % 12, minute), time(hour % 12 + 12, minute)]
    if frame.hours is None:
        return None, _which_half(halves)
    first, last = frame.hours
    inside = [half for half in halves if first <= half.hour * 60 + half.minute < last]
    if len(inside) == 1:
        return inside[0], None
    return (None, _which_half(halves)) if inside else (halves[1] if hour < 8 else halves[0], None)


def _which_half(halves: list[time]) -> str:
    morning, evening = halves
    return f"Do you mean {spoken_time(morning)} or {spoken_time(evening)}?"


def spoken_time(at: time) -> str:
    """«12:00 PM»: the form in which tools name a time."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'}"


def spoken_date(day: date) -> str:
    """«Thursday, February 12»."""
    return f"{WEEKDAYS[day.weekday()].title()}, {MONTHS[day.month - 1].title()} {day.day}"
