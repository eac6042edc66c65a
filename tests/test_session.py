"""A whole call: begun, talked, written down as it happens, closed with its summary however it ends."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from livekit.agents import AgentSession
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.session import Scribe, start
from db.business import Switchboard
from db.call_log import CallStory, read_call
from db.engine import Store
from db.models import Hold
from tests.calling import make_call, say
from tests.people import ARCHIT, RAHUL, add_clinic_people
from tests.scripted import ScriptedLLM, Step, Use
from tests.test_appointments import count
from tools.call import Call, Trust

TUESDAY = "2026-03-03"


@pytest.fixture(autouse=True)
async def people(store: Store, board: Switchboard) -> None:
    await add_clinic_people(store, board)


async def told(call: Call) -> CallStory:
    story = await read_call(call.store, call.id, show=True)
    assert story is not None
    return story


async def picked_up(call: Call, steps: Sequence[Step]) -> tuple[AgentSession[Call], Scribe]:
    """The session once its greeting was said."""
    session, scribe = await start(call, ScriptedLLM(steps), tool_rounds=5)
    for _ in range(500):
        if any(item.type == "message" and item.role == "assistant" for item in session.history.items):
            return session, scribe
        await asyncio.sleep(0.01)
    raise AssertionError("nobody greeted the caller")


async def hold_conversation(call: Call, steps: Sequence[Step], *lines: str) -> CallStory:
    """The caller's lines one after another; then the call is over and written down."""
    session, scribe = await picked_up(call, steps)
    for line in lines:
        await say(session, line)
    await session.aclose()
    await asyncio.wait_for(scribe.finished(), 10)
    return await told(call)


BOOKING: list[Step] = [
    Use("identify_user", {"user_id": "3300", "pin": RAHUL.pin}),
    "Welcome, Rahul. When would you like to come?",
    Use("fetch_slots", {"date": "tomorrow"}),
    "I have 9 AM, 1 PM and 5:30 PM.",
    Use("book_appointment", {"date": "tomorrow", "time_slot": "1 PM"}),
    "Booked for Tuesday, March 3rd, at 1 PM.",
    Use("end_conversation"),
    "Goodbye, Rahul.",
]


async def test_the_appointment_desks_main_conversation(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    lines = ("3300, and 6150", "what is free tomorrow?", "one, please", "bye")
    story = await hold_conversation(call, BOOKING, *lines)
    assert [run.status for run in story.tools] == ["found", "ok", "booked", "goodbye"]
    assert story.turns[0].text.startswith("Hello, this is Kavita")
    assert (story.call.outcome, story.call.end_reason) == ("booked", "goodbye")
    assert story.summary is not None and "Tuesday, 2026-03-03 at 1:00 PM" in story.summary["text"]


async def test_pins_and_whole_ids_are_nowhere_in_it(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    story = await hold_conversation(
        call, BOOKING, "my id is 3300 and my pin is six one five zero", "slots?", "1", "bye"
    )
    whole = json.dumps([[turn.text for turn in story.turns], [str(run) for run in story.tools], story.summary])
    assert RAHUL.pin not in whole and "six one five zero" not in whole and '"3300"' not in whole


async def test_an_error_of_a_tool_is_said_aloud(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    steps: list[Step] = [Use("identify_user", {"user_id": "12"}), lambda output: output]
    session, scribe = await picked_up(call, steps)
    result = await say(session, "it's twelve")
    result.expect.contains_function_call_output(is_error=True)
    await session.aclose()
    await scribe.finished()
    assert (await told(call)).turns[-1].text == "An ID has four digits. Could you give me yours digit by digit?"


async def test_a_known_number_is_greeted_by_name_and_shown_nothing(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita", number=ARCHIT.phone)
    steps: list[Step] = [Use("retrieve_appointments"), lambda output: output]
    story = await hold_conversation(call, steps, "what have I got?")
    assert call.trust is Trust.RECOGNISED
    assert story.turns[0].text.startswith("Hello Archit, this is Kavita")
    assert story.tools[0].status == "not_verified"


async def test_a_call_that_breaks_off_frees_what_it_held(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    steps: list[Step] = [Use("book_appointment", {"date": TUESDAY, "time_slot": "10 AM"}), "And your ID, please?"]
    session, scribe = await picked_up(call, steps)
    await say(session, "Tuesday at ten")
    assert await count(store, Hold) == 1
    await session.aclose()
    await scribe.finished()
    assert await count(store, Hold) == 0
    assert (await told(call)).call.outcome == "not verified"


async def test_turns_are_there_while_the_call_goes_on(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    session, scribe = await picked_up(call, ["Of course."])
    await say(session, "can you help me?")
    for _ in range(50):
        if len((await told(call)).turns) == 3:
            break
        await asyncio.sleep(0.02)
    assert [turn.role for turn in (await told(call)).turns] == ["assistant", "user", "assistant"]
    await session.aclose()
    await scribe.finished()


async def test_a_store_that_is_gone_is_said_and_nothing_is_claimed(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    steps: list[Step] = [Use("fetch_slots", {"date": "tomorrow"}), lambda output: output]
    session, scribe = await picked_up(call, steps)
    await store.write(_drop_occupancy)
    result = await say(session, "what is free tomorrow?")
    result.expect.contains_function_call_output(is_error=True)
    said = [item.text_content for item in session.history.items if item.type == "message"]
    assert said[-1] == "I'm sorry, I can't reach our records right now, so nothing was changed."
    await session.aclose()
    await scribe.finished()


async def _drop_occupancy(session: AsyncSession) -> None:
    await (await session.connection()).execute(text("DROP TABLE occupancy"))
