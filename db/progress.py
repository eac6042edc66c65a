"""How far a child is: verses by exposure, attempts and mastery; stories by the part that comes next.

The newest step of a talk (`interactions.topic`) tells a step that is taken anew from one that is said twice:

    verse:INDEX           a verse was taught
    repeat:INDEX          the child said it after us
    story:ID:PART         a part is being told
    heard:ID:PART         it was heard to its end
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.engine import Store
from db.models import Interaction, StoryProgress, VerseProgress
from db.talks import Talk, find_talk, open_talk, take_step

HIGHEST_MASTERY = 5
A_BREATH = timedelta(seconds=5)
"""The same step within a breath is one step said twice: no verse is spoken faster."""


@dataclass(frozen=True)
class VerseState:
    """How well a child knows one verse."""

    exposure: int = 0
    attempts: int = 0
    mastery: int = 0
    last_practice: datetime | None = None


@dataclass(frozen=True)
class StoryState:
    """Where a child is in one story."""

    status: str
    position: int
    times_heard: int
    last_heard: datetime | None

    @property
    def unfinished(self) -> bool:
        return self.position > 0 or self.status == "started"


@dataclass(frozen=True)
class Step:
    """The newest step of a talk."""

    kind: str
    subject: str
    part: int = 0


def read_step(topic: str | None) -> Step | None:
    if topic is None:
        return None
    kind, subject, *rest = topic.split(":")
    return Step(kind, subject, int(rest[0]) if rest else 0)


async def newest_step(session: AsyncSession, talk: Talk) -> Step | None:
    row = await find_talk(session, talk)
    return None if row is None else read_step(row.topic)


async def verse_states(session: AsyncSession, profile_id: str) -> dict[int, VerseState]:
    rows = await session.exec(select(VerseProgress).where(VerseProgress.profile_id == profile_id))
    return {row.verse_index: _verse_state(row) for row in rows}


def _verse_state(row: VerseProgress) -> VerseState:
    return VerseState(row.exposure_count, row.attempts, row.mastery, row.last_practice)


async def verse_taught(store: Store, talk: Talk, index: int, now: datetime) -> VerseState:
    """Counts that a child was taught a verse."""
    return await _practise(store, talk, index, now, None)


async def verse_repeated(store: Store, talk: Talk, index: int, matched: bool, now: datetime) -> VerseState:
    """Counts that a child said a verse; one that sounds right raises mastery."""
    return await _practise(store, talk, index, now, matched)


async def _practise(store: Store, talk: Talk, index: int, now: datetime, matched: bool | None) -> VerseState:
    step = f"verse:{index}" if matched is None else f"repeat:{index}"

    async def work(session: AsyncSession) -> VerseState:
        row = await open_talk(session, talk, now)
        verse = await session.get(VerseProgress, (talk.profile_id, index))
        if verse is None:
            verse = VerseProgress(profile_id=talk.profile_id, verse_index=index)
            session.add(verse)
        if not _said_twice(row, step, verse.last_practice, now):
            _count(verse, matched)
            verse.last_practice = now
            take_step(row, store.cipher, step)
        return _verse_state(verse)

    return await store.write(work)


def _said_twice(row: Interaction, step: str, last: datetime | None, now: datetime) -> bool:
    return row.topic == step and last is not None and now - last < A_BREATH


def _count(verse: VerseProgress, matched: bool | None) -> None:
    if matched is None:
        verse.exposure_count += 1
        return
    verse.attempts += 1
    if matched:
        verse.mastery = min(HIGHEST_MASTERY, verse.mastery + 1)


async def story_states(session: AsyncSession, profile_id: str) -> dict[str, StoryState]:
    rows = await session.exec(select(StoryProgress).where(StoryProgress.profile_id == profile_id))
    return {row.story_id: StoryState(row.status, row.position, row.times_heard, row.last_heard) for row in rows}


async def _story_row(session: AsyncSession, profile_id: str, story_id: str) -> StoryProgress:
    row = await session.get(StoryProgress, (profile_id, story_id))
    if row is None:
        row = StoryProgress(profile_id=profile_id, story_id=story_id)
        session.add(row)
    return row


async def part_begun(store: Store, talk: Talk, story_id: str, part: int, now: datetime) -> None:
    """A part is being told. Until it was heard to its end, it stays the one that comes next."""

    async def work(session: AsyncSession) -> None:
        row = await open_talk(session, talk, now)
        story = await _story_row(session, talk.profile_id, story_id)
        story.position, story.last_heard = part, now
        take_step(row, store.cipher, f"story:{story_id}:{part}")

    await store.write(work)


async def part_heard(store: Store, talk: Talk, parts: Mapping[str, int], now: datetime) -> None:
    """The part that was being told was heard; `parts` says how many each story has. After the last one the story is
    completed and begins anew. Said twice, it counts once."""

    async def work(session: AsyncSession) -> None:
        row = await open_talk(session, talk, now)
        step = read_step(row.topic)
        if step is None or step.kind != "story" or step.subject not in parts:
            return
        story = await _story_row(session, talk.profile_id, step.subject)
        story.position, story.last_heard = step.part + 1, now
        if story.position >= parts[step.subject]:
            story.position, story.times_heard = 0, story.times_heard + 1
            story.status = "completed" if story.status == "started" else story.status
        take_step(row, store.cipher, f"heard:{step.subject}:{step.part}")

    await store.write(work)


async def make_favourite(store: Store, talk: Talk, story_id: str, now: datetime) -> None:
    """A story is loved; its position stays."""

    async def work(session: AsyncSession) -> None:
        await open_talk(session, talk, now)
        story = await _story_row(session, talk.profile_id, story_id)
        story.status = "favorite"

    await store.write(work)


async def story_told_last(session: AsyncSession, profile_id: str) -> str | None:
    query = select(StoryProgress).where(
        StoryProgress.profile_id == profile_id, col(StoryProgress.last_heard).is_not(None)
    )
    row = (await session.exec(query.order_by(col(StoryProgress.last_heard).desc()).limit(1))).first()
    return None if row is None else row.story_id
