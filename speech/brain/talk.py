"""The chat context, read from its beginning: what each line, each answer of ours and each tool's result changes."""

from collections.abc import Sequence
from typing import Any

from livekit.agents import llm
from rapidfuzz import fuzz

from speech.brain.choices import listed_choices
from speech.brain.dialogue import Dialogue, language
from speech.brain.listener import Listener
from speech.brain.memory import Expected, Memory, parsed
from speech.brain.outcomes import Outcomes
from speech.brain.phrases import find, plain
from speech.brain.policy import Plan, Policy
from speech.brain.tongue import answered_in
from speech.brain.wishes import Choice, ItemsWish
from speech.times import Frame

SAME_WORDS = 92
"""rapidfuzz's score from which our own last words are those that would be said."""


class Talk:
    """Follows a talk item by item."""

    def __init__(self, dialogue: Dialogue, frame: Frame | None, others: Sequence[Dialogue] = ()) -> None:
        self._dialogue, self._frame = dialogue, frame
        self._dialogues = {one.language: one for one in (*others, dialogue)}
        self.memory = Memory(dialogue)
        self._language = language(dialogue.language)
        self._calls: dict[str, dict[str, Any]] = {}
        self._last_line, self._last_call = "", ""

    def follow(self, items: Sequence[llm.ChatItem]) -> Memory:
        kept = list(_without_broken_off(items))
        for item, spoken in zip(kept, answered_in(kept, tuple(self._dialogues), self._dialogue.language), strict=True):
            self._speak(spoken)
            match item.type:
                case "message" if item.role == "user":
                    self._line(item.text_content or "")
                case "message" if item.role == "assistant":
                    self._our_words(item.text_content or "", item.interrupted)
                case "function_call":
                    arguments = parsed(item.arguments or "{}")
                    self._calls[item.call_id] = arguments if isinstance(arguments, dict) else {}
                    self._last_call = item.call_id
                case "function_call_output":
                    Outcomes(self.memory).take(item, self._calls.get(item.call_id, {}))
                case "agent_handoff":
                    self._handed_over()
                case _:
                    pass
        return self.memory

    def _speak(self, spoken: str) -> None:
        if spoken != self.memory.dialogue.language:
            self._dialogue, self._language = self._dialogues[spoken], language(spoken)
            self.memory.go_on_in(self._dialogue)

    def plan(self) -> Plan:
        return Policy(self.memory, self._frame).step()

    def _line(self, text: str) -> None:
        self._last_line = text
        Listener(self.memory, self._frame).take(text)

    def _our_words(self, text: str, interrupted: bool) -> None:
        """What we said, and so what the next line may answer."""
        memory = self.memory
        planned = self.plan()
        same = planned.text.startswith(text.strip()) if interrupted else _alike(planned.text, text)
        memory.expected = planned.expected if same else self._guessed(text)
        if not memory.expected.kind:
            memory.expected = self._offer_in(text)
        memory.offered = memory.expected if memory.expected.offered else memory.offered
        if same and planned.drops and memory.wish is not None:
            memory.end_wish()
        if same and planned.settles is not None:
            memory.keep({planned.settles: ItemsWish(("",))})
        memory.told = memory.told if memory.reply == self._waiting() else text
        memory.said = f"{memory.said} {text}"
        memory.untold, memory.reply, memory.asking, memory.puzzled = [], None, None, False

    def _waiting(self) -> str:
        """«Take your time»: what was said before it is still what may be asked for again."""
        return Policy(self.memory, self._frame).line("wait")

    def _guessed(self, text: str) -> Expected:
        """What somebody else's question was about, by its words."""
        question, memory = plain(text.rsplit(".", 1)[-1]), self.memory
        wish = memory.wish
        if (
            wish is not None
            and self._dialogue.goal[wish.goal].confirm
            and find(self._language.asks_to_confirm, question)
        ):
            return Expected("confirm", wish.goal)
        for name, slot in self._dialogue.slot.items():
            if "?" in text and slot.ask and (find(slot.cues, question) or find(slot.asked_with, question)):
                return Expected("slot", name, self._offered_in(name, text))
        return Expected("more") if find(self._language.asks_for_more, question) else Expected()

    def _offer_in(self, text: str) -> Expected:
        """The goal that our words offer."""
        small = plain(text)
        found = (name for name, goal in self._dialogue.goal.items() if find(goal.asked_with, small))
        return Expected("offer", name) if (name := next(found, None)) else Expected()

    def _offered_in(self, name: str, text: str) -> tuple[Choice, ...]:
        choices = self._dialogue.slot[name].choices
        if choices is None or (result := self.memory.result(choices.tool)) is None:
            return ()
        return tuple(one for one in listed_choices(choices.valid, choices, result) if one.label in text)

    def _handed_over(self) -> None:
        """Another agent: what it was called for is the reason that the one before gave, or the caller's last line."""
        self.memory = self.memory.handed_over()
        reasons = [text for text in self._calls.get(self._last_call, {}).values() if isinstance(text, str)]
        Listener(self.memory, self._frame).take_over([text for text in (*reasons, self._last_line) if text])


def _without_broken_off(items: Sequence[llm.ChatItem]) -> Sequence[llm.ChatItem]:
    """Without words at the end that another model began to answer with: the answer is still owed, as a whole."""
    end = len(items)
    while end and _is_aside(items[end - 1]):
        end -= 1
    return items[:end]


def _is_aside(item: llm.ChatItem) -> bool:
    if item.type != "message":
        return False
    return item.role in {"system", "developer"} or (item.role == "assistant" and item.interrupted)


def _alike(planned: str, said: str) -> bool:
    return bool(planned) and fuzz.ratio(plain(planned), plain(said)) >= SAME_WORDS
