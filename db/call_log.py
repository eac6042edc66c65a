"""Reading the call log: calls listed by page, one call whole, and turns found by their words."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, column, func, literal_column, or_, table
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.calls import Identity, ToolRun
from db.engine import Store
from db.models import CallRecord, Customer, ToolCall, Turn
from db.number_words import LETTERS
from db.privacy import redact, veiled, veiled_number

MOST_LISTED = 500
MOST_WORDS = 8
"""Words of one search; the rest are left out."""
LONGEST_SEARCH = 200

_ANY_LETTER = re.compile(r"\w")
_PLAIN_WORD = re.compile(rf"(?:(?![\d_])[{LETTERS}])+")


@dataclass(frozen=True)
class Wanted:
    """Which calls are listed; what is None is not asked."""

    desk: str | None = None
    outcome: str | None = None
    intent: str | None = None
    customer_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    ended: bool | None = None


@dataclass(frozen=True)
class CallLine:
    """One call, as it stands in the list."""

    id: str
    business: str
    desk: str
    language: str
    caller: str | None
    """The number they call from; its last two digits, unless all may be shown."""
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    intent: str | None
    outcome: str | None

    @property
    def seconds(self) -> int | None:
        """How long it took; None while it goes on."""
        return None if self.ended_at is None else round((self.ended_at - self.started_at).total_seconds())


@dataclass(frozen=True)
class Said:
    """One turn."""

    call_id: str
    position: int
    role: str
    agent: str | None
    text: str
    interrupted: bool
    at: datetime


@dataclass(frozen=True)
class CallStory:
    """One call whole."""

    call: CallLine
    turns: tuple[Said, ...]
    tools: tuple[ToolRun, ...]
    summary: Mapping[str, Any] | None


async def list_calls(
    store: Store,
    business: str | None = None,
    wanted: Wanted | None = None,
    *,
    limit: int = 20,
    after: str | None = None,
    show: bool = False,
) -> list[CallLine]:
    """The newest calls first, of one business or of all; `after` is the last call of the page before."""
    conditions = list(_conditions(business, wanted or Wanted()))
    async with store.read() as session:
        if after is not None:
            last = await session.get(CallRecord, after)
            if last is None:
                return []
            earlier = and_(col(CallRecord.started_at) == last.started_at, col(CallRecord.id) < last.id)
            conditions.append(or_(col(CallRecord.started_at) < last.started_at, earlier))
        query = select(CallRecord).where(*conditions)
        query = query.order_by(col(CallRecord.started_at).desc(), col(CallRecord.id).desc())
        rows = (await session.exec(query.limit(max(0, min(limit, MOST_LISTED))))).all()
    return [_line(store, row, show=show) for row in rows]


def _conditions(business: str | None, wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    equal = {"business": business, "desk": wanted.desk, "outcome": wanted.outcome, "intent": wanted.intent}
    for name, value in {**equal, "customer_id": wanted.customer_id}.items():
        if value is not None:
            yield col(getattr(CallRecord, name)) == value
    if wanted.since is not None:
        yield col(CallRecord.started_at) >= wanted.since
    if wanted.until is not None:
        yield col(CallRecord.started_at) < wanted.until
    if wanted.ended is not None:
        yield col(CallRecord.ended_at).is_not(None) if wanted.ended else col(CallRecord.ended_at).is_(None)


def _line(store: Store, row: CallRecord, *, show: bool) -> CallLine:
    number = store.cipher.open_maybe(row.caller_sealed)
    return CallLine(
        id=row.id,
        business=row.business,
        desk=row.desk,
        language=row.language,
        caller=number if show else veiled_number(number),
        started_at=row.started_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        intent=row.intent,
        outcome=row.outcome,
    )


async def read_call(store: Store, call_id: str, *, business: str | None = None, show: bool = False) -> CallStory | None:
    """One call with its turns, tools and summary; nobody is named in it unless all may be shown."""
    async with store.read() as session:
        call = await session.get(CallRecord, call_id)
        if call is None or business not in {None, call.business}:
            return None
        names = await _names(session, store, call)
        turns = await session.exec(select(Turn).where(Turn.call_id == call_id).order_by(col(Turn.position)))
        said = [
            _said(turn, store.cipher.open(turn.text_sealed) if show else redact(turn.redacted, names)) for turn in turns
        ]
        tools = [_shown(run, names, show=show) for run in await _tools(session, store, call_id)]
    summary = json.loads(store.cipher.open(call.summary_sealed)) if call.summary_sealed else None
    line = _line(store, call, show=show)
    return CallStory(line, tuple(said), tuple(tools), summary if show or summary is None else veiled(summary, names))


async def read_identity(store: Store, call_id: str) -> Identity | None:
    """How sure a call is of who speaks."""
    async with store.read() as session:
        call = await session.get(CallRecord, call_id)
    return None if call is None else Identity(call.customer_id, call.ticket_id, call.trust, call.failures)


async def read_tools(store: Store, call_id: str) -> list[ToolRun]:
    """What was done in a call, as it was written down: without PINs and whole ids."""
    async with store.read() as session:
        return await _tools(session, store, call_id)


async def _tools(session: AsyncSession, store: Store, call_id: str) -> list[ToolRun]:
    query = select(ToolCall).where(ToolCall.call_id == call_id).order_by(col(ToolCall.position))
    return [tool_run(store, row) for row in await session.exec(query)]


def tool_run(store: Store, row: ToolCall) -> ToolRun:
    result = store.cipher.open_maybe(row.result_sealed)
    return ToolRun(
        function=row.function,
        arguments=json.loads(store.cipher.open(row.arguments_sealed)),
        result=None if result is None else json.loads(result),
        status=row.status,
        ms=row.ms,
        at=row.at,
        position=row.position,
    )


async def _names(session: AsyncSession, store: Store, call: CallRecord) -> list[str]:
    customer = None if call.customer_id is None else await session.get(Customer, call.customer_id)
    return [] if customer is None else [store.cipher.open(customer.name_sealed)]


def _shown(run: ToolRun, names: Sequence[str], *, show: bool) -> ToolRun:
    if show:
        return run
    return replace(run, arguments=veiled(run.arguments, names), result=veiled(run.result, names))


def _said(turn: Turn, words: str) -> Said:
    return Said(turn.call_id, turn.position, turn.role, turn.agent, words, turn.interrupted, turn.at)


async def search_turns(store: Store, business: str, words: str, *, limit: int = 50) -> list[Said]:
    """The turns of a business that hold all these words, newest first, as they can be searched: redacted. A plain word
    is found by its beginning too. Nothing in `words` is read as a search language."""
    wanted = _search_words(words)
    if not wanted:
        return []
    query = (
        select(Turn)
        .join(CallRecord, col(CallRecord.id) == col(Turn.call_id))
        .where(CallRecord.business == business, *_matches(store.dialect, wanted))
        .order_by(col(Turn.at).desc(), col(Turn.id).desc())
        .limit(max(0, min(limit, MOST_LISTED)))
    )
    async with store.read() as session:
        return [_said(turn, turn.redacted) for turn in await session.exec(query)]


def _search_words(words: str) -> list[str]:
    clean = words[:LONGEST_SEARCH].encode("utf-8", "ignore").decode().replace("\x00", " ")
    return [word for word in clean.split() if _ANY_LETTER.search(word)][:MOST_WORDS]


def _matches(dialect: str, words: Sequence[str]) -> list[ColumnElement[bool]]:
    if dialect == "sqlite":
        phrases = ['"' + word.replace('"', '""') + '"' + ("*" if _PLAIN_WORD.fullmatch(word) else "") for word in words]
        index = table("turns_fts", column("rowid"))
        found = select(index.c.rowid).where(literal_column("turns_fts").op("MATCH")(" ".join(phrases)))
        return [col(Turn.id).in_(found)]
    indexed: ColumnElement[Any] = literal_column("turns.search")
    return [indexed.op("@@")(_tsquery(word)) for word in words]


def _tsquery(word: str) -> ColumnElement[Any]:
    if _PLAIN_WORD.fullmatch(word):
        return func.to_tsquery("simple", f"'{word}':*")
    return func.phraseto_tsquery("simple", word)
