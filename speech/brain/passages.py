"""Parts of a longer text: the sentences that answer a question, and those that were not said yet."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from speech.brain.dialogue import language
from speech.brain.phrases import plain, words

MOST = 3
"""Sentences of one answer: more can't be kept in mind by ear."""
NEARLY_AS_GOOD = 0.6
"""A further sentence is told too when it scores at least this part of the best one's."""
SHORTEST = 3
"""Letters of a word that can say what a question is about."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")
_ENDING = re.compile(r"(?:ing|ies|es|ed|s|y)$")


def about(text: str, question: str, spoken: str = "en") -> str:
    """The two or three sentences that say most about a question, in their order; the first two where none stands out.
    One that leans on the sentence before it brings that along."""
    told = sentences_of(text)
    scores = _scores(told, question, spoken)
    best = max(scores, default=0.0)
    if best == 0:
        return " ".join(told[:2])
    ranked = sorted(range(len(told)), key=lambda number: -scores[number])
    kept: set[int] = set()
    for number in [one for place, one in enumerate(ranked) if place < 2 or scores[one] >= NEARLY_AS_GOOD * best]:
        with_lead = kept | {number} | ({number - 1} if number and _leans(told[number], spoken) else set())
        kept = with_lead if len(with_lead) <= MOST else kept
    return " ".join(told[number] for number in sorted(kept))


def unsaid(text: str, said: str) -> str:
    """Its sentences that do not stand in what was said."""
    heard = plain(said)
    return " ".join(one for one in sentences_of(text) if plain(one).strip() not in heard)


def sentences_of(text: str) -> list[str]:
    return [one for one in _SENTENCE.split(" ".join(text.split())) if one]


def _scores(told: Sequence[str], question: str, spoken: str) -> list[float]:
    """How much each sentence has of the question's words; the fewer sentences have one, the more it says."""
    asked = _meanings(question, spoken)
    having = [_meanings(one, spoken) for one in told]
    spread = Counter(one for meanings in having for one in meanings)
    return [sum(math.log(1 + len(told) / spread[one]) for one in asked & meanings) for meanings in having]


def _meanings(text: str, spoken: str) -> set[str]:
    """The words of a text that mean something, each as its family or its stem."""
    known = language(spoken)
    families = {_stem(word): family[0] for family in known.families for word in family}
    empty = {*known.small_words, *known.fillers}
    stems = [_stem(word) for word in words(text) if len(word) >= SHORTEST and word not in empty]
    return {families.get(stem, stem) for stem in stems}


def _stem(word: str) -> str:
    return _ENDING.sub("", word) if len(word) > SHORTEST + 1 else word


def _leans(sentence: str, spoken: str) -> bool:
    """«It may measure …»: nobody knows what, without the sentence before."""
    small = plain(sentence)
    return any(small.startswith(f"{lead} ") for lead in language(spoken).leaning)
