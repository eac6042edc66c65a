"""Web-hooks that are owed: written in the transaction of what they tell, so that none is lost and none is untrue."""

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.orm import Session
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.cipher import Cipher
from db.engine import Store
from db.models import Delivery

LEASE = timedelta(seconds=60)
"""How long a row that was handed out is nobody else's: longer than an attempt can take. Who dies in the middle of one
loses it after that time."""
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""After each failure; after one more it is given up."""
JITTER = 0.2
"""Up to this part longer, so that a receiver that comes back is not met by everything at once."""
LONGEST_ERROR = 200


def owe(
    session: AsyncSession | Session,
    cipher: Cipher,
    business: Business,
    kind: str,
    payload: Mapping[str, Any],
    now: datetime,
) -> None:
    """Puts one web-hook into the outbox; a business without an address is owed none."""
    if business.webhook is None:
        return
    sealed = cipher.seal(json.dumps(payload, ensure_ascii=False, default=_written))
    session.add(
        Delivery(
            id=str(uuid.uuid4()), business=business.key, kind=kind, payload_sealed=sealed, next_at=now, created_at=now
        )
    )


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


async def next_due(store: Store, businesses: Collection[str]) -> datetime | None:
    """When there is something to do next; None when nothing is owed."""
    async with store.read() as session:
        return (await session.exec(select(func.min(Delivery.next_at)).where(*_open(businesses)))).one()


async def due(store: Store, businesses: Collection[str], now: datetime, limit: int) -> list[Delivery]:
    """Hands out what is due, the oldest first. Until the lease is over nobody else gets it. Of these businesses only:
    another switchboard may share the database, and it alone knows the addresses of its own."""

    async def work(session: AsyncSession) -> list[Delivery]:
        query = (
            select(Delivery)
            .where(*_open(businesses), col(Delivery.next_at) <= now)
            .order_by(col(Delivery.next_at), col(Delivery.created_at))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = list((await session.exec(query)).all())
        for row in rows:
            row.next_at = now + LEASE
        return rows

    return await store.write(work)


def _open(businesses: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Delivery.business).in_(businesses),
        col(Delivery.delivered_at).is_(None),
        col(Delivery.gave_up_at).is_(None),
    )


def payload_of(store: Store, row: Delivery) -> Any:
    return json.loads(store.cipher.open(row.payload_sealed))


async def delivered(store: Store, row: Delivery, now: datetime) -> None:
    """It was taken. That stays so, whatever a late failure says, and what it told of people is not kept any longer."""
    done = {"delivered_at": now, "gave_up_at": None, "last_error": None, "payload_sealed": store.cipher.seal("{}")}

    async def work(session: AsyncSession) -> None:
        this = update(Delivery).where(col(Delivery.id) == row.id, col(Delivery.business) == row.business)
        await session.exec(this.values(**done))

    await store.write(work)


async def failed(store: Store, row: Delivery, error: str, now: datetime, random: Random) -> bool:
    """It was not taken, and is tried again later; True when it was given up. Says so only who still holds the lease."""
    attempts = row.attempts + 1
    told: dict[str, Any] = {"attempts": attempts, "last_error": error[:LONGEST_ERROR]}
    give_up = attempts > len(WAITS)
    if give_up:
        told["gave_up_at"] = now
    else:
        told["next_at"] = now + WAITS[attempts - 1] * random.uniform(1, 1 + JITTER)

    async def work(session: AsyncSession) -> bool:
        this = update(Delivery).where(col(Delivery.id) == row.id, col(Delivery.next_at) == row.next_at)
        changed = await session.exec(this.where(*_open([row.business])).values(**told))
        return give_up and changed.rowcount == 1

    return await store.write(work)
