"""Customer care: look-up and proof, orders, appointments, words while it takes long."""

import asyncio
import random
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.demo import shop
from db.diary import Diary
from db.engine import Store
from db.models import Appointment, Customer, Order
from tests.calling import START, Watch, make_call, say, talking, use
from tests.hostile import EVERYTHING
from tests.scripted import Step, Use
from tools.call import Call, Tool
from tools.care import (
    agent_filler,
    check_availability,
    find_customer,
    get_appointments,
    get_orders,
    schedule_appointment,
)
from tools.fillers import SENTENCES, Fillers


@pytest.fixture(autouse=True)
async def customers(store: Store, board: Switchboard) -> None:
    diary = Diary(store, board.business("corner-shop"), START)

    async def work(session: AsyncSession) -> None:
        await shop.add(session, shop.Made(diary, random.Random(1), 12))

    await store.write(work)


@pytest.fixture
async def first(store: Store) -> tuple[str, str]:
    """The phone number and the e-mail address of CUST0001."""
    async with store.read() as session:
        row = (await session.exec(select(Customer).where(Customer.code == "CUST0001"))).one()
    return str(store.cipher.open_maybe(row.phone_sealed)), str(store.cipher.open_maybe(row.email_sealed))


@pytest.fixture
async def verified(store: Store, board: Switchboard, first: tuple[str, str]) -> Call:
    call = await make_call(store, board, "care", number=first[0])
    assert (await use(find_customer, call, customer_id="CUST0001"))["status"] == "found"
    return call


async def test_the_same_seed_makes_the_same_customers(store: Store, board: Switchboard) -> None:
    made = [
        [next(numbers) for _ in range(50)]
        for numbers in (shop._phone_numbers(random.Random(7)), shop._phone_numbers(random.Random(7)))
    ]
    assert made[0] == made[1] and len(set(made[0])) == 50


async def test_a_customer_who_calls_from_their_own_number_is_found_by_anything(
    store: Store, board: Switchboard, first: tuple[str, str]
) -> None:
    phone, email = first
    for handle in ({"customer_id": "customer number one"}, {"email": email}, {"phone": phone}):
        call = await make_call(store, board, "care", number=phone, call_id=str(handle))
        told = await use(find_customer, call, **handle)
        assert (told["status"], told["customer"]["customer_id"]) == ("found", "CUST0001")


async def test_the_last_four_digits_prove_it(store: Store, board: Switchboard, first: tuple[str, str]) -> None:
    call = await make_call(store, board, "care")
    assert (await use(find_customer, call, customer_id="CUST0001"))["status"] == "needs_proof"
    assert (await use(find_customer, call, customer_id="CUST0001", last_four=first[0][-4:]))["status"] == "found"


async def test_a_phone_number_does_not_prove_itself(store: Store, board: Switchboard, first: tuple[str, str]) -> None:
    call = await make_call(store, board, "care")
    told = await use(find_customer, call, phone=first[0], last_four=first[0][-4:])
    assert told["status"] == "needs_proof" and call.customer_id is None


async def test_handles_of_two_customers_find_nobody(store: Store, board: Switchboard, first: tuple[str, str]) -> None:
    call = await make_call(store, board, "care", number=first[0])
    assert (await use(find_customer, call, customer_id="CUST0002", email=first[1]))["status"] == "not_found"


async def test_three_wrong_proofs_lock_the_customer(
    store: Store, board: Switchboard, first: tuple[str, str], watch: Watch
) -> None:
    wrong = "0000" if first[0][-4:] != "0000" else "1111"
    told = []
    for number in range(3):
        call = await make_call(store, board, "care", call_id=f"c{number}", watch=watch)
        told.append((await use(find_customer, call, customer_id="CUST0001", last_four=wrong))["status"])
    assert told == ["needs_proof", "needs_proof", "locked"]
    call = await make_call(store, board, "care", call_id="late", watch=watch)
    right = {"customer_id": "CUST0001", "last_four": first[0][-4:]}
    assert (await use(find_customer, call, **right))["status"] == "locked"
    watch.forward(minutes=16)
    assert (await use(find_customer, call, **right))["status"] == "found"


async def test_orders_are_told_newest_first_to_their_owner_alone(verified: Call, store: Store) -> None:
    told = await use(get_orders, verified)
    async with store.read() as session:
        query = select(Order).where(Order.customer_id == verified.customer_id)
        mine = sorted((await session.exec(query)).all(), key=lambda one: one.created_at, reverse=True)
    assert [one["order_id"] for one in told["orders"]] == [f"ORD-{one.number:05d}" for one in mine]
    assert [one["total"] for one in told["orders"]] == [f"{one.total / 100:.2f}" for one in mine]


@pytest.mark.parametrize("tool", [get_orders, get_appointments])
async def test_a_stranger_hears_nothing(store: Store, board: Switchboard, tool: Tool) -> None:
    assert (await use(tool, await make_call(store, board, "care")))["status"] == "not_verified"


