"""What is meant of all that was said: days that tell of one another, ranges, refusals, and corrections, which count."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from speech.times.calendar import made, shifted, weekday_from
from speech.times.frame import Frame, spoken_date
from speech.times.lexicon import Tags
from speech.times.line import Clock, Day, Fact, Line

WHOLE = {"week", "month", "year"}
"""Periods that another day may lie in."""
PASSING = {"relative", "weekday", "span"}
"""«I called yesterday about Friday»: such a day, where it is past, does not count beside another."""
DASHES = {"-", "–", "—"}


def days_of(facts: list[Fact]) -> list[tuple[Fact, Day]]:
    return [(fact, fact.value) for fact in facts if isinstance(fact.value, Day)]


def chosen_day(line: Line, facts: list[Fact]) -> tuple[Fact, Day, str | None] | None:
    """The day that counts, with a question where the words contradict each other."""
    wanted = [(fact, day) for fact, day in days_of(facts) if not fact.refused and not _is_left(line, fact)]
    ahead = [(fact, day) for fact, day in wanted if day.kind not in PASSING or day.first >= line.frame.today]
    chosen: tuple[Fact, Day, str | None] | None = None
    for fact, day in ahead or wanted:
        chosen = (fact, day, None) if chosen is None else _with(line, chosen, fact, day)
    return chosen


def _is_left(line: Line, fact: Fact) -> bool:
    """«move it from Tuesday …»: the old one."""
    return fact.relation == "from" and changes(line, fact.start)


def changes(line: Line, at: int) -> bool:
    return any("change" in token.tags for token in line.tokens[max(0, at - 12) : at])


def _with(line: Line, before: tuple[Fact, Day, str | None], fact: Fact, day: Day) -> tuple[Fact, Day, str | None]:
    """The day that counts when another is said after it."""
    first_fact, first, question = before
    gap = [line[at].tags for at in range(first_fact.end, fact.start)]
    if _is_range(line, first_fact, fact, gap) and not changes(line, first_fact.start):
        return _range(line.frame, first_fact, first, fact, day)
    if any("or" in tags or (len(gap) == 1 and "and" in tags) for tags in gap) and not any(
        "clause" in tags for tags in gap
    ):
        return replace(first_fact, end=fact.end), first, question
    near = len(gap) <= 3 and all(_is_filler(tags) for tags in gap)
    merged = together(line.frame, first, day, near=near)
    if merged is None:
        if near and _contradict(first, day):
            asked = f"Do you mean {spoken_date(first.first)} or {spoken_date(day.first)}?"
            return fact, day, asked
        return fact, day, None
    relation = first_fact.relation or (None if fact.relation == "from" else fact.relation)
    joined = Fact(merged, first_fact.start, fact.end, relation)
    return joined, merged, question


def _is_filler(tags: Tags) -> bool:
    return any(kind in tags for kind in ("filler", "comma", "the", "of", "in"))


def _is_range(line: Line, first: Fact, second: Fact, gap: Sequence[Tags]) -> bool:
    if second.start - first.end > 3:
        return False
    ends = line.has(second.end, "range_behind")
    said = [at for at in range(first.end, second.start) if line.has(at, "range") or (ends and line.has(at, "se"))]
    if not said:
        return False
    if line.has(said[0], "and") and first.relation != "between":
        return False
    return line[said[0]].kind != "point" or line[said[0]].text in DASHES


def _range(frame: Frame, first_fact: Fact, first: Day, fact: Fact, day: Day) -> tuple[Fact, Day, str | None]:
    last = day.last or day.first
    if day.kind == "weekday" and day.loose:
        last = weekday_from(first.first, day.value)
    elif day.kind == "nth":
        last = _number_after(first.first, day.value) or last
    start = first.first
    if first.kind == "nth" and day.kind == "date":
        start = made(last.year, last.month, first.value) or start
    loose = first.loose and day.loose
    span = Day(start, last, kind="range", loose=loose) if start <= last else replace(day)
    return Fact(span, first_fact.start, fact.end), span, None


def _number_after(day: date, number: int) -> date | None:
    same = made(day.year, day.month, number)
    if same is not None and same >= day:
        return same
    return made(day.year + day.month // 12, day.month % 12 + 1, number)


def together(frame: Frame, first: Day, second: Day, *, near: bool) -> Day | None:
    """One day of two that tell of each other: «Tuesday» «next week», «Friday» «the 8th». None: they do not."""
    if first.kind == "range" and first.loose and second.kind == "week":
        return _in_week(first, second)
    if second.kind in WHOLE and first.kind not in WHOLE:
        return together(frame, second, first, near=near) if near or first.kind in {"weekday", "nth"} else None
    if first.kind in WHOLE:
        return _within(frame, first, second)
    if first.first == second.first:
        return second if first.kind in {"relative", "weekday"} else first
    if not near:
        return None
    pair = {first.kind, second.kind}
    if pair == {"weekday", "nth"}:
        number = first if first.kind == "nth" else second
        weekday = first if first.kind == "weekday" else second
        later = _number_after(number.first + timedelta(days=1), number.value)
        fitting = (day for day in (number.first, later) if day is not None and day.weekday() == weekday.value)
        found = next(fitting, None)
        return None if found is None else Day(found)
    if pair == {"weekday", "date"}:
        dated = first if first.kind == "date" else second
        weekday = first if first.kind == "weekday" else second
        return dated if dated.first.weekday() == weekday.value else None
    return None


def _in_week(days: Day, week: Day) -> Day | None:
    """«Monday to Wednesday» «next week»."""
    ahead = week.first - (days.first - timedelta(days=days.first.weekday()))
    return replace(days, first=days.first + ahead, last=(days.last or days.first) + ahead, loose=False)


def _contradict(first: Day, second: Day) -> bool:
    """«Friday the 9th», where the 9th is a Saturday."""
    kinds = {first.kind, second.kind}
    return len(kinds) == 2 and kinds <= {"weekday", "nth", "date", "relative"} and "relative" not in {second.kind}


def _within(frame: Frame, whole: Day, day: Day) -> Day | None:
    last = whole.last or whole.first
    if day.kind == "weekday" and day.loose:
        start = whole.first if whole.kind == "week" else max(whole.first, frame.today)
        found: date | None = start + timedelta(days=(day.value - start.weekday()) % 7)
    elif day.kind == "nth":
        found = made(whole.first.year, whole.first.month, day.value) if whole.kind == "month" else day.first
    else:
        found = day.first
    if found is None or not whole.first <= found <= last:
        return None
    return replace(day, first=found, loose=False)


def chosen_clock(line: Line, facts: list[Fact]) -> Fact | None:
    """The last time that was said and not refused; of «three or four» the first."""
    chosen: Fact | None = None
    for fact in facts:
        if not isinstance(fact.value, Clock | tuple) or fact.refused:
            continue
        near = chosen is not None and fact.start - chosen.end <= 3
        gap = [line[at] for at in range(chosen.end, fact.start)] if chosen is not None and near else []
        if chosen is not None and any("or" in token.tags for token in gap):
            chosen = replace(chosen, end=fact.end)
            continue
        if fact.relation == "from" and changes(line, fact.start) and not isinstance(fact.value, tuple):
            continue
        chosen = fact
    return chosen


def bounds(fact: Fact, day: Day) -> tuple[date | None, date | None, bool]:
    """First and last day, and whether later ones fit too, by «after», «from», «before», «by»."""
    last = day.last
    match fact.relation:
        case "after" if day.kind != "range":
            return shifted(last or day.first, 1), None, True
        case "from" if day.kind != "range":
            return day.first, None, True
        case "before":
            return None, shifted(day.first, -1), False
        case "until" if day.kind != "range":
            return None, last or day.first, False
    return day.first, last, False
