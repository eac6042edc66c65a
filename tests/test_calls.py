"""The call log: turns and tools written as they happen, calls listed, read and searched."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business, Switchboard
from db.call_log import Wanted, list_calls, read_call, read_tools, search_turns
from db.calls import LONGEST_TURN, Ending, Identity, ToolRun, add_turn, begin_call, end_call, log_tool
from db.engine import Store
from db.errors import NotFound
from db.models import CallRecord, Turn
from tests.calling import START
from tests.hostile import TEXTS
from tests.orders import owed
from tests.people import ARCHIT, add_clinic_people

CLINIC, TABLE = "lotus-clinic", "saffron-table"


RUN = ToolRun("book_appointment", {"date": "tomorrow"}, {"status": "booked"}, "booked", 12, START)


def found_out(customer: int) -> ToolRun:
    """It was found out who speaks."""
    return ToolRun("identify_user", {}, {}, "found", 1, START, Identity(customer))


async def begun(store: Store, call_id: str = "call-1", business: str = CLINIC, minutes: int = 0) -> str:
    """A call from Archit's number."""
    record = CallRecord(
        id=call_id,
        business=business,
        desk="kavita" if business == CLINIC else "receptionist",
        caller_sealed=store.cipher.seal(ARCHIT.phone),
        caller_hash=store.cipher.digest("phone", ARCHIT.phone),
        started_at=START + timedelta(minutes=minutes),
    )
    await begin_call(store, record)
    return call_id


async def say(store: Store, call_id: str, *lines: str, names: tuple[str, ...] = ()) -> None:
    for line in lines:
        await add_turn(store, call_id, "user", line, now=START, names=names)


async def rows(store: Store) -> list[Turn]:
    async with store.read() as session:
        return list((await session.exec(select(Turn).order_by(col(Turn.position)))).all())


async def test_turns_keep_their_order_and_their_words(any_store: Store) -> None:
    call = await begun(any_store)
    await say(any_store, call, "hello", "can you help me?")
    await add_turn(any_store, call, "assistant", "Of course", now=START, agent="kavita", interrupted=True)
    story = await read_call(any_store, call, show=True)
    assert story is not None
    assert [(one.position, one.role, one.text) for one in story.turns] == [
        (0, "user", "hello"),
        (1, "user", "can you help me?"),
        (2, "assistant", "Of course"),
    ]
    assert story.turns[2].agent == "kavita" and story.turns[2].interrupted


async def test_the_original_is_sealed_and_what_can_be_searched_is_redacted(any_store: Store) -> None:
    call = await begun(any_store)
    await say(any_store, call, "Priya here, my PIN is 9382, at 10:30 please", names=("Priya Sharma",))
    (row,) = await rows(any_store)
    assert any_store.cipher.open(row.text_sealed) == "Priya here, my PIN is ••••, at 10:30 please"
    assert row.redacted == "[name] here, my PIN is [number], at 10:30 please"


async def test_turns_and_tools_written_at_the_same_time_each_get_their_place(any_store: Store) -> None:
    call = await begun(any_store)
    turns = [add_turn(any_store, call, "user", f"line {n}", now=START) for n in range(12)]
    await asyncio.gather(*turns, *(log_tool(any_store, call, RUN) for _ in range(12)))
    places = [row.position for row in await rows(any_store)] + [
        run.position for run in await read_tools(any_store, call)
    ]
    assert sorted(places) == list(range(24))


async def test_an_empty_turn_is_none(any_store: Store) -> None:
    call = await begun(any_store)
    await say(any_store, call, "", "  \n ")
    assert await rows(any_store) == []


async def test_any_text_can_be_written_down(any_store: Store) -> None:
    call = await begun(any_store)
    await say(any_store, call, *TEXTS, "\ud83d half", "\x00\x00", "the last one")
    assert max(len(row.redacted) for row in await rows(any_store)) <= LONGEST_TURN + 2
    assert [one.text for one in await search_turns(any_store, CLINIC, "last one")] == ["the last one"]


async def test_nothing_is_written_for_a_call_that_is_not_there(any_store: Store) -> None:
    with pytest.raises(NotFound):
        await say(any_store, "nobody", "hello")
    with pytest.raises(NotFound):
        await log_tool(any_store, "nobody", RUN)


