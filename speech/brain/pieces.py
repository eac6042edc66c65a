"""The pieces of a line, one for each wish in it."""

import re
from collections.abc import Sequence
from itertools import pairwise

from speech.brain.dialogue import Language
from speech.brain.phrases import Match, find, plain

_SENTENCE_END = re.compile(r"[.?!;]\s+")


def cut_at_wishes(line: str, goals: Sequence[tuple[str, Match]], spoken: Language) -> list[tuple[str | None, str]]:
    """The line cut at its wishes. What stands before the first belongs to it, unless a joiner parts them."""
    if not goals:
        return [(None, line)]
    cuts = [_cut(line, one, other, spoken) for one, other in pairwise(match for _, match in goals)]
    starts, ends = [0, *(start for _, start in cuts)], [*(end for end, _ in cuts), len(line)]
    return [(goal, line[starts[number] : ends[number]]) for number, (goal, _) in enumerate(goals)]


def _cut(line: str, one: Match, other: Match, spoken: Language) -> tuple[int, int]:
    """Where the words for one wish end and those for the next begin: at the last joiner or end of a sentence."""
    between = line[one.end : other.start]
    joints = [(match.start(), match.end()) for match in _SENTENCE_END.finditer(between)]
    joints += [(match.start, match.end) for match in find(spoken.joiners, plain(between))]
    if not joints:
        return other.start, other.start
    end, start = max(joints, key=lambda joint: joint[1])
    return one.end + end, one.end + start
