"""Brings the tables up to the newest revision at start; refuses a store that a newer version has written."""

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from db.errors import StoreTooNew

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 7_246_231
"""Any number will do, as long as every Switchboard uses the same one."""


def revisions() -> list[str]:
    """All revisions, oldest first: the files are named by them."""
    return sorted(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


async def bring_up_to_date(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        if await connection.run_sync(_current) == revisions()[-1]:
            return
    await migrate(engine, "head")


async def migrate(engine: AsyncEngine, target: str) -> None:
    """Moves the tables up or down to `target`, in one transaction and alone."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(switchboard_write=True)
        async with connection.begin():
            if engine.dialect.name == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            await connection.run_sync(_run, target)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    current: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return current


def _run(connection: Connection, target: str) -> None:
    from alembic import command  # a tenth of a second, and only needed when something has changed
    from alembic.config import Config

    current = _current(connection)
    known = revisions()
    if current is not None and current not in known:
        raise StoreTooNew(
            f"The store is at revision {current}, which this version does not know (its newest is {known[-1]}): "
            "it was made by a newer version. Upgrade the program, or use another DATABASE_URL."
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    wanted = known[-1] if target == "head" else target
    at = -1 if current is None else known.index(current)
    to = -1 if wanted == "base" else known.index(wanted)
    if to >= at:
        command.upgrade(config, wanted)
    else:
        command.downgrade(config, wanted)
