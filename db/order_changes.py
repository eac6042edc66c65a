"""Changing and cancelling an order, each in one transaction, while the kitchen has not started."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from db.errors import Ambiguous, NotFound, TooLate
from db.models import Order
from db.orders import (
    Fulfilment,
    Line,
    Stored,
    Till,
    add_lines,
    check_open,
    delivery_fee,
    menu_prices,
    merged,
    numbered,
    ready_at,
    stored,
    subtotal,
    tell,
)


@dataclass(frozen=True)
class Change:
    """What shall be different. None leaves it as it is."""

    lines: tuple[Line, ...] | None = None
    """The whole order as it shall be."""
    line: Line | None = None
    """One item as it shall be, 0 to take it off; the others stay."""
    fulfilment: Fulfilment | None = None
    address: str | None = None


@dataclass(frozen=True)
class _Shape:
    """What of an order can be changed."""

    lines: tuple[Line, ...]
    fulfilment: Fulfilment
    address: str | None

    def is_like(self, other: "_Shape") -> bool:
        """The same, in whatever order its lines are."""
        return (self.fulfilment, self.address) == (other.fulfilment, other.address) and set(self.lines) == set(
            other.lines
        )


async def _locked(session: AsyncSession, till: Till, number: int) -> Stored:
    """The order as it is now, kept from others until this transaction ends."""
    found = (await session.exec(numbered(till, number).with_for_update())).first()
    if found is None:
        raise NotFound("I can't find that order.")
    return await stored(session, found)


def _refuse_started(order: Order) -> None:
    if order.status == "cancelled":
        raise TooLate("That order was cancelled.", order_status=order.status)
    if order.status != "received":
        raise TooLate("We have already started on it, so it can't be changed any more.", order_status=order.status)


async def change(till: Till, number: int, wanted: Change) -> Stored:
    """The order as it is afterwards. Said again it changes nothing: what is asked for is how it shall be."""

    async def work(session: AsyncSession) -> Stored:
        before = await _locked(session, till, number)
        _refuse_started(before.order)
        current = _shape(till, before)
        wished = _changed(current, wanted)
        if wished.is_like(current):
            return before
        check_open(till)
        return await _apply(session, till, before, wished)

    return await till.store.write(work)


def _shape(till: Till, placed: Stored) -> _Shape:
    cipher = till.store.cipher
    return _Shape(
        tuple(Line(row.item, row.quantity, cipher.open_maybe(row.note_sealed)) for row in placed.lines),
        "delivery" if placed.order.fulfilment == "delivery" else "pickup",
        cipher.open_maybe(placed.order.address_sealed),
    )


def _changed(current: _Shape, wanted: Change) -> _Shape:
    lines = current.lines
    if wanted.lines is not None:
        lines = tuple(Line(line.item, line.quantity, _note(lines, line)) for line in wanted.lines)
    if wanted.line is not None:
        lines = _with_line(lines, wanted.line)
    if not lines:
        raise Ambiguous("That leaves nothing in the order. Shall I cancel it?")
    fulfilment = wanted.fulfilment or current.fulfilment
    if fulfilment == "pickup" and wanted.address:
        raise Ambiguous("It is to be picked up. Shall it be delivered to that address instead?")
    address = (wanted.address or current.address) if fulfilment == "delivery" else None
    return _Shape(merged(lines), fulfilment, address)


def _note(old: tuple[Line, ...], wanted: Line) -> str | None:
    """An item's note stays until there is a new one: an allergy is not told twice."""
    return wanted.note or next((line.note for line in old if line.item == wanted.item and line.note), None)


def _with_line(lines: tuple[Line, ...], wanted: Line) -> tuple[Line, ...]:
    """The wanted amount of one item, at its old place."""
    items = [line.item for line in lines]
    at = items.index(wanted.item) if wanted.item in items else len(lines)
    new = [Line(wanted.item, wanted.quantity, _note(lines, wanted))] if wanted.quantity else []
    return (*lines[:at], *new, *(line for line in lines[at:] if line.item != wanted.item))


async def _apply(session: AsyncSession, till: Till, before: Stored, wished: _Shape) -> Stored:
    """Items that were ordered before keep the price they had then, and so does the delivery."""
    order, cipher = before.order, till.store.cipher
    stays = wished.fulfilment == order.fulfilment
    fee = before.fee if stays else delivery_fee(till.business, wished.fulfilment, wished.address)
    prices = menu_prices(till.business) | {row.item: row.unit_price for row in before.lines}
    for row in before.lines:
        await session.delete(row)
    await session.flush()
    rows = await add_lines(session, till, order, wished.lines, prices)
    order.total = subtotal(rows) + fee
    order.fulfilment, order.address_sealed = wished.fulfilment, cipher.seal_maybe(wished.address)
    order.repeat_key, order.changed_at, order.ready_at = None, till.now, ready_at(till)
    await session.flush()
    after = await stored(session, order)
    tell(session, till, "order.changed", after)
    return after


async def cancel(till: Till, number: int) -> tuple[bool, Stored]:
    """Cancels while the kitchen has not started; False when it was cancelled already."""

    async def work(session: AsyncSession) -> tuple[bool, Stored]:
        found = await _locked(session, till, number)
        if found.order.status == "cancelled":
            return False, found
        _refuse_started(found.order)
        found.order.status = "cancelled"
        found.order.repeat_key, found.order.changed_at = None, till.now
        tell(session, till, "order.cancelled", found)
        return True, found

    return await till.store.write(work)
