"""A server on loopback that speaks OpenAI's chat completions by a script, so that the real plugin runs unchanged.

It streams as the provider does: a sentence in pieces, a tool's arguments cut in the middle of words and numbers, a
usage chunk, [DONE]. And it fails as providers do: a refusal, a dropped connection, a stream that ends too early, stalls
or trickles, and answers that are none.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from tests.scripted import Use

PIECES = (1, 3, 2, 7, 4)
"""Characters of a delta, in turn: few enough to cut names, numbers and escapes in two."""

Answer = str | Use | Sequence[Use | str] | Callable[[str], str]
"""Something to say, tools to use, both behind each other, or a function from the last tool's result to words."""


@dataclass(frozen=True)
class Broken:
    """An answer of which only the first chunks come."""

    answer: Answer
    after: int
    """How many chunks; a large number: all but the end."""
    how: Literal["dropped", "ended", "silent", "pulsing", "length", "finished"] = "dropped"
    """dropped: the connection is gone · ended: it closes properly without a finish · silent: nothing more comes ·
    pulsing: nothing more comes but signs of life · length: the allowed tokens are used up · finished: the connection is
    gone right behind the finish"""


@dataclass(frozen=True)
class Refuse:
    """An HTTP status instead of an answer."""

    status: int


@dataclass(frozen=True)
class Slow:
    """An answer that trickles."""

    answer: Answer
    pause: float
    """Seconds before each chunk."""


@dataclass(frozen=True)
class Garbage:
    """What no provider should send, with a 200."""

    body: bytes
    kind: str = "text/event-stream"


@dataclass(frozen=True)
class Hang:
    """The request is taken, and nothing comes: not even a status."""


Step = Answer | Broken | Refuse | Slow | Garbage | Hang
PULSE = 0.02
"""Seconds between two signs of life."""
TOKENS = 100
"""As many as a request allows."""
Chunk = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body["messages"])

    @property
    def tools(self) -> dict[str, dict[str, Any]]:
        """Each tool's function part by its name."""
        return {tool["function"]["name"]: tool["function"] for tool in self.body.get("tools", [])}

    @property
    def calls(self) -> list[tuple[str, str]]:
        """The tool calls that the model is shown as its own: name and arguments."""
        calls = [call["function"] for message in self.messages for call in message.get("tool_calls", ())]
        return [(call["name"], call["arguments"]) for call in calls]

    @property
    def results(self) -> list[str]:
        """What tools gave so far, in order."""
        return [str(message["content"]) for message in self.messages if message["role"] == "tool"]


class OpenAIServer:
    """Answers each request with the script's next step, and keeps what it was asked."""

    def __init__(self, steps: Sequence[Step], *, whole_calls: bool = False) -> None:
        self.steps = list(steps)
        self.asked: list[Asked] = []
        self.beyond = 0
        """Requests that no step of the script answered: too many, or not as the protocol wants them."""
        self.then: Step | None = None
        """The answer to every request once the script is over."""
        self._whole_calls = whole_calls
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens; after a stop on the same port again."""
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        self._closing.clear()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Nobody listens any more."""
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": []})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(await request.json())
        self.asked.append(asked)
        if (mistake := _mistake(asked.messages)) is not None:
            self.beyond += 1
            return _refusal(400, mistake)
        step = self.steps.pop(0) if self.steps else self.then
        match step:
            case None:
                self.beyond += 1
                return _refusal(400, "the script is over")
            case Refuse(status):
                return _refusal(status, "scripted")
            case Garbage(body, kind):
                return web.Response(body=body, content_type=kind)
            case Hang():
                await self._closing.wait()
                return _refusal(503, "closing")
        return await self._answer(request, asked, step)

    async def _answer(self, request: web.Request, asked: Asked, step: Answer | Broken | Slow) -> web.StreamResponse:
        answer = step.answer if isinstance(step, Broken | Slow) else step
        said = answer(asked.results[-1]) if callable(answer) else answer
        chunks = chunks_of(said, request=len(self.asked), whole_calls=self._whole_calls)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        # whoever hangs up in the middle gets no more
        with contextlib.suppress(ConnectionResetError):
            if isinstance(step, Broken):
                await self._break(response, chunks, step)
            else:
                await _stream(response, chunks, step.pause if isinstance(step, Slow) else 0)
        if isinstance(step, Broken) and step.how in {"dropped", "finished"} and request.transport is not None:
            request.transport.abort()
        return response

    async def _break(self, response: web.StreamResponse, chunks: list[Chunk], broken: Broken) -> None:
        for chunk in chunks[: broken.after]:
            await _send(response, chunk)
        match broken.how:
            case "length":
                await _finish(response, chunks, "length")
            case "finished":
                await _send(response, _delta(finish=_reason(chunks)))
            case "silent":
                await self._closing.wait()
            case "pulsing":
                while not self._closing.is_set():
                    await response.write(b": still here\n\n")
                    await asyncio.sleep(PULSE)


