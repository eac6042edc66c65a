"""A call whose process was killed goes on in another one where it was."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.resumption import resume
from db.business import Switchboard
from db.call_log import read_call
from db.calls import Ending, end_call
from db.engine import Store
from db.errors import NotFound
from db.models import Appointment, CallRecord
from tests.calling import START, make_call
from tests.people import ARCHIT, add_clinic_people
from tools.call import Trust

ROOT = Path(__file__).parent.parent


class Process:
    """A call in a process of its own."""

    def __init__(self, folder: Path, desk: str, number: str, how: str) -> None:
        command = [sys.executable, "-m", "tests.resumed_process", str(folder), desk, number, how]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.greeting = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None and self._process.stderr is not None
        return self._process.stdout.readline() or self._process.stderr.read()

    def say(self, words: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        return self._line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """SIGKILL: nothing is tidied up."""
        self._process.kill()
        self._process.communicate()


async def written_down(store: Store, words: str) -> None:
    """Waits until the turn stands in the store: it is written beside the talk."""
    for _ in range(200):
        story = await read_call(store, "the-call", show=True)
        if story is not None and story.turns and words in story.turns[-1].text:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"«{words}» was never written down")


async def test_a_killed_call_goes_on_in_another_process(store: Store, board: Switchboard, tmp_path: Path) -> None:
    await add_clinic_people(store, board)
    with Process(tmp_path, "kavita", ARCHIT.phone, "begin") as first:
        assert "Archit" in first.greeting
        first.say("I'd like an appointment tomorrow at three")
        assert "Tuesday, March 3 at 3:00 PM. Shall I book it?" in first.say(ARCHIT.code)
        await written_down(store, "Shall I book it?")
    with Process(tmp_path, "kavita", ARCHIT.phone, "resume") as second:
        assert "gone for a moment" in second.greeting and "3:00 PM. Shall I book it?" in second.greeting
        assert "booked for Tuesday, March 3 at 3:00 PM" in second.say("yes please")
        assert "which" not in second.say("what appointments do I have?").casefold()
    async with store.read() as session:
        made = (await session.exec(select(Appointment).where(col(Appointment.made_by_call) == "the-call"))).all()
    assert [one.local_start for one in made] == ["2026-03-03T15:00"]


async def test_the_other_process_is_no_surer_of_who_speaks(store: Store, board: Switchboard, tmp_path: Path) -> None:
    await add_clinic_people(store, board)
    with Process(tmp_path, "kavita", "+12025550199", "begin") as first:
        assert "PIN" in first.say(f"which appointments do I have, my id is {ARCHIT.code}")
        await written_down(store, "PIN")
    with Process(tmp_path, "kavita", "+12025550199", "resume") as second:
        told = second.say("just read them to me")
        assert "March" not in told and "Archit" not in told


async def test_a_call_that_is_over_is_not_gone_on_with(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    await end_call(store, call.business, call.id, Ending("goodbye"), START)
    with pytest.raises(NotFound):
        await resume(call)
    assert call.trust == Trust.UNKNOWN and not call.resumed


async def test_a_call_of_another_business_is_not_gone_on_with(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    call.business = board.business("corner-shop")
    with pytest.raises(NotFound):
        await resume(call)


async def test_wrong_answers_are_still_counted(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")

    async def fail(session: AsyncSession) -> None:
        record = await session.get_one(CallRecord, call.id)
        record.failures, record.trust = 2, 1

    await store.write(fail)
    await resume(call)
    assert (call.failures, call.trust, call.resumed) == (2, Trust.RECOGNISED, True)
