"""A language model that says what the test wrote down: no judgement, the real protocol of the SDK."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, APIConnectOptions, NotGivenOr


@dataclass(frozen=True)
class Use:
    """A tool call."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    """A string is sent as it is: a model may send anything."""

    @property
    def json(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


Step = str | Use | list[Use] | Callable[[str], str]
"""Something to say, tools to use, or a function from the last tool's output to something to say."""


class ScriptedLLM(llm.LLM[str]):
    """Answers each request with the next step."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__()
        self.steps = list(steps)
        self.seen: list[llm.ChatContext] = []

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
        self.seen.append(chat_ctx.copy())
        return _ScriptedStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _ScriptedStream(llm.LLMStream):
    async def _run(self) -> None:
        model = self._llm
        assert isinstance(model, ScriptedLLM)
        step = model.steps.pop(0) if model.steps else "(the script is over)"
        outputs = [item for item in self._chat_ctx.items if item.type == "function_call_output"]
        if callable(step):
            step = step(outputs[-1].output)
        number = len(model.seen)
        if isinstance(step, str):
            delta = llm.ChoiceDelta(role="assistant", content=step)
        else:
            uses = [step] if isinstance(step, Use) else step
            calls = [
                llm.FunctionToolCall(name=use.name, arguments=use.json, call_id=f"call_{number}_{index}")
                for index, use in enumerate(uses)
            ]
            delta = llm.ChoiceDelta(role="assistant", tool_calls=calls)
        self._event_ch.send_nowait(llm.ChatChunk(id=f"chunk_{number}", delta=delta))
