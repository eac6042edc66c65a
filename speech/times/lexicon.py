"""The words of a language with what they can mean, read from the tables beside this file.

A table's section is a kind of word; a word may be of several kinds: «second» is an ordinal and a unit. Words that are
said together are one entry: «day after tomorrow».
"""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Value = int | str
Tags = Mapping[str, Value]
"""What a word can mean: kind → value."""
NOTHING: Tags = {}
LANGUAGES = {"en": ("en",), "hi": ("en", "hi")}
"""Hindi is spoken with English words in it; where both know a word, the later table is right."""


_SAME = str.maketrans({"\u093c": None, "\u0901": "\u0902", "\u200c": None, "\u200d": None})
"""Nukta may be missing, chandrabindu may be an anusvara, and joiners change nothing."""


def plain(word: str) -> str:
    """A word as it is looked up, whichever way its signs were typed."""
    return unicodedata.normalize("NFD", word).translate(_SAME) if word > "\u0900" else word


@dataclass(frozen=True)
class Lexicon:
    words: Mapping[str, Tags]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], Tags], ...]]
    """By their first word, the longest first."""


@cache
def lexicon(language: str) -> Lexicon:
    entries: dict[tuple[str, ...], dict[str, Value]] = {}
    for name in LANGUAGES.get(language, LANGUAGES["en"]):
        own: dict[tuple[str, ...], dict[str, Value]] = {}
        for word, kind, value in _entries(name):
            own.setdefault(tuple(plain(one) for one in word.split()), {})[kind] = value
        entries |= own
    phrases: dict[str, list[tuple[tuple[str, ...], Tags]]] = {}
    for words in sorted((entry for entry in entries if len(entry) > 1), key=len, reverse=True):
        phrases.setdefault(words[0], []).append((words, entries[words]))
    return Lexicon(
        {words[0]: tags for words, tags in entries.items() if len(words) == 1},
        {first: tuple(those) for first, those in phrases.items()},
    )


def _entries(name: str) -> list[tuple[str, str, Value]]:
    table = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))
    plain: dict[str, list[str]] = table.pop("words")
    valued: dict[str, dict[str, Value]] = table
    return [(word, kind, 1) for kind, words in plain.items() for word in words] + [
        (word, kind, value) for kind, words in valued.items() for word, value in words.items()
    ]
