"""The words of vocabulary.toml, read once when they are first needed."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def plain(text: str) -> str:
    """A word in the one form in which words are compared."""
    return unicodedata.normalize("NFC", text.casefold()).replace("’", "'")


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def in_order(name: str) -> tuple[str, ...]:
    """The words of a list, as they stand there."""
    return tuple(plain(word) for word in _file()["lists"][name].split())


@cache
def listed(name: str) -> frozenset[str]:
    return frozenset(in_order(name))


@cache
def values(name: str) -> Mapping[str, int]:
    """What each word of a table is worth."""
    return {plain(word): value for word, value in _file()[name].items()}


@cache
def by_tongue(name: str) -> Mapping[str, Mapping[str, int]]:
    """The same for a table with a part for each language."""
    return {tongue: {plain(word): value for word, value in part.items()} for tongue, part in _file()[name].items()}


@cache
def either(*names: str) -> str:
    """A part of a regular expression: any word of these lists, the longest first."""
    words = {word for name in names for word in in_order(name)}
    return "(?:" + "|".join(sorted(words, key=lambda word: (-len(word), word))) + ")"
