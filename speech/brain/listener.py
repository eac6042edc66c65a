"""What a caller's line changes: answers to what was asked, new wishes, values for them, small talk."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from speech.brain.choices import clock_of, follow, named_things
from speech.brain.dialogue import language
from speech.brain.hearing import Asked, Heard, Wanted, hear
from speech.brain.memory import Expected, Memory, Wish
from speech.brain.mentions import Named
from speech.brain.policy import Policy
from speech.brain.wishes import Choice, DayWish, ItemsWish, RecordWish, TimeWish, shifted
from speech.brain.wording import render
from speech.times import Frame


class Listener:
    """Takes a line up into the memory of the talk."""

    def __init__(self, memory: Memory, frame: Frame | None) -> None:
        self.memory, self._frame = memory, frame
        self._dialogue = memory.dialogue
        self._language = language(self._dialogue.language)

    def take(self, text: str) -> None:
        memory = self.memory
        memory.reply, memory.puzzled, memory.asking, memory.more = None, False, None, True
        heard = hear(text, self._dialogue, self._asked(), self._frame_now())
        if heard.text:
            self._understand(heard)

    def take_over(self, texts: Sequence[str]) -> None:
        """What a caller was handed over for, in whichever of these words it is understood. Nobody hands it on as a
        whole: then two agents could send a caller to and fro."""
        for text in texts:
            heard = hear(text, self._dialogue, Asked(), self._frame)
            own = [one for one in heard.wanted if not self._dialogue.goal[one.goal].hands_over]
            begins = any(self._dialogue.slot[slot].starts for slot in heard.values)
            if own or (begins and not heard.wanted):
                self._understand(replace(heard, wanted=(*own, *(one for one in heard.wanted if one not in own))))
                return
        if not texts or not self._anything(Heard(texts[0])):
            self._reply("help", resumes=False)

    def _asked(self) -> Asked:
        memory = self.memory
        return Asked(
            slot=memory.expected.name if memory.expected.kind == "slot" else None,
            goal=memory.wish.goal if memory.wish else None,
            offered=memory.expected.name if memory.expected.kind == "offer" else None,
            reached=frozenset(memory.reached),
            menu=self._menu(),
            last=memory.last,
            echoes=tuple(self._echoes()),
            settles_time=memory.expected.kind in {"confirm", "change"} and self._slot_of_type("time") is not None,
        )

    def _echoes(self) -> Iterator[tuple[str, str]]:
        for name, slot in self._dialogue.slot.items():
            if slot.echo is not None and (result := self.memory.result(slot.echo.tool)) is not None:
                yield from ((name, str(text)) for text in follow(slot.echo.path, result))

    def _menu(self) -> tuple[Named, ...]:
        """What can be had, as far as it has been looked up."""
        lists = [slot for slot in self._dialogue.slot.values() if slot.type == "items"]
        slot = lists[0] if lists else None
        if slot is None or slot.choices is None or (result := self.memory.result(slot.choices.tool)) is None:
            return ()
        return named_things(slot.choices, result)

    def _slot_of_type(self, kind: str) -> str | None:
        """The slot of a type that the wish has."""
        slots = self._dialogue.goal[self.memory.wish.goal].slots if self.memory.wish is not None else ()
        return next((slot for slot in slots if self._dialogue.slot[slot].type == kind), None)

    def _frame_now(self) -> Frame | None:
        """The clock, with the time that is being talked about: «an hour later» than that."""
        about = self._about()
        return self._frame if self._frame is None or about is None else replace(self._frame, about=about)

    def _about(self) -> datetime | None:
        values = list(self.memory.wish.values.values()) if self.memory.wish is not None else []
        day = next((one.day for one in values if isinstance(one, DayWish) and one.day is not None), None)
        clock = next((_clock(one) for one in values if isinstance(one, TimeWish)), None)
        if day is None or clock is None or self._frame is None:
            return None
        return datetime.combine(day, clock, tzinfo=self._frame.now.tzinfo)

    def _understand(self, heard: Heard) -> None:
        memory = self.memory
        understood = (
            self._echoed(heard)
            or self._emergency(heard)
            or self._aside(heard)
            or self._picked(heard)
            or self._others(heard)
            or self._enough(heard)
            or self._farewell(heard)
            or self._answered(heard)
            or self._wanted(heard)
            or self._filled(heard)
            or self._small_talk(heard)
            or self._opened(heard)
            or self._anything(heard)
        )
        memory.failures = 0 if understood else memory.failures + 1
        memory.puzzled = not understood
        self._say_what_needs_no_tool()

    def _echoed(self, heard: Heard) -> bool:
        """Our own words, said after us."""
        goal = self._dialogue.slot[heard.echo].starts if heard.echo is not None else None
        if goal is None:
            return False
        self._begin(goal, heard.values)
        return True

    def _emergency(self, heard: Heard) -> bool:
        if not heard.does("emergency"):
            return False
        self._reply("emergency", resumes=False)
        return True

    def _aside(self, heard: Heard) -> bool:
        """«Wait», «what did you say?»: nothing changes."""
        if heard.wanted or heard.values:
            return False
        if heard.does("repeat"):
            self.memory.reply, self.memory.resumes = self.memory.told or self._line_of("nothing_said"), False
            return True
        if heard.does("wait") and not heard.does("instead"):
            self._reply("wait", resumes=False)
            return True
        return False

    def _picked(self, heard: Heard) -> bool:
        """«The second one» of what was offered; also while another one of them is read back."""
        expected = self._offer_to_pick_from()
        if heard.ordinal is None or not expected.offered or heard.wanted:
            return False
        number = heard.ordinal - 1 if heard.ordinal > 0 else len(expected.offered) - 1
        if number >= len(expected.offered):
            return False
        self._choose(expected.name, expected.offered[number])
        return True

    def _offer_to_pick_from(self) -> Expected:
        expected, last = self.memory.expected, self.memory.offered
        reads_back = expected.kind in {"confirm", "change"} and self.memory.owns(last.name)
        return last if reads_back and not expected.offered else expected

    def _others(self, heard: Heard) -> bool:
        """«Anything later?», «another day»: other ones than those offered."""
        slot, day = self._slot_of_type("time"), self._slot_of_type("date")
        if heard.wanted or heard.reading.at is not None:
            return False
        if heard.does("other_day") and day is not None and heard.reading.day is None:
            self.memory.forget(day)
            return True
        clocks = [clock for one in self.memory.expected.offered if (clock := clock_of(one.label)) is not None]
        if slot is None or not clocks or self.memory.expected.name != slot:
            return False
        wish = shifted(heard.acts, clocks)
        if wish is not None:
            self.memory.keep({**heard.values, slot: wish})
        return wish is not None

    def _choose(self, slot: str, choice: Choice) -> None:
        if self._dialogue.slot[slot].type == "time":
            self.memory.keep({slot: TimeWish(label=choice.label)})
        elif self._dialogue.slot[slot].type in {"code", "text"}:
            self.memory.keep({slot: str(choice.value)})
        elif self._dialogue.slot[slot].type == "items":
            self.memory.keep({slot: ItemsWish((choice.label,))})
        elif self._dialogue.slot[slot].type == "record" or self._dialogue.slot[slot].choices is not None:
            self.memory.keep({slot: RecordWish(value=str(choice.value))})
        else:
            self.memory.keep({slot: str(choice.value)})

    def _answered(self, heard: Heard) -> bool:
        """Yes and no to what was asked."""
        expected, says_yes = self.memory.expected, heard.says_yes
        if heard.does("never_mind") and self.memory.wish is not None and not heard.values:
            return self._gives_way(heard) or self._drop()
        if says_yes is None or any(one.goal != self._goal() or one.values for one in heard.wanted):
            return False
        if expected.open is not None and not heard.only_acts:
            return False
        match expected.kind:
            case "confirm" if not heard.values or (says_yes and self._changes_nothing(heard)):
                return self._confirmed(says_yes)
            case "offer":
                return self._offered(says_yes, expected.name, heard)
            case "more" if not heard.values:
                return self._more(says_yes)
            case "slot" if not says_yes and not heard.values and self._goes_without(expected):
                return True
            case "change" | "slot" if not says_yes and not heard.values and heard.only_acts:
                return self.memory.wish is not None and self._drop()
            case _:
                return False

    def _changes_nothing(self, heard: Heard) -> bool:
        """«Yes, the nine o'clock»: what was read back is said once more."""
        before = Policy(self.memory, self._frame).step()
        self.memory.keep(heard.values)
        return before == Policy(self.memory, self._frame).step()

    def _gives_way(self, heard: Heard) -> bool:
        """«Never mind, could you rather …»: the wish ends without a word, and another begins."""
        if not any(one.goal != self._goal() for one in heard.wanted):
            return False
        self.memory.end_wish()
        return self._wanted(heard)

    def _goal(self) -> str | None:
        return self.memory.wish.goal if self.memory.wish is not None else None

    def _goes_without(self, expected: Expected) -> bool:
        """No to all that was offered in place of one thing of a list: the others are still wanted."""
        return bool(expected.offered) and isinstance(self.memory.value(expected.name), ItemsWish)

    def _confirmed(self, yes: bool) -> bool:
        memory = self.memory
        if memory.wish is None:
            return False
        if yes:
            memory.wish.confirmed = True
        else:
            self._reply("change", resumes=False)
            memory.expected = Expected("change", memory.wish.goal)
        return True

    def _offered(self, yes: bool, goal: str, heard: Heard) -> bool:
        self.memory.expected = Expected()
        if yes:
            self._begin(goal, {})
            self.memory.keep(heard.values)
        elif heard.values:
            return False
        elif self.memory.wish is not None:
            self._drop()
        elif (otherwise := self._dialogue.goal[goal].otherwise) is not None:
            self._begin(otherwise, {})
        else:
            self.memory.untold.append(self._dialogue.goal[goal].dropped or self._line_of("dropped"))
        return True

    def _more(self, yes: bool) -> bool:
        if yes:
            self._reply("what_else", resumes=False)
        elif self._dialogue.goodbye is not None:
            self._begin(self._dialogue.goodbye, {})
        else:
            self.memory.untold.append(self._line_of("goodbye"))
            self.memory.more = False
        return True

    def _drop(self) -> bool:
        memory = self.memory
        assert memory.wish is not None
        said = self._dialogue.goal[memory.wish.goal].dropped or self._line_of("dropped")
        memory.untold.append(said)
        memory.end_wish()
        memory.expected = Expected()
        return True

    def _wanted(self, heard: Heard) -> bool:
        """New wishes, and more about the one that is talked about."""
        memory = self.memory
        fresh = self._in_turn([one for one in heard.wanted if not self._is_reached(one.goal, one.values)])
        if not fresh:
            return False
        memory.keep(heard.values)
        current = memory.wish.goal if memory.wish is not None else None
        for number, one in enumerate(fresh):
            if one.goal == current:
                memory.keep(one.values)
            else:
                self._begin(one.goal, one.values, one.said, behind=number > 0)
        return True

    def _in_turn(self, fresh: list[Wanted]) -> list[Wanted]:
        """In the order in which they were said; but what can be answered at once comes before another agent."""
        goals = [self._dialogue.goal[one.goal] for one in fresh]
        if not any(goal.confirm is None and not goal.hands_over for goal in goals):
            return fresh
        return sorted(fresh, key=lambda one: self._dialogue.goal[one.goal].hands_over)

    def _is_reached(self, goal: str, values: dict[str, Any]) -> bool:
        return self._dialogue.goal[goal].once and goal in self.memory.reached and not values

    def _begin(self, goal: str, values: dict[str, Any], said: str = "", *, behind: bool = False) -> None:
        """A wish of its own. One that is to be confirmed replaces another such: the caller changed their mind."""
        goal = (self._dialogue.goal[goal].again if goal in self.memory.reached else None) or goal
        memory, wish = self.memory, Wish(goal, said=said)
        own = self._dialogue.goal[goal].slots
        if not behind and memory.wish is not None and self._replaces(goal, memory.wish.goal):
            memory.end_wish()
        if self._dialogue.goal[goal].ends:
            memory.wishes.clear()
        memory.wishes.insert(len(memory.wishes) if behind else 0, wish)
        wish.values = {slot: value for slot, value in values.items() if slot in own}
        memory.shared |= {slot: value for slot, value in values.items() if slot not in own}

    def _replaces(self, new: str, current: str) -> bool:
        """A mere answer, that needs no tool and offers nothing, takes no other wish's place."""
        goals = self._dialogue.goal
        needed = new in goals[current].after or (goals[new].tool is None and goals[new].offers is None)
        return not needed and (goals[new].confirm is not None or goals[current].confirm is None)

    def _filled(self, heard: Heard) -> bool:
        """Values for what is talked about, or such as begin a wish."""
        memory = self.memory
        if not heard.values:
            return False
        if memory.wish is None:
            begins = [goal for slot in heard.values if (goal := self._dialogue.slot[slot].starts) is not None]
            if not begins and memory.expected.kind != "slot":
                return False
            memory.keep(heard.values)
            if begins and not self._is_reached(begins[0], {}):
                self._begin(begins[0], {}, heard.said)
            return bool(begins)
        memory.keep(heard.values)
        return True

    def _enough(self, heard: Heard) -> bool:
        """«That's all» about what is talked about: it is complete."""
        if not heard.does("enough") or self.memory.wish is None or heard.wanted or heard.values:
            return False
        return self.memory.expected.kind != "confirm" or (heard.says_yes is not False and self._confirmed(True))

    def _farewell(self, heard: Heard) -> bool:
        leaves = heard.does("goodbye") or heard.does("enough")
        if not leaves or self._dialogue.goodbye is None or heard.wanted or heard.values:
            return False
        self._begin(self._dialogue.goodbye, {})
        return True

    def _small_talk(self, heard: Heard) -> bool:
        for act, line in self._language.answers.items():
            if heard.does(act):
                self._reply(line, resumes=True)
                return True
        if heard.does("thanks") and self.memory.expected.kind in {"", "more", "offer"}:
            self.memory.untold.append(self._line_of("welcome"))
            return True
        if heard.does("thanks") and self.memory.expected.kind == "offer":
            self._reply("welcome", resumes=True)
            return True
        if heard.does("hello") and self.memory.wish is None:
            self._reply("hello", resumes=True)
            return True
        return False

    def _opened(self, heard: Heard) -> bool:
        """Any answer to a question that has no list of answers."""
        goal = self.memory.expected.open
        if goal is None or self.memory.wish is not None:
            return False
        self._begin(goal, heard.values)
        return True

    def _anything(self, heard: Heard) -> bool:
        """What fits nothing else, where there is a goal for that."""
        goal = self._dialogue.fallback
        if goal is None or len(heard.text.split()) < 2 or self.memory.wish is not None or heard.acts:
            return False
        slots = self._dialogue.goal[goal].slots
        values = {slot: heard.text for slot in slots if self._dialogue.slot[slot].type == "words"}
        self._begin(goal, values, heard.text)
        return True

    def _say_what_needs_no_tool(self) -> None:
        memory = self.memory
        while memory.wish is not None and self._dialogue.goal[memory.wish.goal].tool is None:
            goal = self._dialogue.goal[memory.wish.goal]
            results = {name: ran.result for name, ran in memory.ran.items()}
            known = {"can": self._dialogue.can, "results": results, "said": memory.said}
            memory.untold.append(render(goal.say or "", known))
            memory.end_wish()
            memory.more = memory.more and goal.more and not goal.ends
            if goal.offers is not None:
                memory.asking = Expected("offer", goal.offers)

    def _reply(self, line: str, *, resumes: bool) -> None:
        self.memory.reply, self.memory.resumes = self._line_of(line), resumes

    def _line_of(self, name: str) -> str:
        return Policy(self.memory, self._frame).line(name)


def _clock(wish: TimeWish) -> time | None:
    return clock_of(wish.label) if wish.label is not None else wish.at
