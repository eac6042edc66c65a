"""SQLite's short transactions: those that wait at the same time share one BEGIN and one COMMIT.

SQLite writes one transaction at a time, and each COMMIT waits for the disk. Those that queue up meanwhile run one after
the other in the next transaction. If one of them fails, each is run again in a transaction of its own: each is still
kept as a whole or not at all, and none is said to be done before the disk has it. All of it happens in a thread, over a
connection without detours, so neither another process's lock nor the disk holds up the event loop.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

T = TypeVar("T")

MOST_TOGETHER = 32
"""How many share a COMMIT, so that the first of them does not wait for a queue without end."""


@dataclass(frozen=True)
class _Asked:
    work: Callable[[Session], Any]
    answer: asyncio.Future[Any]


class SharedCommit:
    """The queue of one database's short transactions."""

    def __init__(self, engine: Engine, turn: asyncio.Lock) -> None:
        self._engine = engine
        self._turn = turn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shared commit")
        self._waiting: list[_Asked] = []
        self._running: asyncio.Task[None] | None = None

    async def transact(self, work: Callable[[Session], T]) -> T:
        """What `work` returned, once it is on the disk; its own error, or the database's."""
        asked = _Asked(work, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._running is None:  # a task of its own: a caller that gives up must not tear the others' COMMIT
            self._running = asyncio.create_task(self._run())
        return cast(T, await asked.answer)

    async def _run(self) -> None:
        while self._waiting:
            async with self._turn:
                together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                await self._commit([asked for asked in together if not asked.answer.done()])
        self._running = None

    async def _commit(self, together: list[_Asked]) -> None:
        """Every outcome goes to the one who asked, whatever it is: the queue itself must go on."""
        works = [asked.work for asked in together]
        outcomes = await asyncio.get_running_loop().run_in_executor(self._thread, _outcomes, self._engine, works)
        for asked, outcome in zip(together, outcomes, strict=True):
            _tell(asked.answer, outcome)

    async def close(self) -> None:
        """Once nothing is under way."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()
        self._engine.dispose()


def _tell(answer: asyncio.Future[Any], outcome: Any) -> None:
    if answer.done():  # given up meanwhile; what was written stays written
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def _outcomes(engine: Engine, works: list[Callable[[Session], Any]]) -> list[Any]:
    """What each returned or raised. Where one fails nothing is kept, and each is run again on its own."""
    try:
        with engine.begin() as connection:
            return [_run(connection, work) for work in works]
    except OperationalError as error:  # a lock or the disk: it would be the same for each
        return [error] * len(works)
    except Exception as error:
        if len(works) == 1:
            return [error]
    return [outcome for work in works for outcome in _outcomes(engine, [work])]


def _run(connection: Connection, work: Callable[[Session], Any]) -> Any:
    with Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session:
        result = work(session)
        session.flush()
        return result
