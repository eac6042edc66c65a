"""Seats: what is free, what a fare allows, and moving without ever taking somebody else's."""

import pytest
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.demo.airline import TRAVELLERS
from db.engine import Store
from db.errors import NotFound
from db.models import Delivery, Flight, Seat, Ticket
from db.seats import FARES, Wish, move_seat
from tests.calling import Watch, make_call, use
from tests.hostile import EVERYTHING
from tests.travellers import BECKER, CANCELLED, DEPARTED, GRACE, LOPEZ, SHARMA, add_airline, everything, found, seating
from tools.call import Call, Tool
from tools.flights import find_booking
from tools.knowledge import pages
from tools.seats import LAST_ROW, read_wish, seat_map, update_seat


@pytest.fixture
async def call(store: Store, board: Switchboard, watch: Watch) -> Call:
    """A caller of whom nothing is known yet."""
    await add_airline(store, board)
    return await make_call(store, board, "airline", watch=watch)


async def only_the_named_sit(store: Store, number: str = "MA204") -> None:
    """Everybody else gets up, so that a test knows what is free."""
    kept = [seat for party in TRAVELLERS.values() for who in party if (seat := who.seats.get(number))]

    async def work(session: AsyncSession) -> None:
        flight = (await session.exec(select(Flight.id).where(Flight.number == number))).one()
        gone = update(Seat).where(col(Seat.flight_id) == flight, col(Seat.label).not_in(kept))
        await session.exec(gone.values(ticket_id=None))

    await store.write(work)


async def sit(store: Store, *labels: str) -> None:
    """New travellers on those seats of MA204."""

    async def work(session: AsyncSession) -> None:
        flight = (await session.exec(select(Flight).where(Flight.number == "MA204"))).one()
        for label in labels:
            ticket = Ticket(
                business=flight.business,
                code_hash=label,
                code_sealed="",
                surname_hash="",
                name_sealed="",
                flight_id=flight.id or 0,
                fare="flex",
            )
            session.add(ticket)
            await session.flush()
            (await session.get_one(Seat, (flight.id, label))).ticket_id = ticket.id

    await store.write(work)


async def sit_everywhere_but(store: Store, *free: str) -> None:
    await only_the_named_sit(store)
    await sit(store, *(label for label, ticket in (await seating(store)).items() if not ticket and label not in free))


