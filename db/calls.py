"""The call log: every call with its turns and tool runs, written down as they happen."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.engine import Store
from db.models import CallRecord, ToolCall


@dataclass(frozen=True)
class ToolRun:
    """One run of a tool, already masked."""

    function: str
    arguments: Any
    result: Any
    status: str
    ms: int
    at: datetime


async def begin_call(store: Store, record: CallRecord) -> None:
    """Writes the call down; said again for the same call it changes nothing."""

    async def work(session: AsyncSession) -> None:
        if await session.get(CallRecord, record.id) is None:
            session.add(CallRecord(**record.model_dump()))

    await store.write(work)


async def log_tool(store: Store, call_id: str, run: ToolRun) -> None:
    """Writes a tool run down behind the ones before it."""
    arguments = store.cipher.seal(json.dumps(run.arguments, ensure_ascii=False, default=str))
    result = store.cipher.seal(json.dumps(run.result, ensure_ascii=False, default=str))

    async def work(session: AsyncSession) -> None:
        last = (await session.exec(select(func.max(ToolCall.position)).where(col(ToolCall.call_id) == call_id))).one()
        session.add(
            ToolCall(
                call_id=call_id,
                position=0 if last is None else last + 1,
                function=run.function,
                arguments_sealed=arguments,
                result_sealed=result,
                status=run.status,
                ms=run.ms,
                at=run.at,
            )
        )

    await store.write(work)
