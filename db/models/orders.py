"""Orders and messages."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import UtcTime


class Counter(SQLModel, table=True):
    """The last number given out, per business and kind: ORD-00001 is never given twice."""

    __tablename__ = "counters"

    business: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: int = 0


class Order(SQLModel, table=True):
    """An order at a restaurant or a shop. Money is in the currency's smallest unit, so it is exact."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("business", "number"),
        UniqueConstraint("business", "repeat_key"),
        Index("ix_orders_phone", "business", "phone_hash"),
        Index("ix_orders_customer", "customer_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    business: str
    number: int
    """5 is said as ORD-00005."""
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    name_sealed: str
    phone_sealed: str | None = None
    phone_hash: str | None = None
    """The number that placed it; an order is told to that number, or to who knows its name."""
    status: str = "received"
    """received · preparing · ready · shipped · out_for_delivery · delivered · picked_up · cancelled"""
    fulfilment: str = "pickup"
    """pickup · delivery"""
    address_sealed: str | None = None
    """Where it is delivered to."""
    total: int
    currency: str
    ready_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When it can be fetched, or when it arrives."""
    repeat_key: str | None = None
    """call + name + items: the same order said twice is one order. Emptied when it is changed or cancelled."""
    made_by_call: str | None = None
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)


class OrderLine(SQLModel, table=True):
    """One line of an order, with the price as it was."""

    __tablename__ = "order_lines"

    order_id: int = Field(primary_key=True, foreign_key="orders.id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    item: str
    quantity: int
    unit_price: int
    note_sealed: str | None = None


class Message(SQLModel, table=True):
    """A message taken for somebody."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("business", "repeat_key"),)

    id: int | None = Field(default=None, primary_key=True)
    business: str
    call_id: str | None = None
    for_whom_sealed: str
    text_sealed: str
    call_back_sealed: str | None = None
    repeat_key: str
    read_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
