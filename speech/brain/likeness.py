"""What a line is most like, of the examples that a dialogue file gives: for wishes that no phrase is written for.

Words are compared by their stems, the telling ones more than those that every wish is said with. A day or a time is one
word, «@when», whatever was said.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from speech.brain.phrases import words

ALIKE = 0.5
"""The cosine from which a line is like an example."""
CLEARLY = 0.08
"""How much liker than the next goal's example it must be."""
FEWEST_WORDS = 2
"""Words of a line, and words that it shares with an example: one alone is chance."""
WHEN = "@when"
_ENDINGS = ("ings", "ing", "ies", "ied", "ed", "es", "s", "ly", "er")
_SHORTEST_STEM = 3


def stem(word: str) -> str:
    """The word without its ending: «booked», «booking» and «books» are one."""
    bare = word.removesuffix("'s").replace("'", "")
    for ending in _ENDINGS:
        if bare.endswith(ending) and len(bare) - len(ending) >= _SHORTEST_STEM:
            return bare.removesuffix(ending)
    return bare


def stems(text: str) -> list[str]:
    """The stems of a text, in which times are marked by `WHEN`."""
    return [stemmed for piece in text.split(WHEN) for stemmed in (*map(stem, words(piece)), WHEN)][:-1]


@dataclass(frozen=True)
class Examples:
    """The examples of all goals, weighed."""

    vectors: tuple[tuple[str, Mapping[str, float]], ...]
    """Each example's goal and its words' weights, of length one."""
    weights: Mapping[str, float]

    def likest(self, text: str) -> str | None:
        """The goal whose example the text is clearly most like."""
        said = Counter(stems(text))
        if len(said) < FEWEST_WORDS:
            return None
        vector = _weighed(said, self.weights)
        best: dict[str, float] = {}
        for goal, example in self.vectors:
            shared = [weight * example[word] for word, weight in vector.items() if word in example]
            best[goal] = max(best.get(goal, 0.0), sum(shared) if len(shared) >= FEWEST_WORDS else 0.0)
        ranked = sorted(best.items(), key=lambda pair: -pair[1])
        if not ranked or ranked[0][1] < ALIKE or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < CLEARLY):
            return None
        return ranked[0][0]


def _weighed(said: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, float]:
    unknown = max(weights.values(), default=1.0) / 2
    raw = {word: math.sqrt(count) * weights.get(word, unknown) for word, count in said.items()}
    length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
    return {word: weight / length for word, weight in raw.items()}


@cache
def examples_of(goals: tuple[tuple[str, tuple[str, ...]], ...]) -> Examples:
    """The goals' examples, with each word weighed by how few of the goals use it."""
    used = Counter(word for _, lines in goals for word in {one for line in lines for one in stems(line)})
    counted = Counter(word for _, lines in goals for line in lines for word in set(stems(line)))
    total = sum(len(lines) for _, lines in goals)
    weights = {word: math.log(1 + total / counted[word]) / math.sqrt(used[word]) for word in used}
    vectors = tuple((goal, _weighed(Counter(stems(line)), weights)) for goal, lines in goals for line in lines)
    return Examples(vectors, weights)
