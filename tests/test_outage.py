"""A model that fails in the middle of a call, and the embedded engine that goes on with it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from agents import DIALOGUES
from db.business import Switchboard
from db.engine import Store, open_store
from db.models import Appointment
from speech.brain import Brain
from speech.brain.dialogue import read_dialogues
from tests.calling import make_call, say
from tests.openai_server import Broken, Refuse, Step
from tests.scripted import Use
from tests.wire import ChainedLine, chained, runs
from tools.call import Call

LOOK = Use("fetch_slots", {"date": "tomorrow"})


@pytest.fixture
async def demo_store(tmp_path: Path, demo: Path) -> AsyncIterator[Store]:
    for name in ("store.db", "store.key"):
        shutil.copy(demo / name, tmp_path / name)
    store = await open_store(f"sqlite:///{tmp_path}/store.db", tmp_path / "store.key")
    yield store
    await store.close()


@pytest.fixture
async def kavita(demo_store: Store, board: Switchboard) -> Call:
    return await make_call(demo_store, board, "kavita")


def engine() -> Brain:
    return Brain(read_dialogues(DIALOGUES))


async def answer(line: ChainedLine, words: str) -> str:
    before = len(line.heard)
    await say(line.session, words)
    return " ".join(line.heard[before:])


async def booked(store: Store) -> list[str]:
    async with store.read() as session:
        made = await session.exec(select(Appointment).where(col(Appointment.made_by_call) == "call-1"))
        return [one.local_start for one in made]


@pytest.mark.parametrize("fault", [Refuse(500), Broken("Let me see. I think that", 5), Broken(LOOK, 3)])
async def test_a_call_that_a_model_began_is_brought_to_its_end_by_the_engine(
    fault: Step, kavita: Call, demo_store: Store
) -> None:
    """The model asked in words of its own; what it asked is understood all the same."""
    asked = "Good morning! I'd be happy to help. Could you please tell me your four digit ID?"
    async with chained(kavita, engine(), asked, always=fault) as line:
        assert asked in await answer(line, "I'd like an appointment tomorrow at three")
        assert "PIN" in await answer(line, "one zero zero one")
        assert "Tuesday, March 3 at 3:00 PM. Shall I book it?" in await answer(line, "4471")
        assert "booked for Tuesday, March 3 at 3:00 PM" in await answer(line, "yes please")
        assert line.errors == []
    assert await booked(demo_store) == ["2026-03-03T15:00"]
    assert [name for name, _ in await runs(demo_store)].count("book_appointment") == 1


async def test_a_sentence_that_the_model_had_said_is_not_said_again(kavita: Call) -> None:
    begun = "What is your four-digit ID, please? Then I will look"
    async with chained(kavita, engine(), always=Broken(begun, 11)) as line:
        said = await answer(line, "I'd like to book")
    assert said.count("What is your four-digit ID, please?") == 1 and "Then I will" not in said
