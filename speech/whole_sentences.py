"""A model's answer as it may be said aloud: whole sentences, tool calls that can be read, and a proper end.

Whatever is unfinished when a stream breaks off was never given out, so that another can go on at the end of a sentence.
"""

import asyncio
import json
import string
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import cache

from livekit.agents import APIConnectionError, APITimeoutError, llm, tokenize

ENDS = (".", "!", "?", "…", "।", "॥", "。")
MARKS = string.punctuation + string.whitespace + "…।॥。“”‘’«»"


class Unfinished(APIConnectionError):
    """The stream ended, but not the answer."""


@cache
def _tokenizer() -> tokenize.SentenceTokenizer:
    return tokenize.blingfire.SentenceTokenizer(min_sentence_len=1, retain_format=True)


def sentences_of(text: str) -> list[str]:
    """The sentences, each with the space before it; joined they are the text. In doubt two stay together."""
    return _tokenizer().tokenize(text) if text.strip() else [text]


def same(sentence: str) -> str:
    """What two sentences have in common that sound the same."""
    return " ".join(sentence.casefold().split()).strip(MARKS)


def words_of(chunk: llm.ChatChunk) -> str:
    return (chunk.delta.content if chunk.delta else None) or ""


def calls_of(chunk: llm.ChatChunk) -> list[llm.FunctionToolCall]:
    return chunk.delta.tool_calls if chunk.delta else []


def with_words(chunk: llm.ChatChunk, words: str) -> llm.ChatChunk:
    delta = chunk.delta or llm.ChoiceDelta(role="assistant")
    return chunk.model_copy(update={"delta": delta.model_copy(update={"content": words})})


async def whole(
    chunks: AsyncGenerator[llm.ChatChunk], *, most_tokens: int, counts_tokens: bool
) -> AsyncIterator[llm.ChatChunk]:
    """The same answer in whole sentences; `Unfinished` if it breaks off though its stream ends properly.

    The SDK does not tell how an answer finished. What does is the count of its tokens: it comes last, and at the
    allowed number the answer was cut. `counts_tokens`: this provider is known to send it.
    """
    tail, gave, used = "", False, None
    async with aclosing(chunks):
        async for chunk in chunks:
            used = chunk.usage.completion_tokens if chunk.usage else used
            ready, tail = _ready(tail, chunk)
            gave = gave or bool(ready.strip() or calls_of(chunk))
            if ready or calls_of(chunk) or not chunk.has_response():
                yield with_words(chunk, ready) if chunk.delta else chunk
    out_of_tokens = used is not None and used >= most_tokens
    if out_of_tokens and gave and not _has_end(tail):
        return
    missing = used is None and (counts_tokens or not _has_end(tail))
    if out_of_tokens or missing or not (gave or tail.strip()):
        raise Unfinished("the model's answer has no end")
    if tail:
        yield llm.ChatChunk(id="", delta=llm.ChoiceDelta(role="assistant", content=tail))


def _ready(tail: str, chunk: llm.ChatChunk) -> tuple[str, str]:
    """What may be said, and what must wait for its end. Before a tool call the words are at their end."""
    text = tail + words_of(chunk)
    if not calls_of(chunk):
        *ready, tail = sentences_of(text)
        return "".join(ready), tail
    for call in calls_of(chunk):
        try:
            json.loads(call.arguments)
        except ValueError as error:
            raise Unfinished("the model's tool call has arguments that cannot be read") from error
    return text, ""


def _has_end(text: str) -> bool:
    return not text.strip() or text.rstrip(string.whitespace + "\"'”’»)").endswith(ENDS)


async def in_time(chunks: AsyncIterator[llm.ChatChunk], seconds: float) -> AsyncIterator[llm.ChatChunk]:
    """The same chunks; an error if something to say or to do is longer in coming than that."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while True:
        try:
            async with asyncio.timeout_at(until):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise APITimeoutError(f"nothing to say within {seconds:.1f} seconds") from error
        if chunk.has_response():
            until = clock() + seconds
        yield chunk


async def without(chunks: AsyncGenerator[llm.ChatChunk], said: list[str]) -> AsyncIterator[llm.ChatChunk]:
    """What another adds to the sentences that were said already: none of them again."""
    known = {same(sentence) for sentence in said}
    gap = " " if said else ""
    async for chunk in chunks:
        words = "".join(one for one in sentences_of(words_of(chunk)) if same(one) not in known)
        if gap and words.strip():
            words, gap = gap + words.lstrip(), ""
        yield with_words(chunk, words) if chunk.delta else chunk
