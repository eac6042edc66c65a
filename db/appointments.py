"""Appointments: booked, moved and cancelled, each in one transaction; the database itself refuses an overlap."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business, Offered
from db.diary import Diary, Slot, buckets, occupied, plain_buckets
from db.errors import AlreadyBooked, Ambiguous, NotFound, SlotTaken
from db.holds import drop_expired, drop_own
from db.hours import open_on
from db.models import Appointment, Occupancy
from db.outbox import owe
from db.slots import check_start, closed, free_room, is_free, nearest, slots_on
from db.waitlist import offer

ID_LETTERS = string.ascii_lowercase + string.digits
RACES = 4
"""How often a booking that lost to another one looks for somebody else who is free."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to book."""

    service: Offered
    start: datetime
    customer_id: int
    purpose: str | None = None
    staff: str | None = None
    """None: whoever is free."""


class _NoPlace(Exception):
    """Nobody is free: the transaction is undone as a whole, holds and all."""


def new_id() -> str:
    return "".join(secrets.choice(ID_LETTERS) for _ in range(8))


async def book(diary: Diary, wish: Wish) -> Appointment:
    """Books once: the same wish of the same call gives the appointment that is there."""
    check_start(diary.business, wish.service, wish.start, diary.now)
    candidates = who_could(diary, wish)
    for _ in range(RACES):
        try:
            return await diary.store.write(lambda session: book_in(session, diary, wish, candidates))
        except IntegrityError:
            continue  # somebody booked between our look and our write
        except _NoPlace:
            break
    raise await gone(diary, wish.service, wish.start)


def who_could(diary: Diary, wish: Wish) -> list[Slot]:
    """Who could do it at that time; refuses a time at which nobody ever could."""
    day = wish.start.astimezone(diary.business.tz).date()
    slots = slots_on(diary.business, wish.service, day)
    fitting = [slot for slot in slots if slot.start == wish.start and wish.staff in {None, slot.staff}]
    if fitting:
        return fitting
    if not any(stretch.start <= wish.start < stretch.end for stretch in open_on(diary.business, day)):
        raise closed(diary.business, wish.start)
    near = sorted({slot.start for slot in slots}, key=lambda start: abs(start - wish.start))[:2]
    times = [_clock(start, diary.business) for start in sorted(near)]
    raise Ambiguous(f"I have {' or '.join(times)}. Which would you like?", choices=times)


def _clock(moment: datetime, business: Business) -> str:
    local = moment.astimezone(business.tz)
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


async def gone(diary: Diary, service: Offered, wanted: datetime) -> SlotTaken:
    return SlotTaken("That time is already taken.", alternatives=await nearest(diary, service, wanted))


async def book_in(session: AsyncSession, diary: Diary, wish: Wish, candidates: list[Slot]) -> Appointment:
    """The booking itself, within a transaction of the caller's."""
    mine = await _overlapping(session, diary, wish.customer_id, candidates[0])
    if mine is not None:
        if _is_repeat(mine, diary, wish):
            return mine
        raise AlreadyBooked("You already have an appointment at that time.")
    await drop_expired(session, diary)
    appointment = _appointment(diary, wish, *await _find_place(session, diary, wish.service, candidates))
    session.add(appointment)
    await session.flush()
    await _occupy(session, diary, wish.service, appointment)
    tell(session, diary, "appointment.booked", appointment)
    return appointment


def _is_repeat(mine: Appointment, diary: Diary, wish: Wish) -> bool:
    """The same call asks for the same thing again, perhaps because it was interrupted before it heard the answer."""
    same_call = diary.call_id is not None and mine.made_by_call == diary.call_id
    return same_call and mine.starts_at == wish.start and mine.service == wish.service.key


async def _overlapping(session: AsyncSession, diary: Diary, customer_id: int, slot: Slot) -> Appointment | None:
    query = select(Appointment).where(
        Appointment.customer_id == customer_id,
        Appointment.business == diary.business.key,
        Appointment.status == "booked",
        Appointment.starts_at < slot.end,
        Appointment.ends_at > slot.start,
    )
    return (await session.exec(query)).first()


async def _find_place(
    session: AsyncSession, diary: Diary, service: Offered, candidates: list[Slot]
) -> tuple[Slot, str | None]:
    """Somebody who is free, and a room if one is needed; what this call held for itself is let go."""
    span = buckets(service, candidates[0].start)
    taken = await occupied(session, diary, diary.resources_of(service), span)
    await drop_own(session, diary)
    for slot in candidates:
        if is_free(diary, service, slot, taken):
            return slot, free_room(diary, service, slot, taken)
    raise _NoPlace


def _appointment(diary: Diary, wish: Wish, slot: Slot, room: str | None) -> Appointment:
    return Appointment(
        id=new_id(),
        business=diary.business.key,
        customer_id=wish.customer_id,
        service=wish.service.key,
        staff=slot.staff,
        room=room,
        starts_at=slot.start,
        ends_at=slot.end,
        zone=diary.business.zone,
        local_start=_local(slot.start, diary.business),
        purpose_sealed=diary.store.cipher.seal_maybe(wish.purpose),
        made_by_call=diary.call_id,
        created_at=diary.now,
        changed_at=diary.now,
    )


def _local(start: datetime, business: Business) -> str:
    return start.astimezone(business.tz).replace(tzinfo=None).isoformat(timespec="minutes")


