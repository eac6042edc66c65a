"""When a business, a member of staff or a room is open: hours, less holidays, breaks and time off. Pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from db.business import Bookable, Business, Holidays
from db.business_fields import Span

DAYS_LOOKED_AHEAD = 370
"""A business that opens on no day of the next year is closed for good."""
DAYS_OF_OPENING = 7
"""A business that does not close for this long never closes."""
LONGEST_JUMP = timedelta(hours=26)
"""Clocks jump by an hour, in some places by half of one; Samoa once left out a whole day."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of real time, in UTC."""

    start: datetime
    end: datetime


def moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The moment at which local clocks show this time; where they show it twice, the first; where they jump over it,
    the moment of the jump."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minutes)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    return _jump(utc, zone)


def _jump(near: datetime, zone: ZoneInfo) -> datetime:
    """The moment near by at which the zone's offset changes."""
    early, late = near - LONGEST_JUMP, near + timedelta(hours=1)
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def holiday(business: Business, day: date) -> str | None:
    """The name of the holiday on which the business is closed."""
    own = next((item.name for item in business.holidays.closed if item.date == day), None)
    if own is not None:
        return own
    if day in business.holidays.open:
        return None
    return _public_holidays(business.holidays, day.year).get(day)


@lru_cache(maxsize=64)
def _public_holidays(rules: Holidays, year: int) -> dict[date, str]:
    if rules.country is None:
        return {}
    import holidays  # half a second, and only where a country is set

    known = holidays.country_holidays(rules.country, subdiv=rules.subdivision, years=year)
    return dict(known.items())


def spans_on(business: Business, day: date, who: Bookable | None = None) -> tuple[Span, ...]:
    """The local spans in which the business, or one of its people and rooms, is open."""
    if holiday(business, day) is not None:
        return ()
    if who is None:
        return business.hours.on(day)
    if any(off.first <= day <= off.last for off in who.time_off):
        return ()
    own = who.hours.on(day) if who.hours is not None else business.hours.on(day)
    return tuple(_without(own, who.breaks))


def _without(spans: tuple[Span, ...], breaks: tuple[Span, ...]) -> Iterator[Span]:
    for span in spans:
        start = span.start
        for pause in breaks:
            if pause.end <= start or pause.start >= span.end:
                continue
            if pause.start > start:
                yield Span(start=start, end=pause.start)
            start = pause.end
        if start < span.end:
            yield Span(start=start, end=span.end)


def open_on(business: Business, day: date, who: Bookable | None = None) -> tuple[Stretch, ...]:
    """The same as real time, a change of the clocks included."""
    zone = business.tz
    stretches = (
        Stretch(moment(day, span.start, zone), moment(day, span.end, zone)) for span in spans_on(business, day, who)
    )
    return tuple(stretch for stretch in stretches if stretch.start < stretch.end)


def is_open(business: Business, now: datetime) -> bool:
    day = now.astimezone(business.tz).date()
    return any(stretch.start <= now < stretch.end for stretch in open_on(business, day))


def closes_at(business: Business, now: datetime) -> datetime | None:
    """When it closes, if it is open; None when it is closed, and when it never closes."""
    today = now.astimezone(business.tz).date()
    closing: datetime | None = None
    for ahead in range(DAYS_OF_OPENING + 1):
        for stretch in open_on(business, today + timedelta(days=ahead)):
            if stretch.start <= now < stretch.end or stretch.start == closing:
                closing = stretch.end
    return None if closing is None or closing - now >= timedelta(days=DAYS_OF_OPENING) else closing


def next_opening(business: Business, now: datetime) -> datetime | None:
    """When it opens next, after `now`; None when it does not within a year. Where the hours of two days meet at
    midnight, nothing opens."""
    today = now.astimezone(business.tz).date()
    open_until: datetime | None = None
    for ahead in range(-1, DAYS_LOOKED_AHEAD):
        for stretch in open_on(business, today + timedelta(days=ahead)):
            if stretch.start > now and stretch.start != open_until:
                return stretch.start
            open_until = stretch.end
    return None


def coming_holidays(business: Business, day: date, days: int) -> Iterator[tuple[date, str]]:
    """The holidays from `day` on, with their names."""
    for ahead in range(days):
        name = holiday(business, day + timedelta(days=ahead))
        if name is not None:
            yield day + timedelta(days=ahead), name


def next_open_day(business: Business, day: date) -> date:
    """`day` itself, or the first open one after it."""
    for ahead in range(DAYS_LOOKED_AHEAD):
        if spans_on(business, day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    return day
