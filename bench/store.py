"""Bookings a second with 1, 8 and 64 writers, and the import time of agent_worker.

    python3 bootstrap.py python -m bench.store [--postgres URL] [--seconds 5]

Each writer books one free time after another, each booking a transaction of its own, on the disk when it returns.
Writers are tasks of one process («tasks») or processes of their own («processes»). Without --postgres only SQLite is
measured; the URL must be of an empty database.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from db.appointments import Wish, book
from db.business import Business
from db.business_file import load
from db.diary import Diary
from db.engine import Store, open_store
from db.models import Customer

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
WRITERS = (1, 8, 64)


def wide_clinic() -> Business:
    """A clinic with so many doctors and so long hours that the writers never run out of free times."""
    raw = load(ROOT / "business.toml", {"kavita", "receptionist", "airline", "care", "storyteller"})
    clinic = raw.business("lotus-clinic").model_dump(mode="json")
    doctors = [{"key": f"doctor-{number}", "name": f"Doctor {number}"} for number in range(64)]
    clinic["staff"], clinic["holidays"], clinic["zone"] = doctors, {}, "UTC"
    clinic["hours"] = dict.fromkeys(clinic["hours"], "0:00-24:00")
    clinic["services"][0]["horizon_days"] = 700
    return Business.model_validate(clinic)


async def add_customer(store: Store, writer: int) -> int:
    async def work(session: AsyncSession) -> int:
        customer = Customer(business="lotus-clinic", code=f"W{time.time_ns()}{writer}", name_sealed="-", created_at=NOW)
        session.add(customer)
        await session.flush()
        assert customer.id is not None
        return customer.id

    return await store.write(work)


async def write_until(store: Store, business: Business, writer: int, first_day: int, until: float) -> list[float]:
    """Books until the time is up; gives how long each booking took."""
    diary, service = Diary(store, business, NOW, f"writer-{writer}"), business.services[0]
    customer, took, number = await add_customer(store, writer), [], 0
    while time.perf_counter() < until:
        start = NOW + timedelta(days=first_day, minutes=30 * number)
        begun = time.perf_counter()
        await book(diary, Wish(service, start, customer, staff=f"doctor-{writer % 64}"))
        took.append(time.perf_counter() - begun)
        number += 1
    return took


async def tasks(url: str, key: str, writers: int, first_day: int, seconds: float, first_writer: int = 0) -> list[float]:
    store, business = await open_store(url, Path(key)), wide_clinic()
    until = time.perf_counter() + seconds
    runs = (write_until(store, business, first_writer + one, first_day, until) for one in range(writers))
    took = [value for run in await asyncio.gather(*runs) for value in run]
    await store.close()
    return took


def processes(url: str, key: str, writers: int, first_day: int, seconds: float) -> list[float]:
    """Each writer a process; they begin together, once all are ready."""
    command = [sys.executable, "-m", "bench.store", "--writer", url, key, str(first_day), str(seconds)]
    running = [
        subprocess.Popen([*command, str(one)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for one in range(writers)
    ]
    for one in running:
        assert one.stdout is not None
        one.stdout.readline()
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [value for one in running for value in json.loads(one.communicate()[0])]


def be_a_writer(url: str, key: str, first_day: str, seconds: str, writer: str) -> None:
    wide_clinic()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    took = asyncio.run(tasks(url, key, 1, int(first_day), float(seconds), int(writer)))
    sys.stdout.write(json.dumps(took))


def row(name: str, kind: str, writers: int, took: list[float], seconds: float) -> str:
    cuts = statistics.quantiles(took, n=100)
    p50, p95, p99 = (cuts[index] * 1000 for index in (49, 94, 98))
    return f"{name:<11} {kind:<10} {writers:>7} {len(took) / seconds:>11.0f} {p50:>8.1f} {p95:>8.1f} {p99:>8.1f}"


def measure(name: str, url: str, key: str, seconds: float) -> None:
    for number, writers in enumerate(WRITERS):
        took = asyncio.run(tasks(url, key, writers, 20 + 60 * number, seconds))
        tell(row(name, "tasks", writers, took, seconds))
    took = processes(url, key, 8, 20 + 60 * len(WRITERS), seconds)
    tell(row(name, "processes", 8, took, seconds))


def import_times(count: int = 7) -> list[float]:
    """Seconds from nothing to «agent_worker is imported», the interpreter's own start taken off."""

    def once(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - begun

    return [once("import agent_worker") - once("pass") for _ in range(count)]


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    if sys.argv[1:2] == ["--writer"]:
        be_a_writer(*sys.argv[2:])
        return
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--postgres", help="address of an empty PostgreSQL database")
    options.add_argument("--seconds", type=float, default=5.0, help="how long each row is measured")
    chosen = options.parse_args()
    imports = import_times()
    tell(f"import agent_worker: {statistics.median(imports):.2f} s (median of {len(imports)})")
    tell(f"{'database':<11} {'writers':<10} {'number':>7} {'bookings/s':>11} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}")
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db", f"{folder}/key", chosen.seconds)
        if chosen.postgres:
            measure("PostgreSQL", chosen.postgres, f"{folder}/key-pg", chosen.seconds)


if __name__ == "__main__":
    main()
