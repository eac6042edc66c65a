"""All that is held of a child: handed to the parent as it is, or erased without a trace but the fact itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.cipher import Cipher
from db.engine import Store
from db.errors import NotFound
from db.models import (
    CallRecord,
    Consent,
    Deletion,
    Device,
    Escalation,
    Interaction,
    Interest,
    Profile,
    StoryProgress,
    ToolCall,
    Turn,
    VerseProgress,
)
from db.profiles import profile_row
from db.readable import readable

Row = TypeVar("Row", bound=SQLModel)

OF_A_CHILD: dict[str, type[SQLModel]] = {
    "consents": Consent,
    "interests": Interest,
    "chalisa_progress": VerseProgress,
    "story_progress": StoryProgress,
    "interactions": Interaction,
    "escalations": Escalation,
    "devices": Device,
}
"""The tables whose rows belong to one profile."""
OF_A_CALL: dict[str, type[SQLModel]] = {"turns": Turn, "tool_calls": ToolCall}
KEPT_BACK = {"profile_id", "call_id", "key_sealed"}
"""Keys and hashes: they say nothing to a parent, and a toy's key opens the toy."""


async def export_child(store: Store, business: str, profile_id: str) -> dict[str, Any]:
    """Everything that is held of a child, in the clear, for the parent."""
    async with store.read() as session:
        profile = await profile_row(session, business, profile_id)
        if profile is None:
            raise NotFound("Nothing is held of this child.")
        held: dict[str, Any] = {"profile": _opened(store.cipher, profile)}
        for name, table in OF_A_CHILD.items():
            held[name] = [_opened(store.cipher, row) for row in await _rows(session, table, "profile_id", profile_id)]
        calls = await _rows(session, CallRecord, "profile_id", profile_id)
        held["calls"] = [await _call(session, store.cipher, call) for call in calls]
    return held


async def _call(session: AsyncSession, cipher: Cipher, call: CallRecord) -> dict[str, Any]:
    whole = _opened(cipher, call)
    for name, table in OF_A_CALL.items():
        whole[name] = [_opened(cipher, row) for row in await _rows(session, table, "call_id", call.id)]
    return whole


async def _rows(session: AsyncSession, table: type[Row], key: str, value: str) -> Sequence[Row]:
    order = [col(getattr(table, column.name)) for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    return (await session.exec(select(table).where(getattr(table, key) == value).order_by(*order))).all()


def _opened(cipher: Cipher, row: SQLModel) -> dict[str, Any]:
    return readable(cipher, row, KEPT_BACK)


async def erase_child(store: Store, business: str, profile_id: str, now: datetime) -> bool:
    """Erases a child: every row, their calls with all that was said, and their devices. What stays is a tombstone that
    names nobody. False when there was nothing to erase (any more)."""
    subject = store.cipher.digest("profile", profile_id)

    async def work(session: AsyncSession) -> bool:
        profile = await profile_row(session, business, profile_id)
        if profile is None:
            return False
        for table in (CallRecord, Device):
            await session.exec(delete(table).where(col(table.profile_id) == profile_id))
        await session.exec(delete(Profile).where(col(Profile.id) == profile_id))
        if (await session.exec(select(Deletion).where(Deletion.subject_hash == subject))).first() is None:
            session.add(Deletion(subject_hash=subject, kind="profile", deleted_at=now))
        return True

    try:
        return await store.write(work)
    except IntegrityError:
        return False  # another erasure of the same child was quicker; its tombstone stands
