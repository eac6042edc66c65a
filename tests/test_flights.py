"""Flights: finding a booking, the guard against guessing, a flight's status."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.demo.airline import TAKEN, TRAVELLERS
from db.engine import Store
from db.flights import code_digest
from db.models import Flight, Ticket
from tests.calling import START, Watch, make_call, use
from tests.hostile import EVERYTHING
from tests.travellers import BECKER, GRACE, LOPEZ, SHARMA, add_airline, everything, found, seating
from tools.call import Call, Tool
from tools.flights import faq_lookup, find_booking, flight_status, get_weather


@pytest.fixture
async def flights(store: Store, board: Switchboard) -> None:
    await add_airline(store, board)


@pytest.fixture
async def call(flights: None, store: Store, board: Switchboard, watch: Watch) -> Call:
    return await make_call(store, board, "airline", watch=watch)


async def change(store: Store, number: str, **values: object) -> None:
    async def work(session: AsyncSession) -> None:
        await session.exec(update(Flight).where(col(Flight.number) == number).values(**values))

    await store.write(work)


async def test_a_booking_is_found_by_a_spelled_number_and_a_surname(call: Call) -> None:
    told = await use(
        find_booking, call, confirmation_number="M as in Mike, E, R, one, alpha, two", surname="Sharma, S H A R M A"
    )
    assert told == {
        "status": "found",
        "traveller": "Asha Sharma",
        "flight": {
            "number": "MA204",
            "origin": "Washington",
            "destination": "Chicago",
            "departs": "Tuesday, March 3 at 11:00 AM",
        },
        "seat": "14B",
        "fare": "standard",
    }
    assert call.ticket_id is not None


async def test_a_zero_and_the_letter_o_are_the_same_in_a_number(call: Call, store: Store) -> None:
    old, new = (code_digest(store.cipher, code) for code in ("MER1A2", "O0I1AB"))

    async def work(session: AsyncSession) -> None:
        await session.exec(update(Ticket).where(col(Ticket.code_hash) == old).values(code_hash=new))

    await store.write(work)
    told = await use(find_booking, call, confirmation_number="oh oh one one A B", surname="Sharma")
    assert told["status"] == "found"


async def test_a_wrong_number_and_a_wrong_surname_sound_the_same(call: Call) -> None:
    wrong_number = await use(find_booking, call, confirmation_number="MER1A3", surname="Sharma")
    wrong_surname = await use(find_booking, call, confirmation_number="MER1A2", surname="Becker")
    assert wrong_number == wrong_surname
    assert wrong_number["status"] == "not_found"
    assert call.ticket_id is None


async def test_three_wrong_tries_lock_for_the_rest_of_the_call(call: Call, watch: Watch) -> None:
    for status in ("not_found", "not_found", "locked"):
        told = await use(find_booking, call, confirmation_number="ZZZZZZ", surname="Sharma")
        assert told["status"] == status
    watch.forward(hours=1)
    assert (await use(find_booking, call, **SHARMA))["status"] == "locked"
    assert call.ticket_id is None


async def test_guesses_made_at_once_are_counted_too(call: Call) -> None:
    guesses = [use(find_booking, call, confirmation_number=f"MER1A{n}", surname="Sharma") for n in (3, 4, 5, 6, 2)]
    told = [one["status"] for one in await asyncio.gather(*guesses)]
    assert "found" not in told
    assert "locked" in told
    assert call.ticket_id is None


async def test_a_booking_that_was_found_counts_as_no_wrong_try(call: Call) -> None:
    for _ in range(5):
        await found(call)
    assert call.failures == 0


@pytest.mark.parametrize(
    "said", [{"confirmation_number": "M E R", "surname": "Sharma"}, {"confirmation_number": "MER1A2", "surname": "?"}]
)
async def test_what_was_not_understood_is_asked_again_and_is_no_wrong_try(call: Call, said: dict[str, str]) -> None:
    told = await use(find_booking, call, **said)
    assert told["status"] == "ambiguous"
    assert told["question"].endswith("?")
    assert call.failures == 0


async def test_travellers_of_one_family_are_asked_for_their_first_name(call: Call) -> None:
    told = await use(find_booking, call, confirmation_number="FAM5T8", surname="Miller")
    assert told["status"] == "which_one"
    assert sorted(told["choices"]) == ["Grace", "Henry"]
    assert call.ticket_id is None
    assert (await use(find_booking, call, **GRACE))["seat"] == "8A"


async def test_of_a_journey_the_next_flight_is_found(call: Call, watch: Watch) -> None:
    watch.forward(hours=30)
    assert (await use(find_booking, call, **SHARMA))["flight"]["number"] == "MA209"
    watch.forward(days=30)
    assert (await use(find_booking, call, **SHARMA))["flight"]["number"] == "MA209"


async def test_another_airlines_booking_is_not_found(call: Call) -> None:
    call.business = call.business.model_copy(update={"key": "other-air"})
    assert (await use(find_booking, call, **SHARMA))["status"] == "not_found"
    assert (await use(flight_status, call, flight_number="MA204"))["status"] == "not_found"


async def test_a_booking_is_found_on_both_databases(any_store: Store, board: Switchboard, watch: Watch) -> None:
    await add_airline(any_store, board)
    call = await make_call(any_store, board, "airline", watch=watch)
    for who in (SHARMA, BECKER, LOPEZ, GRACE):
        await found(call, who)
    assert (await use(flight_status, call, flight_number="204"))["flight"]["number"] == "MA204"


async def test_no_name_and_no_number_lies_open_in_the_store(flights: None, store: Store) -> None:
    stored = " ".join(await everything(store))
    for code, party in TRAVELLERS.items():
        assert code not in stored
        assert all(traveller.name.split()[-1] not in stored for traveller in party)


async def test_the_demo_has_its_flights_and_fills_four_tenths_of_their_seats(flights: None, store: Store) -> None:
    async with store.read() as session:
        states = {flight.number: flight.status for flight in await session.exec(select(Flight))}
    assert len(states) == 6
    assert {"delayed", "cancelled", "departed", "scheduled"} == set(states.values())
    for number in states:
        seats = await seating(store, number)
        taken = sum(ticket is not None for ticket in seats.values())
        assert taken == round(TAKEN * len(seats))


async def test_a_flight_on_time_is_told_in_the_zones_of_its_airports(call: Call) -> None:
    told = await use(flight_status, call, flight_number="M A two oh four")
    assert (told["state"], told["delay_minutes"], told["gate"]) == ("scheduled", 0, "B12")
    assert told["leaves"] == "Tuesday, March 3 at 11:00 AM"
    assert told["arrives"] == "Tuesday, March 3 at 12:10 PM"  # in Chicago, an hour behind
    assert told["sentence"] == (
        "Flight M A 2 0 4 from Washington to Chicago is on time. It leaves on Tuesday, March 3 at 11:00 AM, "
        "gate B12, and arrives on Tuesday, March 3 at 12:10 PM, local time."
    )


async def test_a_delay_is_told_with_the_new_times(call: Call) -> None:
    told = await use(flight_status, call, flight_number="118")
    assert (told["state"], told["delay_minutes"]) == ("delayed", 45)
    assert told["flight"]["departs"] == "Monday, March 2 at 2:00 PM"
    assert (told["leaves"], told["arrives"]) == ("Monday, March 2 at 2:45 PM", "Monday, March 2 at 4:15 PM")
    assert "45 minutes late" in told["sentence"]


@pytest.mark.parametrize(
    ("number", "state", "words"),
    [("MA331", "cancelled", "is cancelled"), ("MA77", "departed", "has left"), ("MA452", "scheduled", "on time")],
)
async def test_each_status_has_its_own_words(call: Call, number: str, state: str, words: str) -> None:
    told = await use(flight_status, call, flight_number=number)
    assert told["state"] == state
    assert words in told["sentence"]


@pytest.mark.parametrize("reported", ["boarding", "landed"])
async def test_a_reported_status_is_told(call: Call, store: Store, reported: str) -> None:
    await change(store, "MA118", status=reported, delay_minutes=0)
    assert (await use(flight_status, call, flight_number="118"))["state"] == reported


async def test_a_time_that_has_passed_without_a_report_is_not_told_as_a_departure(call: Call, watch: Watch) -> None:
    watch.forward(hours=26, minutes=30)
    told = await use(flight_status, call, flight_number="204")
    assert told["state"] == "no_news"
    assert "I have no newer report" in told["sentence"]


async def test_a_flight_may_be_said_without_letters_but_not_with_wrong_ones(call: Call) -> None:
    assert (await use(flight_status, call, flight_number="flight 452"))["status"] == "found"
    assert (await use(flight_status, call, flight_number="UA 452"))["status"] == "not_found"


async def test_an_unknown_flight_is_not_found_and_an_unclear_one_is_asked_for(call: Call) -> None:
    assert (await use(flight_status, call, flight_number="MA999"))["status"] == "not_found"
    assert (await use(flight_status, call, flight_number="the one to Chicago"))["status"] == "ambiguous"


async def daily(store: Store, first: datetime, days: int) -> None:
    """MA500, each day at the hour of `first`, nine hours long."""

    async def work(session: AsyncSession) -> None:
        for day in range(days):
            leaves = first + timedelta(days=day)
            session.add(
                Flight(
                    business="meridian-air",
                    number="MA500",
                    origin="Washington",
                    destination="Lisbon",
                    departs_at=leaves,
                    arrives_at=leaves + timedelta(hours=9),
                    zone="America/New_York",
                    arrival_zone="Europe/Lisbon",
                    aircraft="Airbus A320",
                )
            )

    await store.write(work)


@pytest.mark.parametrize(
    ("hours", "departs"),
    [
        (0, "Monday, March 2 at 11:00 PM"),  # nine in the morning: today's
        (16, "Monday, March 2 at 11:00 PM"),  # one at night: still in the air
        (24, "Tuesday, March 3 at 11:00 PM"),  # landed hours ago: today's
        (66, "Wednesday, March 4 at 11:00 PM"),  # the last there is
    ],
)
async def test_of_a_daily_flight_the_one_in_the_air_or_todays_or_the_next_is_meant(
    call: Call, store: Store, watch: Watch, hours: int, departs: str
) -> None:
    await daily(store, START + timedelta(hours=14), 3)
    watch.forward(hours=hours)
    assert (await use(flight_status, call, flight_number="500"))["flight"]["departs"] == departs


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (find_booking, {"confirmation_number": "ZZZZZZ", "surname": "Nobody"}),
        (flight_status, {"flight_number": "MA999"}),
        (faq_lookup, {"question": "xyzzy"}),
        (get_weather, {"city": "Nowhere"}),
    ],
)
async def test_hostile_arguments_change_nothing(
    flights: None, store: Store, board: Switchboard, tool: Tool, arguments: dict[str, str]
) -> None:
    before = await everything(store)
    for name in arguments:
        for number, value in enumerate(EVERYTHING):
            call = await make_call(store, board, "airline", call_id=f"{name}-{number}")
            told = await use(tool, call, **{**arguments, name: value})
            assert ("error" in told) != ("status" in told), value
            assert told.get("status") != "found" or tool is not find_booking, value
            assert call.ticket_id is None
    assert await everything(store) == before
