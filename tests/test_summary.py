"""The summary: what the tools did and nothing else, whoever writes it."""

from datetime import UTC, datetime, timedelta

import pytest

from agents.summary import compose, summarise
from agents.truth import unfounded
from db.call_log import Said
from db.calls import ToolRun
from tests.scripted import ScriptedLLM

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
TAKEN = ran("book_appointment", "slot_taken", alternatives=[])
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
]


@pytest.mark.parametrize("text", TRUE_TEXTS)
def test_a_true_text_stands(text: str) -> None:
    assert unfounded(text, [IDENTIFIED, BOOKED], [turn.text for turn in TURNS]) == []


@pytest.mark.parametrize(("text", "kind"), LIES)
def test_a_lie_is_found(text: str, kind: str) -> None:
    claims = unfounded(text, [IDENTIFIED, BOOKED], [turn.text for turn in TURNS])
    assert kind in {claim.kind for claim in claims}


async def test_a_models_true_text_is_used() -> None:
    made = await summarise([BOOKED], TURNS, STARTED, ENDED, ScriptedLLM([TRUE_TEXTS[0]]))
    assert made["text"] == TRUE_TEXTS[0] and made["outcome"] == "booked"


@pytest.mark.parametrize("text", [lie for lie, _ in LIES])
async def test_a_lying_model_is_not_believed(text: str) -> None:
    made = await summarise([IDENTIFIED, BOOKED], TURNS, STARTED, ENDED, ScriptedLLM([text]))
    assert made["text"] == compose([IDENTIFIED, BOOKED], STARTED, ENDED)["text"]


async def test_a_silent_model_is_not_waited_for() -> None:
    made = await summarise([BOOKED], TURNS, STARTED, ENDED, ScriptedLLM([""]))
    assert made["text"].startswith("The caller wanted to book")
