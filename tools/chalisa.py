"""The Hanuman Chalisa: its 43 verses, and whether a child's words sound like one of them.

A recogniser writes what it hears in its own spelling: «shree guru charan saroj raj», «श्री गुरु चरन». Both are folded to
one key, in which sounds that are alike to an ear, or to a recogniser, are the same letter.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz

CHALISA = Path(__file__).parent / "knowledge" / "chalisa"
SOUNDS_RIGHT = 76.0
"""Of 100: a child's or a recogniser's slips pass, another verse does not."""
FEWEST_SOUNDS = 8
"""Less than this is not a line."""

DEVANAGARI = {
    **dict(zip("कखगघङ", "kkggn", strict=True)),
    **dict(zip("चछजझञ", "ccjjn", strict=True)),
    **dict(zip("टठडढण", "ttddn", strict=True)),
    **dict(zip("तथदधन", "ttddn", strict=True)),
    **dict(zip("पफबभम", "ppbbn", strict=True)),
    **dict(zip("यरलवशषस", "irlbsss", strict=True)),
    **dict(zip("इईउऊएऐओऔ", "iiuuiiuu", strict=True)),
    **dict(zip("िीुूेैोौ", "iiuuiiuu", strict=True)),
    **{"ऋ": "ri", "ृ": "ri", "ं": "n", "ँ": "n"},
}
"""What is not here, such as the short a and the h, is not heard reliably and left out."""
SPELLINGS = (("tch", "C"), ("ch", "C"), ("sh", "s"), ("ph", "p"), ("x", "ks"), ("ck", "k"))
LATIN = {
    **dict(zip("bcdfgjklmnpqrstuvwyz", "bkdpgjklnnpkrstubbij", strict=True)),
    **{"e": "i", "i": "i", "o": "u", "C": "c"},
}


@dataclass(frozen=True)
class Verse:
    """One verse, as the data file and the Hindi meanings have it."""

    index: int
    title: str
    devanagari: str
    transliteration: str
    meaning: dict[str, str]
    engage: dict[str, str]
    variants: tuple[str, ...]

    def text(self, language: str) -> str:
        return self.devanagari if language == "hi" else self.transliteration


@cache
def verses() -> tuple[Verse, ...]:
    """All verses in their order."""
    rows = json.loads((CHALISA / "verses.json").read_text(encoding="utf-8"))
    hindi = json.loads((CHALISA / "meanings.hi.json").read_text(encoding="utf-8"))
    return tuple(
        Verse(
            index=row["index"],
            title=row["title"],
            devanagari=row["devanagari"],
            transliteration=row["transliteration"],
            meaning={"en": row["meaning"], "hi": own["meaning"]},
            engage={"en": row["engage"], "hi": own["engage"]},
            variants=tuple(row["variants"]),
        )
        for row, own in zip(rows, hindi, strict=True)
    )


def sound_key(text: str) -> str:
    """The sounds of a text in either script: aspiration, vowel length, the short a and the gaps between words are
    folded away, for neither a recogniser nor a child keeps them."""
    words = unicodedata.normalize("NFC", text).casefold().replace("ज्ञ", "ग्य")
    for written, heard in SPELLINGS:
        words = words.replace(written, heard)
    words = re.sub(r"(?<=[a-z])y(?=[aeiou])", "i", words)
    heard = "".join(DEVANAGARI.get(letter, LATIN.get(letter, "")) for letter in words)
    return re.sub(r"(.)\1+", r"\1", heard)


def likeness(said: str, verse: Verse) -> float:
    """How much a child's words sound like a verse, or like a line of it: 0..100."""
    key = sound_key(said)
    if len(key) < FEWEST_SOUNDS:
        return 0.0
    return max(fuzz.ratio(key, line) for line in _keys(verse.index))


@cache
def _keys(index: int) -> tuple[str, ...]:
    """The keys of the whole verse, in both scripts, of its lines, and of the halves of its long ones."""
    verse = verses()[index]
    pieces = [piece for text in (verse.devanagari, verse.transliteration) for piece in (text, *text.split("\n"))]
    halves = verse.transliteration.replace("\n", "").split(",")
    return tuple({sound_key(piece) for piece in (*pieces, *halves)})


def sounds_right(said: str, verse: Verse) -> bool:
    return likeness(said, verse) >= SOUNDS_RIGHT
