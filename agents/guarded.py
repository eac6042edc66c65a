"""A guard over what a model writes: each sentence is looked at before it is spoken."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

from livekit.agents import llm

from tools.child_safety import Verdict, judge

_END_OF_SENTENCE = re.compile(r"(?<=[.!?…।॥\n])(?=\s)")


async def guarded(
    chunks: AsyncIterable[llm.ChatChunk | str | Any], instead: Callable[[Verdict], str]
) -> AsyncIterator[llm.ChatChunk | str | Any]:
    """The model's turn, sentence by sentence. A refused sentence is replaced, and the text after it, which would go on
    about the same, is left out; tool calls pass."""
    guard = _Sentences(instead)
    async for chunk in chunks:
        text = chunk if isinstance(chunk, str) else _text(chunk)
        if not text:
            yield chunk
            continue
        for sentence in guard.take(text):
            yield sentence
        if isinstance(chunk, llm.ChatChunk) and chunk.delta is not None and (chunk.delta.tool_calls or chunk.usage):
            yield chunk.model_copy(update={"delta": chunk.delta.model_copy(update={"content": None})})
    for sentence in guard.rest():
        yield sentence


def _text(chunk: Any) -> str | None:
    return chunk.delta.content if isinstance(chunk, llm.ChatChunk) and chunk.delta is not None else None


class _Sentences:
    """Gathers a text into sentences and judges each together with the one before it."""

    def __init__(self, instead: Callable[[Verdict], str]) -> None:
        self._instead = instead
        self._held = ""
        self._before = ""
        self._refused = False

    def take(self, text: str) -> list[str]:
        *whole, self._held = _END_OF_SENTENCE.split(self._held + text)
        return [said for sentence in whole if (said := self._said(sentence))]

    def rest(self) -> list[str]:
        said, self._held = self._said(self._held), ""
        return [said] if said else []

    def _said(self, sentence: str) -> str:
        if self._refused:
            return ""
        verdict = judge(f"{self._before} {sentence}", "us")
        if verdict is not None:
            self._refused = True
            return f" {self._instead(verdict)}" if self._before else self._instead(verdict)
        self._before = sentence
        return sentence
