"""The restaurant at lunchtime, for tests of its orders."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.engine import Store
from db.models import Delivery, Order
from tests.calling import Watch, make_call
from tools.call import Call

LUNCH = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
"""A Tuesday, noon in Washington: the restaurant is open until half past two."""
MAYA = "+12025550171"
STRANGER = "+12025550199"


async def ring(
    store: Store, board: Switchboard, number: str | None = MAYA, *, call_id: str = "call-1", watch: Watch | None = None
) -> Call:
    """A call at the restaurant, which wants to be told of everything."""
    call = await make_call(store, board, "receptionist", number=number, call_id=call_id, watch=watch or Watch(LUNCH))
    call.business = call.business.model_copy(update={"webhook": "https://hooks.example/orders"})
    return call


async def count(store: Store, table: type[Any]) -> int:
    async with store.read() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def owed(store: Store) -> list[tuple[str, dict[str, Any]]]:
    """The web-hooks in the outbox, oldest first."""
    async with store.read() as session:
        rows = (await session.exec(select(Delivery).order_by(col(Delivery.created_at)))).all()
    return [(row.kind, json.loads(store.cipher.open(row.payload_sealed))) for row in rows]


async def set_status(store: Store, number: int, status: str) -> None:
    """What the kitchen does."""

    async def work(session: AsyncSession) -> None:
        await session.exec(update(Order).where(col(Order.number) == number).values(status=status))

    await store.write(work)
