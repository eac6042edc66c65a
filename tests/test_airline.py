"""The airline's helpdesk: hand-overs that keep the conversation, and what is said aloud."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from livekit.agents import AgentSession, RunContext, ToolError, llm
from livekit.agents.llm.utils import prepare_function_arguments
from livekit.agents.voice import SpeechHandle
from sqlalchemy import text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from agents import find_desk
from agents.airline import Faq, Seats, Triage, to_faq, to_seats, to_triage
from agents.desk import prompt
from db.business import Switchboard
from db.engine import Store
from db.models import Flight, Seat
from tests.calling import Watch, make_call, say, talking
from tests.hostile import EVERYTHING
from tests.scripted import ScriptedLLM, Step, Use
from tests.travellers import SHARMA, add_airline, everything, seating
from tools.call import Call, Tool

GREETING = "Hello, this is Mira at Meridian Air. How can I help you?"


@pytest.fixture
async def call(store: Store, board: Switchboard, watch: Watch) -> Call:
    await add_airline(store, board)
    return await make_call(store, board, "airline", watch=watch)


def spoken(session: AgentSession[Call]) -> list[str]:
    """What the caller heard, in order."""
    items = session.history.items
    return [item.text_content or "" for item in items if item.type == "message" and item.role == "assistant"]


def seen(session: AgentSession[Call]) -> llm.ChatContext:
    """What the model was shown last."""
    assert isinstance(session.llm, ScriptedLLM)
    return session.llm.seen[-1]


def status_of(output: str) -> str:
    return f"The tool said {json.loads(output)['status']}."


async def test_the_whole_way_from_triage_to_seats_to_faq_and_back(call: Call, store: Store) -> None:
    steps: list[Step] = [
        Use("to_seats", {"reason": "wants a window seat"}),
        "What is your confirmation number and surname?",
        Use("find_booking", SHARMA),
        "You are in 14B to Chicago. A window?",
        Use("seat_map", {"wish": "window"}),
        lambda output: f"I have {json.loads(output)['choices'][0]['seats'][0]['seat']}. Shall I?",
        Use("update_seat", {"seat": "15 F"}),
        status_of,
        Use("to_faq", {"reason": "may I bring a dog"}),
        Use("faq_lookup", {"question": "may I bring a dog"}),
        "One small pet, for ninety-five dollars.",
        Use("to_triage", {"reason": "is flight MA204 on time"}),
        Use("flight_status", {"flight_number": "M A two oh four"}),
        lambda output: json.loads(output)["sentence"],
    ]
    await seat_15f_is_free(store)
    async with talking(call, steps) as session:
        first = await say(session, "I'd like a window seat")
        first.expect.contains_agent_handoff(new_agent_type=Seats)
        await say(session, "M E R one A two, Sharma")
        await say(session, "yes, a window")
        moved = await say(session, "fifteen F, please")
        moved.expect.contains_message(role="assistant")
        second = await say(session, "and may I bring my dog?")
        second.expect.contains_agent_handoff(new_agent_type=Faq)
        third = await say(session, "is my flight on time?")
        third.expect.contains_agent_handoff(new_agent_type=Triage)
        heard = spoken(session)
    assert heard[0] == GREETING
    assert sum(words.startswith("Hello") for words in heard) == 1
    assert "The tool said moved." in heard
    assert heard[-1].startswith("Flight M A 2 0 4 from Washington to Chicago is on time.")
    assert (await seating(store))["15F"] == call.ticket_id


async def seat_15f_is_free(store: Store) -> None:
    """Whoever sits on 15F of MA204 gets up."""

    async def work(session: AsyncSession) -> None:
        flight = (await session.exec(select(Flight.id).where(Flight.number == "MA204"))).one()
        seat = update(Seat).where(col(Seat.flight_id) == flight, col(Seat.label) == "15F")
        await session.exec(seat.values(ticket_id=None))

    await store.write(work)


async def test_who_takes_over_knows_all_that_was_said_and_done_and_only_its_own_rules(call: Call) -> None:
    steps: list[Step] = [
        Use("flight_status", {"flight_number": "118"}),
        "It is late.",
        Use("to_seats", {"reason": "wants an aisle seat"}),
        "What is your confirmation number?",
    ]
    async with talking(call, steps) as session:
        await say(session, "How is flight one eighteen?")
        await say(session, "Then I want an aisle seat at least")
        shown = seen(session)
    messages = [item for item in shown.items if item.type == "message"]
    system = [item.text_content or "" for item in messages if item.role == "system"]
    said = [item.text_content for item in messages if item.role != "system" and item.text_content != GREETING]
    done = {item.name: item.arguments for item in shown.items if item.type == "function_call"}
    assert len(said) == len(messages) - len(system) - 1
    assert said == ["How is flight one eighteen?", "It is late.", "Then I want an aisle seat at least"]
    assert done["flight_status"] == '{"flight_number": "118"}'
    assert done["to_seats"] == '{"reason": "wants an aisle seat"}'
    assert {item.call_id for item in shown.items if item.type == "function_call_output"} == {
        item.call_id for item in shown.items if item.type == "function_call"
    }
    assert sum("the seat desk of Meridian Air" in rules for rules in system) == 1
    assert not any("who answers first" in rules for rules in system)


async def test_the_mark_of_a_hand_over_is_seen_by_who_takes_over_and_sent_to_no_provider(call: Call) -> None:
    async with talking(call, [Use("to_seats", {"reason": "a seat"}), "Your number?"]) as session:
        await say(session, "I want another seat")
        shown = seen(session)
    marks = [item for item in shown.items if item.type == "agent_handoff"]
    assert [(mark.old_agent_id, mark.new_agent_id) for mark in marks] == [("triage", "seats")]
    assert shown.items.index(marks[0]) > max(
        place for place, item in enumerate(shown.items) if item.type == "function_call_output"
    )
    assert shown.to_provider_format("openai") == shown.copy(exclude_handoff=True).to_provider_format("openai")


@pytest.mark.parametrize(
    ("first", "second", "agent"),
    [("to_faq", "to_triage", Triage), ("to_faq", "to_seats", Seats), ("to_seats", "to_triage", Triage)],
)
async def test_each_can_hand_back_or_on_and_nobody_greets_again(
    call: Call, first: str, second: str, agent: type[Triage]
) -> None:
    steps: list[Step] = [Use(first, {"reason": "one"}), "Yes?", Use(second, {"reason": "two"}), "I am here."]
    async with talking(call, steps) as session:
        await say(session, "one thing")
        result = await say(session, "another thing")
        result.expect.contains_agent_handoff(new_agent_type=agent)
        assert spoken(session) == [GREETING, "Yes?", "I am here."]
        assert isinstance(session.current_agent, agent)


async def test_the_booking_is_still_known_after_a_hand_over_and_back(call: Call) -> None:
    steps: list[Step] = [
        Use("to_seats", {"reason": "a seat"}),
        Use("find_booking", SHARMA),
        "Found.",
        Use("to_faq", {"reason": "bags"}),
        "Bags are free.",
        Use("to_seats", {"reason": "a seat"}),
        Use("seat_map", {"wish": "aisle"}),
        status_of,
    ]
    async with talking(call, steps) as session:
        for words in ("a seat", "and my bags?", "now the seat"):
            await say(session, words)
        assert spoken(session)[-1] == "The tool said found."


async def test_two_hand_overs_in_one_turn_leave_the_caller_with_somebody(call: Call) -> None:
    steps: list[Step] = [
        [Use("to_faq", {"reason": "one"}), Use("to_seats", {"reason": "two"})],
        "First this, then that.",
        "How can I go on?",
    ]
    async with talking(call, steps) as session:
        await say(session, "two things")
        assert isinstance(session.current_agent, Faq | Seats)
        assert len(spoken(session)) > 1


async def test_a_wish_that_cannot_be_granted_is_said(call: Call) -> None:
    steps: list[Step] = [
        Use("to_seats", {"reason": "a seat"}),
        Use("update_seat", {"seat": "12A"}),
        lambda output: json.loads(output)["message"],
    ]
    async with talking(call, steps) as session:
        await say(session, "put me into 12A")
        assert spoken(session)[-1] == "I need your booking first. What is your confirmation number, please?"


async def test_an_error_of_the_store_is_said_aloud_and_nothing_is_claimed(call: Call) -> None:
    steps: list[Step] = [
        Use("to_seats", {"reason": "a seat"}),
        Use("find_booking", {"confirmation_number": "x" * 600, "surname": "Sharma"}),
        lambda output: output,
    ]
    async with talking(call, steps) as session:
        result = await say(session, "my number is …")
        result.expect.contains_function_call_output(is_error=True)
        assert spoken(session)[-1] == "That was too long for me. Could you say it in a few words?"
    assert call.ticket_id is None


async def test_a_store_that_is_gone_is_said_aloud(call: Call) -> None:
    steps: list[Step] = [Use("flight_status", {"flight_number": "204"}), lambda output: output]
    async with talking(call, steps) as session:
        await drop_flights(call.store)
        await say(session, "is 204 on time?")
        assert "can't reach our records" in spoken(session)[-1]


async def drop_flights(store: Store) -> None:
    async def work(session: AsyncSession) -> None:
        connection = await session.connection()
        await connection.execute(text("ALTER TABLE flights RENAME TO elsewhere"))

    await store.write(work)


@asynccontextmanager
async def running(call: Call) -> AsyncIterator[RunContext[Call]]:
    """A tool's context within a session that has begun."""
    async with AgentSession[Call](llm=ScriptedLLM([]), userdata=call) as session:
        await session.start(find_desk("airline").pick_up(call), record=False)
        await asyncio.sleep(0)
        yield RunContext(
            session=session,
            speech_handle=SpeechHandle.create(),
            function_call=llm.FunctionCall(call_id="c1", name="to", arguments="{}"),
        )


@pytest.mark.parametrize("tool", [to_triage, to_faq, to_seats])
async def test_a_hostile_reason_is_refused_or_only_words(call: Call, store: Store, tool: Tool) -> None:
    before = await everything(store)
    async with running(call) as ctx:
        for value in EVERYTHING:
            arguments = json.dumps({"reason": value})
            try:
                args, kwargs = prepare_function_arguments(fnc=tool, json_arguments=arguments, call_ctx=ctx)
                result = await tool(*args, **kwargs)
            except ToolError:
                continue
            assert isinstance(result, Triage | Faq | Seats) or json.loads(result)["status"] == "already_handed_over"
    assert await everything(store) == before


@pytest.mark.parametrize(
    ("agent", "names"),
    [
        (Triage, {"to_faq", "to_seats", "flight_status", "get_weather"}),
        (Faq, {"faq_lookup", "to_seats", "to_triage"}),
        (Seats, {"find_booking", "seat_map", "update_seat", "to_faq", "to_triage"}),
    ],
)
def test_each_has_the_tools_that_its_prompt_names(agent: type[Triage], names: set[str]) -> None:
    tools = {tool.info.name for tool in agent.tools_of_desk}
    assert tools == names
    assert all(name in prompt(agent.prompt_name) for name in names)
