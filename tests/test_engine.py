"""The store itself: opening, keys, transactions."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from db.engine import Store, open_store
from db.errors import StoreTooNew, WrongKey
from db.models import Counter


async def test_a_write_that_fails_leaves_nothing(any_store: Store) -> None:
    async def work(session: AsyncSession) -> None:
        session.add(Counter(business="x", kind="order", value=1))
        await session.flush()
        raise KeyError("half-way")

    with pytest.raises(KeyError):
        await any_store.write(work)
    async with any_store.read() as session:
        assert await session.get(Counter, ("x", "order")) is None


async def test_a_wrong_key_fails_closed(tmp_path: Path) -> None:
    url, key = f"sqlite:///{tmp_path}/a.db", tmp_path / "key"
    await (await open_store(url, key)).close()
    key.unlink()
    with pytest.raises(WrongKey, match="missing"):
        await open_store(url, key)
    await (await open_store(f"sqlite:///{tmp_path}/other.db", key)).close()
    with pytest.raises(WrongKey, match="another key"):
        await open_store(url, key)


async def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    await (await open_store(f"sqlite:///{tmp_path}/a.db", tmp_path / "key")).close()
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


async def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url, key = f"sqlite:///{tmp_path}/a.db", tmp_path / "key"
    store = await open_store(url, key)

    async def work(session: AsyncSession) -> None:
        connection = await session.connection()
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await store.write(work)
    await store.close()
    with pytest.raises(StoreTooNew, match="9999"):
        await open_store(url, key)
