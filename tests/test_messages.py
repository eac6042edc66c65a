"""Messages: kept once, sealed, told by web-hook."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from db.business import Switchboard
from db.engine import Store
from db.models import Message
from tests.calling import use
from tests.hostile import EVERYTHING
from tests.orders import LUNCH, MAYA, count, owed, ring
from tools.call import Call
from tools.phone import take_message

CALL_BACK = {"for_whom": "the owner", "message": "Please call me about the party on Friday."}


@pytest.fixture
async def maya(store: Store, board: Switchboard) -> Call:
    return await ring(store, board)


async def kept(store: Store) -> list[tuple[str, str, str | None]]:
    opened = store.cipher.open
    async with store.read() as session:
        rows = (await session.exec(select(Message).order_by("id"))).all()
    return [
        (opened(row.for_whom_sealed), opened(row.text_sealed), store.cipher.open_maybe(row.call_back_sealed))
        for row in rows
    ]


async def test_a_message_is_stored_with_the_number_that_called(maya: Call, store: Store) -> None:
    told = await use(take_message, maya, **CALL_BACK)
    assert told == {"status": "stored", **CALL_BACK, "call_back_number": MAYA}
    assert await kept(store) == [(CALL_BACK["for_whom"], CALL_BACK["message"], MAYA)]


async def test_another_number_to_call_back_is_understood_as_it_is_said(maya: Call, store: Store) -> None:
    number = "two oh two, five five five, oh one double nine"
    told = await use(take_message, maya, **CALL_BACK, call_back_number=number)
    assert told["call_back_number"] == "+12025550199"


async def test_who_hides_their_number_may_leave_a_message_without_one(store: Store, board: Switchboard) -> None:
    hidden = await ring(store, board, None)
    assert (await use(take_message, hidden, **CALL_BACK))["call_back_number"] is None
    assert (await kept(store))[0][2] is None


async def test_the_same_message_said_twice_is_one(maya: Call, store: Store) -> None:
    first = await use(take_message, maya, **CALL_BACK)
    assert await use(take_message, maya, **CALL_BACK) == first
    assert (await count(store, Message), len(await owed(store))) == (1, 1)


async def test_the_same_message_said_twice_at_once_is_one(any_store: Store, board: Switchboard) -> None:
    call = await ring(any_store, board)
    told = await asyncio.gather(*(use(take_message, call, **CALL_BACK) for _ in range(8)))
    assert all(one["status"] == "stored" for one in told)
    assert (await count(any_store, Message), len(await owed(any_store))) == (1, 1)


@pytest.mark.parametrize(
    "other", [{"message": "It is about Sunday."}, {"for_whom": "the kitchen"}, {"call_back_number": "+12025550199"}]
)
async def test_another_message_in_the_same_call_is_another_one(maya: Call, store: Store, other: dict[str, str]) -> None:
    await use(take_message, maya, **CALL_BACK)
    await use(take_message, maya, **{**CALL_BACK, **other})
    assert await count(store, Message) == 2


async def test_the_same_words_of_another_caller_are_another_message(
    maya: Call, store: Store, board: Switchboard
) -> None:
    await use(take_message, maya, **CALL_BACK)
    await use(take_message, await ring(store, board, call_id="call-2"), **CALL_BACK)
    assert await count(store, Message) == 2


async def test_the_web_hook_tells_whom_and_what(maya: Call, store: Store) -> None:
    await use(take_message, maya, **CALL_BACK)
    [(kind, payload)] = await owed(store)
    assert kind == "message.taken"
    assert (payload["for_whom"], payload["message"], payload["call_back_number"]) == (*CALL_BACK.values(), MAYA)
    assert (payload["call_id"], payload["taken_at"]) == ("call-1", LUNCH.isoformat())


async def test_what_is_said_is_sealed(maya: Call, store: Store) -> None:
    await use(take_message, maya, for_whom="Canary", message="canary word", call_back_number="+12025550199")
    async with store.read() as session:
        row = (await session.exec(select(Message))).one().model_dump()
    assert "anary" not in str(row) and "5550199" not in str(row)


@pytest.mark.parametrize("name", ["for_whom", "message", "call_back_number"])
async def test_hostile_arguments_are_kept_as_text_or_refused(maya: Call, store: Store, name: str) -> None:
    for value in EVERYTHING:
        told: dict[str, Any] = await use(take_message, maya, **{**CALL_BACK, name: value})
        assert ("error" in told) != (told.get("status") == "stored"), value
        if "status" in told and name == "call_back_number":
            assert told["call_back_number"] == MAYA
    messages = await kept(store)
    assert all(0 < len(whom) <= 500 and 0 < len(text) <= 500 for whom, text, _ in messages)
    assert all(number == MAYA for _, _, number in messages)
    assert not [text for _, text, _ in messages if "\x00" in text or "\x1b" in text]
