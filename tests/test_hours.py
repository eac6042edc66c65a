"""Opening hours: holidays, breaks, time off, when it opens next, and what a change of the clocks does to them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.business import Bookable, Business
from db.hours import (
    closes_at,
    coming_holidays,
    holiday,
    is_open,
    moment,
    next_open_day,
    next_opening,
    open_on,
    spans_on,
)

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
)


def business(zone: str = "Europe/Berlin", hours: Any = "9:00-17:00", **more: Any) -> Business:
    """Open at the same hours on every day, or as a table of days says."""
    week = hours if isinstance(hours, dict) else dict.fromkeys(DAYS, hours)
    retention = {"transcripts_days": 30, "calls_days": 365}
    fields = {"key": "b", "name": "B", "phone": "+12025550110", "zone": zone, "hours": week, "retention": retention}
    return Business.model_validate(fields | more)


def at(
    zone: str, year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0, fold: int = 0
) -> datetime:
    """The moment at which local clocks show this."""
    return datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def hours_open(shop: Business, day: date) -> float:
    return sum((one.end - one.start).total_seconds() for one in open_on(shop, day)) / 3600


def test_a_day_has_its_spans() -> None:
    shop = business(hours={"tuesday": ["11:30-14:30", "17:00-22:00"]})
    assert [(one.start, one.end) for one in spans_on(shop, date(2026, 3, 3))] == [(690, 870), (1020, 1320)]
    assert spans_on(shop, date(2026, 3, 2)) == ()


def test_a_public_holiday_is_closed_unless_the_owner_opens() -> None:
    memorial = date(2026, 5, 25)
    assert holiday(business(holidays={"country": "US"}), memorial) == "Memorial Day"
    assert holiday(business(holidays={"country": "US", "open": [memorial]}), memorial) is None
    assert holiday(business(), memorial) is None


def test_a_holiday_of_a_region_counts_only_there() -> None:
    epiphany = date(2026, 1, 6)
    assert holiday(business(holidays={"country": "DE", "subdivision": "BY"}), epiphany) is not None
    assert holiday(business(holidays={"country": "DE", "subdivision": "HH"}), epiphany) is None


def test_an_own_holiday_is_closed_and_has_its_name() -> None:
    shop = business(holidays={"closed": [{"date": date(2026, 3, 3), "name": "stock-taking"}]})
    assert holiday(shop, date(2026, 3, 3)) == "stock-taking"
    assert not is_open(shop, at("Europe/Berlin", 2026, 3, 3, 12))
    assert next_opening(shop, at("Europe/Berlin", 2026, 3, 2, 18)) == at("Europe/Berlin", 2026, 3, 4, 9)
    assert list(coming_holidays(shop, date(2026, 3, 1), 3)) == [(date(2026, 3, 3), "stock-taking")]
    assert list(coming_holidays(shop, date(2026, 3, 1), 2)) == []


def test_breaks_are_cut_out_wherever_they_lie() -> None:
    breaks = ["8:00-9:30", "12:00-13:00", "13:00-13:15", "16:30-18:00"]
    person = Bookable.model_validate({"key": "a", "name": "A", "breaks": breaks})
    spans = spans_on(business(), date(2026, 3, 3), person)
    assert [(one.start, one.end) for one in spans] == [(570, 720), (795, 990)]


def test_a_break_over_the_whole_day_leaves_nothing() -> None:
    person = Bookable.model_validate({"key": "a", "name": "A", "breaks": "8:00-20:00"})
    assert spans_on(business(), date(2026, 3, 3), person) == ()


def test_own_hours_of_a_person_count_instead_of_the_business_s() -> None:
    person = Bookable.model_validate({"key": "a", "name": "A", "hours": {"tuesday": "13:00-20:00"}})
    assert [(one.start, one.end) for one in spans_on(business(), date(2026, 3, 3), person)] == [(780, 1200)]
    assert spans_on(business(), date(2026, 3, 4), person) == ()


@pytest.mark.parametrize(("day", "there"), [(1, True), (2, False), (4, False), (5, True)])
def test_time_off_counts_both_its_days(day: int, there: bool) -> None:
    off = [{"first": date(2026, 3, 2), "last": date(2026, 3, 4)}]
    person = Bookable.model_validate({"key": "a", "name": "A", "time_off": off})
    assert bool(spans_on(business(), date(2026, 3, day), person)) is there
    assert spans_on(business(), date(2026, 3, day))


@pytest.mark.parametrize(
    ("clock", "open_now", "closes", "opens"),
    [
        ((2026, 3, 3, 11, 29, 59), False, None, (2026, 3, 3, 11, 30)),
        ((2026, 3, 3, 11, 30), True, (2026, 3, 3, 14, 30), (2026, 3, 3, 17, 0)),
        ((2026, 3, 3, 14, 30), False, None, (2026, 3, 3, 17, 0)),
        ((2026, 3, 3, 23, 59), True, (2026, 3, 4, 0, 0), (2026, 3, 10, 11, 30)),
        ((2026, 3, 4, 0, 0), False, None, (2026, 3, 10, 11, 30)),
    ],
)
def test_it_is_known_whether_it_is_open_and_until_when(
    clock: tuple[int, ...], open_now: bool, closes: tuple[int, ...] | None, opens: tuple[int, ...]
) -> None:
    shop = business("America/New_York", {"tuesday": ["11:30-14:30", "17:00-24:00"]})
    now = at("America/New_York", *clock)
    assert is_open(shop, now) is open_now
    assert closes_at(shop, now) == (closes and at("America/New_York", *closes))
    assert next_opening(shop, now) == at("America/New_York", *opens)


def test_hours_past_midnight_are_one_evening() -> None:
    shop = business(hours={"friday": "18:00-24:00", "saturday": "0:00-2:00"})
    late = at("Europe/Berlin", 2026, 3, 6, 23)
    assert closes_at(shop, late) == at("Europe/Berlin", 2026, 3, 7, 2)
    assert next_opening(shop, late) == at("Europe/Berlin", 2026, 3, 13, 18)
    assert closes_at(shop, at("Europe/Berlin", 2026, 3, 7, 1)) == at("Europe/Berlin", 2026, 3, 7, 2)


def test_a_business_that_never_closes_neither_opens_nor_closes() -> None:
    shop, now = business(hours="0:00-24:00"), at("Europe/Berlin", 2026, 3, 3, 12)
    assert is_open(shop, now) and closes_at(shop, now) is None and next_opening(shop, now) is None


def test_a_business_that_is_closed_for_good_never_opens() -> None:
    shop, now = business(hours="closed"), at("Europe/Berlin", 2026, 3, 3, 12)
    assert not is_open(shop, now) and next_opening(shop, now) is None
    assert next_open_day(shop, date(2026, 3, 3)) == date(2026, 3, 3)


def test_the_next_open_day_leaves_out_weekends_and_holidays() -> None:
    shop = business("America/New_York", dict.fromkeys(DAYS[:5], "9:00-17:00"), holidays={"country": "US"})
    assert next_open_day(shop, date(2026, 5, 22)) == date(2026, 5, 22)
    assert next_open_day(shop, date(2026, 5, 23)) == date(2026, 5, 26)


@pytest.mark.parametrize(
    ("zone", "day", "night", "whole_day"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 2, 23),
        ("Europe/Berlin", date(2026, 10, 25), 4, 25),
        ("America/New_York", date(2026, 3, 8), 2, 23),
        ("America/New_York", date(2026, 11, 1), 4, 25),
        ("Asia/Kolkata", date(2026, 3, 29), 3, 24),
        ("Australia/Lord_Howe", date(2026, 10, 4), 2.5, 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 3.5, 24.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 2, 23),
        ("Pacific/Apia", date(2011, 12, 30), 0, 0),
        ("Pacific/Apia", date(2011, 12, 29), 3, 24),
        ("Pacific/Apia", date(2011, 12, 31), 3, 24),
    ],
)
def test_the_hours_of_a_clock_change_are_the_real_ones(zone: str, day: date, night: float, whole_day: float) -> None:
    assert hours_open(business(zone, "0:00-3:00"), day) == night
    assert hours_open(business(zone, "0:00-24:00"), day) == whole_day
    assert hours_open(business(zone, "9:00-17:00"), day) == (8 if whole_day else 0)


def test_an_opening_at_an_hour_that_is_left_out_is_the_moment_of_the_jump() -> None:
    shop = business(hours="2:30-10:00")
    [stretch] = open_on(shop, date(2026, 3, 29))
    assert stretch.start == at("Europe/Berlin", 2026, 3, 29, 3) and stretch.end == at("Europe/Berlin", 2026, 3, 29, 10)
    assert open_on(business(hours="2:00-3:00"), date(2026, 3, 29)) == ()


def test_an_opening_at_an_hour_that_comes_twice_is_the_first_one() -> None:
    [stretch] = open_on(business(hours="2:30-10:00"), date(2026, 10, 25))
    assert stretch.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert is_open(business(hours="2:00-3:00"), at("Europe/Berlin", 2026, 10, 25, 2, 30, fold=1))


def test_a_day_that_was_left_out_is_jumped_over() -> None:
    shop = business("Pacific/Apia")
    evening = at("Pacific/Apia", 2011, 12, 29, 18)
    assert next_opening(shop, evening) == at("Pacific/Apia", 2011, 12, 31, 9) == evening + timedelta(hours=15)
    assert moment(date(2011, 12, 30), 12 * 60, shop.tz) == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), day=st.dates(date(2000, 1, 1), date(2037, 12, 31)))
def test_a_week_of_open_days_has_no_gap_and_no_hour_twice(zone: str, day: date) -> None:
    shop = business(zone, "0:00-24:00")
    week = [stretch for ahead in range(7) for stretch in open_on(shop, day + timedelta(days=ahead))]
    assert all(before.end == after.start for before, after in pairwise(week))
    assert week[-1].end - week[0].start == sum((one.end - one.start for one in week), timedelta())


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2000, 1, 1), date(2037, 12, 31)),
    minutes=st.tuples(st.integers(0, 1439), st.integers(0, 1439)).map(sorted),
)
def test_later_on_the_clock_is_never_earlier_in_time(zone: str, day: date, minutes: list[int]) -> None:
    early, late = (moment(day, one, ZoneInfo(zone)) for one in minutes)
    assert early <= late
