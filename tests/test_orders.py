"""Orders: what is understood, what is placed, what it costs, and that it is there once."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from db.business import Business, Switchboard
from db.engine import Store
from db.errors import NotOffered, Refused, WhichOne
from db.models import Counter, Order, OrderLine
from db.money import price_text, smallest_units
from tests.calling import Watch, use
from tests.hostile import EVERYTHING
from tests.orders import LUNCH, MAYA, count, owed, ring
from tools.call import Call
from tools.menu import dish_of
from tools.order_number import means_latest, order_number
from tools.orders import Item, cancel_order, change_order, lookup_order, place_order


@pytest.fixture
async def maya(store: Store, board: Switchboard) -> Call:
    return await ring(store, board)


@pytest.fixture
def restaurant(board: Switchboard) -> Business:
    return board.business("saffron-table")


async def test_an_order_of_one_item_is_placed_and_priced(maya: Call) -> None:
    told = await use(place_order, maya, customer_name="Maya Chen", item="butter chicken", quantity=2)
    assert (told["success"], told["status"], told["order_id"]) == (True, "placed", "ORD-00001")
    assert told["lines"] == [{"name": "Butter Chicken", "quantity": 2, "unit_price": "15.90", "price": "31.80"}]
    assert (told["total"], told["currency"], told["fulfilment"]) == ("31.80", "USD", "pickup")
    assert told["ready_at"] == "Tuesday, March 3 at 12:25 PM"


async def test_an_order_of_several_items_keeps_their_notes(maya: Call) -> None:
    items = [{"name": "samosas", "quantity": 3, "note": "no nuts, please"}, {"name": "mango lassi"}]
    told = await use(place_order, maya, customer_name="Maya Chen", items=items)
    assert [(line["name"], line["quantity"], line.get("note")) for line in told["lines"]] == [
        ("Vegetable Samosa", 3, "no nuts, please"),
        ("Mango Lassi", 1, None),
    ]
    assert told["total"] == "21.00"


async def test_delivery_costs_its_fee_and_needs_an_address(maya: Call) -> None:
    wish = {"customer_name": "Maya Chen", "item": "masala tea", "fulfilment": "delivery"}
    asked = await use(place_order, maya, **wish)
    assert (asked["success"], asked["status"]) == (False, "ambiguous") and "address" in asked["question"]
    told = await use(place_order, maya, **wish, address="12 Oak Street")
    assert (told["delivery_fee"], told["total"]) == ("4.00", "7.00")


async def test_an_address_without_a_wish_for_delivery_is_asked_about(maya: Call, store: Store) -> None:
    told = await use(place_order, maya, customer_name="Maya Chen", item="masala tea", address="12 Oak Street")
    assert told["status"] == "ambiguous" and await count(store, Order) == 0


async def test_a_business_that_does_not_deliver_says_so(maya: Call, store: Store) -> None:
    maya.business = maya.business.model_copy(update={"delivery_fee": None})
    told = await use(
        place_order, maya, customer_name="Maya Chen", item="naan", fulfilment="delivery", address="12 Oak Street"
    )
    assert (told["success"], told["status"], told["nearest"]) == (False, "not_offered", ["pickup"])
    assert await count(store, Order) == 0


async def test_what_is_not_on_the_menu_gets_the_nearest_names_and_no_order(maya: Call, store: Store) -> None:
    items = [{"name": "butter chicken"}, {"name": "chicken biryani"}]
    told = await use(place_order, maya, customer_name="Maya Chen", items=items)
    assert (told["success"], told["status"], told["item"]) == (False, "not_offered", "chicken biryani")
    assert "Lamb Biryani" in told["nearest"] and "nothing was ordered" in told["message"]
    assert (await count(store, Order), await count(store, Counter)) == (0, 0)


@pytest.mark.parametrize("quantity", [0, -1, 51, 10**12])
async def test_amounts_that_nobody_makes_are_refused(maya: Call, store: Store, quantity: int) -> None:
    told = await use(place_order, maya, customer_name="Maya Chen", item="naan", quantity=quantity)
    assert (told["success"], told["status"], told["most"]) == (False, "wrong_amount", 50)
    split = [{"name": "naan", "quantity": 49}, {"name": "garlic naan", "quantity": quantity, "note": "crisp"}]
    assert (await use(place_order, maya, customer_name="Maya Chen", items=split))["status"] == "wrong_amount"
    assert await count(store, Order) == 0


async def test_the_largest_amount_is_fifty(maya: Call) -> None:
    told = await use(place_order, maya, customer_name="Maya Chen", item="naan", quantity=50)
    assert told["total"] == "197.50"


async def test_an_empty_order_is_asked_about(maya: Call, store: Store) -> None:
    assert (await use(place_order, maya, customer_name="Maya Chen"))["status"] == "ambiguous"
    assert (await use(place_order, maya, customer_name="Maya Chen", items=[]))["status"] == "ambiguous"
    assert await count(store, Order) == 0


@pytest.mark.parametrize(
    ("minutes", "opening"), [(151, "Tuesday, March 3 at 5:00 PM"), (601, "Wednesday, March 4 at 11:30 AM")]
)
async def test_a_closed_kitchen_takes_no_orders_and_says_when_it_opens(
    store: Store, board: Switchboard, minutes: int, opening: str
) -> None:
    watch = Watch(LUNCH)
    call = await ring(store, board, watch=watch)
    watch.forward(minutes=minutes)
    told = await use(place_order, call, customer_name="Maya Chen", item="naan")
    assert (told["success"], told["status"], told["next_open"]) == (False, "closed", opening)
    assert opening in told["message"] and await count(store, Order) == 0


async def test_the_same_order_said_twice_is_one_order(maya: Call, store: Store) -> None:
    one = [{"name": "samosa", "quantity": 2, "note": "No nuts!"}, {"name": "chai"}]
    other = [{"name": "masala tea"}, {"name": "vegetable samosas", "quantity": 2, "note": "no nuts"}]
    first = await use(place_order, maya, customer_name="Maya Chen", items=one)
    assert await use(place_order, maya, customer_name="maya chen", items=other) == first
    assert (await count(store, Order), len(await owed(store))) == (1, 1)


async def test_an_order_repeated_just_after_closing_is_still_the_first_one(store: Store, board: Switchboard) -> None:
    watch = Watch(LUNCH)
    call = await ring(store, board, watch=watch)
    watch.forward(minutes=149)
    first = await use(place_order, call, customer_name="Maya Chen", item="naan")
    watch.forward(minutes=2)
    assert await use(place_order, call, customer_name="Maya Chen", item="naan") == first


@pytest.mark.parametrize("other", [{"quantity": 2}, {"customer_name": "Omar Haddad"}, {"item": "lassi"}])
async def test_another_order_in_the_same_call_is_another_order(maya: Call, store: Store, other: dict[str, Any]) -> None:
    wish = {"customer_name": "Maya Chen", "item": "naan", "quantity": 1}
    await use(place_order, maya, **wish)
    assert (await use(place_order, maya, **{**wish, **other}))["order_id"] == "ORD-00002"


async def test_a_note_that_was_forgotten_makes_another_order_instead_of_being_lost(maya: Call) -> None:
    await use(place_order, maya, customer_name="Maya Chen", items=[{"name": "naan"}])
    told = await use(place_order, maya, customer_name="Maya Chen", items=[{"name": "naan", "note": "no milk"}])
    assert told["order_id"] == "ORD-00002" and told["lines"][0]["note"] == "no milk"


async def test_the_same_words_in_another_call_are_another_order(maya: Call, store: Store, board: Switchboard) -> None:
    await use(place_order, maya, customer_name="Maya Chen", item="naan")
    again = await ring(store, board, call_id="call-2")
    assert (await use(place_order, again, customer_name="Maya Chen", item="naan"))["order_id"] == "ORD-00002"


@pytest.mark.parametrize("undo", [cancel_order, change_order])
async def test_after_a_change_the_same_words_are_a_new_order(maya: Call, undo: Any) -> None:
    wish = {"customer_name": "Maya Chen", "item": "naan", "quantity": 1}
    await use(place_order, maya, **wish)
    await use(undo, maya, order_id="one", **({} if undo is cancel_order else {"item": "naan", "quantity": 5}))
    assert (await use(place_order, maya, **wish))["order_id"] == "ORD-00002"


async def test_the_web_hook_tells_the_kitchen_all_it_needs(maya: Call, store: Store) -> None:
    await use(place_order, maya, customer_name="Maya Chen", items=[{"name": "naan", "quantity": 2, "note": "crisp"}])
    [(kind, payload)] = await owed(store)
    assert kind == "order.placed"
    assert (payload["order_id"], payload["name"], payload["phone"]) == ("ORD-00001", "Maya Chen", MAYA)
    assert payload["lines"] == [{"item": "Garlic Naan", "quantity": 2, "unit_price": "3.95", "note": "crisp"}]
    assert (payload["total"], payload["ready_at"]) == ("7.90", "2026-03-03T17:25:00+00:00")


async def test_names_numbers_notes_and_addresses_are_sealed(maya: Call, store: Store) -> None:
    items = [{"name": "naan", "note": "canary-note"}]
    wish = {"customer_name": "Canary Bird", "fulfilment": "delivery", "address": "1 Canary Row"}
    await use(place_order, maya, items=items, **wish)
    async with store.read() as session:
        order = (await session.exec(select(Order))).one()
        line = (await session.exec(select(OrderLine))).one()
    assert "anary" not in str(order.model_dump()) + str(line.model_dump()) and MAYA not in str(order.model_dump())
    assert store.cipher.open_maybe(order.address_sealed) == "1 Canary Row"


async def test_orders_at_the_same_time_get_numbers_without_gaps(any_store: Store, board: Switchboard) -> None:
    calls = [await ring(any_store, board, call_id=f"call-{number}") for number in range(20)]
    wishes = (use(place_order, call, customer_name="Maya Chen", item="naan") for call in calls)
    told = [one["order_id"] for one in await asyncio.gather(*wishes)]
    assert sorted(told) == [f"ORD-{number:05d}" for number in range(1, 21)]


async def test_one_order_said_many_times_at_once_is_one_order(any_store: Store, board: Switchboard) -> None:
    call = await ring(any_store, board)
    wishes = [use(place_order, call, customer_name="Maya Chen", item="naan") for _ in range(10)]
    told = await asyncio.gather(*wishes)
    assert all(one == told[0] for one in told) and told[0]["success"]
    assert (await count(any_store, Order), len(await owed(any_store))) == (1, 1)
    async with any_store.read() as session:
        assert (await session.exec(select(Counter.value))).all() == [1]


async def test_each_business_counts_and_tells_its_own_orders(maya: Call, store: Store, board: Switchboard) -> None:
    await use(place_order, maya, customer_name="Maya Chen", item="naan")
    elsewhere = await ring(store, board, call_id="call-2")
    elsewhere.business = elsewhere.business.model_copy(update={"key": "other-table"})
    assert (await use(lookup_order, elsewhere, order_id="one", name="Maya Chen"))["status"] == "not_found"
    told = await use(place_order, elsewhere, customer_name="Maya Chen", item="tea")
    assert told["order_id"] == "ORD-00001"
    for wish in ({}, {"order_id": "one"}):
        assert (await use(lookup_order, elsewhere, **wish))["order"]["total"] == "3.00"
    assert (await use(cancel_order, elsewhere, order_id="one"))["total"] == "3.00"
    assert (await use(lookup_order, maya, order_id="one"))["order"]["status"] == "received"


@given(
    places=st.sampled_from([("JPY", 0), ("USD", 2), ("INR", 2), ("KWD", 3)]),
    units=st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 50)), min_size=1),
)
def test_money_is_exact_in_every_currency(places: tuple[str, int], units: list[tuple[int, int]]) -> None:
    currency, decimals = places
    prices = [(Decimal(unit).scaleb(-decimals), quantity) for unit, quantity in units]
    assert [smallest_units(price, currency) for price, _ in prices] == [unit for unit, _ in units]
    total = sum(smallest_units(price, currency) * quantity for price, quantity in prices)
    assert Decimal(price_text(total, currency)) == sum(price * quantity for price, quantity in prices)


def test_a_part_of_the_smallest_coin_is_no_price() -> None:
    with pytest.raises(ValueError, match="JPY"):
        smallest_units(Decimal("9.50"), "JPY")


HARMLESS: dict[str, tuple[Any, ...]] = {
    "item": ("NaN",),
    "items": (None, []),
    "quantity": (None, 42),
    "fulfilment": (None,),
    "address": (None, "", "   "),
    "customer_name": ("NaN",),
}
"""Values that say nothing, or that somebody may really say: «nan» is a bread, and a name."""


@pytest.mark.parametrize("name", HARMLESS)
async def test_hostile_arguments_place_no_order(maya: Call, store: Store, name: str) -> None:
    wish = {"customer_name": "Maya Chen", "item": "naan"}
    if name == "items":
        del wish["item"]
    for value in EVERYTHING:
        if value in HARMLESS[name] and not isinstance(value, bool):
            continue
        told = await use(place_order, maya, **{**wish, name: value})
        assert "error" in told or told["success"] is False, value
    assert await count(store, Order) == 0


@pytest.mark.parametrize("field", Item.model_fields)
async def test_hostile_items_place_no_order(maya: Call, store: Store, field: str) -> None:
    for value in EVERYTHING:
        told = await use(place_order, maya, customer_name="Maya Chen", items=[{"name": "naan", field: value}])
        placed = told.get("success") is True
        assert not placed or field == "note" or value in (None, 42, "NaN"), value
        assert not placed or all(len(line.get("note", "")) <= 500 for line in told["lines"])
    assert field == "note" or await count(store, Order) <= 2


async def test_a_hostile_address_is_kept_as_text_or_refused(maya: Call, store: Store) -> None:
    wish = {"customer_name": "Maya Chen", "item": "naan", "fulfilment": "delivery"}
    for value in EVERYTHING:
        told = await use(place_order, maya, **wish, address=value)
        assert "error" in told or told["success"] in (True, False)
        assert told.get("total", "7.95") == "7.95"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("butter chicken", "Butter Chicken"),
        ("the Butter Chicken, please", "Butter Chicken"),
        ("butter chiken", "Butter Chicken"),
        ("better chicken", "Butter Chicken"),
        ("vegetable samosas", "Vegetable Samosa"),
        ("samosa vegetable", "Vegetable Samosa"),
        ("samosas", "Vegetable Samosa"),
        ("biriyani", "Lamb Biryani"),
        ("lamb biryani", "Lamb Biryani"),
        ("garlic nan", "Garlic Naan"),
        ("panir tikka", "Paneer Tikka"),
        ("gulab jamoon", "Gulab Jamun"),
        ("a glass of lassi", "Mango Lassi"),
        ("mango lassie", "Mango Lassi"),
        ("chai", "Masala Tea"),
        ("CHANA  MASALA", "Chana Masala"),
    ],
)
def test_an_item_is_understood_as_people_say_it(restaurant: Business, said: str, meant: str) -> None:
    assert dish_of(restaurant, said).name == meant


@pytest.mark.parametrize(
    "said",
    ["chicken biryani", "chicken tikka", "masala chai", "plain naan", "pizza", "butter", "chicken", "masala", "lamb",
     "two samosas", "", "tee", "beef biryani", "butter chicken and lamb biryani"],
)  # fmt: skip
def test_what_is_not_surely_meant_is_not_taken(restaurant: Business, said: str) -> None:
    with pytest.raises(NotOffered) as refused:
        dish_of(restaurant, said)
    assert len(refused.value.details["nearest"]) == 3


def test_a_name_of_two_items_is_asked_about(restaurant: Business) -> None:
    menu = tuple(dish.model_copy(update={"also": (*dish.also, "curry")}) for dish in restaurant.menu[2:4])
    with pytest.raises(WhichOne) as refused:
        dish_of(restaurant.model_copy(update={"menu": menu}), "curry")
    assert refused.value.details["choices"] == ["Butter Chicken", "Chana Masala"]


def test_a_business_without_a_menu_offers_nothing(restaurant: Business) -> None:
    with pytest.raises(Refused):
        dish_of(restaurant.model_copy(update={"menu": ()}), "naan")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("order one", 1),
        ("O R D one", 1),
        ("o r d dash zero zero zero zero one", 1),
        ("ORD-00001", 1),
        ("ord 00012", 12),
        ("order number twelve", 12),
        ("one two three", 123),
        ("order forty two, please", 42),
        ("one hundred and five", 105),
        ("thirty three hundred", 3300),
        ("two thousand five", 2005),
        ("twelve thousand three hundred forty five", 12345),
        ("ninety nine thousand nine hundred ninety nine", 99999),
        ("double zero one two", 12),
    ],
)
def test_an_order_number_is_understood_as_it_is_said(said: str, number: int) -> None:
    assert order_number(said) == number


@pytest.mark.parametrize(
    "said",
    ["", "-1", "1.5", "zero", "one hundred thousand", "100000", "1001' OR '1'='1", "NaN", "the one I placed yesterday",
     "order for two people on table nine", "butter chicken"],
)  # fmt: skip
def test_what_is_no_order_number_is_none(said: str) -> None:
    assert order_number(said) is None


@pytest.mark.parametrize(
    ("said", "latest"),
    [
        ("my order", True),
        ("the last one", True),
        ("mine", True),
        ("the one I placed last", True),
        ("order one", False),
        ("ignore my previous orders", False),
        ("five", False),
        ("", False),
    ],
)
def test_the_latest_order_needs_no_number(said: str, latest: bool) -> None:
    assert means_latest(said) is latest
