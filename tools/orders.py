"""Orders by voice: placed, looked up, changed and cancelled. Prices, totals and times come from the store."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, NotRequired, TypedDict

from pydantic import BaseModel, BeforeValidator, ConfigDict
from rapidfuzz import fuzz

from db import order_changes, orders
from db.errors import Ambiguous, BadInput, Closed, NotFound, NotVerified, Refused, WhichOne
from db.models import OrderLine
from db.money import price_text
from db.order_changes import Change
from db.orders import Fulfilment, Line, Stored, Till, Wish
from tools.business import spoken_moment
from tools.call import Call, Context, tool
from tools.customers import plain_name, refuse_guessing
from tools.menu import dish_of
from tools.order_number import means_latest, order_number

SURE_OF_NAME = 88
"""rapidfuzz's score from which a name is the one on the order, spelled as it was heard."""


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("an amount is a number")
    return value


Amount = Annotated[int, BeforeValidator(_whole)]


class Item(BaseModel):
    """One item of an order."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """The item as the caller named it."""
    quantity: Amount = 1
    """How many of it, 1 to 50."""
    note: str | None = None
    """What the kitchen must know about it, such as an allergy."""


class LineView(TypedDict):
    name: str
    quantity: int
    unit_price: str
    price: str
    note: NotRequired[str]


class OrderView(TypedDict):
    """An order as it is told. `status` is where it is: received, preparing, ready, picked_up, …"""

    order_id: str
    status: str
    fulfilment: str
    lines: list[LineView]
    delivery_fee: NotRequired[str]
    total: str
    currency: str
    ready_at: str | None


class Done(TypedDict):
    """An order and what became of it: placed · changed · cancelled · already_cancelled."""

    success: bool
    status: str
    order_id: str
    fulfilment: str
    lines: list[LineView]
    delivery_fee: NotRequired[str]
    total: str
    currency: str
    ready_at: str | None


class FoundOrder(TypedDict):
    success: bool
    status: str
    order: OrderView


@tool
async def place_order(
    ctx: Context,
    customer_name: str,
    item: str | None = None,
    quantity: Amount = 1,
    items: list[Item] | None = None,
    fulfilment: Fulfilment = "pickup",
    address: str | None = None,
) -> Done:
    """Places an order. Use it only after you read the items and amounts back and the caller said yes. The order stands
    only when the result says success; tell its order_id, total and ready_at as they are there.

    Args:
        customer_name: The name for the order.
        item: What they want, when it is one item; in the caller's words.
        quantity: How many of that one item, 1 to 50.
        items: What they want when it is several items, or when there is a note to one.
        fulfilment: pickup, unless the caller asked for delivery.
        address: Where to deliver it to; needed for delivery.
    """
    call = ctx.userdata
    with _unsuccessful(call):
        wish = Wish(
            name=plain_name(customer_name),
            lines=_lines(call, items or ([Item(name=item, quantity=quantity)] if item else [])),
            fulfilment=fulfilment,
            address=_address(address),
            phone=call.number,
            customer_id=call.customer_id,
        )
        placed = await orders.place(_till(call), wish)
        call.name = call.name or wish.name
        return _done(call, "placed", placed)


@tool
async def lookup_order(ctx: Context, order_id: str | None = None, name: str | None = None) -> FoundOrder:
    """Tells how an order stands. Use it whenever a caller asks about an order. If it wants the name on the order, ask
    the caller for it and use it again.

    Args:
        order_id: The order's number in the caller's words: «order one», «O R D one», «ORD-00001». Leave it out for
            their latest order.
        name: The name on the order, only as the caller gave it.
    """
    call = ctx.userdata
    with _unsuccessful(call):
        found = await _find(call, order_id, name)
        return {"success": True, "status": "found", "order": _order_view(call, found)}


@tool
async def change_order(
    ctx: Context,
    order_id: str | None = None,
    item: str | None = None,
    quantity: Amount | None = None,
    items: list[Item] | None = None,
    fulfilment: Fulfilment | None = None,
    address: str | None = None,
    name: str | None = None,
) -> Done:
    """Changes an order that the kitchen has not started. Use it only after you read the change back and the caller said
    yes. The order is changed only when the result says success.

    Args:
        order_id: The order's number in the caller's words; leave it out for the one they placed last.
        item: One item that shall be different; the others stay as they are.
        quantity: How many of that item there shall be then; 0 takes it off.
        items: All items of the order as they shall be, in place of item and quantity.
        fulfilment: pickup or delivery, if that shall be different.
        address: Where to deliver it to, if that is new.
        name: The name on the order, only if you were asked for it.
    """
    call = ctx.userdata
    with _unsuccessful(call):
        found = await _find(call, order_id, name, to_change=True)
        wanted = Change(
            lines=_lines(call, items) if items else None,
            line=_line(call, item, quantity) if item and not items else None,
            fulfilment=fulfilment,
            address=_address(address),
        )
        if wanted == Change():
            raise Ambiguous("What shall be different?")
        return _done(call, "changed", await order_changes.change(_till(call), found.order.number, wanted))


@tool
async def cancel_order(ctx: Context, order_id: str | None = None, name: str | None = None) -> Done:
    """Cancels an order that the kitchen has not started. Use it only after you said which one and got a yes.

    Args:
        order_id: The order's number in the caller's words; leave it out for the one they placed last.
        name: The name on the order, only if you were asked for it.
    """
    call = ctx.userdata
    with _unsuccessful(call):
        found = await _find(call, order_id, name, to_change=True)
        changed, cancelled = await order_changes.cancel(_till(call), found.order.number)
        return _done(call, "cancelled" if changed else "already_cancelled", cancelled)


@contextmanager
def _unsuccessful(call: Call) -> Iterator[None]:
    """Every refusal says that nothing was done, and a closed kitchen when it opens."""
    try:
        yield
    except Refused as refusal:
        details = {"success": False, **refusal.details}
        if isinstance(refusal, Closed) and (opening := details.get("next_open")) is not None:
            details["next_open"] = spoken_moment(call.business, opening)
            refusal.sentence += f" We open next on {details['next_open']}."
        refusal.details = details
        raise


def _till(call: Call) -> Till:
    return Till(call.store, call.business, call.now, call.id, call.number if call.trust_caller_id else None)


def _lines(call: Call, items: Sequence[Item]) -> tuple[Line, ...]:
    return tuple(Line(dish_of(call.business, one.name).name, one.quantity, one.note or None) for one in items)


def _line(call: Call, item: str, quantity: int | None) -> Line:
    dish = dish_of(call.business, item)
    if quantity is None:
        raise Ambiguous(f"How many of {dish.name} shall there be?")
    return Line(dish.name, quantity)


def _address(said: str | None) -> str | None:
    if said and not any(letter.isalpha() for letter in said):
        raise BadInput("I did not get the address. Could you say it again?")
    return said or None


async def _find(call: Call, said: str | None, name: str | None, *, to_change: bool = False) -> Stored:
    """The order that is meant, once it is certain that this caller may know of it."""
    till = _till(call)
    if not said or means_latest(said):
        return _latest(call, await orders.own_orders(till), to_change)
    number = order_number(said)
    if number is None:
        raise Ambiguous("What is the order number, please?")
    found = await orders.by_number(till, number)
    if found is None:
        raise NotFound("I can't find an order with that number.")
    if not orders.is_own(till, found.order):
        _check_name(call, found, name)
    return found


def _latest(call: Call, own: Sequence[Stored], to_change: bool) -> Stored:
    if not own and call.number is None:
        raise NotVerified("What is your order number, and the name on the order?")
    if not own:
        raise NotFound("I have no order from your number. What is the order number?")
    if not to_change:
        return own[0]
    waiting = [one for one in own if one.order.status == "received"]
    if len(waiting) > 1:
        raise WhichOne("Which order do you mean?", choices=[_order_view(call, one) for one in waiting])
    return waiting[0] if waiting else max(own, key=lambda one: one.order.changed_at)


def _check_name(call: Call, found: Stored, name: str | None) -> None:
    """Who does not call from the order's number must know the name on it; guessing ends after a few tries."""
    refuse_guessing(call)
    if not name:
        raise NotVerified("What is the name on that order?")
    if not _same_name(name, call.store.cipher.open(found.order.name_sealed)):
        call.failures += 1
        refuse_guessing(call)
        raise NotVerified("That is not the name on the order.")


