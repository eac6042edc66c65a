"""A business's calendar in the store: what is occupied, in buckets of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlalchemy.orm import Session
from sqlmodel import col, select

from db.business import BUCKET_MINUTES, Business, Offered
from db.engine import Store
from db.models import Hold, Occupancy
from db.models.columns import UtcTime

Taken = set[tuple[str, int]]
"""Resource and bucket, as they stand in the table."""


@dataclass(frozen=True)
class Diary:
    """A business's calendar, as one call sees it."""

    store: Store
    business: Business
    now: datetime
    call_id: str | None = None
    """Its holds do not stand in its own way. None: the office."""

    def resource(self, kind: str, key: str | int) -> str:
        """The name under which a resource is occupied."""
        return f"{self.business.key}/{kind}/{key}"

    def resources_of(self, service: Offered) -> list[str]:
        """Everything that a service might occupy."""
        staff = [self.resource("staff", person.key) for person in self.business.able(service)]
        return staff + [self.resource("room", key) for key in service.rooms]


@dataclass(frozen=True)
class Slot:
    """A time at which somebody could do something."""

    start: datetime
    end: datetime
    staff: str


def buckets(service: Offered, start: datetime) -> range:
    """The buckets that a service occupies, its buffers included."""
    begin = start - timedelta(minutes=service.buffer_before)
    return plain_buckets(begin, start + timedelta(minutes=service.minutes + service.buffer_after))


def plain_buckets(start: datetime, end: datetime) -> range:
    """The buckets of a stretch itself: a person needs no buffers."""
    length = BUCKET_MINUTES * 60
    return range(int(start.timestamp()) // length, -(-int(end.timestamp()) // length))


_OCCUPIED = (
    select(Occupancy.resource, Occupancy.bucket)
    .join(Hold, col(Hold.id) == col(Occupancy.hold_id), isouter=True)
    .where(
        col(Occupancy.resource).in_(bindparam("names", expanding=True)),
        col(Occupancy.bucket) >= bindparam("first"),
        col(Occupancy.bucket) < bindparam("end"),
        col(Occupancy.appointment_id).is_not(None)
        | ((col(Hold.expires_at) > bindparam("now", type_=UtcTime)) & (col(Hold.call_id) != bindparam("call_id"))),
    )
)
"""Built once: building it again for every booking took longer than running it."""


def occupied(session: Session, diary: Diary, names: Iterable[str], span: range) -> Taken:
    """The resource buckets that are booked, or held by another call."""
    values = {
        "names": list(names),
        "first": span.start,
        "end": span.stop,
        "now": diary.now,
        "call_id": diary.call_id or "",
    }
    rows = session.connection().execute(_OCCUPIED, values)
    return {(resource, bucket) for resource, bucket in rows}