async def test_a_tool_run_says_whose_call_it_is(any_store: Store, board: Switchboard) -> None:
    await add_clinic_people(any_store, board)
    call = await begun(any_store)
    await log_tool(any_store, call, found_out(2))
    await log_tool(any_store, call, RUN)
    assert [one.id for one in await list_calls(any_store, CLINIC, Wanted(customer_id=2))] == [call]


@pytest.fixture
def clinic(board: Switchboard) -> Business:
    return board.business(CLINIC).model_copy(update={"webhook": "http://127.0.0.1:9/hook"})


ENDING = Ending("goodbye", outcome="booked", intent="book", summary={"text": "It was booked.", "pin": "4471"})


async def test_a_call_ends_once_and_tells_it_once(any_store: Store, clinic: Business) -> None:
    call = await begun(any_store)
    ended = START + timedelta(seconds=83)
    assert await end_call(any_store, clinic, call, ENDING, ended) is True
    assert await end_call(any_store, clinic, call, Ending("error"), ended + timedelta(hours=1)) is False
    story = await read_call(any_store, call, show=True)
    assert story is not None and story.summary == {"text": "It was booked.", "pin": "••••"}
    assert (story.call.end_reason, story.call.outcome, story.call.seconds) == ("goodbye", "booked", 83)
    ((kind, told),) = await owed(any_store)
    assert kind == "call.ended"
    assert (told["call_id"], told["seconds"], told["summary"]["text"]) == (call, 83, "It was booked.")


async def test_ends_at_the_same_time_tell_it_once(any_store: Store, clinic: Business) -> None:
    call = await begun(any_store)
    done = await asyncio.gather(*(end_call(any_store, clinic, call, ENDING, START) for _ in range(6)))
    assert sorted(done) == [False] * 5 + [True]
    assert len(await owed(any_store)) == 1


async def test_another_business_can_not_end_it(any_store: Store, board: Switchboard) -> None:
    call = await begun(any_store)
    with pytest.raises(NotFound):
        await end_call(any_store, board.business(TABLE), call, ENDING, START)


async def test_a_name_that_became_known_late_leaves_the_earlier_turns_too(any_store: Store, board: Switchboard) -> None:
    await add_clinic_people(any_store, board)
    call = await begun(any_store)
    await say(any_store, call, "it is for Archit and for Suresh")
    await log_tool(any_store, call, found_out(1))
    ending = Ending("goodbye", intent="book for Suresh", names=("Suresh",))
    await end_call(any_store, board.business(CLINIC), call, ending, START)
    assert (await rows(any_store))[0].redacted == "it is for [name] and for [name]"
    (line,) = await list_calls(any_store)
    assert line.intent == "book for [name]"


