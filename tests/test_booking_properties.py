"""Whatever callers do in whatever order: nothing overlaps, nothing is lost, what was cancelled is free."""

import asyncio
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from db import appointments
from db.appointments import Wish
from db.business import Business, Switchboard
from db.diary import Diary, Slot, buckets
from db.engine import Store, open_store
from db.errors import AlreadyBooked, Ambiguous, Closed, InPast, NotFound, OutOfReach, SlotTaken
from db.holds import hold
from db.hours import moment
from db.models import Appointment, Hold, Occupancy
from db.slots import read_day, slots_on
from tests.calling import START
from tests.test_booking_at_once import add_customers

DAY = date(2026, 3, 3)
PEOPLE = 3
REFUSALS = (SlotTaken, AlreadyBooked, NotFound, InPast, Closed, Ambiguous, OutOfReach)

Step = tuple[str, int, int, int]
"""What is done, by whom, at which slot (or to which appointment), and one more number."""
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["book", "book", "move", "cancel", "hold", "wait"]),
        st.integers(0, PEOPLE - 1),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class World:
    """What must be true, kept beside the store by the simplest means."""

    store: Store
    business: Business
    first: int
    now: datetime = START
    booked: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)

    def diary(self, who: int) -> Diary:
        return Diary(self.store, self.business, self.now, f"call-{who}")

    def slot(self, number: int) -> Slot:
        """One of a few times, so that callers meet."""
        return slots_on(self.business, self.business.services[0], DAY)[number]

    async def do(self, step: Step) -> None:
        what, who, one, two = step
        try:
            await getattr(self, what)(who, one, two)
        except REFUSALS:
            await self.check()

    async def book(self, who: int, one: int, _two: int) -> None:
        wish = Wish(self.business.services[0], self.slot(one).start, self.first + who)
        made = await appointments.book(self.diary(who), wish)
        assert made.id not in self.cancelled
        self.booked[made.id] = (who, self.slot(one).start)

    def mine(self, who: int, number: int) -> str:
        own = sorted(key for key, (owner, _) in self.booked.items() if owner == who)
        return own[number % len(own)] if own else "nosuchid"

    async def move(self, who: int, one: int, two: int) -> None:
        chosen = self.mine(who, one)
        await appointments.move(self.diary(who), chosen, self.first + who, self.slot(two).start)
        self.booked[chosen] = (who, self.slot(two).start)

    async def cancel(self, who: int, one: int, _two: int) -> None:
        chosen = self.mine(who, one)
        await appointments.cancel(self.diary(who), chosen, self.first + who)
        del self.booked[chosen]
        self.cancelled.add(chosen)

    async def hold(self, who: int, one: int, _two: int) -> None:
        until = self.now + timedelta(minutes=3)
        await hold(self.diary(who), self.business.services[0], self.slot(one), until)

    async def wait(self, _who: int, one: int, _two: int) -> None:
        self.now += timedelta(minutes=one)

    async def check(self) -> None:
        service = self.business.services[0]
        async with self.store.read() as session:
            rows = (await session.exec(select(Appointment).where(col(Appointment.status) == "booked"))).all()
            busy = (await session.exec(select(Occupancy))).all()
            live = (await session.exec(select(Hold).where(col(Hold.expires_at) > self.now))).all()
        assert {row.id: (row.customer_id - self.first, row.starts_at) for row in rows} == self.booked
        by_appointment = {row.bucket for row in busy if row.appointment_id and "/staff/" in row.resource}
        assert by_appointment == {b for _, start in self.booked.values() for b in buckets(service, start)}
        held = {start for start in (one.starts_at for one in live)}
        free = {slot.start for slot in (await read_day(Diary(self.store, self.business, self.now), service, DAY)).free}
        every = {slot.start for slot in slots_on(self.business, service, DAY)}
        assert free == every - held - {start for _, start in self.booked.values()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_sequence_leaves_a_right_calendar(
    steps: list[Step], migrated: Path, tmp_path_factory: pytest.TempPathFactory, board: Switchboard
) -> None:
    async def play() -> None:
        folder = tmp_path_factory.mktemp("world")
        for name in ("store.db", "store.key"):
            shutil.copy(migrated / name, folder / name)
        store = await open_store(f"sqlite:///{folder}/store.db", folder / "store.key")
        world = World(store, board.business("lotus-clinic"), await add_customers(store, PEOPLE))
        try:
            for step in steps:
                await world.do(step)
            await world.check()
        finally:
            await store.close()

    asyncio.run(play())


CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Asia/Kolkata": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
}


def round_the_clock(board: Switchboard, zone: str) -> Business:
    clinic = board.business("lotus-clinic")
    always = {"hours": dict.fromkeys(type(clinic.hours).model_fields, "0:00-24:00"), "holidays": {}}
    alone = {"zone": zone, "staff": [{"key": "dr-rao", "name": "Doctor Rao"}]}
    return Business.model_validate(clinic.model_dump(mode="json") | always | alone)


def days(zone: str) -> Iterable[date]:
    for change in CHANGES[zone]:
        yield from (change - timedelta(days=1), change, change + timedelta(days=1))


@pytest.mark.parametrize("zone", CHANGES)
def test_slots_of_a_clock_change_cover_the_real_hours_once(board: Switchboard, zone: str) -> None:
    business = round_the_clock(board, zone)
    for day in days(zone):
        slots = slots_on(business, business.services[0], day)
        real = moment(day + timedelta(days=1), 0, business.tz) - moment(day, 0, business.tz)
        assert sum(((slot.end - slot.start) for slot in slots), timedelta()) == real
        assert all(earlier.end == later.start for earlier, later in pairwise(slots))


@pytest.mark.parametrize("zone", CHANGES)
async def test_bookings_on_a_clock_change_are_neither_doubled_nor_moved(
    store: Store, board: Switchboard, zone: str
) -> None:
    business, first = round_the_clock(board, zone), await add_customers(store, 60)
    for change in CHANGES[zone]:
        diary = Diary(store, business, datetime.combine(change - timedelta(days=2), datetime.min.time(), UTC), "c")
        slots = slots_on(business, business.services[0], change)
        for number, slot in enumerate(slots):
            made = await appointments.book(diary, Wish(business.services[0], slot.start, first + number))
            assert made.starts_at == slot.start
            assert made.local_start == slot.start.astimezone(business.tz).strftime("%Y-%m-%dT%H:%M")
        left = await read_day(diary, business.services[0], change)
        assert not left.free and len(left.taken) == len(slots)


@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(sorted(CHANGES)),
    day=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    minutes=st.integers(0, 24 * 60 - 1),
)
def test_a_local_time_and_its_moment_agree(board: Switchboard, zone: str, day: date, minutes: int) -> None:
    business = round_the_clock(board, zone)
    at = moment(day, minutes, business.tz)
    shown = at.astimezone(business.tz)
    if (shown.hour * 60 + shown.minute, shown.date()) != (minutes, day):
        before = (at - timedelta(seconds=1)).astimezone(business.tz)
        assert before.utcoffset() != shown.utcoffset(), "only a clock change may hide a time"
        assert (before.hour * 60 + before.minute) < minutes or before.date() < day
    assert moment(day, minutes, business.tz) == at
