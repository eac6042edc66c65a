"""The demo's people in a test's store."""

from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.demo import clinic
from db.diary import Diary
from db.engine import Store
from tests.calling import START, use
from tools.call import Call
from tools.customers import identify_user

ARCHIT, PRIYA, RAHUL = clinic.PEOPLE


async def add_clinic_people(store: Store, board: Switchboard) -> None:
    """The clinic's people as of `START`, a Monday: 1001 has Thursday 10:00 AM and Monday 2:30 PM."""
    business = board.business("lotus-clinic")

    async def work(session: AsyncSession) -> None:
        await clinic.add(session, Diary(store, business, START))

    await store.write(work)


async def identified(call: Call, person: clinic.Person = RAHUL) -> Call:
    """The same call once its caller has shown who they are."""
    result = await use(identify_user, call, user_id=person.code, pin=person.pin)
    assert result["status"] == "found"
    return call
