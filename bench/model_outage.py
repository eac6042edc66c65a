"""How long a caller waits when the model fails: for each fault, the turn in which it happens and the next one.

    python3 bootstrap.py python -m bench.model_outage [--runs 5] [--patience 1.5]

A server on loopback speaks OpenAI's protocol and fails as providers do; the real plugin asks it, in the product's chain
of models. The wait is the longest time without a new sentence, from the request to the answer's end; the extra is what
exceeds that of a model that is well. An engine that answers at once stands behind; the time of the real one is
measured by bench.brain.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from settings import Settings
from speech.model import make_model

GATE, AIM = 2.5, 1.5
FIRST_TOKEN = 0.375
"""Seconds that a model which is well takes to its first word."""
A_TOKEN = 0.015
WORDS = ("I have ten o'clock tomorrow. ", "There is noon as well. ", "Which one would you like?")


@dataclass(frozen=True)
class Fault:
    """How the server treats a request."""

    name: str
    status: int | None = 200
    """None: the connection is refused."""
    first: float = FIRST_TOKEN
    pause: float = A_TOKEN
    pieces: int = 99
    """How many words come."""
    then: Literal["finish", "cut", "hang", "pulse", "page"] = "finish"
    tool: bool = False


FAULTS = (
    Fault("none"),
    Fault("connection refused", status=None),
    Fault("429", status=429, first=0),
    Fault("500, after a while", status=500),
    Fault("no answer", first=60),
    Fault("signs of life, no words", pieces=0, then="pulse"),
    Fault("cut in the first sentence", pieces=3, then="cut"),
    Fault("silent in the first sentence", pieces=3, then="hang"),
    Fault("cut in the second sentence", pieces=7, then="cut"),
    Fault("silent in the second sentence", pieces=7, then="hang"),
    Fault("cut in a tool call", pieces=2, then="cut", tool=True),
    Fault("silent in a tool call", pieces=2, then="hang", tool=True),
    Fault("a word every 0.8 seconds", pause=0.8),
    Fault("a web page", first=0, then="page"),
)


class Engine(llm.LLM[str]):
    """Stands for the embedded engine."""

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        return _EngineStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _EngineStream(llm.LLMStream):
    async def _run(self) -> None:
        delta = llm.ChoiceDelta(role="assistant", content="The engine answers.")
        self._event_ch.send_nowait(llm.ChatChunk(id="engine", delta=delta))


@contextlib.asynccontextmanager
async def serving(fault: Fault) -> AsyncIterator[str]:
    """The address of a server with the fault."""
    gone = asyncio.Event()

    async def complete(request: web.Request) -> web.StreamResponse:
        await asyncio.wait({wait := asyncio.create_task(gone.wait())}, timeout=fault.first)
        wait.cancel()
        if fault.status != 200 or fault.then == "page":
            return web.Response(status=fault.status or 503, text="<p>Welcome</p>", content_type="text/html")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):
            await answer(response, fault, gone)
        if fault.then == "cut" and request.transport is not None:
            request.transport.abort()
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    if fault.status is None:
        await runner.cleanup()
    yield url
    gone.set()
    await runner.cleanup()


async def answer(response: web.StreamResponse, fault: Fault, gone: asyncio.Event) -> None:
    for delta in deltas(fault.tool)[: fault.pieces]:
        await send(response, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        await asyncio.sleep(fault.pause)
    while fault.then == "pulse" and not gone.is_set():
        await response.write(b": still here\n\n")
        await asyncio.sleep(0.1)
    if fault.then == "hang":
        await gone.wait()
    if fault.then == "finish":
        await send(response, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        usage = {"prompt_tokens": 900, "completion_tokens": 20, "total_tokens": 920}
        await send(response, {"choices": [], "usage": usage})
        await response.write(b"data: [DONE]\n\n")


def deltas(tool: bool) -> Sequence[dict[str, Any]]:
    if not tool:
        return [{"content": f"{word} "} for word in "".join(WORDS).split()]
    begun = {"index": 0, "id": "call", "function": {"name": "book_appointment", "arguments": '{"date": '}}
    return [{"tool_calls": [begun]}, {"tool_calls": [{"index": 0, "function": {"arguments": '"tomo'}}]}]


async def send(response: web.StreamResponse, chunk: dict[str, Any]) -> None:
    known = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    await response.write(f"data: {json.dumps({**known, **chunk})}\n\n".encode())


async def longest_wait(model: llm.LLM[Any]) -> float:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="When can I come?")
    before, longest = time.perf_counter(), 0.0
    async with model.chat(chat_ctx=context) as stream:
        async for chunk in stream:
            if chunk.has_response():
                now = time.perf_counter()
                before, longest = now, max(longest, now - before)
    return longest


async def measure(fault: Fault, runs: int, patience: float) -> tuple[float, float]:
    """The longest waits of all runs: in the turn with the fault, and in the one behind it."""
    worst, behind = 0.0, 0.0
    for _ in range(runs):
        async with serving(fault) as url:
            settings = Settings(
                _env_file=None, openai_api_key=None, openai_base_url=url, openai_patience_seconds=patience
            )
            async with make_model(settings, Engine()) as model:
                worst = max(worst, await longest_wait(model))
                behind = max(behind, await longest_wait(model))
    return worst, behind


async def main() -> None:
    parser = argparse.ArgumentParser(description="Waits of a caller whose model fails.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--patience", type=float, default=Settings.model_fields["openai_patience_seconds"].default)
    options = parser.parse_args()
    tell = sys.stdout.write
    tell(f"patience {options.patience} s, {options.runs} runs, the longest of them in seconds\n\n")
    tell(f"{'fault':32} {'wait':>6} {'extra':>6} {'next turn':>10}\n")
    await measure(FAULTS[0], 1, options.patience)  # loads what is loaded once
    well, worst = 0.0, 0.0
    for fault in FAULTS:
        wait, behind = await measure(fault, options.runs, options.patience)
        well = well or wait
        worst = max(worst, wait - well)
        tell(f"{fault.name:32} {wait:6.2f} {max(0.0, wait - well):6.2f} {behind:10.2f}\n")
    tell(f"\nmost extra silence {worst:.2f} s (gate {GATE}, aim {AIM}): {'held' if worst <= GATE else 'MISSED'}\n")


if __name__ == "__main__":
    asyncio.run(main())
