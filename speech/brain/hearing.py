"""One line of a caller, understood: what it does (yes, no, wait …), what is wanted, and the values in it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from speech.brain.codes import read_code, without_codes
from speech.brain.dialogue import Dialogue, Goal, Language, Slot, all_phrases, goal_vocabulary, language
from speech.brain.items import counts_things, tells_items
from speech.brain.likeness import WHEN, examples_of
from speech.brain.mentions import Named
from speech.brain.numbers import read_number
from speech.brain.phrases import Match, find, plain, respelled, settled, words
from speech.brain.pieces import cut_at_wishes
from speech.brain.values import (
    Line,
    name_beside,
    read_digits,
    read_email,
    read_name,
    read_option,
    read_text,
    spelled_name,
    without_names,
)
from speech.brain.wishes import ItemsWish, day_wish, record_wish, time_wish
from speech.sounds import is_echo
from speech.times import Frame, Reading, read

LONGEST_LINE = 600
"""Letters of one turn that are looked at; what comes later in it is not waited for by anybody."""
MOSTLY = 0.6
"""The part of a line's letters from which it is nothing but a yes, a no or the like."""
RANK = {"option": 0, "number": 0, "digits": 0, "code": 0, "email": 0, "words": 2, "items": 3}
"""In which order kinds of values are read out of a line: what can be nothing else first."""
TIMED = {"date", "time", "part", "record"}


@dataclass(frozen=True)
class Asked:
    """What the line may be the answer to."""

    slot: str | None = None
    goal: str | None = None
    """The goal that is being talked about."""
    offered: str | None = None
    """The goal that a yes would begin."""
    settles_time: bool = False
    """A time was read back for a yes."""
    reached: frozenset[str] = frozenset()
    """Goals that were reached in this call."""
    menu: tuple[Named, ...] = ()
    """What can be had, as far as it is known."""
    last: str | None = None
    """Of the tools behind which phrases count, the one that was used last."""
    echoes: tuple[tuple[str, str], ...] = ()
    """Slots, each with the words of ours that may be said after us."""


@dataclass(frozen=True)
class Wanted:
    """A wish within a line, with the values that stand in its part of the line."""

    goal: str
    values: dict[str, Any]
    said: str = ""
    """Its part of the line, without codes."""


