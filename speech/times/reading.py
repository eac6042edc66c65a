"""From a line of text to a `Reading`."""

import re
from datetime import date, datetime, time
from typing import NamedTuple

from speech.times.calendar import shifted
from speech.times.choice import bounds, chosen_clock, chosen_day, days_of
from speech.times.finding import facts_of
from speech.times.frame import Frame, Reading
from speech.times.halves import night_runs_over, settled, settled_span
from speech.times.lexicon import lexicon
from speech.times.line import Clock, Day, Fact, Line
from speech.times.tokens import tokens_of

_DEVANAGARI = re.compile(r"[ऀ-ॿ]")
YEARS = (100, 9900)
"""Nearer to the ends of the calendar nothing can be reckoned."""
DAY_PARTS = {"morning", "afternoon", "evening", "night"}
EXTREMES = ("earliest", "latest")
_IN_PARTS = {"night": "evening"}
"""A part that the desks do not plan by, and the one it belongs to."""


def read(text: str, frame: Frame, language: str = "en", *, expecting: str | None = None) -> Reading:
    """The days and times in a sentence. `expecting` says what was asked for, «time» or «date»: then a number alone is
    an hour, or a day of the month."""
    if not YEARS[0] <= frame.now.year <= YEARS[1]:
        return Reading()
    if language == "en" and _DEVANAGARI.search(text):
        language = "hi"
    line = Line(tokens_of(text, lexicon(language)), frame, expecting)
    facts = facts_of(line)
    return _reading(line, facts) if facts else Reading()


class Times(NamedTuple):
    """What the line says of the time of day."""

    at: time | None = None
    end: time | None = None
    later: bool = False
    question: str | None = None
    runs_over: bool = False
    """The night's hours after midnight belong to the next day."""


def _reading(line: Line, facts: list[Fact]) -> Reading:
    first, last, later_days, asked, day = _days(line, facts)
    part = _part(line, facts, day)
    times = _times(line, facts, first, part)
    if times.runs_over and first is not None:
        first = shifted(first, 1)
    moment = next((fact.value for fact in reversed(facts) if isinstance(fact.value, datetime)), None)
    if moment is not None:
        first, times = moment.date(), Times(moment.time().replace(second=0, microsecond=0))
    return Reading(
        day=first,
        at=times.at,
        part=_IN_PARTS.get(part, part) if part else None,
        question=asked or times.question,
        end_day=None if last == first else last,
        end_at=times.end,
        extreme=next((name for fact in reversed(facts) for name in EXTREMES if fact.value == name), None),
        not_days=tuple(day.first for fact, day in days_of(facts) if fact.refused),
        not_at=_refused_times(line, facts, part),
        spans=tuple(_span(line, fact) for fact in facts),
        later_days=later_days,
        later_times=times.later,
    )


def _days(line: Line, facts: list[Fact]) -> tuple[date | None, date | None, bool, str | None, Day | None]:
    """First and last day, whether later ones fit too, what to ask, and the day as it was said."""
    chosen = chosen_day(line, facts)
    if chosen is None:
        return None, None, False, None, None
    fact, day, question = chosen
    if question is not None:
        return None, None, False, question, day
    return *bounds(fact, day), None, day


def _part(line: Line, facts: list[Fact], day: Day | None) -> str | None:
    """The last that was said: with the time, alone, or in the day («tonight»)."""
    said: list[str] = [] if day is None or day.part is None else [day.part]
    for fact in facts:
        value = fact.value
        if fact.refused:
            continue
        clock = value[1] if isinstance(value, tuple) else value
        if isinstance(clock, Clock) and clock.half in DAY_PARTS:
            said.append(clock.half)
        elif isinstance(value, str) and value not in EXTREMES:
            said.append(value)
    return said[-1] if said else None


def _times(line: Line, facts: list[Fact], day: date | None, part: str | None) -> Times:
    fact = chosen_clock(line, facts)
    if fact is None:
        return Times()
    if isinstance(fact.value, tuple):
        start, end, question = settled_span(*fact.value, line.frame, part=part)
        return Times(start, end, question=question)
    clock = fact.value
    if not isinstance(clock, Clock):
        return Times()
    at, question = settled(clock, line.frame, part=part, today=day == line.frame.today)
    over = at is not None and night_runs_over(clock, part, at)
    if fact.relation in {"before", "until"}:
        return Times(None, at, question=question, runs_over=over)
    return Times(at, None, at is not None and fact.relation in {"after", "from"}, question, over)


def _refused_times(line: Line, facts: list[Fact], part: str | None) -> tuple[time, ...]:
    clocks = [fact.value for fact in facts if fact.refused and isinstance(fact.value, Clock)]
    settled_ones = (settled(clock, line.frame, part=part)[0] for clock in clocks)
    return tuple(at for at in settled_ones if at is not None)


_LEADS = {"at", "on", "the", "in", "by", "around", "about", "after", "before", "from", "between", "until", "till"}


def _span(line: Line, fact: Fact) -> tuple[int, int]:
    """Where it stands in the text, with the small words that lead to it."""
    start = fact.start
    while line[start - 1].text in _LEADS:
        start -= 1
    return line[start].start, line[fact.end - 1].end
