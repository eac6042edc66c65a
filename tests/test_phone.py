"""The line: the goodbye."""

import asyncio

from db.business import Switchboard
from db.engine import Store
from tests.calling import make_call, say, talking
from tests.scripted import Use


async def test_the_call_ends_once_the_goodbye_was_said(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    async with talking(call, [Use("end_conversation"), "Goodbye, and thank you for calling."]) as session:
        closed = asyncio.Event()
        session.on("close", lambda _: closed.set())
        result = await say(session, "bye")
        result.expect.contains_function_call(name="end_conversation")
        result.expect.contains_message(role="assistant")
        await asyncio.wait_for(closed.wait(), 5)
    assert call.ending
