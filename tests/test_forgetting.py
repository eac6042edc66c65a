"""Forgetting a caller, telling a caller everything, and purging what is too old."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import orders
from db.appointments import Wish, book, history, move
from db.business import Business, Retention, Switchboard
from db.call_log import search_turns
from db.calls import Ending, Identity, ToolRun, add_turn, begin_call, end_call, log_tool
from db.diary import Diary
from db.engine import Store
from db.errors import WhichOne
from db.forgetting import export, forget, purge
from db.messages import Note, take
from db.models import Appointment, CallRecord, Customer, Delivery, Hold, Message, Occupancy, Order, ToolCall, Turn
from db.orders import Line, Till
from db.readable import readable
from db.waitlist import join_waitlist, waiting_of
from tests.calling import START, Watch
from tests.children import new_child
from tests.orders import LUNCH, count, owed
from tests.people import ARCHIT, PRIYA, RAHUL, add_clinic_people

THURSDAY = datetime.fromisoformat("2026-03-05T15:00:00+00:00")
"""Archit's first appointment: 10 o'clock in New York."""


@pytest.fixture
def clinic(board: Switchboard) -> Business:
    return board.business("lotus-clinic").model_copy(update={"webhook": "http://127.0.0.1:9/hook"})


@pytest.fixture
async def people(any_store: Store, board: Switchboard, clinic: Business) -> dict[str, int]:
    """The clinic's people, a call of Archit's, one of Priya's and one of a stranger's; their ids by their names."""
    await add_clinic_people(any_store, board)
    async with any_store.read() as session:
        ids = {one.code: one.id or 0 for one in (await session.exec(select(Customer))).all()}
    await called(any_store, clinic, "archit", ARCHIT.phone, ids[ARCHIT.code], "Archit", "my knee hurts")
    await called(any_store, clinic, "priya", PRIYA.phone, ids[PRIYA.code], "Priya", "my elbow hurts")
    await called(any_store, clinic, "stranger", "+12025550177", None, "Somebody", "just asking")
    return ids


async def called(
    store: Store, business: Business, call_id: str, number: str | None, customer: int | None, name: str, words: str
) -> None:
    """A whole call: a turn, a tool run, a message, a wish to wait, a summary."""
    record = CallRecord(
        id=call_id,
        business=business.key,
        desk="kavita",
        caller_sealed=store.cipher.seal_maybe(number),
        caller_hash=None if number is None else store.cipher.digest("phone", number),
        started_at=START,
    )
    await begin_call(store, record)
    await add_turn(store, call_id, "user", f"{name} here, {words}", now=START, names=(name,))
    told = {"user": {"name": name}}
    run = ToolRun("identify_user", {"user_id": "••"}, told, "found", 3, START, Identity(customer))
    await log_tool(store, call_id, run)
    await take(store, business, Note("the doctor", f"{name}: {words}", number), call_id=call_id, now=START)
    if customer is not None:
        diary = Diary(store, business, START, call_id)
        await join_waitlist(diary, customer, business.services[0], "2026-03-06", None)
    ending = Ending("goodbye", "message taken", "leave a message", {"text": f"{name} said {words}."}, (name,))
    await end_call(store, business, call_id, ending, START)


async def everything(store: Store) -> str:
    """Every row of every table, opened, as one text."""
    told = []
    async with store.read() as session:
        for mapper in SQLModel._sa_registry.mappers:
            rows = (await session.exec(select(mapper.class_))).all()
            told += [f"{mapper.class_.__tablename__} {readable(store.cipher, row)}" for row in rows]
    return "\n".join(sorted(told))


@pytest.mark.parametrize("caller", [ARCHIT.code, ARCHIT.phone, "(202) 555-0101"])
async def test_a_caller_is_erased_everywhere(
    any_store: Store, clinic: Business, people: dict[str, int], caller: str
) -> None:
    done = await forget(any_store, clinic, caller, START)
    assert done and done.counts["customers"] == 1 and done.counts["appointments"] == 2
    left = await everything(any_store)
    for trace in ("Archit", ARCHIT.phone, "knee"):
        assert trace not in left
    assert await search_turns(any_store, clinic.key, "knee") == []
    assert len(await search_turns(any_store, clinic.key, "elbow")) == 1


async def test_nothing_of_anybody_else_is_touched(any_store: Store, clinic: Business, people: dict[str, int]) -> None:
    others = (PRIYA.code, "+12025550177", RAHUL.code)
    before = [await export(any_store, clinic, other) for other in others]
    busy = await occupied_by(any_store, people[PRIYA.code])
    await forget(any_store, clinic, ARCHIT.code, START)
    assert [await export(any_store, clinic, other) for other in others] == before
    assert await occupied_by(any_store, people[PRIYA.code]) == busy and busy


async def occupied_by(store: Store, customer: int) -> list[int]:
    query = select(Occupancy.bucket).where(Occupancy.resource == f"lotus-clinic/customer/{customer}")
    async with store.read() as session:
        return sorted((await session.exec(query)).all())


async def test_asked_again_it_does_nothing_and_says_when_it_was_done(
    any_store: Store, clinic: Business, people: dict[str, int]
) -> None:
    await forget(any_store, clinic, ARCHIT.code, START)
    before = await everything(any_store)
    for caller in (ARCHIT.code, ARCHIT.phone):
        again = await forget(any_store, clinic, caller, START + timedelta(days=1))
        assert not again and again.earlier == START
    assert await everything(any_store) == before


async def test_of_somebody_unknown_nothing_is_held(any_store: Store, clinic: Business, people: dict[str, int]) -> None:
    before = await everything(any_store)
    for caller in ("9999", "+12025550199", "", "x", "'; DROP TABLE customers; --"):
        done = await forget(any_store, clinic, caller, START)
        assert not done and done.earlier is None
        assert await export(any_store, clinic, caller) == {}
    assert await everything(any_store) == before


async def test_a_coming_appointment_is_free_for_others_at_once(
    any_store: Store, clinic: Business, people: dict[str, int]
) -> None:
    diary = Diary(any_store, clinic, START)
    await join_waitlist(diary, people[RAHUL.code], clinic.services[0], "2026-03-05", None)
    await forget(any_store, clinic, ARCHIT.code, START)
    (waits,) = await waiting_of(diary, people[RAHUL.code])
    assert (waits.status, waits.offered_start) == ("offered", THURSDAY)
    cancelled = [told for kind, told in await owed(any_store) if kind == "appointment.cancelled"]
    assert sorted(told["sequence"] for told in cancelled) == [1, 1]
    assert all("METHOD:CANCEL" in told["ics"] for told in cancelled)
    booked = await book(diary, Wish(clinic.services[0], THURSDAY, people[RAHUL.code]))
    assert booked.status == "booked"


async def test_an_order_stays_as_a_number_without_a_name(any_store: Store, board: Switchboard) -> None:
    table = board.business("saffron-table")
    till = Till(any_store, table, LUNCH, "call-1", "+12025550171")
    wish = orders.Wish("Maya Singh", (Line("Garlic Naan", 2, "no garlic"),), phone="+12025550171")
    placed = await orders.place(till, wish)
    await orders.place(
        Till(any_store, table, LUNCH, "call-2"), orders.Wish("Maya Lin", wish.lines, phone="+12025550172")
    )
    done = await forget(any_store, table, "+12025550171", LUNCH)
    assert done.counts == {"orders": 1}
    async with any_store.read() as session:
        mine, other = (await session.exec(select(Order).order_by(col(Order.number)))).all()
    assert (mine.number, mine.total, mine.phone_hash, mine.repeat_key) == (1, placed.order.total, None, None)
    left = await everything(any_store)
    assert "Maya Singh" not in left and "Maya Lin" in left and left.count("no garlic") == 1
    assert other.phone_hash is not None


async def test_a_number_that_several_have_tells_nobody_apart(
    any_store: Store, clinic: Business, people: dict[str, int]
) -> None:
    await share_number(any_store)
    with pytest.raises(WhichOne, match="1001, 3300"):
        await forget(any_store, clinic, ARCHIT.phone, START)
    await called(any_store, clinic, "somebody", ARCHIT.phone, None, "Somebody", "of the two")
    assert await forget(any_store, clinic, ARCHIT.code, START)
    left = await everything(any_store)
    assert "Archit" not in left and "Rahul" in left and "of the two" in left


async def share_number(store: Store) -> None:
    """Rahul lives with Archit."""

    async def work(session: AsyncSession) -> None:
        rahul = (await session.exec(select(Customer).where(Customer.code == RAHUL.code))).one()
        rahul.phone_sealed = store.cipher.seal(ARCHIT.phone)
        rahul.phone_hash = store.cipher.digest("phone", ARCHIT.phone)

    await store.write(work)


async def booked_for_archit(diary: Diary, archit: int) -> None:
    await book(diary, Wish(diary.business.services[0], THURSDAY + timedelta(days=1), archit))


async def moved_for_archit(diary: Diary, archit: int) -> None:
    first = (await history(diary, archit)).active[0]
    await move(diary, first.id, archit, THURSDAY + timedelta(days=1))


async def ordered_for_archit(diary: Diary, archit: int) -> None:
    order = Order(
        business=diary.business.key,
        number=1,
        customer_id=archit,
        name_sealed=diary.store.cipher.seal(ARCHIT.name),
        total=1,
        currency="USD",
        made_by_call=diary.call_id,
        created_at=START,
        changed_at=START,
    )

    async def work(session: AsyncSession) -> None:
        session.add(Order(**order.model_dump()))

    await diary.store.write(work)


@pytest.mark.parametrize("deed", [booked_for_archit, moved_for_archit, ordered_for_archit])
async def test_what_was_done_for_them_in_another_ones_call_is_forgotten_there(
    any_store: Store, clinic: Business, people: dict[str, int], deed: Callable[[Diary, int], Awaitable[None]]
) -> None:
    """Priya called and did something for Archit too; her call stays hers, without what was said in it."""
    await deed(Diary(any_store, clinic, START, "priya"), people[ARCHIT.code])
    await forget(any_store, clinic, ARCHIT.code, START)
    held = await export(any_store, clinic, PRIYA.code)
    (call,) = held["calls"]
    assert (call["id"], call["caller"], call["turns"], call["summary"]) == ("priya", PRIYA.phone, [], None)
    assert len(held["appointments"]) == 2


async def test_words_that_were_forgotten_are_not_left_in_the_search_index(
    store: Store, board: Switchboard, clinic: Business
) -> None:
    await called(store, clinic, "first", ARCHIT.phone, None, "Archit", "something about pelicans")
    await called(store, clinic, "second", PRIYA.phone, None, "Priya", "something about walruses")
    assert {"pelicans", "walruses"} <= await indexed(store)
    await forget(store, clinic, ARCHIT.phone, START)
    assert "pelicans" not in await indexed(store)
    await purge(store, board, START + timedelta(days=31))
    assert not {"pelicans", "walruses"} & await indexed(store)


async def indexed(store: Store) -> set[str]:
    """The words that stand in the index itself, deleted ones too."""
    async with store.read() as session:
        rows = await (await session.connection()).execute(text("SELECT block FROM turns_fts_data"))
        return {word for (block,) in rows for word in ("pelicans", "walruses") if word.encode()[1:] in block}


async def test_their_number_leaves_the_calls_that_others_made_from_it(
    any_store: Store, clinic: Business, people: dict[str, int]
) -> None:
    await called(any_store, clinic, "visit", ARCHIT.phone, people[RAHUL.code], "Rahul", "borrowed the phone")
    await forget(any_store, clinic, ARCHIT.code, START)
    (call,) = (await export(any_store, clinic, RAHUL.code))["calls"]
    assert call["caller"] is None and len(call["turns"]) == 1


async def test_another_business_keeps_its_own(
    any_store: Store, board: Switchboard, clinic: Business, people: dict[str, int]
) -> None:
    shop = board.business("corner-shop")
    await called(any_store, shop, "shop", ARCHIT.phone, None, "Archit", "a lamp")
    await forget(any_store, clinic, ARCHIT.code, START)
    assert (await export(any_store, shop, ARCHIT.phone))["calls"][0]["turns"][0]["text"] == "Archit here, a lamp"


async def test_somebody_new_with_an_erased_ones_code_can_be_erased_too(
    any_store: Store, clinic: Business, people: dict[str, int]
) -> None:
    await forget(any_store, clinic, RAHUL.code, START)

    async def work(session: AsyncSession) -> None:
        sealed = any_store.cipher.seal("Newcomer")
        session.add(Customer(business=clinic.key, code=RAHUL.code, name_sealed=sealed, created_at=START))

    await any_store.write(work)
    assert (await forget(any_store, clinic, RAHUL.code, START)).counts == {"customers": 1}


async def test_a_child_is_forgotten_and_told_by_its_profile(any_store: Store, board: Switchboard, watch: Watch) -> None:
    toy, child = board.business("hanuman-toy"), await new_child(any_store, board, watch)
    assert (await export(any_store, toy, child.id))["profile"]["child_name"] == child.name
    assert await forget(any_store, toy, child.id, START)
    assert not await forget(any_store, toy, child.id, START)


async def test_an_export_holds_everything_and_can_be_read(
    any_store: Store, clinic: Business, people: dict[str, int]
) -> None:
    held = json.loads(json.dumps(await export(any_store, clinic, ARCHIT.code)))
    assert held["customer"]["name"] == ARCHIT.name and held["customer"]["phone"] == ARCHIT.phone
    assert len(held["appointments"]) == 2 and len(held["waiting_list"]) == 1
    (call,) = held["calls"]
    assert call["turns"][0]["text"] == "Archit here, my knee hurts"
    assert call["tools"][0]["result"] == {"user": {"name": "Archit"}}
    assert call["summary"] == {"text": "Archit said my knee hurts."}
    assert held["messages"][0]["text"] == "Archit: my knee hurts"
    assert {one["kind"] for one in held["web_hooks"]} == {"message.taken", "call.ended"}
    whole = json.dumps(held)
    assert "_hash" not in whole and "_sealed" not in whole and "Priya" not in whole


# Purging

DAY = timedelta(days=1)
Purge = Callable[[datetime], Awaitable[dict[str, int]]]


@pytest.fixture
async def aged(
    any_store: Store, board: Switchboard, clinic: Business
) -> Callable[[datetime], Awaitable[dict[str, int]]]:
    """A purge at a given time, of a store with one whole call of the clinic at `START`."""
    await called(any_store, clinic, "old", ARCHIT.phone, None, "Archit", "my knee hurts")

    async def work(session: AsyncSession) -> None:
        session.add(Hold(call_id="old", business=clinic.key, service="x", staff="y", starts_at=START, expires_at=START))
        for delivery in (await session.exec(select(Delivery))).all():
            delivery.delivered_at = START

    await any_store.write(work)
    return lambda now: purge(any_store, board, now)


async def test_what_was_said_goes_first_and_the_call_log_later(any_store: Store, aged: Purge) -> None:
    first = await aged(START + 30 * DAY + timedelta(seconds=1))
    gone = {"turns": 1, "tool_calls": 1, "summaries": 1, "numbers": 1, "messages": 1, "deliveries": 2, "holds": 1}
    assert {name: many for name, many in first.items() if many} == gone
    left = await everything(any_store)
    assert "knee" not in left and ARCHIT.phone not in left and "message taken" in left
    later = await aged(START + 365 * DAY + timedelta(seconds=1))
    assert {name: many for name, many in later.items() if many} == {"calls": 1}
    assert await count(any_store, CallRecord) == 0


async def test_nothing_goes_before_its_time(any_store: Store, aged: Purge) -> None:
    await aged(START)
    before = await everything(any_store)
    assert not any((await aged(START + 30 * DAY)).values())
    assert await everything(any_store) == before


@pytest.mark.parametrize("days", [31, 400])
async def test_purging_twice_is_the_same_as_once(any_store: Store, aged: Purge, days: int) -> None:
    await aged(START + days * DAY)
    before = await everything(any_store)
    assert not any((await aged(START + days * DAY)).values())
    assert await everything(any_store) == before


async def test_each_business_has_its_own_limits(any_store: Store, board: Switchboard, clinic: Business) -> None:
    short = clinic.model_copy(update={"retention": Retention(transcripts_days=1, calls_days=2)})
    shop = board.business("corner-shop")
    await called(any_store, clinic, "clinic", None, None, "A", "one")
    await called(any_store, shop, "shop", None, None, "B", "two")
    two = board.model_copy(update={"businesses": (short, shop)})
    counts = await purge(any_store, two, START + 2 * DAY + timedelta(seconds=1))
    assert (counts["calls"], counts["turns"], counts["messages"]) == (1, 1, 1)
    assert [await count(any_store, table) for table in (CallRecord, Turn, ToolCall, Message)] == [1, 1, 1, 1]


async def test_a_business_that_left_the_file_is_purged_by_the_longest_limits(
    any_store: Store, board: Switchboard, clinic: Business
) -> None:
    await called(any_store, clinic, "gone", None, None, "A", "one")
    shop = board.business("corner-shop")
    only = board.model_copy(update={"businesses": (shop,)})
    assert not any((await purge(any_store, only, START + 29 * DAY)).values())
    assert (await purge(any_store, only, START + 31 * DAY))["turns"] == 1


async def test_a_web_hook_that_is_still_owed_is_kept(any_store: Store, board: Switchboard, clinic: Business) -> None:
    await called(any_store, clinic, "old", None, None, "A", "one")

    async def keep_one(session: AsyncSession) -> None:
        first, second = (await session.exec(select(Delivery).order_by(col(Delivery.kind)))).all()
        first.next_at, second.gave_up_at = START + 400 * DAY, START

    await any_store.write(keep_one)
    await purge(any_store, board, START + 400 * DAY)
    assert [kind for kind, _ in await owed(any_store)] == ["call.ended"]


async def test_appointments_and_orders_are_not_purged(
    any_store: Store, board: Switchboard, clinic: Business, people: dict[str, int]
) -> None:
    await purge(any_store, board, START + 4000 * DAY)
    found = await history(Diary(any_store, clinic, START), people[ARCHIT.code])
    assert len(found.active) == 2 and await count(any_store, Appointment) == 4
