"""What may be shown of personal data, and to whom: masking of fields, redaction of free text."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from db.digits import secret_spans
from db.people_in_text import emails, introduced_names, known_names, spelled_names, streets

SECRET = {"pin", "last_four"}
"""Never kept or shown, in whatever form."""
WHOLE_IDS = {"user_id", "customer_id", "confirmation_number"}
"""Kept and shown by their last two characters."""
FREE_TEXT = {"message", "question", "purpose", "reason", "note", "notes", "text", "topic", "request"}
"""Fields in a caller's own words, where a PIN may have slipped in."""
PERSONAL = {
    "name": "[name]",
    "customer_name": "[name]",
    "surname": "[name]",
    "traveller": "[name]",
    "child_name": "[name]",
    "for_whom": "[name]",
    "phone": "[number]",
    "number": "[number]",
    "call_back_number": "[number]",
    "email": "[email]",
    "address": "[address]",
}
"""Fields that say who somebody is, and what viewers see in their place."""
THINGS = {"items", "lines", "menu", "services", "staff"}
"""What has a name in these is on offer."""
HIDDEN = "••••"

_ID = re.compile(r"\w{3,12}", re.ASCII)
_PLACEHOLDER = re.compile(r"\[(?:name|number|email|address)\]")
_SAME_TWICE = re.compile(r"(\[(?:name|number|address)\])(?:(?:['’]s)?[\s,.-]+\1)+")


def masked(value: Any, key: str = "") -> Any:
    """The same structure without PINs and without whole ids of people."""
    if isinstance(value, Mapping):
        return {name: masked(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, key) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if key in SECRET:
        return HIDDEN
    if key in WHOLE_IDS:
        return "••" + str(value)[-2:] if _ID.fullmatch(str(value)) else HIDDEN
    return mask_secrets(value) if key in FREE_TEXT and isinstance(value, str) else value


def veiled(value: Any, names: Iterable[str] = (), key: str = "", *, of_thing: bool = False) -> Any:
    """The same structure as viewers see it who may not know who called: nobody is named in it."""
    if isinstance(value, Mapping):
        return {
            name: veiled(item, names, str(name), of_thing=of_thing or name in THINGS) for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [veiled(item, names, key, of_thing=of_thing) for item in value]
    if not isinstance(value, str) or not value:
        return value
    if key in PERSONAL and not (of_thing and key == "name"):
        return PERSONAL[key]
    return redact(value, names)


def veiled_number(number: str | None) -> str | None:
    """A phone number by its last two digits."""
    return None if number is None else HIDDEN + number[-2:]


def mask_secrets(text: str) -> str:
    """Free text without PINs and whole ids, written or spoken."""
    return _replaced(text, secret_spans(text), HIDDEN)


def redact(text: str, names: Iterable[str] = ()) -> str:
    """Free text that can be searched: nobody's name, number, e-mail or street is in it.

    Known names go in whatever case; names that somebody introduces themselves by go too. What is useful to find a call
    again, such as dates, times, prices and what it was about, stays.
    """
    text = emails().sub("[email]", text)
    text = _outside(text, lambda part: streets().sub("[address]", part))
    known = known_names(names)
    if known is not None:
        text = _outside(text, lambda part: known.sub(_unnamed, part))
    text = _outside(text, lambda part: _replaced(part, introduced_names(part), "[name]"))
    text = _outside(text, lambda part: spelled_names().sub("[name]", part))
    text = _replaced(text, secret_spans(text), "[number]").replace(HIDDEN, "[number]")
    return _SAME_TWICE.sub(r"\1", text)


def _unnamed(match: re.Match[str]) -> str:
    return "[name]'s" if re.search(r"['’]s$", match[0]) else "[name]"


def _outside(text: str, change: Callable[[str], str]) -> str:
    """Changes the text around what has been replaced already."""
    parts, at = [], 0
    for match in _PLACEHOLDER.finditer(text):
        parts += [change(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, change(text[at:])])


def _replaced(text: str, spans: Iterable[tuple[int, int]], by: str) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + by + text[end:]
    return text
