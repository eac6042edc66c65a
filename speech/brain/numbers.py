"""A number that is said beside what it counts: «chaupai five», «the fifth chaupai»."""

from collections.abc import Sequence

from speech.brain.phrases import find
from speech.brain.values import Line
from speech.times.lexicon import Lexicon, lexicon
from speech.times.lexicon import plain as looked_up


def read_number(line: Line, cues: Sequence[str], spoken: str, *, asked: bool) -> str | None:
    """The number behind a cue, or the ordinal before it; any number where it was asked for."""
    known = lexicon(spoken)
    for cue in find(cues, line.plain):
        behind, before = line.plain[cue.end :].split(), line.plain[: cue.start].split()
        number = _value(behind[:2], known, "number", "ordinal") or _value(behind[:1], known, "number", "ordinal")
        number = number or _value(before[-2:], known, "ordinal") or _value(before[-1:], known, "ordinal")
        if number:
            return str(number)
    said = line.plain.split() if asked else []
    pairs = [said[at : at + size] for size in (2, 1) for at in range(len(said) - size + 1)]
    return next((str(number) for pair in pairs if (number := _value(pair, known, "number", "ordinal"))), None)


def _value(said: Sequence[str], known: Lexicon, *kinds: str) -> int | None:
    """The number that all of these words are; of two the first is one of the tens, in figures there is one."""
    if not said:
        return None
    *tens, last = said
    value = _of_word(last, known, kinds)
    if not tens or value is None:
        return None if tens else value
    more = _of_word(tens[0], known, ("number",))
    return more + value if more is not None and more % 10 == 0 and 0 < value < 10 <= more else None


def _of_word(word: str, known: Lexicon, kinds: Sequence[str]) -> int | None:
    bare = word.removesuffix("st").removesuffix("nd").removesuffix("rd").removesuffix("th")
    if bare.isdecimal() and (bare != word or "number" in kinds):
        return int(bare)
    tags = known.words.get(looked_up(word), {})
    return next((int(tags[kind]) for kind in kinds if kind in tags), None)
