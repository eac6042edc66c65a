"""Forgetting: what is too old by the owner's file is purged, and a caller who asks for it is erased or told all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, text, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.appointments import tell
from db.business import Business, Retention, Switchboard
from db.child_data import erase_child, export_child
from db.cipher import Cipher
from db.diary import Diary
from db.engine import Store
from db.models import (
    Appointment,
    CallRecord,
    Deletion,
    Delivery,
    Hold,
    Message,
    Order,
    Profile,
    ToolCall,
    Turn,
)
from db.profiles import profile_row
from db.readable import readable
from db.talks import purge_talks
from db.traces import Subject, Traces, find_traces
from db.waitlist import offer

TELLS_WORDS = ("call.ended", "message.taken")
"""Web-hooks that hold what was said: they go with the transcripts."""
ERASED = "—"
"""Stands where a name stood; nobody can say it."""


async def purge(store: Store, board: Switchboard, now: datetime) -> dict[str, int]:
    """Deletes what is older than the owner's file allows, and says how much of what. Done again, it changes nothing."""
    kept = {business.key: business.retention for business in board.businesses}
    longest = Retention(
        transcripts_days=max(one.transcripts_days for one in kept.values()),
        calls_days=max(one.calls_days for one in kept.values()),
    )
    counts: Counter[str] = Counter()
    for key in await _businesses(store):
        retention = kept.get(key, longest)  # one that has left the file is forgotten too, by the longest limits in it
        counts.update(await _purge_business(store, key, retention, now))
        counts["interactions"] += await purge_talks(store, key, retention.calls_days, now)
    return dict(counts)


async def _businesses(store: Store) -> list[str]:
    """Every business that has left something in the store."""
    found: set[str] = set()
    async with store.read() as session:
        for column in (CallRecord.business, Message.business, Delivery.business, Hold.business, Profile.business):
            found.update((await session.exec(select(column).distinct())).all())
    return sorted(found)


async def _purge_business(store: Store, key: str, retention: Retention, now: datetime) -> Mapping[str, int]:
    words = now - timedelta(days=retention.transcripts_days)
    rows = now - timedelta(days=retention.calls_days)

    async def work(session: AsyncSession) -> Mapping[str, int]:
        counts = {
            **await _purge_words(session, key, words, rows),
            **await _purge_rows(session, key, words, rows, now),
        }
        await _tidy_index(session, store.dialect, counts["turns"])
        return counts

    return await store.write(work)


async def _purge_words(session: AsyncSession, key: str, words: datetime, rows: datetime) -> Mapping[str, int]:
    """What was said and done in calls, and who called."""
    mine = col(CallRecord.business) == key
    calls = select(CallRecord.id).where(mine)
    gone = col(CallRecord.id).in_(calls.where(col(CallRecord.started_at) < rows))
    old = mine & (col(CallRecord.started_at) < words)
    summary = {"summary_sealed": None}
    number = {"caller_sealed": None, "caller_hash": None}

    def of_old_calls(table: type[Turn] | type[ToolCall]) -> ColumnElement[bool]:
        old_call = col(table.call_id).in_(select(CallRecord.id).where(gone))
        return col(table.call_id).in_(calls) & or_(col(table.at) < words, old_call)

    return {
        "turns": await _deleted(session, Turn, of_old_calls(Turn)),
        "tool_calls": await _deleted(session, ToolCall, of_old_calls(ToolCall)),
        "summaries": await _emptied(session, summary, old & col(CallRecord.summary_sealed).is_not(None)),
        "numbers": await _emptied(session, number, old & col(CallRecord.caller_sealed).is_not(None)),
        "messages": await _deleted(
            session, Message, (col(Message.business) == key) & (col(Message.created_at) < words)
        ),
    }


async def _purge_rows(
    session: AsyncSession, key: str, words: datetime, rows: datetime, now: datetime
) -> Mapping[str, int]:
    """The call log itself, holds that are over, and web-hooks that are done with."""
    finished = or_(col(Delivery.delivered_at).is_not(None), col(Delivery.gave_up_at).is_not(None))
    untouched = col(Delivery.next_at) < rows  # owed, and nobody has tried for all that time
    old = (col(Delivery.created_at) < rows) & or_(finished, untouched)
    wordy = col(Delivery.kind).in_(TELLS_WORDS) & (col(Delivery.created_at) < words) & finished
    calls = (col(CallRecord.business) == key) & (col(CallRecord.started_at) < rows)
    return {
        "calls": await _deleted(session, CallRecord, calls),
        "holds": await _deleted(session, Hold, (col(Hold.business) == key) & (col(Hold.expires_at) <= now)),
        "deliveries": await _deleted(session, Delivery, (col(Delivery.business) == key) & or_(old, wordy)),
    }


async def _deleted(session: AsyncSession, table: type[SQLModel], condition: ColumnElement[bool]) -> int:
    return (await session.exec(delete(table).where(condition))).rowcount


async def _emptied(session: AsyncSession, values: Mapping[str, None], condition: ColumnElement[bool]) -> int:
    return (await session.exec(update(CallRecord).where(condition).values(**values))).rowcount


async def _tidy_index(session: AsyncSession, dialect: str, turns: int) -> None:
    """SQLite's full-text index only marks words as deleted; this makes them go."""
    if turns and dialect == "sqlite":
        connection = await session.connection()
        await connection.execute(text("INSERT INTO turns_fts(turns_fts) VALUES ('optimize')"))


@dataclass(frozen=True)
class Erased:
    """What became of the wish to be forgotten. True when something was erased."""

    counts: Mapping[str, int] = field(default_factory=dict)
    earlier: datetime | None = None
    """When nothing was left to erase: when it was done before."""

    def __bool__(self) -> bool:
        return bool(self.counts)


