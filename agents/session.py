"""One call as a session: begun, written down as it happens, and closed with its summary however it ends."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from livekit.agents import AgentSession, CloseEvent, ConversationItemAddedEvent, llm
from livekit.agents.voice.io import TextOutput

from agents import find_desk
from agents.announcer import Announcer
from agents.desk import DeskAgent
from agents.resumption import resume
from agents.summary import on_offer, summarise
from db import customers
from db.call_log import read_call, read_tools
from db.calls import Ending, add_turn, begin_call, end_call
from db.errors import StoreError
from db.holds import release
from db.models import CallRecord
from speech.brain import forget_lines
from tools.call import Call, Trust

logger = logging.getLogger("switchboard.session")


class Scribe:
    """Writes a call down. Turns go through a queue, so that speech never waits for the store."""

    def __init__(
        self,
        call: Call,
        session: AgentSession[Call],
        model: llm.LLM[Any] | None,
        on_end: Callable[[Ending], None] | None = None,
    ) -> None:
        self._call, self._model, self._session, self._on_end = call, model, session, on_end
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
        ending = Ending(reason="goodbye" if self._call.ending else self._call.hung_up or item.reason.value)
        try:
            ending = await self._end(ending)
        except StoreError as error:
            logger.error("end of call not written down", extra={"call_id": self._call.id, "code": error.code})
        finally:
            forget_lines()
            if self._on_end is not None:
                self._on_end(ending)

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

    async def _end(self, ending: Ending) -> Ending:
        """Writes the end down, with the summary that it gives back."""
        call = self._call
        await release(call.store, call.id)
        story = await read_call(call.store, call.id)
        if story is None:
            return ending
        runs = await read_tools(call.store, call.id)
        began, offered = story.call.started_at, on_offer(call.business)
        summary = await summarise(runs, story.turns, began, call.now, self._model, offered=offered)
        ending = replace(
            ending,
            outcome=summary["outcome"],
            intent=summary["intent"],
            summary=summary,
            names=(call.name,) if call.name else (),
        )
        await end_call(call.store, call.business, call.id, ending, call.now)
        return ending


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
    await _recognise(call)


async def _recognise(call: Call) -> None:
    if call.number is None or not call.trust_caller_id or call.trust >= Trust.RECOGNISED:
        return
    known = await customers.recognise(call.store, call.business.key, call.number)
    if known is not None:
        call.customer_id, call.name, call.trust = known.id, known.name, Trust.RECOGNISED


async def _picked_up(call: Call, *, resumes: bool) -> DeskAgent:
    """The agent who speaks, at the call's beginning or where another process left it."""
    desk = find_desk(call.desk)
    if not resumes:
        await begin(call)
        return desk.pick_up(call)
    talk = await resume(call)
    await _recognise(call)
    agent = desk.pick_up(call, talk.agent)
    await agent.update_chat_ctx(llm.ChatContext(list(talk.items)))
    return agent


Announce = Callable[[Call, AgentSession[Call]], Announcer]


async def start(
    call: Call,
    model: llm.LLM[Any],
    *,
    tool_rounds: int,
    summariser: llm.LLM[Any] | None = None,
    announce: Announce | None = None,
    words: TextOutput | None = None,
    greeted: bool = False,
    resumes: bool = False,
) -> tuple[AgentSession[Call], Scribe]:
    """A session with the call's desk, begun and written down from its first word. `announce` makes who tells its
    events; the agent's words go to `words`; `greeted` waits until the greeting was said; `resumes` goes on with a call
    that another process began."""
    picked_up = await _picked_up(call, resumes=resumes)
    # the SDK counts the rounds that follow the first
    session = AgentSession[Call](llm=model, userdata=call, max_tool_steps=tool_rounds - 1)
    session.output.transcription = words
    announcer = None if announce is None else announce(call, session)
    scribe = Scribe(call, session, summariser, None if announcer is None else announcer.end)
    if announcer is not None:
        announcer.begin()
    if greeted:
        await session.start(picked_up, record=False, capture_run=True)
    else:
        await session.start(picked_up, record=False)
    return session, scribe
