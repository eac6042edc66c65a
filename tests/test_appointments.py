"""The appointment desk's tools: every one, each of its answers, and what no honest caller says."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import select

from db.business import Switchboard
from db.engine import Store
from db.holds import release
from db.models import Appointment, Hold, Occupancy
from tests.calling import Watch, make_call, use
from tests.hostile import EVERYTHING
from tests.people import ARCHIT, PRIYA, RAHUL, add_clinic_people, identified
from tools.appointments import (
    book_appointment,
    cancel_appointment,
    fetch_slots,
    join_waitlist,
    modify_appointment,
    retrieve_appointments,
)
from tools.call import Call, Tool

TUESDAY = "2026-03-03"


@pytest.fixture(autouse=True)
async def people(store: Store, board: Switchboard) -> None:
    await add_clinic_people(store, board)


@pytest.fixture
async def rahul(store: Store, board: Switchboard, watch: Watch) -> Call:
    return await identified(await make_call(store, board, "kavita", watch=watch), RAHUL)


@pytest.fixture
async def archit(store: Store, board: Switchboard, watch: Watch) -> Call:
    return await identified(await make_call(store, board, "kavita", watch=watch, call_id="call-a"), ARCHIT)


async def count(store: Store, table: type[Any]) -> int:
    async with store.read() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def test_a_day_has_eighteen_slots_less_the_taken_ones(rahul: Call) -> None:
    told = await use(fetch_slots, rahul, date="Thursday")
    assert (told["date"], told["weekday"], told["available_count"]) == ("2026-03-05", "Thursday", 16)
    assert told["booked_slots"] == ["10:00 AM", "3:00 PM"]
    assert told["available_slots"][0] == "9:00 AM" and told["available_slots"][-1] == "5:30 PM"
    assert len(told["suggested_slots"]) == 3 and set(told["suggested_slots"]) <= set(told["available_slots"])


async def test_slots_may_be_asked_for_by_anybody(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    assert (await use(fetch_slots, call, date=TUESDAY))["available_count"] == 18


async def test_past_times_of_today_are_not_offered(rahul: Call, watch: Watch) -> None:
    watch.forward(hours=3)
    told = await use(fetch_slots, rahul, date="today")
    assert told["available_slots"][0] == "12:30 PM" and told["available_count"] == 11


async def test_the_part_of_the_day_that_was_named_is_suggested(rahul: Call) -> None:
    told = await use(fetch_slots, rahul, date="tomorrow afternoon")
    assert all(slot.endswith("PM") for slot in told["suggested_slots"])


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("Sunday", "closed"),
        ("2026-05-25", "closed"),
        ("2026-02-27", "in_past"),
        ("2027-03-01", "too_far"),
        ("when the cows come home", "ambiguous"),
    ],
)
async def test_a_day_without_slots_says_why(rahul: Call, day: str, status: str) -> None:
    assert (await use(fetch_slots, rahul, date=day))["status"] == status
    assert (await use(book_appointment, rahul, date=day, time_slot="10:00 AM"))["status"] == status


async def test_a_holiday_is_named_and_the_next_open_day_told(rahul: Call) -> None:
    told = await use(fetch_slots, rahul, date="May 25")
    assert "Memorial Day" in told["message"] and told["next_open"] == "2026-05-26"


async def test_a_booking_is_told_with_its_weekday_and_is_there_once(rahul: Call) -> None:
    told = await use(book_appointment, rahul, date="tomorrow", time_slot="3 pm", purpose="a check-up")
    assert (told["status"], told["date"], told["time"], told["weekday"]) == ("booked", TUESDAY, "3:00 PM", "Tuesday")
    assert len(told["appointment_id"]) == 8
    mine = await use(retrieve_appointments, rahul)
    assert [one["appointment_id"] for one in mine["active"]] == [told["appointment_id"]]


async def test_the_same_booking_said_twice_is_one_booking(rahul: Call) -> None:
    first = await use(book_appointment, rahul, date="tomorrow", time_slot="3 pm")
    assert await use(book_appointment, rahul, date=TUESDAY, time_slot="15:00") == first
    assert len((await use(retrieve_appointments, rahul))["active"]) == 1


async def test_a_booking_repeated_after_its_cancellation_is_a_new_one(rahul: Call) -> None:
    first = await use(book_appointment, rahul, date="tomorrow", time_slot="3 pm")
    await use(cancel_appointment, rahul, which="it")
    second = await use(book_appointment, rahul, date="tomorrow", time_slot="3 pm")
    assert second["status"] == "booked" and second["appointment_id"] != first["appointment_id"]


async def test_a_taken_time_is_refused_with_the_nearest_free_ones(rahul: Call) -> None:
    told = await use(book_appointment, rahul, date="Thursday", time_slot="10:00 AM")
    assert told["status"] == "slot_taken"
    assert [one["time"] for one in told["alternatives"]] == ["9:00 AM", "9:30 AM", "10:30 AM"]
    assert {one["weekday"] for one in told["alternatives"]} == {"Thursday"}


async def test_one_person_has_no_two_appointments_at_a_time(archit: Call) -> None:
    told = await use(book_appointment, archit, date="Thursday", time_slot="10:00 AM")
    assert told["status"] == "already_booked"


async def test_a_time_between_slots_is_asked_about(rahul: Call) -> None:
    told = await use(book_appointment, rahul, date="tomorrow", time_slot="10:10 AM")
    assert told["status"] == "ambiguous" and told["question"] == "I have 10:00 AM or 10:30 AM. Which would you like?"


async def test_a_time_outside_the_hours_is_closed(rahul: Call) -> None:
    told = await use(book_appointment, rahul, date="tomorrow", time_slot="7:30 PM")
    assert told["status"] == "closed" and told["next_open"] == "2026-03-04"


async def test_a_time_without_a_day_is_asked_about(rahul: Call) -> None:
    told = await use(book_appointment, rahul, date="", time_slot="10:00 AM")
    assert (told["status"], told["question"]) == ("ambiguous", "Which day would you like?")


async def test_nobody_books_before_they_are_known_but_the_time_is_kept(store: Store, board: Switchboard) -> None:
    stranger = await make_call(store, board, "kavita")
    told = await use(book_appointment, stranger, date=TUESDAY, time_slot="10:00 AM")
    assert told["status"] == "not_verified" and told["held"]["time"] == "10:00 AM"
    other = await identified(await make_call(store, board, "kavita", call_id="other"), PRIYA)
    assert (await use(book_appointment, other, date=TUESDAY, time_slot="10:00 AM"))["status"] == "slot_taken"
    await identified(stranger, RAHUL)
    assert (await use(book_appointment, stranger, date=TUESDAY, time_slot="10:00 AM"))["status"] == "booked"
    assert await count(store, Hold) == 0


async def test_a_hold_ends_with_its_time_and_with_its_call(store: Store, board: Switchboard, watch: Watch) -> None:
    stranger = await make_call(store, board, "kavita", watch=watch)
    other = await identified(await make_call(store, board, "kavita", watch=watch, call_id="other"), PRIYA)
    await use(book_appointment, stranger, date=TUESDAY, time_slot="10:00 AM")
    watch.forward(seconds=181)
    assert (await use(book_appointment, other, date=TUESDAY, time_slot="10:00 AM"))["status"] == "booked"
    await use(book_appointment, stranger, date=TUESDAY, time_slot="11:00 AM")
    await release(store, stranger.id)
    assert (await use(book_appointment, other, date=TUESDAY, time_slot="11:00 AM"))["status"] == "booked"


async def test_one_call_keeps_only_a_few_times_from_others(store: Store, board: Switchboard) -> None:
    stranger = await make_call(store, board, "kavita")
    for hour in (9, 10, 11, 12, 13, 14):
        await use(book_appointment, stranger, date=TUESDAY, time_slot=f"{hour}:00")
    assert await count(store, Hold) == 3


async def test_cancelling_frees_the_time_and_keeps_the_history(archit: Call, rahul: Call) -> None:
    told = await use(cancel_appointment, archit, which="the one on Thursday")
    assert (told["status"], told["time"]) == ("cancelled", "10:00 AM")
    mine = await use(retrieve_appointments, archit)
    assert [one["time"] for one in mine["active"]] == ["2:30 PM"]
    assert [one["time"] for one in mine["cancelled"]] == ["10:00 AM"]
    assert (await use(book_appointment, rahul, date="Thursday", time_slot="10:00 AM"))["status"] == "booked"


async def test_cancelling_twice_says_so(archit: Call) -> None:
    await use(cancel_appointment, archit, which="my ten o'clock")
    assert (await use(cancel_appointment, archit, which="my ten o'clock"))["status"] == "already_cancelled"


async def test_which_one_is_asked_when_it_can_be_several(archit: Call) -> None:
    told = await use(cancel_appointment, archit, which="my appointment")
    assert told["status"] == "which_one"
    assert [one["time"] for one in told["choices"]] == ["10:00 AM", "2:30 PM"]


async def test_an_appointment_nobody_has_is_not_found(archit: Call, rahul: Call) -> None:
    assert (await use(cancel_appointment, archit, which="the one on Saturday"))["status"] == "not_found"
    assert (await use(cancel_appointment, rahul, which="it"))["status"] == "not_found"
    assert (await use(modify_appointment, rahul, which="it", new_time="3 pm"))["status"] == "not_found"


async def test_another_persons_appointment_is_out_of_reach(archit: Call, rahul: Call, store: Store) -> None:
    theirs = (await use(retrieve_appointments, archit))["active"][0]["appointment_id"]
    assert (await use(cancel_appointment, rahul, which=theirs))["status"] == "not_found"
    assert (await use(modify_appointment, rahul, which=theirs, new_time="3 pm"))["status"] == "not_found"
    async with store.read() as session:
        kept = await session.get(Appointment, theirs)
    assert kept is not None and (kept.status, kept.sequence) == ("booked", 0)


async def test_moving_by_time_alone_keeps_the_day(archit: Call) -> None:
    told = await use(modify_appointment, archit, which="my ten o'clock", new_time="2 PM")
    assert told["status"] == "modified"
    assert (told["old"]["time"], told["new"]["time"], told["new"]["weekday"]) == ("10:00 AM", "2:00 PM", "Thursday")


async def test_moving_by_day_alone_keeps_the_time(archit: Call) -> None:
    told = await use(modify_appointment, archit, which="the one on Thursday", new_date="Friday")
    assert (told["new"]["weekday"], told["new"]["time"]) == ("Friday", "10:00 AM")


async def test_moving_to_a_taken_time_keeps_the_old_one(archit: Call, store: Store) -> None:
    before = await count(store, Occupancy)
    told = await use(modify_appointment, archit, which="my ten o'clock", new_time="3 PM")
    assert told["status"] == "slot_taken" and len(told["alternatives"]) == 3
    assert (await use(retrieve_appointments, archit))["active"][0]["time"] == "10:00 AM"
    assert await count(store, Occupancy) == before


async def test_moving_said_twice_is_one_move(archit: Call, store: Store) -> None:
    first = await use(modify_appointment, archit, which="my ten o'clock", new_time="2 PM")
    assert await use(modify_appointment, archit, which="my ten o'clock", new_time="2 PM") == first
    async with store.read() as session:
        moved = await session.get(Appointment, first["new"]["appointment_id"])
    assert moved is not None and moved.sequence == 1


async def test_moving_onto_ones_own_other_appointment_is_refused(archit: Call) -> None:
    told = await use(modify_appointment, archit, which="my ten o'clock", new_date="Monday", new_time="2:30 PM")
    assert told["status"] == "already_booked"


async def test_moving_nowhere_asks_where_to(archit: Call) -> None:
    assert (await use(modify_appointment, archit, which="my ten o'clock"))["status"] == "ambiguous"


@pytest.mark.parametrize(("where", "status"), [("Sunday", "closed"), ("2026-02-27", "in_past")])
async def test_moving_to_no_day_at_all_is_refused(archit: Call, where: str, status: str) -> None:
    assert (await use(modify_appointment, archit, which="my ten o'clock", new_date=where))["status"] == status


async def test_the_first_in_line_is_offered_a_time_that_became_free(
    archit: Call, store: Store, board: Switchboard
) -> None:
    first = await identified(await make_call(store, board, "kavita", call_id="first"), RAHUL)
    second = await identified(await make_call(store, board, "kavita", call_id="second"), PRIYA)
    assert (await use(join_waitlist, first, date="Thursday", part_of_day="morning"))["position"] == 1
    assert (await use(join_waitlist, second, date="Thursday"))["position"] == 2
    assert (await use(join_waitlist, first, date="Thursday"))["position"] == 1
    await use(cancel_appointment, archit, which="my ten o'clock")
    waiting = (await use(retrieve_appointments, first))["waiting"]
    assert waiting[0]["status"] == "offered" and waiting[0]["offered"]["time"] == "10:00 AM"
    assert (await use(retrieve_appointments, second))["waiting"][0]["status"] == "waiting"


async def test_waiting_for_a_closed_day_is_refused(rahul: Call) -> None:
    assert (await use(join_waitlist, rahul, date="Sunday"))["status"] == "closed"


@pytest.mark.parametrize("tool", [retrieve_appointments, cancel_appointment, modify_appointment, join_waitlist])
async def test_a_stranger_reads_and_changes_nothing(store: Store, board: Switchboard, tool: Tool) -> None:
    stranger = await make_call(store, board, "kavita", number=ARCHIT.phone)
    arguments = {
        "cancel_appointment": {"which": "it"},
        "modify_appointment": {"which": "it", "new_time": "3 pm"},
        "join_waitlist": {"date": "Thursday"},
    }.get(tool.info.name, {})
    assert (await use(tool, stranger, **arguments))["status"] == "not_verified"


HOSTILE_CALLS: list[tuple[Tool, dict[str, Any], str]] = [
    (fetch_slots, {"date": TUESDAY}, "date"),
    (fetch_slots, {"date": TUESDAY}, "service"),
    (book_appointment, {"date": TUESDAY, "time_slot": "10 am"}, "date"),
    (book_appointment, {"date": TUESDAY, "time_slot": "10 am"}, "time_slot"),
    (cancel_appointment, {}, "which"),
    (modify_appointment, {"which": "my ten o'clock", "new_time": "2 pm"}, "which"),
    (modify_appointment, {"which": "my ten o'clock"}, "new_date"),
    (modify_appointment, {"which": "my ten o'clock"}, "new_time"),
    (join_waitlist, {}, "date"),
]


@pytest.mark.parametrize(
    ("tool", "arguments", "name"), HOSTILE_CALLS, ids=lambda value: getattr(value, "__name__", None)
)
async def test_hostile_arguments_change_nothing(
    archit: Call, store: Store, tool: Tool, arguments: dict[str, Any], name: str
) -> None:
    before = await use(retrieve_appointments, archit)
    rows = await count(store, Occupancy)
    for value in EVERYTHING:
        told = await use(tool, archit, **{**arguments, name: value})
        assert ("error" in told) != ("status" in told)
        assert told.get("status") not in {"booked", "cancelled", "modified", "waiting"}, value
    assert await use(retrieve_appointments, archit) == before
    assert await count(store, Occupancy) == rows


async def test_a_hostile_purpose_is_kept_as_text_or_refused(rahul: Call, store: Store) -> None:
    for value in EVERYTHING:
        told = await use(book_appointment, rahul, date=TUESDAY, time_slot="10 am", purpose=value)
        assert told.get("status") == "booked" or "error" in told
    assert len((await use(retrieve_appointments, rahul))["active"]) == 1


async def test_many_calls_at_one_time_make_one_booking(any_store: Store, board: Switchboard) -> None:
    await add_clinic_people(any_store, board)
    calls = [await make_call(any_store, board, "kavita", call_id=f"call-{number}") for number in range(20)]
    for number, call in enumerate(calls):
        await identified(call, (ARCHIT, PRIYA, RAHUL)[number % 3])
    wishes = (use(book_appointment, call, date=TUESDAY, time_slot="10 am") for call in calls)
    told = [one["status"] for one in await asyncio.gather(*wishes)]
    assert told.count("booked") == 1
    assert set(told) == {"booked", "slot_taken", "already_booked"}
