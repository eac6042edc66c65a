"""Many callers, several processes and processes that die: the calendar is right each time."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.diary import Diary, buckets, plain_buckets
from db.engine import Store
from db.models import Appointment, Customer, Occupancy
from tests.calling import START
from tests.conftest import ROOT
from tests.people import add_clinic_people

PROCESSES, CALLERS = 4, 200


async def add_customers(store: Store, count: int) -> int:
    """Callers without names; gives the first one's id."""

    async def work(session: AsyncSession) -> int:
        rows = [
            Customer(business="lotus-clinic", code=f"X{number}", name_sealed="-", created_at=START)
            for number in range(count)
        ]
        session.add_all(rows)
        await session.flush()
        return min(row.id for row in rows if row.id is not None)

    return await store.write(work)


async def run(*arguments: str) -> str:
    command = (sys.executable, "-m", "tests.booking_process", *arguments)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


def address(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


async def check_calendar(store: Store, board: Switchboard) -> int:
    """Every booked appointment occupies just what it must, and nothing else is occupied. Gives how many there are."""
    clinic = board.business("lotus-clinic")
    diary, service = Diary(store, clinic, START), clinic.services[0]
    async with store.read() as session:
        booked = (await session.exec(select(Appointment).where(col(Appointment.status) == "booked"))).all()
        rows = (await session.exec(select(Occupancy))).all()
    expected = {
        (diary.resource("staff", one.staff), bucket): one.id
        for one in booked
        for bucket in buckets(service, one.starts_at)
    }
    for one in booked:
        person = diary.resource("customer", one.customer_id)
        expected |= {(person, bucket): one.id for bucket in plain_buckets(one.starts_at, one.ends_at)}
    assert {(row.resource, row.bucket): row.appointment_id for row in rows} == expected
    assert len(expected) == len(booked) * 12
    return len(booked)


async def test_two_hundred_callers_in_four_processes_make_one_booking(
    any_store: Store, board: Switchboard, tmp_path: Path
) -> None:
    first = await add_customers(any_store, CALLERS)
    each = CALLERS // PROCESSES
    runs = (
        run("race", address(any_store), str(tmp_path / "any.key"), str(first + number * each), str(each))
        for number in range(PROCESSES)
    )
    told = Counter(status for output in await asyncio.gather(*runs) for status in json.loads(output))
    assert told == {"booked": 1, "slot_taken 3": CALLERS - 1}
    assert await check_calendar(any_store, board) == 1


async def test_a_process_killed_fifty_times_leaves_all_or_nothing(
    any_store: Store, board: Switchboard, tmp_path: Path
) -> None:
    await add_clinic_people(any_store, board)
    before = await check_calendar(any_store, board)
    await run("killed", address(any_store), str(tmp_path / "any.key"), "50", "1")
    assert await check_calendar(any_store, board) > before
