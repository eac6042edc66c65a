"""The Hanuman Chalisa: its 43 verses, and whether a child's words sound like one of them."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz

from speech.sounds import FEWEST_SOUNDS, sound_key

CHALISA = Path(__file__).parent / "knowledge" / "chalisa"
SOUNDS_RIGHT = 76.0
"""Of 100: a child's or a recogniser's slips pass, another verse does not."""


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