def _same_name(said: str, on_order: str) -> bool:
    return fuzz.token_sort_ratio(said, on_order, processor=str.casefold) >= SURE_OF_NAME


def _order_view(call: Call, found: Stored) -> OrderView:
    order = found.order
    view: OrderView = {
        "order_id": found.id,
        "status": order.status,
        "fulfilment": order.fulfilment,
        "lines": [_line_view(call, order.currency, row) for row in found.lines],
        "total": price_text(order.total, order.currency),
        "currency": order.currency,
        "ready_at": None,
    }
    if order.ready_at is not None and order.status != "cancelled":
        view["ready_at"] = spoken_moment(call.business, order.ready_at)
    if found.fee:
        view["delivery_fee"] = price_text(found.fee, order.currency)
    return view


def _line_view(call: Call, currency: str, row: OrderLine) -> LineView:
    view: LineView = {
        "name": row.item,
        "quantity": row.quantity,
        "unit_price": price_text(row.unit_price, currency),
        "price": price_text(row.unit_price * row.quantity, currency),
    }
    if (note := call.store.cipher.open_maybe(row.note_sealed)) is not None:
        view["note"] = note
    return view


def _done(call: Call, status: str, found: Stored) -> Done:
    return {**_order_view(call, found), "success": True, "status": status}
