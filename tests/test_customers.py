"""Who is calling: ids, PINs, locks, newcomers."""

import asyncio

import pytest

from db.business import Switchboard
from db.customers import Newcomer, recognise, register
from db.engine import Store
from speech.digits import digits
from tests.calling import Watch, make_call, use
from tests.hostile import EVERYTHING
from tests.people import ARCHIT, PRIYA, RAHUL, add_clinic_people
from tools.call import Trust
from tools.customers import identify_user, register_user


@pytest.fixture(autouse=True)
async def people(store: Store, board: Switchboard) -> None:
    await add_clinic_people(store, board)


async def test_an_id_and_its_pin_find_the_caller(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    result = await use(identify_user, call, user_id="one zero zero one", pin="four four seven one")
    assert result["status"] == "found"
    assert result["user"] == {"user_id": "1001", "name": "Archit Ojha"}
    assert [(one["weekday"], one["time"]) for one in result["active_appointments"]] == [
        ("Thursday", "10:00 AM"),
        ("Monday", "2:30 PM"),
    ]
    assert call.trust is Trust.VERIFIED


async def test_an_id_from_its_own_number_needs_no_pin(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita", number=ARCHIT.phone)
    assert (await use(identify_user, call, user_id="1001"))["status"] == "found"


async def test_another_number_needs_the_pin(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita", number=PRIYA.phone)
    result = await use(identify_user, call, user_id="1001")
    assert result["status"] == "needs_pin"
    assert call.customer_id is None and call.trust is Trust.UNKNOWN


async def test_a_number_that_is_not_to_be_trusted_needs_the_pin(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita", number=ARCHIT.phone)
    call.trust_caller_id = False
    assert (await use(identify_user, call, user_id="1001"))["status"] == "needs_pin"


async def test_an_unknown_id_is_not_found(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    assert (await use(identify_user, call, user_id="9999"))["status"] == "not_found"


async def test_three_wrong_pins_lock_the_id_for_a_quarter_of_an_hour(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    call = await make_call(store, board, "kavita", watch=watch)
    told = [(await use(identify_user, call, user_id="1001", pin="0000"))["status"] for _ in range(4)]
    assert told == ["needs_pin", "needs_pin", "locked", "locked"]
    other = await make_call(store, board, "kavita", watch=watch, call_id="call-2")
    assert (await use(identify_user, other, user_id="1001", pin=ARCHIT.pin))["status"] == "locked"
    watch.forward(minutes=15)
    assert (await use(identify_user, other, user_id="1001", pin=ARCHIT.pin))["status"] == "found"


async def test_guesses_made_at_the_same_time_are_all_counted(store: Store, board: Switchboard) -> None:
    calls = [await make_call(store, board, "kavita", call_id=f"guess-{number}") for number in range(8)]
    guesses = (use(identify_user, call, user_id="1001", pin=f"000{n}") for n, call in enumerate(calls))
    told = [one["status"] for one in await asyncio.gather(*guesses)]
    assert told.count("needs_pin") <= 2
    late = await make_call(store, board, "kavita", call_id="late")
    assert (await use(identify_user, late, user_id="1001", pin=ARCHIT.pin))["status"] == "locked"


async def test_guessing_through_other_ids_is_counted_by_the_call(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    for code in ("1001", "2045", "3300"):
        await use(identify_user, call, user_id=code, pin="0000")
    assert (await use(identify_user, call, user_id="1001", pin=ARCHIT.pin))["status"] == "locked"


async def test_a_right_pin_forgets_the_wrong_ones(store: Store, board: Switchboard) -> None:
    for turn in range(3):
        call = await make_call(store, board, "kavita", call_id=f"turn-{turn}")
        await use(identify_user, call, user_id="1001", pin="0000")
        await use(identify_user, call, user_id="1001", pin="0001")
        assert (await use(identify_user, call, user_id="1001", pin=ARCHIT.pin))["status"] == "found"


async def test_a_newcomer_gets_an_id_and_a_pin_that_work(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    result = await use(register_user, call, name="Meera Nair", phone="202 555 0177")
    assert result["status"] == "registered"
    assert len(result["user"]["user_id"]) == len(result["user"]["pin"]) == 4
    later = await make_call(store, board, "kavita", call_id="later")
    again = await use(identify_user, later, user_id=result["user"]["user_id"], pin=result["user"]["pin"])
    assert again["user"]["name"] == "Meera Nair"


async def test_registering_twice_in_one_call_is_one_customer(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    first = await use(register_user, call, name="Meera Nair")
    second = await use(register_user, call, name="meera nair")
    assert first["user"]["user_id"] == second["user"]["user_id"]
    later = await make_call(store, board, "kavita", call_id="later")
    told = await use(identify_user, later, user_id=second["user"]["user_id"], pin=second["user"]["pin"])
    assert told["status"] == "found"


async def test_nobody_registers_a_crowd_in_one_call(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "kavita")
    told = [await use(register_user, call, name=name) for name in ("Ann Lee", "Bo Lee", "Cy Lee", "Di Lee")]
    assert ["error" in one for one in told] == [False, False, False, True]


async def test_many_newcomers_at_once_get_different_ids(any_store: Store) -> None:
    async def one(number: int) -> str:
        known, _ = await register(
            any_store, "b", Newcomer(f"Name {number}", None), call_id=f"c{number}", now=Watch().now
        )
        return known.code

    codes = await asyncio.gather(*(one(number) for number in range(30)))
    assert len(set(codes)) == 30 and "9999" not in codes


async def test_a_shared_number_recognises_nobody(store: Store, board: Switchboard) -> None:
    known = await recognise(store, "lotus-clinic", ARCHIT.phone)
    assert known is not None and known.name == ARCHIT.name
    call = await make_call(store, board, "kavita", number=ARCHIT.phone)
    await use(register_user, call, name="Somebody Else")
    assert await recognise(store, "lotus-clinic", ARCHIT.phone) is None


async def test_another_business_knows_none_of_them(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "receptionist", number=ARCHIT.phone)
    assert (await use(identify_user, call, user_id="1001", pin=ARCHIT.pin))["status"] == "not_found"


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: repr(value)[:30])
async def test_hostile_arguments_identify_nobody(store: Store, board: Switchboard, value: object) -> None:
    call = await make_call(store, board, "kavita")
    for arguments in ({"user_id": value}, {"user_id": "3300", "pin": value}, {"user_id": value, "pin": value}):
        told = await use(identify_user, call, **arguments)
        assert told.get("status") in {None, "needs_pin", "not_found", "locked"}
        assert ("status" in told) != ("error" in told)
    assert call.customer_id is None and RAHUL.name not in str(told)


NAMES = [one for one in EVERYTHING if one != "NaN"]
"""«Nan» is a name that people have."""


@pytest.mark.parametrize("value", NAMES, ids=lambda value: repr(value)[:30])
async def test_hostile_names_register_nobody(store: Store, board: Switchboard, value: object) -> None:
    call = await make_call(store, board, "kavita")
    assert "error" in await use(register_user, call, name=value)


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: repr(value)[:30])
async def test_hostile_phone_numbers_are_not_kept(store: Store, board: Switchboard, value: object) -> None:
    call = await make_call(store, board, "kavita")
    told = await use(register_user, call, name="Meera Nair", phone=value)
    assert "error" in told or value is None or str(value).strip() == ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1001", "1001"),
        ("one zero zero one", "1001"),
        ("ten oh one", "1001"),
        ("twenty forty five", "2045"),
        ("thirty three hundred", "3300"),
        ("double nine double nine", "9999"),
        ("triple seven one", "7771"),
        ("two oh four five, please", "2045"),
        ("it's 3 3 0 0", "3300"),
        ("twenty twenty", "2020"),
        ("nineteen ninety", "1990"),
        ("no digits here", ""),
    ],
)
def test_digits_are_understood_as_they_are_said(said: str, meant: str) -> None:
    assert digits(said) == meant
