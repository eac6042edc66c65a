"""The owner's file, in which every mistake is one sentence, and what callers are told of it."""

import json
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents import DESKS
from db.business import BusinessFileError, Switchboard
from db.business_file import load
from db.engine import Store
from tests.calling import BUSINESS_OF, Watch, make_call, use
from tests.hostile import EVERYTHING
from tests.orders import LUNCH, ring
from tools.business import get_business_info

ROOT = Path(__file__).parent.parent
Written = Callable[[str], Path]

SMALL = """
[numbers]
"+12025550110" = { business = "cafe", desk = "receptionist" }

[[business]]
key = "cafe"
name = "Café Small"
phone = "+12025550110"
zone = "Europe/Berlin"

[business.hours]
monday = "9:00-18:00"
tuesday = ["9am-12pm", "1pm-6:30pm"]

[business.retention]
transcripts_days = 30
calls_days = 365

[[business.staff]]
key = "ann"
name = "Ann"
breaks = "12:00-13:00"
time_off = [{ first = 2026-08-01, last = 2026-08-14 }]

[[business.rooms]]
key = "back"
name = "the back room"

[[business.services]]
key = "tasting"
name = "tasting"
minutes = 30
staff = ["ann"]
rooms = ["back"]

[[business.menu]]
name = "Espresso"
price = 2.30

[[business.menu]]
name = "Cake"
price = "3.55"
"""


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Path:
        path = tmp_path / "business.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def mistake(path: Path) -> str:
    with pytest.raises(BusinessFileError) as error:
        load(path, {"receptionist", "kavita"})
    sentence = str(error.value)
    assert "\n" not in sentence and sentence.endswith(".") and not sentence.endswith("..")
    return sentence.removeprefix(f"{path}: ")


def test_the_small_file_is_read_whole(written: Written) -> None:
    board = load(written(SMALL), {"receptionist"})
    [cafe] = board.businesses
    assert [(span.start, span.end) for span in cafe.hours.tuesday] == [(540, 720), (780, 1110)]
    assert [dish.price for dish in cafe.menu] == [Decimal("2.30"), Decimal("3.55")]
    assert (cafe.currency, cafe.languages, cafe.delivery_fee, board.notices) == ("USD", ("en",), None, ())
    assert board.numbers["+12025550110"].desk == "receptionist"


def test_the_file_that_is_delivered_has_no_mistake() -> None:
    board = load(ROOT / "business.toml", {*DESKS, *BUSINESS_OF})
    assert {route.desk for route in board.numbers.values()} == set(BUSINESS_OF)


MISTAKES = tomllib.loads((ROOT / "tests/business_mistakes.toml").read_text(encoding="utf-8"))["mistake"]


@pytest.mark.parametrize("one", MISTAKES, ids=lambda one: one["told"])
def test_a_mistake_is_one_sentence_with_file_and_key(written: Written, one: dict[str, str]) -> None:
    assert one["stands"] in SMALL
    assert mistake(written(SMALL.replace(one["stands"], one["instead"], 1))) == one["told"]


def test_services_without_anybody_who_does_them_are_a_mistake(written: Written) -> None:
    alone = SMALL[: SMALL.index("[[business.staff]]")] + SMALL[SMALL.index("[[business.services]]") :]
    text = alone.replace('staff = ["ann"]\nrooms = ["back"]\n', "")
    assert mistake(written(text)) == "business.cafe: services: at least one member of staff is needed."