async def test_calls_are_listed_page_by_page_newest_first(any_store: Store) -> None:
    for number in range(7):
        await begun(any_store, f"call-{number}", minutes=number // 2)  # some begin at the same moment
    pages, last = [], None
    while page := await list_calls(any_store, CLINIC, limit=3, after=last):
        pages.append([one.id for one in page])
        last = page[-1].id
    assert pages == [["call-6", "call-5", "call-4"], ["call-3", "call-2", "call-1"], ["call-0"]]


async def test_calls_are_filtered(any_store: Store, board: Switchboard) -> None:
    await begun(any_store, "a")
    await begun(any_store, "b", TABLE, minutes=1)
    await begun(any_store, "c", minutes=2)
    await end_call(any_store, board.business(CLINIC), "c", ENDING, START + timedelta(minutes=3))

    async def ids(business: str | None = None, **wanted: object) -> str:
        found = await list_calls(any_store, business, Wanted(**wanted))  # type: ignore[arg-type]
        return "".join(one.id for one in found)

    assert [await ids(), await ids(CLINIC), await ids(TABLE), await ids("nobody")] == ["cba", "ca", "b", ""]
    assert [await ids(desk="receptionist"), await ids(outcome="booked"), await ids(intent="book")] == ["b", "c", "c"]
    assert [await ids(ended=True), await ids(ended=False)] == ["c", "ba"]
    assert await ids(since=START + timedelta(minutes=1), until=START + timedelta(minutes=2)) == "b"


async def test_nobody_is_named_unless_all_may_be_shown(any_store: Store, board: Switchboard) -> None:
    await add_clinic_people(any_store, board)
    call = await begun(any_store)
    await say(any_store, call, "I'm Archit, call me on 202 555 0101")
    run = replace(found_out(1), arguments={"user_id": "••01"}, result={"user": {"name": "Archit Ojha"}})
    await log_tool(any_store, call, run)
    summary = {"text": "Archit Ojha asked for a slot.", "actions": ["identified Archit Ojha"]}
    await end_call(any_store, board.business(CLINIC), call, Ending("goodbye", summary=summary), START)
    masked, shown = await read_call(any_store, call), await read_call(any_store, call, show=True)
    assert masked is not None and shown is not None
    whole = repr(masked) + json.dumps(masked.summary)
    assert "Archit" not in whole and "0101" not in whole and masked.call.caller == "••••01"
    assert shown.call.caller == ARCHIT.phone and shown.summary == summary and "Archit" in shown.turns[0].text


async def test_a_call_of_another_business_can_not_be_read(any_store: Store) -> None:
    call = await begun(any_store)
    assert await read_call(any_store, call, business=TABLE) is None
    assert await read_call(any_store, "nobody") is None


LINES = (
    "On 2026-02-12 at 10:30 please",
    "ORD-00001 isn't ready, don't worry",
    "मेरा अपॉइंटमेंट कल सुबह है",
    "two appointments foo_bar",
    'quite "sure" AND (x)',
)
SEARCHES = [
    ("2026-02-12", [0]), ("10:30", [0]), ("please 10:30", [0]), ("please sure", []), ("ORD-00001", [1]),
    ("ord", [1]), ("isn't", [1]), ("अपॉइंटमेंट", [2]), ("अपॉ", [2]), ("मेरा कल", [2]), ("appointment", [3]),
    ("foo_bar", [3]), ("APPOINT", [3]), ("sure AND", [4]), ('"sure"', [4]), ('" OR 1', []), ("NOT zebra", []),
    ("redacted:sure", []), ("NEAR(quite sure)", []), ("sure*", [4]), ("-sure", [4]), ("^sure", [4]), ("!sure", [4]),
    ("sure & quite", [4]), ("'sure':*", [4]), ("sure\\", [4]), ("sure\x00quite", [4]), ('qu"ite', []),
    ('a" OR "sure', []), ("{", []), ("'", []), ("\\", []),
    ("*", []), ("", []), ("🙂", []), ("\ud83d", []), ("a" * 5000, []),
]  # fmt: skip


async def test_turns_are_found_by_their_words_and_no_word_is_a_command(any_store: Store) -> None:
    call = await begun(any_store)
    await say(any_store, call, *LINES)
    found = {words: [one.position for one in await search_turns(any_store, CLINIC, words)] for words, _ in SEARCHES}
    assert found == dict(SEARCHES)


async def test_nobody_is_found_by_name_and_nothing_of_another_business(any_store: Store) -> None:
    await say(any_store, await begun(any_store), "Priya wants tea", names=("Priya",))
    await say(any_store, await begun(any_store, "other", TABLE), "more tea")
    assert await search_turns(any_store, CLINIC, "priya") == []
    assert [one.call_id for one in await search_turns(any_store, CLINIC, "tea")] == ["call-1"]
    assert await search_turns(any_store, "nobody", "tea") == []


async def test_a_search_follows_what_is_changed_and_deleted(any_store: Store, board: Switchboard) -> None:
    call = await begun(any_store)
    await say(any_store, call, "ask for Suresh", "and for tea")
    await end_call(any_store, board.business(CLINIC), call, Ending("goodbye", names=("Suresh",)), START)
    assert await search_turns(any_store, CLINIC, "suresh") == []

    async def move_away(session: AsyncSession) -> None:
        await session.exec(update(Turn).where(col(Turn.position) == 1).values(redacted="and for coffee"))

    await any_store.write(move_away)
    assert await search_turns(any_store, CLINIC, "tea") == []
    assert len(await search_turns(any_store, CLINIC, "coffee")) == 1
