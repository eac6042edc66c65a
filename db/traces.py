"""Everything that is held about one caller of a business: found by their number or by their customer code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import phonenumbers
from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.cipher import Cipher
from db.errors import WhichOne
from db.models import (
    Appointment,
    CallRecord,
    Customer,
    Delivery,
    Message,
    Order,
    OrderLine,
    ToolCall,
    Turn,
    Waiting,
)

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class Subject:
    """Who it is about."""

    customer: Customer | None
    number: str | None
    """E.164."""
    number_hash: str | None
    shared: bool
    """Another customer of the business has the same number: what only the number tells may be theirs."""

    @property
    def own_hash(self) -> str | None:
        """What finds the rows of their number, if it is theirs alone."""
        return None if self.shared else self.number_hash

    @property
    def customer_id(self) -> int | None:
        return None if self.customer is None else self.customer.id


@dataclass(frozen=True)
class Traces:
    """Their rows, by kind."""

    subject: Subject
    appointments: Sequence[Appointment]
    waiting: Sequence[Waiting]
    orders: Sequence[Order]
    order_lines: Sequence[OrderLine]
    calls: Sequence[CallRecord]
    turns: Sequence[Turn]
    tools: Sequence[ToolCall]
    messages: Sequence[Message]
    numbered_calls: Sequence[CallRecord]
    """Calls of others from this number: the number is theirs, the call is not."""
    deliveries: Sequence[Delivery] = ()

    def __bool__(self) -> bool:
        kinds = (self.appointments, self.waiting, self.orders, self.calls, self.messages, self.numbered_calls)
        return self.subject.customer is not None or any(kinds)


async def find_traces(session: AsyncSession, cipher: Cipher, business: Business, caller: str) -> Traces:
    subject = await find_subject(session, cipher, business, caller)
    appointments = await _rows(session, Appointment, business, _owned(subject, Appointment))
    orders = await _rows(session, Order, business, _owned(subject, Order, "phone_hash"))
    visited = col(CallRecord.id).in_(_calls_named(subject, appointments, orders))
    calls = await _rows(session, CallRecord, business, or_(_owned(subject, CallRecord, "caller_hash"), visited))
    ids = [call.id for call in calls]
    found = Traces(
        subject=subject,
        appointments=appointments,
        waiting=await _rows(session, Waiting, business, _owned(subject, Waiting)),
        orders=orders,
        order_lines=await _rows(session, OrderLine, None, col(OrderLine.order_id).in_([order.id for order in orders])),
        calls=calls,
        turns=await _rows(session, Turn, None, col(Turn.call_id).in_(ids)),
        tools=await _rows(session, ToolCall, None, col(ToolCall.call_id).in_(ids)),
        messages=await _messages(session, cipher, business, subject, ids),
        numbered_calls=await _rows(
            session, CallRecord, business, _from_number(subject), col(CallRecord.id).not_in(ids)
        ),
    )
    return replace(found, deliveries=await _told_of(session, cipher, business, found))


async def find_subject(session: AsyncSession, cipher: Cipher, business: Business, caller: str) -> Subject:
    """By the customer code, or else by the number. A number that several customers have tells nobody apart."""
    code = func.upper(Customer.code) == caller.strip().upper()
    coded = (await session.exec(select(Customer).where(Customer.business == business.key, code))).first()
    if coded is not None:
        others = await _by_number(session, business, coded.phone_hash)
        return Subject(coded, cipher.open_maybe(coded.phone_sealed), coded.phone_hash, shared=len(others) > 1)
    number = e164(caller, business)
    digest = None if number is None else cipher.digest("phone", number)
    found = await _by_number(session, business, digest)
    if len(found) > 1:
        codes = [customer.code for customer in found]
        raise WhichOne(f"Several customers have this number: give the code, one of {', '.join(codes)}.", choices=codes)
    return Subject(found[0] if found else None, number, digest, shared=False)


def e164(text: str, business: Business) -> str | None:
    """A phone number, if it is one; without a country code it is of the business's country."""
    home = phonenumbers.region_code_for_number(phonenumbers.parse(business.phone, None))
    try:
        number = phonenumbers.parse(text, home)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


async def _by_number(session: AsyncSession, business: Business, digest: str | None) -> Sequence[Customer]:
    if digest is None:
        return []
    query = select(Customer).where(Customer.business == business.key, Customer.phone_hash == digest)
    return (await session.exec(query.order_by(col(Customer.id)))).all()


async def _rows(
    session: AsyncSession, table: type[Row], business: Business | None, *conditions: ColumnElement[bool]
) -> Sequence[Row]:
    """The rows of the business, or of whatever the conditions name, in the order of their keys."""
    keys = SQLModel.metadata.tables[str(table.__tablename__)].primary_key
    query = select(table).where(*conditions).order_by(*keys)
    if business is not None:
        query = query.where(_column(table, "business") == business.key)
    return (await session.exec(query)).all()


def _column(table: type[SQLModel], name: str) -> ColumnElement[Any]:
    column: ColumnElement[Any] = getattr(table, name)
    return column


def _owned(subject: Subject, table: type[SQLModel], hash_name: str | None = None) -> ColumnElement[bool]:
    """By the customer; where no customer is known, by the number."""
    owner = _column(table, "customer_id")
    ways: list[ColumnElement[bool]] = [false()]
    if subject.customer_id is not None:
        ways.append(owner == subject.customer_id)
    if hash_name is not None and subject.own_hash is not None:
        ways.append(and_(owner.is_(None), _column(table, hash_name) == subject.own_hash))
    return or_(*ways)


def _from_number(subject: Subject) -> ColumnElement[bool]:
    return false() if subject.own_hash is None else col(CallRecord.caller_hash) == subject.own_hash


def _calls_named(subject: Subject, appointments: Sequence[Appointment], orders: Sequence[Order]) -> list[str]:
    """The calls in which something was done for them, whoever else was in them."""
    made = {one.made_by_call for one in appointments} | {one.moved_by_call for one in appointments}
    made |= {order.made_by_call for order in orders}
    if subject.customer is not None:
        made.add(subject.customer.made_by_call)
    return sorted(call_id for call_id in made if call_id is not None)


async def _messages(
    session: AsyncSession, cipher: Cipher, business: Business, subject: Subject, calls: Sequence[str]
) -> list[Message]:
    """Those of their calls, and those that ask to be called back at their number."""
    number = subject.number if subject.own_hash is not None else None
    return [
        row
        for row in await _rows(session, Message, business)
        if row.call_id in calls or (number is not None and cipher.open_maybe(row.call_back_sealed) == number)
    ]


async def _told_of(session: AsyncSession, cipher: Cipher, business: Business, found: Traces) -> list[Delivery]:
    """The web-hooks that tell of them."""
    rows = await _rows(session, Delivery, business)
    return [row for row in rows if _tells_of(found, json.loads(cipher.open(row.payload_sealed)))]


def _tells_of(found: Traces, payload: Mapping[str, Any]) -> bool:
    theirs: dict[str, set[Any]] = {
        "customer_id": {found.subject.customer_id},
        "appointment_id": {one.id for one in found.appointments},
        "order_id": {f"ORD-{one.number:05d}" for one in found.orders},
        "message_id": {one.id for one in found.messages},
        "call_id": {one.id for one in found.calls},
    }
    if found.subject.own_hash is not None:
        theirs |= {name: {found.subject.number} for name in ("phone", "call_back_number", "number")}
    return any(payload.get(name) is not None and payload[name] in values for name, values in theirs.items())