async def forget(store: Store, business: Business, caller: str, now: datetime) -> Erased:
    """Erases a caller, by phone number or customer code (a child by its profile): what is about them alone is deleted,
    orders stay as numbers without a name. Their future times are free at once. Done again, it does nothing."""
    if await _is_child(store, business, caller):
        gone = await erase_child(store, business.key, caller, now)
        return Erased({"profiles": int(gone)} if gone else {})

    async def work(session: AsyncSession) -> Erased:
        found = await find_traces(session, store.cipher, business, caller)
        marks = _marks(store.cipher, business, found.subject)
        if not found:
            return Erased(earlier=await _erased_at(session, marks | {_mark(store.cipher, business, caller)}))
        counts = await _erase(session, store.cipher, found)
        await session.run_sync(_free, Diary(store, business, now), found)
        await _tidy_index(session, store.dialect, len(found.turns))
        known = await session.exec(select(Deletion.subject_hash).where(col(Deletion.subject_hash).in_(marks)))
        new = marks - set(known.all())
        session.add_all(Deletion(subject_hash=mark, kind="customer", deleted_at=now) for mark in sorted(new))
        return Erased(counts)

    return await store.write(work)


async def _is_child(store: Store, business: Business, caller: str) -> bool:
    async with store.read() as session:
        return await profile_row(session, business.key, caller) is not None


def _marks(cipher: Cipher, business: Business, subject: Subject) -> set[str]:
    """What tombstones know somebody by: keyed hashes of their code and of their number."""
    code = None if subject.customer is None else subject.customer.code
    number = None if subject.shared else subject.number
    return {_mark(cipher, business, one) for one in (code, number) if one is not None}


def _mark(cipher: Cipher, business: Business, text: str) -> str:
    return cipher.digest("erased", f"{business.key}/{text.strip().upper()}")


async def _erased_at(session: AsyncSession, marks: set[str]) -> datetime | None:
    query = select(Deletion.deleted_at).where(col(Deletion.subject_hash).in_(marks))
    return (await session.exec(query.order_by(col(Deletion.deleted_at).desc()))).first()


async def _erase(session: AsyncSession, cipher: Cipher, found: Traces) -> Mapping[str, int]:
    """Rows that are about this caller alone go; in the others nothing says whose they were."""
    customer = [] if found.subject.customer is None else [found.subject.customer]
    gone = {
        "deliveries": found.deliveries,
        "messages": found.messages,
        "turns": found.turns,
        "tool_calls": found.tools,
        "waitlist": found.waiting,
        "appointments": found.appointments,
    }
    for rows in gone.values():
        for row in rows:
            await session.delete(row)
    for order in found.orders:
        _anonymise_order(cipher, order)
    for line in found.order_lines:
        line.note_sealed = None
    for call in found.calls:
        _anonymise_call(call, found.subject)
        await session.exec(delete(Hold).where(col(Hold.call_id) == call.id))
    for call in found.numbered_calls:
        call.caller_sealed = call.caller_hash = None
    await session.flush()
    for row in customer:
        await session.delete(row)
    await session.flush()
    counted = {**gone, "orders": found.orders, "calls": [*found.calls, *found.numbered_calls], "customers": customer}
    return {name: len(rows) for name, rows in counted.items() if rows}


def _anonymise_order(cipher: Cipher, order: Order) -> None:
    order.name_sealed = cipher.seal(ERASED)
    order.customer_id = order.phone_sealed = order.phone_hash = order.address_sealed = None
    order.repeat_key = order.made_by_call = None


def _anonymise_call(call: CallRecord, subject: Subject) -> None:
    """Where somebody else has called as well, the call stays theirs, without what was said in it."""
    call.summary_sealed = call.intent = None
    if call.customer_id in {None, subject.customer_id}:
        call.customer_id = None
    if call.customer_id is None or call.caller_hash == subject.own_hash:
        call.caller_sealed = call.caller_hash = None


def _free(session: Session, diary: Diary, found: Traces) -> None:
    """Tells of the times that became free, and offers them to who waits for one."""
    for one in found.appointments:
        if one.status == "booked" and one.starts_at > diary.now:
            gone = Appointment(**one.model_dump()).sqlmodel_update(
                {"status": "cancelled", "sequence": one.sequence + 1, "changed_at": diary.now}
            )
            offer(session, diary, one.service, one.starts_at)
            tell(session, diary, "appointment.cancelled", gone)


async def export(store: Store, business: Business, caller: str) -> dict[str, Any]:
    """Everything that is held about a caller, in the clear; nothing when nothing is held."""
    if await _is_child(store, business, caller):
        return await export_child(store, business.key, caller)
    async with store.read() as session:
        found = await find_traces(session, store.cipher, business, caller)
        return _told(store.cipher, found) if found else {}


def _told(cipher: Cipher, found: Traces) -> dict[str, Any]:
    def opened(rows: Any, **of: Any) -> list[dict[str, Any]]:
        return [readable(cipher, row) for row in rows if all(getattr(row, name) == key for name, key in of.items())]

    told: dict[str, Any] = {
        "customer": None if found.subject.customer is None else readable(cipher, found.subject.customer),
        "appointments": opened(found.appointments),
        "waiting_list": opened(found.waiting),
        "orders": [
            {**readable(cipher, order), "lines": opened(found.order_lines, order_id=order.id)} for order in found.orders
        ],
        "messages": opened(found.messages),
        "calls": [
            {
                **readable(cipher, call),
                "turns": opened(found.turns, call_id=call.id),
                "tools": opened(found.tools, call_id=call.id),
            }
            for call in [*found.calls, *found.numbered_calls]
        ],
        "web_hooks": opened(found.deliveries),
    }
    return told