def test_a_key_that_is_there_twice_is_named_with_its_line(written: Written) -> None:
    assert "name: Cannot overwrite a value (at line 8" in mistake(
        written(SMALL.replace('name = "Café Small"', 'name = "Café"\nname = "Small"'))
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "business: is missing."),
        (b"business = []", "business: needs at least 1."),
        (b"\xff\xfe", "is not UTF-8 text."),
        (b"business = [", "Invalid value (at end of document)."),
    ],
)
def test_a_file_that_holds_nothing_sensible_is_a_mistake(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "business.toml"
    path.write_bytes(content)
    assert mistake(path) == sentence


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert mistake(tmp_path / "none.toml") == "cannot be read (No such file or directory)."


JSON_FORM: dict[str, Any] = {
    "name": "Bella's Kitchen",
    "location": "123 Main Street",
    "phone": "+1 202 555 0123",
    "hours": {"monday": "9am-10pm", "tuesday": "9am - 10pm", "sunday": "Closed"},
    "menu": [{"name": "Pizza", "description": "With cheese", "price": 12.99}, {"name": "Salad", "price": 8}],
    "orders": [],
}


def as_json(tmp_path: Path, **other: Any) -> Path:
    path = tmp_path / "business_data.json"
    path.write_text(json.dumps({**JSON_FORM, **other}), encoding="utf-8")
    return path


def test_a_business_data_json_is_read_as_it_stands_and_says_what_it_assumed(tmp_path: Path) -> None:
    board = load(as_json(tmp_path), {"receptionist"})
    [bella] = board.businesses
    assert (bella.key, bella.name, bella.address) == ("bella-s-kitchen", "Bella's Kitchen", "123 Main Street")
    assert [dish.price for dish in bella.menu] == [Decimal("12.99"), Decimal("8")]
    assert [(span.start, span.end) for span in bella.hours.tuesday] == [(540, 1320)] and bella.hours.sunday == ()
    assert board.numbers["+12025550123"].desk == "receptionist" and board.kind == "json"
    assert board.notices == (
        "business_data.json: time zone: America/New_York, by the phone number.",
        "business_data.json: retention: transcripts are kept for 30 days, the call log for 365.",
    )


NO_NUMBER = "is not a number that can be dialled, so no call will come in on it."


@pytest.mark.parametrize(
    ("phone", "number", "zone", "notice"),
    [
        ("(202) 555-0123", "+12025550123", "America/New_York", "phone: «(202) 555-0123» is taken as +12025550123."),
        ("+1-555-0123", "+15550123", "UTC", f"phone: «+1-555-0123» {NO_NUMBER}"),
        ("555-0123", "+15550123", "UTC", f"phone: «555-0123» {NO_NUMBER}"),
        ("+49 30 901820", "+4930901820", "Europe/Berlin", "time zone: Europe/Berlin, by the phone number."),
    ],
)
def test_a_phone_number_in_json_is_taken_as_it_is_and_what_is_odd_is_said(
    tmp_path: Path, phone: str, number: str, zone: str, notice: str
) -> None:
    board = load(as_json(tmp_path, phone=phone), {"receptionist"})
    assert (board.businesses[0].phone, board.businesses[0].zone) == (number, zone)
    assert f"business_data.json: {notice}" in board.notices and list(board.numbers) == [number]


def test_orders_in_json_are_not_taken_over_and_that_is_said(tmp_path: Path) -> None:
    board = load(as_json(tmp_path, orders=[{"id": 1}]), {"receptionist"})
    assert (
        "business_data.json: orders: the ones in the file are not taken over; new ones go to the store."
        in board.notices
    )


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"colour": "red"}, "colour: this key is not known."),
        ({"phone": "call us"}, "phone: «call us» is not a phone number."),
        ({"hours": {"monday": "10am"}}, "hours.monday: «10am» is not a span such as 9:00-18:00."),
        ({"hours": "always"}, "hours: must be a table of keys."),
        ({"menu": [{"name": "Pizza"}]}, "menu.Pizza.price: is missing."),
        ({"menu": ["Pizza"]}, "menu.0: must be a table of keys."),
        ({"menu": [{"name": "Pizza", "price": "much"}]}, "menu.Pizza.price: «much» is not a price such as 12.50."),
        ({"location": 7}, "location: must be text."),
        ({"name": ""}, "name: must not be empty."),
    ],
)
def test_a_mistake_in_json_is_one_sentence_with_its_own_key(
    tmp_path: Path, other: dict[str, Any], sentence: str
) -> None:
    assert mistake(as_json(tmp_path, **other)) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "holds no table of keys."),
        ('{"name": "B", "phone": "+12025550123"}', "hours: is missing."),
        ('{"name": "B", "name": "C"}', "name: is there twice."),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
    ],
)
def test_json_that_is_not_of_the_form_is_a_mistake(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "business_data.json"
    path.write_text(text)
    assert mistake(path) == sentence


async def told(store: Store, board: Switchboard, topic: str, watch: Watch | None = None) -> dict[str, Any]:
    return await use(get_business_info, await ring(store, board, watch=watch), topic=topic)


async def test_hours_say_whether_it_is_open_now_and_until_when(store: Store, board: Switchboard) -> None:
    info = await told(store, board, "hours")
    assert set(info) == {"status", "name", "hours"}
    hours = info["hours"]
    assert (hours["open_now"], hours["closes"]) == (True, "Tuesday, March 3 at 2:30 PM")
    assert hours["opens_next"] == "Tuesday, March 3 at 5:00 PM"
    assert hours["week"]["monday"] == "closed" and hours["week"]["saturday"] == "12:00 PM to 11:00 PM"
    assert hours["week"]["tuesday"] == "11:30 AM to 2:30 PM and 5:00 PM to 10:00 PM"


async def test_hours_when_closed_say_when_it_opens_next(store: Store, board: Switchboard) -> None:
    watch = Watch(LUNCH)
    watch.forward(hours=3)
    hours = (await told(store, board, "opening hours", watch))["hours"]
    assert (hours["open_now"], hours["opens_next"]) == (False, "Tuesday, March 3 at 5:00 PM")
    assert "closes" not in hours


async def test_holidays_are_named_before_and_on_the_day(store: Store, board: Switchboard) -> None:
    watch = Watch(LUNCH.replace(month=12, day=1))
    hours = (await told(store, board, "holidays", watch))["hours"]
    assert hours["holidays"] == ["Friday, December 25: Christmas Day"]
    watch.now = LUNCH.replace(month=12, day=25)
    hours = (await told(store, board, "hours", watch))["hours"]
    assert (hours["open_now"], hours["closed_today_for"]) == (False, "Christmas Day")
    assert hours["opens_next"] == "Saturday, December 26 at 12:00 PM"


async def test_a_business_that_never_closes_says_so(store: Store, board: Switchboard) -> None:
    hours = (await use(get_business_info, await make_call(store, board, "airline"), topic="hours"))["hours"]
    assert hours["open_now"] and hours["week"]["sunday"] == "open all day"
    assert "closes" not in hours and "opens_next" not in hours


async def test_the_place_is_told_without_the_number_that_callers_are_put_through_to(
    store: Store, board: Switchboard
) -> None:
    info = await told(store, board, "location")
    assert info["location"] == {"address": "48 Mill Lane, Washington, DC", "phone": "+12025550110"}
    assert "0119" not in str(await told(store, board, "all"))


async def test_the_menu_is_told_with_its_prices(store: Store, board: Switchboard) -> None:
    menu = (await told(store, board, "menu"))["menu"]
    assert len(menu) == 9
    assert menu[0] == {
        "name": "Vegetable Samosa",
        "price": "5.50",
        "description": "Two crisp pastries with potato and peas",
        "category": "starters",
        "also": ["samosa", "samosas"],
    }


async def test_prices_are_told_with_their_currency_and_the_delivery(store: Store, board: Switchboard) -> None:
    pricing = (await told(store, board, "pricing"))["pricing"]
    assert (pricing["currency"], pricing["prices"]["Lamb Biryani"], pricing["delivery"]) == ("USD", "17.25", "4.00")
    clinic = (await use(get_business_info, await make_call(store, board, "kavita"), topic="pricing"))["pricing"]
    assert (clinic["prices"], clinic["delivery"]) == ({}, "no delivery")


@pytest.mark.parametrize(("topic", "key"), [("parking", "parking"), ("any allergy information", "allergies")])
async def test_a_fact_is_told_by_its_name(store: Store, board: Switchboard, topic: str, key: str) -> None:
    info = await told(store, board, topic)
    assert set(info) == {"status", "name", "facts"} and list(info["facts"]) == [key]


async def test_two_topics_are_told_together(store: Store, board: Switchboard) -> None:
    info = await told(store, board, "address and parking")
    assert set(info) == {"status", "name", "location", "facts"}


@pytest.mark.parametrize("topic", ["all", "everything", "", "the meaning of life"])
async def test_anything_else_is_everything(store: Store, board: Switchboard, topic: str) -> None:
    info = await told(store, board, topic)
    assert {"hours", "location", "menu", "pricing", "facts"} <= set(info) and len(info["facts"]) == 3


async def test_hostile_topics_get_what_everybody_may_know_or_an_error(store: Store, board: Switchboard) -> None:
    call = await ring(store, board)
    for value in EVERYTHING:
        info = await use(get_business_info, call, topic=value)
        assert ("error" in info) != (info.get("status") == "ok")
