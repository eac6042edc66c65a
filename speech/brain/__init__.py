"""The embedded dialogue engine: an `llm.LLM` that needs no model, no key and no network.

It reads the chat context and the tools it is given and answers with a tool call or with sentences. What a desk's
callers may want, and how it is said, stands in the desk's dialogue file; the engine knows no desk. Nothing is
remembered between two requests: another process can go on with the call.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, APIConnectOptions, NotGivenOr

from speech.brain.dialogue import Dialogue, fitting
from speech.brain.hearing import acts_in
from speech.brain.mentions import mentions
from speech.brain.phrases import found_in, plain
from speech.brain.policy import Plan
from speech.brain.talk import Talk
from speech.brain.tongue import spoken_in
from speech.brain.wording import sentences
from speech.times import Frame

FRAME = "frame"
"""Under this key of a message's `extra` stands the clock of the call: now, hours, locale, language."""
LOST = "I'm sorry, I can't help with that here."


class Brain(llm.LLM[str]):
    """Answers by dialogue files."""

    def __init__(self, dialogues: Sequence[Dialogue]) -> None:
        super().__init__()
        self.dialogues = tuple(dialogues)

    @property
    def model(self) -> str:
        return "embedded"

    @property
    def provider(self) -> str:
        return "switchboard"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        return _Answer(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _Answer(llm.LLMStream):
    """One answer, sentence by sentence."""

    async def _run(self) -> None:
        assert isinstance(self._llm, Brain)
        plan = plan_of(self._llm.dialogues, self._chat_ctx, self._tools)
        identity = f"embedded_{len(self._chat_ctx.items)}"
        for number, sentence in enumerate(sentences(plan.text)):
            self._send(identity, llm.ChoiceDelta(role="assistant", content=f" {sentence}" if number else sentence))
        if plan.tool is not None:
            call = llm.FunctionToolCall(name=plan.tool, arguments=json.dumps(plan.arguments), call_id=identity)
            self._send(identity, llm.ChoiceDelta(role="assistant", tool_calls=[call]))

    def _send(self, identity: str, delta: llm.ChoiceDelta) -> None:
        self._event_ch.send_nowait(llm.ChatChunk(id=identity, delta=delta))


def forget_lines() -> None:
    """Lines are kept for a while to be understood quicker at the next turn; a call that is over leaves none behind."""
    for kept in (plain, found_in, acts_in, mentions, spoken_in):
        kept.cache_clear()


def plan_of(dialogues: Sequence[Dialogue], context: llm.ChatContext, tools: Sequence[llm.Tool]) -> Plan:
    """What is said or done next in a talk."""
    clock = _clock_of(context)
    names = [tool.info.name for tool in tools if isinstance(tool, llm.FunctionTool | llm.RawFunctionTool)]
    found = fitting(dialogues, names, str(clock.get("language", "en")))
    if not found:
        return Plan(LOST)
    talk = Talk(found[0], _frame_of(clock), found[1:])
    talk.follow(context.items)
    return talk.plan()


def _clock_of(context: llm.ChatContext) -> dict[str, Any]:
    """The newest clock that the desk noted."""
    for item in reversed(context.items):
        if item.type == "message" and FRAME in item.extra:
            return dict(item.extra[FRAME])
    return {}


def _frame_of(clock: dict[str, Any]) -> Frame | None:
    if "now" not in clock:
        return None
    hours = clock.get("hours")
    now, locale = datetime.fromisoformat(clock["now"]), str(clock.get("locale", "en-US"))
    return Frame(now=now, hours=tuple(hours) if hours else None, locale=locale)
