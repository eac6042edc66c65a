"""A process of its own that books: run by tests of many processes at once, and of processes that are killed.

python -m tests.booking_process race URL KEY FIRST COUNT    COUNT callers at one time; prints each one's status
python -m tests.booking_process killed URL KEY TIMES SEED   TIMES children that book and move until they are killed
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from db.appointments import Wish, book, move
from db.business import Business
from db.business_file import load
from db.diary import Diary
from db.engine import Store, open_store
from db.errors import Refused, SlotTaken
from db.hours import holiday
from tests.calling import BUSINESS_OF, START

WANTED = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
"""Tuesday, ten in the morning in New York."""

LONGEST_LIFE = 0.2
"""Seconds that a child books before it is killed: a few bookings at most, so that the kill falls into one."""


@cache
def clinic() -> Business:
    return load(Path(__file__).parent.parent / "business.toml", BUSINESS_OF).business("lotus-clinic")


def diary(store: Store, call_id: str) -> Diary:
    return Diary(store, clinic(), START, call_id)


async def one_caller(store: Store, customer_id: int) -> str:
    calendar = diary(store, f"call-{customer_id}")
    try:
        await book(calendar, Wish(calendar.business.services[0], WANTED, customer_id))
    except SlotTaken as taken:
        return f"slot_taken {len(taken.details['alternatives'])}"
    return "booked"


async def race(url: str, key: str, first: int, count: int) -> None:
    store = await open_store(url, Path(key))
    told = await asyncio.gather(*(one_caller(store, first + number) for number in range(count)))
    await store.close()
    sys.stdout.write(json.dumps(told))


async def book_and_move(url: str, key: str, customer_id: int, seed: int, ready: int) -> None:
    """Says that it is ready, and goes on until somebody ends it."""
    store, chance = await open_store(url, Path(key)), random.Random(seed)
    calendar = diary(store, f"killed-{seed}")
    service = calendar.business.services[0]
    os.write(ready, b".")
    while True:
        start = WANTED + timedelta(days=chance.randrange(60), minutes=30 * chance.randrange(16))
        try:
            made = await book(calendar, Wish(service, start, customer_id))
            await move(calendar, made.id, customer_id, start + timedelta(minutes=30))
        except Refused:
            continue  # taken, closed, or the person is busy then: another time will do


def killed(url: str, key: str, times: int, seed: int) -> None:
    chance = random.Random(seed)
    holiday(clinic(), WANTED.date())  # read once here, not in each child
    for number in range(times):
        listening, ready = os.pipe()
        child = os.fork()
        if child == 0:
            asyncio.run(book_and_move(url, key, 1, seed * 1000 + number, ready))
        os.read(listening, 1)
        time.sleep(chance.random() * LONGEST_LIFE)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(listening)
        os.close(ready)


if __name__ == "__main__":
    mode, url, key, one, two = sys.argv[1:]
    if mode == "race":
        asyncio.run(race(url, key, int(one), int(two)))
    else:
        killed(url, key, int(one), int(two))
