"""Typed conversations with the embedded engine at every desk, as tests/talks/*.talk tell them."""

import shutil
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pytest

from agents import DIALOGUES
from agents.session import start
from agents.storyteller import DESK as STORYTELLER
from db.business import Switchboard
from db.engine import Store, open_store
from db.profiles import only_profile
from speech.brain import Brain
from speech.brain.dialogue import read_dialogues
from tests.calling import BUSINESS_OF, START, TOOL_ROUNDS, Watch
from tests.typed_talks import Line, TypedTalk, clock_of, hold, made_in, read_talks, rows_of
from tools.call import Call


def calls_of(talk: TypedTalk) -> list[Sequence[Line]]:
    """The lines of each call: «again» stands between two."""
    groups = groupby(talk.lines, key=lambda line: line.kind == "again")
    return [list(lines) for is_break, lines in groups if not is_break]


async def call_for(talk: TypedTalk, store: Store, board: Switchboard, number: int) -> Call:
    desk = talk.settings["desk"]
    business = board.business(BUSINESS_OF[desk])
    child = await only_profile(store, business.key) if desk == STORYTELLER.name else None
    return Call(
        id=f"call-{number}",
        desk=desk,
        business=business,
        store=store,
        clock=Watch(clock_of(talk, START)),
        number=talk.settings.get("caller"),
        language=talk.settings.get("language", "en"),
        profile_id=None if child is None else child.id,
    )


@pytest.mark.parametrize("talk", read_talks(), ids=lambda talk: talk.title)
async def test_a_typed_conversation_goes_as_it_is_told(
    talk: TypedTalk, tmp_path: Path, demo: Path, board: Switchboard
) -> None:
    for name in ("store.db", "store.key"):
        shutil.copy(demo / name, tmp_path / name)
    store = await open_store(f"sqlite:///{tmp_path}/store.db", tmp_path / "store.key")
    try:
        expected = await rows_of(store)
        for number, lines in enumerate(calls_of(talk)):
            made = await hold_call(talk, lines, await call_for(talk, store, board, number))
            expected = {name: rows + made[name] for name, rows in expected.items()}
        assert await rows_of(store) == expected, "what the tools said they made is what is there"
    finally:
        await store.close()


async def hold_call(talk: TypedTalk, lines: Sequence[Line], call: Call) -> dict[str, int]:
    session, scribe = await start(call, Brain(read_dialogues(DIALOGUES)), tool_rounds=TOOL_ROUNDS, greeted=True)
    try:
        await hold(talk, call, session, lines)
        return made_in(session.history.items)
    finally:
        await session.aclose()
        await scribe.finished()
