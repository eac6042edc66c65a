"""Transactions that share a COMMIT: each is kept as a whole or not at all, whatever becomes of the others."""

import asyncio
import sqlite3
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import select

from db.engine import Store
from db.errors import Unavailable
from db.models import Counter


def counting(kind: str) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        session.add(Counter(business="x", kind=kind, value=1))
        session.flush()
        return kind

    return work


def counting_then(error: Exception) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        counting("half")(session)
        raise error

    return work


def breaking_the_commit(session: Session) -> None:
    """A row that refers to nothing, of which SQLite takes notice only at COMMIT."""
    session.connection().execute(text("PRAGMA defer_foreign_keys = ON"))
    session.connection().execute(text("INSERT INTO occupancy (resource, bucket, hold_id) VALUES ('x', 1, 404)"))


async def counted(store: Store) -> set[str]:
    async with store.read() as session:
        return set((await session.exec(select(Counter.kind).where(Counter.business == "x"))).all())


async def test_one_that_fails_leaves_nothing_and_does_not_take_its_neighbours_along(any_store: Store) -> None:
    works = [counting("a"), counting("a"), counting_then(KeyError("half-way")), counting("b")]
    outcomes = await asyncio.gather(*(any_store.transact(work) for work in works), return_exceptions=True)
    assert sorted(str(one) for one in outcomes if isinstance(one, str)) == ["a", "b"]
    assert {type(one) for one in outcomes} == {str, IntegrityError, KeyError}
    assert await counted(any_store) == {"a", "b"}


async def test_a_caller_who_gives_up_does_not_stop_the_others(any_store: Store) -> None:
    tasks = [asyncio.create_task(any_store.transact(counting(kind))) for kind in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcomes[0] == "a" and outcomes[2] == "c"
    assert {"a", "c"} <= await counted(any_store)


async def test_a_commit_that_fails_harms_only_the_one_who_broke_it(store: Store) -> None:
    works = [counting("a"), breaking_the_commit]
    outcomes = await asyncio.gather(*(store.transact(work) for work in works), return_exceptions=True)
    assert [type(one) for one in outcomes] == [str, IntegrityError]
    assert await counted(store) == {"a"}


async def test_a_database_that_cannot_be_written_is_told_to_everybody_at_once(store: Store) -> None:
    def full(session: Session) -> None:
        session.connection().execute(text("PRAGMA query_only = ON"))
        counting("b")(session)

    works = [counting("a"), full, counting("c")]
    outcomes = await asyncio.gather(*(store.transact(work) for work in works), return_exceptions=True)
    assert [type(one) for one in outcomes] == [Unavailable] * 3


async def test_more_than_share_one_commit_are_all_kept(any_store: Store) -> None:
    kinds = [f"kind-{number}" for number in range(100)]
    assert await asyncio.gather(*(any_store.transact(counting(kind)) for kind in kinds)) == kinds
    assert await counted(any_store) == set(kinds)


async def test_closing_waits_for_all_that_is_under_way(store: Store) -> None:
    kinds = [f"kind-{number}" for number in range(100)]
    everything = asyncio.gather(*(store.transact(counting(kind)) for kind in kinds))
    for _ in range(3):
        await asyncio.sleep(0)
    await store.close()
    assert await everything == kinds


async def test_the_event_loop_is_not_held_while_another_process_writes(store: Store) -> None:
    other = sqlite3.connect(str(store.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(store.transact(counting("a")))
    await asyncio.sleep(0.05)
    assert not task.done()
    other.execute("COMMIT")
    other.close()
    assert await task == "a"
