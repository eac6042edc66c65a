"""How things are said: Jinja templates with filters for days, times and lists."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from speech.brain.mentions import Named, mentions
from speech.brain.passages import about, unsaid
from speech.digits import digits
from speech.times import spoken_date

NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹"}
_SENTENCE = re.compile(r"(?<=[.!?…।])\s+(?=\S)")


@cache
def _environment() -> Environment:
    """A typo in a template is an error, never an empty place in a sentence."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters |= {
        "day": day, "listed": listed, "first_name": first_name, "spelled": spelled, "plural": plural, "small": small,
        "in_words": in_words, "ordered": ordered, "money": money, "containing": containing, "mentioned": mentioned,
        "numbered": numbered, "about": about,
        "unsaid": unsaid,
    }  # fmt: skip
    return environment


@cache
def _template(text: str) -> Template:
    return _environment().from_string(text)


def render(text: str, known: Mapping[str, Any]) -> str:
    """The template's sentence, with single spaces."""
    return " ".join(_template(text).render(known).split())


def sentences(text: str) -> list[str]:
    """A text in the pieces in which it is streamed."""
    return [piece for piece in _SENTENCE.split(text.strip()) if piece]


def day(value: str) -> str:
    """«Thursday, February 12» of an ISO date."""
    return spoken_date(date.fromisoformat(value))


def listed(values: Sequence[Any], last: str = "and") -> str:
    """«a, b and c»."""
    texts = [str(value) for value in values]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else name


def spelled(text: str) -> str:
    """Letter by letter, as a voice should say a number or a code."""
    return " ".join(text)


def plural(amount: int, one: str, many: str | None = None) -> str:
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def small(text: str) -> str:
    """A name of a thing within a sentence."""
    return text[:1].lower() + text[1:]


def ordered(lines: Sequence[Mapping[str, Any]]) -> str:
    """«two Samosas, no onions, and one Lassi» of lines with a name, a quantity and perhaps a note."""
    notes = {line.get("note") for line in lines}
    shared = notes.pop() if len(lines) > 1 and len(notes) == 1 else None
    texts = [f"{_counted(line)}{'' if shared else _noted(line)}" for line in lines]
    return listed(texts) + (f", all with the note: {shared}" if shared else "")


def _counted(line: Mapping[str, Any]) -> str:
    name, many = str(line["name"]), line["quantity"] != 1
    return f"{in_words(line['quantity'])} {several(name) if many else name}"


def several(name: str) -> str:
    """«Bookshelves» of «Bookshelf», as names of things in English are."""
    if name.endswith("s"):
        return name
    if name.endswith("lf"):
        return f"{name[:-1]}ves"
    return f"{name}es" if name.endswith(("sh", "ch", "x")) else f"{name}s"


def money(amount: str, currency: str) -> str:
    """«$15.50»; currencies without a sign of their own stand behind the amount."""
    return f"{SIGNS[currency]}{amount}" if currency in SIGNS else f"{amount} {currency}"


def _noted(line: Mapping[str, Any]) -> str:
    return f" ({line['note']})" if line.get("note") else ""


def mentioned(names: Sequence[str], words: str) -> list[str]:
    """Those of some names that occur in what was said, as it was heard."""
    menu = tuple(Named(name, (name,)) for name in names)
    return list(dict.fromkeys(name for one in mentions(words, menu) for name in one.names))


def containing(rows: Sequence[Mapping[str, Any]], key: str, *words: str) -> list[Mapping[str, Any]]:
    """Those rows that have one of the words under a key."""
    return [row for row in rows if any(word in str(row.get(key, "")).casefold() for word in words)]


def numbered(rows: Sequence[Mapping[str, Any]], key: str, words: str) -> list[Mapping[str, Any]]:
    """Those rows under whose key the number stands that was said."""
    said = digits(words)
    return [row for row in rows if said and int(digits(str(row[key])) or 0) == int(said)]


def in_words(number: int) -> str:
    """«two» of 2, as far as people say it so."""
    return NUMBERS[number] if 0 <= number < len(NUMBERS) else str(number)
