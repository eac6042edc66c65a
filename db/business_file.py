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

from db.business import BusinessFileError, Switchboard

JSON_RETENTION = {"transcripts_days": 30, "calls_days": 365}
"""What a business_data.json gets, which has no place for it. The docs name it, and it is said at start."""
JSON_DESK = "receptionist"
JSON_KEYS = {"name", "location", "phone", "hours", "menu", "orders"}


def load(path: Path, desks: Collection[str]) -> Switchboard:
    """The owner's file, checked; every number must lead to one of `desks`."""
    raw = _read(path)
    if path.suffix == ".json":
        raw = _from_json_form(path, raw)
    elif reserved := {"notices", "kind"} & raw.keys():
        raise BusinessFileError(f"{path}: {reserved.pop()}: this key is not known here.")
    try:
        board = Switchboard.model_validate(raw)
    except ValidationError as error:
        raise BusinessFileError(_sentence(path, raw, error)) from error
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
        raw = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise BusinessFileError(f"{path}: {error}.") from error
    if not isinstance(raw, dict):
        raise BusinessFileError(f"{path}: holds no table of keys.")
    return raw


def _sentence(path: Path, raw: Any, error: ValidationError) -> str:
    """The first mistake, with the way to it written as its owner would: business.clinic.hours.monday."""
    first = error.errors()[0]
    words: list[str] = []
    here: Any = raw
    for step in first["loc"]:
        if step in {"[key]", "function-before[_spans(), tuple[Span, ...]]"}:
            continue
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        named = here.get("key") or here.get("name") if isinstance(step, int) and isinstance(here, dict) else None
        words.append(str(named or step))
    what = {
        "missing": "is missing",
        "extra_forbidden": "this key is not known",
    }.get(first["type"], first["msg"].removeprefix("Value error, "))
    place = f" {'.'.join(words)}:" if words else ""
    return f"{path}:{place} {what}."


def _from_json_form(path: Path, raw: dict[str, Any]) -> dict[str, Any]:
    """The receptionist's JSON form, with what it cannot say filled in and told."""
    unknown = sorted(raw.keys() - JSON_KEYS)
    if unknown:
        raise BusinessFileError(f"{path}: {unknown[0]}: this key is not known.")
    missing = sorted({"name", "phone", "hours"} - raw.keys())
    if missing:
        raise BusinessFileError(f"{path}: {missing[0]}: is missing.")
    notices = [
        "retention: transcripts are kept for {transcripts_days} days, the call log for {calls_days}".format(
            **JSON_RETENTION
        )
    ]
    zone = _zone_of(str(raw["phone"]))
    if zone is None:
        zone = "UTC"
        notices.append("time zone: UTC, because the phone number does not tell it; opening hours are read in it")
    else:
        notices.append(f"time zone: {zone}, by the phone number")
    if raw.get("orders"):
        notices.append("orders: the ones in the file are not taken over; new ones go to the store")
    key = re.sub(r"[^a-z0-9]+", "-", str(raw["name"]).casefold()).strip("-") or "business"
    business = {
        "key": key,
        "name": raw["name"],
        "address": raw.get("location", ""),
        "phone": raw["phone"],
        "zone": zone,
        "hours": raw["hours"],
        "menu": raw.get("menu", []),
        "retention": JSON_RETENTION,
    }
    return {
        "business": [business],
        "numbers": {raw["phone"]: {"business": key, "desk": JSON_DESK}},
        "notices": [f"{path.name}: {notice}." for notice in notices],
        "kind": "json",
    }


def _zone_of(phone: str) -> str | None:
    """The zone of a number, where there is just one."""
    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return None
    return zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else None
