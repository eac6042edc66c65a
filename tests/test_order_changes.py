"""Orders that are there: who is told of them, what can still be changed, and what cancelling does."""

import asyncio
from typing import Any

import pytest

from db.business import Switchboard
from db.demo import receptionist as demo
from db.engine import Store
from db.models import Order
from tests.calling import Watch, use
from tests.hostile import EVERYTHING
from tests.orders import LUNCH, MAYA, STRANGER, count, owed, ring, set_status
from tools.call import Call, Tool
from tools.orders import cancel_order, change_order, lookup_order, place_order

TOOLS = [lookup_order, cancel_order, change_order]


@pytest.fixture
async def maya(store: Store, board: Switchboard) -> Call:
    """Has ordered two samosas without nuts, and a tea: 14.00."""
    call = await ring(store, board)
    items = [{"name": "samosa", "quantity": 2, "note": "no nuts"}, {"name": "tea"}]
    await use(place_order, call, customer_name="Maya Chen", items=items)
    return call


@pytest.fixture
async def stranger(maya: Call, store: Store, board: Switchboard) -> Call:
    return await ring(store, board, STRANGER, call_id="call-2")


def lines(told: dict[str, Any]) -> list[tuple[str, int]]:
    return [(line["name"], line["quantity"]) for line in told.get("order", told)["lines"]]


async def test_the_latest_order_is_told_without_a_number(maya: Call) -> None:
    told = await use(lookup_order, maya)
    assert (told["success"], told["status"]) == (True, "found")
    assert (told["order"]["order_id"], told["order"]["status"], told["order"]["total"]) == (
        "ORD-00001",
        "received",
        "14.00",
    )
    assert told["order"]["ready_at"] == "Tuesday, March 3 at 12:25 PM"


@pytest.mark.parametrize("said", ["order one", "O R D one", "ORD-00001", "my order", "the last one"])
async def test_the_number_that_placed_an_order_is_told_of_it_later(
    maya: Call, store: Store, board: Switchboard, said: str
) -> None:
    later = await ring(store, board, call_id="call-2")
    assert lines(await use(lookup_order, later, order_id=said)) == [("Vegetable Samosa", 2), ("Masala Tea", 1)]


async def test_a_call_without_a_number_is_told_of_its_own_order_only(store: Store, board: Switchboard) -> None:
    hidden = await ring(store, board, None)
    assert (await use(lookup_order, hidden))["status"] == "not_verified"
    await use(place_order, hidden, customer_name="Omar Haddad", item="naan")
    assert lines(await use(lookup_order, hidden)) == [("Garlic Naan", 1)]
    other = await ring(store, board, None, call_id="call-2")
    assert (await use(lookup_order, other, order_id="one"))["status"] == "not_verified"


async def test_a_number_that_is_not_to_be_trusted_proves_nothing(maya: Call, store: Store, board: Switchboard) -> None:
    later = await ring(store, board, call_id="call-2")
    later.trust_caller_id = False
    assert (await use(lookup_order, later, order_id="one"))["status"] == "not_verified"


@pytest.mark.parametrize("name", ["Maya Chen", "maya chen", "Chen Maya", "Maia Chen"])
async def test_who_knows_the_name_on_an_order_is_told_of_it(stranger: Call, name: str) -> None:
    asked = await use(lookup_order, stranger, order_id="one")
    assert (asked["success"], asked["status"]) == (False, "not_verified") and "order" not in asked
    assert lines(await use(lookup_order, stranger, order_id="one", name=name))[0] == ("Vegetable Samosa", 2)


@pytest.mark.parametrize("tool", TOOLS)
async def test_a_stranger_neither_hears_nor_changes_an_order(stranger: Call, store: Store, tool: Tool) -> None:
    wish = {"item": "naan", "quantity": 1} if tool is change_order else {}
    for name in (None, "Maya"):
        told = await use(tool, stranger, order_id="ORD-00001", name=name, **wish)
        assert (told["success"], told["status"]) == (False, "not_verified")
        assert "Samosa" not in str(told) and "Chen" not in str(told)
    assert [kind for kind, _ in await owed(store)] == ["order.placed"]


