"""Weekdays as they are said, and what «this», «next» and «last» choose."""

from datetime import date

from speech.times.calendar import LAST, NEXT, THIS, holiday_from, nth_weekday, shifted, weekday_from
from speech.times.line import Day, Line
from speech.times.periods import Found, period, unit_period, with_end


def weekday(line: Line, at: int) -> Found:
    """«Friday», «Friday week», «Friday after next»."""
    number = weekday_at(line, at)
    if number is None:
        return None
    day, end = weekday_from(line.frame.today, number), at + 1
    if line.word(end, "unit") == "week" and not line.has(end, "owned"):
        return Day(_in_days(day, 7), kind="weekday", value=number), end + 1
    if line[end].text == "after" and line.number(end + 1, "direction") == NEXT:
        return Day(_in_days(weekday_from(line.frame.today, number, NEXT), 7), kind="weekday", value=number), end + 2
    if line[end].text == "last" and line[end + 1].kind in {"end", "point"}:
        return Day(weekday_from(line.frame.today, number, LAST), kind="weekday", value=number), end + 1
    return Day(day, kind="weekday", value=number, loose=True), end


def _in_days(day: date, days: int) -> date:
    return shifted(day, days) or day


def weekday_at(line: Line, at: int) -> int | None:
    """«sun», «sat», «wed» and «mon» are weekdays only where a day is spoken of."""
    number = line.number(at, "weekday_short")
    if number is None:
        return line.number(at, "weekday")
    before, after = line[at - 1], line[at + 1]
    told = any(kind in before.tags for kind in ("on", "direction", "range", "or", "relative_day", "at", "ordinal"))
    if "the" in before.tags:
        return None
    dated = any(kind in after.tags for kind in ("month", "ordinal", "number", "part")) or after.text in {",", "-", "–"}
    alone = at == 0 and (after.kind in {"end", "clock"} or "clause" in after.tags or "at" in after.tags)
    return number if told or dated or alone or after.kind in {"clock", "numeric"} else None


def directed(line: Line, at: int) -> Found:
    """«next Friday», «this week», «this morning», «last month», «next May»."""
    which = line.number(at, "direction")
    if which is None or (line[at].text == "is" and line.has(at + 1, "month")):
        return None
    number = weekday_at(line, at + 1)
    if number is not None:
        return _directed_weekday(line, at, which, number)
    part = line.word(at + 1, "part")
    if part is not None and which == THIS:
        return Day(line.frame.today, kind="relative", part=part), at + 2
    rule = line.word(at + 1, "holiday")
    if rule is not None:
        day = holiday_from(line.frame.today, rule, line.frame.locale)
        day = holiday_from(line.frame.today, rule, line.frame.locale, day.year - 1) if day and which == LAST else day
        return None if day is None else (Day(day), at + 2)
    span = _next_several(line, at, which) or _last_week_of(line, at, which)
    if span is not None:
        return span
    return period(line, at)


def _directed_weekday(line: Line, at: int, which: int, number: int) -> Found:
    within = period(line, at + 3) if which == LAST and line.has(at + 2, "of") else None
    if within is not None and within[0].last is not None:
        last_one = nth_weekday(within[0].first, within[0].last, number, -1)
        return None if last_one is None else (Day(last_one), within[1])
    start = line.frame.today
    if line[at].text == "following" and line.frame.about is not None:
        start = line.frame.about.date()
    if line.word(at + 2, "unit") == "week" and which != LAST:
        return Day(_in_days(weekday_from(start, number), 7), kind="weekday", value=number), at + 3
    return Day(weekday_from(start, number, which), kind="weekday", value=number), at + 2


def _last_week_of(line: Line, at: int, which: int) -> Found:
    """«the last week of March», «the last weekend of March»."""
    unit = line.word(at + 1, "unit")
    within = period(line, at + 3) if which == LAST and line.has(at + 2, "of") and unit in LAST_DAYS else None
    if within is None or within[0].kind != "month" or within[0].last is None:
        return None
    day = nth_weekday(within[0].first, within[0].last, LAST_DAYS[unit or ""], -1)
    return None if day is None else with_end(unit_period(day, unit or "", THIS), within[1])


LAST_DAYS = {"week": 3, "weekend": 5}
"""The weekday by whose last one in a month the last of these is known."""


def _next_several(line: Line, at: int, which: int) -> Found:
    """«the next three days», «the next couple of weeks»: from today on."""
    amount = line.number(at + 1) or line.number(at + 1, "quantity")
    days = {"day": 1, "week": 7, "fortnight": 14}.get(line.word(at + 2, "unit") or "")
    if amount is None or days is None or which != NEXT:
        return None
    last = shifted(line.frame.today, amount * days)
    return None if last is None else (Day(line.frame.today, last, kind="span"), at + 3)


def ordinal_weekday(line: Line, at: int, number: int) -> Found:
    weekday_number = weekday_at(line, at + 1)
    if weekday_number is None or not line.has(at + 2, "of"):
        return None
    within = period(line, at + 3)
    if within is None or within[0].last is None:
        return None
    day = nth_weekday(within[0].first, within[0].last, weekday_number, number)
    return None if day is None else (Day(day), within[1])


def ordinal_week(line: Line, at: int, number: int) -> Found:
    """«the third week of May»: a week belongs to the month that most of its days lie in."""
    within = period(line, at + 3) if line.word(at + 1, "unit") == "week" and line.has(at + 2, "of") else None
    if within is None or within[0].kind != "month" or within[0].last is None:
        return None
    thursday = nth_weekday(within[0].first, within[0].last, 3, number)
    return None if thursday is None else with_end(unit_period(thursday, "week", THIS), within[1])
