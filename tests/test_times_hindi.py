"""Dates and times in Hindi, in Devanagari and in Latin letters, and mixed with English."""

import tomllib
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from speech.times import Frame, Reading, read
from tests.times import HERE, Expression, expressions

MONDAY = Frame(datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Kolkata")), locale="hi-IN")
EXPRESSIONS = expressions("time_expressions_hindi.toml")
NOTHING_SAID = (HERE / "nothing_said_hindi.txt").read_text(encoding="utf-8").splitlines()
WORDS = tomllib.loads((Path(HERE.parent) / "speech/times/hi.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("one", EXPRESSIONS, ids=lambda one: one.words[:40])
def test_an_expression_means_what_people_mean(one: Expression) -> None:
    assert one.read("hi") == one.meaning


def test_there_are_more_than_a_hundred_expressions() -> None:
    assert len({one.words for one in EXPRESSIONS}) > 100


@pytest.mark.parametrize("words", NOTHING_SAID)
def test_a_line_without_day_or_time_holds_none(words: str) -> None:
    assert read(words, MONDAY, "hi") == Reading()


@pytest.mark.parametrize("typed", ["सा\u095dे तीन बजे", "सा\u0922\u093cे तीन बजे", "साढे तीन बजे"])
def test_signs_may_be_typed_in_several_ways(typed: str) -> None:
    assert read(typed, MONDAY, "hi").at == time(15, 30)


def test_every_number_below_a_hundred_is_known_in_both_scripts() -> None:
    for latin in (True, False):
        known = {value for word, value in WORDS["number"].items() if word.isascii() is latin}
        assert known == set(range(100))


@pytest.mark.parametrize("hour", range(1, 13))
def test_every_hour_is_understood_in_every_spelling(hour: int) -> None:
    spellings = [word for word, value in WORDS["number"].items() if value == hour]
    hours = {(reading.at and reading.at.hour) for word in spellings for reading in [read(f"{word} बजे", MONDAY, "hi")]}
    assert len(spellings) >= 2
    assert hours == {hour if 8 <= hour <= 12 else hour + 12}


@pytest.mark.parametrize("day", range(1, 31))
def test_every_day_of_a_month_is_understood_in_every_spelling(day: int) -> None:
    spellings = [word for word, value in WORDS["number"].items() if value == day]
    days = {str(read(f"{word} april ko", MONDAY, "hi").day) for word in spellings}
    assert days == {f"2026-04-{day:02d}"}