async def test_three_wrong_names_end_the_guessing(stranger: Call) -> None:
    told = [(await use(lookup_order, stranger, order_id="one", name=name))["status"] for name in ("A B", "C D", "E F")]
    assert told == ["not_verified", "not_verified", "locked"]
    assert (await use(cancel_order, stranger, order_id="one", name="Maya Chen"))["status"] == "locked"


async def test_a_right_name_between_does_not_begin_the_count_anew(stranger: Call) -> None:
    await use(place_order, stranger, customer_name="Eve Small", item="naan")
    for name in ("A B", "C D"):
        await use(lookup_order, stranger, order_id="one", name=name)
        assert (await use(lookup_order, stranger, order_id="two", name="Eve Small"))["success"]
    assert (await use(lookup_order, stranger, order_id="one", name="E F"))["status"] == "locked"
    assert (await use(lookup_order, stranger))["success"]


async def test_names_guessed_side_by_side_are_all_counted(stranger: Call) -> None:
    guesses = (use(lookup_order, stranger, order_id="one", name=name) for name in ("A B", "C D", "E F", "Maya Chen"))
    assert [one["status"] for one in await asyncio.gather(*guesses)].count("not_verified") == 2
    assert stranger.failures == 3


async def test_an_order_that_is_not_there_is_not_found(maya: Call, stranger: Call) -> None:
    for call in (maya, stranger):
        assert (await use(lookup_order, call, order_id="ORD-00007"))["status"] == "not_found"
    assert (await use(lookup_order, stranger))["status"] == "not_found"


@pytest.mark.parametrize("tool", TOOLS)
async def test_a_number_that_was_not_understood_is_asked_for(maya: Call, tool: Tool) -> None:
    told = await use(tool, maya, order_id="the spicy thing")
    assert (told["success"], told["status"], told["question"]) == (
        False,
        "ambiguous",
        "What is the order number, please?",
    )


async def test_one_item_is_set_to_an_amount_and_the_others_stay(maya: Call) -> None:
    told = await use(change_order, maya, item="samosas", quantity=3)
    assert (told["success"], told["status"], told["order_id"]) == (True, "changed", "ORD-00001")
    assert lines(told) == [("Vegetable Samosa", 3), ("Masala Tea", 1)]
    assert (told["lines"][0]["note"], told["total"]) == ("no nuts", "19.50")


async def test_an_item_is_added_and_another_taken_off(maya: Call) -> None:
    await use(change_order, maya, item="naan", quantity=1)
    told = await use(change_order, maya, item="tea", quantity=0)
    assert (lines(told), told["total"]) == ([("Vegetable Samosa", 2), ("Garlic Naan", 1)], "14.95")


async def test_all_items_are_replaced_and_an_allergy_is_not_forgotten(maya: Call) -> None:
    items = [{"name": "samosa", "quantity": 1}, {"name": "butter chicken", "quantity": 1}]
    told = await use(change_order, maya, order_id="one", items=items)
    assert (lines(told), told["total"]) == ([("Vegetable Samosa", 1), ("Butter Chicken", 1)], "21.40")
    assert told["lines"][0]["note"] == "no nuts"


async def test_pickup_becomes_delivery_and_pickup_again(maya: Call) -> None:
    assert (await use(change_order, maya, fulfilment="delivery"))["status"] == "ambiguous"
    told = await use(change_order, maya, fulfilment="delivery", address="12 Oak Street")
    assert (told["fulfilment"], told["delivery_fee"], told["total"]) == ("delivery", "4.00", "18.00")
    back = await use(change_order, maya, fulfilment="pickup")
    assert (back["total"], "delivery_fee" in back) == ("14.00", False)


async def test_a_change_takes_its_time_in_the_kitchen(store: Store, board: Switchboard) -> None:
    watch = Watch(LUNCH)
    call = await ring(store, board, watch=watch)
    await use(place_order, call, customer_name="Maya Chen", item="naan")
    watch.forward(minutes=10)
    assert (await use(change_order, call, item="naan", quantity=2))["ready_at"] == "Tuesday, March 3 at 12:35 PM"


async def test_a_change_said_twice_is_one_change(maya: Call, store: Store) -> None:
    first = await use(change_order, maya, item="naan", quantity=2)
    assert await use(change_order, maya, item="naan", quantity=2) == first
    assert [kind for kind, _ in await owed(store)] == ["order.placed", "order.changed"]


