"""The appointment desk's tools. Dates and times come in as the caller's own words; the code works them out."""

from datetime import date as Day
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from db import appointments
from db.appointments import Wish, history
from db.diary import Slot
from db.errors import Ambiguous, NotVerified, SlotTaken
from db.holds import hold
from db.models import Appointment, Waiting
from db.slots import check_day, read_day, well_spaced
from db.waitlist import join_waitlist as join_line
from db.waitlist import part_of_day, waiting_of
from speech.times import Reading, spoken_time
from tools.call import Call, Context, Trust, tool
from tools.diary import (
    AppointmentView,
    SlotView,
    appointment_view,
    day_of,
    diary_of,
    local,
    moment_of,
    service_of,
    slot_view,
    staff_name,
    time_of,
    understood,
    weekday,
    with_alternatives,
)
from tools.which import views, which_one


class FreeSlots(TypedDict):
    status: str
    date: str
    weekday: str
    available_slots: list[str]
    booked_slots: list[str]
    available_count: int
    suggested_slots: list[str]


class Booked(TypedDict):
    """An appointment and what became of it: booked · cancelled · already_cancelled."""

    status: str
    appointment_id: str
    date: str
    time: str
    weekday: str
    service: str
    staff: NotRequired[str]


class WaitingView(TypedDict):
    date: str
    status: str
    offered: NotRequired[SlotView]


class Appointments(TypedDict):
    status: str
    active: list[AppointmentView]
    past: list[AppointmentView]
    cancelled: list[AppointmentView]
    waiting: list[WaitingView]


class Moved(TypedDict):
    status: str
    old: SlotView
    new: AppointmentView


class Waits(TypedDict):
    status: str
    position: int
    date: str
    weekday: str


@tool
async def fetch_slots(ctx: Context, date: str, service: str | None = None) -> FreeSlots:
    """Looks up the free times of one day. Use it before offering any time; offer three of suggested_slots at most.

    Args:
        date: The day in the caller's own words («tomorrow», «next Friday», «the 3rd») or as 2026-02-12.
        service: What it is for, if the caller said so and there are several kinds of appointments.
    """
    return await free_slots(ctx.userdata, date, service)


async def free_slots(call: Call, date: str, service: str | None) -> FreeSlots:
    """The times of a day; the suggested ones are of the part of the day that was named, where it has any."""
    wanted, reading = service_of(call.business, service), understood(call, date)
    day = day_of(call, reading)
    check_day(call.business, wanted, day, call.now)
    found = await read_day(diary_of(call), wanted, day)
    within = [slot for slot in found.free if reading.part in {None, part_of_day(local(slot.start, call.business))}]
    return {
        "status": "ok",
        "date": day.isoformat(),
        "weekday": weekday(day),
        "available_slots": [_named(call, slot) for slot in found.free],
        "booked_slots": [_named(call, slot) for slot in found.taken],
        "available_count": len(found.free),
        "suggested_slots": [_named(call, slot) for slot in well_spaced(within or found.free)],
    }


def _named(call: Call, slot: Slot) -> str:
    """«12:00 PM», or «12:00 PM with Doctor Rao» where it could be somebody else."""
    at = spoken_time(local(slot.start, call.business).time())
    whose = staff_name(call.business, slot.staff)
    return at if whose is None else f"{at} with {whose}"


@tool
async def book_appointment(ctx: Context, date: str, time_slot: str, purpose: str | None = None) -> Booked:
    """Books one appointment for the caller who has been identified. Use it after you read day, weekday and time back to
    the caller and they said yes. Only its result «booked» means that it is booked.

    Args:
        date: The day in the caller's own words or as 2026-02-12.
        time_slot: The time in the caller's own words or as a slot that was offered, such as «12:00 PM».
        purpose: What it is for, if the caller said so.
    """
    return await make_appointment(ctx.userdata, date, time_slot, purpose, service_words=purpose)


async def make_appointment(
    call: Call, date: str, time_slot: str, purpose: str | None, service_words: str | None
) -> Booked:
    """Books for whoever the call belongs to; before it is known who that is, the time is only held for them."""
    service, reading = service_of(call.business, service_words), understood(call, time_slot, date)
    day = day_of(call, understood(call, date, time_slot))
    wish = Wish(
        service, moment_of(call, day, time_of(reading)), call.customer_id or 0, purpose, _staff(call, time_slot)
    )
    try:
        if call.customer_id is None or call.trust < Trust.RECOGNISED:
            await _hold_until_known(call, wish)
        booked = await appointments.book(diary_of(call), wish)
    except SlotTaken as taken:
        raise with_alternatives(call.business, taken) from taken
    return {"status": "booked", **appointment_view(call.business, booked)}


