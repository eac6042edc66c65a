"""The embedded engine itself, with a desk that exists only here: adding one needs a file and no code."""

from pathlib import Path
from typing import Any

import pytest
from livekit.agents import llm

from agents import DIALOGUES
from speech.brain import FRAME, Brain, forget_lines, plan_of
from speech.brain.dialogue import Dialogue, DialogueError, read_dialogue, read_dialogues
from speech.brain.hearing import acts_in
from speech.brain.likeness import examples_of
from speech.brain.mentions import mentions
from speech.brain.phrases import find, found_in, plain, respelled, vocabulary
from speech.brain.policy import Plan
from speech.brain.tongue import spoken_in
from tests.dialogue_keys import reference

LIBRARY = """
tools = ["find_member", "reserve_book", "goodbye"]
can = "I can reserve a book."
goodbye = "bye"

[slot.card]
type = "digits"
length = 3
ask = "What is your card number?"
cues = ["card number is", "card"]
starts = "member"

[slot.title]
type = "text"
ask = "Which book?"
cues = ["called", "titled"]

[slot.day]
type = "date"
ask = "From which day on?"

[goal.member]
tool = "find_member"
slots = ["card"]
once = true

[goal.reserve]
phrases = ["reserve|borrow|lend * book|novel", "reserve|borrow"]
tool = "reserve_book"
slots = ["title", "day"]
after = ["member"]
confirm = "«{{ title }}» from {{ day | day }} on, is that right?"

[goal.bye]
tool = "goodbye"
ends = true

[tool.find_member]
args = { card = "card" }
[tool.find_member.outcome.found]
done = true
say = "Thank you, {{ name }}."
[tool.find_member.outcome.not_found]
ask = "card"
say = "I can't find that card."

[tool.reserve_book]
args = { title = "title", day = "day" }
[tool.reserve_book.outcome.reserved]
done = true
say = "It is reserved."

[tool.goodbye.outcome.ok]
done = true
say = "Goodbye."
"""


@llm.function_tool
async def find_member(card: str) -> dict[str, str]:
    """Finds a member."""
    return {}


@llm.function_tool
async def reserve_book(title: str, day: str) -> dict[str, str]:
    """Reserves a book."""
    return {}


@llm.function_tool
async def goodbye() -> dict[str, str]:
    """Ends the call."""
    return {}


TOOLS: list[llm.Tool] = [find_member, reserve_book, goodbye]


@pytest.fixture
def library(tmp_path: Path) -> Dialogue:
    return written(tmp_path, LIBRARY)


def written(folder: Path, text: str) -> Dialogue:
    path = folder / "library.toml"
    path.write_text(text, encoding="utf-8")
    return read_dialogue(path)


