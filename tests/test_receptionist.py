"""The receptionist's desk in conversation: facts, an order, a person who does not answer, and goodbye."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import AgentSession, llm

from agents.receptionist import Receptionist
from db.business import Switchboard
from db.engine import Store
from db.models import Message, Order
from tests.calling import context, say, talking, use
from tests.hostile import EVERYTHING
from tests.orders import LUNCH, count, ring, set_status
from tests.scripted import Step, Use
from tools.call import Call, TypedLine
from tools.phone import end_call, transfer_to_human


@dataclass
class Telephone(TypedLine):
    """A line whose other end answers, or does not."""

    answers: bool = True
    dialled: list[str] = field(default_factory=list)

    async def transfer(self, number: str) -> bool:
        self.dialled.append(number)
        return self.answers


@pytest.fixture
async def call(store: Store, board: Switchboard) -> Call:
    return await ring(store, board)


def spoken(session: AgentSession[Call]) -> list[str]:
    items = session.history.items
    return [item.text_content or "" for item in items if isinstance(item, llm.ChatMessage) and item.role == "assistant"]


def results(session: AgentSession[Call]) -> list[tuple[str, dict[str, Any]]]:
    items = [item for item in session.history.items if isinstance(item, llm.FunctionCallOutput)]
    return [(item.name, json.loads(item.output)) for item in items]


def confirmed(output: str) -> str:
    told = json.loads(output)
    return f"Thank you. It is {told['order_id']}, {told['total']} in all, ready {told['ready_at']}."


async def test_a_caller_asks_orders_looks_it_up_and_says_goodbye(call: Call, store: Store) -> None:
    steps: list[Step] = [
        Use("get_business_info", {"topic": "hours"}),
        lambda output: f"We are open until {json.loads(output)['hours']['closes']}.",
        "Two samosas and a mango lassi, for pickup, under Maya Chen. Is that right?",
        Use(
            "place_order",
            {"customer_name": "Maya Chen", "items": [{"name": "samosas", "quantity": 2}, {"name": "lassi"}]},
        ),
        confirmed,
        Use("lookup_order"),
        lambda output: f"It is {json.loads(output)['order']['status']}.",
        Use("end_call", {"farewell": "thanks"}),
        "Thank you for calling. Goodbye.",
    ]
    async with talking(call, steps) as session:
        closed = asyncio.Event()
        session.on("close", lambda _: closed.set())
        for words in ("are you open?", "two samosas and a lassi, Maya Chen", "yes", "how is it coming along?", "bye"):
            await say(session, words)
        await asyncio.wait_for(closed.wait(), 5)
        heard = spoken(session)
    assert heard[0] == "Hello, this is Asha at Saffron Table. How can I help you?"
    assert heard[1] == "We are open until Tuesday, March 3 at 2:30 PM."
    assert heard[3] == "Thank you. It is ORD-00001, 15.50 in all, ready Tuesday, March 3 at 12:25 PM."
    assert heard[4:] == ["It is received.", "Thank you for calling. Goodbye."]
    assert await count(store, Order) == 1 and call.name == "Maya Chen"


async def test_a_transfer_that_is_answered_ends_with_the_other_person(call: Call) -> None:
    line = call.line = Telephone()
    async with talking(call, [Use("transfer_to_human", {"reason": "a complaint"}), "You are through."]) as session:
        await say(session, "let me talk to somebody")
        assert results(session) == [("transfer_to_human", {"status": "transferred"})]
    assert line.dialled == ["+12025550119"]


@pytest.mark.parametrize("line", [TypedLine(), Telephone(answers=False)], ids=["cannot", "nobody answers"])
async def test_a_transfer_that_fails_comes_back_to_take_a_message(call: Call, store: Store, line: TypedLine) -> None:
    call.line = line
    steps: list[Step] = [
        Use("transfer_to_human", {"reason": "a party of forty"}),
        lambda output: f"I am sorry. {json.loads(output)['message']} May I take a message?",
        Use("take_message", {"for_whom": "the owner", "message": "A party of forty on Friday."}),
        lambda output: f"Your message is {json.loads(output)['status']}.",
    ]
    async with talking(call, steps) as session:
        await say(session, "I want to speak to the owner")
        await say(session, "yes, tell them it is a party of forty on Friday")
        assert [told["status"] for _, told in results(session)] == ["not_reached", "stored"]
        assert spoken(session)[1:] == [
            "I am sorry. Nobody could take the call just now. May I take a message?",
            "Your message is stored.",
        ]
    assert await count(store, Message) == 1


async def test_a_business_without_anybody_to_put_through_to_says_so(call: Call) -> None:
    call.business = call.business.model_copy(update={"transfer": None})
    line = call.line = Telephone()
    assert (await use(transfer_to_human, call, reason="anything"))["status"] == "not_reached"
    assert line.dialled == []


async def test_a_caller_who_speaks_up_is_not_put_through(call: Call) -> None:
    line = call.line = Telephone()
    async with context(call, "transfer_to_human") as ctx:
        ctx.speech_handle._authorize_generation()
        ctx.speech_handle.interrupt()
        told = json.loads(await transfer_to_human(ctx, reason="a complaint"))
    assert told["status"] == "not_reached" and line.dialled == []


async def test_hostile_reasons_reach_nobody_but_the_owners_number(call: Call) -> None:
    line = call.line = Telephone()
    steps = [step for value in EVERYTHING for step in (Use("transfer_to_human", {"reason": value}), "Done.")]
    async with talking(call, steps) as session:
        for _ in EVERYTHING:
            await say(session, "put me through")
    assert set(line.dialled) == {"+12025550119"}


async def test_hostile_farewells_are_an_error(call: Call) -> None:
    for value in EVERYTHING:
        told = await use(end_call, call, farewell=value)
        assert "error" in told or (value is None and told["farewell"] == "general")


async def test_what_is_not_on_the_menu_is_said_and_the_nearest_offered(call: Call, store: Store) -> None:
    steps: list[Step] = [
        Use("place_order", {"customer_name": "Maya Chen", "item": "chicken biryani"}),
        lambda output: f"We have no such dish, but {json.loads(output)['nearest'][0]}. Would you like that?",
    ]
    async with talking(call, steps) as session:
        await say(session, "a chicken biryani for Maya Chen")
        assert spoken(session)[-1] == "We have no such dish, but Lamb Biryani. Would you like that?"
    assert await count(store, Order) == 0


async def test_a_kitchen_that_has_started_offers_a_person(call: Call, store: Store) -> None:
    steps: list[Step] = [
        Use("place_order", {"customer_name": "Maya Chen", "item": "naan"}),
        confirmed,
        Use("cancel_order", {"order_id": "order one"}),
        lambda output: f"{json.loads(output)['message']} Shall I put you through?",
    ]
    async with talking(call, steps) as session:
        await say(session, "a naan for Maya Chen")
        await set_status(store, 1, "preparing")
        await say(session, "cancel order one")
        assert spoken(session)[-1].startswith("We have already started on it")


def lose(database: Path) -> None:
    """Puts a folder where the file was, which no database can open."""
    for leftover in database.parent.glob(f"{database.name}*"):
        leftover.unlink()
    database.mkdir()


async def test_a_store_that_cannot_be_reached_is_said_aloud_and_nothing_confirmed(
    call: Call, store: Store, tmp_path: Path
) -> None:
    steps: list[Step] = [Use("place_order", {"customer_name": "Maya Chen", "item": "naan"}), lambda output: output]
    async with talking(call, steps) as session:
        await store.engine.dispose()
        lose(tmp_path / "store.db")
        result = await say(session, "a naan for Maya Chen")
        result.expect.contains_function_call_output(is_error=True)
        assert "can't reach our records" in spoken(session)[-1]


def test_the_desk_has_the_tools_of_its_table(call: Call) -> None:
    names = {tool.info.name for tool in Receptionist(call).tools_of_desk}
    table = "get_business_info place_order lookup_order change_order cancel_order take_message transfer_to_human"
    assert names == {*table.split(), "end_call"}
    assert call.now == LUNCH
