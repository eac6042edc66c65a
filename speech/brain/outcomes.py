"""What a tool's answer changes: what is told of it, and what becomes of the wish."""

from datetime import date
from typing import Any

from livekit.agents import llm

from speech.brain.choices import follow, listed_choices
from speech.brain.dialogue import Outcome, language
from speech.brain.memory import Expected, Memory, Ran, Wish, goals_of, outcome_of, parsed, status_of
from speech.brain.wishes import Choice, DayWish, ItemsWish
from speech.brain.wording import render

LOOKED_UP = {"ok", "found"}


class Outcomes:
    """Takes tools' answers up into the memory of the talk."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._dialogue = memory.dialogue

    def take(self, item: llm.FunctionCallOutput, arguments: dict[str, Any]) -> None:
        memory, result = self.memory, parsed(item.output)
        memory.ran[item.name] = Ran(arguments, result)
        status = status_of(result, item.is_error)
        self._learn(item.name, result)
        outcome = outcome_of(self._dialogue, item.name, status)
        self._catch_up(item.name)
        looked_up = memory.wish is None or self._dialogue.goal[memory.wish.goal].tool != item.name
        before = self._needed_before(item.name)
        if looked_up and not before and status in LOOKED_UP:
            return
        if outcome.done:
            memory.reached.update((*goals_of(self._dialogue, item.name), *outcome.reaches))
        known = {"pending": len(memory.wishes) > (not looked_up), "result": result}
        self._told(outcome, None if looked_up else self._own_words(outcome), status, result, known)
        if outcome.closes:
            memory.closed |= dict.fromkeys(goals_of(self._dialogue, item.name), " ".join(memory.untold))
        self._settle(outcome, item.name, result, looked_up=looked_up)

    def _learn(self, tool: str, result: Any) -> None:
        """What a result tells for slots, whoever's tool it was."""
        for name, slot in self._dialogue.slot.items():
            path = slot.told_in.get(tool)
            if path is not None and (told := follow(path, result)):
                self.memory.shared[name] = told[0]

    def _catch_up(self, tool: str) -> None:
        """Follows a tool that another model used, or that was used before the talk was read: it was wanted."""
        memory, goals = self.memory, goals_of(self._dialogue, tool)
        if any(tool in goal.behind for goal in self._dialogue.goal.values()):
            memory.last = tool
        if memory.wish is None and goals and not self._needed_before(tool):
            memory.wishes.append(Wish(goals[0]))

    def _needed_before(self, tool: str) -> bool:
        """Whether the tool reaches a goal that must come before others."""
        first = {name for goal in self._dialogue.goal.values() for name in goal.after}
        return any(name in first for name in goals_of(self._dialogue, tool))

    def _own_words(self, outcome: Outcome) -> str | None:
        """How the goal itself tells what it was reached with."""
        wish = self.memory.wish
        return self._dialogue.goal[wish.goal].say if wish is not None and outcome.done else None

    def _told(self, outcome: Outcome, own: str | None, status: str, result: Any, known: dict[str, Any]) -> None:
        fields = result if isinstance(result, dict) else {}
        if (template := own or outcome.say) is not None:
            said = render(template, {"message": "", **fields, **known, **self._said_values()})
        elif status == "error":
            said = result if isinstance(result, str) and result else language(self._dialogue.language).lines["failed"]
        else:
            said = str(fields.get("message", ""))
        if said:
            self.memory.untold.append(said)

    def _said_values(self) -> dict[str, Any]:
        wish = self.memory.wish
        slots = self._dialogue.goal[wish.goal].slots if wish is not None else ()
        values = {slot: self.memory.value(slot) for slot in slots}
        return {"asked": {slot: value for slot, value in values.items() if value is not None}}

    def _settle(self, outcome: Outcome, tool: str, result: Any, *, looked_up: bool) -> None:
        """What the outcome makes of the wish."""
        memory = self.memory
        self._forget_secrets()
        asked = self._slot_asked(outcome, result)
        goes_on = asked is not None and self._dialogue.slot[asked].type == "items"
        for slot in (*outcome.clear, *([asked] if asked is not None and not goes_on else [])):
            memory.forget(slot)
        for slot, path in outcome.take.items():
            if self._dialogue.slot[slot].type != "items":  # of those there may be more than the result tells
                memory.forget(slot)
            if (value := next(iter(follow(path, result)), None)) is not None:
                memory.keep({slot: self._taken(slot, value)})
        if outcome.first is not None:
            memory.reached.discard(outcome.first)
            memory.more = False
        if outcome.done and not looked_up:
            self._fulfilled(tool)
        if asked is not None:
            memory.asking = Expected("slot", asked, self._choices(outcome, result, asked))
        elif outcome.offer is not None and not (outcome.done and memory.wish is not None):
            memory.asking = Expected("offer", self._rendered(outcome.offer, result), open=outcome.open)
        elif not (outcome.done or outcome.first or outcome.goes_on) and memory.wish is not None:
            memory.end_wish()
        memory.more = memory.more and outcome.more

    def _fulfilled(self, tool: str) -> None:
        memory = self.memory
        assert memory.wish is not None
        goal = self._dialogue.goal[memory.wish.goal]
        memory.ended = memory.ended or goal.ends
        memory.end_wish(keep=goal.remembers)
        memory.ran = {name: ran for name, ran in memory.ran.items() if name == tool}

    def _forget_secrets(self) -> None:
        for name, slot in self._dialogue.slot.items():
            if slot.secret:
                self.memory.forget(name)

    def _slot_asked(self, outcome: Outcome, result: Any) -> str | None:
        return (self._rendered(outcome.ask, result) or None) if outcome.ask else None

    def _rendered(self, name: str, result: Any) -> str:
        fields = result if isinstance(result, dict) else {}
        return render(name, {**fields, **self._said_values()})

    def _taken(self, slot: str, value: Any) -> Any:
        match self._dialogue.slot[slot].type:
            case "items":
                return ItemsWish((str(value),))
            case "date":
                return DayWish(date.fromisoformat(str(value)))
            case _:
                return value

    def _choices(self, outcome: Outcome, result: Any, asked: str) -> tuple[Choice, ...]:
        choices = self._dialogue.slot[asked].choices
        if outcome.choices is None:
            return ()
        if choices is None:
            return tuple(Choice(one, str(one)) for one in follow(outcome.choices, result))
        return listed_choices(outcome.choices, choices, result)
