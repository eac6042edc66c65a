"""The call log: every call with its turns and tool runs, written down as they happen."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.engine import Store
from db.errors import NotFound, WrongKey
from db.models import CallRecord, Customer, Meta, ToolCall, Turn
from db.outbox import owe
from db.privacy import mask_secrets, masked, redact

LONGEST_TURN = 10_000
"""Characters; nobody says more in one breath."""
LONGEST_LABEL = 120
"""Characters of an intent or an outcome."""


@dataclass(frozen=True)
class Identity:
    """Who speaks in a call, as far as that is known."""

    customer_id: int | None = None
    ticket_id: int | None = None
    trust: int = 0
    failures: int = 0


@dataclass(frozen=True)
class ToolRun:
    """One run of a tool, already masked."""

    function: str
    arguments: Any
    result: Any
    status: str
    ms: int
    at: datetime
    identity: Identity | None = None
    """Who speaks, as far as that is known behind it."""
    position: int = 0
    """Its place among the turns and the tool runs of the call."""


@dataclass(frozen=True)
class Ending:
    """What is known of a call when it is over."""

    reason: str
    """goodbye · caller_hung_up · transferred · silence · error · …"""
    outcome: str | None = None
    intent: str | None = None
    summary: Mapping[str, Any] | None = None
    """text, intent, actions, details, outcome, seconds."""
    names: tuple[str, ...] = ()
    """Personal names that came up, which the searchable text must not hold."""


async def begin_call(store: Store, record: CallRecord) -> None:
    """Writes the call down; said again for the same call it changes nothing. A process whose key is no longer in charge
    takes no call: what it sealed could not be opened again."""

    async def work(session: AsyncSession) -> None:
        named = await session.get(Meta, "key_id", with_for_update={"read": True})
        if named is None or named.value != store.cipher.key_id:
            raise WrongKey("The store's key was changed while this process ran; restart it.")
        if await session.get(CallRecord, record.id) is None:
            session.add(CallRecord(**record.model_dump()))

    await store.write(work)


async def calls_so_far(store: Store) -> int:
    """How many calls are written down, of all businesses."""
    async with store.read() as session:
        return (await session.exec(select(func.count()).select_from(CallRecord))).one()


async def log_tool(store: Store, call_id: str, run: ToolRun) -> None:
    """Writes a tool run down behind the ones before it."""
    arguments = store.cipher.seal(json.dumps(run.arguments, ensure_ascii=False, default=str))
    result = store.cipher.seal(json.dumps(run.result, ensure_ascii=False, default=str))

    async def work(session: AsyncSession) -> None:
        call = await _locked(session, call_id)
        if run.identity is not None:
            call.customer_id, call.ticket_id = run.identity.customer_id, run.identity.ticket_id
            call.trust, call.failures = run.identity.trust, run.identity.failures
        session.add(
            ToolCall(
                call_id=call_id,
                position=await _next_position(session, call_id),
                function=run.function,
                arguments_sealed=arguments,
                result_sealed=result,
                status=run.status,
                ms=run.ms,
                at=run.at,
            )
        )

    await store.write(work)


async def _locked(session: AsyncSession, call_id: str) -> CallRecord:
    """The call's row; turns and tools that are written side by side take turns here."""
    call = await session.get(CallRecord, call_id, with_for_update=True)
    if call is None:
        raise NotFound("There is no such call.")
    return call


async def _next_position(session: AsyncSession, call_id: str) -> int:
    """Turns and tool runs are counted together, so that it is known what came after what."""
    lasts = [
        (await session.exec(select(func.max(table.position)).where(col(table.call_id) == call_id))).one()
        for table in (Turn, ToolCall)
    ]
    return max(-1 if last is None else last for last in lasts) + 1


async def add_turn(
    store: Store,
    call_id: str,
    role: str,
    text: str,
    *,
    now: datetime,
    agent: str | None = None,
    interrupted: bool = False,
    names: Iterable[str] = (),
) -> None:
    """Writes down what was said by `user` or `assistant`. The original is sealed without PINs and whole ids; what can
    be searched has nobody's name, number, e-mail or address in it. `names` are those known by now."""
    said = _storable(text)
    if not said:
        return
    sealed, redacted = store.cipher.seal(mask_secrets(said)), redact(said, names)

    async def work(session: AsyncSession) -> None:
        await _locked(session, call_id)
        session.add(
            Turn(
                call_id=call_id,
                position=await _next_position(session, call_id),
                role=role,
                agent=agent,
                text_sealed=sealed,
                redacted=redacted,
                interrupted=interrupted,
                at=now,
            )
        )

    await store.write(work)


def _storable(text: str) -> str:
    """The text as both databases take it: no NUL, no half of a character, no end without end."""
    whole = text.encode("utf-8", "replace").decode().replace("\x00", " ").strip()
    return whole if len(whole) <= LONGEST_TURN else whole[:LONGEST_TURN] + " …"


async def end_call(store: Store, business: Business, call_id: str, ending: Ending, now: datetime) -> bool:
    """Closes the call and owes its web-hook; False when it was closed before, and nothing is changed."""
    summary = None if ending.summary is None else masked(ending.summary)

    async def work(session: AsyncSession) -> bool:
        call = await _locked(session, call_id)
        if call.business != business.key:
            raise NotFound("There is no such call.")
        if call.ended_at is not None:
            return False
        names = [*ending.names, *await _name_of(session, store, call.customer_id)]
        call.ended_at, call.end_reason = now, _label(ending.reason, names)
        call.intent, call.outcome = _label(ending.intent, names), _label(ending.outcome, names)
        if summary is not None:
            call.summary_sealed = store.cipher.seal(json.dumps(summary, ensure_ascii=False, default=str))
        await _redact_again(session, call_id, names)
        owe(session, store.cipher, business, "call.ended", _told(call, summary), now)
        return True

    return await store.write(work)


def _label(text: str | None, names: Iterable[str]) -> str | None:
    """Intents and outcomes stand in the clear: nobody is named in them."""
    return None if text is None else redact(_storable(text), names)[:LONGEST_LABEL]


async def _name_of(session: AsyncSession, store: Store, customer_id: int | None) -> list[str]:
    customer = None if customer_id is None else await session.get(Customer, customer_id)
    return [] if customer is None else [store.cipher.open(customer.name_sealed)]


async def _redact_again(session: AsyncSession, call_id: str, names: list[str]) -> None:
    """Earlier turns may hold a name that only became known later."""
    if not names:
        return
    for turn in await session.exec(select(Turn).where(Turn.call_id == call_id)):
        redacted = redact(turn.redacted, names)
        if redacted != turn.redacted:
            turn.redacted = redacted


def _told(call: CallRecord, summary: Mapping[str, Any] | None) -> Mapping[str, Any]:
    assert call.ended_at is not None
    return {
        "call_id": call.id,
        "desk": call.desk,
        "language": call.language,
        "started_at": call.started_at.isoformat(),
        "ended_at": call.ended_at.isoformat(),
        "seconds": round((call.ended_at - call.started_at).total_seconds()),
        "reason": call.end_reason,
        "intent": call.intent,
        "outcome": call.outcome,
        "summary": summary,
    }
