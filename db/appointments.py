"""Appointments: booked, moved and cancelled, each in one transaction; the database itself refuses an overlap."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col, select

from db.business import Business, Offered
from db.diary import Diary, Slot, Taken, buckets, occupied, plain_buckets
from db.errors import AlreadyBooked, Ambiguous, NotFound, SlotTaken
from db.holds import drop_expired_and_own
from db.hours import open_on
from db.ics import event
from db.models import Appointment, Occupancy
from db.outbox import owe
from db.slots import check_start, closed, free_room, is_free, nearest, slot_at, slots_on
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


class NoPlace(SlotTaken):
    """Nobody is free: the transaction is undone as a whole, holds and all; alternatives are looked for afterwards."""

    def __init__(self) -> None:
        super().__init__("That time is already taken.", alternatives=[])


def new_id(chance: Random) -> str:
    return "".join(chance.choice(ID_LETTERS) for _ in range(8))


async def book(diary: Diary, wish: Wish) -> Appointment:
    """Books once: the same wish of the same call gives the appointment that is there."""
    check_start(diary.business, wish.service, wish.start, diary.now)
    candidates = who_could(diary, wish)
    for _ in range(RACES):
        try:
            return await diary.store.transact(lambda session: book_in(session, diary, wish, candidates))
        except IntegrityError:
            continue  # somebody booked between our look and our write
        except NoPlace:
            break
    raise await gone(diary, wish.service, wish.start)


def who_could(diary: Diary, wish: Wish) -> list[Slot]:
    """Who could do it at that time; refuses a time at which nobody ever could."""
    business, service = diary.business, wish.service
    people = [person for person in business.able(service) if wish.staff in {None, person.key}]
    slots = [slot for person in people if (slot := slot_at(business, service, wish.start, person)) is not None]
    if slots:
        return slots
    day = wish.start.astimezone(business.tz).date()
    if not any(stretch.start <= wish.start < stretch.end for stretch in open_on(business, day)):
        raise closed(business, wish.start)
    starts = {slot.start for slot in slots_on(business, service, day)}
    near = sorted(starts, key=lambda start: abs(start - wish.start))[:2]
    times = [_clock(start, business) for start in sorted(near)]
    raise Ambiguous(f"I have {' or '.join(times)}. Which would you like?", choices=times)


def _clock(moment: datetime, business: Business) -> str:
    local = moment.astimezone(business.tz)
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


async def gone(diary: Diary, service: Offered, wanted: datetime) -> SlotTaken:
    return SlotTaken("That time is already taken.", alternatives=await nearest(diary, service, wanted))


def book_in(session: Session, diary: Diary, wish: Wish, candidates: list[Slot]) -> Appointment:
    """The booking itself, within a transaction of the caller's."""
    drop_expired_and_own(session, diary)
    taken = _taken_around(session, diary, wish, candidates)
    if _is_busy(diary, wish.customer_id, candidates[0], taken):
        return _repeated(session, diary, wish, candidates[0])
    slot, room = _place(diary, wish.service, candidates, taken)
    appointment = _appointment(diary, wish, slot, room)
    session.connection().execute(_BOOK, appointment.model_dump())
    _occupy(session, diary, wish.service, appointment)
    tell(session, diary, "appointment.booked", appointment)
    return appointment


def _taken_around(session: Session, diary: Diary, wish: Wish, candidates: list[Slot]) -> Taken:
    """What is occupied at that time of all that the wish might need, the person included."""
    names = [diary.resource("staff", slot.staff) for slot in candidates]
    names += [diary.resource("room", key) for key in wish.service.rooms]
    names.append(diary.resource("customer", wish.customer_id))
    return occupied(session, diary, names, buckets(wish.service, candidates[0].start))


def _is_busy(diary: Diary, customer_id: int, slot: Slot, taken: Taken) -> bool:
    person = diary.resource("customer", customer_id)
    return any((person, bucket) in taken for bucket in plain_buckets(slot.start, slot.end))


def _place(diary: Diary, service: Offered, candidates: list[Slot], taken: Taken) -> tuple[Slot, str | None]:
    """Somebody who is free, and a room if one is needed."""
    for slot in candidates:
        if is_free(diary, service, slot, taken):
            return slot, free_room(diary, service, slot, taken)
    raise NoPlace


def _repeated(session: Session, diary: Diary, wish: Wish, slot: Slot) -> Appointment:
    """The appointment that this call made at that time already; a refusal where it is another one."""
    query = select(Appointment).where(
        Appointment.customer_id == wish.customer_id,
        Appointment.business == diary.business.key,
        Appointment.status == "booked",
        Appointment.starts_at < slot.end,
        Appointment.ends_at > slot.start,
    )
    for mine in session.scalars(query):
        if _is_repeat(mine, diary, wish):
            return mine
    raise AlreadyBooked("You already have an appointment at that time.")


def _is_repeat(mine: Appointment, diary: Diary, wish: Wish) -> bool:
    """The same call asks for the same thing again, perhaps because it was interrupted before it heard the answer."""
    same_call = diary.call_id is not None and mine.made_by_call == diary.call_id
    return same_call and mine.starts_at == wish.start and mine.service == wish.service.key


