"""All that is said of days and times in a line, in order: the longest rule wins at each token."""

from collections.abc import Callable

from speech.times.clocks import clock_at, clocks_at
from speech.times.dates import RULES as DAYS
from speech.times.dates import day_at
from speech.times.line import Fact, Line, Value
from speech.times.offsets import ahead, at_this_moment, counted, repeated, several_weekdays
from speech.times.periods import edge_of_period

Found = tuple[Value, int] | None


def facts_of(line: Line) -> list[Fact]:
    facts: list[Fact] = []
    at = 0
    while at < len(line.tokens):
        found = _longest(line, at)
        if found is None:
            at += 1
        else:
            facts.append(Fact(found[0], at, found[1]))
            at = found[1]
    for place in range(len(facts)):
        _mark(line, facts, place)
    return [fact for fact in facts if fact.relation != GONE]


def part_alone(line: Line, at: int) -> Found:
    """«in the afternoon», «mornings»; no «good morning»."""
    part = line.word(at, "part")
    greets = line.has(at - 1, "greeting") or (
        at == 0 and part == "morning" and len(line.tokens) > 2 and line.has(1, "comma")
    )
    return None if part is None or greets else (part, at + 1)


def extreme(line: Line, at: int) -> Found:
    found = line.word(at, "extreme")
    return None if found is None or line.has(at - 1, "at") else (found, at + 1)


Rule = Callable[[Line, int], Found]
AMOUNT = frozenset({"number", "quantity", "half", "quarter", "fraction", "fixed_fraction"})
RULES: tuple[tuple[Rule, frozenset[str]], ...] = (
    (clock_at, AMOUNT | {"part", "fixed", "anaphor"}),
    (clocks_at, AMOUNT | {"fixed"}),
    (day_at, frozenset(DAYS)),
    (ahead, frozenset({"in", "within"})),
    (counted, AMOUNT | {"unit"}),
    (repeated, frozenset({"anaphor"})),
    (several_weekdays, frozenset({"number"})),
    (at_this_moment, frozenset({"lone_now"})),
    (edge_of_period, frozenset({"edge"})),
    (extreme, frozenset({"extreme"})),
    (part_alone, frozenset({"part"})),
)
"""Each rule with the kinds of token it may begin with. Where two read equally far, the first of them is meant."""
BEGINNINGS = {"clock", "iso", "numeric"}


def _longest(line: Line, at: int) -> Found:
    token = line[at]
    if not token.tags and token.kind not in BEGINNINGS:
        return None
    best: Found = None
    for rule, kinds in RULES:
        if token.kind in BEGINNINGS or not kinds.isdisjoint(token.tags):
            found = rule(line, at)
            if found is not None and (best is None or found[1] > best[1]):
                best = found
    return best


GONE = "gone"
"""«since the weekend»: how long something has been so, and no wish."""
FARTHEST_LEAD = 6
"""Tokens before a fact that may say something of it."""
FARTHEST_TRAIL = 4


def _mark(line: Line, facts: list[Fact], place: int) -> None:
    """Sets what stands around the fact: «after», «before», «not», «… won't work»."""
    fact = facts[place]
    before = facts[place - 1] if place else None
    floor = before.end if before is not None else 0
    for at in range(fact.start - 1, max(floor, fact.start - FARTHEST_LEAD) - 1, -1):
        tags = line[at].tags
        if "question_not" in tags:
            break
        if "relation" in tags and fact.relation is None:
            fact.relation = line.word(at, "relation")
        elif "not" in tags:
            fact.refused = True
            break
        elif "filler" not in tags and "the" not in tags and "approx" not in tags:
            break
    ceiling = facts[place + 1].start if place + 1 < len(facts) else len(line.tokens)
    _mark_behind(line, fact, ceiling)
    if before is not None and before.refused and _joins(line, before.end, fact.start):
        fact.refused = True


def _mark_behind(line: Line, fact: Fact, ceiling: int) -> None:
    for at in range(fact.end, min(ceiling, fact.end + FARTHEST_TRAIL)):
        tags = line[at].tags
        if "onwards" in tags:
            fact.relation = "from"
        elif "or_before" in tags:
            fact.relation = "until"
        elif "relation_behind" in tags:
            fact.relation = line.word(at, "relation_behind")
        elif "se" in tags:
            fact.relation = "from"
        elif "undone" in tags:
            fact.refused = True
        elif "subject" not in tags and "filler" not in tags:
            return


def _joins(line: Line, start: int, end: int) -> bool:
    """«not Monday or Tuesday»: the refusal goes on."""
    said = [line[at].tags for at in range(start, end)]
    return any("or" in tags or "and" in tags for tags in said) and all(
        "or" in tags or "and" in tags or "on" in tags or "the" in tags or "at" in tags for tags in said
    )
