"""Reads business.toml, or a business_data.json as its first users have it, into a `Switchboard`."""

import json
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import phonenumbers
from phonenumbers import timezone
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from db.business import BusinessFileError, Switchboard
from db.business_fields import AS_IT_STANDS

JSON_RETENTION = {"transcripts_days": 30, "calls_days": 365}
"""What a business_data.json gets, which has no place for it. The docs name it, and it is said at start."""
JSON_DESK = "receptionist"
JSON_KEYS = {"name", "location", "phone", "hours", "menu", "orders"}
JSON_COUNTRY = "US"
"""Where a phone number without a country code is dialled, as the prices are in its currency."""
JSON_NAMES = {"address": "location"}

SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "this key is not known",
    "model_type": "must be a table of keys",
    "model_attributes_type": "must be a table of keys",
    "dict_type": "must be a table of keys",
    "tuple_type": "must be a list",
    "too_short": "needs at least {min_length}",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "decimal_type": "«{given}» is not a price such as 12.50",
    "decimal_parsing": "«{given}» is not a price such as 12.50",
    "finite_number": "«{given}» is not a price such as 12.50",
    "decimal_max_places": "«{given}» has more than {decimal_places} decimal places",
    "date_type": "«{given}» is not a date such as 2026-12-25",
    "date_parsing": "«{given}» is not a date such as 2026-12-25",
    "date_from_datetime_parsing": "«{given}» is not a date such as 2026-12-25",
    "date_from_datetime_inexact": "«{given}» is not a date such as 2026-12-25",
}
"""Pydantic's kinds of mistakes in the owner's words."""


def load(path: Path, desks: Collection[str]) -> Switchboard:
    """The owner's file, checked; every number must lead to one of `desks`."""
    raw = _read(path)
    is_json = path.suffix == ".json"
    if is_json:
        raw = _from_json_form(path, raw)
    elif reserved := sorted({"notices", "kind"} & raw.keys()):
        raise BusinessFileError(f"{path}: {reserved[0]}: this key is not known.")
    try:
        board = Switchboard.model_validate(raw, context=AS_IT_STANDS if is_json else None)
    except ValidationError as error:
        place, what = _place(raw, error), _what(error)
        if is_json:
            place = re.sub(r"^business\.[^.]*\.?", "", place)
            place = JSON_NAMES.get(place, place)
        raise BusinessFileError(f"{path}: {place + ': ' if place else ''}{what}.") from error
    for number, route in board.numbers.items():
        if route.desk not in desks:
            known = ", ".join(sorted(desks))
            raise BusinessFileError(
                f"{path}: numbers.{number}.desk: there is no desk «{route.desk}»; the desks are {known}."
            )
    return board


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BusinessFileError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise BusinessFileError(f"{path}: is not UTF-8 text.") from error
    try:
        raw = json.loads(text, object_pairs_hook=_once) if path.suffix == ".json" else tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BusinessFileError(f"{path}: {_key_at(text, str(error))}{error}.") from error
    except ValueError as error:
        raise BusinessFileError(f"{path}: {error}.") from error
    if not isinstance(raw, dict):
        raise BusinessFileError(f"{path}: holds no table of keys.")
    return raw


def _key_at(text: str, mistake: str) -> str:
    """The key on the line that the mistake names."""
    named = re.search(r"at line (\d+)", mistake)
    line = text.splitlines()[int(named[1]) - 1] if named else ""
    key = line.partition("=")[0].strip()
    return f"{key[:60]}: " if key else ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no key is there twice; Python's reader would keep the last and say nothing."""
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise ValueError(f"{key}: is there twice")
        table[key] = value
    return table


def _place(raw: Any, error: ValidationError) -> str:
    """The way to the first mistake, written as the owner would: business.clinic.hours.monday."""
    words: list[str] = []
    here: Any = raw
    for step in _first(error)["loc"]:
        if step == "[key]":
            continue
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        named = here.get("key") or here.get("name") if isinstance(step, int) and isinstance(here, dict) else None
        words.append(str(named or step))
    return ".".join(words)


def _first(error: ValidationError) -> ErrorDetails:
    """An unknown key goes before all else: where it is a slip of the pen, it is also why another one is missing."""
    found = error.errors()
    return next((one for one in found if one["type"] == "extra_forbidden"), found[0])


def _what(error: ValidationError) -> str:
    first = _first(error)
    sentence = SENTENCES.get(first["type"])
    if sentence is None:
        return " ".join(first["msg"].removeprefix("Value error, ").split())
    return sentence.format(**first.get("ctx", {}), given=" ".join(str(first["input"]).split())[:60])


def _from_json_form(path: Path, raw: dict[str, Any]) -> dict[str, Any]:
    """The receptionist's JSON form, with what it cannot say filled in and told."""
    if unknown := sorted(raw.keys() - JSON_KEYS):
        raise BusinessFileError(f"{path}: {unknown[0]}: this key is not known.")
    if missing := sorted({"name", "phone", "hours"} - raw.keys()):
        raise BusinessFileError(f"{path}: {missing[0]}: is missing.")
    phone, notices = _json_phone(path, raw["phone"])
    zone = _zone_of(phone)
    if zone is None:
        notices.append("time zone: UTC, because the phone number does not tell it; opening hours are read in it")
    else:
        notices.append(f"time zone: {zone}, by the phone number")
    notices.append(
        f"retention: transcripts are kept for {JSON_RETENTION['transcripts_days']} days, "
        f"the call log for {JSON_RETENTION['calls_days']}"
    )
    if raw.get("orders"):
        notices.append("orders: the ones in the file are not taken over; new ones go to the store")
    key = re.sub(r"[^a-z0-9]+", "-", str(raw["name"]).casefold()).strip("-") or "business"
    business = {
        "key": key,
        "name": raw["name"],
        "address": raw.get("location", ""),
        "phone": phone,
        "zone": zone or "UTC",
        "hours": raw["hours"],
        "menu": raw.get("menu", []),
        "retention": JSON_RETENTION,
    }
    return {
        "business": [business],
        "numbers": {phone: {"business": key, "desk": JSON_DESK}},
        "notices": [f"{path.name}: {notice}." for notice in notices],
        "kind": "json",
    }


def _json_phone(path: Path, written: Any) -> tuple[str, list[str]]:
    """The number in E.164, and what must be said about it."""
    try:
        number = phonenumbers.parse(str(written), JSON_COUNTRY)
    except phonenumbers.NumberParseException as error:
        raise BusinessFileError(f"{path}: phone: «{written}» is not a phone number.") from error
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(number):
        return phone, [f"phone: «{written}» is not a number that can be dialled, so no call will come in on it"]
    if not str(written).strip().startswith("+"):
        return phone, [f"phone: «{written}» is taken as {phone}"]
    return phone, []


def _zone_of(phone: str) -> str | None:
    """The zone of a number, where there is just one."""
    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return None
    return zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else None
