"""The store: one door to SQLite or PostgreSQL, for reading and for writing all or nothing."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from db.cipher import Cipher, make_key_file, read_keys
from db.cipher import key_id as fingerprint
from db.errors import StartError, Unavailable, WrongKey
from db.migrate import bring_up_to_date
from db.models import Meta
from db.shared_commit import SharedCommit
from db.sqlite import long_statements, make_sqlite_engine, make_writer

T = TypeVar("T")

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
ATTEMPTS = 6
"""How often a transaction that lost a race (deadlock, serialization, a busy file) is run again."""
RETRY_STATES = {"40001", "40P01", "55P03"}
"""PostgreSQL's serialization failure, deadlock and lock not available."""


class Store:
    """Everything that is remembered, and the cipher that seals it.

    `read` gives a session to look with. `write` runs a function in one transaction; the function may run more than
    once, so it must have no effect outside its session.
    """

    def __init__(self, engine: AsyncEngine, cipher: Cipher, *, delay_ms: int = 0) -> None:
        self.engine = engine
        self.cipher = cipher
        self.chance: random.Random = random.SystemRandom()
        """Where ids and PINs come from. Nobody can guess them, unless it is replaced to make a run repeatable."""
        self._delay = delay_ms / 1000
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._one_writer = asyncio.Lock()
        self._shared = None
        if self.dialect == "sqlite":
            self._shared = SharedCommit(make_writer(engine.url), self._one_writer)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def read(self, *, long: bool = False) -> AsyncIterator[AsyncSession]:
        """A session to look with; `long` where a look may take more than a few milliseconds."""
        await asyncio.sleep(self._delay)
        try:
            with long_statements() if long else nullcontext():
                async with self._sessions() as session:
                    yield session
        except (OperationalError, InterfaceError, OSError) as error:
            raise Unavailable from error

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]], *, long: bool = False) -> T:
        """Commits what `work` did, or nothing of it. A broken unique key comes out as SQLAlchemy's IntegrityError."""
        await asyncio.sleep(self._delay)
        with long_statements() if long else nullcontext():
            return await self._write(work)

    async def _write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._turn(), self._sessions() as session, session.begin():
                await session.connection(execution_options={"switchboard_write": True})
                return await work(session)

        return await self._retried(once)

    async def _retried(self, once: Callable[[], Awaitable[T]]) -> T:
        """Again where another transaction was in the way; what can't be mended is `Unavailable`."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await once()
            except IntegrityError:
                raise
            except (DBAPIError, OSError) as error:
                if attempt == ATTEMPTS or not _lost_a_race(error):
                    raise Unavailable from error
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError("the loop returns or raises")

    async def transact(self, work: Callable[[Session], T]) -> T:
        """`write` for the busiest transactions: the work is one plain function, which takes half the time."""
        await asyncio.sleep(self._delay)
        return await self._retried(lambda: self._transact(work))

    async def _transact(self, work: Callable[[Session], T]) -> T:
        if self._shared is not None:
            return await self._shared.transact(work)
        async with self.engine.connect() as connection:
            return await connection.run_sync(_in_one_transaction, work)

    def _turn(self) -> AbstractAsyncContextManager[Any]:
        """SQLite has one writer: within a process they queue here, where waiting is fair and costs no polling."""
        return self._one_writer if self.dialect == "sqlite" else nullcontext()

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()
        await self.engine.dispose()


def _in_one_transaction(connection: Connection, work: Callable[[Session], T]) -> T:
    with connection.begin(), Session(connection, expire_on_commit=False) as session:
        result = work(session)
        session.flush()
        return result


def _lost_a_race(error: BaseException) -> bool:
    cause = getattr(error, "orig", None)
    if getattr(cause, "sqlstate", None) in RETRY_STATES:
        return True
    return "database is locked" in str(cause) or "database is busy" in str(cause)


def database_url(text: str) -> URL:
    """The address with the driver that this product uses: `sqlite:///x.db`, `postgresql://…`."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # a port that is no number is the second
        raise StartError(f"DATABASE_URL is not a database address ({error}).") from error
    driver = DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise StartError(f"DATABASE_URL: «{url.get_backend_name()}» is not supported; use sqlite or postgresql.")
    return url.set(drivername=driver)


def make_engine(text: str) -> AsyncEngine:
    """An engine whose errors never show the values that were sent: they hold personal data."""
    url = database_url(text)
    if url.get_backend_name() == "postgresql":
        return create_async_engine(url, hide_parameters=True, pool_size=10, max_overflow=20, pool_pre_ping=True)
    if not url.database or url.database == ":memory:":
        raise StartError("DATABASE_URL: SQLite needs a file, such as sqlite:///var/switchboard.db.")
    return make_sqlite_engine(url)


async def open_store(url: str, key_file: Path, *, delay_ms: int = 0) -> Store:
    """Opens the store, brings its tables up to date and makes sure that the key fits."""
    try:
        engine = make_engine(url)
    except OSError as error:
        raise StartError(f"The database at {url} cannot be opened: {error.strerror}.") from error
    try:
        await bring_up_to_date(engine)
        cipher = await _fitting_cipher(engine, key_file)
    except (OperationalError, InterfaceError, OSError) as error:
        await engine.dispose()
        cause = getattr(error, "orig", error)
        raise StartError(f"The database at {engine.url.render_as_string()} cannot be opened: {cause}") from error
    except BaseException:
        await engine.dispose()
        raise
    return Store(engine, cipher, delay_ms=delay_ms)


async def _fitting_cipher(engine: AsyncEngine, key_file: Path) -> Cipher:
    """The cipher of the key that the store was sealed with; a new store takes the newest key, made if there is none."""
    async with AsyncSession(engine) as session, session.begin():
        await session.connection(execution_options={"switchboard_write": True})
        keys = read_keys(key_file)
        named = await session.get(Meta, "key_id")
        if named is None:
            keys = keys or make_key_file(key_file)
            cipher = Cipher(keys[0], keys[1:])
            session.add(Meta(key="key_id", value=cipher.key_id))
            return cipher
        fitting = [key for key in keys if fingerprint(key) == named.value]
        if not fitting:
            found = "holds another key" if keys else "is missing"
            raise WrongKey(f"{key_file} {found}: put back the key file that this store was made with.")
        return Cipher(fitting[0], [key for key in keys if key != fitting[0]])
