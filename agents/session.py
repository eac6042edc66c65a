"""One call as a session: begun, written down as it happens, and closed with its summary however it ends."""

import asyncio
import logging
from typing import Any

from livekit.agents import AgentSession, CloseEvent, ConversationItemAddedEvent, llm

from agents import find_desk
from agents.summary import on_offer, summarise
from db import customers
from db.call_log import read_call, read_tools
from db.calls import Ending, add_turn, begin_call, end_call
from db.errors import StoreError
from db.holds import release
from db.models import CallRecord
from tools.call import Call, Trust

logger = logging.getLogger("switchboard.session")


class Scribe:
    """Writes a call down. Turns go through a queue, so that speech never waits for the store."""

    def __init__(self, call: Call, session: AgentSession[Call], model: llm.LLM[Any] | None) -> None:
        self._call, self._model, self._session = call, model, session
        self._turns: asyncio.Queue[llm.ChatMessage | CloseEvent] = asyncio.Queue()
        self._task = asyncio.create_task(self._write(), name=f"scribe of {call.id}")
        session.on("conversation_item_added", self._on_item)
        session.on("close", self._turns.put_nowait)

    async def finished(self) -> None:
        """Returns when the call's end has been written."""
        await self._task

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, llm.ChatMessage) and event.item.role in {"user", "assistant"}:
            self._turns.put_nowait(event.item)

    async def _write(self) -> None:
        while not isinstance(item := await self._turns.get(), CloseEvent):
            await self._turn(item)
        try:
            await self._end(item)
        except StoreError as error:
            logger.error("end of call not written down", extra={"call_id": self._call.id, "code": error.code})

    async def _turn(self, item: llm.ChatMessage) -> None:
        call = self._call
        try:
            await add_turn(
                call.store,
                call.id,
                item.role,
                item.text_content or "",
                now=call.now,
                agent=self._session.current_agent.id if item.role == "assistant" else None,
                interrupted=item.interrupted,
                names=[call.name] if call.name else (),
            )
        except StoreError as error:
            logger.error("turn not written down", extra={"call_id": call.id, "code": error.code})

    async def _end(self, event: CloseEvent) -> None:
        call = self._call
        await release(call.store, call.id)
        story = await read_call(call.store, call.id)
        if story is None:
            return
        runs = await read_tools(call.store, call.id)
        began, offered = story.call.started_at, on_offer(call.business)
        summary = await summarise(runs, story.turns, began, call.now, self._model, offered=offered)
        ending = Ending(
            reason="goodbye" if call.ending else event.reason.value,
            outcome=summary["outcome"],
            intent=summary["intent"],
            summary=summary,
            names=(call.name,) if call.name else (),
        )
        await end_call(call.store, call.business, call.id, ending, call.now)


async def begin(call: Call) -> None:
    """Writes the call down and looks up whose number it is: a greeting by name, no more."""
    cipher = call.store.cipher
    record = CallRecord(
        id=call.id,
        business=call.business.key,
        desk=call.desk,
        language=call.language,
        caller_sealed=cipher.seal_maybe(call.number),
        caller_hash=None if call.number is None else cipher.digest("phone", call.number),
        profile_id=call.profile_id,
        started_at=call.now,
    )
    await begin_call(call.store, record)
    if call.number is None or not call.trust_caller_id:
        return
    known = await customers.recognise(call.store, call.business.key, call.number)
    if known is not None:
        call.customer_id, call.name, call.trust = known.id, known.name, Trust.RECOGNISED


async def start(
    call: Call, model: llm.LLM[Any], *, tool_rounds: int, summariser: llm.LLM[Any] | None = None
) -> tuple[AgentSession[Call], Scribe]:
    """A session with the call's desk, begun and written down from its first word."""
    await begin(call)
    # the SDK counts the rounds that follow the first
    session = AgentSession[Call](llm=model, userdata=call, max_tool_steps=tool_rounds - 1)
    scribe = Scribe(call, session, summariser)
    await session.start(find_desk(call.desk).pick_up(call), record=False)
    return session, scribe
