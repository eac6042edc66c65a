"""The shop's demo customers, their orders and appointments: the same ones for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from sqlmodel.ext.asyncio.session import AsyncSession

from db.appointments import Wish, book_in, who_could
from db.business import Business, Dish
from db.diary import Diary
from db.errors import Refused
from db.models import Counter, Customer, Order, OrderLine
from db.money import smallest_units
from db.slots import slots_on

FIRST_NAMES = (
    "Aarav", "Amelia", "Ana", "Arjun", "Carlos", "Chen", "Daniel", "Elena", "Emma", "Fatima", "Grace", "Hannah",
    "Hiro", "Ines", "Isha", "James", "Julia", "Kofi", "Lars", "Leila", "Liam", "Lucas", "Maria", "Mei", "Mohan",
    "Nadia", "Noah", "Olivia", "Omar", "Priya", "Rosa", "Samir", "Sofia", "Tara", "Thomas", "Uma", "Viktor",
    "Wei", "Yara", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Adams", "Bauer", "Brown", "Castro", "Chowdhury", "Costa", "Das", "Diaz", "Evans", "Fischer", "Garcia",
    "Gupta", "Haddad", "Hansen", "Iyer", "Jones", "Kim", "Kumar", "Lee", "Lopez", "Mehta", "Miller", "Nakamura",
    "Novak", "Okafor", "Patel", "Pereira", "Quinn", "Rao", "Rossi", "Sato", "Schmidt", "Silva", "Singh",
    "Smith", "Tran", "Vega", "Walker", "Wang", "Young",
)  # fmt: skip
AREA_CODES = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309,
    310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 330, 334, 336, 337, 339, 347, 351, 352, 360, 361, 386,
    401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 432, 434, 435, 440, 443,
    469, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509,
)  # fmt: skip
"""With each, the numbers 555-0100 to 555-0199 are kept for fiction."""
MOST_CUSTOMERS = len(AREA_CODES) * 100
STATUSES = ("delivered", "delivered", "shipped", "out_for_delivery", "received", "cancelled")
LONGEST_AGO = 60
"""Days since the oldest order."""


@dataclass(frozen=True)
class Made:
    """What the demo is made with."""

    diary: Diary
    chance: random.Random
    count: int


async def add(session: AsyncSession, made: Made) -> None:
    business, numbers = made.diary.business, _phone_numbers(made.chance)
    orders = 0
    for number in range(1, made.count + 1):
        customer = _customer(made, number, next(numbers))
        session.add(customer)
        await session.flush()
        for _ in range(made.chance.randint(0, 4)):
            orders += 1
            await _order(session, made, customer, orders)
        if made.chance.random() < 0.3:
            await _appointment(session, made, customer)
    session.add(Counter(business=business.key, kind="order", value=orders))


def _phone_numbers(chance: random.Random) -> Iterator[str]:
    pairs = list(product(AREA_CODES, range(100, 200)))
    chance.shuffle(pairs)
    return (f"+1{area}5550{line}" for area, line in pairs)


def _customer(made: Made, number: int, phone: str) -> Customer:
    cipher, chance = made.diary.store.cipher, made.chance
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    email = f"{first}.{last}{number}@example.com".lower()
    return Customer(
        business=made.diary.business.key,
        code=f"CUST{number:04d}",
        name_sealed=cipher.seal(f"{first} {last}"),
        phone_sealed=cipher.seal(phone),
        phone_hash=cipher.digest("phone", phone),
        email_sealed=cipher.seal(email),
        email_hash=cipher.digest("email", email),
        created_at=made.diary.now - timedelta(days=LONGEST_AGO + number % 300),
    )


async def _order(session: AsyncSession, made: Made, customer: Customer, number: int) -> None:
    business, chance = made.diary.business, made.chance
    placed = made.diary.now - timedelta(days=chance.randint(0, LONGEST_AGO), minutes=chance.randint(0, 600))
    lines = [(dish, chance.randint(1, 3)) for dish in chance.sample(business.menu, chance.randint(1, 3))]
    status = "received" if made.diary.now - placed < timedelta(days=2) else chance.choice(STATUSES)
    order = Order(
        business=business.key,
        number=number,
        customer_id=customer.id,
        name_sealed=customer.name_sealed,
        phone_sealed=customer.phone_sealed,
        phone_hash=customer.phone_hash,
        status=status,
        fulfilment="delivery",
        total=sum(_price(dish, business) * quantity for dish, quantity in lines),
        currency=business.currency,
        ready_at=placed + timedelta(days=chance.randint(3, 7)),
        created_at=placed,
        changed_at=placed,
    )
    session.add(order)
    await session.flush()
    assert order.id is not None
    for position, (dish, quantity) in enumerate(lines):
        session.add(
            OrderLine(
                order_id=order.id,
                position=position,
                item=dish.name,
                quantity=quantity,
                unit_price=_price(dish, business),
            )
        )


def _price(dish: Dish, business: Business) -> int:
    return smallest_units(dish.price, business.currency)


async def _appointment(session: AsyncSession, made: Made, customer: Customer) -> None:
    """A free time within the next weeks; where the one that was drawn is taken, this customer has none."""
    business, chance = made.diary.business, made.chance
    service = chance.choice(business.services)
    day = made.diary.now.astimezone(business.tz).date() + timedelta(days=chance.randint(1, 30))
    slots = slots_on(business, service, day)
    if not slots or customer.id is None:
        return
    wish = Wish(service, chance.choice(slots).start, customer.id)
    try:
        async with session.begin_nested():
            await session.run_sync(book_in, made.diary, wish, who_could(made.diary, wish))
    except Refused:
        return
