"""The storyteller's children: what they like, how far they are, and what their parents allowed."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from db.models.columns import UtcTime


class Profile(SQLModel, table=True):
    """A child. An age band, never a date of birth."""

    __tablename__ = "profiles"

    id: str = Field(primary_key=True)
    """A UUID."""
    business: str
    child_name_sealed: str
    age_band: str
    """5-7 · 8-10 · 11-12"""
    parents_sealed: str | None = None
    language: str = "en"
    zone: str
    daily_minutes: int | None = None
    quiet_from: str | None = None
    """Local HH:MM; with quiet_to, the hours in which the toy keeps silent."""
    quiet_to: str | None = None
    volume_cap: int = 80
    created_at: datetime = Field(sa_type=UtcTime)


class Interest(SQLModel, table=True):
    """Something a child likes; the weight says how much."""

    __tablename__ = "interests"

    profile_id: str = Field(primary_key=True, foreign_key="profiles.id", ondelete="CASCADE")
    tag: str = Field(primary_key=True)
    weight: int = 1
    changed_at: datetime = Field(sa_type=UtcTime)


class VerseProgress(SQLModel, table=True):
    """How well a child knows one verse of the Chalisa."""

    __tablename__ = "chalisa_progress"

    profile_id: str = Field(primary_key=True, foreign_key="profiles.id", ondelete="CASCADE")
    verse_index: int = Field(primary_key=True)
    exposure_count: int = 0
    attempts: int = 0
    mastery: int = 0
    """0..5"""
    last_practice: datetime | None = Field(default=None, sa_type=UtcTime)


class StoryProgress(SQLModel, table=True):
    """Where a child is in one story."""

    __tablename__ = "story_progress"

    profile_id: str = Field(primary_key=True, foreign_key="profiles.id", ondelete="CASCADE")
    story_id: str = Field(primary_key=True)
    status: str = "started"
    """started · completed · favorite"""
    times_heard: int = 0
    position: int = 0
    """The part to be told next."""
    last_heard: datetime | None = Field(default=None, sa_type=UtcTime)


class Interaction(SQLModel, table=True):
    """One talk with a child."""

    __tablename__ = "interactions"

    id: int | None = Field(default=None, primary_key=True)
    profile_id: str = Field(foreign_key="profiles.id", ondelete="CASCADE", index=True)
    call_id: str | None = None
    started_at: datetime = Field(sa_type=UtcTime, index=True)
    seconds: int = 0
    topic: str | None = None
    notes_sealed: str | None = None


class Device(SQLModel, table=True):
    """A toy. Its key is sealed; its claim code is what the parent types in."""

    __tablename__ = "devices"

    id: str = Field(primary_key=True)
    profile_id: str | None = Field(default=None, foreign_key="profiles.id", ondelete="SET NULL")
    key_sealed: str
    claim_hash: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    last_seen: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class Consent(SQLModel, table=True):
    """What a parent allowed, when and how. The newest row of a profile counts."""

    __tablename__ = "consents"

    id: int | None = Field(default=None, primary_key=True)
    profile_id: str = Field(foreign_key="profiles.id", ondelete="CASCADE", index=True)
    version: str
    method: str
    scopes: str
    """Words with a space between: talk third_party. Third parties are a scope of their own."""
    given_at: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Deletion(SQLModel, table=True):
    """That something was erased, without saying whose."""

    __tablename__ = "deletions"
    __table_args__ = (UniqueConstraint("subject_hash"),)

    id: int | None = Field(default=None, primary_key=True)
    subject_hash: str
    """A keyed hash of the subject's id; tells «already erased», tells nobody's name."""
    kind: str
    """customer · profile"""
    deleted_at: datetime = Field(sa_type=UtcTime)


class Escalation(SQLModel, table=True):
    """A child said something a trusted adult should know of. Never holds what was said."""

    __tablename__ = "escalations"

    id: int | None = Field(default=None, primary_key=True)
    profile_id: str = Field(foreign_key="profiles.id", ondelete="CASCADE", index=True)
    cue: str
    """self_harm · abuse"""
    call_id: str | None = None
    created_at: datetime = Field(sa_type=UtcTime)
