"""What the tests of times share: a reading written in a line, and the tables of expressions."""

import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from speech.times import Frame, Reading, read

HERE = Path(__file__).parent


class Expression(NamedTuple):
    words: str
    meaning: str
    frame: Frame
    expecting: str | None

    def read(self, language: str) -> str:
        return written(read(self.words, self.frame, language, expecting=self.expecting))


def expressions(name: str) -> list[Expression]:
    table = tomllib.loads((HERE / name).read_text(encoding="utf-8"))
    return [one for clock in table["clock"] for one in _of_clock(clock)]


def _of_clock(clock: dict[str, Any]) -> list[Expression]:
    zone = ZoneInfo(clock["zone"])
    about = datetime.fromisoformat(clock["about"]).replace(tzinfo=zone) if "about" in clock else None
    hours = clock.get("hours")
    frame = Frame(
        now=datetime.fromisoformat(clock["now"]).replace(tzinfo=zone),
        hours=None if hours is None else (hours[0], hours[1]),
        about=about,
        locale=clock.get("locale", "en-US"),
    )
    rows = (line.rpartition("=") for line in clock["lines"].strip().splitlines())
    return [Expression(words.strip(), meaning.strip(), frame, clock.get("expecting")) for words, _, meaning in rows]


def written(reading: Reading) -> str:
    """A reading as the tables write it."""
    said = [
        _bounds(reading.day, reading.end_day, "%Y-%m-%d", later=reading.later_days),
        _bounds(reading.at, reading.end_at, "%H:%M", later=reading.later_times),
        reading.part,
        reading.extreme,
        *(f"!{day}" for day in reading.not_days),
        *(f"!{at:%H:%M}" for at in reading.not_at),
        reading.question and "?",
    ]
    return " ".join(one for one in said if one)


def _bounds(first: date | time | None, last: date | time | None, form: str, *, later: bool) -> str:
    start = "" if first is None else first.strftime(form)
    end = "" if last is None else f"..{last.strftime(form)}"
    return start + end + ("+" if later else "")
