"""How far a child is: verses, stories, and what was done in a talk."""

import asyncio

from sqlmodel import select

from db.business import Switchboard
from db.engine import Store
from db.models import Escalation, Interaction
from db.profiles import Child
from db.progress import (
    StoryState,
    VerseState,
    make_favourite,
    part_begun,
    part_heard,
    read_step,
    story_states,
    story_told_last,
    verse_repeated,
    verse_states,
    verse_taught,
)
from db.talks import Talk, escalate, past_talks
from tests.calling import Watch
from tests.children import TOY, new_child

PARTS = {"leap": 2, "ring": 2}


def talk_of(child: Child, call_id: str = "c1") -> Talk:
    return Talk(TOY, child.id, call_id)


async def verse(store: Store, child: Child, index: int) -> VerseState:
    async with store.read() as session:
        return (await verse_states(session, child.id))[index]


async def story(store: Store, child: Child, story_id: str = "leap") -> StoryState:
    async with store.read() as session:
        return (await story_states(session, child.id))[story_id]


async def test_a_verse_counts_what_was_taught_tried_and_mastered(
    any_store: Store, board: Switchboard, watch: Watch
) -> None:
    talk = talk_of(child := await new_child(any_store, board, watch))
    await verse_taught(any_store, talk, 3, watch.now)
    watch.forward(seconds=20)
    await verse_repeated(any_store, talk, 3, False, watch.now)
    watch.forward(seconds=20)
    await verse_repeated(any_store, talk, 3, True, watch.now)
    state = await verse(any_store, child, 3)
    assert (state.exposure, state.attempts, state.mastery, state.last_practice) == (1, 2, 1, watch.now)


async def test_mastery_ends_at_five(store: Store, board: Switchboard, watch: Watch) -> None:
    talk = talk_of(child := await new_child(store, board, watch))
    for _ in range(7):
        watch.forward(seconds=20)
        await verse_repeated(store, talk, 0, True, watch.now)
    state = await verse(store, child, 0)
    assert (state.attempts, state.mastery) == (7, 5)


async def test_the_same_step_within_a_breath_counts_once(any_store: Store, board: Switchboard, watch: Watch) -> None:
    talk = talk_of(child := await new_child(any_store, board, watch))
    await verse_taught(any_store, talk, 0, watch.now)
    first = await verse_repeated(any_store, talk, 0, True, watch.now)
    watch.forward(seconds=2)
    assert await verse_repeated(any_store, talk, 0, True, watch.now) == first
    state = await verse(any_store, child, 0)
    assert (state.exposure, state.attempts, state.mastery) == (1, 1, 1)


async def test_steps_taken_at_once_make_one_talk_and_lose_none(
    any_store: Store, board: Switchboard, watch: Watch
) -> None:
    talk = talk_of(child := await new_child(any_store, board, watch))
    await asyncio.gather(*(verse_taught(any_store, talk, index, watch.now) for index in range(6)))
    async with any_store.read() as session:
        assert len((await session.exec(select(Interaction))).all()) == 1
        assert len(await verse_states(session, child.id)) == 6
        assert len((await past_talks(session, any_store.cipher, child.id))[0].steps) == 6


async def test_a_part_stays_the_next_one_until_it_was_heard(any_store: Store, board: Switchboard, watch: Watch) -> None:
    talk = talk_of(child := await new_child(any_store, board, watch))
    await part_begun(any_store, talk, "leap", 0, watch.now)
    assert (await story(any_store, child)).position == 0
    await part_heard(any_store, talk, PARTS, watch.now)
    state = await story(any_store, child)
    assert (state.status, state.position, state.times_heard) == ("started", 1, 0)


async def test_the_last_part_completes_a_story_once(any_store: Store, board: Switchboard, watch: Watch) -> None:
    talk = talk_of(child := await new_child(any_store, board, watch))
    await part_begun(any_store, talk, "leap", 1, watch.now)
    for _ in range(3):
        await part_heard(any_store, talk, PARTS, watch.now)
    state = await story(any_store, child)
    assert (state.status, state.position, state.times_heard) == ("completed", 0, 1)


async def test_a_part_told_in_one_talk_is_not_heard_in_another(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch)
    await part_begun(store, talk_of(child, "c1"), "leap", 0, watch.now)
    await part_heard(store, talk_of(child, "c2"), PARTS, watch.now)
    assert (await story(store, child)).position == 0


async def test_a_favourite_stays_one_and_keeps_its_position(store: Store, board: Switchboard, watch: Watch) -> None:
    talk = talk_of(child := await new_child(store, board, watch))
    await part_begun(store, talk, "leap", 0, watch.now)
    await part_heard(store, talk, PARTS, watch.now)
    await make_favourite(store, talk, "leap", watch.now)
    assert (await story(store, child)).position == 1
    await part_begun(store, talk, "leap", 1, watch.now)
    await part_heard(store, talk, PARTS, watch.now)
    state = await story(store, child)
    assert (state.status, state.times_heard) == ("favorite", 1)


async def test_the_story_told_last_is_known_over_talks(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch)
    for number, name in enumerate(("leap", "ring")):
        watch.forward(days=1)
        await part_begun(store, talk_of(child, f"c{number}"), name, 0, watch.now)
    async with store.read() as session:
        assert await story_told_last(session, child.id) == "ring"


async def test_an_escalation_is_written_once_a_talk_and_cue(any_store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(any_store, board, watch)
    await asyncio.gather(*(escalate(any_store, talk_of(child), "abuse", watch.now) for _ in range(4)))
    await escalate(any_store, talk_of(child), "self_harm", watch.now)
    await escalate(any_store, talk_of(child, "c2"), "abuse", watch.now)
    async with any_store.read() as session:
        assert len((await session.exec(select(Escalation))).all()) == 3


def test_a_step_is_read_as_it_was_written() -> None:
    step = read_step("heard:leap-to-lanka:2")
    assert step is not None
    assert (step.kind, step.subject, step.part) == ("heard", "leap-to-lanka", 2)
    assert read_step(None) is None
