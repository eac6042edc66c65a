"""Customers: who they are, how they show it, and how a new one is taken up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.engine import Store
from db.errors import BadInput, Locked, NeedsPin, NotFound
from db.models import Customer

FAILURES_ALLOWED = 3
LOCKED_FOR = timedelta(minutes=15)
NEW_IN_ONE_CALL = 3
"""A family registers in one call; somebody who goes on registering is filling the store."""
NOBODY = "9999"
"""Never given to anybody, so that there is an id to try a «not found» with."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True)
class Known:
    """A customer as a call may know them."""

    id: int
    code: str
    name: str
    language: str = "en"


@dataclass(frozen=True)
class Proof:
    """What a caller shows to be believed: the number they call from (None: hidden or not to be trusted), a PIN."""

    number: str | None = None
    pin: str | None = None


def hash_pin(pin: str) -> str:
    return _HASHER.hash(pin)


async def recognise(store: Store, business: str, number: str) -> Known | None:
    """Whose number this is; nobody when several share it."""
    query = select(Customer).where(
        Customer.business == business, Customer.phone_hash == store.cipher.digest("phone", number)
    )
    async with store.read() as session:
        found = (await session.exec(query.limit(2))).all()
    return known(store, found[0]) if len(found) == 1 else None


async def read_customer(store: Store, customer_id: int) -> Known:
    async with store.read() as session:
        return known(store, (await session.exec(select(Customer).where(Customer.id == customer_id))).one())


async def identify(store: Store, business: str, code: str, proof: Proof, now: datetime) -> Known:
    """The customer with this code, once the proof was good. Three wrong PINs lock the code for a while."""
    async with store.read() as session:
        found = (await session.exec(_by_code(business, code))).first()
    if found is None:
        raise NotFound("I can't find that ID.")
    pin = proof.pin
    if pin is None:
        _refuse_locked(found, now)
        if not calls_from_own_number(store, found, proof.number):
            raise NeedsPin("Thank you. What is your PIN, please?")
        return known(store, found)
    left = await prove(store, found, lambda: _pin_fits(found.pin_hash, pin), now)
    if left is not None:
        raise NeedsPin(f"That PIN is not right. You have {left} more {_tries(left)}.", tries_left=left)
    return known(store, found)


def calls_from_own_number(store: Store, customer: Customer, number: str | None) -> bool:
    return number is not None and customer.phone_hash == store.cipher.digest("phone", number)


async def prove(store: Store, customer: Customer, fits: Callable[[], bool], now: datetime) -> int | None:
    """None when the answer fits; else how many tries are left. Each try is counted before the answer is looked at, so
    that guesses made at the same time are counted too; the last one locks."""
    _refuse_locked(customer, now)
    counted = await _count_try(store, customer, now)
    if await asyncio.to_thread(fits):
        await _clear_tries(store, customer)
        return None
    _refuse_locked(counted, now)
    return FAILURES_ALLOWED - counted.failures


def _tries(count: int) -> str:
    return "try" if count == 1 else "tries"


async def find_by_digest(
    store: Store, business: str, *, phone: str | None = None, email: str | None = None
) -> Customer:
    """The customer with this phone number or e-mail address; nobody where several share it."""
    digest = store.cipher.digest
    mine = (
        Customer.phone_hash == digest("phone", phone)
        if phone is not None
        else Customer.email_hash == digest("email", str(email).casefold())
    )
    return await _only_one(store, select(Customer).where(Customer.business == business, mine))


async def find_by_code(store: Store, business: str, code: str) -> Customer:
    return await _only_one(store, _by_code(business, code))


async def _only_one(store: Store, query: SelectOfScalar[Customer]) -> Customer:
    async with store.read() as session:
        found = (await session.exec(query.limit(2))).all()
    if len(found) != 1:
        raise NotFound("I can't find a customer with that.")
    return found[0]


