"""Calling tools and talking to desks as the SDK does, without audio."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from livekit.agents import Agent, AgentSession, RunContext, ToolError, llm
from livekit.agents.llm.utils import prepare_function_arguments
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.run_result import RunResult

from agents import find_desk
from db.business import Switchboard
from db.calls import begin_call
from db.engine import Store
from db.models import CallRecord
from tests.scripted import ScriptedLLM, Step
from tools.call import Call, Tool

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
"""A Monday, nine in the morning in New York."""

TOOL_ROUNDS = 5
"""The most in one turn. The SDK's `max_tool_steps` counts those that follow the first."""


@dataclass
class Watch:
    """A clock that a test sets."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


BUSINESS_OF = {
    "kavita": "lotus-clinic",
    "receptionist": "saffron-table",
    "airline": "meridian-air",
    "care": "corner-shop",
    "storyteller": "hanuman-toy",
}


async def make_call(
    store: Store,
    board: Switchboard,
    desk: str,
    *,
    number: str | None = None,
    watch: Watch | None = None,
    call_id: str = "call-1",
    at: str | None = None,
) -> Call:
    """A call that has begun, at the desk's demo business or at another."""
    business = board.business(at or BUSINESS_OF[desk])
    call = Call(id=call_id, desk=desk, business=business, store=store, clock=watch or Watch(), number=number)
    record = CallRecord(id=call.id, business=business.key, desk=desk, started_at=call.now)
    await begin_call(store, record)
    return call


@asynccontextmanager
async def context(call: Call, name: str) -> AsyncIterator[RunContext[Call]]:
    """What the SDK hands to a tool."""
    async with AgentSession[Call](userdata=call) as session:
        await session.start(Agent(instructions=""), record=False)
        yield RunContext(
            session=session,
            speech_handle=SpeechHandle.create(),
            function_call=llm.FunctionCall(call_id="c1", name=name, arguments="{}"),
        )


async def use(tool: Tool, call: Call, **arguments: Any) -> dict[str, Any]:
    """Runs a tool the way a model's call does: arguments as JSON, checked against its schema. An error said aloud comes
    back as {"error": sentence}."""
    async with context(call, tool.info.name) as ctx:
        try:
            args, kwargs = prepare_function_arguments(fnc=tool, json_arguments=json.dumps(arguments), call_ctx=ctx)
            result = await tool(*args, **kwargs)
        except ToolError as error:
            return {"error": error.message}
    told: dict[str, Any] = json.loads(result)
    return told


@asynccontextmanager
async def talking(
    call: Call,
    steps: Sequence[Step] = (),
    *,
    model: llm.LLM[Any] | None = None,
    patience: SessionConnectOptions | None = None,
) -> AsyncIterator[AgentSession[Call]]:
    """A session with the call's desk, driven by a scripted model or by the given one; its greeting has been said."""
    async with AgentSession[Call](
        llm=model or ScriptedLLM(steps),
        userdata=call,
        max_tool_steps=TOOL_ROUNDS - 1,
        conn_options=patience or SessionConnectOptions(),
    ) as session:
        await session.start(find_desk(call.desk).pick_up(call), record=False)
        await asyncio.sleep(0)
        yield session


async def say(session: AgentSession[Call], words: str) -> RunResult[None]:
    """One turn of the caller, with all that the desk did in answer to it."""
    result: RunResult[None] = await session.run(user_input=words)
    return result
