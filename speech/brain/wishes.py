"""What a caller asked for, before it is known whether it can be had: times, one of several, items."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from speech.times import Reading


@dataclass(frozen=True)
class DayWish:
    """A day, or days that do not suit."""

    day: date | None = None
    part: str | None = None
    extreme: str | None = None
    not_days: tuple[date, ...] = ()

    def changed(self, later: "DayWish") -> "DayWish":
        """What holds once something later was said."""
        spoiled = self.day in later.not_days
        return DayWish(
            day=later.day or (None if spoiled or later.extreme else self.day),
            part=later.part or (self.part if later.day is None else None),
            extreme=later.extreme,
            not_days=(*self.not_days, *later.not_days),
        )


@dataclass(frozen=True)
class TimeWish:
    """A time, a stretch in which it must be, or the first or last there is."""

    at: time | None = None
    until: time | None = None
    part: str | None = None
    extreme: str | None = None
    not_at: tuple[time, ...] = ()
    label: str | None = None
    """One of those offered, as it was offered."""
    question: str | None = None
    """The words can mean two things."""
    words: str = ""


@dataclass(frozen=True)
class RecordWish:
    """Which of several things is meant: by its day or time, or by what it is called."""

    day: date | None = None
    at: time | None = None
    words: str = ""
    value: str | None = None
    """One of those offered."""

    def changed(self, later: "RecordWish") -> "RecordWish":
        """Words that name none of them leave it as it was."""
        names_one = later.day is not None or later.at is not None or later.value is not None
        return later if names_one or self == RecordWish(words=self.words) else self


@dataclass(frozen=True)
class ItemsWish:
    """Several things with their amounts, as they were said."""

    lines: tuple[str, ...] = ()

    def changed(self, later: "ItemsWish") -> "ItemsWish":
        return ItemsWish((*self.lines, *later.lines))


@dataclass(frozen=True)
class Choice:
    """One of those that can be had."""

    value: object
    """What a tool wants for it."""
    label: str
    """As it is said."""
    record: Any = field(default=None, compare=False)
    """All that the tool told of it."""


def day_wish(reading: Reading) -> DayWish | None:
    by_then = reading.day is None and reading.end_day is not None
    extreme = "earliest" if by_then else reading.extreme
    wish = DayWish(reading.day, reading.part, extreme, reading.not_days)
    return wish if wish != DayWish() else None


def time_wish(reading: Reading, words: str) -> TimeWish | None:
    first, last = reading.at, reading.end_at
    if first is None and last is not None:
        first = time.min
    elif reading.later_times:
        last = last or time.max
    wish = TimeWish(first, last, reading.part, reading.extreme, reading.not_at, question=reading.question)
    return replace(wish, words=words) if wish != TimeWish() else None


def record_wish(reading: Reading, words: str) -> RecordWish:
    return RecordWish(reading.day, reading.at, words)


def shifted(acts: Sequence[str], clocks: Sequence[time]) -> TimeWish | None:
    """Times after, before or beside those offered."""
    if "later" in acts:
        return TimeWish(at=_minutes_from(clocks[-1], 1), until=time.max)
    if "earlier" in acts:
        return TimeWish(at=time.min, until=_minutes_from(clocks[0], -1))
    return TimeWish(not_at=tuple(clocks)) if "others" in acts else None


def _minutes_from(clock: time, minutes: int) -> time:
    minute = (clock.hour * 60 + clock.minute + minutes) % (24 * 60)
    return time(minute // 60, minute % 60)
