"""A desk's dialogue file: what callers may want, what must be known for it, and how each outcome is said.

The engine knows no desk. A file says for which tools it was written; the agent that has just these tools is the one it
is for. Sentences are Jinja templates over what is known and what a tool returned.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from speech.brain.phrases import vocabulary

LANGUAGES = Path(__file__).parent / "languages"
SlotType = Literal[
    "date", "time", "part", "digits", "email", "name", "text", "record", "option", "items", "code", "words",
    "number", "echo",
]  # fmt: skip


class DialogueError(Exception):
    """A dialogue file does not have the form; the message is one sentence for who writes it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Choices(_Part):
    """Where the values come from that a slot may have."""

    tool: str
    """The tool whose result lists them."""
    valid: str
    """Where in its result: a path such as «menu.name»; each part of a list is followed."""
    offer: str | None = None
    """Where the few stand that are offered aloud; else the valid ones."""
    value: str | None = None
    """The field of an element that the tools want, or a template over its fields; else the element itself."""
    also: str | None = None
    """The field of an element with what else it is called."""
    label: str | None = None
    """How an element is said; a template over its fields."""
    ask: str | None = None
    """How the offered ones are asked about: a template over `offered`."""
    shut: str | None = None
    """A template over the result: where something comes out of it, that is said instead, and the goal ends."""
    none: str | None = None
    """What is said when there is nothing to choose from; the goal ends with it."""
    over: str | None = None
    """Where those stand that were possible once."""
    over_say: str | None = None
    """What is said when one of those is meant; the goal ends with it."""
    gone: str | None = None
    """What is said before the offer when the wish is not among the valid ones."""


class Echo(_Part):
    """Words of ours that are said after us."""

    tool: str
    """The tool whose result has them."""
    path: str
    """Where in its result."""


class Onto(_Part):
    """What there is already, to which a change is made."""

    tool: str
    """The tool whose result has it."""
    path: str
    """Where in its result."""


class Slot(_Part):
    """Something that must be known."""

    type: SlotType
    """date · time · part (of a day) · digits · number · name · text · email · code · option · items · record (one of
    several things) · echo · words (the line itself)."""
    ask: str = ""
    """The question; empty: it is never asked for."""
    cues: tuple[str, ...] = ()
    """Phrases that stand before a value of it."""
    asked_with: tuple[str, ...] = ()
    """Phrases by which somebody else's question is known to ask for it."""
    optional: bool = False
    """It is taken when it is said, and never asked for."""
    when: str | None = None
    """A template: where nothing comes out of it, the slot is not asked for."""
    length: int | None = None
    """How many digits, or letters and digits."""
    fewest: int | None = None
    """Digits that it has at least; so long a number is taken without a cue."""
    most: int | None = None
    """Digits that it has at most."""
    never: tuple[str, ...] = ()
    """Words that are no value of it."""
    form: str | None = None
    """What a code looks like once it is spelled, as a regular expression; only such ones are read."""
    not_behind: tuple[str, ...] = ()
    """Phrases behind which a code is the old one, or the one that is not wanted."""
    not_before: tuple[str, ...] = ()
    """Phrases in front of which digits are no code, such as «o'clock»."""
    options: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """For `option`: each value with the phrases that mean it."""
    many: bool = False
    """Several options may be meant at once."""
    spared_by: tuple[str, ...] = ()
    """Slots that, once known, make this one needless."""
    clears: tuple[str, ...] = ()
    """Slots whose values are void when this one is said."""
    told_in: dict[str, str] = Field(default_factory=dict)
    """Tools, also of other agents, whose results tell it: tool = path."""
    default: str | None = None
    """Its value where nothing was said."""
    choices: Choices | None = None
    """Where its possible values come from."""
    echo: Echo | None = None
    """For `echo`: what a line must sound like to be a value of it."""
    whole: bool = False
    """The answer to its question is kept as it was said, whatever else is in it."""
    lasts: bool = False
    """Once known it holds for all further wishes of the call."""
    starts: str | None = None
    """The goal that hearing it begins, where nothing else was asked for."""
    secret: bool = False
    """Never repeated, and forgotten once it was used."""


class Outcome(_Part):
    """What a tool's status means for the talk."""

    say: str | None = None
    """A template over the result; without it the result's own `message` is said."""
    done: bool = False
    """The wish was fulfilled."""
    reaches: tuple[str, ...] = ()
    """Further goals that are reached with it."""
    ask: str | None = None
    """The slot that is asked for next, or a template that gives its name. Its value so far is forgotten, unless more of
    a list is asked for."""
    clear: tuple[str, ...] = ()
    """Slots whose values are no good."""
    take: dict[str, str] = Field(default_factory=dict)
    """Slots that the result fills: slot = path."""
    choices: str | None = None
    """Where in the result the values stand that are offered for `ask`."""
    goes_on: bool = False
    """The wish goes on with what the result filled."""
    first: str | None = None
    """A goal that must be reached before this one goes on."""
    offer: str | None = None
    """A goal that a yes begins, or a template that gives its name."""
    open: str | None = None
    """The goal that any answer begins which is nothing else: the question has no list of answers."""
    closes: bool = False
    """What the tool is for is out of reach for the rest of the call; whoever asks again hears this once more."""
    more: bool = True
    """Whether «anything else» is asked after it."""


