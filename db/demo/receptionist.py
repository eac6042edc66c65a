"""The restaurant's two sample orders: one that is ready to be fetched, one that the kitchen has not started."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.cipher import Cipher
from db.models import Counter, Order, OrderLine
from db.money import smallest_units


@dataclass(frozen=True)
class Sample:
    """An order by an invented person with a number that is kept for fiction."""

    name: str
    phone: str
    minutes_ago: int
    status: str
    items: tuple[tuple[str, int], ...]


SAMPLES = (
    Sample("Maya Chen", "+12025550171", 40, "ready", (("Butter Chicken", 1), ("Garlic Naan", 2))),
    Sample("Omar Haddad", "+12025550172", 5, "received", (("Vegetable Samosa", 2), ("Mango Lassi", 1))),
)


async def add(session: AsyncSession, cipher: Cipher, business: Business, now: datetime) -> None:
    """ORD-00001 and ORD-00002, of what is on the menu."""
    prices = {dish.name: smallest_units(dish.price, business.currency) for dish in business.menu}
    number = 0
    for sample in SAMPLES:
        lines = [(item, quantity, prices[item]) for item, quantity in sample.items if item in prices]
        if not lines:
            continue
        number += 1
        order = _order(cipher, business, sample, now, number, sum(quantity * price for _, quantity, price in lines))
        session.add(order)
        await session.flush()
        assert order.id is not None
        session.add_all(
            OrderLine(order_id=order.id, position=position, item=item, quantity=quantity, unit_price=price)
            for position, (item, quantity, price) in enumerate(lines)
        )
    session.add(Counter(business=business.key, kind="order", value=number))


def _order(cipher: Cipher, business: Business, sample: Sample, now: datetime, number: int, total: int) -> Order:
    placed = now - timedelta(minutes=sample.minutes_ago)
    return Order(
        business=business.key,
        number=number,
        total=total,
        name_sealed=cipher.seal(sample.name),
        phone_sealed=cipher.seal(sample.phone),
        phone_hash=cipher.digest("phone", sample.phone),
        status=sample.status,
        currency=business.currency,
        ready_at=placed + timedelta(minutes=business.kitchen_minutes),
        created_at=placed,
        changed_at=placed,
    )
