"""The tables' revisions: up and down with data, on both databases, and equal to what the code says."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from db.engine import Store, make_engine
from db.migrate import migrate, revisions

SEARCH = {"passages_fts", "turns_fts"}


def differences(connection: Connection) -> list[object]:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare: object) -> bool:
        if kind == "table" and name is not None:
            return not any(name.startswith(one) for one in SEARCH)
        return not (kind in {"column", "index"} and name is not None and "search" in name)

    context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": False})
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_newest_revision_is_what_the_code_says(any_store: Store) -> None:
    async with any_store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


INSERTS = {
    "0001": [
        "INSERT INTO customers (id, business, code, name_sealed, failures, language, created_at)"
        " VALUES (1, 'b', '1001', 'sealed', 0, 'en', '2026-03-02 14:00:00')",
        "INSERT INTO calls (id, business, desk, language, started_at)"
        " VALUES ('c', 'b', 'kavita', 'en', '2026-03-02 14:00:00')",
        "INSERT INTO turns (id, call_id, position, role, text_sealed, redacted, interrupted, at)"
        " VALUES (1, 'c', 0, 'user', 'sealed', 'hello wonderful world', false, '2026-03-02 14:00:00')",
        "INSERT INTO profiles (id, business, child_name_sealed, age_band, language, zone, volume_cap, created_at)"
        " VALUES ('p', 'b', 'sealed', '8-10', 'en', 'UTC', 80, '2026-03-02 14:00:00')",
    ],
    "0002": [
        "INSERT INTO orders"
        " (id, business, number, name_sealed, status, fulfilment, total, currency, created_at, changed_at)"
        " VALUES (1, 'b', 1, 'sealed', 'received', 'pickup', 1590, 'USD', '2026-03-02 14:00:00', '2026-03-02 14:00:00'"
        ")",
    ],
    "0003": [
        "INSERT INTO interests (profile_id, tag, weight, changed_at) VALUES ('p', 'monkeys', 2, '2026-03-02 14:00:00')"
    ],
    "0004": [
        "INSERT INTO passages (id, collection, topic, title, also, body) VALUES (1, 'faq', 't', 'T', '', 'words')"
    ],
}
"""A row of every kind, by the revision that brought its table."""


async def rows(engine_url: str, *tables: str) -> dict[str, int]:
    engine = make_engine(engine_url)
    async with engine.connect() as connection:
        there = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
        found = {
            table: int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())
            for table in tables
            if table in there
        }
    await engine.dispose()
    return found


async def put(engine_url: str, revision: str) -> None:
    engine = make_engine(engine_url)
    async with engine.begin() as connection:
        for statement in INSERTS[revision]:
            await connection.execute(text(statement))
    await engine.dispose()


async def go(engine_url: str, target: str) -> None:
    engine = make_engine(engine_url)
    await migrate(engine, target)
    await engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.mark.parametrize("first", revisions())
async def test_data_of_each_revision_survives_to_the_newest_and_back(empty_url: str, first: str) -> None:
    known = revisions()
    for revision in known[: known.index(first) + 1]:
        await go(empty_url, revision)
        await put(empty_url, revision)
    tables = ("customers", "calls", "turns", "profiles", "orders", "interests", "passages")
    before = await rows(empty_url, *tables)
    await go(empty_url, "head")
    assert (await rows(empty_url, *tables)).items() >= before.items()
    await go(empty_url, first)
    assert await rows(empty_url, *tables) == before
    await go(empty_url, "base")
    assert await rows(empty_url, *tables) == {}


async def test_turns_from_before_the_search_index_are_found_by_it(empty_url: str) -> None:
    await go(empty_url, "0001")
    await put(empty_url, "0001")
    await go(empty_url, "head")
    engine = make_engine(empty_url)
    query = (
        "SELECT count(*) FROM turns_fts WHERE turns_fts MATCH 'wonderful'"
        if empty_url.startswith("sqlite")
        else "SELECT count(*) FROM turns WHERE search @@ to_tsquery('simple', 'wonderful')"
    )
    async with engine.connect() as connection:
        assert (await connection.execute(text(query))).scalar_one() == 1
    await engine.dispose()
