"""Flights, their seats and who travels."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import UtcTime


class Flight(SQLModel, table=True):
    """One departure."""

    __tablename__ = "flights"
    __table_args__ = (UniqueConstraint("business", "number", "departs_at"),)

    id: int | None = Field(default=None, primary_key=True)
    business: str
    number: str
    """«MA204»"""
    origin: str
    destination: str
    departs_at: datetime = Field(sa_type=UtcTime)
    arrives_at: datetime = Field(sa_type=UtcTime)
    zone: str
    """The zone of the departure airport; its time of departure is said in it."""
    arrival_zone: str
    """The zone of the airport it flies to."""
    status: str = "scheduled"
    """scheduled · delayed · boarding · departed · landed · cancelled"""
    delay_minutes: int = 0
    gate: str | None = None
    aircraft: str


class Ticket(SQLModel, table=True):
    """A traveller on a flight, under a confirmation number."""

    __tablename__ = "tickets"
    __table_args__ = (Index("ix_tickets_code", "business", "code_hash"),)

    id: int | None = Field(default=None, primary_key=True)
    business: str
    code_hash: str
    code_sealed: str
    """The confirmation number: six letters or digits."""
    surname_hash: str
    name_sealed: str
    flight_id: int = Field(foreign_key="flights.id")
    fare: str
    """light · standard · flex: which seats it may choose, and for what fee."""


class Seat(SQLModel, table=True):
    """One seat of one flight. `ticket_id` is unique: nobody sits on two."""

    __tablename__ = "seats"

    flight_id: int = Field(primary_key=True, foreign_key="flights.id", ondelete="CASCADE")
    label: str = Field(primary_key=True)
    """«12A»"""
    row: int
    kind: str
    """window · middle · aisle"""
    exit_row: bool = False
    extra_legroom: bool = False
    ticket_id: int | None = Field(default=None, foreign_key="tickets.id", unique=True, ondelete="SET NULL")
