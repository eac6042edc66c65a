"""The store's own bookkeeping."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import UtcTime


class Meta(SQLModel, table=True):
    """One fact about the store itself: which key seals it, what the search index was made from."""

    __tablename__ = "meta"

    key: str = Field(primary_key=True)
    value: str


class Delivery(SQLModel, table=True):
    """A web-hook that is owed: written in the transaction of what it tells, kept until it was taken."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "delivered_at", "next_at"),)

    id: str = Field(primary_key=True)
    business: str
    kind: str
    """appointment.booked · appointment.moved · order.placed · message.taken · call.ended · …"""
    payload_sealed: str
    attempts: int = 0
    next_at: datetime = Field(sa_type=UtcTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcTime)
    gave_up_at: datetime | None = Field(default=None, sa_type=UtcTime)
    last_error: str | None = None
    created_at: datetime = Field(sa_type=UtcTime)


class Passage(SQLModel, table=True):
    """One passage of a knowledge file; the full-text index stands on it."""

    __tablename__ = "passages"
    __table_args__ = (UniqueConstraint("collection", "topic"),)

    id: int | None = Field(default=None, primary_key=True)
    """The full-text index knows the row by it."""
    collection: str
    topic: str
    title: str
    also: str
    body: str
