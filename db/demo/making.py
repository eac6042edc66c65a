"""Fills the store with the demo, each business in one transaction, so that an interrupted run can be repeated."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.demo import airline, clinic, receptionist, shop, storyteller
from db.diary import Diary
from db.engine import Store
from db.models import CallRecord, Customer, Meta, Profile

Add = Callable[[AsyncSession, Diary, random.Random, int], Awaitable[object]]

DEMOS: dict[str, Add] = {
    "lotus-clinic": lambda session, diary, chance, count: clinic.add(session, diary),
    "saffron-table": lambda session, diary, chance, count: receptionist.add(
        session, diary.store.cipher, diary.business, diary.now
    ),
    "meridian-air": lambda session, diary, chance, count: airline.add(
        session, diary.store.cipher, diary.business, diary.now
    ),
    "corner-shop": lambda session, diary, chance, count: shop.add(session, shop.Made(diary, chance, count)),
    "hanuman-toy": lambda session, diary, chance, count: storyteller.add(
        session, diary.store.cipher, diary.business, diary.now
    ),
}
"""By the business's key: an owner's own business gets no invented people."""


TRY: dict[str, Callable[[], str]] = {
    "lotus-clinic": lambda: ", ".join(f"{one.code} {one.name} (PIN {one.pin}, {one.phone})" for one in clinic.PEOPLE),
    "saffron-table": lambda: "order from the menu, under any name",
    "meridian-air": lambda: ", ".join(f"{code} {party[0].name}" for code, party in airline.TRAVELLERS.items()),
    "corner-shop": lambda: "CUST0001 and on; `export CUST0001 --business corner-shop` shows whose number that is",
    "hanuman-toy": lambda: f"a story or a verse, as {storyteller.CHILD.name}",
}
"""By the business's key: who to be, or what to ask for."""

RENEWED = {"meridian-air": timedelta(days=1)}
"""What ages: yesterday's flights are of no use today, so a later run adds today's."""


async def is_untouched(store: Store) -> bool:
    """Whether the store is new: nobody has called, and nobody is known."""
    async with store.read() as session:
        marks = select(Meta.key).where(col(Meta.key).startswith("demo:"))
        for query in (marks, select(Customer.id), select(Profile.id), select(CallRecord.id)):
            if (await session.exec(query.limit(1))).first() is not None:
                return False
    return True


async def make_demo(store: Store, board: Switchboard, now: datetime, *, seed: int, customers: int) -> list[str]:
    """Adds what is not there yet; gives the names of the businesses that got their demo data now."""
    made = []
    for business in board.businesses:
        add = DEMOS.get(business.key)
        if add is not None and await _make_one(store, Diary(store, business, now), add, seed, customers):
            made.append(business.name)
    return made


async def _make_one(store: Store, diary: Diary, add: Add, seed: int, customers: int) -> bool:
    key = diary.business.key

    async def work(session: AsyncSession) -> bool:
        mark = await session.get(Meta, f"demo:{key}")
        if mark is None:
            session.add(Meta(key=f"demo:{key}", value=diary.now.isoformat()))
        elif key in RENEWED and diary.now - datetime.fromisoformat(mark.value) > RENEWED[key]:
            mark.value = diary.now.isoformat()
        else:
            return False
        await add(session, diary, random.Random(seed), customers)
        return True

    return await store.write(work)


def who_to_try(board: Switchboard) -> list[str]:
    """Lines that say which numbers lead where, and who to be when trying them."""
    lines = [
        f"{number}  {route.desk:<13}{board.business(route.business).name}" for number, route in board.numbers.items()
    ]
    people = [f"id {one.code}, PIN {one.pin}: {one.name} ({one.phone})" for one in clinic.PEOPLE]
    travellers = [
        f"{code}: {', '.join(one.name for one in party)}" for code, party in list(airline.TRAVELLERS.items())[:3]
    ]
    return [*lines, "", "At the clinic:", *people, "", "At the airline:", *travellers]