async def _occupy(session: AsyncSession, diary: Diary, service: Offered, appointment: Appointment) -> None:
    """The rows that make an overlap impossible: staff and room with buffers, the person without."""
    busy = buckets(service, appointment.starts_at)
    rows = [(diary.resource("staff", appointment.staff), bucket) for bucket in busy]
    if appointment.room is not None:
        rows += [(diary.resource("room", appointment.room), bucket) for bucket in busy]
    person = diary.resource("customer", appointment.customer_id)
    rows += [(person, bucket) for bucket in plain_buckets(appointment.starts_at, appointment.ends_at)]
    values = [{"resource": name, "bucket": bucket, "appointment_id": appointment.id} for name, bucket in sorted(rows)]
    await session.exec(insert(Occupancy), params=values)


async def move(diary: Diary, appointment_id: str, customer_id: int, start: datetime) -> tuple[datetime, Appointment]:
    """Moves to a new time, or leaves everything as it was. Gives the old start and the appointment as it is now."""
    async with diary.store.read() as session:
        current = await _own(session, diary, appointment_id, customer_id)
    service = diary.business.service(current.service)
    if service is None:
        raise NotFound("We no longer offer that service, so I can't move it. I can cancel it.")
    check_start(diary.business, service, start, diary.now)
    wish = Wish(service, start, customer_id)
    candidates = sorted(who_could(diary, wish), key=lambda slot: slot.staff != current.staff)
    for _ in range(RACES):
        try:
            return await diary.store.write(lambda session: _move(session, diary, appointment_id, wish, candidates))
        except IntegrityError:
            continue
        except _NoPlace:
            break
    raise await gone(diary, service, start)


async def _own(session: AsyncSession, diary: Diary, appointment_id: str, customer_id: int) -> Appointment:
    found = await session.get(Appointment, appointment_id, with_for_update=True)
    if found is None or found.customer_id != customer_id or found.business != diary.business.key:
        raise NotFound("I can't find that appointment.")
    return found


async def _move(
    session: AsyncSession, diary: Diary, appointment_id: str, wish: Wish, candidates: list[Slot]
) -> tuple[datetime, Appointment]:
    appointment = await _own(session, diary, appointment_id, wish.customer_id)
    if appointment.status != "booked":
        raise NotFound("That appointment was cancelled.")
    if appointment.starts_at == wish.start:
        return appointment.moved_from or wish.start, appointment
    old = appointment.starts_at
    await _vacate(session, appointment)
    if await _other_overlap(session, diary, appointment, candidates[0]):
        raise AlreadyBooked("You already have another appointment at that time.")
    await drop_expired(session, diary)
    _set_time(appointment, diary, *await _find_place(session, diary, wish.service, candidates))
    await session.flush()
    await _occupy(session, diary, wish.service, appointment)
    await offer(session, diary, appointment.service, old)
    tell(session, diary, "appointment.moved", appointment, moved_from=old.isoformat())
    return old, appointment


def _set_time(appointment: Appointment, diary: Diary, slot: Slot, room: str | None) -> None:
    appointment.moved_from, appointment.moved_by_call = appointment.starts_at, diary.call_id
    appointment.starts_at, appointment.ends_at = slot.start, slot.end
    appointment.local_start = _local(slot.start, diary.business)
    appointment.staff, appointment.room = slot.staff, room
    appointment.sequence += 1
    appointment.changed_at = diary.now


async def _other_overlap(session: AsyncSession, diary: Diary, appointment: Appointment, slot: Slot) -> bool:
    query = select(Appointment.id).where(
        Appointment.customer_id == appointment.customer_id,
        Appointment.business == diary.business.key,
        Appointment.status == "booked",
        Appointment.id != appointment.id,
        Appointment.starts_at < slot.end,
        Appointment.ends_at > slot.start,
    )
    return (await session.exec(query)).first() is not None


async def _vacate(session: AsyncSession, appointment: Appointment) -> None:
    await session.exec(delete(Occupancy).where(col(Occupancy.appointment_id) == appointment.id))


async def cancel(diary: Diary, appointment_id: str, customer_id: int) -> tuple[bool, Appointment]:
    """Cancels; False when it was cancelled already. The row stays, the time is free at once."""

    async def work(session: AsyncSession) -> tuple[bool, Appointment]:
        appointment = await _own(session, diary, appointment_id, customer_id)
        if appointment.status == "cancelled":
            return False, appointment
        appointment.status = "cancelled"
        appointment.sequence += 1
        appointment.changed_at = diary.now
        await _vacate(session, appointment)
        await offer(session, diary, appointment.service, appointment.starts_at)
        tell(session, diary, "appointment.cancelled", appointment)
        return True, appointment

    return await diary.store.write(work)


def tell(session: AsyncSession, diary: Diary, kind: str, appointment: Appointment, **more: Any) -> None:
    """Owes the web-hook that says what became of an appointment."""
    payload: Mapping[str, Any] = {
        "appointment_id": appointment.id,
        "customer_id": appointment.customer_id,
        "service": appointment.service,
        "staff": appointment.staff,
        "start": appointment.starts_at.isoformat(),
        "end": appointment.ends_at.isoformat(),
        "zone": appointment.zone,
        "sequence": appointment.sequence,
        **more,
    }
    owe(session, diary.store.cipher, diary.business, kind, payload, diary.now)


@dataclass(frozen=True)
class History:
    """A customer's appointments."""

    active: tuple[Appointment, ...]
    past: tuple[Appointment, ...]
    cancelled: tuple[Appointment, ...]


async def history(diary: Diary, customer_id: int) -> History:
    query = (
        select(Appointment)
        .where(Appointment.customer_id == customer_id, Appointment.business == diary.business.key)
        .order_by(col(Appointment.starts_at))
    )
    async with diary.store.read() as session:
        every = (await session.exec(query)).all()
    booked = [one for one in every if one.status == "booked"]
    return History(
        active=tuple(one for one in booked if one.ends_at > diary.now),
        past=tuple(one for one in booked if one.ends_at <= diary.now),
        cancelled=tuple(one for one in every if one.status == "cancelled"),
    )
