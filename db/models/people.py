"""Customers: whoever has an id with a business. Everything that names them is sealed or hashed."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import UtcTime


class Customer(SQLModel, table=True):
    """A person known to one business: a patient with a 4-digit code, a shop's CUST0001."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("business", "code"),
        Index("ix_customers_phone", "business", "phone_hash"),
        Index("ix_customers_email", "business", "email_hash"),
    )

    id: int | None = Field(default=None, primary_key=True)
    business: str
    code: str
    """What the caller says: «1001», «CUST0001»."""
    name_sealed: str
    phone_sealed: str | None = None
    phone_hash: str | None = None
    email_sealed: str | None = None
    email_hash: str | None = None
    pin_hash: str | None = None
    """argon2; the PIN itself is nowhere."""
    failures: int = 0
    """Wrong PINs since the last right one."""
    locked_until: datetime | None = Field(default=None, sa_type=UtcTime)
    language: str = "en"
    made_by_call: str | None = None
    created_at: datetime = Field(sa_type=UtcTime)
