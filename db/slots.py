"""Free times: what the calendar allows, less what is booked or held."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db.business import Bookable, Business, Offered
from db.diary import Diary, Slot, Taken, buckets, occupied
from db.errors import Closed, InPast, OutOfReach
from db.hours import holiday, next_opening, open_on

DAYS_SEARCHED = 30
"""How many days an alternative may be away."""


def slots_on(business: Business, service: Offered, day: date) -> list[Slot]:
    """Every slot of a day, whether free or not, by time and then by staff."""
    slots = (slot for person in business.able(service) for slot in _slots_of(business, service, day, person))
    return sorted(slots, key=lambda slot: slot.start)


def _slots_of(business: Business, service: Offered, day: date, person: Bookable) -> Iterator[Slot]:
    length = timedelta(minutes=service.minutes)
    for stretch in open_on(business, day, person):
        for number in range((stretch.end - stretch.start) // length):
            slot = Slot(stretch.start + number * length, stretch.start + (number + 1) * length, person.key)
            if _has_room(business, service, slot):
                yield slot


def slot_at(business: Business, service: Offered, start: datetime, person: Bookable) -> Slot | None:
    """That person's slot which begins just then."""
    length = timedelta(minutes=service.minutes)
    for stretch in open_on(business, start.astimezone(business.tz).date(), person):
        if stretch.start <= start <= stretch.end - length and not (start - stretch.start) % length:
            slot = Slot(start, start + length, person.key)
            return slot if _has_room(business, service, slot) else None
    return None


def _has_room(business: Business, service: Offered, slot: Slot) -> bool:
    return not service.rooms or any(_room_open(business, key, slot) for key in service.rooms)


def _room_open(business: Business, key: str, slot: Slot) -> bool:
    room: Bookable = next(item for item in business.rooms if item.key == key)
    day = slot.start.astimezone(business.tz).date()
    return any(stretch.start <= slot.start and slot.end <= stretch.end for stretch in open_on(business, day, room))


def check_start(business: Business, service: Offered, start: datetime, now: datetime) -> None:
    """Refuses a time that can't be booked by anybody."""
    if start <= now:
        raise InPast("That time has already passed.")
    if start < now + timedelta(minutes=service.notice_minutes):
        notice = _spell(service.notice_minutes)
        raise OutOfReach("too_soon", f"A {service.name} must be booked at least {notice} ahead.")
    check_day(business, service, start.astimezone(business.tz).date(), now)


def check_day(business: Business, service: Offered, day: date, now: datetime) -> None:
    """Refuses a day on which nothing can be booked, and says why."""
    today = now.astimezone(business.tz).date()
    last = today + timedelta(days=service.horizon_days)
    if day < today:
        raise InPast("That day has already passed.")
    if day > last:
        raise OutOfReach("too_far", f"I can book up to {service.horizon_days} days ahead.", last_day=last.isoformat())
    if not any(True for person in business.able(service) for _ in _slots_of(business, service, day, person)):
        raise closed(business, datetime(day.year, day.month, day.day, tzinfo=business.tz))


def closed(business: Business, moment: datetime) -> Closed:
    """The refusal for a moment outside the hours."""
    name = holiday(business, moment.astimezone(business.tz).date())
    opening = next_opening(business, moment)
    following = None if opening is None else opening.astimezone(business.tz).date().isoformat()
    return Closed(f"We are closed on that day for {name}." if name else "We are closed then.", next_open=following)


def _spell(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} hour{'s' if hours > 1 else ''}" if hours and not rest else f"{minutes} minutes"


def is_free(diary: Diary, service: Offered, slot: Slot, taken: Taken) -> bool:
    name = diary.resource("staff", slot.staff)
    if any((name, bucket) in taken for bucket in buckets(service, slot.start)):
        return False
    return not service.rooms or free_room(diary, service, slot, taken) is not None


def free_room(diary: Diary, service: Offered, slot: Slot, taken: Taken) -> str | None:
    """The first room that is open and free; None where none is needed."""
    for key in service.rooms:
        name = diary.resource("room", key)
        busy = any((name, bucket) in taken for bucket in buckets(service, slot.start))
        if not busy and _room_open(diary.business, key, slot):
            return key
    return None


@dataclass(frozen=True)
class Day:
    """A day's slots that are still to come: free ones, and those that are gone to other people."""

    free: tuple[Slot, ...]
    taken: tuple[Slot, ...]


async def read_day(diary: Diary, service: Offered, day: date) -> Day:
    earliest = diary.now + timedelta(minutes=service.notice_minutes)
    slots = [slot for slot in slots_on(diary.business, service, day) if slot.start > diary.now]
    slots = [slot for slot in slots if slot.start >= earliest]
    if not slots:
        return Day((), ())
    span = range(buckets(service, slots[0].start).start, buckets(service, slots[-1].start).stop)
    async with diary.store.read() as session:
        taken = await session.run_sync(occupied, diary, diary.resources_of(service), span)
    free = {slot: is_free(diary, service, slot, taken) for slot in slots}
    return Day(tuple(slot for slot in slots if free[slot]), tuple(slot for slot in slots if not free[slot]))


async def nearest(diary: Diary, service: Offered, wanted: datetime, count: int = 3) -> list[Slot]:
    """The free times nearest to a wanted one, the same day's before other days'."""
    found: list[Slot] = []
    for day in _days_from(wanted.astimezone(diary.business.tz).date(), diary, service):
        free = one_per_time((await read_day(diary, service, day)).free)
        found += sorted(free, key=lambda slot: abs(slot.start - wanted))[: count - len(found)]
        if len(found) == count:
            break
    return sorted(found, key=lambda slot: slot.start)


def _days_from(day: date, diary: Diary, service: Offered) -> Iterator[date]:
    last = diary.now.astimezone(diary.business.tz).date() + timedelta(days=service.horizon_days)
    for ahead in range(DAYS_SEARCHED):
        if day + timedelta(days=ahead) <= last:
            yield day + timedelta(days=ahead)


def one_per_time(slots: Iterable[Slot]) -> list[Slot]:
    """One slot for each time, whoever has it."""
    return list({slot.start: slot for slot in reversed(list(slots))}.values())[::-1]


def well_spaced(slots: Sequence[Slot], count: int = 3) -> list[Slot]:
    """Some of the slots, spread over the day: what is offered aloud."""
    times = one_per_time(slots)
    if len(times) <= count:
        return times
    return [times[round(index * (len(times) - 1) / (count - 1))] for index in range(count)]
