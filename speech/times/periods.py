"""Weeks, months, years, lengths of time, and the edges of a period."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from speech.times import hindi
from speech.times.calendar import COMING, LAST, NEXT, THIS, month_span, months_later, shifted, week_span
from speech.times.line import Day, Line

DAY = 86_400
Found = tuple[Day, int] | None
LONGEST = 100_000
"""Of whatever unit: further off nothing is meant."""


def period(line: Line, at: int) -> Found:
    """«next week», «the month», «May 2020», «the week after next»."""
    at = line.skip(at, "the")
    which = line.number(at, "direction")
    if which is not None:
        unit = line.word(at + 1, "unit")
        month = line.number(at + 1, "month")
        if unit is not None:
            return with_end(unit_period(line.frame.today, unit, which), at + 2)
        return None if month is None else with_end(month_period(line.frame.today, month, which), at + 2)
    month = line.number(at, "month")
    if month is not None:
        year, end = line.year(line.hyphen(at + 1))
        return with_end(month_period(line.frame.today, month, year=year), end)
    unit = line.word(at, "unit")
    if unit is None:
        return None
    if line[at + 1].text == "after" and line.number(at + 2, "direction") == NEXT:
        return with_end(unit_period(line.frame.today, unit, 2, ahead=2), at + 3)
    return with_end(unit_period(line.frame.today, unit, THIS), at + 1)


def with_end(day: Day | None, end: int) -> Found:
    return None if day is None else (day, end)


def month_period(today: date, month: int, which: int | None = None, year: int | None = None) -> Day | None:
    """A month without a year lies ahead, or is this one."""
    if year is None:
        year = today.year + (month < today.month)
        if which == LAST:
            year = today.year - (month >= today.month)
        elif which == NEXT and month == today.month:
            year += 1
    span = month_span(year, month)
    return None if span is None else Day(*span, kind="month")


def unit_period(today: date, unit: str, which: int, ahead: int | None = None) -> Day | None:
    """The week, weekend, month or year that lies so many ahead."""
    steps = ahead if ahead is not None else {COMING: 1}.get(which, which)
    match unit:
        case "week":
            span = week_span(today, steps)
            return None if span is None else Day(*span, kind="week")
        case "weekend":
            return _weekend(today, THIS if which == COMING else steps)
        case "month":
            start = months_later(today.replace(day=1), steps)
            span = None if start is None else month_span(start.year, start.month)
            return None if span is None else Day(*span, kind="month")
        case "year" if 1 <= today.year + steps <= 9999:
            return Day(date(today.year + steps, 1, 1), date(today.year + steps, 12, 31), kind="year")
    return None


def _weekend(today: date, weeks: int) -> Day | None:
    """Saturday and Sunday; on a Sunday «this weekend» is what is left of it."""
    week = week_span(today, weeks)
    if week is None:
        return None
    saturday = week[1] - timedelta(days=1)
    return Day(max(saturday, today) if weeks == THIS else saturday, week[1], kind="week")


def edge_of_period(line: Line, at: int) -> Found:
    """«end of next month», «mid March», «early next week», «the last day of the month»."""
    edge = line.word(at, "edge")
    start = line.skip(at + 1, "of", "comma")
    if line[at].text in {"early", "late"} and not (line.has(start, "direction") or line.has(start, "month")):
        return None
    found = period(line, start)
    if edge is None or found is None or found[0].last is None:
        return None
    whole, end = found
    return _edges(whole)[edge], end


def _edges(whole: Day) -> dict[str, Day]:
    first, last = whole.first, whole.last or whole.first
    if whole.kind == "week":
        wednesday, friday = shifted(first, 2) or first, shifted(first, 4) or last
        early, middle, late, end = Day(first, shifted(first, 1)), Day(wednesday), Day(friday), Day(friday)
    elif whole.kind == "month":
        early, middle = Day(first, first.replace(day=10)), Day(first.replace(day=15))
        late, end = Day(first.replace(day=21), last), Day(last)
    else:
        early, middle, late, end = Day(first), Day(first.replace(month=7)), Day(last.replace(day=1), last), Day(last)
    spans = {"first": Day(first), "early": early, "middle": middle, "late": late, "last": end}
    return {name: replace(day, kind="span" if day.last else "date") for name, day in spans.items()}


def length(line: Line, at: int) -> tuple[list[tuple[float, str]], int] | None:
    """«two weeks», «an hour and a half», «half an hour», «1 hour and 20 minutes»."""
    found = _one_length(line, at)
    if found is None:
        return None
    (amount, unit), end = found
    parts = [(amount, unit)]
    if line.has(end, "and") and line.has(end + 1, "quantity") and line.has(end + 2, "half"):
        return [(amount + 0.5, unit)], end + 3
    more = _one_length(line, line.skip(end, "and"))
    if more is not None and unit == "hour" and more[0][1] == "minute":
        return [*parts, more[0]], more[1]
    return parts, end


def _one_length(line: Line, at: int) -> tuple[tuple[float, str], int] | None:
    amount: float | None = None
    fraction = hindi.amount(line, at)
    if fraction is not None:
        amount, end = fraction
    elif line.has(at, "half"):
        amount, end = 0.5, line.skip(at + 1, "quantity")
    elif line.has(at + 1, "quarter") or line.has(at + 1, "quarters"):
        if not line.has(at + 2, "of"):
            return None
        amount, end = (line.number(at) or 1) / 4, line.skip(at + 3, "quantity")
    else:
        amount = line.number(at) if line.has(at, "number") else line.number(at, "quantity")
        end = at + 1
        if line.has(end, "and") and line.has(end + 1, "quantity") and line.has(end + 2, "half"):
            amount, end = (amount or 0) + 0.5, end + 3
        elif line[end].text == "half" and line[at].tags.get("quantity") == 1:
            amount, end = 0.5, end + 1
    unit = line.word(end, "unit")
    if amount is None or unit is None or unit == "weekend" or amount > LONGEST:
        return None
    return (amount, unit), end + 1


def moved(start: datetime, parts: list[tuple[float, str]], sign: int) -> datetime | None:
    """A moment so much later or earlier."""
    moment: datetime | None = start
    for amount, unit in parts:
        if moment is None:
            return None
        moment = _BY_UNIT[unit](moment, sign * amount)
    return moment


def _by_time(seconds: int) -> Callable[[datetime, float], datetime | None]:
    """A day later the clock shows the same; an hour later an hour has passed, though the clocks may have changed."""

    def move(moment: datetime, amount: float) -> datetime | None:
        length = timedelta(seconds=round(seconds * amount))
        try:
            if moment.tzinfo is None or seconds >= DAY:
                return moment + length
            return (moment.astimezone(UTC) + length).astimezone(moment.tzinfo)
        except OverflowError:
            return None

    return move


def _by_months(months: int) -> Callable[[datetime, float], datetime | None]:
    def move(moment: datetime, amount: float) -> datetime | None:
        day = months_later(moment.date(), round(months * amount))
        return None if day is None else datetime.combine(day, moment.timetz())

    return move


_BY_UNIT: dict[str, Callable[[datetime, float], datetime | None]] = {
    "minute": _by_time(60),
    "hour": _by_time(3600),
    "day": _by_time(DAY),
    "week": _by_time(7 * DAY),
    "fortnight": _by_time(14 * DAY),
    "month": _by_months(1),
    "year": _by_months(12),
}
OF_THE_CLOCK = {"minute", "hour"}
"""Units that change the time of day."""