async def test_what_was_ordered_before_keeps_its_price(maya: Call) -> None:
    menu = tuple(dish.model_copy(update={"price": dish.price * 2}) for dish in maya.business.menu)
    maya.business = maya.business.model_copy(update={"menu": menu})
    told = await use(change_order, maya, item="naan", quantity=1)
    assert [line["unit_price"] for line in told["lines"]] == ["5.50", "3.00", "7.90"]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, "ambiguous"),
        ({"item": "naan"}, "ambiguous"),
        ({"items": [{"name": "pizza"}]}, "not_offered"),
        ({"item": "naan", "quantity": 51}, "wrong_amount"),
        ({"item": "naan", "quantity": -1}, "wrong_amount"),
        ({"items": [{"name": "naan", "quantity": 0}]}, "wrong_amount"),
    ],
)
async def test_a_change_that_cannot_be_leaves_the_order_as_it_was(
    maya: Call, store: Store, wish: dict[str, Any], status: str
) -> None:
    before = await use(lookup_order, maya)
    told = await use(change_order, maya, **wish)
    assert (told["success"], told["status"]) == (False, status)
    assert await use(lookup_order, maya) == before and len(await owed(store)) == 1


async def test_taking_off_the_last_item_asks_whether_to_cancel(maya: Call) -> None:
    await use(change_order, maya, item="tea", quantity=0)
    told = await use(change_order, maya, item="samosa", quantity=0)
    assert told["status"] == "ambiguous" and "cancel" in told["question"]


async def test_nothing_is_changed_while_the_kitchen_is_closed_but_cancelling_is_possible(
    store: Store, board: Switchboard
) -> None:
    watch = Watch(LUNCH)
    call = await ring(store, board, watch=watch)
    await use(place_order, call, customer_name="Maya Chen", item="naan")
    watch.forward(hours=3)
    told = await use(change_order, call, item="naan", quantity=2)
    assert (told["status"], told["next_open"]) == ("closed", "Tuesday, March 3 at 5:00 PM")
    assert (await use(cancel_order, call))["status"] == "cancelled"


async def test_cancelling_says_so_and_a_second_time_too(maya: Call, store: Store) -> None:
    told = await use(cancel_order, maya, order_id="one")
    assert (told["success"], told["status"], told["order_id"], told["ready_at"]) == (
        True,
        "cancelled",
        "ORD-00001",
        None,
    )
    again = await use(cancel_order, maya)
    assert (again["success"], again["status"]) == (True, "already_cancelled")
    assert [kind for kind, _ in await owed(store)] == ["order.placed", "order.cancelled"]
    assert (await use(lookup_order, maya))["order"]["status"] == "cancelled"


@pytest.mark.parametrize("status", ["preparing", "ready", "picked_up", "out_for_delivery", "shipped", "delivered"])
async def test_what_the_kitchen_has_started_stays_as_it_is(maya: Call, store: Store, status: str) -> None:
    await set_status(store, 1, status)
    for tool, wish in ((cancel_order, {}), (change_order, {"item": "naan", "quantity": 1})):
        told = await use(tool, maya, order_id="one", **wish)
        assert (told["success"], told["status"], told["order_status"]) == (False, "too_late", status)
    assert (await use(lookup_order, maya))["order"]["status"] == status and len(await owed(store)) == 1


async def test_a_cancelled_order_cannot_be_changed(maya: Call) -> None:
    await use(cancel_order, maya)
    told = await use(change_order, maya, order_id="one", item="naan", quantity=1)
    assert (told["status"], told["order_status"]) == ("too_late", "cancelled")


async def test_of_several_open_orders_the_caller_must_say_which(maya: Call, store: Store) -> None:
    await use(place_order, maya, customer_name="Maya Chen", item="naan")
    told = await use(cancel_order, maya)
    assert (told["success"], told["status"]) == (False, "which_one")
    assert [one["order_id"] for one in told["choices"]] == ["ORD-00002", "ORD-00001"]
    await set_status(store, 2, "preparing")
    assert (await use(cancel_order, maya))["order_id"] == "ORD-00001"


