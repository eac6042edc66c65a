"""Orders: placed in one transaction, numbered without gaps, priced by code; and found again."""

import string
from collections import Counter as Counted
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.business import Business
from db.engine import Store
from db.errors import Ambiguous, Closed, NotOffered, Unavailable, WrongAmount
from db.hours import is_open, next_opening
from db.models import Counter, Order, OrderLine
from db.money import price_text, smallest_units
from db.outbox import owe

MOST_OF_AN_ITEM = 50
RACES = 4
"""How often an order that lost to another one (the first number of a business, the same order twice) is run again."""
MOST_TOLD = 20
"""Of a caller's own orders; older ones are asked for by their number."""
_PUNCTUATION = str.maketrans("", "", string.punctuation + "’“”«»…")

Fulfilment = Literal["pickup", "delivery"]


@dataclass(frozen=True)
class Till:
    """Where a call's orders are taken and looked up."""

    store: Store
    business: Business
    now: datetime
    call_id: str | None = None
    number: str | None = None
    """The number they call from, when it is to be believed."""


@dataclass(frozen=True)
class Line:
    """Some of one item, under its name on the menu."""

    item: str
    quantity: int
    note: str | None = None


@dataclass(frozen=True)
class Wish:
    """What somebody orders."""

    name: str
    lines: tuple[Line, ...]
    fulfilment: Fulfilment = "pickup"
    address: str | None = None
    phone: str | None = None
    customer_id: int | None = None


@dataclass(frozen=True)
class Stored:
    """An order as it stands in the store."""

    order: Order
    lines: tuple[OrderLine, ...]

    @property
    def id(self) -> str:
        """«ORD-00001»."""
        return order_id(self.order)

    @property
    def fee(self) -> int:
        """What the delivery cost when it was ordered."""
        return self.order.total - subtotal(self.lines)


def order_id(order: Order) -> str:
    return f"ORD-{order.number:05d}"


def subtotal(lines: Iterable[OrderLine]) -> int:
    return sum(line.quantity * line.unit_price for line in lines)


async def place(till: Till, wish: Wish) -> Stored:
    """Places the order once: said again in the same call it gives the one that is there."""
    for _ in range(RACES):
        try:
            return await till.store.write(lambda session: place_in(session, till, wish))
        except IntegrityError:
            continue
    raise Unavailable


async def place_in(session: AsyncSession, till: Till, wish: Wish) -> Stored:
    """The order itself, within a transaction of the caller's."""
    lines = merged(wish.lines)
    key = _repeat_key(till, wish, lines)
    earlier = None if key is None else await _by_key(session, till, key)
    if earlier is not None:
        return await stored(session, earlier)
    check_open(till)
    fee = delivery_fee(till.business, wish.fulfilment, wish.address)
    order = _new_order(till, wish, await _next_number(session, till.business.key), key)
    session.add(order)
    await session.flush()
    rows = await add_lines(session, till, order, lines, menu_prices(till.business))
    order.total = subtotal(rows) + fee
    await session.flush()
    placed = Stored(order, rows)
    tell(session, till, "order.placed", placed)
    return placed


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """One line for the same item with the same note; refuses amounts that nobody makes."""
    found: dict[tuple[str, str], Line] = {}
    of_item: Counted[str] = Counted()
    for line in lines:
        of_item[line.item] += line.quantity
        if line.quantity < 1 or of_item[line.item] > MOST_OF_AN_ITEM:
            sentence = f"You can order from 1 to {MOST_OF_AN_ITEM} of {line.item}."
            raise WrongAmount(sentence, item=line.item, most=MOST_OF_AN_ITEM)
        key = (line.item, _folded(line.note))
        before = found[key].quantity if key in found else 0
        found[key] = Line(line.item, before + line.quantity, line.note)
    if not found:
        raise Ambiguous("What would you like to order?")
    return tuple(found.values())


def _folded(text: str | None) -> str:
    """What stays the same when it is said again."""
    return " ".join((text or "").casefold().translate(_PUNCTUATION).split())


def _repeat_key(till: Till, wish: Wish, lines: Sequence[Line]) -> str | None:
    if till.call_id is None:
        return None
    items = sorted(f"{line.quantity} {line.item} {_folded(line.note)}" for line in lines)
    parts = (till.call_id, _folded(wish.name), wish.fulfilment, _folded(wish.address), *items)
    return till.store.cipher.digest("order", "\n".join(parts))


async def _by_key(session: AsyncSession, till: Till, key: str) -> Order | None:
    query = select(Order).where(Order.business == till.business.key, Order.repeat_key == key)
    return (await session.exec(query)).first()


def check_open(till: Till) -> None:
    if not is_open(till.business, till.now):
        raise Closed("I can't take orders while we are closed.", next_open=next_opening(till.business, till.now))


