"""Appointments as calendar programs read them: one as a message to the patient, many as a feed to subscribe to.

The time zone's rules are written out from the zone database itself, because a calendar program may know other ones.
icalendar's own `Timezone.from_tzid` gives the onset of summer time in summer time; RFC 5545 wants the time on the clock
just before it changes, and programs that keep to that would be an hour late.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vUri

from db.business import Business
from db.models import Appointment

PRODUCT = "-//Switchboard//Appointments//EN"
REFRESHED = timedelta(minutes=15)
"""How often a subscriber is asked to look again."""
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


def uid(appointment: Appointment) -> str:
    """What a calendar program knows the appointment by, through all its changes."""
    return f"{appointment.id}@{appointment.business}.switchboard"


def event(appointment: Appointment, business: Business, *, patient: str | None = None) -> bytes:
    """One appointment as a message: an invitation, its newer version, or its cancellation. Nobody is named in it unless
    `patient` is given."""
    calendar = _calendar("CANCEL" if appointment.status == "cancelled" else "REQUEST")
    _add_zones(calendar, [appointment])
    calendar.add_component(_entry(appointment, business, patient))
    return _written(calendar)


def feed(
    appointments: Iterable[Appointment], business: Business, *, patients: Mapping[int, str] | None = None
) -> bytes:
    """A business's appointments to subscribe to; cancelled ones stay in it as such. Nobody is named in it unless
    `patients` says who the customers are."""
    rows, names = list(appointments), patients or {}
    calendar = _calendar("PUBLISH")
    calendar.add("NAME", business.name)
    calendar.add("X-WR-CALNAME", business.name)
    calendar.add("X-WR-TIMEZONE", business.zone)
    calendar.add("REFRESH-INTERVAL", REFRESHED, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", f"PT{REFRESHED // _MINUTE}M")
    _add_zones(calendar, rows)
    for row in rows:
        calendar.add_component(_entry(row, business, names.get(row.customer_id)))
    return _written(calendar)


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    for name, value in (("PRODID", PRODUCT), ("VERSION", "2.0"), ("CALSCALE", "GREGORIAN"), ("METHOD", method)):
        calendar.add(name, value)
    return calendar


def _written(calendar: Calendar) -> bytes:
    text: bytes = calendar.to_ical()
    return text


def _entry(appointment: Appointment, business: Business, patient: str | None) -> Event:
    entry, zone = Event(), ZoneInfo(appointment.zone)
    said: dict[str, Any] = {
        "UID": uid(appointment),
        "SEQUENCE": appointment.sequence,
        "DTSTAMP": appointment.changed_at,
        "CREATED": appointment.created_at,
        "LAST-MODIFIED": appointment.changed_at,
        "DTSTART": _on_the_clock(appointment.starts_at, zone),
        "DTEND": _on_the_clock(appointment.ends_at, zone),
        "SUMMARY": _summary(appointment, business, patient),
        "LOCATION": _location(appointment, business),
        "STATUS": "CANCELLED" if appointment.status == "cancelled" else "CONFIRMED",
        "TRANSP": "TRANSPARENT" if appointment.status == "cancelled" else "OPAQUE",
        "ORGANIZER": _organizer(business),
    }
    for name, value in said.items():
        entry.add(name, value)
    return entry


def _on_the_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """The local time, but for the hour that a clock shows a second time: that can only be written in UTC."""
    local = moment.astimezone(zone)
    return moment.astimezone(UTC) if local.fold else local


def _summary(appointment: Appointment, business: Business, patient: str | None) -> str:
    service = business.service(appointment.service)
    what = appointment.service if service is None else service.name
    who = next((one.name for one in business.staff if one.key == appointment.staff), appointment.staff)
    told = f"{what[:1].upper()}{what[1:]} with {who}"
    return told if patient is None else f"{told}: {patient}"


def _location(appointment: Appointment, business: Business) -> str:
    room = next((one.name for one in business.rooms if one.key == appointment.room), appointment.room)
    return ", ".join(part for part in (room, business.name, business.address) if part)


def _organizer(business: Business) -> vCalAddress:
    """A business has a telephone number, and perhaps no e-mail address."""
    address = vCalAddress(vUri(f"tel:{business.phone}"))
    address.params["CN"] = business.name
    return address


def _add_zones(calendar: Calendar, rows: Iterable[Appointment]) -> None:
    """The rules of each zone, from a year before the first appointment in it to a year after the last one."""
    years: dict[str, set[int]] = {}
    for row in rows:
        years.setdefault(row.zone, set()).update((row.starts_at.year, row.ends_at.year))
    for zone, named in sorted(years.items()):
        calendar.add_component(_timezone(zone, min(named) - 1, max(named) + 1))


@dataclass(frozen=True)
class _Rule:
    """What a clock shows from some moment on, and what it showed before."""

    before: timedelta
    after: timedelta
    name: str
    summer: bool


@cache
def _timezone(key: str, first: int, last: int) -> Timezone:
    zone = ZoneInfo(key)
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    onsets: dict[_Rule, list[datetime]] = {_rule(zone, begin, begin): [begin]}
    for moment in _changes(zone, begin, end):
        onsets.setdefault(_rule(zone, moment - _MINUTE, moment), []).append(moment)
    component = Timezone()
    component.add("TZID", key)
    for rule, moments in onsets.items():
        component.add_component(_observance(rule, moments))
    return component


def _rule(zone: ZoneInfo, before: datetime, after: datetime) -> _Rule:
    local = after.astimezone(zone)
    return _Rule(_offset(zone, before), _offset(zone, after), str(local.tzname()), bool(local.dst()))


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The moments at which the zone's clocks are set."""
    while begin < end:
        low, high = begin, begin + _DAY
        begin = high
        if _offset(zone, low) == _offset(zone, high):
            continue
        while high - low > _MINUTE:
            middle = low + (high - low) // 2 // _MINUTE * _MINUTE
            low, high = (middle, high) if _offset(zone, middle) == _offset(zone, low) else (low, middle)
        yield high


def _observance(rule: _Rule, moments: list[datetime]) -> TimezoneStandard | TimezoneDaylight:
    """RFC 5545: an onset is told in the local time that was valid before it."""
    local = [(moment + rule.before).replace(tzinfo=None) for moment in moments]
    component = TimezoneDaylight() if rule.summer else TimezoneStandard()
    component.add("DTSTART", local[0])
    if local[1:]:
        component.add("RDATE", local[1:])
    component.add("TZOFFSETFROM", rule.before)
    component.add("TZOFFSETTO", rule.after)
    component.add("TZNAME", rule.name)
    return component