async def test_changes_side_by_side_are_all_kept(any_store: Store, board: Switchboard) -> None:
    call = await ring(any_store, board)
    await use(place_order, call, customer_name="Maya Chen", item="naan")
    dishes = [dish.name for dish in call.business.menu if dish.name != "Garlic Naan"]
    told = await asyncio.gather(*(use(change_order, call, item=dish, quantity=2) for dish in dishes))
    assert all(one["success"] for one in told)
    found = await use(lookup_order, call)
    assert sorted(lines(found)) == sorted([("Garlic Naan", 1), *((dish, 2) for dish in dishes)])
    assert found["order"]["total"] == "151.25"


async def test_of_a_change_and_a_cancellation_at_once_both_are_told_the_truth(
    any_store: Store, board: Switchboard
) -> None:
    call = await ring(any_store, board)
    await use(place_order, call, customer_name="Maya Chen", item="naan")
    changed, cancelled = await asyncio.gather(
        use(change_order, call, order_id="one", item="naan", quantity=9), use(cancel_order, call, order_id="one")
    )
    assert cancelled["status"] == "cancelled" and changed["status"] in {"changed", "too_late"}
    assert cancelled["total"] == ("35.55" if changed["success"] else "3.95")


HOSTILE_CALLS: list[tuple[Tool, dict[str, Any], str]] = [
    (lookup_order, {}, "order_id"),
    (lookup_order, {"order_id": "one"}, "name"),
    (cancel_order, {}, "order_id"),
    (cancel_order, {"order_id": "one"}, "name"),
    (change_order, {"item": "naan", "quantity": 1}, "order_id"),
    (change_order, {"order_id": "one", "item": "naan", "quantity": 1}, "name"),
    (change_order, {"order_id": "one", "quantity": 1}, "item"),
    (change_order, {"order_id": "one", "item": "naan"}, "quantity"),
    (change_order, {"order_id": "one"}, "items"),
    (change_order, {"order_id": "one"}, "fulfilment"),
    (change_order, {"order_id": "one"}, "address"),
]


@pytest.mark.parametrize(("tool", "arguments", "name"), HOSTILE_CALLS)
async def test_hostile_arguments_of_a_stranger_change_nothing(
    maya: Call, stranger: Call, store: Store, tool: Tool, arguments: dict[str, Any], name: str
) -> None:
    before = await use(lookup_order, maya)
    for value in EVERYTHING:
        told = await use(tool, stranger, **{**arguments, name: value})
        assert "error" in told or told["success"] is False, value
    assert await use(lookup_order, maya) == before and len(await owed(store)) == 1


OWN_CALLS = [(tool, arguments, name) for tool, arguments, name in HOSTILE_CALLS if name not in {"name"}]


@pytest.mark.parametrize(("tool", "arguments", "name"), OWN_CALLS)
async def test_hostile_arguments_of_its_owner_change_nothing(
    maya: Call, store: Store, tool: Tool, arguments: dict[str, Any], name: str
) -> None:
    meant = {"order_id": (None, "", "   "), "item": ("NaN",), "quantity": (42,)}.get(name, ())
    before = await use(lookup_order, maya)
    for value in EVERYTHING:
        if value not in meant or isinstance(value, bool):
            told = await use(tool, maya, **{**arguments, name: value})
            assert "error" in told or told["success"] is False, value
    assert await use(lookup_order, maya) == before and len(await owed(store)) == 1


async def test_the_demo_has_one_order_that_is_ready_and_one_that_can_be_changed(
    store: Store, board: Switchboard
) -> None:
    business = board.business("saffron-table")
    await store.write(lambda session: demo.add(session, store.cipher, business, LUNCH))
    ready = await ring(store, board, demo.SAMPLES[0].phone)
    assert (await use(lookup_order, ready))["order"]["status"] == "ready"
    waiting = await ring(store, board, demo.SAMPLES[1].phone, call_id="call-2")
    assert (await use(change_order, waiting, item="lassi", quantity=2))["total"] == "20.00"
    told = await use(place_order, waiting, customer_name="Omar Haddad", item="naan")
    assert (told["order_id"], await count(store, Order)) == ("ORD-00003", 3)
    assert demo.SAMPLES[0].phone == MAYA