async def test_a_traveller_moves_and_the_old_seat_is_free(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await found(call)
    told = await use(update_seat, call, seat="sixteen alpha")
    assert told == {
        "status": "moved",
        "seat": {"seat": "16A", "kind": "window", "exit_row": False, "extra_legroom": False, "fee": 0},
        "flight": {
            "number": "MA204",
            "origin": "Washington",
            "destination": "Chicago",
            "departs": "Tuesday, March 3 at 11:00 AM",
        },
        "note": None,
    }
    seats = await seating(store)
    assert (seats["16A"], seats["14B"]) == (call.ticket_id, None)
    assert (await use(find_booking, call, **SHARMA))["seat"] == "16A"


async def test_the_same_seat_once_more_is_the_same_success(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await found(call)
    first = await use(update_seat, call, seat="16A")
    after = await everything(store)
    assert await use(update_seat, call, seat="row sixteen, A") == first
    assert await everything(store) == after


async def test_a_traveller_without_a_seat_gets_one(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await found(call, LOPEZ)
    told = await use(update_seat, call, seat="20F")
    assert (told["status"], told["seat"]["fee"]) == ("moved", 15)
    assert (await seating(store))["20F"] == call.ticket_id


async def test_a_taken_seat_stays_taken_and_the_nearest_of_its_kind_are_offered(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await sit(store, "16A", "16F", "17A")
    await found(call)
    before = await everything(store)
    told = await use(update_seat, call, seat="16A")
    assert told["status"] == "seat_taken"
    assert told["alternatives"] == ["15A", "15F", "17F"]
    assert await everything(store) == before


async def test_alternatives_that_cost_no_more_come_first(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await sit(store, "11A")
    await found(call)
    assert (await use(update_seat, call, seat="11A"))["alternatives"] == ["11F", "10A", "10F"]


async def test_where_none_of_its_kind_is_left_any_free_seat_is_offered(call: Call, store: Store) -> None:
    await sit_everywhere_but(store, "17E", "18D")
    await found(call)
    told = await use(update_seat, call, seat="16A")
    assert told["alternatives"] == ["17E", "18D"]


@pytest.mark.parametrize("seat", ["27A", "12G", "99Z"])
async def test_a_seat_that_the_aircraft_lacks_is_not_found(call: Call, store: Store, seat: str) -> None:
    await found(call)
    before = await everything(store)
    told = await use(update_seat, call, seat=seat)
    assert told["status"] == "not_found"
    assert seat in told["message"]
    assert await everything(store) == before


@pytest.mark.parametrize("seat", ["12A", "1A"])
async def test_a_light_fare_gets_no_exit_row_and_no_extra_legroom(call: Call, store: Store, seat: str) -> None:
    await only_the_named_sit(store)
    await found(call, LOPEZ)
    before = await everything(store)
    assert (await use(update_seat, call, seat=seat))["status"] == "not_allowed"
    assert await everything(store) == before


@pytest.mark.parametrize(("who", "fee"), [(SHARMA, 45), (BECKER, 0)])
async def test_an_exit_row_seat_tells_its_fee_and_its_rule(
    call: Call, store: Store, who: dict[str, str], fee: int
) -> None:
    await only_the_named_sit(store)
    await found(call, who)
    told = await use(update_seat, call, seat="13F")
    assert (told["status"], told["seat"]["fee"]) == ("moved", fee)
    assert "at least sixteen" in told["note"]


@pytest.mark.parametrize(("who", "words"), [(CANCELLED, "cancelled"), (DEPARTED, "already left")])
@pytest.mark.parametrize(("tool", "arguments"), [(update_seat, {"seat": "20A"}), (seat_map, {"wish": "window"})])
async def test_a_flight_that_is_gone_or_cancelled_is_too_late(
    call: Call, who: dict[str, str], words: str, tool: Tool, arguments: dict[str, str]
) -> None:
    told = await use(tool, await found(call, who), **arguments)
    assert told["status"] == "too_late"
    assert words in told["message"]


async def test_a_late_flight_can_be_changed_until_it_leaves(call: Call, watch: Watch, store: Store) -> None:
    await only_the_named_sit(store, number="MA118")
    await found(call, GRACE)
    watch.forward(hours=5, minutes=44)
    assert (await use(update_seat, call, seat="9A"))["status"] == "moved"
    watch.forward(minutes=1)
    assert (await use(update_seat, call, seat="11A"))["status"] == "too_late"


@pytest.mark.parametrize(("tool", "arguments"), [(update_seat, {"seat": "16A"}), (seat_map, {"wish": "window"})])
async def test_without_a_booking_there_is_no_seat(call: Call, tool: Tool, arguments: dict[str, str]) -> None:
    assert (await use(tool, call, **arguments))["status"] == "not_verified"


async def test_a_seat_that_was_not_understood_is_asked_for(call: Call) -> None:
    told = await use(update_seat, await found(call), seat="somewhere nice")
    assert told["status"] == "ambiguous"


async def test_another_airlines_traveller_cannot_be_moved(store: Store, board: Switchboard, call: Call) -> None:
    await found(call)
    other = call.business.model_copy(update={"key": "other-air"})
    before = await everything(store)
    with pytest.raises(NotFound):
        await move_seat(store, other, call.ticket_id or 0, "16A", call.now)
    assert await everything(store) == before


async def test_a_move_is_told_to_the_owners_web_hook_once(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await found(call)
    hooked = call.business.model_copy(update={"webhook": "http://127.0.0.1/hook"})
    for _ in range(2):
        await move_seat(store, hooked, call.ticket_id or 0, "16A", call.now)
    async with store.read() as session:
        assert (await session.exec(select(func.count()).where(Delivery.kind == "seat.moved"))).one() == 1


def test_the_fees_are_those_that_the_passengers_are_told() -> None:
    told = next(page.body for page in pages("airline") if page.topic == "seats-and-seat-fees")
    words = {15: "fifteen dollars", 45: "forty-five dollars"}
    light, standard, flex = FARES["light"], FARES["standard"], FARES["flex"]
    assert f"a regular one earlier for {words[light.regular or 0]}" in told
    assert "seats are not available on Light" in told and light.extra is None
    assert "A Standard fare includes any regular seat" in told and standard.regular == 0
    assert f"exit row seat is {words[standard.extra or 0]}" in told
    assert "A Flex fare includes every kind" in told and (flex.regular, flex.extra) == (0, 0)


@pytest.mark.parametrize("wish", ["window", "aisle", "middle"])
async def test_the_seat_map_offers_free_seats_of_the_kind(call: Call, store: Store, wish: str) -> None:
    told = await use(seat_map, await found(call), wish=f"a {wish} seat please")
    seats = [seat for choice in told["choices"] for seat in choice["seats"]]
    taken = await seating(store)
    assert told["status"] == "found" and told["your_seat"] == "14B"
    assert len(seats) == 3
    assert all(seat["kind"] == wish and taken[seat["seat"]] is None and seat["fee"] == 0 for seat in seats)


async def labels(call: Call, wish: str) -> list[list[str]]:
    told = await use(seat_map, call, wish=wish)
    return [[seat["seat"] for seat in choice["seats"]] for choice in told["choices"]]


async def test_the_nearest_seats_come_first_each_in_its_own_row(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await found(call)
    assert await labels(call, "window") == [["14A"], ["15A"], ["16A"]]
    assert await labels(call, "aisle near row twenty") == [["20C"], ["19C"], ["21D"]]
    assert await labels(call, "window at the front") == [["3A"], ["4A"], ["5A"]]
    assert await labels(call, "window at the back") == [["26A"], ["25A"], ["24A"]]


async def test_seats_together_are_side_by_side_and_count_the_own_seat(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    await found(call)
    assert (await labels(call, "two together"))[:2] == [["14A"], ["14C"]]  # beside 14B, which they have
    assert (await labels(call, "three together near row 20"))[0] == ["14A", "14C"]
    assert await labels(call, "four together") == []  # no row has four on one side of the aisle


async def test_a_family_is_offered_the_seat_beside_each_other(call: Call, store: Store) -> None:
    await only_the_named_sit(store, number="MA118")
    await found(call, GRACE)
    assert (await labels(call, "together"))[:2] == [["8C"], ["15D"]]


async def test_an_exit_row_is_offered_with_its_rule_where_the_fare_allows_it(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    told = await use(seat_map, await found(call), wish="exit row window")
    assert [choice["seats"][0]["seat"] for choice in told["choices"]][:2] == ["13A", "12A"]
    assert told["choices"][0]["seats"][0]["fee"] == 45
    assert "at least sixteen" in told["note"]
    await found(call, LOPEZ)
    assert (await use(seat_map, call, wish="more legroom"))["status"] == "not_allowed"


async def test_a_light_fare_is_offered_regular_seats_only(call: Call, store: Store) -> None:
    await only_the_named_sit(store)
    told = await use(seat_map, await found(call, LOPEZ), wish="")
    seats = [seat for choice in told["choices"] for seat in choice["seats"]]
    assert told["your_seat"] is None
    assert all(seat["fee"] == 15 and not seat["extra_legroom"] for seat in seats)


async def test_a_full_flight_has_none_free(call: Call, store: Store) -> None:
    await sit_everywhere_but(store)
    told = await use(seat_map, await found(call), wish="window")
    assert (told["status"], told["choices"], told["more"]) == ("none_free", [], 0)


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("", Wish()),
        ("a window seat near the front", Wish(kind="window", near_row=1)),
        ("corridor", Wish(kind="aisle")),
        ("emergency exit", Wish(exit_row=True)),
        ("somewhere with more leg room", Wish(extra_legroom=True)),
        ("three together", Wish(together=3)),
        ("together for four near row 12", Wish(together=4, near_row=12)),
        ("next to each other", Wish(together=2)),
        ("20 together", Wish(together=2)),
        ("near twelve A", Wish(near_row=12)),
        ("at the back, on the aisle", Wish(kind="aisle", near_row=LAST_ROW)),
    ],
)
def test_a_wish_is_understood(words: str, wish: Wish) -> None:
    assert read_wish(words) == wish


@pytest.mark.parametrize(("tool", "name"), [(update_seat, "seat"), (seat_map, "wish")])
async def test_hostile_arguments_change_nothing(call: Call, store: Store, tool: Tool, name: str) -> None:
    await found(call)
    before = await everything(store)
    for value in EVERYTHING:
        told = await use(tool, call, **{name: value})
        assert ("error" in told) != ("status" in told), value
        assert told.get("status") != "moved", value
    assert await everything(store) == before
