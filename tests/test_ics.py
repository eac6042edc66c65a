"""Appointments as calendar programs read them."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from db.business import Bookable, Business, Switchboard
from db.engine import Store
from db.ics import REFRESHED, event, feed
from db.models import Appointment
from tests.calling import START, Watch, make_call, use
from tests.orders import owed
from tests.people import add_clinic_people, identified
from tools.appointments import book_appointment, cancel_appointment, modify_appointment
from tools.call import Call

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca")
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def clinic(board: Switchboard) -> Business:
    return board.business("lotus-clinic")


def appointment(start: datetime, zone: str = "America/New_York", **more: Any) -> Appointment:
    row = Appointment(
        id="ab12cd34",
        business="lotus-clinic",
        customer_id=17,
        service="consultation",
        staff="dr-rao",
        starts_at=start.astimezone(UTC),
        ends_at=start.astimezone(UTC) + HALF_AN_HOUR,
        zone=zone,
        local_start=start.strftime("%Y-%m-%dT%H:%M"),
        created_at=START,
        changed_at=START + timedelta(hours=1),
    )
    return row.sqlmodel_update(more)


def only(text: bytes, name: str = "VEVENT") -> Any:
    (found,) = Calendar.from_ical(text).walk(name)
    return found


def span(entry: Any) -> tuple[datetime, datetime]:
    """From when to when, in UTC: times of two zones are never equal in the hour that a clock shows twice."""
    return entry.decoded("DTSTART").astimezone(UTC), entry.decoded("DTEND").astimezone(UTC)


def onsets(zone: Any) -> list[tuple[datetime, timedelta]]:
    """When which offset begins, to a program that knows nothing but these rules: each is told in the local time that
    was valid before it."""
    found = []
    for rule in zone.subcomponents:
        local = [rule.decoded("DTSTART"), *([each.dt for each in rule["RDATE"].dts] if "RDATE" in rule else [])]
        found += [((at - rule.TZOFFSETFROM).replace(tzinfo=UTC), rule.TZOFFSETTO) for at in local]
    return sorted(found)


def offset_by(known: list[tuple[datetime, timedelta]], moment: datetime) -> timedelta:
    return known[bisect_right(known, moment, key=lambda onset: onset[0]) - 1][1]


def test_an_appointment_says_what_when_and_where(clinic: Business) -> None:
    row = appointment(datetime(2026, 3, 5, 15, 0, tzinfo=UTC), sequence=2)
    text = event(row, clinic)
    entry, calendar = only(text), Calendar.from_ical(text)
    assert (calendar["METHOD"], entry["STATUS"]) == ("REQUEST", "CONFIRMED")
    assert (entry["UID"], entry["SEQUENCE"]) == ("ab12cd34@lotus-clinic.switchboard", 2)
    assert entry["SUMMARY"] == "Consultation with Doctor Rao"
    assert entry["LOCATION"] == "Lotus Clinic, 12 Garden Street, Washington, DC"
    assert entry.decoded("DTSTAMP") == row.changed_at
    assert span(entry) == (row.starts_at, row.ends_at)
    assert b"DTSTART;TZID=America/New_York:20260305T100000" in text


def test_a_cancelled_appointment_is_a_cancellation(clinic: Business) -> None:
    text = event(appointment(START, status="cancelled", sequence=1), clinic)
    assert (Calendar.from_ical(text)["METHOD"], only(text)["STATUS"]) == ("CANCEL", "CANCELLED")


def test_the_same_appointment_gives_the_same_bytes(clinic: Business) -> None:
    assert event(appointment(START), clinic) == event(appointment(START), clinic)


def test_a_patient_is_named_only_where_it_is_asked_for(clinic: Business) -> None:
    assert only(event(appointment(START), clinic, patient="Rahul Verma"))["SUMMARY"].endswith(": Rahul Verma")
    assert b"Rahul" not in event(appointment(START, purpose_sealed="Rahul's knee"), clinic)


def test_a_room_is_part_of_the_place(clinic: Business) -> None:
    clinic = clinic.model_copy(update={"rooms": (Bookable(key="r1", name="Room 1"),)})
    entry = only(event(appointment(START, room="r1"), clinic))
    assert entry["LOCATION"].startswith("Room 1, Lotus Clinic")


def test_what_the_owners_file_no_longer_names_goes_by_its_key(clinic: Business) -> None:
    entry = only(event(appointment(START, service="x-ray", staff="dr-lee", room="old"), clinic))
    assert (entry["SUMMARY"], entry["LOCATION"].split(",")[0]) == ("X-ray with dr-lee", "old")


@pytest.mark.parametrize(
    "text",
    ["Rao, Meyer; & Sons", "one\nline and another", "back\\slash", "डॉक्टर अनीता राव, सामान्य परामर्श " * 8, "long " * 60],
)
def test_any_text_comes_back_as_it_was_and_no_line_is_too_long(clinic: Business, text: str) -> None:
    clinic = clinic.model_copy(update={"address": text.strip()})
    written = event(appointment(START), clinic, patient=text.strip())
    assert only(written)["LOCATION"] == f"Lotus Clinic, {text.strip()}"
    assert only(written)["SUMMARY"].endswith(f": {text.strip()}")
    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert [line.decode() for line in written.split(b"\r\n")]


def test_a_text_cannot_add_a_line_of_its_own(clinic: Business) -> None:
    written = event(appointment(START), clinic, patient="x\r\nATTENDEE:mailto:thief@example.com\rMETHOD:CANCEL")
    assert not [line for line in written.splitlines() if line.startswith((b"ATTENDEE", b"METHOD:CANCEL"))]


@pytest.mark.parametrize("zone", ZONES)
def test_the_rules_of_a_zone_are_right_in_every_hour_of_three_years(clinic: Business, zone: str) -> None:
    rules = onsets(only(event(appointment(datetime(2026, 6, 1, tzinfo=UTC), zone), clinic), "VTIMEZONE"))
    moment, tz = datetime(2025, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    while moment.year < 2028:
        assert offset_by(rules, moment) == moment.astimezone(tz).utcoffset(), moment
        moment += HALF_AN_HOUR


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_every_half_hour_around_a_clock_change_comes_back_as_it_was(clinic: Business, zone: str) -> None:
    tz = ZoneInfo(zone)
    moment, offsets = datetime(2026, 1, 1, tzinfo=UTC), set()
    while moment.year == 2026:
        if moment.astimezone(tz).utcoffset() != (moment + timedelta(hours=3)).astimezone(tz).utcoffset():
            row = appointment(moment + timedelta(hours=1), zone)
            entry = only(event(row, clinic))
            assert span(entry) == (row.starts_at, row.ends_at)
            offsets.add(row.starts_at.astimezone(tz).utcoffset())
        moment += HALF_AN_HOUR
    assert len(offsets) == 2


def test_the_hour_that_a_clock_shows_twice_is_told_apart(clinic: Business) -> None:
    first = appointment(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    again = appointment(datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert b"DTSTART;TZID=America/New_York:20261101T013000" in event(first, clinic)
    assert b"DTSTART:20261101T063000Z" in event(again, clinic)
    assert b"DTEND:20261101T060000Z" in event(first, clinic)


def test_a_zone_without_clock_changes_has_one_rule(clinic: Business) -> None:
    (rule,) = only(event(appointment(START, "Asia/Kolkata"), clinic), "VTIMEZONE").subcomponents
    assert (rule.name, rule.decoded("TZOFFSETTO")) == ("STANDARD", timedelta(hours=5, minutes=30))


def test_a_feed_has_all_appointments_and_says_which_are_cancelled(clinic: Business) -> None:
    rows = [
        appointment(START, id="aaaaaaaa"),
        appointment(START + timedelta(days=400), id="bbbbbbbb", status="cancelled", sequence=1),
        appointment(START, "Europe/Berlin", id="cccccccc"),
    ]
    text = feed(rows, clinic)
    calendar = Calendar.from_ical(text)
    found = {str(entry["UID"])[:8]: entry["STATUS"] for entry in calendar.walk("VEVENT")}
    assert found == {"aaaaaaaa": "CONFIRMED", "bbbbbbbb": "CANCELLED", "cccccccc": "CONFIRMED"}
    assert (calendar["METHOD"], calendar["X-WR-CALNAME"]) == ("PUBLISH", "Lotus Clinic")
    assert calendar.decoded("REFRESH-INTERVAL") == REFRESHED and b"X-PUBLISHED-TTL:PT15M" in text
    zones = {str(zone["TZID"]): zone for zone in calendar.walk("VTIMEZONE")}
    assert set(zones) == {"America/New_York", "Europe/Berlin"}
    assert offset_by(onsets(zones["America/New_York"]), rows[1].starts_at) == timedelta(hours=-4)


def test_a_feed_names_patients_only_where_it_is_asked_for(clinic: Business) -> None:
    rows = [appointment(START), appointment(START, id="bbbbbbbb", customer_id=18)]
    assert b"Rahul" not in feed(rows, clinic)
    named = [
        entry["SUMMARY"] for entry in Calendar.from_ical(feed(rows, clinic, patients={17: "Rahul"})).walk("VEVENT")
    ]
    assert named == ["Consultation with Doctor Rao: Rahul", "Consultation with Doctor Rao"]


def test_a_feed_without_appointments_can_be_read(clinic: Business) -> None:
    assert Calendar.from_ical(feed([], clinic))["X-WR-CALNAME"] == "Lotus Clinic"


@pytest.fixture
async def hooked(store: Store, board: Switchboard, watch: Watch) -> Call:
    """A call of somebody known, at a clinic that wants to be told of everything."""
    await add_clinic_people(store, board)
    call = await identified(await make_call(store, board, "kavita", watch=watch))
    call.business = call.business.model_copy(update={"webhook": "https://hooks.example/clinic"})
    return call


async def test_a_booking_its_move_and_its_cancellation_are_told_to_the_same_calendar_entry(
    hooked: Call, store: Store, watch: Watch
) -> None:
    booked = await use(book_appointment, hooked, date="2026-03-06", time_slot="3 pm", purpose="my knee")
    watch.forward(minutes=1)
    await use(modify_appointment, hooked, which="it", new_date="2026-03-09")
    watch.forward(minutes=1)
    await use(cancel_appointment, hooked, which="it")
    told = [(kind, payload["ics"].encode()) for kind, payload in await owed(store)]
    assert [kind for kind, _ in told] == ["appointment.booked", "appointment.moved", "appointment.cancelled"]
    entries = [only(text) for _, text in told]
    assert {entry["UID"] for entry in entries} == {f"{booked['appointment_id']}@lotus-clinic.switchboard"}
    assert [entry["SEQUENCE"] for entry in entries] == [0, 1, 2]
    assert [str(Calendar.from_ical(text)["METHOD"]) for _, text in told] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [entry["STATUS"] for entry in entries] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [entry.decoded("DTSTART").isoformat() for entry in entries] == [
        "2026-03-06T15:00:00-05:00",
        "2026-03-09T15:00:00-04:00",
        "2026-03-09T15:00:00-04:00",
    ]
    assert [entry.decoded("DTSTAMP") for entry in entries] == [START + timedelta(minutes=at) for at in range(3)]
    assert not any(secret in text for _, text in told for secret in (b"Rahul", b"knee"))


async def test_what_changes_nothing_is_not_told_again(hooked: Call, store: Store) -> None:
    for _ in range(2):
        await use(book_appointment, hooked, date="2026-03-06", time_slot="3 pm")
    for _ in range(2):
        await use(cancel_appointment, hooked, which="2026-03-06")
    assert [kind for kind, _ in await owed(store)] == ["appointment.booked", "appointment.cancelled"]
