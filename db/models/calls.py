"""What was said and done in a call, written down as it happens."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import UtcTime


class CallRecord(SQLModel, table=True):
    """One call, from its first ring to its summary."""

    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_started", "business", "started_at"),)

    id: str = Field(primary_key=True)
    business: str
    desk: str
    language: str = "en"
    caller_sealed: str | None = None
    """The number they call from."""
    caller_hash: str | None = Field(default=None, index=True)
    customer_id: int | None = Field(default=None, foreign_key="customers.id", ondelete="SET NULL", index=True)
    ticket_id: int | None = None
    """The airline's traveller, once found."""
    trust: int = 0
    """How sure the call is of who speaks, so that another process that goes on with it is no surer."""
    failures: int = 0
    """Wrong answers to who they are."""
    profile_id: str | None = Field(default=None, foreign_key="profiles.id", ondelete="SET NULL", index=True)
    started_at: datetime = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    end_reason: str | None = None
    intent: str | None = None
    outcome: str | None = None
    summary_sealed: str | None = None
    """The summary as JSON: text, intent, actions, details, outcome, seconds."""


class Turn(SQLModel, table=True):
    """One thing said. The original is sealed; only the redacted text can be searched."""

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("call_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    """The full-text index knows the row by it."""
    call_id: str = Field(foreign_key="calls.id", ondelete="CASCADE")
    position: int
    """Turns and tool runs are counted together."""
    role: str
    """user · assistant"""
    agent: str | None = None
    """Which agent of the desk spoke or listened."""
    text_sealed: str
    redacted: str
    interrupted: bool = False
    at: datetime = Field(sa_type=UtcTime)


class ToolCall(SQLModel, table=True):
    """One tool run: sealed arguments and result, open status and time."""

    __tablename__ = "tool_calls"

    call_id: str = Field(primary_key=True, foreign_key="calls.id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    function: str
    arguments_sealed: str
    result_sealed: str | None = None
    status: str
    """The result's status, or the error's code."""
    ms: int
    at: datetime = Field(sa_type=UtcTime)
