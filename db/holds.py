"""Holds: a slot that is kept for a caller while they make up their mind."""

from datetime import datetime

from sqlalchemy import bindparam, delete
from sqlalchemy.orm import Session
from sqlmodel import col, select

from db.business import Offered
from db.diary import Diary, Slot, buckets, occupied
from db.engine import Store
from db.models import Hold, Occupancy
from db.models.columns import UtcTime
from db.slots import free_room, is_free

MOST_HOLDS = 3
"""How many slots one call may keep from others at a time."""


async def hold(diary: Diary, service: Offered, slot: Slot, until: datetime) -> bool:
    """Keeps a free slot for the call; False when it was taken first. One that is kept already is kept longer."""
    call_id = diary.call_id
    assert call_id is not None, "only a call can hold"

    def work(session: Session) -> bool:
        drop_expired(session, diary)
        taken = occupied(session, diary, diary.resources_of(service), buckets(service, slot.start))
        if not is_free(diary, service, slot, taken):
            return False
        _make_way(session, call_id, slot)
        kept = Hold(
            call_id=call_id,
            business=diary.business.key,
            service=service.key,
            staff=slot.staff,
            starts_at=slot.start,
            expires_at=until,
        )
        session.add(kept)
        session.flush()
        names = [diary.resource("staff", slot.staff)]
        if room := free_room(diary, service, slot, taken):
            names.append(diary.resource("room", room))
        rows = [(name, bucket) for name in sorted(names) for bucket in buckets(service, slot.start)]
        session.add_all(Occupancy(resource=name, bucket=bucket, hold_id=kept.id) for name, bucket in rows)
        return True

    return await diary.store.transact(work)


def _make_way(session: Session, call_id: str, slot: Slot) -> None:
    """Drops what this call held at the same time, and all but the newest few of its other holds."""
    held = session.scalars(select(Hold).where(Hold.call_id == call_id).order_by(col(Hold.id))).all()
    same_time = [one for one in held if slot.start <= one.starts_at < slot.end]
    others = [one for one in held if one not in same_time]
    surplus = others[: max(0, len(others) - MOST_HOLDS + 1)]
    for one in [*same_time, *surplus]:
        session.delete(one)
    session.flush()


_DROP = delete(Hold).where(
    (col(Hold.call_id) == bindparam("call_id"))
    | ((col(Hold.business) == bindparam("business")) & (col(Hold.expires_at) <= bindparam("now", type_=UtcTime)))
)


def drop_expired_and_own(session: Session, diary: Diary) -> None:
    """Within a booking: what nobody waits for any more, and what the call held for itself, since it has chosen."""
    _drop(session, diary, diary.call_id)


def drop_expired(session: Session, diary: Diary) -> None:
    _drop(session, diary, None)


def _drop(session: Session, diary: Diary, call_id: str | None) -> None:
    values = {"call_id": call_id or "", "business": diary.business.key, "now": diary.now}
    session.connection().execute(_DROP, values)


async def release(store: Store, call_id: str) -> None:
    """Frees everything a call still holds: at its end, however it ended."""

    def work(session: Session) -> None:
        session.connection().execute(delete(Hold).where(col(Hold.call_id) == call_id))

    await store.transact(work)
