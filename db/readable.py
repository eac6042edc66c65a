"""A row as it is handed to whom it is about: in JSON's types, opened, without what says nothing to anybody."""

import json
from collections.abc import Collection
from typing import Any

from sqlmodel import SQLModel

from db.cipher import Cipher

SAYS_NOTHING = ("_hash", "repeat_key")


def readable(cipher: Cipher, row: SQLModel, left_out: Collection[str] = ()) -> dict[str, Any]:
    """Sealed columns are opened and lose the ending of their name; hashes and what is named are left out."""
    told: dict[str, Any] = {}
    for name, value in row.model_dump(mode="json").items():
        if name in left_out or name.endswith(SAYS_NOTHING):
            continue
        if name.endswith("_sealed"):
            told[name.removesuffix("_sealed")] = _parsed(cipher.open_maybe(value))
        else:
            told[name] = value
    return told


def _parsed(text: str | None) -> Any:
    """Arguments, results and summaries are kept as JSON; names and sentences are not."""
    if text is None or not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