def _by_code(business: str, code: str) -> SelectOfScalar[Customer]:
    return select(Customer).where(Customer.business == business, Customer.code == code)


def _refuse_locked(customer: Customer, now: datetime) -> None:
    if customer.locked_until is not None and now < customer.locked_until:
        minutes = -(-int((customer.locked_until - now).total_seconds()) // 60)
        raise Locked(
            f"There were too many wrong PINs. Please try again in {minutes} minute{'s' if minutes != 1 else ''}.",
            minutes=minutes,
        )


def _pin_fits(pin_hash: str | None, pin: str) -> bool:
    if pin_hash is None:
        return False
    try:
        return _HASHER.verify(pin_hash, pin)
    except VerifyMismatchError:
        return False


async def _count_try(store: Store, customer: Customer, now: datetime) -> Customer:
    async def work(session: AsyncSession) -> Customer:
        row = (await session.exec(_by_code(customer.business, customer.code).with_for_update())).one()
        _refuse_locked(row, now)
        if row.locked_until is not None:
            row.failures, row.locked_until = 0, None
        row.failures += 1
        if row.failures >= FAILURES_ALLOWED:
            row.locked_until = now + LOCKED_FOR
        return row

    return await store.write(work)


async def _clear_tries(store: Store, customer: Customer) -> None:
    async def work(session: AsyncSession) -> None:
        row = (await session.exec(_by_code(customer.business, customer.code))).one()
        row.failures, row.locked_until = 0, None

    await store.write(work)


@dataclass(frozen=True)
class Newcomer:
    """Somebody to be taken up."""

    name: str
    phone: str | None
    language: str = "en"


async def register(
    store: Store, business: str, newcomer: Newcomer, *, call_id: str, now: datetime
) -> tuple[Known, str]:
    """The new customer and their PIN. Said twice in one call it is one customer, with a new PIN for the unheard one."""
    pin = f"{store.chance.randrange(10_000):04d}"
    pin_hash = await asyncio.to_thread(hash_pin, pin)

    async def work(session: AsyncSession) -> Known:
        query = select(Customer).where(Customer.business == business, Customer.made_by_call == call_id)
        earlier = (await session.exec(query)).all()
        for customer in earlier:
            if store.cipher.open(customer.name_sealed).casefold() == newcomer.name.casefold():
                customer.pin_hash = pin_hash
                return known(store, customer)
        if len(earlier) >= NEW_IN_ONE_CALL:
            raise BadInput("I can't register anybody else in this call.")
        customer = _new_customer(store, business, newcomer, await _free_code(session, business, store.chance), now)
        customer.pin_hash, customer.made_by_call = pin_hash, call_id
        session.add(customer)
        await session.flush()
        return known(store, customer)

    while True:
        try:
            return await store.write(work), pin
        except IntegrityError:
            continue  # somebody else took the free code at the same moment; there are others


def _new_customer(store: Store, business: str, newcomer: Newcomer, code: str, now: datetime) -> Customer:
    cipher = store.cipher
    return Customer(
        business=business,
        code=code,
        name_sealed=cipher.seal(newcomer.name),
        phone_sealed=cipher.seal_maybe(newcomer.phone),
        phone_hash=None if newcomer.phone is None else cipher.digest("phone", newcomer.phone),
        language=newcomer.language,
        created_at=now,
    )


async def _free_code(session: AsyncSession, business: str, chance: Random) -> str:
    taken = set((await session.exec(select(Customer.code).where(col(Customer.business) == business))).all())
    free = [code for number in range(1000, 10_000) if (code := str(number)) not in taken and code != NOBODY]
    if not free:
        raise BadInput("I'm sorry, all our IDs are taken. Please ask for a person.")
    return chance.choice(free)


def known(store: Store, customer: Customer) -> Known:
    assert customer.id is not None
    return Known(customer.id, customer.code, store.cipher.open(customer.name_sealed), customer.language)