class ToolUse(_Part):
    """How a tool is called and what its answers mean."""

    args: dict[str, str] = Field(default_factory=dict)
    """Argument = slot, or a template over the slots; what comes out empty is left out."""
    needs: tuple[str, ...] = ()
    """Slots without which it can't be called."""
    outcome: dict[str, Outcome] = Field(default_factory=dict)
    """By status; «error» for what failed."""


class Goal(_Part):
    """Something that a caller may want."""

    phrases: tuple[str, ...] = ()
    """Words by which it is known."""
    hints: tuple[str, ...] = ()
    """Phrases that point to it as long as nothing else is wanted, such as how questions begin."""
    examples: tuple[str, ...] = ()
    """Whole sentences in which it may be wanted; a line that has no phrase is held against them. «@when» stands for any
    day or time."""
    unless: tuple[str, ...] = ()
    """Phrases that mean something else where they overlap with one of its own."""
    since: tuple[str, ...] = ()
    """Goals of which one must have been reached for its phrases to count."""
    alone: bool = False
    """Counts only where nothing else is wanted in the same line: small talk on the way to a wish."""
    absorbs: tuple[str, ...] = ()
    """Goals whose phrases, while this one is talked about, are more about it."""
    undone_by: tuple[str, ...] = ()
    """Goals whose phrases, while this one is talked about, mean that it is not wanted any more."""
    tool: str | None = None
    """What fulfils it; none: `say` is all."""
    args: dict[str, str] = Field(default_factory=dict)
    """Arguments for the tool that are this goal's own."""
    looks_up: tuple[str, ...] = ()
    """Tools that are asked first, for what is read back."""
    onto: Onto | None = None
    """The list that its items change."""
    again: str | None = None
    """The goal that is meant instead once this one was reached."""
    slots: tuple[str, ...] = ()
    """What must be known for it, in the order in which it is asked for."""
    one_of: tuple[str, ...] = ()
    """Slots of which one at least must be known."""
    one_of_ask: str = ""
    """The question where none of them is."""
    after: tuple[str, ...] = ()
    """Goals that must have been reached in this call before."""
    confirm: str | None = None
    """What is read back before the tool is used."""
    split: tuple[str, ...] = ()
    """Words that part an old value, which stands before them, from a new one: «my ten o'clock to two»."""
    say: str | None = None
    """With a tool: how its answer is told, in place of the outcome's own words."""
    offers: str | None = None
    """The goal that a yes to `say` begins."""
    asked_with: tuple[str, ...] = ()
    """Phrases by which somebody else's question is known to offer it."""
    otherwise: str | None = None
    """The goal that a no to its offer begins."""
    behind: tuple[str, ...] = ()
    """Its phrases count only where one of these tools was used last of all that are named so: «again», «more»."""
    offer: str | None = None
    """How it is offered to somebody who was not understood."""
    announce: str | None = None
    """What is said while the tool is used."""
    dropped: str | None = None
    """What is said when the caller decides against it."""
    more: bool = True
    """Whether «anything else» is asked after `say`."""
    ends: bool = False
    """The goodbye."""
    hands_over: bool = False
    """Another agent takes over; it is begun without a word."""
    once: bool = False
    """Reached once, it stays so for the whole call."""
    remembers: bool = False
    """Its slots are kept when it is reached: a further wish may be about the same."""


class Dialogue(_Part):
    """One file."""

    language: str = "en"
    """en or hi."""
    tools: tuple[str, ...]
    """Those of the agent that it is for, each of them."""
    can: str
    """What is offered to a caller who was not understood."""
    fallback: str | None = None
    """The goal that takes what nothing else fits, such as a question to be looked up."""
    last_resort: str | None = None
    """The goal that is offered when nothing helps, such as a person or a message."""
    goodbye: str | None = None
    """The goal that ends the call."""
    lines: dict[str, str] = Field(default_factory=dict)
    """Sentences in place of the language's own."""
    slot: dict[str, Slot] = Field(default_factory=dict)
    """What may have to be known: [slot.NAME]."""
    tool: dict[str, ToolUse] = Field(default_factory=dict)
    """How the tools are called and what their answers mean: [tool.NAME] and [tool.NAME.outcome.STATUS]."""
    goal: dict[str, Goal] = Field(default_factory=dict)
    """What callers may want: [goal.NAME]."""

    @model_validator(mode="after")
    def _names_are_known(self) -> "Dialogue":
        for kind, named, known in self._references():
            if missing := sorted(set(named) - set(known)):
                raise ValueError(f"{kind} «{missing[0]}» is named but not there")
        return self

    def _references(self) -> Iterable[tuple[str, Iterable[str], Iterable[str]]]:
        goals, outcomes = self.goal.values(), [one for use in self.tool.values() for one in use.outcome.values()]
        yield "goal", [name for goal in goals for name in goal.after], self.goal
        yield "goal", [name for goal in goals for name in (*goal.since, *goal.absorbs, *goal.undone_by)], self.goal
        yield "goal", [goal.again for goal in goals if goal.again], self.goal
        yield "goal", [name for one in outcomes for name in (one.first, one.open, *one.reaches) if name], self.goal
        yield "goal", [str(one.offer) for one in outcomes if _is_name(one.offer)], self.goal
        yield "goal", [goal.otherwise for goal in goals if goal.otherwise], self.goal
        yield "goal", [goal.offers for goal in goals if goal.offers], self.goal
        yield "goal", filter(None, (self.fallback, self.last_resort, self.goodbye)), self.goal
        yield "slot", [name for goal in goals for name in (*goal.slots, *goal.one_of)], self.slot
        named = [name for one in outcomes for name in (one.ask, *one.clear, *one.take)]
        yield "slot", [name for name in named if name is not None and "{" not in name], self.slot
        yield "tool", [goal.tool for goal in goals if goal.tool], self.tools
        yield "tool", self.tool, self.tools
        yield "tool", [slot.choices.tool for slot in self.slot.values() if slot.choices], self.tools
        yield "tool", [goal.onto.tool for goal in goals if goal.onto], self.tools
        yield "tool", [tool for goal in goals for tool in goal.behind], self.tools
        yield "tool", [slot.echo.tool for slot in self.slot.values() if slot.echo], self.tools
        yield "tool", [tool for goal in goals for tool in goal.looks_up], self.tools

    def use(self, tool: str) -> ToolUse:
        return self.tool.get(tool, ToolUse())


