"""What parents allow: a row for each time they say yes, with its version, method, time and scopes."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.engine import Store
from db.errors import BadInput
from db.models import Consent
from db.profiles import locked_profile

TALK = "talk"
"""The child may talk with the toy."""
THIRD_PARTY = "third_party"
"""What is said may be processed by others than the owner: a scope of its own."""
SCOPES = (TALK, THIRD_PARTY)


def new_consent(profile_id: str, version: str, method: str, scopes: Collection[str], now: datetime) -> Consent:
    """The row of a consent; an unknown scope, or one without its version and method, is refused."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise BadInput(f"There is no scope «{unknown[0]}»; the scopes are {', '.join(SCOPES)}.")
    if TALK not in scopes:
        raise BadInput("A consent needs the scope «talk».")
    if not version.strip() or not method.strip():
        raise BadInput("A consent says which version of the text was agreed to, and how.")
    words = " ".join(scope for scope in SCOPES if scope in scopes)
    return Consent(profile_id=profile_id, version=version, method=method, scopes=words, given_at=now)


async def give_consent(
    store: Store, business: str, profile_id: str, version: str, method: str, scopes: Collection[str], now: datetime
) -> None:
    """A parent's yes. The newest one counts."""
    row = new_consent(profile_id, version, method, scopes, now)

    async def work(session: AsyncSession) -> None:
        await locked_profile(session, business, profile_id)
        session.add(Consent(**row.model_dump()))

    await store.write(work)


async def revoke_consent(store: Store, business: str, profile_id: str, now: datetime) -> bool:
    """A parent's no, from now on; False when there was nothing to revoke."""

    async def work(session: AsyncSession) -> bool:
        await locked_profile(session, business, profile_id)
        query = select(Consent).where(Consent.profile_id == profile_id, col(Consent.revoked_at).is_(None))
        rows = (await session.exec(query)).all()
        for row in rows:
            row.revoked_at = now
        return bool(rows)

    return await store.write(work)


async def active_scopes(session: AsyncSession, profile_id: str) -> frozenset[str]:
    """What the newest consent allows; nothing when there is none or it was revoked."""
    query = select(Consent).where(Consent.profile_id == profile_id).order_by(col(Consent.id).desc()).limit(1)
    newest = (await session.exec(query)).first()
    return frozenset() if newest is None or newest.revoked_at is not None else frozenset(newest.scopes.split())