class Talk:
    """A chat context that a test fills as the SDK does."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue, self.context = dialogue, llm.ChatContext()
        clock = {"now": "2026-03-02T09:00:00-05:00", "hours": [540, 1080], "language": "en"}
        self.context.add_message(role="system", content="It is Monday.", extra={FRAME: clock})

    def said(self, text: str) -> Plan:
        self.context.add_message(role="user", content=text)
        return self.next()

    def next(self) -> Plan:
        plan = plan_of([self.dialogue], self.context, TOOLS)
        if plan.text and plan.tool is None:
            self.answered(plan.text)
        return plan

    def answered(self, text: str, *, interrupted: bool = False) -> None:
        self.context.add_message(role="assistant", content=text, interrupted=interrupted)

    def tool(self, name: str, output: str, arguments: str = "{}", *, failed: bool = False) -> Plan:
        call_id = f"c{len(self.context.items)}"
        self.context.items += [
            llm.FunctionCall(call_id=call_id, name=name, arguments=arguments),
            llm.FunctionCallOutput(call_id=call_id, name=name, output=output, is_error=failed),
        ]
        return self.next()


FOUND = '{"status": "found", "name": "Mo"}'


def test_a_desk_that_exists_only_as_a_file_is_served(library: Dialogue) -> None:
    talk = Talk(library)
    assert talk.said("I'd like to borrow a book called Dune from Friday").text == "What is your card number?"
    plan = talk.said("one two three")
    assert (plan.tool, plan.arguments) == ("find_member", {"card": "one two three"})
    assert talk.tool("find_member", FOUND).text == "Thank you, Mo. «Dune» from Friday, March 6 on, is that right?"
    plan = talk.said("yes")
    assert (plan.tool, plan.arguments) == ("reserve_book", {"title": "Dune", "day": "2026-03-06"})
    assert talk.tool("reserve_book", '{"status": "reserved"}').text.startswith("It is reserved.")


def test_nothing_is_claimed_when_the_tool_fails(library: Dialogue) -> None:
    talk = Talk(library)
    talk.said("card 123")
    talk.tool("find_member", FOUND)
    talk.said("reserve a book called Dune from Friday")
    talk.said("yes")
    told = talk.tool("reserve_book", "The shelf can't be reached at the moment.", failed=True).text
    assert "The shelf can't be reached" in told and "reserved." not in told


def test_another_model_s_question_is_understood_as_what_it_asks(library: Dialogue) -> None:
    talk = Talk(library)
    talk.said("reserve a book for me")
    talk.context.items.pop()
    talk.answered("Sure thing! Could you tell me your card number?")
    plan = talk.said("four five six")
    assert (plan.tool, plan.arguments) == ("find_member", {"card": "four five six"})


def test_a_question_that_was_cut_off_is_still_the_one_that_is_answered(library: Dialogue) -> None:
    talk = Talk(library)
    talk.said("card 123")
    talk.tool("find_member", FOUND)
    talk.said("reserve a book called Dune from Friday")
    talk.context.items.pop()
    talk.answered("«Dune» from Friday, March 6 on,", interrupted=True)
    assert talk.said("yes").tool == "reserve_book"


def test_an_answer_that_another_model_broke_off_is_given_as_a_whole(library: Dialogue) -> None:
    talk = Talk(library)
    asked = talk.said("what can you do").text
    talk.context.items.pop()
    talk.answered("I can", interrupted=True)
    talk.context.add_message(role="system", content="It is still Monday.")
    assert talk.next().text == asked


def test_the_same_context_gives_the_same_plan_in_a_new_engine(library: Dialogue) -> None:
    talk = Talk(library)
    talk.said("borrow a book titled Emma, my card number is 777")
    copied = llm.ChatContext.from_dict(talk.context.to_dict(exclude_timestamp=False))
    assert plan_of([library], copied, TOOLS) == plan_of([library], talk.context, TOOLS)


async def test_the_answer_streams_by_sentence(library: Dialogue) -> None:
    context = Talk(library).context
    context.add_message(role="user", content="what can you do")
    pieces = [
        chunk.delta.content
        async for chunk in Brain([library]).chat(chat_ctx=context, tools=TOOLS)
        if chunk.delta is not None
    ]
    assert pieces == ["I can reserve a book.", " What would you like?"]


def test_tools_without_a_dialogue_get_an_honest_sentence(library: Dialogue) -> None:
    context = Talk(library).context
    context.add_message(role="user", content="hello")
    assert plan_of([library], context, [goodbye]).text == "I'm sorry, I can't help with that here."


def test_a_tool_that_the_file_does_not_name_changes_nothing(library: Dialogue) -> None:
    talk = Talk(library)
    talk.context.add_message(role="user", content="borrow a book")
    more = [*TOOLS, llm.function_tool(_renew)]
    assert plan_of([library], talk.context, more) == plan_of([library], talk.context, TOOLS)


async def _renew() -> None:
    """Renews a loan."""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('goodbye = "bye"', 'goodbye = "farewell"'), "goal «farewell»"),
        (('slots = ["card"]', 'slots = ["ticket"]'), "slot «ticket»"),
        (('tool = "reserve_book"', 'tool = "sell_book"'), "tool «sell_book»"),
        (('type = "digits"', 'type = "colour"'), "slot.card.type"),
        (("length = 3", "lenght = 3"), "slot.card.lenght"),
        (("[slot.card]", "[slot.card"), "not TOML"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(DialogueError, match=r"library\.toml") as error:
        written(tmp_path, LIBRARY.replace(*change))
    assert said in str(error.value)


def test_every_desk_s_file_fits_its_tools_and_can_be_read() -> None:
    dialogues = read_dialogues(DIALOGUES)
    assert len(dialogues) >= 5


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("book|make (me) (an|a) appointment", "please make an appointment", "make an appointment"),
        ("book|make (me) (an|a) appointment", "book me an appointment now", "book me an appointment "),
        ("cancel * appointment", "cancel my silly old appointment", "cancel my silly old appointment"),
        ("cancel * appointment", "cancel one two three four five six appointment", None),
        ("it's me", "Hi, it’s me!", "it s me"),
        ("no", "know", None),
    ],
)
def test_a_phrase_is_found_where_it_is_said(phrase: str, text: str, found: str | None) -> None:
    small = plain(text)
    matches = [small[one.start : one.end] for one in find([phrase], small)]
    assert [one.strip().replace("'", " ") for one in matches] == ([] if found is None else [found.strip()])


def test_of_two_phrases_at_one_place_the_one_with_more_words_said_counts() -> None:
    found = find(["order", "cancel * order"], plain("cancel my order"))
    assert [(one.start, one.end) for one in found] == [(0, 15)]


def test_long_words_are_taken_for_those_they_nearly_are() -> None:
    known = vocabulary(["cancel * appointment"])
    assert respelled("cancle my apointment now", known) == "cancel my appointment now"


@pytest.mark.parametrize("text", ["a" * 50_000, "book " * 10_000, "\x00\x1b", "", "   ", "🙂" * 999, "İıß" * 100])
def test_any_line_gets_a_plan(text: str, library: Dialogue) -> None:
    plan: Any = Talk(library).said(text)
    assert plan.text or plan.tool


def test_the_reference_in_the_documents_is_that_of_the_code() -> None:
    text = (Path(__file__).parent.parent / "docs" / "dialogues.md").read_text(encoding="utf-8")
    assert text.endswith(reference()), "run `python -m tests.dialogue_keys` and put it at the end of docs/dialogues.md"
    assert "|  |" not in reference()


def test_a_call_that_is_over_leaves_no_line_behind(library: Dialogue) -> None:
    Talk(library).said("borrow a book called Dune, my card is 123")
    assert plain.cache_info().currsize > 0
    forget_lines()
    assert {kept.cache_info().currsize for kept in (plain, found_in, acts_in, mentions, spoken_in)} == {0}


def test_one_shared_word_makes_no_likeness() -> None:
    examples = examples_of((("stop", ("stop the presses please", "halt everything")), ("go", ("off we go now",))))
    assert examples.likest("two coffees please") is None
    assert examples.likest("please stop it") == "stop"