def _appointment(diary: Diary, wish: Wish, slot: Slot, room: str | None) -> Appointment:
    return Appointment(
        id=new_id(diary.store.chance),
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


_BOOK = insert(Appointment)
_OCCUPY = insert(Occupancy)


def _occupy(session: Session, diary: Diary, service: Offered, appointment: Appointment) -> None:
    """The rows that make an overlap impossible: staff and room with buffers, the person without."""
    busy = buckets(service, appointment.starts_at)
    rows = [(diary.resource("staff", appointment.staff), bucket) for bucket in busy]
    if appointment.room is not None:
        rows += [(diary.resource("room", appointment.room), bucket) for bucket in busy]
    person = diary.resource("customer", appointment.customer_id)
    rows += [(person, bucket) for bucket in plain_buckets(appointment.starts_at, appointment.ends_at)]
    values = [{"resource": name, "bucket": bucket, "appointment_id": appointment.id} for name, bucket in sorted(rows)]
    session.connection().execute(_OCCUPY, values)


async def move(diary: Diary, appointment_id: str, customer_id: int, start: datetime) -> tuple[datetime, Appointment]:
    """Moves to a new time, or leaves everything as it was. Gives the old start and the appointment as it is now."""
    async with diary.store.read() as session:
        current = await session.run_sync(_own, diary, appointment_id, customer_id)
    service = diary.business.service(current.service)
    if service is None:
        raise NotFound("We no longer offer that service, so I can't move it. I can cancel it.")
    check_start(diary.business, service, start, diary.now)
    wish = Wish(service, start, customer_id)
    candidates = sorted(who_could(diary, wish), key=lambda slot: slot.staff != current.staff)
    for _ in range(RACES):
        try:
            return await diary.store.transact(lambda session: _move(session, diary, appointment_id, wish, candidates))
        except IntegrityError:
            continue
        except NoPlace:
            break
    raise await gone(diary, service, start)


def _own(session: Session, diary: Diary, appointment_id: str, customer_id: int) -> Appointment:
    found = session.get(Appointment, appointment_id, with_for_update=True)
    if found is None or found.customer_id != customer_id or found.business != diary.business.key:
        raise NotFound("I can't find that appointment.")
    return found


def _move(
    session: Session, diary: Diary, appointment_id: str, wish: Wish, candidates: list[Slot]
) -> tuple[datetime, Appointment]:
    appointment = _own(session, diary, appointment_id, wish.customer_id)
    if appointment.status != "booked":
        raise NotFound("That appointment was cancelled.")
    if appointment.starts_at == wish.start:
        return appointment.moved_from or wish.start, appointment
    old = appointment.starts_at
    _vacate(session, appointment)
    drop_expired_and_own(session, diary)
    taken = _taken_around(session, diary, wish, candidates)
    if _is_busy(diary, wish.customer_id, candidates[0], taken):
        raise AlreadyBooked("You already have another appointment at that time.")
    _set_time(appointment, diary, *_place(diary, wish.service, candidates, taken))
    session.flush()
    _occupy(session, diary, wish.service, appointment)
    offer(session, diary, appointment.service, old)
    tell(session, diary, "appointment.moved", appointment, moved_from=old.isoformat())
    return old, appointment


def _set_time(appointment: Appointment, diary: Diary, slot: Slot, room: str | None) -> None:
    appointment.moved_from, appointment.moved_by_call = appointment.starts_at, diary.call_id
    appointment.starts_at, appointment.ends_at = slot.start, slot.end
    appointment.local_start = _local(slot.start, diary.business)
    appointment.staff, appointment.room = slot.staff, room
    appointment.sequence += 1
    appointment.changed_at = diary.now


def _vacate(session: Session, appointment: Appointment) -> None:
    session.connection().execute(delete(Occupancy).where(col(Occupancy.appointment_id) == appointment.id))


async def cancel(diary: Diary, appointment_id: str, customer_id: int) -> tuple[bool, Appointment]:
    """Cancels; False when it was cancelled already. The row stays, the time is free at once."""

    def work(session: Session) -> tuple[bool, Appointment]:
        appointment = _own(session, diary, appointment_id, customer_id)
        if appointment.status == "cancelled":
            return False, appointment
        appointment.status = "cancelled"
        appointment.sequence += 1
        appointment.changed_at = diary.now
        _vacate(session, appointment)
        offer(session, diary, appointment.service, appointment.starts_at)
        tell(session, diary, "appointment.cancelled", appointment)
        return True, appointment

    return await diary.store.transact(work)


def tell(session: Session, diary: Diary, kind: str, appointment: Appointment, **more: Any) -> None:
    """Owes the web-hook that says what became of an appointment, with its form for calendar programs."""
    if diary.business.webhook is None:
        return
    payload: Mapping[str, Any] = {
        "appointment_id": appointment.id,
        "customer_id": appointment.customer_id,
        "service": appointment.service,
        "staff": appointment.staff,
        "start": appointment.starts_at.isoformat(),
        "end": appointment.ends_at.isoformat(),
        "zone": appointment.zone,
        "sequence": appointment.sequence,
        "ics": event(appointment, diary.business).decode(),
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
