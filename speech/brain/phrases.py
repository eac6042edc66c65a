"""Phrases as they stand in a dialogue file, and where they occur in what somebody said.

«book|make (me) (a|an) * appointment|slot»: words with alternatives, words in brackets that may be missing, and a star
for up to five words in between. «look_up|find»: an alternative of two words.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz, process

GAP = r"((?:\S+\s+){0,5}?)"
AFTER = r"(?:\s+|$)"
SURE_OF_WORD = 82
"""rapidfuzz's score from which a long word is a misspelling of one in a phrase."""
REMEMBERED = 8192
"""Texts for which it is known where phrases occur in them."""
LONG_WORD = 5
"""Shorter words have too many neighbours to be guessed at."""
NASAL = str.maketrans("ँ", "ं")
"""Hindi is written with either sign."""
NUKTA = "\u093c"
"""The dot below a letter, which many leave out."""
_PART = re.compile(r"\([^)]*\)|\S+")


@dataclass(frozen=True)
class Match:
    """A phrase at a place in a text."""

    start: int
    end: int
    weight: int
    """How many letters were said literally: of two phrases at one place the weightier one is meant."""

    def overlaps(self, other: "Match") -> bool:
        return self.start < other.end and other.start < self.end


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The text in small letters without punctuation, letter for letter as long as it was."""
    return "".join(_plain_letter(letter) for letter in text)


@lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    if letter in "'’‘":
        return "'"
    small = letter.lower().translate(NASAL)
    if len(small) != 1:
        return letter
    return small if small.isalnum() or unicodedata.category(small).startswith("M") else " "


def words(text: str) -> list[str]:
    return [word for part in plain(text).split() if (word := part.strip("'"))]


@cache
def compiled(phrase: str) -> re.Pattern[str]:
    """The phrase as an expression over `plain` text."""
    small = unicodedata.normalize("NFC", phrase).lower().replace("’", "'").translate(NASAL)
    return re.compile(r"(?<!\S)" + "".join(map(_piece, _PART.findall(small))))


def _piece(part: str) -> str:
    if part == "*":
        return GAP
    if part.startswith("("):
        return rf"(?:{_either(part[1:-1])}{AFTER})?"
    return _either(part) + AFTER


def _either(part: str) -> str:
    return "(?:" + "|".join(r"\s+".join(map(_word, one.replace("_", " ").split())) for one in part.split("|")) + ")"


def _word(word: str) -> str:
    return re.escape(word).replace(NUKTA, f"{NUKTA}?")


def find(phrases: Iterable[str], text: str) -> list[Match]:
    """Where the phrases occur in a `plain` text; of those that overlap the weightier."""
    return list(found_in(tuple(phrases), text))


@lru_cache(maxsize=REMEMBERED)
def found_in(phrases: tuple[str, ...], text: str) -> tuple[Match, ...]:
    """Kept, since a talk is read from its beginning at every turn."""
    return tuple(settled([_match(match) for phrase in phrases for match in compiled(phrase).finditer(text)]))


def _match(match: re.Match[str]) -> Match:
    between = sum(len("".join(gap.split())) for gap in match.groups(""))
    return Match(match.start(), match.end(), len("".join(match[0].split())) - between)


def settled(found: list[Match]) -> list[Match]:
    kept: list[Match] = []
    for one in sorted(found, key=lambda match: (-match.weight, match.start)):
        if not any(one.overlaps(other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda match: match.start)


def vocabulary(phrases: Iterable[str]) -> frozenset[str]:
    """The words that stand in phrases."""
    return frozenset(word for phrase in phrases for word in words(phrase.replace("|", " ")))


def respelled(text: str, known: frozenset[str]) -> str:
    """The text with its longer words as the phrases spell them, where they are nearly the same."""
    return " ".join(_respelled(word, known) for word in words(text))


def _respelled(word: str, known: frozenset[str]) -> str:
    if len(word) < LONG_WORD or word in known:
        return word
    best = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=SURE_OF_WORD)
    return best[0] if best is not None and len(best[0]) >= LONG_WORD else word
