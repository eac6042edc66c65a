"""Numbers as they stand in a text: written in any script, or said in English, Hindi and Vietnamese."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from db.vocabulary import by_tongue, in_order, plain, values

LETTERS = r"\w\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
"""What a word is made of; Python's \\w lacks the vowel signs of Hindi."""

_WORD = re.compile(rf"[{LETTERS}]+(?:['’][{LETTERS}]+)*")


@dataclass(frozen=True)
class Word:
    """One word of a text; `digits` where it says some."""

    text: str
    """Casefolded."""
    start: int
    end: int
    digits: str = ""
    sure: bool = True
    """False where it only sounds like a number."""
    tongue: str = ""
    """en · hi · vi for a number that is said."""

    @property
    def is_written(self) -> bool:
        return bool(self.digits) and not self.tongue


@cache
def _numbers() -> dict[str, Word]:
    """What each number word says."""
    said = {name: Word(name, 0, 0, str(number), tongue="hi") for number, name in enumerate(in_order("hindi"))}
    for table, sure in (("sounds", False), ("numbers", True)):
        for tongue, names in by_tongue(table).items():
            said |= {name: Word(name, 0, 0, str(number), sure, tongue) for name, number in names.items()}
    return said


def words_of(text: str) -> list[Word]:
    """The words in their order. What says one number is one word: «forty four», «two hundred and fifty»,
    «double nine»."""
    words = [_word(match) for match in _WORD.finditer(text)]
    return list(_composed(words))


def _word(match: re.Match[str]) -> Word:
    text, (start, end) = plain(match[0]), match.span()
    written = "".join(str(unicodedata.digit(letter, "")) for letter in text)
    if len(written) == len(text):
        return Word(text, start, end, written)
    said = _numbers().get(text)
    return Word(text, start, end) if said is None else replace(said, text=text, start=start, end=end)


def _composed(words: Sequence[Word]) -> Iterator[Word]:
    index = 0
    while index < len(words):
        digits, used = _repeated(words, index) or _cardinal(words, index)
        last = words[index + used - 1]
        yield replace(last, start=words[index].start, digits=digits) if used > 1 else words[index]
        index += used


def _repeated(words: Sequence[Word], index: int) -> tuple[str, int] | None:
    """The digits of «double nine», and that two words say them."""
    times, following = values("times").get(words[index].text), words[index + 1 : index + 2]
    if times is None or not following or len(following[0].digits) != 1:
        return None
    return following[0].digits * times, 2


def _cardinal(words: Sequence[Word], index: int) -> tuple[str, int]:
    """The digits of the number that begins here, and how many words say it."""
    if not _is_said(words, index):
        return words[index].digits, 1
    total, used = _below_hundred(words, index)
    while scale := values("scales").get(_text(words, index + used)):
        total, used = total * scale, used + 1
        skip = int(_text(words, index + used) in {"and", "और"})
        if _is_said(words, index + used + skip):
            more, taken = _below_hundred(words, index + used + skip)
            if more < scale:
                total, used = total + more, used + skip + taken
    return str(total), used


def _below_hundred(words: Sequence[Word], index: int) -> tuple[int, int]:
    value = int(words[index].digits)
    tens = value >= 20 and value % 10 == 0 and words[index].tongue == "en"
    if tens and _is_said(words, index + 1) and words[index + 1].digits in set("123456789"):
        return value + int(words[index + 1].digits), 2
    return value, 1


def _is_said(words: Sequence[Word], index: int) -> bool:
    return index < len(words) and bool(words[index].tongue) and words[index].sure


def _text(words: Sequence[Word], index: int) -> str:
    return words[index].text if index < len(words) else ""