def delivery_fee(business: Business, fulfilment: Fulfilment, address: str | None) -> int:
    if fulfilment == "pickup" and address:
        raise Ambiguous("Shall it be picked up, or delivered to that address?")
    if fulfilment == "pickup":
        return 0
    if business.delivery_fee is None:
        raise NotOffered("We do not deliver, but it can be picked up.", nearest=["pickup"])
    if not address:
        raise Ambiguous("To which address shall it be delivered?")
    return smallest_units(business.delivery_fee, business.currency)


async def _next_number(session: AsyncSession, business: str) -> int:
    """Counted in the order's own transaction: one that fails uses up no number."""
    mine = (col(Counter.business) == business, col(Counter.kind) == "order")
    await session.exec(update(Counter).where(*mine).values(value=Counter.value + 1))
    number = (await session.exec(select(Counter.value).where(*mine))).first()
    if number is None:
        session.add(Counter(business=business, kind="order", value=1))
        await session.flush()
    return number or 1


def _new_order(till: Till, wish: Wish, number: int, key: str | None) -> Order:
    cipher = till.store.cipher
    return Order(
        business=till.business.key,
        number=number,
        customer_id=wish.customer_id,
        name_sealed=cipher.seal(wish.name),
        phone_sealed=cipher.seal_maybe(wish.phone),
        phone_hash=None if wish.phone is None else cipher.digest("phone", wish.phone),
        fulfilment=wish.fulfilment,
        address_sealed=cipher.seal_maybe(wish.address),
        total=0,
        currency=till.business.currency,
        ready_at=ready_at(till),
        repeat_key=key,
        made_by_call=till.call_id,
        created_at=till.now,
        changed_at=till.now,
    )


def ready_at(till: Till) -> datetime:
    return till.now + timedelta(minutes=till.business.kitchen_minutes)


def menu_prices(business: Business) -> dict[str, int]:
    return {dish.name: smallest_units(dish.price, business.currency) for dish in business.menu}


async def add_lines(
    session: AsyncSession, till: Till, order: Order, lines: Sequence[Line], prices: Mapping[str, int]
) -> tuple[OrderLine, ...]:
    assert order.id is not None
    rows = tuple(
        OrderLine(
            order_id=order.id,
            position=position,
            item=line.item,
            quantity=line.quantity,
            unit_price=prices[line.item],
            note_sealed=till.store.cipher.seal_maybe(line.note),
        )
        for position, line in enumerate(lines)
    )
    session.add_all(rows)
    await session.flush()
    return rows


async def stored(session: AsyncSession, order: Order) -> Stored:
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.position))
    return Stored(order, tuple((await session.exec(query)).all()))


def tell(session: AsyncSession, till: Till, kind: str, placed: Stored) -> None:
    """Owes the web-hook that says what became of an order."""
    order, cipher = placed.order, till.store.cipher
    payload = {
        "order_id": placed.id,
        "status": order.status,
        "name": cipher.open(order.name_sealed),
        "phone": cipher.open_maybe(order.phone_sealed),
        "fulfilment": order.fulfilment,
        "address": cipher.open_maybe(order.address_sealed),
        "lines": [
            {
                "item": line.item,
                "quantity": line.quantity,
                "unit_price": price_text(line.unit_price, order.currency),
                "note": cipher.open_maybe(line.note_sealed),
            }
            for line in placed.lines
        ],
        "total": price_text(order.total, order.currency),
        "currency": order.currency,
        "ready_at": None if order.ready_at is None else order.ready_at.isoformat(),
    }
    owe(session, cipher, till.business, kind, payload, till.now)


async def by_number(till: Till, number: int) -> Stored | None:
    """The order of this business with this number, whosever it is: the caller of this must ask for a proof."""
    async with till.store.read() as session:
        found = (await session.exec(numbered(till, number))).first()
        return None if found is None else await stored(session, found)


def numbered(till: Till, number: int) -> SelectOfScalar[Order]:
    return select(Order).where(Order.business == till.business.key, Order.number == number)


async def own_orders(till: Till) -> list[Stored]:
    """Those that were placed in this call or from its number, newest first."""
    mine = [col(Order.made_by_call) == till.call_id] if till.call_id is not None else []
    if till.number is not None:
        mine.append(col(Order.phone_hash) == till.store.cipher.digest("phone", till.number))
    if not mine:
        return []
    query = select(Order).where(Order.business == till.business.key, or_(*mine)).order_by(col(Order.number).desc())
    async with till.store.read() as session:
        return [await stored(session, order) for order in (await session.exec(query.limit(MOST_TOLD))).all()]


async def orders_of(till: Till, customer_id: int) -> list[Stored]:
    """A customer's orders, newest first; who asks must have verified that it is theirs."""
    query = select(Order).where(Order.business == till.business.key, Order.customer_id == customer_id)
    async with till.store.read() as session:
        rows = (await session.exec(query.order_by(col(Order.created_at).desc()).limit(MOST_TOLD))).all()
        return [await stored(session, order) for order in rows]


def is_own(till: Till, order: Order) -> bool:
    """Whether it was placed in this call or from its number."""
    if till.call_id is not None and order.made_by_call == till.call_id:
        return True
    return till.number is not None and order.phone_hash == till.store.cipher.digest("phone", till.number)
