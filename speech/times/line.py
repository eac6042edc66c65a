"""A line under reading: its tokens with what is known, and what was found in it."""

from dataclasses import dataclass
from datetime import date, datetime

from speech.times.frame import Frame
from speech.times.tokens import Token

END = Token("", "end", {}, 0, 0)
"""Stands before the first token and behind the last."""
FIRST_YEAR, LAST_YEAR = 1900, 2150
"""What is read as a year; a four-digit number elsewhere is a time of day or an id."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day or a period, still open to what else is said of it."""

    first: date
    last: date | None = None
    kind: str = "date"
    """date · relative · weekday · nth (the month was not said) · week · month · year · span"""
    value: int = 0
    """The weekday, or the number in the month."""
    part: str | None = None
    loose: bool = False
    """It was said by a weekday alone, so a week may still choose another."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time on the clock's face, still open to which half of the day it is."""

    hour: int
    minute: int = 0
    half: str | None = None
    """am · pm · day (it was said in 24 hours) · a part of the day"""
    bare: bool = False
    """Only a number was said."""


Value = Day | Clock | tuple[Clock, Clock] | datetime | str


@dataclass(slots=True)
class Fact:
    """Something that was said, from one token up to another."""

    value: Value
    start: int
    end: int
    relation: str | None = None
    """after · from · before · until"""
    refused: bool = False
    """«not», «except»"""


@dataclass(frozen=True, slots=True)
class Line:
    tokens: list[Token]
    frame: Frame
    expecting: str | None = None

    def __getitem__(self, at: int) -> Token:
        return self.tokens[at] if 0 <= at < len(self.tokens) else END

    def has(self, at: int, kind: str) -> bool:
        return kind in self[at].tags

    def number(self, at: int, kind: str = "number") -> int | None:
        value = self[at].tags.get(kind)
        return value if isinstance(value, int) else None

    def word(self, at: int, kind: str) -> str | None:
        value = self[at].tags.get(kind)
        return value if isinstance(value, str) else None

    def skip(self, at: int, *kinds: str) -> int:
        """Past one token of any of these kinds, if it stands here."""
        return at + 1 if any(kind in self[at].tags for kind in kinds) else at

    def year(self, at: int) -> tuple[int | None, int]:
        """«2019», «, 2019», «twenty nineteen», «of next year»."""
        start = self.skip(self.skip(at, "comma"), "of")
        which = self.number(start, "direction")
        if which is not None and self[start + 1].text == "year":
            return self.frame.today.year + min(which, 1), start + 2
        value, more = self.number(start), self.number(start + 1)
        if value is None:
            return None, at
        if self[start].kind == "word" and more is not None:
            if value in {19, 20, 21} and 10 <= more < 100:
                return value * 100 + more, start + 2
            if value == 2000 and more < 100:
                return value + more, start + 2
        if len(self[start].text) >= 4 and FIRST_YEAR <= value <= LAST_YEAR and not self.has(start + 1, "hours_mark"):
            return value, start + 1
        return None, at

    def hyphen(self, at: int) -> int:
        """Past the mark in «4-Jan-2027»."""
        return at + 1 if self[at].text in {"-", "/"} and self[at].glued and self[at + 1].glued else at

    def counts(self, at: int) -> bool:
        """Whether the word here is what a number before it counts: people, dollars, a street."""
        return "counted_after" in self[at].tags
