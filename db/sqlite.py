"""SQLite without the detour: what cannot wait runs where it is asked for, what can wait runs in the driver's thread.

aiosqlite sends every call to a thread and back: measured here, 0.4 ms and more for each, three or four of them for one
statement that itself takes 0.03 ms, most of it spent on the event loop's own core. A statement inside a transaction
that has begun waits for nobody: other writes queue at BEGIN IMMEDIATE, and readers are never blocked by a writer. So
only BEGIN IMMEDIATE, COMMIT (the disk), whatever opens and closes a file, and statements said to be long take the
thread. The busiest transactions, bookings, take another way: `db.shared_commit`.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_MS = 15_000
"""How long a write waits for another process's."""
PRAGMAS = (
    f"busy_timeout = {BUSY_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
)
"""synchronous: what was confirmed aloud outlives a power cut. secure_delete: what was erased is gone from the file."""
BEGIN = "BEGIN IMMEDIATE"
CAN_WAIT = (BEGIN, "COMMIT", "ROLLBACK", "PRAGMA", "VACUUM")

_long = ContextVar("long", default=False)


@contextmanager
def long_statements() -> Iterator[None]:
    """Within it every statement takes the thread: searches and deletions over big tables."""
    token = _long.set(True)
    try:
        yield
    finally:
        _long.reset(token)


class QuickConnection(aiosqlite.Connection):
    """aiosqlite's connection with a short way for short statements."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if _long.get() or self._connection is None or self._can_wait(fn, args):
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return fn(*args, **kwargs)

    def _can_wait(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        """Whether it touches the disk or another process's lock. A rollback of nothing, as the pool makes one whenever
        a connection comes back, does neither."""
        if fn.__name__ == "commit" or (fn.__name__ == "rollback" and self.in_transaction):
            return True
        if fn.__name__ == "close":
            return fn == self._conn.close
        return bool(args) and isinstance(args[0], str) and args[0].startswith(CAN_WAIT)


def _connect(path: str, **options: Any) -> QuickConnection:
    connection = QuickConnection(lambda: sqlite3.connect(path, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


def make_sqlite_engine(url: URL) -> AsyncEngine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=100,
        connect_args={"async_creator_fn": _connect, "check_same_thread": False},
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin says, not where the driver guesses
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("switchboard_write")
    connection.exec_driver_sql(BEGIN if write else "BEGIN")


def make_writer(url: URL) -> Engine:
    """The same file for `db.shared_commit`, whose thread needs no driver that brings a thread of its own."""
    engine = create_engine(
        url.set(drivername="sqlite"), hide_parameters=True, pool_size=1, connect_args={"check_same_thread": False}
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin_to_write)
    return engine


def _begin_to_write(connection: Connection) -> None:
    connection.exec_driver_sql(BEGIN)
