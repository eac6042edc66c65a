"""A process that holds one call by typing, begun or gone on with: `python -m tests.resumed_process FOLDER DESK NUMBER
begin|resume`. Each line of its input is a line of the caller; each of its output is what the desk said."""

import asyncio
import sys
from pathlib import Path

from livekit.agents import llm

from agents import DESKS, DIALOGUES
from agents.session import start
from db.business_file import load
from db.engine import open_store
from speech.brain import Brain
from speech.brain.dialogue import read_dialogues
from tests.calling import BUSINESS_OF, TOOL_ROUNDS, Watch, say
from tools.call import Call

ROOT = Path(__file__).parent.parent


async def main(folder: str, desk: str, number: str, how: str) -> None:
    store = await open_store(f"sqlite:///{folder}/store.db", Path(folder) / "store.key")
    business = load(ROOT / "business.toml", set(DESKS)).business(BUSINESS_OF[desk])
    call = Call(id="the-call", desk=desk, business=business, store=store, clock=Watch(), number=number)
    brain = Brain(read_dialogues(DIALOGUES))
    session, scribe = await start(call, brain, tool_rounds=TOOL_ROUNDS, greeted=True, resumes=how == "resume")
    heard = tell_new(session.history.items, 0)
    while line := await asyncio.to_thread(sys.stdin.readline):
        await say(session, line.strip())
        heard = tell_new(session.history.items, heard)
    await session.aclose()
    await scribe.finished()
    await store.close()


def tell_new(items: list[llm.ChatItem], heard: int) -> int:
    words = [item.text_content or "" for item in items[heard:] if item.type == "message" and item.role == "assistant"]
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()
    return len(items)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
