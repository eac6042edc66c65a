"""What happens in a call, told as the events of the contract. It listens to the session, knows no transport, and hands
each event to a sink, which must not wait."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from livekit.agents import (
    AgentHandoff,
    AgentSession,
    AgentStateChangedEvent,
    ConversationItemAddedEvent,
    ErrorEvent,
    FunctionToolsExecutedEvent,
    UserInputTranscribedEvent,
    llm,
)
from livekit.agents.voice import ToolCallEnded, ToolCallStarted, ToolExecutionUpdatedEvent

import events
from agents import find_desk
from agents.captions import Captions
from agents.desk import SORRY
from db.calls import Ending
from db.errors import StoreError
from db.privacy import WHOLE_IDS, mask_secrets, masked
from tools.call import Call, Trust

Sink = Callable[[events.Message], None]
MediaTime = Callable[[], float]
"""Seconds of the call that have been heard so far."""

PERSON = "a person"
"""To whom a transferred caller speaks."""


@dataclass
class Running:
    """A tool at work."""

    call: str
    function: str
    arguments: Mapping[str, Any]
    since: float


@dataclass
class Segment:
    """Something the agent says in one go."""

    id: str
    turn: int
    text: str
    started: bool = False


class Announcer:
    """Numbers a call's events and tells each once, in the order in which things happened."""

    def __init__(self, call: Call, session: AgentSession[Call], sink: Sink, media_time: MediaTime) -> None:
        self._call, self._session, self._sink, self._media_time = call, session, sink, media_time
        self._seq = self._turn = self._said = self._heard = self._tools_used = 0
        self._speaking = self._transcribed = False
        self._tools: dict[str, Running] = {}
        self._begun: set[str] = set()
        self._segments: list[Segment] = []
        self._reason = ""
        self._known: int | None = None
        call.on_error = self._on_store_error
        session.output.transcription = Captions(self._on_words, session.output.transcription)
        session.on("agent_state_changed", self._on_state)
        session.on("user_input_transcribed", self._on_transcript)
        session.on("conversation_item_added", self._on_item)
        session.on("tool_execution_updated", self._on_tool)
        session.on("function_tools_executed", self._on_tools_executed)
        session.on("error", self._on_error)

    def begin(self) -> None:
        """The caller can be heard."""
        call = self._call
        self._tell(events.ConversationStarted(call.desk, call.language, find_desk(call.desk).agent_name))

    def end(self, ending: Ending) -> None:
        """The call is over and written down."""
        self._end_segments("", interrupted=True)
        if ending.summary is not None:
            told = masked(ending.summary)
            lists = {name: tuple(told[name]) for name in ("actions", "details")}
            self._tell(events.Summary(**{**told, **lists}))
        self._tell(events.Shutdown(ending.reason))

    def _tell(self, event: events.Event) -> None:
        self._seq += 1
        self._sink(events.Message(self._seq, self._now(), self._call.id, event))

    def _now(self) -> float:
        return round(self._media_time(), 3)

    def _on_state(self, event: AgentStateChangedEvent) -> None:
        self._speaking = event.new_state == "speaking"
        if self._speaking:
            self._start_segments()
        elif event.new_state == "listening":
            self._tell(events.Listening())
        elif event.new_state == "thinking":
            self._tell(events.Thinking())

    # The caller's words

    def _on_transcript(self, event: UserInputTranscribedEvent) -> None:
        self._transcribed = True
        self._hear(event.transcript, final=event.is_final)

    def _hear(self, text: str, *, final: bool) -> None:
        segment = f"user-{self._heard + 1}"
        self._heard += final
        self._tell(events.UserSpeaking(segment, self._turn + 1, mask_secrets(text), final))

    # The agent's words

    def _on_words(self, text: str) -> None:
        if text.strip():
            self._said += 1
            self._segments.append(Segment(f"agent-{self._said}", self._turn, text))
        if self._speaking:
            self._start_segments()

    def _start_segments(self) -> None:
        for segment in self._segments:
            if not segment.started:
                segment.started = True
                text = mask_secrets(segment.text.strip())
                self._tell(events.SpeakingStart(segment.id, segment.turn, text))

    def _end_segments(self, heard: str, *, interrupted: bool) -> None:
        """Each is told with its part of what was heard; what never began was not said."""
        for segment in self._segments:
            part, heard = heard[: len(segment.text)], heard[len(segment.text) :]
            if segment.started:
                cut = interrupted and part != segment.text
                words = mask_secrets((part if cut else segment.text).strip())
                self._tell(events.SpeakingEnd(segment.id, segment.turn, cut, words))
        self._segments.clear()

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if isinstance(item, AgentHandoff):
            if item.old_agent_id is not None:
                self._tell(events.Handoff(item.old_agent_id, item.new_agent_id, self._reason))
        elif isinstance(item, llm.ChatMessage) and item.role == "user":
            self._end_user_turn(item.text_content or "")
        elif isinstance(item, llm.ChatMessage) and item.role == "assistant":
            self._end_speech(item.text_content or "", interrupted=item.interrupted)

    def _end_user_turn(self, text: str) -> None:
        # a speech of which nothing was heard leaves no item behind
        self._end_segments("", interrupted=True)
        if not self._transcribed:
            self._hear(text, final=True)
        self._turn, self._transcribed = self._turn + 1, False

    def _end_speech(self, text: str, *, interrupted: bool) -> None:
        if not self._segments:
            self._on_words(text)
        self._start_segments()
        self._end_segments(text, interrupted=interrupted)

    # Tools

    def _on_tool(self, event: ToolExecutionUpdatedEvent) -> None:
        update = event.update
        if isinstance(update, ToolCallStarted):
            self._start_tool(update.function_call)
        elif isinstance(update, ToolCallEnded) and update.call_id in self._tools:
            running = self._tools.pop(update.call_id)
            if update.status == "done":
                self._tool_done(running, _result(update.message))
            else:
                self._tool_failed(running, update.message or update.status)

    def _start_tool(self, function_call: llm.FunctionCall) -> None:
        running = self._running(function_call)
        self._tools[function_call.call_id] = running
        self._begun.add(function_call.call_id)
        self._tell(events.ToolStarted(running.call, running.function, running.arguments))

    def _running(self, function_call: llm.FunctionCall) -> Running:
        self._tools_used += 1
        arguments = masked(_arguments(function_call.arguments))
        return Running(f"tool-{self._tools_used}", function_call.name, arguments, self._now())

    def _tool_done(self, running: Running, result: Any) -> None:
        self._end_tool(running, result=masked(result))
        self._reason = mask_secrets(str(running.arguments.get("reason", "")))
        if not isinstance(result, Mapping):
            return
        if self._call.trust is Trust.VERIFIED and self._call.customer_id != self._known:
            self._known = self._call.customer_id
            self._identify(masked(result))
        if result.get("status") == "transferred":
            self._tell(events.Handoff(self._session.current_agent.id, PERSON, self._reason))

    def _identify(self, result: Mapping[str, Any]) -> None:
        """The user card, from the result that says who it is."""
        people = (one for one in result.values() if isinstance(one, Mapping))
        ids = [person[name] for person in people for name in person if name in WHOLE_IDS]
        if ids:
            user = events.User(self._call.name or "", ids[0])
            self._tell(events.Identified(user, tuple(result.get("active_appointments", ()))))

    def _tool_failed(self, running: Running, error: str) -> None:
        self._end_tool(running, error=mask_secrets(error))

    def _end_tool(self, running: Running, *, result: Any = None, error: str | None = None) -> None:
        ms = round((self._now() - running.since) * 1000)
        self._tell(events.ToolCall(running.call, running.function, running.arguments, ms, result, error))

    def _on_tools_executed(self, event: FunctionToolsExecutedEvent) -> None:
        """Those that never began: a model asked for a tool that is not there, or with arguments that are none."""
        for function_call, output in event.zipped():
            if output.call_id in self._begun:
                self._begun.discard(output.call_id)
            elif output.is_error:
                self._tool_failed(self._running(function_call), output.output)

    # Failures

    def _on_store_error(self, error: StoreError) -> None:
        self._tell(events.Error(error.code, error.sentence))

    def _on_error(self, event: ErrorEvent) -> None:
        if getattr(event.error, "recoverable", False):
            return
        told = SORRY.get(self._call.language, SORRY["en"])
        self._tell(events.Error(getattr(event.error, "type", "error"), told))


def _arguments(text: str) -> Mapping[str, Any]:
    """The SDK has made them JSON before a tool begins; a model's own may be anything."""
    try:
        arguments = json.loads(text or "{}")
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}


def _result(message: str | None) -> Any:
    """What a tool that hands the caller over returns is not told; it went well."""
    if message is None:
        return {"status": "ok"}
    try:
        return json.loads(message)
    except ValueError:
        return message
