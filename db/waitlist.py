"""The line for a day that was full."""

from datetime import datetime

from sqlalchemy.orm import Session
from sqlmodel import col, select

from db.business import Offered
from db.diary import Diary
from db.models import Waiting
from db.outbox import owe


async def join_waitlist(diary: Diary, customer_id: int, service: Offered, day: str, part: str | None) -> int:
    """Joins the line for a day, once; gives the place in it."""

    def work(session: Session) -> int:
        line = _line(session, diary, service.key, day)
        for place, one in enumerate(line, 1):
            if one.customer_id == customer_id:
                one.part_of_day = part
                return place
        entry = Waiting(
            business=diary.business.key,
            customer_id=customer_id,
            service=service.key,
            day=day,
            part_of_day=part,
            created_at=diary.now,
        )
        session.add(entry)
        return len(line) + 1

    return await diary.store.transact(work)


def _line(session: Session, diary: Diary, service: str, day: str) -> list[Waiting]:
    query = select(Waiting).where(
        Waiting.business == diary.business.key,
        Waiting.day == day,
        Waiting.service == service,
        Waiting.status == "waiting",
    )
    return list(session.scalars(query.order_by(col(Waiting.id))))


def offer(session: Session, diary: Diary, service: str, start: datetime) -> None:
    """Offers a time that became free to the first in line who wants that part of the day."""
    local = start.astimezone(diary.business.tz)
    if start <= diary.now:
        return
    for one in _line(session, diary, service, local.date().isoformat()):
        if one.part_of_day in {None, part_of_day(local)}:
            one.status, one.offered_start = "offered", start
            payload = {"customer_id": one.customer_id, "service": service, "start": local.isoformat()}
            owe(session, diary.store.cipher, diary.business, "waitlist.offered", payload, diary.now)
            return


async def waiting_of(diary: Diary, customer_id: int) -> list[Waiting]:
    """Where somebody waits, and what was offered to them, from today on."""
    today = diary.now.astimezone(diary.business.tz).date().isoformat()
    query = select(Waiting).where(
        Waiting.business == diary.business.key,
        Waiting.customer_id == customer_id,
        Waiting.day >= today,
        Waiting.status != "done",
    )
    async with diary.store.read() as session:
        return list((await session.exec(query.order_by(col(Waiting.day)))).all())


def part_of_day(local: datetime) -> str:
    if local.hour < 12:
        return "morning"
    return "afternoon" if local.hour < 17 else "evening"
