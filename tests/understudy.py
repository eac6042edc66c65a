"""A language model that stands in for the embedded engine: it answers at once, sentence by sentence, from the chat
context alone."""

from typing import Any

from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, APIConnectOptions, NotGivenOr

from tests.scripted import Use

WORDS = ("The engine answers.", "What else can I do?")


class Understudy(llm.LLM[str]):
    """Does the deed when asked to, unless it was done in this turn; tells what a tool gave; else says the same."""

    def __init__(self, deed: Use | None = None, words: tuple[str, ...] = WORDS) -> None:
        super().__init__()
        self.deed, self.words = deed, words
        self.asked: list[llm.ChatContext] = []

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
        self.asked.append(chat_ctx.copy())
        return _Lines(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _Lines(llm.LLMStream):
    async def _run(self) -> None:
        model, items = self._llm, self._chat_ctx.items
        assert isinstance(model, Understudy)
        callers = [at for at, item in enumerate(items) if item.type == "message" and item.role == "user"]
        turn = items[callers[-1] :]
        results = [item.output for item in turn if item.type == "function_call_output"]
        asked = turn[0].text_content if turn[0].type == "message" else None
        if results:
            self._send(content=f"The result: {results[-1]}")
        elif model.deed is not None and asked == "Do it.":
            call_id = f"engine_{len(model.asked)}"
            self._send(
                tool_calls=[llm.FunctionToolCall(name=model.deed.name, arguments=model.deed.json, call_id=call_id)]
            )
        else:
            for sentence in model.words:
                self._send(content=f"{sentence} ")

    def _send(self, **delta: Any) -> None:
        self._event_ch.send_nowait(llm.ChatChunk(id="engine", delta=llm.ChoiceDelta(role="assistant", **delta)))
