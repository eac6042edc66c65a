"""Messages for somebody at the business: kept once, however often they are said in a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.engine import Store
from db.models import Message
from db.outbox import owe


@dataclass(frozen=True)
class Note:
    """What somebody wants to have passed on."""

    for_whom: str
    text: str
    call_back: str | None = None
    """The number to call back, E.164."""


async def take(store: Store, business: Business, note: Note, *, call_id: str, now: datetime) -> Message:
    """Keeps the message. Said again in the same call it is the one that is there."""
    key = _repeat_key(store, note, call_id)

    async def work(session: AsyncSession) -> Message:
        query = select(Message).where(Message.business == business.key, Message.repeat_key == key)
        earlier = (await session.exec(query)).first()
        if earlier is not None:
            return earlier
        message = Message(
            business=business.key,
            call_id=call_id,
            for_whom_sealed=store.cipher.seal(note.for_whom),
            text_sealed=store.cipher.seal(note.text),
            call_back_sealed=store.cipher.seal_maybe(note.call_back),
            repeat_key=key,
            created_at=now,
        )
        session.add(message)
        await session.flush()
        owe(session, store.cipher, business, "message.taken", _told(message, note), now)
        return message

    try:
        return await store.write(work)
    except IntegrityError:
        return await store.write(work)  # the same message, said twice at once: now the first one is there


def _repeat_key(store: Store, note: Note, call_id: str) -> str:
    said = (call_id, note.for_whom.casefold(), note.text.casefold(), note.call_back or "")
    return store.cipher.digest("message", "\n".join(said))


def _told(message: Message, note: Note) -> Mapping[str, object]:
    return {
        "message_id": message.id,
        "for_whom": note.for_whom,
        "message": note.text,
        "call_back_number": note.call_back,
        "call_id": message.call_id,
        "taken_at": message.created_at.isoformat(),
    }
