"""The demo airline's flights and travellers in a test's store."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.demo import airline
from db.engine import Store
from db.models import Flight, Seat, Ticket
from tests.calling import START, use
from tools.call import Call
from tools.flights import find_booking

SHARMA = {"confirmation_number": "MER1A2", "surname": "Sharma"}
BECKER = {"confirmation_number": "FLX7Q4", "surname": "Becker"}
LOPEZ = {"confirmation_number": "LGT3K9", "surname": "Lopez"}
GRACE = {"confirmation_number": "FAM5T8", "surname": "Grace Miller"}
CANCELLED = {"confirmation_number": "CNX2D6", "surname": "Jensen"}
DEPARTED = {"confirmation_number": "GNE8W3", "surname": "Dubois"}


async def add_airline(store: Store, board: Switchboard) -> None:
    """The flights as of `START`: MA204 leaves tomorrow at eleven, MA118 today at two and is late."""
    business = board.business("meridian-air")

    async def work(session: AsyncSession) -> None:
        await airline.add(session, store.cipher, business, START)

    await store.write(work)


async def found(call: Call, who: dict[str, str] = SHARMA) -> Call:
    """The same call once its caller's booking was found."""
    assert (await use(find_booking, call, **who))["status"] == "found"
    return call


async def seating(store: Store, number: str = "MA204") -> dict[str, int | None]:
    """Who sits where on a flight."""
    query = select(Seat).join(Flight).where(Flight.number == number)
    async with store.read() as session:
        return {seat.label: seat.ticket_id for seat in await session.exec(query)}


async def everything(store: Store) -> list[str]:
    """Every row of the airline, to see that none has changed."""
    async with store.read() as session:
        rows = [row for table in (Flight, Ticket, Seat) for row in (await session.exec(select(table))).all()]
    return sorted(repr(row.model_dump()) for row in rows)