class Language(_Part):
    """What is the same at every desk: the words for yes, no and the like, and the engine's own sentences."""

    acts: dict[str, tuple[str, ...]]
    lines: dict[str, str]
    articles: tuple[str, ...] = ()
    """Words that could be a letter as well."""
    families: tuple[tuple[str, ...], ...] = ()
    """Words that ask about the same, such as heavy, weigh and pounds."""
    small_words: tuple[str, ...] = ()
    """Words that say nothing about what a question asks."""
    leaning: tuple[str, ...] = ()
    """Beginnings of sentences that can't be understood without the one before."""
    joiners: tuple[str, ...]
    """Words between two wishes."""
    numbers: dict[str, tuple[str, ...]]
    """«digit»: words that spoken digits are made of; «amount»: words for how many, in order from one."""
    ordinals: dict[str, tuple[str, ...]]
    """Phrases for the first, second, … of what was offered; «-1» is the last."""
    fillers: tuple[str, ...]
    """Words around an answer that say nothing."""
    hesitations: tuple[str, ...]
    """Sounds and courtesies that are no part of anything."""
    name_cues: tuple[str, ...]
    name_tails: tuple[str, ...] = ()
    """Phrases behind a name."""
    name_ends: tuple[str, ...]
    """Words that are no part of a name; it ends before them."""
    doing: tuple[str, ...] = ()
    """Endings of words for what somebody does."""
    items: dict[str, tuple[str, ...]]
    """Words about things that are wanted one by one, by what they do."""
    answers: dict[str, str]
    """Acts that are answered with a line of their own."""
    asks_to_confirm: tuple[str, ...]
    """Phrases by which a question is known to want a yes, whoever asked it."""
    asks_for_more: tuple[str, ...]
    known_by: tuple[str, ...] = ()
    """Common words that no other of the languages has."""
    letters: str | None = None
    """A regular expression for letters that only this language has."""


def _is_name(text: str | None) -> bool:
    return bool(text) and "{" not in str(text)


def read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DialogueError(f"{path.name} is not TOML: {error}.") from error


def read_dialogue(path: Path) -> Dialogue:
    try:
        return Dialogue.model_validate(read_toml(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise DialogueError(f"{path.name}: {place}: {first['msg']}.") from error


def read_dialogues(folder: Path) -> tuple[Dialogue, ...]:
    """All dialogue files of a folder."""
    return tuple(read_dialogue(path) for path in sorted(folder.glob("*.toml")))


@cache
def language(name: str) -> Language:
    """The words of a language; English ones where there are none for it."""
    tables, own = read_toml(LANGUAGES / "en.toml"), LANGUAGES / f"{name}.toml"
    for key, table in read_toml(own).items() if own.exists() else ():
        known = tables.get(key)
        tables[key] = {**known, **table} if isinstance(known, dict) and isinstance(table, dict) else table
    return Language.model_validate(tables)


def fitting(dialogues: Iterable[Dialogue], tools: Iterable[str], spoken: str) -> Sequence[Dialogue]:
    """The dialogues for an agent with these tools, the one in the language that is spoken first. A tool that none of
    them names is left to models."""
    names = set(tools)
    found = [one for one in dialogues if names.issuperset(one.tools)]
    most = max((len(one.tools) for one in found), default=0)
    return sorted((one for one in found if len(one.tools) == most), key=lambda one: one.language != spoken)


@cache
def goal_vocabulary(phrases: tuple[str, ...]) -> frozenset[str]:
    return vocabulary(phrases)


def all_phrases(goals: Mapping[str, Goal]) -> tuple[str, ...]:
    return tuple(phrase for goal in goals.values() for phrase in goal.phrases)