def _mistake(messages: list[dict[str, Any]]) -> str | None:
    """What the provider would refuse: a tool call without its result right behind it, or a result without its call."""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return f"a result without its call: {message['tool_call_id']}"
            waiting.remove(message["tool_call_id"])
        elif waiting:
            return f"a call without its result: {sorted(waiting)}"
        else:
            waiting = {call["id"] for call in message.get("tool_calls", ())}
    return f"a call without its result: {sorted(waiting)}" if waiting else None


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "scripted"}}, status=status)


def chunks_of(answer: str | Use | Sequence[Use | str], *, request: int = 1, whole_calls: bool = False) -> list[Chunk]:
    """All but the finish: who speaks, then text or tool calls in pieces."""
    parts = [answer] if isinstance(answer, str | Use) else answer
    chunks = [_delta(role="assistant", content=None)]
    chunks += [_delta(content=piece) for part in parts if isinstance(part, str) for piece in _pieces(part)]
    uses = [part for part in parts if isinstance(part, Use)]
    calls = [_call(request, index, use) for index, use in enumerate(uses)]
    if whole_calls and calls:
        return [*chunks, _delta(tool_calls=calls)]
    return [*chunks, *(chunk for call in calls for chunk in _call_in_pieces(call))]


def _pieces(text: str) -> Iterator[str]:
    at, sizes = 0, cycle(PIECES)
    while at < len(text):
        size = next(sizes)
        yield text[at : at + size]
        at += size


def _call(request: int, index: int, use: Use) -> dict[str, Any]:
    function = {"name": use.name, "arguments": use.json}
    return {"index": index, "id": f"call_{request}_{index}", "type": "function", "function": function}


def _call_in_pieces(call: dict[str, Any]) -> Iterator[Chunk]:
    """The name comes whole and first, with the id; what follows knows only the index."""
    function = call["function"]
    yield _delta(tool_calls=[{**call, "function": {**function, "arguments": ""}}])
    for piece in _pieces(function["arguments"]):
        yield _delta(tool_calls=[{"index": call["index"], "function": {"arguments": piece}}])


def _delta(*, finish: str | None = None, **delta: Any) -> Chunk:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}], "usage": None}


async def _stream(response: web.StreamResponse, chunks: list[Chunk], pause: float) -> None:
    for chunk in chunks:
        await asyncio.sleep(pause)
        await _send(response, chunk)
    await _finish(response, chunks)


async def _finish(response: web.StreamResponse, chunks: list[Chunk], reason: str | None = None) -> None:
    await _send(response, _delta(finish=reason or _reason(chunks)))
    written = TOKENS if reason == "length" else min(len(chunks), TOKENS - 1)
    usage = {"prompt_tokens": 1200, "completion_tokens": written, "total_tokens": 1200 + written}
    await _send(response, {"choices": [], "usage": usage})
    await response.write(b"data: [DONE]\n\n")


def _reason(chunks: list[Chunk]) -> str:
    used_tools = any("tool_calls" in chunk["choices"][0]["delta"] for chunk in chunks)
    return "tool_calls" if used_tools else "stop"


async def _send(response: web.StreamResponse, chunk: Chunk) -> None:
    """One event in two writes, cut where it hurts: within a letter of several bytes where there is one."""
    known = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1772460000, "model": "gpt-4o-mini"}
    raw = f"data: {json.dumps({**known, **chunk}, ensure_ascii=False)}\n\n".encode()
    cut = next((at + 1 for at, byte in enumerate(raw) if byte > 0x7F), len(raw) // 2)
    await response.write(raw[:cut])
    await asyncio.sleep(0)
    await response.write(raw[cut:])