def _staff(call: Call, words: str) -> str | None:
    """Whose time was asked for, where the slots name whose they are."""
    said = words.casefold()
    return next((person.key for person in call.business.staff if person.name.casefold() in said), None)


async def _hold_until_known(call: Call, wish: Wish) -> None:
    """Keeps the time while the caller says who they are."""
    diary = diary_of(call)
    until = call.now + timedelta(seconds=call.hold_seconds)
    for slot in appointments.who_could(diary, wish):
        if await hold(diary, wish.service, slot, until):
            raise NotVerified("I am keeping that time for you. What is your ID, please?", **slot_details(call, slot))
    raise await appointments.gone(diary, wish.service, wish.start)


def slot_details(call: Call, slot: Slot) -> dict[str, SlotView]:
    return {"held": slot_view(call.business, slot.start, slot.staff)}


@tool
async def retrieve_appointments(ctx: Context) -> Appointments:
    """Tells the identified caller's own appointments: coming ones first, then past and cancelled ones, and where they
    are on a waiting list."""
    return await own_appointments(ctx.userdata)


async def own_appointments(call: Call) -> Appointments:
    found = await history(diary_of(call), call.require_customer())
    return {
        "status": "ok",
        "active": views(call, found.active),
        "past": views(call, found.past[::-1]),
        "cancelled": views(call, found.cancelled[::-1]),
        "waiting": [_waiting_view(call, one) for one in await waiting_of(diary_of(call), call.require_customer())],
    }


def _waiting_view(call: Call, one: Waiting) -> WaitingView:
    view: WaitingView = {"date": one.day, "status": one.status}
    if one.offered_start is not None:
        view["offered"] = slot_view(call.business, one.offered_start, "")
    return view


@tool
async def cancel_appointment(ctx: Context, which: str) -> Booked:
    """Cancels one of the identified caller's appointments. Say which one and get a yes before you use it.

    Args:
        which: The appointment's id, or the caller's own words: «the one on Friday», «my ten o'clock», «the next one».
    """
    call = ctx.userdata
    customer = call.require_customer()
    found = await history(diary_of(call), customer)
    chosen = which_one(call, which, found.active, gone=found.cancelled)
    changed, cancelled = await appointments.cancel(diary_of(call), chosen.id, customer)
    status = "cancelled" if changed else "already_cancelled"
    return {"status": status, **appointment_view(call.business, cancelled)}


@tool
async def modify_appointment(
    ctx: Context, which: str, new_date: str | None = None, new_time: str | None = None
) -> Moved:
    """Moves one of the identified caller's appointments. The old time is kept unless the new one was free. Only its
    result «modified» means that it was moved.

    Args:
        which: The appointment's id, or the caller's own words: «the one on Friday», «my ten o'clock».
        new_date: The new day in the caller's own words; leave it out to stay on the same day.
        new_time: The new time in the caller's own words; leave it out to keep the time.
    """
    call = ctx.userdata
    customer = call.require_customer()
    active = (await history(diary_of(call), customer)).active
    chosen = which_one(call, which, active, before_move=True)
    reading = understood(call, new_time, new_date)
    start = _new_start(call, chosen, understood(call, new_date, new_time).day, reading)
    try:
        old, moved = await appointments.move(diary_of(call), chosen.id, customer, start)
    except SlotTaken as taken:
        raise with_alternatives(call.business, taken) from taken
    old_view = slot_view(call.business, old, moved.staff)
    return {"status": "modified", "old": old_view, "new": appointment_view(call.business, moved)}


def _new_start(call: Call, chosen: Appointment, day: Day | None, reading: Reading) -> datetime:
    if day is None and reading.at is None:
        raise Ambiguous(reading.question or "To which day or time would you like to move it?")
    now_at = local(chosen.starts_at, call.business)
    if reading.at is None and reading.question is not None:
        raise Ambiguous(reading.question)
    return moment_of(call, day or now_at.date(), reading.at or now_at.time())


@tool
async def join_waitlist(ctx: Context, date: str, part_of_day: str | None = None) -> Waits:
    """Puts the identified caller on the waiting list of a day that is full; when somebody cancels, the first in line is
    offered the time.

    Args:
        date: The day in the caller's own words or as 2026-02-12.
        part_of_day: morning, afternoon or evening, if only that would suit them.
    """
    call = ctx.userdata
    customer = call.require_customer()
    service, reading = service_of(call.business, None), understood(call, date, part_of_day)
    day = day_of(call, reading)
    check_day(call.business, service, day, call.now)
    position = await join_line(diary_of(call), customer, service, day.isoformat(), reading.part)
    return {"status": "waiting", "position": position, "date": day.isoformat(), "weekday": weekday(day)}
