"""Talks with a child: when, how long, and which steps were taken in them. Never what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.cipher import Cipher
from db.engine import Store
from db.errors import BadInput
from db.models import Escalation, Interaction, Profile
from db.profiles import locked_profile

STEPS_KEPT = 40
TALKS_REMEMBERED = 5


@dataclass(frozen=True)
class Talk:
    """A child in a call: whose steps are counted."""

    business: str
    profile_id: str
    call_id: str


@dataclass(frozen=True)
class PastTalk:
    """A talk as it is remembered."""

    call_id: str | None
    started_at: datetime
    steps: Sequence[str]


async def find_talk(session: AsyncSession, talk: Talk) -> Interaction | None:
    query = select(Interaction).where(Interaction.profile_id == talk.profile_id, Interaction.call_id == talk.call_id)
    return (await session.exec(query)).first()


async def open_talk(session: AsyncSession, talk: Talk, now: datetime) -> Interaction:
    """The row of this talk, made at its first step, with its length up to now. The child's row is locked first, so that
    steps taken at the same time come one after another."""
    await locked_profile(session, talk.business, talk.profile_id)
    row = await find_talk(session, talk)
    if row is None:
        row = Interaction(profile_id=talk.profile_id, call_id=talk.call_id, started_at=now)
        session.add(row)
    row.seconds = max(row.seconds, round((now - row.started_at).total_seconds()))
    return row


async def keep_time(store: Store, talk: Talk, now: datetime) -> None:
    """Writes down that the talk goes on."""

    async def work(session: AsyncSession) -> None:
        await open_talk(session, talk, now)

    await store.write(work)


def take_step(row: Interaction, cipher: Cipher, step: str) -> None:
    """Notes the newest step, such as `verse:3` or `story:leap-to-lanka:0`."""
    row.topic = step
    steps = [one for one in steps_of(row, cipher) if one != step]
    row.notes_sealed = cipher.seal("\n".join([*steps, step][-STEPS_KEPT:]))


def steps_of(row: Interaction, cipher: Cipher) -> list[str]:
    return (cipher.open_maybe(row.notes_sealed) or "").split()


async def past_talks(session: AsyncSession, cipher: Cipher, profile_id: str) -> list[PastTalk]:
    """The last talks, newest first."""
    query = select(Interaction).where(Interaction.profile_id == profile_id)
    rows = await session.exec(query.order_by(col(Interaction.started_at).desc()).limit(TALKS_REMEMBERED))
    return [PastTalk(row.call_id, row.started_at, steps_of(row, cipher)) for row in rows]


async def seconds_today(session: AsyncSession, profile_id: str, zone: str, now: datetime) -> int:
    """How long a child has talked since midnight where they are; a talk over midnight counts by its part of today."""
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    query = select(Interaction).where(
        Interaction.profile_id == profile_id,
        col(Interaction.started_at) > midnight - timedelta(days=1),
        col(Interaction.started_at) <= now,
    )
    spent = 0.0
    for row in await session.exec(query):
        ended = row.started_at + timedelta(seconds=row.seconds)
        spent += max(0.0, (ended - max(row.started_at, midnight)).total_seconds())
    return round(spent)


async def escalate(store: Store, talk: Talk, cue: str, now: datetime) -> None:
    """Records that a trusted adult should know of something, once a talk and cue, without a word of what was said."""

    async def work(session: AsyncSession) -> None:
        await locked_profile(session, talk.business, talk.profile_id)
        query = select(Escalation).where(
            Escalation.profile_id == talk.profile_id, Escalation.call_id == talk.call_id, Escalation.cue == cue
        )
        if (await session.exec(query)).first() is None:
            session.add(Escalation(profile_id=talk.profile_id, cue=cue, call_id=talk.call_id, created_at=now))

    await store.write(work)


async def purge_talks(store: Store, business: str, days: int, now: datetime) -> int:
    """Forgets the talks that began more than `days` ago and says how many; there is no keeping without a limit."""
    if days < 1:
        raise BadInput("Talks are kept for at least one day, and never without a limit.")
    children = select(Profile.id).where(Profile.business == business)
    old = delete(Interaction).where(
        col(Interaction.profile_id).in_(children), col(Interaction.started_at) < now - timedelta(days=days)
    )

    async def work(session: AsyncSession) -> int:
        return (await session.exec(old)).rowcount

    return await store.write(work)
