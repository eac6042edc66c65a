"""Where a text names things of a list: by their whole name, by one of their words, misspelled, or not clearly."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from re import Match as Found
from re import finditer

from rapidfuzz import fuzz

from speech.brain.phrases import plain

SURE_OF_NAME = 84
"""rapidfuzz's score from which a whole name is meant."""
SURE_OF_WORD = 86
"""The same for a single word of a name."""
SHORTEST_GUESS = 5
"""Letters from which a word is guessed at; shorter ones must be the same."""
_LITTLE = frozenset({"the", "and", "with", "for", "you", "are", "can"})


@dataclass(frozen=True)
class Named:
    """A thing of a list with all it is called."""

    name: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """A place in a text, and what is named there: one thing, or several that it could be."""

    start: int
    end: int
    names: tuple[str, ...]
    whole: bool = True
    """By a whole name, not by a word of it."""


@lru_cache(maxsize=1024)
def mentions(text: str, menu: tuple[Named, ...]) -> tuple[Mention, ...]:
    """All of a text, in their order; of two beside each other, one of them a mere word, what both can be."""
    small = plain(text)
    tokens = list(finditer(r"\S+", small))
    found = sorted((*_whole(tokens, small, menu), *_by_word(tokens, menu)), key=lambda pair: (-pair[0], pair[1].start))
    kept: list[Mention] = []
    for _, one in found:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(_merged(sorted(kept, key=lambda one: one.start), text))


def mentions_whole(text: str, mention: Mention, menu: tuple[Named, ...]) -> bool:
    """Whether it names a thing for itself: «samosa» does, «garlic» of «Garlic Naan» does not."""
    said = _singular(text[mention.start : mention.end].strip())
    forms = [form for one in menu if one.name in mention.names for form in one.forms]
    return any(fuzz.ratio(said.split()[-1], _singular(plain(form)).split()[-1]) >= SURE_OF_NAME for form in forms)


def _whole(tokens: list[Found[str]], text: str, menu: tuple[Named, ...]) -> Iterator[tuple[float, Mention]]:
    for one in menu:
        for form in one.forms:
            wanted = _singular(plain(form))
            size = len(wanted.split())
            for length in {size, size + 1, max(1, size - 1)}:
                for first in range(len(tokens) - length + 1):
                    start, end = tokens[first].start(), tokens[first + length - 1].end()
                    score = _score(_singular(text[start:end]), wanted)
                    if score >= SURE_OF_NAME:
                        yield score + size, Mention(start, end, (one.name,))


def _score(said: str, wanted: str) -> float:
    if max(len(said), len(wanted)) < SHORTEST_GUESS:
        return 100.0 if said == wanted else 0.0
    return fuzz.ratio(said, wanted)


def _by_word(tokens: list[Found[str]], menu: tuple[Named, ...]) -> Iterator[tuple[float, Mention]]:
    for token in tokens:
        said = _singular(token[0])
        if len(said) < 3 or said in _LITTLE:
            continue
        owners = [one.name for one in menu if any(_is_word(said, word) for form in one.forms for word in _parts(form))]
        if owners:
            yield 0.0, Mention(token.start(), token.end(), tuple(owners), whole=False)


def _parts(form: str) -> list[str]:
    return [word for word in _singular(plain(form)).split() if len(word) > 2]


def _is_word(said: str, word: str) -> bool:
    return said == word or (len(said) >= SHORTEST_GUESS and fuzz.ratio(said, word) >= SURE_OF_WORD)


def _merged(found: list[Mention], text: str) -> Iterator[Mention]:
    before: Mention | None = None
    for one in found:
        if before is None:
            before = one
        elif text[before.end : one.start].strip() or (before.whole and one.whole):
            yield before
            before = one
        else:
            both = tuple(name for name in before.names if name in one.names)
            names = both or tuple(dict.fromkeys((*before.names, *one.names)))
            before = Mention(before.start, one.end, names, whole=before.whole or one.whole)
    if before is not None:
        yield before


def _singular(text: str) -> str:
    return " ".join(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in text.split())
