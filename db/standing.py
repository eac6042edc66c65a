"""Whether a child may talk now: a parent's consent first, then the parent's hours and minutes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from db.consents import TALK, active_scopes
from db.engine import Store
from db.profiles import Child, Limits, child_of, profile_row
from db.talks import seconds_today

Obstacle = Literal["no_consent", "quiet_hours", "enough_today"]


@dataclass(frozen=True)
class Standing:
    """Who the child is and what stands in the way. Without consent the child's data is not even opened."""

    child: Child | None
    obstacle: Obstacle | None
    scopes: frozenset[str] = frozenset()


def is_quiet(limits: Limits, zone: str, now: datetime) -> bool:
    """Whether these are the hours of silence, which may go over midnight."""
    begin, end = limits.quiet_from, limits.quiet_to
    if begin is None or end is None:
        return False
    at = now.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    return begin <= at < end if begin <= end else at >= begin or at < end


async def standing(store: Store, business: str, profile_id: str | None, now: datetime) -> Standing:
    """Looked up anew each time: a consent that is revoked counts from the next sentence on."""
    if profile_id is None:
        return Standing(None, "no_consent")
    async with store.read() as session:
        row = await profile_row(session, business, profile_id)
        scopes = frozenset() if row is None else await active_scopes(session, row.id)
        if row is None or TALK not in scopes:
            return Standing(None, "no_consent")
        child = child_of(store.cipher, row)
        used = await seconds_today(session, child.id, child.zone, now)
    allowed = child.limits.daily_minutes
    if is_quiet(child.limits, child.zone, now):
        return Standing(child, "quiet_hours", scopes)
    if allowed is not None and used >= allowed * 60:
        return Standing(child, "enough_today", scopes)
    return Standing(child, None, scopes)
