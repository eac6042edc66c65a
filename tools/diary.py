"""What the appointment desk and customer care share: words for a time, services and appointments made into what the
store understands, and back."""

from datetime import UTC, date, datetime, time
from typing import NotRequired, TypedDict

from rapidfuzz import fuzz, process

from db.appointments import history
from db.business import Business, Offered
from db.diary import Diary, Slot
from db.errors import Ambiguous, SlotTaken
from db.models import Appointment
from speech.times import WEEKDAYS, Reading, read, spoken_time
from tools.call import Call

SURE_OF_SERVICE = 82
"""rapidfuzz's score from which a service is meant."""


class AppointmentView(TypedDict):
    """An appointment as it is told."""

    appointment_id: str
    date: str
    time: str
    weekday: str
    service: str
    staff: NotRequired[str]


class SlotView(TypedDict):
    """A free time as it is offered."""

    date: str
    time: str
    weekday: str
    staff: NotRequired[str]


def diary_of(call: Call) -> Diary:
    return Diary(call.store, call.business, call.now, call.id)


def local(moment: datetime, business: Business) -> datetime:
    return moment.astimezone(business.tz)


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()].title()


def staff_name(business: Business, key: str) -> str | None:
    """Whose it is, where it could be somebody else's."""
    if len(business.staff) < 2:
        return None
    return next((person.name for person in business.staff if person.key == key), None)


def slot_view(business: Business, start: datetime, staff: str) -> SlotView:
    at = local(start, business)
    view = SlotView(date=at.date().isoformat(), time=spoken_time(at.time()), weekday=weekday(at.date()))
    if name := staff_name(business, staff):
        view["staff"] = name
    return view


def appointment_view(business: Business, appointment: Appointment) -> AppointmentView:
    service = business.service(appointment.service)
    view = slot_view(business, appointment.starts_at, appointment.staff)
    return {
        "appointment_id": appointment.id,
        "service": appointment.service if service is None else service.name,
        **view,
    }


async def active_appointments(call: Call, customer_id: int) -> list[AppointmentView]:
    active = (await history(diary_of(call), customer_id)).active
    return [appointment_view(call.business, one) for one in active]


def understood(call: Call, *texts: str | None) -> Reading:
    """Day, time and part of day of several arguments: a caller's words do not always land in the right one."""
    readings = [read(text, call.frame) for text in texts if text]
    dated = next((one for one in readings if one.day is not None), Reading())
    return Reading(
        day=_not_before_today(call, dated),
        end_day=dated.end_day,
        at=next((one.at for one in readings if one.at is not None), None),
        part=next((one.part for one in readings if one.part is not None), None),
        question=next((one.question for one in readings if one.question is not None), None),
    )


def _not_before_today(call: Call, reading: Reading) -> date | None:
    """Of «this week» the days that are left."""
    today = call.frame.today
    if reading.day is None or reading.end_day is None or reading.end_day < today:
        return reading.day
    return max(reading.day, today)


def day_of(call: Call, reading: Reading) -> date:
    if reading.day is None:
        raise Ambiguous(reading.question or "Which day would you like?")
    return reading.day


def time_of(reading: Reading) -> time:
    if reading.at is None:
        raise Ambiguous(reading.question or "At what time would you like to come?")
    return reading.at


def moment_of(call: Call, day: date, at: time) -> datetime:
    """The moment that local clocks show; a time that the clocks jump over is asked about."""
    meant = datetime.combine(day, at, tzinfo=call.business.tz)
    moment = meant.astimezone(UTC)
    if moment.astimezone(call.business.tz).time() != at:
        raise Ambiguous("The clocks change then, so that time does not exist. Which other time would suit you?")
    return moment


def service_of(business: Business, words: str | None) -> Offered:
    """The service that is meant; the only one needs no words."""
    if len(business.services) == 1:
        return business.services[0]
    names = {name: item for item in business.services for name in (item.name, *item.also)}
    if words:
        best = process.extractOne(words, names.keys(), scorer=fuzz.token_set_ratio, processor=str.casefold)
        if best is not None and best[1] >= SURE_OF_SERVICE:
            return names[best[0]]
    offered = [item.name for item in business.services]
    listed = ", ".join(offered[:-1]) + f" or {offered[-1]}" if len(offered) > 1 else "".join(offered)
    if not offered:
        raise Ambiguous("There is nothing here that can be booked. Would you like to leave a message?", choices=[])
    raise Ambiguous(f"What is it for: {listed}?", choices=offered)


def with_alternatives(business: Business, taken: SlotTaken) -> SlotTaken:
    """The same refusal with its free times as they are told."""
    near: list[Slot] = taken.details["alternatives"]
    views = [slot_view(business, slot.start, slot.staff) for slot in near]
    return SlotTaken(taken.sentence, alternatives=views)
