"""How long the embedded engine takes: an answer, and a start of the typed console.

    python3 bootstrap.py python -m bench.brain [--starts 5]

The answers are those of every conversation in tests/talks: each line and each tool's result, with all that was said
before as the context, timed alone. A start is `agent_worker.py console --text` on a new store, from the command to the
first answer. How many lines a second `understand` reads is printed by bench/understand.py.
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from livekit.agents import llm

from agents import DESKS, DIALOGUES
from agents.session import start
from db.business_file import load
from db.demo.making import make_demo
from db.engine import Store, open_store
from speech.brain import Brain, plan_of
from speech.brain.dialogue import read_dialogues
from tests.calling import START, TOOL_ROUNDS, say
from tests.test_talks import call_for, calls_of
from tests.typed_talks import TypedTalk, read_talks

ROOT = Path(__file__).parent.parent
Request = tuple[llm.ChatContext, list[llm.Tool]]


class Recorder(Brain):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(read_dialogues(DIALOGUES))
        self.asked: list[Request] = []

    def chat(self, *, chat_ctx: llm.ChatContext, tools: list[llm.Tool] | None = None, **kwargs: Any) -> llm.LLMStream:
        self.asked.append((chat_ctx.copy(), list(tools or [])))
        return super().chat(chat_ctx=chat_ctx, tools=tools, **kwargs)


async def hold(talk: TypedTalk, store: Store, brain: Brain) -> None:
    """The caller's side of a conversation."""
    board = load(ROOT / "business.toml", set(DESKS))
    for number, lines in enumerate(calls_of(talk)):
        call = await call_for(talk, store, board, number)
        session, scribe = await start(call, brain, tool_rounds=TOOL_ROUNDS, greeted=True)
        for line in lines:
            if line.kind == ">":
                await say(session, line.text)
        await session.aclose()
        await scribe.finished()


async def requests() -> list[Request]:
    """What the engine is asked in all the conversations, each of them on a copy of one store."""
    brain = Recorder()
    board = load(ROOT / "business.toml", set(DESKS))
    with tempfile.TemporaryDirectory() as folder:
        demo = await opened(Path(folder) / "demo")
        await make_demo(demo, board, START, seed=1, customers=12)
        await demo.close()
        for number, talk in enumerate(read_talks()):
            copy = Path(folder) / str(number)
            shutil.copytree(Path(folder) / "demo", copy)
            store = await opened(copy)
            await hold(talk, store, brain)
            await store.close()
    return brain.asked


async def opened(folder: Path) -> Store:
    return await open_store(f"sqlite:///{folder}/store.db", folder / "store.key")


def answer_times(brain: Brain, asked: list[Request]) -> list[float]:
    """Milliseconds for each, the second time that it is asked: files have been read, nothing of the talk is kept."""
    took = []
    for context, tools in asked:
        plan_of(brain.dialogues, context, tools)
        begun = time.perf_counter()
        plan_of(brain.dialogues, context, tools)
        took.append((time.perf_counter() - begun) * 1000)
    return took


def start_time() -> float:
    """Seconds from the command to the first answer, on a store that has its demo data."""
    with tempfile.TemporaryDirectory() as folder:
        key, database = f"KEY_FILE={folder}/store.key", f"sqlite:///{folder}/store.db"
        command = ["env", key, sys.executable, "agent_worker.py", "console", "--text", "--db", database]
        subprocess.run(command, cwd=ROOT, input=b"", check=True, capture_output=True)
        begun = time.perf_counter()
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as console:
            assert console.stdin is not None and console.stdout is not None
            console.stdin.write(b"I would like an appointment\n")
            console.stdin.flush()
            while b"ID" not in console.stdout.readline():
                pass
            took = time.perf_counter() - begun
            console.stdin.close()
        return took


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--starts", type=int, default=5, help="how often the typed console is started")
    chosen = options.parse_args()
    asked = asyncio.run(requests())
    cuts = statistics.quantiles(answer_times(Recorder(), asked), n=100)
    tell(f"answers: {len(asked)}, p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms")
    starts = sorted(start_time() for _ in range(chosen.starts))
    tell(f"first answer of the typed console: median {statistics.median(starts):.2f} s, slowest {starts[-1]:.2f} s")


if __name__ == "__main__":
    main()
