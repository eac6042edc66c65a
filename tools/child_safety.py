"""What the storyteller does not talk about, and what a trusted adult should know of: a guard over what a child says and
over what a model would say. Its words are in knowledge/safety.toml.

The guard keeps nothing and looks at one text at a time, so that it is the same at the first turn and at the sixtieth.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Literal

SAFETY = Path(__file__).parent / "knowledge" / "safety.toml"
LANGUAGES = ("en", "hi", "hi_latin")
BETWEEN = r"(?: \S+){0,4}"
"""What two dots stand for."""
LETTER_FOR = str.maketrans("013457@$", "oieastas")
"""Signs that stand for letters inside of words."""
LONGEST_NUMBER = 6
"""Digits in a row; more may be a telephone number."""

Speaker = Literal["child", "us"]
Kind = Literal["cues", "topics"]
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")
_LEFT_OUT = re.compile(r"[\u0300-\u036f\u093c\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff'’]")
_NASAL = re.compile(r"[ङञणनम]\u094d(?=[क-ह])|ँ")
_DRAWN_OUT = re.compile(r"(\D)\1{2,}")
_SPELT_OUT = re.compile(r"(?<= )(?:[a-z] ){2,}[a-z](?= )")
_MAIL = re.compile(r"\S@\S+\.\S")


@dataclass(frozen=True)
class Verdict:
    """What was found in a text."""

    kind: Kind
    topic: str
    language: str
    """Which language it was said in: `en` or `hi`."""


@dataclass(frozen=True)
class Rule:
    """All patterns of one topic in one language."""

    kind: Kind
    topic: str
    language: str
    pattern: re.Pattern[str]


def judge(text: str, speaker: Speaker) -> Verdict | None:
    """The first thing in a text that the storyteller does not talk about; cues go before topics. None: all is well."""
    words = plain(text)
    for pattern in _harmless():
        words = pattern.sub(" _", words)
    script = "hi" if _DEVANAGARI.search(words) else "en"
    for rule in _rules(speaker):
        if rule.pattern.search(words):
            return Verdict(rule.kind, rule.topic, "hi" if rule.language == "hi_latin" else script)
    if _MAIL.search(text) or _has_long_number(words):
        return Verdict("topics", "personal_data", script)
    return None


def plain(text: str) -> str:
    """Words with one space around each: no case, no accents, no punctuation, nothing invisible, nothing drawn out."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    letters = _NASAL.sub("ं", _LEFT_OUT.sub("", letters))
    tokens = "".join(letter if _in_word(letter) else " " for letter in letters).split()
    spaced = " " + " ".join(_letters(token) for token in tokens) + " "
    return _SPELT_OUT.sub(lambda match: match[0].replace(" ", ""), _DRAWN_OUT.sub(r"\1", spaced))


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter in "@$" or unicodedata.category(letter).startswith("M")


def _letters(token: str) -> str:
    """«s3x» as it is meant; a number stays a number."""
    disguised = token.isascii() and any(letter.isalpha() for letter in token)
    return token.translate(LETTER_FOR) if disguised else token


def _has_long_number(words: str) -> bool:
    """Whether more digits follow each other than a child counts with; counting up and down is welcome."""
    values = _digits()
    numbers = [values.get(word, word if word.isdecimal() else "") for word in words.split()]
    for given, run in groupby(numbers, key=bool):
        row = list(run)
        if given and sum(map(len, row)) > LONGEST_NUMBER and not _is_counting(row):
            return True
    return False


def _is_counting(said: list[str]) -> bool:
    if any(len(number) > LONGEST_NUMBER for number in said):  # nobody counts so far, and int() refuses to read it
        return False
    row = [int(number) for number in said]
    return len(row) > 2 and len({later - earlier for earlier, later in pairwise(row)} - {1, -1}) == 0


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(SAFETY.read_text(encoding="utf-8"))


@cache
def _digits() -> dict[str, str]:
    table: dict[str, list[str]] = _file()["digits"]
    return {plain(word).strip(): digit for digit, words in table.items() for word in words}


@cache
def _harmless() -> tuple[re.Pattern[str], ...]:
    return tuple(_expression(phrases) for phrases in _file()["harmless"].values())


@cache
def _rules(speaker: Speaker) -> tuple[Rule, ...]:
    """Every topic and language as one expression, the cues first."""
    return tuple(_read_rules("cues", speaker)) + tuple(_read_rules("topics", speaker))


def _read_rules(kind: Kind, speaker: Speaker) -> Iterator[Rule]:
    for topic, sides in _file()[kind].items():
        for language in LANGUAGES:
            phrases = [phrase for side in ("both", speaker) for phrase in sides.get(side, {}).get(language, [])]
            if phrases:
                yield Rule(kind, topic, language, _expression(phrases))


def _expression(phrases: Iterable[str]) -> re.Pattern[str]:
    """Patterns as the file writes them, as one expression over a plain text."""
    return re.compile(f"(?:{'|'.join(map(_phrase, phrases))})(?= )")


def _phrase(phrase: str) -> str:
    return "".join(
        BETWEEN if word == ".." else f" (?:{'|'.join(map(_word, word.split('|')))})" for word in phrase.split()
    )


def _word(word: str) -> str:
    stem = re.escape(plain(word.removesuffix("*")).strip())
    return stem + (r"\S*" if word.endswith("*") else "")
