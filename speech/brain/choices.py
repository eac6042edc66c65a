"""Which of those that can be had a caller means: times by their clock, things by their day, their name, their place in
what was offered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from rapidfuzz import fuzz, process

from speech.brain.dialogue import Choices
from speech.brain.mentions import Named
from speech.brain.phrases import plain
from speech.brain.wishes import Choice, RecordWish, TimeWish
from speech.brain.wording import render

OFFERED = 3
SURE_OF_LABEL = 85
"""rapidfuzz's score from which a thing is meant by its name."""
PARTS = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24), "night": (17, 24)}
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\s*([AP])M\b")


@dataclass(frozen=True)
class Picked:
    """The one that is meant, or those that are offered instead."""

    one: Choice | None = None
    offered: tuple[Choice, ...] = ()
    missed: bool = False
    """A wish was named, and it is not among them."""


def follow(path: str, result: Any) -> list[Any]:
    """What stands at a path of a result, through lists: «menu.name» gives every name."""
    found: list[Any] = [result]
    for key in path.split("."):
        found = [one[key] for one in found if isinstance(one, Mapping) and key in one and one[key] is not None]
        found = [inner for one in found for inner in (one if isinstance(one, list) else [one])]
    return found


def listed_choices(path: str, choices: Choices, result: Any) -> tuple[Choice, ...]:
    return tuple(_choice(one, choices) for one in follow(path, result))


def _choice(one: Any, choices: Choices) -> Choice:
    known = one if isinstance(one, Mapping) else {"it": one}
    label = render(choices.label, known) if choices.label else str(one)
    return Choice(_value(one, choices.value), label, one)


def _value(one: Any, field: str | None) -> Any:
    if field is None or not isinstance(one, Mapping):
        return one
    return one[field] if field in one else render(field, one)


def named_things(choices: Choices, result: Any) -> tuple[Named, ...]:
    """All that can be had, each with what it is called."""
    return tuple(_named_thing(one, choices) for one in follow(choices.valid, result))


def _named_thing(one: Any, choices: Choices) -> Named:
    fields = one if isinstance(one, Mapping) else {}
    name = str(fields[choices.value]) if choices.value in fields else str(one)
    return Named(name, (name, *map(str, fields.get(choices.also or "", ()))))


def clock_of(label: str) -> time | None:
    found = _CLOCK.search(label)
    if found is None:
        return None
    return time(int(found[1]) % 12 + (12 if found[3] == "P" else 0), int(found[2]))


def pick_time(wish: TimeWish | None, valid: Sequence[Choice], suggested: Sequence[Choice]) -> Picked:
    """The slot that is meant; without one, what is offered."""
    if wish is None:
        return Picked(offered=tuple(suggested or spread(valid)))
    if wish.label is not None:
        found = [one for one in valid if one.label == wish.label]
        return Picked(one=found[0]) if found else Picked(offered=tuple(nearest(None, valid)), missed=True)
    fitting = [one for one in valid if _fits(clock_of(one.label), wish)]
    exact = wish.at is not None and wish.until is None
    if fitting and (exact or len(fitting) == 1):
        return Picked(one=_of_whom(fitting, wish.words))
    if fitting and wish.extreme is not None:
        return Picked(one=fitting[0] if wish.extreme == "earliest" else fitting[-1])
    if fitting:
        kept = [one for one in suggested if one in fitting]
        return Picked(offered=tuple(kept if len(kept) == OFFERED else spread(fitting)))
    return Picked(offered=tuple(nearest(wish.at, valid)), missed=True)


def _fits(clock: time | None, wish: TimeWish) -> bool:
    if clock is None or clock in wish.not_at:
        return False
    if wish.at is not None and wish.until is not None:
        return wish.at <= clock <= wish.until
    if wish.at is not None:
        return clock == wish.at
    first, last = PARTS.get(wish.part or "", (0, 24))
    return first <= clock.hour < last


def _of_whom(fitting: Sequence[Choice], words: str) -> Choice:
    """The one whose label names who was named."""
    said = plain(words)
    return max(fitting, key=lambda one: fuzz.partial_ratio(plain(one.label.partition(" with ")[2]) or "-", said))


def nearest(at: time | None, valid: Sequence[Choice]) -> list[Choice]:
    if at is None:
        return spread(valid)
    wanted = at.hour * 60 + at.minute
    near = sorted(valid, key=lambda one: abs(_minutes(one) - wanted))[:OFFERED]
    return sorted(near, key=_minutes)


def _minutes(one: Choice) -> int:
    clock = clock_of(one.label)
    return 0 if clock is None else clock.hour * 60 + clock.minute


def spread(valid: Sequence[Choice]) -> list[Choice]:
    """A few of them, well apart."""
    if len(valid) <= OFFERED:
        return list(valid)
    return [valid[round(number * (len(valid) - 1) / (OFFERED - 1))] for number in range(OFFERED)]


def pick_record(wish: RecordWish | None, valid: Sequence[Choice], records: Sequence[Any]) -> Picked:
    """The thing that is meant; the only one needs no words."""
    if wish is not None and wish.value is not None:
        found = [one for one in valid if one.value == wish.value]
        return Picked(one=found[0]) if found else Picked(offered=tuple(valid), missed=True)
    if wish is not None and (wish.day is not None or wish.at is not None):
        fitting = [one for one, record in zip(valid, records, strict=True) if _shows(record, wish)]
        if len(fitting) == 1:
            return Picked(one=fitting[0])
        return Picked(offered=tuple(fitting or valid), missed=not fitting)
    if len(valid) == 1:
        return Picked(one=valid[0])
    named = _named(wish.words if wish else "", valid)
    return Picked(one=named) if named else Picked(offered=tuple(valid))


def _shows(record: Any, wish: RecordWish) -> bool:
    if not isinstance(record, Mapping):
        return False
    day, clock = record.get("date"), clock_of(str(record.get("time", "")))
    if wish.day is not None and (day is None or date.fromisoformat(str(day)) != wish.day):
        return False
    return wish.at is None or clock == wish.at


def _named(words: str, valid: Sequence[Choice]) -> Choice | None:
    labels = {plain(one.label): one for one in valid}
    best = process.extractOne(plain(words), labels.keys(), scorer=fuzz.token_set_ratio, score_cutoff=SURE_OF_LABEL)
    return labels[best[0]] if best and words.strip() else None
