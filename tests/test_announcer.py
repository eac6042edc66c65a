"""A session told as events: which, in which order, and what is never in them."""

from collections.abc import Sequence

import pytest
from livekit.agents import (
    AgentSession,
    AgentStateChangedEvent,
    APIConnectionError,
    ConversationItemAddedEvent,
    ErrorEvent,
    UserInputTranscribedEvent,
    llm,
)
from livekit.agents.llm import ChatMessage
from livekit.agents.voice.events import AgentState
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

import events
from agents.announcer import Announcer
from agents.session import start
from db.business import Switchboard
from db.engine import Store
from events import Event, Message, from_json, to_json
from tests.calling import make_call, say
from tests.conversations import fill
from tests.people import ARCHIT, RAHUL, add_clinic_people
from tests.scripted import ScriptedLLM, Step, Use
from tests.test_session import BOOKING
from tools.call import Call


class Media:
    """The call's own clock, which a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def heard(call: Call, steps: Sequence[Step], *lines: str) -> list[Message]:
    """Every message of a whole call."""
    told: list[Message] = []

    def announce(call: Call, session: AgentSession[Call]) -> Announcer:
        return Announcer(call, session, told.append, Media())

    session, scribe = await start(call, ScriptedLLM(steps), tool_rounds=5, announce=announce, greeted=True)
    for line in lines:
        await say(session, line)
    session.shutdown()
    await scribe.finished()
    return told


def types(told: Sequence[Message]) -> list[str]:
    return [one.event.type for one in told]


def only(told: Sequence[Message], kind: type[Event]) -> list[Event]:
    return [one.event for one in told if isinstance(one.event, kind)]


@pytest.fixture
async def clinic(store: Store, board: Switchboard) -> Call:
    await add_clinic_people(store, board)
    return await make_call(store, board, "kavita")


SPOKEN = ["speaking_start", "speaking_end", "listening"]


async def test_a_call_is_told_in_the_order_in_which_it_happens(clinic: Call) -> None:
    told = await heard(clinic, ["In the clinic.", *BOOKING[-2:]], "where?", "bye")
    turn = ["user_speaking", "thinking"]
    tools = ["tool_started", "tool_call"]
    begun = ["conversation_started", "listening", *SPOKEN]
    assert types(told) == [*begun, *turn, *SPOKEN, *turn, *tools, *SPOKEN, "summary", "shutdown"]


async def test_every_message_is_numbered_and_comes_back_from_the_wire(clinic: Call) -> None:
    told = await heard(clinic, BOOKING, "3300, and 6150", "what is free tomorrow?", "one, please", "bye")
    assert [one.seq for one in told] == list(range(1, len(told) + 1))
    assert {one.call_id for one in told} == {"call-1"}
    assert [from_json(to_json(one)) for one in told] == told


async def test_a_tool_is_told_with_its_arguments_and_its_result(clinic: Call) -> None:
    told = await heard(clinic, [Use("fetch_slots", {"date": "tomorrow"}), "From nine."], "tomorrow?")
    (began,), (ended,) = only(told, events.ToolStarted), only(told, events.ToolCall)
    assert isinstance(began, events.ToolStarted) and isinstance(ended, events.ToolCall)
    assert (began.call, began.function, began.arguments) == ("tool-1", "fetch_slots", {"date": "tomorrow"})
    assert (ended.call, ended.result["available_count"], ended.error) == ("tool-1", 18, None)


async def test_the_user_card_is_told_once_with_the_id_masked(clinic: Call) -> None:
    proof = {"user_id": ARCHIT.code, "pin": ARCHIT.pin}
    steps: list[Step] = [Use("identify_user", proof), "Welcome.", Use("identify_user", proof), "Still you."]
    (card,) = only(await heard(clinic, steps, "1001, 4471", "1001"), events.Identified)
    assert isinstance(card, events.Identified)
    assert card.user == events.User("Archit Ojha", "••01")


async def test_no_secret_is_in_any_event(clinic: Call) -> None:
    steps: list[Step] = [*BOOKING[:2], Use("register_user", {"name": "Asha Rao"}), lambda output: f"It is {output}"]
    told = await heard(clinic, steps, "my id is 3300 and my pin is six one five zero", "register Asha Rao")
    whole = "\n".join(str(one.event) for one in told)
    assert RAHUL.pin not in whole and "six one five zero" not in whole and "3300" not in whole
    spoken = [one for one in only(told, events.SpeakingStart) if isinstance(one, events.SpeakingStart)]
    assert "••••" in spoken[-1].text and not any(word.strip('",}').isdigit() for word in spoken[-1].text.split())


async def test_an_error_of_a_tool_is_told_with_its_code_and_its_sentence(clinic: Call) -> None:
    told = await heard(clinic, [Use("identify_user", {"user_id": "12"}), "Once more?"], "twelve")
    (why,), (ended,) = only(told, events.Error), only(told, events.ToolCall)
    assert isinstance(why, events.Error) and isinstance(ended, events.ToolCall)
    assert why.code == "bad_input" and why.message == ended.error and ended.result is None


@pytest.mark.parametrize("use", [Use("dance"), Use("fetch_slots", "{nonsense")])
async def test_a_tool_call_that_never_began_is_told_as_failed(clinic: Call, use: Use) -> None:
    told = await heard(clinic, [use, "Sorry."], "dance")
    (ended,) = only(told, events.ToolCall)
    assert isinstance(ended, events.ToolCall)
    assert ended.function == use.name and ended.error


async def test_a_handover_is_told_with_its_reason(store: Store, board: Switchboard) -> None:
    await fill(store, board)
    call = await make_call(store, board, "airline")
    told = await heard(call, [Use("to_seats", {"reason": "another seat"}), "Your number?"], "another seat, please")
    assert only(told, events.Handoff) == [events.Handoff("triage", "seats", "another seat")]


async def test_the_last_event_comes_even_when_the_store_is_gone(clinic: Call) -> None:
    async def drop(session: AsyncSession) -> None:
        await (await session.connection()).execute(text("DROP TABLE holds"))

    await clinic.store.write(drop)
    clinic.hung_up = "silence"
    told = await heard(clinic, ["Yes?"], "hello")
    assert told[-1].event == events.Shutdown("silence") and only(told, events.Summary) == []


# What a spoken call brings, and a typed one does not


class Wired:
    """An announcer on a session that the test moves by hand."""

    def __init__(self, call: Call) -> None:
        self.told: list[Message] = []
        self.media = Media()
        self.session = AgentSession[Call](userdata=call)
        self.announcer = Announcer(call, self.session, self.told.append, self.media)

    def state(self, before: AgentState, after: AgentState) -> None:
        self.session.emit("agent_state_changed", AgentStateChangedEvent(old_state=before, new_state=after))

    def item(self, role: llm.ChatRole, words: str, *, interrupted: bool = False) -> None:
        item = ChatMessage(role=role, content=[words], interrupted=interrupted)
        self.session.emit("conversation_item_added", ConversationItemAddedEvent(item=item))

    def transcript(self, words: str, *, final: bool) -> None:
        self.session.emit("user_input_transcribed", UserInputTranscribedEvent(transcript=words, is_final=final))

    async def words(self, *pieces: str) -> None:
        captions = self.session.output.transcription
        assert captions is not None
        for piece in pieces:
            await captions.capture_text(piece)
        captions.flush()

    @property
    def events(self) -> list[Event]:
        return [one.event for one in self.told]


@pytest.fixture
async def wired(store: Store, board: Switchboard) -> Wired:
    return Wired(await make_call(store, board, "kavita"))


async def test_speech_begins_when_it_is_heard_and_not_when_it_is_known(wired: Wired) -> None:
    await wired.words("Hello, ", "this is Kavita.")
    assert wired.events == []
    wired.media.now = 1.2504
    wired.state("listening", "speaking")
    assert wired.told[0].ts == 1.25
    assert wired.events == [events.SpeakingStart("agent-1", 0, "Hello, this is Kavita.")]


async def test_of_a_cut_off_speech_only_what_was_heard_is_told(wired: Wired) -> None:
    wired.state("listening", "speaking")
    await wired.words("I have nine. ")
    await wired.words("And one o'clock.")
    wired.item("assistant", "I have nine. And", interrupted=True)
    ends = [one for one in wired.events if isinstance(one, events.SpeakingEnd)]
    assert [(one.segment_id, one.interrupted, one.heard_text) for one in ends] == [
        ("agent-1", False, "I have nine."),
        ("agent-2", True, "And"),
    ]


async def test_a_speech_of_which_nothing_was_heard_ends_with_the_callers_turn(wired: Wired) -> None:
    wired.state("listening", "speaking")
    await wired.words("I have nine.")
    wired.item("user", "stop")
    assert wired.events[1:] == [
        events.SpeakingEnd("agent-1", 0, interrupted=True, heard_text=""),
        events.UserSpeaking("user-1", 1, "stop", final=True),
    ]


async def test_partial_words_are_replaced_by_the_final_ones_of_their_segment(wired: Wired) -> None:
    wired.transcript("tomorrow", final=False)
    wired.transcript("tomorrow at three", final=True)
    wired.transcript("please", final=True)
    wired.item("user", "tomorrow at three please")
    wired.transcript("yes", final=True)
    assert wired.events == [
        events.UserSpeaking("user-1", 1, "tomorrow", final=False),
        events.UserSpeaking("user-1", 1, "tomorrow at three", final=True),
        events.UserSpeaking("user-2", 1, "please", final=True),
        events.UserSpeaking("user-3", 2, "yes", final=True),
    ]


async def test_a_model_that_failed_for_good_is_told_with_what_the_caller_heard(wired: Wired) -> None:
    for recoverable in (True, False):
        error = llm.LLMError(timestamp=0, label="model", error=APIConnectionError(), recoverable=recoverable)
        wired.session.emit("error", ErrorEvent(error=error, source=None))
    (why,) = wired.events
    assert isinstance(why, events.Error)
    assert why.code == "llm_error" and why.message.startswith("I'm sorry")
