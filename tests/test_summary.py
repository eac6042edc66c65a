"""The summary: what the tools did and nothing else, whoever writes it."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules

import pytest
from livekit.agents.llm import FunctionTool

import tools
from agents.deeds import DEEDS
from agents.summary import compose, on_offer, summarise
from agents.truth import unfounded
from db.business import Switchboard
from db.call_log import Said, read_tools
from db.calls import ToolRun
from db.engine import Store
from tests.calling import make_call, use
from tests.orders import ring
from tests.scripted import ScriptedLLM
from tests.travellers import add_airline, found, seating
from tools.orders import place_order
from tools.seats import update_seat

STARTED = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ENDED = STARTED + timedelta(seconds=83)


def ran(function: str, status: str, **result: object) -> ToolRun:
    return ToolRun(function, {}, {"status": status, **result}, status, 3, STARTED)


BOOKED = ran(
    "book_appointment",
    "booked",
    appointment_id="k3j9x2ab",
    service="consultation",
    date="2026-03-05",
    time="3:00 PM",
    weekday="Thursday",
)
IDENTIFIED = ran("identify_user", "found", user={"user_id": "••01", "name": "Archit Ojha"})
TAKEN = ran("book_appointment", "slot_taken", alternatives=[{"date": "2026-03-06", "time": "10:00 AM"}])
"""What was not booked: its times are in the log as well."""
DONE = [IDENTIFIED, TAKEN, BOOKED]
TURNS = [Said("c", 0, "user", None, "book me in with Doctor Rao, Archit here", False, STARTED)]


def test_it_tells_what_was_done() -> None:
    made = compose([IDENTIFIED, TAKEN, BOOKED], STARTED, ENDED)
    assert made["intent"] == "book an appointment" and made["outcome"] == "booked"
    assert made["actions"] == [
        "identified Archit Ojha",
        "booked a consultation on Thursday, 2026-03-05 at 3:00 PM",
    ]
    assert made["details"] == ["appointment_id: k3j9x2ab", "date: 2026-03-05", "time: 3:00 PM"]
    assert made["seconds"] == 83


def test_a_refused_wish_is_no_action() -> None:
    made = compose([IDENTIFIED, TAKEN], STARTED, ENDED)
    assert made["outcome"] == "slot taken" and "booked" not in made["text"]


def test_a_call_without_tools_claims_nothing() -> None:
    made = compose([], STARTED, STARTED)
    assert made["text"] == "It is not known what the caller wanted. Nothing was changed (nothing done)."


def test_the_same_thing_said_twice_is_told_once() -> None:
    assert len(compose([BOOKED, BOOKED], STARTED, ENDED)["actions"]) == 1


TRUE_TEXTS = [
    "The caller booked a consultation for Thursday, March 5 at 3 PM.",
    "Archit was booked with Doctor Rao on the 5th of March at 3:00 p.m. (appointment k3j9x2ab).",
    "He wanted it cancelled at first, but kept the appointment on Thursday.",
    "The appointment was booked; nothing was moved.",
    "Booked for 2026-03-05.",
]
LIES = [
    ("The caller cancelled their appointment.", "completion"),
    ("It was booked for Thursday, March 6 at 3 PM.", "date"),
    ("It was booked for Friday at 3 PM.", "weekday"),
    ("It was booked for Thursday at 3:30 PM.", "time"),
    ("It was booked for Thursday at 3 AM.", "time"),
    ("Appointment k3j9x2ac was booked.", "code"),
    ("They booked 4 appointments.", "number"),
    ("Archit asked after Suresh and booked.", "name"),
    ("The caller left a message and was transferred.", "completion"),
    ("They rescheduled from Thursday.", "completion"),
    ("It was booked for Thursday at 10 AM.", "time"),
    ("It was booked for Thursday at 10:00.", "time"),
    ("They booked twelve appointments.", "number"),
    ("It was booked for March 5, 2027.", "date"),
    ("The appointment was not booked.", "denial"),
    ("It was booked and paid.", "completion"),
    ("A confirmation was emailed.", "completion"),
    ("The doctor will call back.", "promise"),
    ("It was booked for tomorrow.", "time"),
    ("A check-up was booked.", "item"),
]
OFFERED = ("consultation", "check-up")


@pytest.mark.parametrize("text", TRUE_TEXTS)
def test_a_true_text_stands(text: str) -> None:
    assert unfounded(text, DONE, [turn.text for turn in TURNS], OFFERED) == []


@pytest.mark.parametrize(("text", "kind"), LIES)
def test_a_lie_is_found(text: str, kind: str) -> None:
    claims = unfounded(text, DONE, [turn.text for turn in TURNS], OFFERED)
    assert kind in {claim.kind for claim in claims}


async def test_a_models_true_text_is_used() -> None:
    made = await summarise([BOOKED], TURNS, STARTED, ENDED, ScriptedLLM([TRUE_TEXTS[0]]))
    assert made["text"] == TRUE_TEXTS[0] and made["outcome"] == "booked"


@pytest.mark.parametrize("text", [lie for lie, _ in LIES])
async def test_a_lying_model_is_not_believed(text: str) -> None:
    made = await summarise(DONE, TURNS, STARTED, ENDED, ScriptedLLM([text]), offered=OFFERED)
    assert made["text"] == compose(DONE, STARTED, ENDED)["text"]


async def test_a_silent_model_is_not_waited_for() -> None:
    made = await summarise([BOOKED], TURNS, STARTED, ENDED, ScriptedLLM([""]))
    assert made["text"].startswith("The caller wanted to book")


async def test_an_order_is_told_as_it_was_placed(store: Store, board: Switchboard) -> None:
    call = await ring(store, board)
    await use(place_order, call, customer_name="Maya Chen", item="butter chicken", quantity=2)
    runs, offered = await read_tools(store, call.id), on_offer(call.business)
    made = compose(runs, STARTED, ENDED)
    assert (made["outcome"], made["actions"]) == ("ordered", ["placed order ORD-00001 for 31.80 USD"])
    assert unfounded("They ordered 2 Butter Chicken for 31.80 USD.", runs, [], offered) == []
    for lie in ("They ordered 3 Butter Chicken.", "They ordered 2 mango lassi.", "They ordered for 38.10 USD."):
        assert unfounded(lie, runs, [], offered)


async def test_a_seat_is_told_as_it_was_changed(store: Store, board: Switchboard) -> None:
    await add_airline(store, board)
    call = await found(await make_call(store, board, "airline"))
    free = next(label for label, ticket in (await seating(store)).items() if ticket is None and label.startswith("2"))
    told = await use(update_seat, call, seat=free)
    made = compose(await read_tools(store, call.id), STARTED, ENDED)
    assert told["status"] == "moved", told
    assert made["actions"][-1] == f"moved the caller to seat {free} on flight MA204"


SILENT = {"end_conversation", "end_call", "agent_filler", "stop_playing"}
"""Tools of which a summary tells nothing."""


def test_every_tool_has_its_words_in_a_summary_and_every_word_its_tool() -> None:
    modules = [import_module(f"tools.{each.name}") for each in iter_modules(tools.__path__)]
    every = [one for module in modules for one in vars(module).values() if isinstance(one, FunctionTool)]
    assert {function for function, _ in DEEDS} | SILENT == {one.info.name for one in every}
