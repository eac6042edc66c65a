"""Customer care's tools: finding and verifying a customer, their orders, and appointments by the same store and rules
as the appointment desk."""

import re
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from db import orders
from db.customers import calls_from_own_number, find_by_code, find_by_digest, known, prove
from db.errors import BadInput, NeedsProof, NotFound
from db.models import Customer
from db.money import price_text
from db.orders import Stored, Till
from speech.digits import digits
from speech.times import spoken_date
from tools.appointments import Appointments, Booked, FreeSlots, free_slots, make_appointment, own_appointments
from tools.call import Call, Context, Trust, tool
from tools.customers import phone_number, refuse_guessing
from tools.diary import local
from tools.fillers import FillerKind


class CustomerView(TypedDict):
    customer_id: str
    name: str


class FoundCustomer(TypedDict):
    status: str
    customer: CustomerView


class ShopLine(TypedDict):
    name: str
    quantity: int
    price: str


class ShopOrder(TypedDict):
    order_id: str
    status: str
    ordered_on: str
    lines: list[ShopLine]
    total: str
    currency: str
    delivery: NotRequired[str]


class OrderHistory(TypedDict):
    status: str
    count: int
    orders: list[ShopOrder]


class Noted(TypedDict):
    status: str


@dataclass(frozen=True)
class Handle:
    """What the caller gave to be found by."""

    customer: Customer
    by_phone_only: bool


@tool
async def find_customer(
    ctx: Context,
    phone: str | None = None,
    email: str | None = None,
    customer_id: str | None = None,
    last_four: str | None = None,
) -> FoundCustomer:
    """Finds the caller among the customers and makes sure that it is them. Use it with whichever the caller gave, and
    again, with the same and the proof, when the result says needs_proof.

    Args:
        phone: The caller's own phone number, in their words.
        email: The caller's own e-mail address, in their words.
        customer_id: The caller's own customer id, such as CUST0001, in their words.
        last_four: The last four digits of the phone number on file, if they have just given them as the proof.
    """
    call = ctx.userdata
    refuse_guessing(call)
    handle = await _handle(call, phone, email, customer_id)
    await _verify(call, handle, last_four)
    found = known(call.store, handle.customer)
    call.customer_id, call.name, call.trust, call.failures = found.id, found.name, Trust.VERIFIED, 0
    return {"status": "found", "customer": {"customer_id": found.code, "name": found.name}}


async def _handle(call: Call, phone: str | None, email: str | None, code: str | None) -> Handle:
    """The customer whom everything that was given belongs to."""
    found: list[Customer] = []
    try:
        if code:
            found.append(await find_by_code(call.store, call.business.key, customer_code(code)))
        if email:
            found.append(await find_by_digest(call.store, call.business.key, email=email_address(email)))
        if phone:
            found.append(await find_by_digest(call.store, call.business.key, phone=phone_number(call, phone)))
        if not found:
            raise BadInput("I need your phone number, your e-mail address or your customer id to find you.")
        if len({one.id for one in found}) > 1:
            raise NotFound("Those do not belong to one customer.")
    except NotFound:
        call.failures += 1
        raise
    return Handle(found[0], by_phone_only=not (code or email))


async def _verify(call: Call, handle: Handle, last_four: str | None) -> None:
    """By the number they call from, or by the phone number on file, whole or its end. Being found by that number alone
    proves nothing."""
    number = call.number if call.trust_caller_id else None
    if calls_from_own_number(call.store, handle.customer, number):
        return
    if handle.by_phone_only:
        raise NeedsProof("Thank you. To be sure it is you, what is your customer id or your e-mail address?")
    if last_four is None:
        raise NeedsProof("To be sure it is you, what are the last four digits of the phone number we have for you?")
    said, on_file = digits(last_four), call.store.cipher.open_maybe(handle.customer.phone_sealed)
    left = await prove(
        call.store, handle.customer, lambda: on_file is not None and len(said) == 4 and on_file.endswith(said), call.now
    )
    if left is not None:
        call.failures += 1
        raise NeedsProof(f"Those digits are not right. You have {left} more {'try' if left == 1 else 'tries'}.")


def customer_code(said: str) -> str:
    """«CUST0001» of «cust 1», «customer number twelve», «C U S T zero zero zero one»."""
    number = digits(re.sub(r"\bnumber\b|\bno\b", " ", said.casefold()))
    if not number or len(number) > 8 or re.search(r"[^\w\s.,#]", said):
        raise BadInput("I did not get the customer id. It is CUST and a number, such as CUST 1.")
    return f"CUST{int(number):04d}"


def email_address(said: str) -> str:
    """«jo@example.com» of «jo at example dot com»."""
    text = re.sub(r"\s+at\s+", "@", said.casefold())
    for word, sign in (("dot", "."), ("underscore", "_"), ("dash", "-"), ("hyphen", "-"), ("plus", "+")):
        text = re.sub(rf"\s+{word}\s+", sign, text)
    text = text.replace(" ", "")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", text):
        raise BadInput("I did not get the e-mail address. Could you spell it?")
    return text


@tool
async def get_orders(ctx: Context) -> OrderHistory:
    """Tells the verified customer's own orders, newest first, with status and delivery."""
    call = ctx.userdata
    customer_id = call.require_customer()
    till = Till(call.store, call.business, call.now, call.id)
    found = await orders.orders_of(till, customer_id)
    return {"status": "ok", "count": len(found), "orders": [_order_view(call, one) for one in found]}


def _order_view(call: Call, stored: Stored) -> ShopOrder:
    order = stored.order
    view: ShopOrder = {
        "order_id": stored.id,
        "status": order.status,
        "ordered_on": spoken_date(local(order.created_at, call.business).date()),
        "lines": [
            {"name": line.item, "quantity": line.quantity, "price": price_text(line.unit_price, order.currency)}
            for line in stored.lines
        ],
        "total": price_text(order.total, order.currency),
        "currency": order.currency,
    }
    if order.ready_at is not None and order.status != "cancelled":
        word = "delivered on" if order.status == "delivered" else "expected on"
        view["delivery"] = f"{word} {spoken_date(local(order.ready_at, call.business).date())}"
    return view


@tool
async def get_appointments(ctx: Context) -> Appointments:
    """Tells the verified customer's own appointments: coming ones first, then past and cancelled ones."""
    return await own_appointments(ctx.userdata)


@tool
async def check_availability(ctx: Context, date: str, time: str | None = None, service: str | None = None) -> FreeSlots:
    """Looks up the free times of one day. Use it before offering any time.

    Args:
        date: The day in the caller's own words, or as 2026-02-12.
        time: The time or part of the day, if the caller said one.
        service: What it is for, in the caller's own words.
    """
    return await free_slots(ctx.userdata, f"{date} {time}" if time else date, service)


@tool
async def schedule_appointment(ctx: Context, date: str, time: str, service: str | None = None) -> Booked:
    """Books one appointment for the verified customer. Use it after you read it back and they said yes. Only its result
    «booked» means that it is booked.

    Args:
        date: The day in the caller's own words, or as 2026-02-12.
        time: The time in the caller's own words, or a slot that was offered.
        service: What it is for, in the caller's own words.
    """
    return await make_appointment(ctx.userdata, date, time, purpose=service, service_words=service)


@tool
async def agent_filler(ctx: Context, kind: FillerKind = "general") -> Noted:
    """Says which short sentence fits while another tool takes long. Use it beside that tool, in the same step. Nothing
    is said where the tool is quick.

    Args:
        kind: lookup where something is looked up, general for everything else.
    """
    ctx.userdata.fillers.kind = kind
    return {"status": "noted"}