@dataclass(frozen=True)
class Heard:
    """A line, understood."""

    text: str
    acts: tuple[str, ...] = ()
    """In the order in which they were said."""
    wanted: tuple[Wanted, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    """For the goal that is being talked about, or for none."""
    ordinal: int | None = None
    reading: Reading = field(default_factory=Reading)
    only_acts: bool = False
    """Hardly anything else was said."""
    said: str = ""
    """Its words without codes."""
    echo: str | None = None
    """The slot of which it is the value, as it says our own words after us."""

    def does(self, act: str) -> bool:
        return act in self.acts

    @property
    def says_yes(self) -> bool | None:
        """The first of yes and no; None where it is neither."""
        return next((act == "yes" for act in self.acts if act in {"yes", "no"}), None)

    @property
    def is_empty(self) -> bool:
        return not (self.acts or self.wanted or self.values or self.ordinal)


@lru_cache(maxsize=2048)
def acts_in(text: str, language_name: str) -> tuple[tuple[str, Match], ...]:
    spoken = language(language_name)
    found = [(act, match) for act, phrases in spoken.acts.items() for match in find(phrases, text)]
    kept = set(settled([match for _, match in found]))
    chosen: dict[Match, str] = {}
    for act, match in found:
        if match in kept:
            chosen.setdefault(match, act)
    return tuple((act, match) for match, act in sorted(chosen.items(), key=lambda pair: pair[0].start))


def hear(text: str, dialogue: Dialogue, asked: Asked, frame: Frame | None) -> Heard:
    """What a line says, given what was asked."""
    line = unicodedata.normalize("NFC", " ".join(text[:LONGEST_LINE].split()))
    small, spoken = plain(line), language(dialogue.language)
    if echo := next((slot for slot, text in asked.echoes if is_echo(line, text)), None):
        return Heard(line, values={echo: line}, echo=echo)
    acts = acts_in(small, dialogue.language)
    plainly = plain(without_codes(without_names(line, spoken), tuple(dialogue.slot.values()), spoken))
    goals = _goals(plainly, dialogue, asked)
    if not goals and not acts:
        known = goal_vocabulary(all_phrases(dialogue.goal))
        goals = _goals(respelled(plainly, known), dialogue, asked, whole=len(line))
    if asked.slot and dialogue.slot[asked.slot].whole and not _covered(small, acts):
        goals = []
    if not goals and asked.goal is None and not _covered(small, acts):
        goals = _likest(_with_times_marked(line, dialogue, frame), dialogue, asked)
    if _is_undone(goals, dialogue, asked):
        return Heard(line, ("never_mind",))
    reader, whole = _Reader(dialogue, spoken, asked, frame), Line(line)
    values, reading = ({}, Reading()) if goals else reader.values(whole, asked.goal, begun=False)
    answers = any(act in spoken.answers for act, _ in acts) or _tells_surely(values, dialogue, asked)
    if not goals and not answers and (goals := _hinted(plainly, dialogue)):
        values, reading = {}, Reading()
    pieces = cut_at_wishes(line, goals, spoken)
    if not goals and asked.goal is None and (begun := _begun(values, dialogue)) is not None:
        values, pieces = {}, [(begun, line)]
    wanted = tuple(reader.wanted(goal, piece) for goal, piece in pieces if goal)
    done = tuple(act for act, _ in acts)
    heard = Heard(line, done, wanted, values, _ordinal(small, spoken), reading, _covered(small, acts))
    return replace(heard, said=whole.without_code(line))


def _tells_surely(values: dict[str, Any], dialogue: Dialogue, asked: Asked) -> bool:
    """Whether a code or an option is told that is wanted or begins a wish: surer than how a question begins."""
    own = {asked.slot, *(dialogue.goal[asked.goal].slots if asked.goal else ())}
    sure = (name for name in values if dialogue.slot[name].type in {"code", "option"})
    return any(name in own or dialogue.slot[name].starts for name in sure)


def _begun(values: dict[str, Any], dialogue: Dialogue) -> str | None:
    """The wish that a value begins without a word for it, so that the rest of the line is read for it too."""
    begins = (dialogue.slot[slot].starts for slot in values)
    return next((goal for goal in begins if goal is not None and not dialogue.goal[goal].once), None)


def _covered(text: str, acts: Sequence[tuple[str, Match]]) -> bool:
    return sum(match.weight for _, match in acts) >= MOSTLY * len("".join(text.split()))


def _is_undone(goals: Sequence[tuple[str, Match]], dialogue: Dialogue, asked: Asked) -> bool:
    """Whether what is talked about is taken back, in the words for taking back something done."""
    undoing = dialogue.goal[asked.goal].undone_by if asked.goal else ()
    return bool(goals) and all(name in undoing for name, _ in goals)


def _goals(text: str, dialogue: Dialogue, asked: Asked, whole: int | None = None) -> list[tuple[str, Match]]:
    """The goals whose phrases occur, in their order; each once."""
    absorbed = dialogue.goal[asked.goal].absorbs if asked.goal else ()
    found = [
        (str(asked.goal) if name in absorbed else name, match)
        for name, goal in dialogue.goal.items()
        if name in absorbed or not goal.since or asked.reached.intersection(goal.since)
        if not goal.behind or asked.last in goal.behind
        for match in _phrases_of(goal, text)
    ]
    kept = set(settled([match for _, match in found]))
    chosen: dict[str, Match] = {}
    taken: set[Match] = set()
    for name, match in sorted(found, key=lambda pair: (pair[1].start, -pair[1].weight)):
        if match in kept and match not in taken and name not in chosen:
            chosen[name] = match if whole is None else Match(0, whole, match.weight)
            taken.add(match)
    wanted = sorted(chosen.items(), key=lambda pair: pair[1].start)
    return [pair for pair in wanted if not dialogue.goal[pair[0]].alone] or wanted[:1]


def _hinted(text: str, dialogue: Dialogue) -> list[tuple[str, Match]]:
    """The one goal that is pointed to."""
    found = [(name, match) for name, goal in dialogue.goal.items() if goal.hints for match in find(goal.hints, text)]
    blocked = {name for name, goal in dialogue.goal.items() if find(goal.unless, text)}
    return [pair for pair in found if pair[0] not in blocked][:1]


def _with_times_marked(line: str, dialogue: Dialogue, frame: Frame | None) -> str:
    """The line with one word in place of each day and time in it."""
    spans = read(line, frame, dialogue.language).spans if frame is not None else ()
    for start, end in sorted(spans, reverse=True):
        line = f"{line[:start]} {WHEN} {line[end:]}"
    return line


def _likest(line: str, dialogue: Dialogue, asked: Asked) -> list[tuple[str, Match]]:
    """The goal of which the line is most like an example."""
    possible = [
        (name, goal.examples)
        for name, goal in dialogue.goal.items()
        if goal.examples and (not goal.since or asked.reached.intersection(goal.since)) and not goal.behind
    ]
    found = examples_of(tuple(possible)).likest(line)
    return [] if found is None else [(found, Match(0, len(line), 1))]


def _phrases_of(goal: Goal, text: str) -> list[Match]:
    """Where it is asked for; not where the words mean something else."""
    others = find(goal.unless, text)
    return [match for match in find(goal.phrases, text) if not any(match.overlaps(other) for other in others)]


def _ordinal(text: str, spoken: Language) -> int | None:
    found = [(match, int(number)) for number, phrases in spoken.ordinals.items() for match in find(phrases, text)]
    kept = settled([match for match, _ in found])
    return next((number for match, number in found if kept and match == kept[0]), None)


@dataclass(frozen=True)
class _Reader:
    """Reads values out of a piece of a line for the slots of a goal and those that belong to every goal."""

    dialogue: Dialogue
    spoken: Language
    asked: Asked
    frame: Frame | None

    def wanted(self, goal: str, piece: str) -> Wanted:
        line = Line(piece)
        values, _ = self.values(line, goal, begun=goal != self.asked.goal)
        return Wanted(goal, values, line.without_code(piece))

    def values(self, line: Line, goal: str | None, *, begun: bool) -> tuple[dict[str, Any], Reading]:
        wanted, values = self._slots(goal), dict[str, Any]()
        asked = None if begun else self.asked.slot
        wanted = {name: slot for name, slot in wanted.items() if begun or slot.type != "words" or name == asked}
        if asked and self.dialogue.slot[asked].whole and self._is_plain_answer(line):
            values[asked] = line.rest
        own = set(self.dialogue.goal[goal].slots) if goal else set[str]()
        self._exact(line, wanted, values, asked, own, first=True)
        reading = self._times(line, wanted, values, goal, begun=begun)
        self._exact(line, wanted, values, asked, own, first=False)
        return values, reading

    def _slots(self, goal: str | None) -> dict[str, Slot]:
        """The goal's own slots, those of the goals that must come before it, and those that begin a goal."""
        named = self.dialogue.goal[goal] if goal else None
        own = list(named.slots) if named else []
        before = [name for first in (named.after if named else ()) for name in self.dialogue.goal[first].slots]
        begin = [name for name, slot in self.dialogue.slot.items() if slot.starts or slot.secret]
        started = [goal for name in begin if (goal := self.dialogue.slot[name].starts)]
        begin += [name for goal in started for name in self._names_of(goal)]
        asked = [self.asked.slot] if self.asked.slot else []
        begin += self.dialogue.goal[self.asked.offered].slots if self.asked.offered else ()
        return {name: self.dialogue.slot[name] for name in dict.fromkeys((*asked, *own, *before, *begin))}

    def _names_of(self, goal: str) -> list[str]:
        """Names that a goal needs, which are said in one breath with the code that begins it."""
        slots = {name: self.dialogue.slot[name] for name in self.dialogue.goal[goal].slots}
        return [name for name, slot in slots.items() if slot.type == "name" and not slot.optional]

    def _exact(
        self,
        line: Line,
        wanted: dict[str, Slot],
        values: dict[str, Any],
        asked: str | None,
        own: set[str],
        *,
        first: bool,
    ) -> None:
        """Before the times what is asked for or has a cue; after them what is left. Codes that have a form come last of
        the codes, since longer ones have such pieces in them."""
        for name, slot in sorted(wanted.items(), key=lambda pair: (RANK.get(pair[1].type, 1), bool(pair[1].form))):
            early = slot.type in {"digits", "code"} and (name == asked or bool(find(slot.cues, line.plain)))
            if name in values or early != first:
                continue
            if (value := self._read(line, slot, asked=name == asked, own=name in own)) not in (None, ""):
                values[name] = value

    def _read(self, line: Line, slot: Slot, *, asked: bool, own: bool) -> Any:
        match slot.type:
            case "digits":
                return read_digits(line, slot, self.spoken, asked=asked)
            case "code" if asked or not self._spells_name(line):
                return read_code(line, slot, self.spoken, self._other_words(), asked=asked, own=own)
            case "option":
                return read_option(line, slot)
            case "number":
                return read_number(line, slot.cues, self.dialogue.language, asked=asked)
            case "name":
                told = read_name(line, slot, self.spoken, asked=asked and self._may_be_name(line))
                return told or (None if slot.optional else name_beside(line, slot, self.spoken, self._other_words()))
            case "text":
                return read_text(line, slot, self.spoken, asked=asked and self._is_plain_answer(line))
            case "words":
                return None if slot.optional and not self._is_plain_answer(line) else line.rest or None
            case "email":
                return read_email(line)
            case "items":
                return self._items(line, slot, own=own)
            case _:
                return None

    def _items(self, line: Line, slot: Slot, *, own: bool) -> ItemsWish | None:
        """For a goal that is not talked about yet it must be certain that things are named."""
        skipped = (*all_phrases(self.dialogue.goal), *slot.cues, *slot.never)
        says = (tells_items if own else counts_things)(line.text, self.asked.menu, self.spoken, skipped)
        return ItemsWish((line.rest,)) if says and line.rest else None

    def _other_words(self) -> frozenset[str]:
        """Words of the desk's matters, which are no names."""
        slots = self.dialogue.slot.values()
        options = tuple(phrase for slot in slots for said in slot.options.values() for phrase in said)
        return goal_vocabulary(all_phrases(self.dialogue.goal)) | goal_vocabulary(options)

    def _may_be_name(self, line: Line) -> bool:
        """A thing that can be had is nobody's name."""
        things = self.asked.menu and counts_things(line.text, self.asked.menu, self.spoken, ())
        return not things and self._is_plain_answer(line)

    def _spells_name(self, line: Line) -> bool:
        """Whether it answers the question for a name, letter by letter."""
        asked = self.asked.slot
        return asked is not None and self.dialogue.slot[asked].type == "name" and spelled_name(line.text) is not None

    def _is_plain_answer(self, line: Line) -> bool:
        """Whether the line may as a whole be an answer: «no», «wait» and the like are none."""
        text = line.plain.strip()
        return bool(words(line.text)) and not _covered(text, acts_in(text, self.dialogue.language))

    def _times(
        self, line: Line, wanted: dict[str, Slot], values: dict[str, Any], goal: str | None, *, begun: bool
    ) -> Reading:
        by_type: dict[str, str] = {slot.type: name for name, slot in reversed(wanted.items())}
        if self.frame is None or not TIMED & by_type.keys():
            return Reading()
        old, new = self._halves(line, goal)
        if old is not None and "record" in by_type and old.rest:
            values[by_type["record"]] = record_wish(self._reading(old, blank=False), old.rest)
        reading = self._reading(new, blank=new is line)
        if "record" in by_type and old is None and (begun or self.asked.slot == by_type["record"]):
            wish = record_wish(reading, line.rest)
            if begun or self._is_plain_answer(line) or wish.day is not None or wish.at is not None:
                values[by_type["record"]] = wish
            return reading
        _take_times(values, by_type, reading)
        return reading

    def _halves(self, line: Line, goal: str | None) -> tuple[Line | None, Line]:
        """What stands before and after the word between an old and a new value."""
        splitters = self.dialogue.goal[goal].split if goal else ()
        for match in find(splitters, line.plain):
            before, after = Line(line.text[: match.start]), Line(line.text[match.end :])
            if self._reading(after, blank=False) != Reading():
                return before, after
        return None, line

    def _expecting(self) -> str | None:
        """What a bare number is, where a day or a time is being talked about."""
        if self.asked.slot is not None:
            kind = self.dialogue.slot[self.asked.slot].type
            return kind if kind in {"date", "time"} else None
        return "time" if self.asked.settles_time else None

    def _reading(self, line: Line, *, blank: bool) -> Reading:
        assert self.frame is not None
        reading = read(line.text, self.frame, self.dialogue.language, expecting=self._expecting())
        for start, end in reading.spans if blank else ():
            line.blank(start, end)
        return reading


def _take_times(values: dict[str, Any], by_type: dict[str, str], reading: Reading) -> None:
    if "date" in by_type and (day := day_wish(reading)) is not None:
        values[by_type["date"]] = day
    if "time" in by_type and (clock := time_wish(reading, "")) is not None:
        values[by_type["time"]] = clock
    if "part" in by_type and reading.part is not None:
        values[by_type["part"]] = reading.part