async def test_an_appointment_follows_the_rules_of_its_service(verified: Call) -> None:
    free = await use(check_availability, verified, date="2026-03-31", service="installation")
    assert free["status"] == "ok" and free["available_count"] > 0
    told = await use(schedule_appointment, verified, date="2026-03-31", time="11 am", service="installation")
    assert (told["status"], told["service"], told["staff"]) == ("booked", "installation", "the fitting team")
    mine = await use(get_appointments, verified)
    assert told["appointment_id"] in {one["appointment_id"] for one in mine["active"]}


async def test_several_services_need_a_word(verified: Call) -> None:
    told = await use(check_availability, verified, date="2026-03-31")
    assert told["status"] == "ambiguous" and told["choices"] == ["repair", "installation", "consultation"]


async def test_a_notice_that_is_too_short_is_said(verified: Call) -> None:
    told = await use(schedule_appointment, verified, date="today", time="9:30", service="repair")
    assert told["status"] == "too_soon" and "1 hour" in told["message"]


HOSTILE_CALLS: list[tuple[Tool, dict[str, Any], str]] = [
    (find_customer, {}, "phone"),
    (find_customer, {}, "email"),
    (find_customer, {}, "customer_id"),
    (find_customer, {"customer_id": "CUST0002"}, "last_four"),
    (check_availability, {"service": "repair"}, "date"),
    (check_availability, {"date": "2026-03-31"}, "service"),
    (schedule_appointment, {"time": "11 am", "service": "repair"}, "date"),
    (schedule_appointment, {"date": "2026-03-31", "service": "repair"}, "time"),
    (schedule_appointment, {"date": "2026-03-31", "time": "11 am"}, "service"),
    (agent_filler, {}, "kind"),
]


@pytest.mark.parametrize(("tool", "arguments", "name"), HOSTILE_CALLS)
async def test_hostile_arguments_change_nothing(
    verified: Call, store: Store, tool: Tool, arguments: dict[str, Any], name: str
) -> None:
    mine = verified.customer_id
    async with store.read() as session:
        before = (await session.exec(select(func.count()).select_from(Appointment))).one()
    for value in EVERYTHING:
        told = await use(tool, verified, **{**arguments, name: value})
        assert ("error" in told) != ("status" in told)
        assert told.get("status") not in {"booked", "found"}
        verified.failures = 0
    assert verified.customer_id == mine
    async with store.read() as session:
        assert (await session.exec(select(func.count()).select_from(Appointment))).one() == before


def test_a_filler_is_never_said_twice_in_a_row() -> None:
    for language, kind in ((language, kind) for language, kinds in SENTENCES.items() for kind in kinds):
        fillers = Fillers(language, kind)
        said = [fillers.next() for _ in range(6)]
        assert all(one != two for one, two in pairwise(said))


async def said_by(session: Any) -> list[str]:
    return [item.text_content for item in session.history.items if item.type == "message" and item.role == "assistant"]


async def test_a_slow_store_is_bridged_with_words_and_booked_once(
    verified: Call, store: Store, board: Switchboard
) -> None:
    store._delay = 1.2
    steps: list[Step] = [
        [Use("agent_filler", {"kind": "lookup"}), Use("get_orders")],
        "Here they are.",
    ]
    async with talking(verified, steps) as session:
        await say(session, "what about my orders?")
        await asyncio.sleep(0.1)
        said = await said_by(session)
    assert any(sentence in said for sentence in SENTENCES["en"]["lookup"])
    assert said[-1] == "Here they are."


async def test_a_quick_store_needs_no_words(verified: Call) -> None:
    async with talking(verified, [Use("get_orders"), "Here they are."]) as session:
        await say(session, "what about my orders?")
        said = await said_by(session)
    assert not set(said) & {one for kinds in SENTENCES.values() for many in kinds.values() for one in many}


async def test_the_main_conversation_finds_tells_and_books(
    store: Store, board: Switchboard, first: tuple[str, str]
) -> None:
    call = await make_call(store, board, "care")
    steps: list[Step] = [
        Use("find_customer", {"customer_id": "CUST0001"}),
        "What are the last four digits of your phone number?",
        Use("find_customer", {"customer_id": "CUST0001", "last_four": first[0][-4:]}),
        "Thank you. How can I help?",
        Use("get_orders"),
        "Your newest order is on its way.",
        Use("schedule_appointment", {"date": "2026-03-31", "time": "11 am", "service": "repair"}),
        lambda output: f"Done: {output}",
    ]
    async with talking(call, steps) as session:
        await say(session, "I am customer one")
        await say(session, f"it ends in {first[0][-4:]}")
        (await say(session, "where is my order?")).expect.contains_function_call(name="get_orders")
        result = await say(session, "and book a repair on the 31st of March at eleven")
        result.expect.contains_message(role="assistant")
        assert '"status": "booked"' in (await said_by(session))[-1]


def test_nothing_is_said_while_the_line_rings_or_ends() -> None:
    fillers = Fillers()
    assert fillers.beside("transfer_to_human") is None and fillers.beside("end_call") is None
    assert fillers.beside("get_orders") in SENTENCES["en"]["lookup"]
