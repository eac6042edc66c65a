"""Many travellers at one seat, at the same moment, on both databases."""

import asyncio
from itertools import pairwise

from sqlmodel import col, select

from db.business import Switchboard
from db.engine import Store
from db.errors import NotAllowed, SeatTaken
from db.models import Flight, Seat, Ticket
from db.seats import move_seat
from tests.calling import START, make_call, use
from tests.travellers import add_airline, seating
from tools.seats import update_seat


async def seated(store: Store) -> list[int]:
    """The tickets of who has a seat on MA204."""
    query = (
        select(Ticket.id)
        .join(Seat, col(Seat.ticket_id) == col(Ticket.id))
        .join(Flight, col(Flight.id) == col(Ticket.flight_id))
        .where(Flight.number == "MA204")
        .order_by(col(Ticket.id))
    )
    async with store.read() as session:
        return [ticket for ticket in (await session.exec(query)).all() if ticket is not None]


async def a_free_window(store: Store) -> str:
    regular = (col(Seat.exit_row).is_(False), col(Seat.extra_legroom).is_(False), Seat.kind == "window")
    query = select(Seat.label).join(Flight).where(Flight.number == "MA204", col(Seat.ticket_id).is_(None), *regular)
    async with store.read() as session:
        return (await session.exec(query.order_by(col(Seat.row)))).all()[0]


async def test_of_fifty_travellers_at_one_seat_one_gets_it(any_store: Store, board: Switchboard) -> None:
    await add_airline(any_store, board)
    wished, before = await a_free_window(any_store), await seating(any_store)
    calls = [await make_call(any_store, board, "airline", call_id=f"call-{number}") for number in range(50)]
    for call, ticket in zip(calls, await seated(any_store), strict=False):
        call.ticket_id = ticket
    told = await asyncio.gather(*(use(update_seat, call, seat=wished) for call in calls))
    statuses = [one["status"] for one in told]
    assert (statuses.count("moved"), statuses.count("seat_taken")) == (1, 49)
    assert all(one["alternatives"] for one in told if one["status"] == "seat_taken")
    winner = calls[statuses.index("moved")].ticket_id
    expected = {label: None if ticket == winner else ticket for label, ticket in before.items()}
    assert await seating(any_store) == {**expected, wished: winner}


async def test_travellers_who_all_move_at_once_never_share_or_lose_a_seat(any_store: Store, board: Switchboard) -> None:
    await add_airline(any_store, board)
    business, tickets, seats = board.business("meridian-air"), await seated(any_store), await seating(any_store)
    own = {ticket: label for label, ticket in seats.items()}
    to_their_neighbours = [(ticket, own[other]) for ticket, other in pairwise(tickets)]
    to_wherever = list(zip(tickets, sorted(seats), strict=False))
    moves = [move_seat(any_store, business, *wish, START) for wish in to_their_neighbours + to_wherever]
    ended = await asyncio.gather(*moves, return_exceptions=True)
    assert not [one for one in ended if isinstance(one, BaseException) and not isinstance(one, SeatTaken | NotAllowed)]
    after = [ticket for ticket in (await seating(any_store)).values() if ticket is not None]
    assert sorted(after) == tickets


async def test_two_moves_of_one_traveller_leave_them_on_one_seat(any_store: Store, board: Switchboard) -> None:
    await add_airline(any_store, board)
    business, ticket = board.business("meridian-air"), (await seated(any_store))[0]
    free = [label for label, holder in (await seating(any_store)).items() if holder is None][:10]
    moves = [move_seat(any_store, business, ticket, label, START) for label in free]
    await asyncio.gather(*moves)
    assert [label in free for label, holder in (await seating(any_store)).items() if holder == ticket] == [True]
