"""What is known at a point of the talk, rebuilt from the chat context alone: the lines are read one after another."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from speech.brain.dialogue import Dialogue, Outcome
from speech.brain.wishes import Choice

LONGEST_WORDS = 400
"""Letters of what another agent is told: no tool takes much more."""


@dataclass
class Wish:
    """Something that the caller wants and has not got yet."""

    goal: str
    values: dict[str, Any] = field(default_factory=dict)
    confirmed: bool = False
    said: str = ""
    """The caller's words for it, without codes: who takes it over is told them."""


@dataclass(frozen=True)
class Expected:
    """What the last question of ours was about."""

    kind: str = ""
    """slot · confirm · offer · change · more; empty: nothing in particular."""
    name: str = ""
    offered: tuple[Choice, ...] = ()
    open: str | None = None
    """The goal that any other answer begins."""


@dataclass(frozen=True)
class Ran:
    """A tool's last answer."""

    arguments: dict[str, Any]
    result: Any


@dataclass
class Memory:
    """The state of a talk."""

    dialogue: Dialogue
    wishes: list[Wish] = field(default_factory=list)
    """The one that is talked about first."""
    shared: dict[str, Any] = field(default_factory=dict)
    """Values that belong to no wish alone, such as who the caller is."""
    reached: set[str] = field(default_factory=set)
    closed: dict[str, str] = field(default_factory=dict)
    """Goals that are out of reach for the rest of the call, and what is said about it."""
    ran: dict[str, Ran] = field(default_factory=dict)
    last: str | None = None
    """Of the tools behind which phrases count, the one that was used last."""
    expected: Expected = field(default_factory=Expected)
    offered: Expected = field(default_factory=Expected)
    """The last question that offered several, which may still be picked from while one of them is read back."""
    untold: list[str] = field(default_factory=list)
    """What tools told and the caller has not heard yet."""
    reply: str | None = None
    """What is answered to the last line itself, such as «take your time»."""
    resumes: bool = False
    """Whether the open question is asked again behind that reply."""
    asking: Expected | None = None
    """What a tool's answer makes the next question be about."""
    told: str = ""
    """Our last words."""
    said: str = ""
    """All our words so far."""
    failures: int = 0
    """Lines in a row that were not understood."""
    puzzled: bool = False
    """The last line was not understood."""
    ended: bool = False
    more: bool = True
    """Whether «anything else» is asked next."""

    @property
    def wish(self) -> Wish | None:
        return self.wishes[0] if self.wishes else None

    @property
    def words(self) -> str:
        """The caller's own words for what is wanted, of the wishes that wait as well."""
        return ". ".join(wish.said for wish in self.wishes if wish.said)[:LONGEST_WORDS]

    def handed_over(self) -> "Memory":
        """What another agent begins with: who the caller is, what was told, and nothing that is open."""
        goals = self.dialogue.goal
        lasting = {slot for goal in goals.values() if goal.once for slot in goal.slots}
        known = {slot: value for wish in self.wishes for slot, value in wish.values.items() if slot in lasting}
        reached = {name for name in self.reached if goals[name].once}
        return Memory(
            self.dialogue,
            shared=self.shared | known,
            reached=reached,
            closed=self.closed,
            ran=self.ran,
            told=self.told,
            said=self.said,
        )

    def go_on_in(self, dialogue: Dialogue) -> None:
        """The same talk in another language: what the dialogue in it has by the same name stays."""
        names = dialogue.slot.keys() | dialogue.goal.keys()
        self.dialogue = dialogue
        self.wishes = [wish for wish in self.wishes if wish.goal in names]
        self.shared = {slot: value for slot, value in self.shared.items() if slot in names}
        self.reached &= names
        self.expected = self.expected if self.expected.name in {*names, ""} else Expected()

    def value(self, slot: str) -> Any:
        """What is known for a slot: the wish's own before what belongs to all."""
        if self.wish is not None and slot in self.wish.values:
            return self.wish.values[slot]
        return self.shared.get(slot, self.dialogue.slot[slot].default)

    def forget(self, slot: str) -> None:
        self.shared.pop(slot, None)
        for wish in self.wishes:
            wish.values.pop(slot, None)
            wish.confirmed = False

    def owns(self, slot: str) -> bool:
        """Whether a value of it belongs to the wish that is talked about."""
        return self.wish is not None and slot in self.dialogue.goal[self.wish.goal].slots

    def keep(self, values: dict[str, Any]) -> None:
        """Takes values up: for the wish that is talked about, or for all."""
        for slot, value in values.items():
            home = self.wish.values if self.wish is not None and self.owns(slot) else self.shared
            merge = getattr(home.get(slot), "changed", None)
            home[slot] = merge(value) if merge else value
            for void in self.dialogue.slot[slot].clears:
                if void not in values:
                    self.forget(void)
            if self.wish is not None and self.owns(slot):
                self.wish.confirmed = False

    def end_wish(self, *, keep: bool = False) -> None:
        """The wish is over. What was said for it goes, unless a further one may be about the same."""
        ended = self.wishes.pop(0)
        lasting = {slot for slot in ended.values if keep or self.dialogue.slot[slot].lasts}
        self.shared |= {slot: ended.values[slot] for slot in lasting}

    def result(self, tool: str) -> Any:
        return self.ran[tool].result if tool in self.ran else None


def parsed(output: str) -> Any:
    """A tool's answer as data; a plain sentence stays one."""
    try:
        return json.loads(output)
    except json.JSONDecodeError:
        return output


def status_of(result: Any, is_error: bool) -> str:
    if is_error:
        return "error"
    return str(result.get("status", "ok")) if isinstance(result, dict) else "ok"


def outcome_of(dialogue: Dialogue, tool: str, status: str) -> Outcome:
    return dialogue.use(tool).outcome.get(status, Outcome(more=True))


def goals_of(dialogue: Dialogue, tool: str) -> Sequence[str]:
    return [name for name, goal in dialogue.goal.items() if goal.tool == tool]
