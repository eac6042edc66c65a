"""The demo: made once, the same for the same seed, and its flights are never yesterday's."""

from datetime import timedelta

from sqlalchemy import func
from sqlmodel import col, select

from db.business import Switchboard
from db.demo.making import make_demo
from db.engine import Store
from db.models import Appointment, Customer, Flight, Order, Profile
from tests.calling import START

EVERYBODY = ["Lotus Clinic", "Saffron Table", "Meridian Air", "Corner Home Store", "Hanuman's Stories"]


async def phones(store: Store) -> list[str | None]:
    async with store.read() as session:
        rows = (await session.exec(select(Customer).order_by(col(Customer.code)))).all()
    return [store.cipher.open_maybe(row.phone_sealed) for row in rows]


async def test_every_business_gets_its_data_once(any_store: Store, board: Switchboard) -> None:
    assert await make_demo(any_store, board, START, seed=1, customers=10) == EVERYBODY
    assert await make_demo(any_store, board, START, seed=1, customers=10) == []
    async with any_store.read() as session:
        found = [(await session.exec(select(func.count()).select_from(table))).one() for table in (Customer, Profile)]
        assert found == [13, 1]
        assert (await session.exec(select(func.count()).select_from(Order))).one() > 5
        assert (await session.exec(select(func.count()).select_from(Appointment))).one() >= 4


async def test_the_same_seed_makes_the_same_customers(store: Store, any_store: Store, board: Switchboard) -> None:
    await make_demo(store, board, START, seed=7, customers=10)
    await make_demo(any_store, board, START, seed=7, customers=10)
    assert await phones(store) == await phones(any_store)


async def test_a_later_run_adds_flights_that_are_still_to_leave(store: Store, board: Switchboard) -> None:
    await make_demo(store, board, START, seed=1, customers=1)
    later = START + timedelta(days=9)
    assert await make_demo(store, board, later, seed=1, customers=1) == ["Meridian Air"]
    async with store.read() as session:
        ahead = (await session.exec(select(Flight).where(col(Flight.departs_at) > later))).all()
    assert len(ahead) >= 4
