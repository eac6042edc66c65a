"""What tests share: the demo's businesses, a store on a file, a store on a real PostgreSQL."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agents import DESKS
from db.business import Switchboard
from db.business_file import load
from db.demo.making import make_demo
from db.engine import Store, open_store
from tests.calling import BUSINESS_OF, START, Watch

ROOT = Path(__file__).parent.parent
POSTGRES = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="session")
def board() -> Switchboard:
    return load(ROOT / "business.toml", {*DESKS, *BUSINESS_OF})


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty store and its key, to be copied: migrating for each test would take most of its time."""
    folder = tmp_path_factory.mktemp("migrated")

    async def make() -> None:
        await (await open_store(f"sqlite:///{folder}/store.db", folder / "store.key")).close()

    asyncio.run(make())
    return folder


@pytest.fixture
async def store(tmp_path: Path, migrated: Path) -> AsyncIterator[Store]:
    """A new SQLite store."""
    for name in ("store.db", "store.key"):
        shutil.copy(migrated / name, tmp_path / name)
    store = await open_store(f"sqlite:///{tmp_path}/store.db", tmp_path / "store.key")
    yield store
    await store.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_postgres(*command: str | Path) -> None:
    """PostgreSQL refuses to run as root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL 15 on loopback, started for these tests only."""
    if not (POSTGRES / "postgres").exists():
        pytest.skip(f"PostgreSQL 15 is missing: {POSTGRES}/postgres (apt install postgresql)")
    folder = Path(f"/tmp/switchboard-pg-{uuid.uuid4().hex[:8]}")
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
    data, port = folder / "data", free_port()
    _as_postgres(POSTGRES / "initdb", "-D", data, "-A", "trust", "-U", "switchboard")
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c max_connections=300"
    _as_postgres(POSTGRES / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
    try:
        yield f"postgresql://switchboard@127.0.0.1:{port}"
    finally:
        _as_postgres(POSTGRES / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The address of a new, empty database."""
    name = f"t{uuid.uuid4().hex[:12]}"
    subprocess.run(
        [f"{POSTGRES}/psql", "-q", f"{postgres}/postgres", "-c", f"CREATE DATABASE {name}"],
        check=True,
        capture_output=True,
    )
    return f"{postgres}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
async def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """The same test on both databases."""
    url = f"sqlite:///{tmp_path}/any.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = await open_store(url, tmp_path / "any.key")
    yield store
    await store.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, board: Switchboard) -> Path:
    """A folder with a store that holds the demo data, to be copied."""
    folder = tmp_path_factory.mktemp("demo")

    async def make() -> None:
        store = await open_store(f"sqlite:///{folder}/store.db", folder / "store.key")
        await make_demo(store, board, START, seed=1, customers=12)
        await store.close()

    asyncio.run(make())
    return folder
