"""The names of staff, rooms and services in the store: old appointments keep theirs when the file changes."""

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business, Switchboard
from db.engine import Store
from db.models import Resource, Service


async def write_catalogue(store: Store, board: Switchboard) -> None:
    """Writes down what the owner's file names now; what it no longer names stays, as inactive."""

    async def work(session: AsyncSession) -> None:
        for business in board.businesses:
            await session.exec(update(Resource).where(col(Resource.business) == business.key).values(active=False))
            await session.exec(update(Service).where(col(Service.business) == business.key).values(active=False))
            for row in _rows(business):
                await session.merge(row)

    await store.write(work)


def _rows(business: Business) -> list[Resource | Service]:
    staff = [Resource(business=business.key, key=item.key, kind="staff", name=item.name) for item in business.staff]
    rooms = [Resource(business=business.key, key=item.key, kind="room", name=item.name) for item in business.rooms]
    services = [
        Service(business=business.key, key=item.key, name=item.name, minutes=item.minutes) for item in business.services
    ]
    return [*staff, *rooms, *services]
