"""Appointments and what they occupy."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from db.models.columns import UtcTime


class Resource(SQLModel, table=True):
    """A member of staff or a room, as last named in the owner's file; kept so that old appointments keep a name."""

    __tablename__ = "resources"

    business: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    kind: str
    name: str
    active: bool = True


class Service(SQLModel, table=True):
    """A service as last named in the owner's file; kept for the same reason."""

    __tablename__ = "services"

    business: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    name: str
    minutes: int
    active: bool = True


class Appointment(SQLModel, table=True):
    """One appointment. Never deleted while history is kept: cancelling sets its status."""

    __tablename__ = "appointments"
    __table_args__ = (
        Index("ix_appointments_customer", "customer_id", "starts_at"),
        Index("ix_appointments_day", "business", "starts_at"),
    )

    id: str = Field(primary_key=True, max_length=8)
    """Eight of a-z0-9: what the caller and the calendar know it by."""
    business: str
    customer_id: int = Field(foreign_key="customers.id")
    service: str
    staff: str
    room: str | None = None
    starts_at: datetime = Field(sa_type=UtcTime)
    ends_at: datetime = Field(sa_type=UtcTime)
    zone: str
    local_start: str
    """The wall-clock time that was meant, ISO without offset: survives a change of the zone's rules."""
    status: str = "booked"
    """booked · cancelled"""
    purpose_sealed: str | None = None
    sequence: int = 0
    """iCalendar's SEQUENCE: rises with every change."""
    made_by_call: str | None = None
    moved_by_call: str | None = None
    moved_from: datetime | None = Field(default=None, sa_type=UtcTime)
    """With moved_by_call: tells a move that is asked for twice from a second one."""
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)


class Hold(SQLModel, table=True):
    """A slot kept for a caller while they make up their mind."""

    __tablename__ = "holds"

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(index=True)
    business: str
    service: str
    staff: str
    starts_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)


class Occupancy(SQLModel, table=True):
    """One resource for one bucket of time. The primary key is what makes an overlap impossible."""

    __tablename__ = "occupancy"
    __table_args__ = (
        CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", name="ck_occupancy_one_owner"),
        Index("ix_occupancy_appointment", "appointment_id"),
        Index("ix_occupancy_hold", "hold_id"),
    )

    resource: str = Field(primary_key=True)
    """`clinic/staff/dr-rao`, `clinic/room/1`, or `clinic/customer/17`: a person can't be in two places either."""
    bucket: int = Field(primary_key=True)
    """Minutes since 1970 in UTC, divided by the bucket's length."""
    appointment_id: str | None = Field(default=None, foreign_key="appointments.id", ondelete="CASCADE")
    hold_id: int | None = Field(default=None, foreign_key="holds.id", ondelete="CASCADE")


class Waiting(SQLModel, table=True):
    """A place in the line for a day that was full."""

    __tablename__ = "waitlist"
    __table_args__ = (Index("ix_waitlist_day", "business", "day", "status"),)

    id: int | None = Field(default=None, primary_key=True)
    business: str
    customer_id: int = Field(foreign_key="customers.id")
    service: str
    day: str
    """The local date, ISO."""
    part_of_day: str | None = None
    """morning · afternoon · evening"""
    status: str = "waiting"
    """waiting · offered · done"""
    offered_start: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
