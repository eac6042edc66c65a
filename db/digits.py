"""Runs of digits in a text, written, said or spelled, and which of them are somebody's secret.

Four digits or more that stand together may be a PIN, an id or a phone number. What has the form of a date, a clock
time, a price, a year, an order or a flight is none, unless it is called one: «my PIN is 10:30».
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from db.digits_kept import Kept, kept_spans
from db.number_words import Word, words_of
from db.vocabulary import listed

FEWEST = 4
"""Fewer digits than these are a quantity, an hour, a day."""
FEWEST_SURE = 3
"""How many must be certain, where others only sound like digits: «four for seven one»."""
CONFIRMATION = 6
"""Letters and digits of a confirmation number."""
SPELLED_CODE = 5
"""So many letters and digits, one by one, are a code."""
WIDEST_GAP = 6
"""Characters between two words whose digits stand together."""
NEAR = 4
"""Words that can say what a number is."""
FARTHEST = 40
"""Words, none of which means anything, between «my PIN» and the PIN."""


@dataclass(frozen=True)
class Run:
    """Words that say digits, one after the other."""

    every: Sequence[Word]
    """All the words of the text."""
    indexes: tuple[int, ...]
    """Which of them say the digits."""

    @property
    def said(self) -> list[Word]:
        return [self.every[index] for index in self.indexes]

    @property
    def digits(self) -> str:
        return "".join(word.digits for word in self.said)

    @property
    def span(self) -> tuple[int, int]:
        return self.said[0].start, self.said[-1].end

    @property
    def before(self) -> list[str]:
        """The nearest words before it."""
        return [word.text for word in self.every[max(0, self.indexes[0] - NEAR) : self.indexes[0]]]

    @property
    def after(self) -> list[str]:
        return [word.text for word in self.every[self.indexes[-1] + 1 :][:NEAR]]

    @property
    def is_all(self) -> bool:
        """Whether nothing else is said."""
        first, last = self.indexes[0], self.indexes[-1]
        others = chain(self.every[:first], self.every[last + 1 :])
        return all(word.text in listed("fillers") for word in others)


def secret_spans(text: str) -> list[tuple[int, int]]:
    """Where the text holds digits that nobody else should read: start and end of each stretch."""
    words = words_of(text)
    kept = [_words_within(words, one) for one in kept_spans(text)]
    kept = [one for one in kept if one.sure or not _is_called_secret(words, one.start, one.end)]
    taken = {index for one in kept for index in range(one.start, one.end)}
    free = [index not in taken for index in range(len(words))]
    spans = [(word.start, word.end) for word, open_ in zip(words, free, strict=True) if open_ and _is_code(word)]
    spans += _spelled_codes(text, words, free)
    spans += [run.span for run in _runs(text, words, free) if _is_secret(run)]
    return _merged([_with_signs(text, *span) for span in spans])


def _words_within(words: Sequence[Word], kept: Kept) -> Kept:
    """The same stretch, counted in words."""
    first = bisect_right(words, kept.start, key=lambda word: word.end)
    return replace(kept, start=first, end=bisect_left(words, kept.end, lo=first, key=lambda word: word.start))


def _with_signs(text: str, start: int, end: int) -> tuple[int, int]:
    """The «+» or «(» of a phone number goes with it, and the frame of a keycap."""
    while start and text[start - 1] in "+(":
        start -= 1
    while text[end : end + 1] in {"\ufe0f", "\u20e3"}:
        end += 1
    return start, end


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    return merged


def _is_code(word: Word) -> bool:
    """CUST0001, K7PQ2M: letters and digits in one word."""
    if word.digits or word.text.isalpha():
        return False
    shape = "".join("9" if letter.isdigit() else "a" for letter in word.text)
    mixed = len(shape) == CONFIRMATION and "9" in shape and word.text.isascii() and word.text.isalnum()
    return mixed or "9" * FEWEST in shape


def _spelled_codes(text: str, words: Sequence[Word], free: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """«K seven P Q two M»: letters and digits, one by one."""
    begin = 0
    for index in range(len(words) + 1):
        alone = index < len(words) and free[index] and _is_symbol(words[index])
        if alone and (index == begin or _is_near(text, words[index - 1], words[index])):
            continue
        if _is_spelled_code(words, begin, index):
            yield words[begin].start, words[index - 1].end
        begin = index if alone else index + 1


def _is_symbol(word: Word) -> bool:
    return _is_letter(word) or (word.sure and len(word.digits) == 1)


def _is_letter(word: Word) -> bool:
    return word.text in listed("spelling") or (len(word.text) == 1 and word.text.isalpha() and word.text != "o")


def _is_spelled_code(words: Sequence[Word], begin: int, end: int) -> bool:
    part = words[begin:end]
    letters = sum(_is_letter(word) for word in part)
    if len(part) < SPELLED_CODE or letters < 2 or letters == len(part):
        return False
    is_order = [word.text for word in part[:3]] == ["o", "r", "d"]
    return not is_order and "flight" not in [word.text for word in words[max(0, begin - 2) : begin]]


def _is_near(text: str, left: Word, right: Word) -> bool:
    return right.start - left.end <= WIDEST_GAP


def _runs(text: str, words: Sequence[Word], free: Sequence[bool]) -> Iterator[Run]:
    current: list[int] = []
    for index, word in enumerate(words):
        if word.digits and free[index]:
            if current and not _is_joined(text, words, current[-1], index):
                yield from _without_sounds(words, current)
                current = []
            current.append(index)
    yield from _without_sounds(words, current)


def _is_joined(text: str, words: Sequence[Word], left: int, right: int) -> bool:
    between = words[left + 1 : right]
    if len(between) > 2 or any(word.text not in listed("fillers") for word in between):
        return False
    return all(_is_near(text, words[index], words[index + 1]) for index in range(left, right))


def _without_sounds(words: Sequence[Word], indexes: list[int]) -> Iterator[Run]:
    """One run, or its parts where a word only sounds like a digit and is none."""
    trimmed = _trimmed(words, indexes)
    if _are_digits(words, trimmed):
        yield Run(words, tuple(trimmed))
        return
    part: list[int] = []
    for index in [*indexes, None]:
        if index is not None and words[index].sure:
            part.append(index)
        elif part:
            yield Run(words, tuple(part))
            part = []


def _trimmed(words: Sequence[Word], indexes: list[int]) -> list[int]:
    """Without unsure words at its ends, where enough is left."""
    while len(indexes) > FEWEST and not words[indexes[-1]].sure:
        indexes = indexes[:-1]
    while len(indexes) > FEWEST and not words[indexes[0]].sure:
        indexes = indexes[1:]
    return indexes


def _are_digits(words: Sequence[Word], indexes: Sequence[int]) -> bool:
    """Whether even the words that only sound like digits are meant as such."""
    said = [words[index] for index in indexes]
    if not said or all(word.sure for word in said):
        return bool(said)
    if _is_called_secret(words, indexes[0], indexes[-1] + 1):
        return True
    tongues = {word.tongue for word in said}
    foreign = len(tongues) == 1 and "en" not in tongues
    enough = sum(word.sure for word in said) >= FEWEST_SURE
    return (foreign or enough) and all(len(word.digits) == 1 for word in said)


def _is_secret(run: Run) -> bool:
    count = len(run.digits)
    if _is_called_secret(run.every, run.indexes[0], run.indexes[-1] + 1):
        return count >= 2
    if _are_clocks(run):
        return False
    if run.is_all:
        return count >= 3 or len(run.indexes) >= 2  # dictated in pieces
    return count >= FEWEST and not (_is_named_otherwise(run) or _is_year(run))


def _is_called_secret(words: Sequence[Word], first: int, end: int) -> bool:
    """«My PIN is …», «… is my PIN», for the words from `first` up to `end`."""
    after = [word.text for word in words[end : end + 3]]
    if after[:1] == ["is"] and not listed("secrets").isdisjoint(after):
        return True
    for word in reversed(words[max(0, first - FARTHEST) : first]):
        if not word.digits and not _is_code(word) and word.text not in listed("linking") | listed("fillers"):
            return word.text in listed("secrets")
    return False


def _is_named_otherwise(run: Run) -> bool:
    """The words around it make it an amount, a clock time, an order, a flight."""
    before, after = run.before, [*run.after[:2], "", ""]
    if after[0] in listed("currencies") or (after[0] in listed("units") and len(run.indexes) < 3):
        return True
    if after[0] in {"am", "pm", "baje", "बजे"} or (after[0] in {"a", "p"} and after[1] == "m"):
        return _is_clock(run.said)
    if "flight" in before[-4:]:
        return len(run.digits) <= FEWEST
    return before[-1:] == ["ord"] or before[-3:] == ["o", "r", "d"]


def _is_year(run: Run) -> bool:
    """«March third twenty twenty six», «in twenty twenty six»."""
    said, before = run.said, run.before
    dated = not listed("months").isdisjoint(before[-3:])
    if dated and len(said) > 1 and len(run.digits) > 4 and len(said[0].digits) <= 2:
        said = said[1:]  # the day, said as a number
    digits = "".join(word.digits for word in said)
    if len(said) > 2 or len(digits) != 4 or digits[:2] not in {"19", "20"}:
        return False
    if dated:
        return before[-1] in listed("months") | listed("ordinals")
    return not listed("before_years").isdisjoint(before[-1:]) and before[-2:-1] != ["ending"]


def _is_clock(said: Sequence[Word]) -> bool:
    """«Ten thirty», «ten oh five»: an hour, and minutes that are a multiple of five."""
    if not said or not 1 <= int(said[0].digits) <= 12:
        return False
    minutes = [word.digits for word in said[1:]]
    return minutes == ["0", "5"] or (len(minutes) == 1 and minutes[0] in {f"{five:02d}" for five in range(10, 60, 5)})


def _are_clocks(run: Run) -> bool:
    """One clock time in words, or two with «and» between."""
    if any(word.is_written for word in run.said):
        return False
    parts: list[list[Word]] = [[]]
    for index in range(run.indexes[0], run.indexes[-1] + 1):
        if index in run.indexes:
            parts[-1].append(run.every[index])
        else:
            parts.append([])
    hours = [len(part) == 1 and 1 <= int(part[0].digits) <= 12 for part in parts]
    return len(parts) <= 2 and all(hour or _is_clock(part) for hour, part in zip(hours, parts, strict=True))
