"""What is done next: a question, an answer, or a tool. It decides from the memory alone and changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from speech.brain.choices import Picked, follow, listed_choices, named_things, pick_record, pick_time
from speech.brain.dialogue import Choices, Slot, language
from speech.brain.items import Item, wanted_items
from speech.brain.memory import Expected, Memory, Wish
from speech.brain.wishes import Choice, DayWish, ItemsWish, RecordWish, TimeWish
from speech.brain.wording import render, sentences
from speech.times import Frame, spoken_time

FEW_FAILURES = 2
"""Lines not understood before something else is offered than asking again."""
EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Plan:
    """One step of ours."""

    text: str = ""
    tool: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)
    drops: bool = False
    """The wish ends with it."""
    settles: str | None = None
    """The slot in which something that can't be had was named; said once, it counts no more."""


@dataclass(frozen=True)
class _Blocked(Exception):
    """The wish cannot go on before this step."""

    plan: Plan


class Policy:
    """Decides one step."""

    def __init__(self, memory: Memory, frame: Frame | None) -> None:
        self._memory, self._frame = memory, frame
        self._dialogue = memory.dialogue
        self._language = language(self._dialogue.language)

    def step(self) -> Plan:
        memory = self._memory
        lead = " ".join(memory.untold)
        if memory.ended:
            return Plan(lead)
        if memory.reply is not None:
            return self._reply(lead, memory.reply)
        if memory.puzzled:
            return self._puzzled()
        if memory.asking is not None:
            return self._ask_again(lead, memory.asking)
        if memory.wish is not None:
            return self._towards(memory.wish, lead)
        return self._what_else(lead)

    def line(self, name: str, **known: Any) -> str:
        template = self._dialogue.lines.get(name, self._language.lines[name])
        return render(template, {"can": self._dialogue.can, **known})

    def _reply(self, lead: str, reply: str) -> Plan:
        """To what was said beside the matter; then back to it."""
        memory = self._memory
        if memory.expected.kind in {"", "more"} or memory.wish is None:
            return Plan(_joined(lead, reply), expected=memory.expected)
        again = self._question(memory.wish) if memory.resumes else ""
        return Plan(_joined(lead, reply, again), expected=memory.expected)

    def _puzzled(self) -> Plan:
        memory = self._memory
        if memory.failures > FEW_FAILURES and (resort := self._dialogue.last_resort) is not None:
            offer = self._dialogue.goal[resort].offer or self.line("choices")
            return Plan(_joined(self.line("last_resort"), offer), expected=Expected("offer", resort))
        if memory.failures > FEW_FAILURES:
            return Plan(self.line("no_help"), expected=memory.expected)
        if memory.failures == FEW_FAILURES:
            return Plan(self.line("choices"), expected=memory.expected)
        if memory.wish is None:
            return Plan(_joined(self.line("pardon"), self._dialogue.can), expected=memory.expected)
        return Plan(_joined(self.line("pardon"), self._question(memory.wish)), expected=memory.expected)

    def _question(self, wish: Wish) -> str:
        """What was asked, in its own words; what a tool asked as it was said."""
        plan = self._towards(wish, "")
        return plan.text if plan.tool is None else sentences(self._memory.told)[-1] if self._memory.told else ""

    def _ask_again(self, lead: str, asking: Expected) -> Plan:
        slot = self._dialogue.slot.get(asking.name)
        question = "" if slot is None or lead.endswith("?") else slot.ask
        if asking.offered and slot is not None and not lead.endswith("?"):
            question = self._offer_text(slot, asking.offered)
        return Plan(_joined(lead, question), expected=asking)

    def _what_else(self, lead: str) -> Plan:
        if not lead:
            return Plan(self.line("what_else"), expected=Expected("more"))
        if lead.endswith("?") or not self._memory.more:
            return Plan(lead)
        return Plan(_joined(lead, self.line("anything_else")), expected=Expected("more"))

    def _towards(self, wish: Wish, lead: str) -> Plan:
        """The next step towards what is wanted."""
        try:
            plan = self._step_of(wish.goal, wish)
        except _Blocked as blocked:
            plan = blocked.plan
        if plan.tool is not None:
            leads = plan.text or self._dialogue.goal[wish.goal].hands_over
            return Plan(_joined(lead if leads else "", plan.text), plan.tool, plan.arguments, plan.expected)
        return replace(plan, text=_joined(lead, plan.text))

    def _step_of(self, name: str, wish: Wish) -> Plan:
        goal = self._dialogue.goal[name]
        if name in self._memory.closed:
            return Plan(self._memory.closed[name], drops=True)
        for before in goal.after:
            if before not in self._memory.reached:
                return self._step_of(before, wish)
        for tool in goal.looks_up:
            self._looked_up(tool, wish)
        known = {slot: self._settled(slot, wish) for slot in goal.slots}
        if goal.one_of and all(known[slot] is None for slot in goal.one_of):
            return Plan(render(goal.one_of_ask, self._known(known)), expected=Expected("slot", goal.one_of[0]))
        if goal.confirm is not None and not wish.confirmed:
            return Plan(render(goal.confirm, self._known(known)), expected=Expected("confirm", name))
        assert goal.tool is not None
        announced = render(goal.announce, self._known(known)) if goal.announce else ""
        return Plan(announced, goal.tool, self._arguments(goal.tool, known, goal.args))

    def _settled(self, name: str, wish: Wish) -> Any:
        """The value of a slot, as tools want it; `_Blocked` with the question where it is not known."""
        slot, value = self._dialogue.slot[name], self._memory.value(name)
        if slot.choices is not None:
            return self._chosen(name, slot, slot.choices, value, wish)
        if isinstance(value, TimeWish):
            if value.question and value.at is None:
                raise _Blocked(Plan(value.question, expected=Expected("slot", name)))
            value = None if value.at is None else spoken_time(value.at)
        if isinstance(value, DayWish):
            value = self._day(value)
        if isinstance(value, RecordWish):
            value = value.words or None
        if value is None and self._is_needed(slot):
            raise _Blocked(Plan(render(slot.ask, self._known({})), expected=Expected("slot", name)))
        return value

    def _day(self, wish: DayWish) -> str | None:
        if wish.day is None and wish.extreme == "earliest" and self._frame is not None:
            return self._frame.today.isoformat()
        return None if wish.day is None else wish.day.isoformat()

    def _chosen(self, name: str, slot: Slot, choices: Choices, value: Any, wish: Wish) -> Any:
        result = self._looked_up(choices.tool, wish)
        valid = listed_choices(choices.valid, choices, result)
        if choices.shut is not None and (shut := render(choices.shut, self._known({}, result))):
            raise _Blocked(Plan(_joined(shut, self.line("anything_else")), expected=Expected("more"), drops=True))
        if not valid and choices.none is not None:
            raise _Blocked(Plan(render(choices.none, self._known({}, result)), drops=True))
        if slot.type == "items":
            return self._items(name, slot, choices, wish, result)
        if isinstance(value, TimeWish) and value.question and value.at is None:
            raise _Blocked(Plan(value.question, expected=Expected("slot", name)))
        if slot.optional and value is None:
            return None
        suggested = listed_choices(choices.offer, choices, result) if choices.offer else ()
        picked = self._pick(slot, value, valid, suggested, follow(choices.valid, result))
        if picked.one is not None:
            return picked.one.value if slot.type == "time" else picked.one
        if picked.missed and choices.over is not None and choices.over_say is not None:
            past = self._pick(
                slot, value, listed_choices(choices.over, choices, result), (), follow(choices.over, result)
            )
            if past.one is not None:
                raise _Blocked(Plan(render(choices.over_say, self._known({name: past.one}, result)), drops=True))
        raise _Blocked(self._offer(name, slot, choices, picked, result))

    def _pick(
        self, slot: Slot, value: Any, valid: Sequence[Choice], suggested: Sequence[Choice], records: Sequence[Any]
    ) -> Picked:
        if slot.type == "time":
            return pick_time(value, valid, suggested)
        wish = value if isinstance(value, RecordWish) else (RecordWish(words=str(value)) if value else None)
        return pick_record(wish, valid, records)

    def _offer(self, name: str, slot: Slot, choices: Choices, picked: Picked, result: Any) -> Plan:
        missed = render(choices.gone, self._known({}, result)) if picked.missed and choices.gone else ""
        text = self._offer_text(slot, picked.offered, result)
        return Plan(_joined(missed, text), expected=Expected("slot", name, picked.offered))

    def _offer_text(self, slot: Slot, offered: Sequence[Choice], result: Any = None) -> str:
        labels = [one.label for one in offered]
        if slot.choices is not None and slot.choices.ask is not None:
            return render(slot.choices.ask, self._known({"offered": labels}, result))
        return self.line("which_pick", offered=labels)

    def _looked_up(self, tool: str, wish: Wish) -> Any:
        """What the tool told for just these arguments; `_Blocked` with the look-up itself where it has not yet."""
        for needed in self._dialogue.use(tool).needs:
            self._settled(needed, wish)
        known = {name: self._plainly(name) for name in self._dialogue.slot}
        arguments = self._arguments(tool, known)
        ran = self._memory.ran.get(tool)
        if ran is None or ran.arguments != arguments:
            raise _Blocked(Plan(tool=tool, arguments=arguments))
        return ran.result

    def _plainly(self, name: str) -> Any:
        """A slot's value as far as it is known without a look-up."""
        value = self._memory.value(name)
        if isinstance(value, DayWish):
            return self._day(value)
        return None if isinstance(value, TimeWish | RecordWish | ItemsWish) else value

    def _items(self, name: str, slot: Slot, choices: Choices, wish: Wish, result: Any) -> list[dict[str, Any]] | None:
        """The whole list as it shall be; None where nothing was said of it and nothing need be."""
        value, base = self._memory.value(name), self._base(wish)
        lines = value.lines if isinstance(value, ItemsWish) else ()
        wanted = wanted_items(lines, named_things(choices, result), self._language, slot.never, base)
        known = {"wish": wanted.unknown, "nearest": list(wanted.nearest)}
        if wanted.unclear:
            offered = tuple(Choice(one, one) for one in wanted.unclear)
            raise _Blocked(Plan(self._which(wanted.unclear), expected=Expected("slot", name, offered)))
        if wanted.unknown and choices.gone:
            offered = tuple(Choice(one, one) for one in wanted.nearest)
            text = render(choices.gone, self._known(known))
            raise _Blocked(Plan(text, expected=Expected("slot", name, offered), settles=name))
        if lines and base and not wanted.items and choices.none is not None:
            raise _Blocked(Plan(render(choices.none, self._known({})), drops=True))
        if wanted.items == base and self._is_needed(slot):
            raise _Blocked(Plan(render(slot.ask, self._known({})), expected=Expected("slot", name)))
        return None if wanted.items == base else [_as_said(item) for item in wanted.items]

    def _which(self, names: Sequence[str]) -> str:
        return self.line("which_item", offered=list(names))

    def _base(self, wish: Wish) -> tuple[Item, ...]:
        """What there is already of a list that is changed."""
        onto = self._dialogue.goal[wish.goal].onto
        rows = follow(onto.path, self._looked_up(onto.tool, wish)) if onto is not None else []
        return tuple(Item(row["name"], row["quantity"], row.get("note")) for row in rows)

    def _is_needed(self, slot: Slot) -> bool:
        spared = any(self._memory.value(other) is not None for other in slot.spared_by)
        return not (slot.optional or spared) and (slot.when is None or bool(render(slot.when, self._known({}))))

    def _arguments(self, tool: str, known: dict[str, Any], own: Mapping[str, str] = EMPTY) -> dict[str, Any]:
        """The tool's arguments, of which the empty ones are left out."""
        args = {**self._dialogue.use(tool).args, **own}
        pairs = ((name, self._argument(source, known)) for name, source in args.items())
        return {name: value for name, value in pairs if value not in (None, "", [])}

    def _argument(self, source: str, known: dict[str, Any]) -> Any:
        if source in self._dialogue.slot:
            value = known.get(source)
            return value.value if isinstance(value, Choice) else value
        return render(source, self._known(known))

    def _known(self, settled: dict[str, Any], result: Any = None) -> dict[str, Any]:
        """What a template may name: every slot, empty where nothing is known; the result's own fields; the part of the
        day."""
        known: dict[str, Any] = {"part": self._part(), "offered": [], "wish": "", "nearest": [], "can": ""}
        known |= {"words": self._memory.words, "chosen": {}, "results": self._results()}
        known |= {"goal": self._memory.wish.goal if self._memory.wish else "", "reached": self._memory.reached}
        known["ran"] = {tool: ran.result for tool, ran in self._memory.ran.items()}
        known |= {name: "" if (value := self._plainly(name)) is None else value for name in self._dialogue.slot}
        known |= result if isinstance(result, dict) else {}
        known |= {name: "" if value is None else _told(value) for name, value in settled.items()}
        known["chosen"] = {name: value.record for name, value in settled.items() if isinstance(value, Choice)}
        return known

    def _results(self) -> dict[str, Any]:
        return {name: ran.result for name, ran in self._memory.ran.items()}

    def _part(self) -> str:
        parts = (value.part for value in self._timed() if value.part)
        return next(parts, "")

    def _timed(self) -> Iterator[DayWish | TimeWish]:
        for name in self._dialogue.slot:
            value = self._memory.value(name)
            if isinstance(value, DayWish | TimeWish):
                yield value


def _as_said(item: Item) -> dict[str, Any]:
    said: dict[str, Any] = {"name": item.name, "quantity": item.quantity}
    return said if item.note is None else {**said, "note": item.note}


def _told(value: Any) -> Any:
    return value.label if isinstance(value, Choice) else value


def _joined(*texts: str) -> str:
    return " ".join(text for text in texts if text)
