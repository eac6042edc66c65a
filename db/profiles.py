"""The storyteller's children: who they are to a talk, what their parents set, what they like. Never a date of birth."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.cipher import Cipher
from db.engine import Store
from db.errors import BadInput, NotFound
from db.models import Interest, Profile

AGE_BANDS = ("5-7", "8-10", "11-12")
MOST_INTERESTS = 50
_CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
_STRANGER = "I don't know this child."


@dataclass(frozen=True)
class Limits:
    """What a parent sets."""

    daily_minutes: int | None = None
    """None: as long as they like."""
    quiet_from: str | None = None
    """Local HH:MM; with quiet_to, the hours in which the toy keeps silent."""
    quiet_to: str | None = None
    volume_cap: int = 80
    """0..100; nothing plays louder."""

    def loudness(self, wished: int) -> int:
        return max(0, min(wished, self.volume_cap))


@dataclass(frozen=True)
class Child:
    """A child as a talk may know them."""

    id: str
    business: str
    name: str
    age_band: str
    language: str
    zone: str
    limits: Limits
    parents: str | None = None


@dataclass(frozen=True)
class NewChild:
    """What a parent tells when they set the toy up."""

    name: str
    age_band: str
    language: str = "en"
    zone: str | None = None
    """None: the business's own."""
    parents: str | None = None
    limits: Limits = Limits()


def checked(limits: Limits) -> Limits:
    """The limits, or the sentence that says what is wrong with them."""
    quiet = (limits.quiet_from, limits.quiet_to)
    if (quiet[0] is None) != (quiet[1] is None):
        raise BadInput("Quiet hours need both a beginning and an end.")
    if any(at is not None and not _CLOCK.match(at) for at in quiet):
        raise BadInput("Quiet hours are given as HH:MM, such as 20:00.")
    if limits.daily_minutes is not None and not 0 <= limits.daily_minutes <= 24 * 60:
        raise BadInput("Daily minutes are a number between 0 and 1440.")
    if not 0 <= limits.volume_cap <= 100:
        raise BadInput("The volume cap is a number between 0 and 100.")
    return limits


def new_profile(
    cipher: Cipher, business: Business, new: NewChild, now: datetime, profile_id: str | None = None
) -> Profile:
    """The row of a new child, everything that names them sealed."""
    name = " ".join(new.name.split())
    if not name or len(name) > 60:
        raise BadInput("A child's name has between 1 and 60 letters.")
    if new.age_band not in AGE_BANDS:
        raise BadInput(f"The age band is one of {', '.join(AGE_BANDS)}.")
    if new.language not in business.languages:
        raise BadInput(f"The language is one of {', '.join(business.languages)}.")
    limits = checked(new.limits)
    return Profile(
        id=profile_id or str(uuid.uuid4()),
        business=business.key,
        child_name_sealed=cipher.seal(name),
        age_band=new.age_band,
        parents_sealed=cipher.seal_maybe(new.parents),
        language=new.language,
        zone=new.zone or business.zone,
        daily_minutes=limits.daily_minutes,
        quiet_from=limits.quiet_from,
        quiet_to=limits.quiet_to,
        volume_cap=limits.volume_cap,
        created_at=now,
    )


async def make_profile(store: Store, business: Business, new: NewChild, now: datetime) -> Child:
    """A new child. Nobody may talk with them before a parent's consent is given."""
    row = new_profile(store.cipher, business, new, now)
    child = child_of(store.cipher, row)

    async def work(session: AsyncSession) -> None:
        session.add(Profile(**row.model_dump()))

    await store.write(work)
    return child


def child_of(cipher: Cipher, row: Profile) -> Child:
    return Child(
        id=row.id,
        business=row.business,
        name=cipher.open(row.child_name_sealed),
        age_band=row.age_band,
        language=row.language,
        zone=row.zone,
        limits=Limits(row.daily_minutes, row.quiet_from, row.quiet_to, row.volume_cap),
        parents=cipher.open_maybe(row.parents_sealed),
    )


async def profile_row(session: AsyncSession, business: str, profile_id: str) -> Profile | None:
    query = select(Profile).where(Profile.business == business, Profile.id == profile_id)
    return (await session.exec(query)).first()


async def locked_profile(session: AsyncSession, business: str, profile_id: str) -> Profile:
    """The child's row, kept from other transactions until this one ends: steps of one child come one after another."""
    query = select(Profile).where(Profile.business == business, Profile.id == profile_id).with_for_update()
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound(_STRANGER)
    return row


async def find_profile(store: Store, business: str, profile_id: str) -> Child | None:
    async with store.read() as session:
        row = await profile_row(session, business, profile_id)
    return None if row is None else child_of(store.cipher, row)


async def only_profile(store: Store, business: str) -> Child | None:
    """The child of a business that has exactly one, as the demo has; else nobody is guessed."""
    async with store.read() as session:
        rows = (await session.exec(select(Profile).where(Profile.business == business).limit(2))).all()
    return child_of(store.cipher, rows[0]) if len(rows) == 1 else None


async def set_limits(store: Store, business: str, profile_id: str, limits: Limits) -> None:
    """What a parent sets holds from the next sentence on."""
    wanted = checked(limits)

    async def work(session: AsyncSession) -> None:
        row = await locked_profile(session, business, profile_id)
        row.daily_minutes, row.volume_cap = wanted.daily_minutes, wanted.volume_cap
        row.quiet_from, row.quiet_to = wanted.quiet_from, wanted.quiet_to

    await store.write(work)


async def like(store: Store, business: str, profile_id: str, tag: str, since: datetime, now: datetime) -> int:
    """Notes that a child likes something and returns how much. Said twice in one talk, which began at `since`, it
    weighs no more."""

    async def work(session: AsyncSession) -> int:
        await locked_profile(session, business, profile_id)
        row = await session.get(Interest, (profile_id, tag))
        if row is None:
            await _make_room(session, profile_id)
            session.add(Interest(profile_id=profile_id, tag=tag, weight=1, changed_at=now))
            return 1
        if row.changed_at < since:
            row.weight, row.changed_at = row.weight + 1, now
        return row.weight

    return await store.write(work)


async def _make_room(session: AsyncSession, profile_id: str) -> None:
    """Forgets what was liked least and longest ago."""
    query = select(Interest).where(Interest.profile_id == profile_id)
    rows = (await session.exec(query.order_by(col(Interest.weight).desc(), col(Interest.changed_at).desc()))).all()
    for row in rows[MOST_INTERESTS - 1 :]:
        await session.delete(row)


async def likes(session: AsyncSession, profile_id: str) -> Mapping[str, int]:
    """What a child likes, most first."""
    query = select(Interest).where(Interest.profile_id == profile_id)
    rows = (await session.exec(query.order_by(col(Interest.weight).desc(), col(Interest.tag)))).all()
    return {row.tag: row.weight for row in rows}
