"""The toy's demo child, with a parent's consent, so that the desk can be tried at once and at any hour."""

import uuid
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.cipher import Cipher
from db.consents import SCOPES, new_consent
from db.models import Interest
from db.profiles import NewChild, new_profile, profile_row

CHILD = NewChild(name="Mira", age_band="8-10", parents="Anita and Dev")
LIKES = {"animals": 2, "ocean": 1}


async def add(session: AsyncSession, cipher: Cipher, business: Business, now: datetime) -> str:
    """Adds the child once, and returns the profile's id, which is the same every time."""
    profile_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"switchboard:{business.key}:demo-child"))
    if await profile_row(session, business.key, profile_id) is not None:
        return profile_id
    session.add(new_profile(cipher, business, CHILD, now, profile_id))
    await session.flush()
    session.add(new_consent(profile_id, "demo-1", "demo data", SCOPES, now))
    for tag, weight in LIKES.items():
        session.add(Interest(profile_id=profile_id, tag=tag, weight=weight, changed_at=now))
    return profile_id
