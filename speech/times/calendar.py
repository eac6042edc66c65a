"""Dates worked out from dates: weekdays, months, weeks and holidays."""

import calendar
from datetime import date, timedelta

THIS, NEXT, COMING, LAST = 0, 1, 2, -1
"""Which one is meant: «this Friday», «next Friday», «the coming Friday», «last Friday»."""


def made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def shifted(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def weekday_from(today: date, weekday: int, which: int | None = None) -> date:
    """A weekday by its name alone lies ahead; «next» is one of the next week, «this» may be today."""
    ahead = (weekday - today.weekday()) % 7
    if which == LAST:
        return shifted(today, -((today.weekday() - weekday) % 7 or 7)) or today
    if which != THIS:
        ahead = ahead or 7
    if which == NEXT and today.weekday() + ahead < 7:
        ahead += 7
    return shifted(today, ahead) or today


def day_of_month_from(today: date, number: int) -> date | None:
    """The next day with this number; a month without a 31st is passed over."""
    year, month = today.year, today.month
    for _ in range(3):
        found = made(year, month, number)
        if found is not None and found >= today:
            return found
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return None


def date_from(today: date, month: int, number: int, year: int | None = None) -> date | None:
    """A date without a year lies ahead; the 29th of February waits for a leap year."""
    if year is not None:
        return made(year, month, number)
    for ahead in range(9):
        found = made(today.year + ahead, month, number)
        if found is not None and found >= today:
            return found
    return None


def month_span(year: int, month: int) -> tuple[date, date] | None:
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return None
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def months_later(day: date, months: int) -> date | None:
    """The same number in another month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    span = month_span(year, month + 1)
    return None if span is None else span[0].replace(day=min(day.day, span[1].day))


def week_span(day: date, weeks: int = 0) -> tuple[date, date] | None:
    """Monday to Sunday."""
    monday = shifted(day, 7 * weeks - day.weekday())
    sunday = None if monday is None else shifted(monday, 6)
    return None if monday is None or sunday is None else (monday, sunday)


def nth_weekday(first: date, last: date, weekday: int, nth: int) -> date | None:
    """The nth of a weekday within a period, counted from its end where nth is below zero."""
    if nth < 0:
        found = shifted(last, -((last.weekday() - weekday) % 7) + 7 * (nth + 1))
    else:
        found = shifted(first, (weekday - first.weekday()) % 7 + 7 * (nth - 1))
    return found if found is not None and first <= found <= last else None


def easter(year: int) -> date:
    """Gauss's reckoning in Butcher's form."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (8 * century + 13) // 25
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    offset = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * offset) // 451
    month, day = divmod(epact + offset - 7 * late + 114, 31)
    return date(year, month, day + 1)


INDEPENDENCE = {"US": "07-04", "IN": "08-15"}


def holiday_in(rule: str, year: int, locale: str) -> date | None:
    """A rule is MM-DD, MM/nth/weekday with days to add, or easter with days to add."""
    if rule == "independence":
        rule = INDEPENDENCE.get(locale[-2:], INDEPENDENCE["US"])
    if rule.startswith("easter"):
        return shifted(easter(year), int(rule[6:]))
    if "/" not in rule:
        return made(year, int(rule[:2]), int(rule[3:]))
    rule, _, more = rule.partition("+")
    month, nth, weekday = (int(part) for part in rule.split("/"))
    span = month_span(year, month)
    found = None if span is None else nth_weekday(*span, weekday, nth)
    return None if found is None else shifted(found, int(more or 0))


def holiday_from(today: date, rule: str, locale: str, year: int | None = None) -> date | None:
    """A holiday without a year lies ahead."""
    if year is not None:
        return holiday_in(rule, year, locale)
    this_year = holiday_in(rule, today.year, locale)
    return this_year if this_year is not None and this_year >= today else holiday_in(rule, today.year + 1, locale)
