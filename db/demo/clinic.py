"""The clinic's demo people, as the README names them, and their appointments relative to today."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from db.appointments import Wish, book_in, who_could
from db.business import Business
from db.cipher import Cipher
from db.customers import hash_pin
from db.diary import Diary
from db.hours import next_open_day
from db.models import Customer


@dataclass(frozen=True)
class Person:
    """A demo person: fictional, with a fictional number that is valid in form."""

    code: str
    name: str
    phone: str
    pin: str
    appointments: tuple[tuple[int, time], ...] = ()
    """Days from today, and the time."""


PEOPLE = (
    Person("1001", "Archit Ojha", "+12025550101", "4471", ((3, time(10)), (7, time(14, 30)))),
    Person("2045", "Priya Sharma", "+12025550145", "9382", ((5, time(11)), (3, time(15)))),
    Person("3300", "Rahul Verma", "+12025550133", "6150"),
)


async def add(session: AsyncSession, diary: Diary) -> None:
    for person in PEOPLE:
        customer = _customer(diary.store.cipher, diary.business, person, diary.now)
        session.add(customer)
        await session.flush()
        assert customer.id is not None
        for days, at in person.appointments:
            await _appointment(session, diary, customer.id, days, at)


def _customer(cipher: Cipher, business: Business, person: Person, now: datetime) -> Customer:
    return Customer(
        business=business.key,
        code=person.code,
        name_sealed=cipher.seal(person.name),
        phone_sealed=cipher.seal(person.phone),
        phone_hash=cipher.digest("phone", person.phone),
        pin_hash=hash_pin(person.pin),
        created_at=now,
    )


async def _appointment(session: AsyncSession, diary: Diary, customer_id: int, days: int, at: time) -> None:
    """On that day, or on the next open one where it is closed."""
    today = diary.now.astimezone(diary.business.tz).date()
    day = next_open_day(diary.business, today + timedelta(days=days))
    start = datetime.combine(day, at, tzinfo=diary.business.tz)
    wish = Wish(diary.business.services[0], start, customer_id)
    await session.run_sync(book_in, diary, wish, who_could(diary, wish))
