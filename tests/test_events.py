"""The contract of events: one form on the wire, read off the types, and checked when it comes in."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

import events
from events import Event, EventError, Message, from_json, may_be_dropped, schema, to_json

SLOT = {"appointment_id": "k3j9x2ab", "date": "2026-03-05", "time": "10:00 AM"}
EXAMPLES: list[Event] = [
    events.ConversationStarted("kavita", "en", "Kavita"),
    events.Listening(),
    events.Thinking(),
    events.UserSpeaking("user-1", 1, "tomorrow at", final=False),
    events.SpeakingStart("agent-1", 0, "Hello."),
    events.SpeakingEnd("agent-1", 0, interrupted=True, heard_text="Hel"),
    events.Ducked(1, "sound"),
    events.Resumed(1, "back_channel"),
    events.AudioEnergy(0.25, 1.5, "aa"),
    events.ToolStarted("tool-1", "fetch_slots", {"date": "tomorrow"}),
    events.ToolCall("tool-1", "fetch_slots", {"date": "tomorrow"}, 12, result={"status": "ok", "slots": ["9 AM"]}),
    events.Identified(events.User("Archit Ojha", "••01"), (SLOT,)),
    events.Handoff("triage", "seats", "another seat"),
    events.Metrics(llm_ttft_ms=120.5, tokens_out=31),
    events.Error("unavailable", "I can't reach our records."),
    events.Summary("Booked.", "book an appointment", ("booked",), ("date: 2026-03-05",), "booked", 83),
    events.Shutdown("goodbye"),
]
TYPES_OF_THE_CONTRACT = [
    "conversation_started",
    "listening",
    "thinking",
    "user_speaking",
    "speaking_start",
    "speaking_end",
    "ducked",
    "resumed",
    "audio_energy",
    "tool_started",
    "tool_call",
    "identified",
    "handoff",
    "metrics",
    "error",
    "summary",
    "shutdown",
]


def message(event: Event) -> Message:
    return Message(7, 3.25, "call-1", event)


def wire(event: Event, **changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(to_json(message(event)))
    return {name: value for name, value in {**told, **changed}.items() if value is not ...}


def fits(value: Any, rule: Mapping[str, Any]) -> bool:
    """As much of JSON schema as this one uses."""
    if "oneOf" in rule:
        return sum(fits(value, one) for one in rule["oneOf"]) == 1
    if "anyOf" in rule:
        return any(fits(value, one) for one in rule["anyOf"])
    if "const" in rule or "enum" in rule:
        return value in rule.get("enum", [rule.get("const")])
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
    }
    kind = rule.get("type")
    if kind == "null" or kind is None:
        return kind is None or value is None
    if not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return False
    if kind == "array":
        return all(fits(item, rule["items"]) for item in value)
    if kind != "object":
        return not ("minimum" in rule and not rule["minimum"] <= value <= rule["maximum"])
    known = rule.get("properties", {})
    return (
        set(rule.get("required", ())) <= value.keys()
        and (rule.get("additionalProperties", True) or value.keys() <= known.keys())
        and all(fits(item, known[name]) for name, item in value.items() if name in known)
    )


def test_every_type_of_the_contract_is_there_and_has_an_example() -> None:
    assert list(events.TYPES) == TYPES_OF_THE_CONTRACT
    assert [one.type for one in EXAMPLES] == TYPES_OF_THE_CONTRACT


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_what_goes_out_comes_in_the_same(event: Event) -> None:
    assert from_json(to_json(message(event))) == message(event)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_what_goes_out_is_of_the_schema(event: Event) -> None:
    assert fits(wire(event), json.loads(json.dumps(schema())))


def test_a_handoff_has_the_words_of_the_contract_on_the_wire() -> None:
    told = wire(events.Handoff("triage", "seats", "another seat"))
    assert list(told) == ["v", "seq", "ts", "call_id", "type", "from", "to", "reason"]


def test_a_result_and_an_error_are_left_out_where_there_is_none() -> None:
    assert "error" not in wire(events.ToolCall("tool-1", "f", {}, 1, result={}))
    assert "result" not in wire(events.ToolCall("tool-1", "f", {}, 1, error="No."))


def test_a_message_is_one_line_for_every_reader() -> None:
    text = "शुभ\u2028प्रभात\x85 \ud800"
    told = to_json(message(events.SpeakingStart("agent-1", 0, text)))
    assert len(told.splitlines()) == 1 and told.isascii()
    assert json.loads(told)["text"] == text


WRONG = [
    (wire(EXAMPLES[1], v=2), "v: only version 1"),
    (wire(EXAMPLES[1], v=True), "v: only version 1"),
    (wire(EXAMPLES[1], type="dance"), "there is no event «dance»"),
    (wire(EXAMPLES[1], type=...), "there is no event «None»"),
    (wire(EXAMPLES[1], mood="good"), "listening: there is no field «mood»"),
    (wire(EXAMPLES[1], seq=...), "message.seq is missing"),
    (wire(EXAMPLES[1], seq=0), "message.seq is not between"),
    (wire(EXAMPLES[1], ts=-1), "message.ts is not between"),
    (wire(EXAMPLES[3], final="yes"), "user_speaking.final is no boolean"),
    (wire(EXAMPLES[3], turn=True), "user_speaking.turn is no integer"),
    (wire(EXAMPLES[4], text=...), "speaking_start.text is missing"),
    (wire(EXAMPLES[6], why="whim"), "ducked.why is none of sound, back_channel, noise"),
    (wire(EXAMPLES[8], energy=1.5), "audio_energy.energy is not between 0 and 1"),
    (wire(EXAMPLES[8], energy="loud"), "audio_energy.energy is no number"),
    (wire(EXAMPLES[9], arguments=[]), "tool_started.arguments is no object"),
    (wire(EXAMPLES[11], user="Archit"), "identified.user is no object"),
    (wire(EXAMPLES[11], user={"name": "A"}), "identified.user.id is missing"),
    (wire(EXAMPLES[15], actions="booked"), "summary.actions is no array"),
    (wire(EXAMPLES[15], actions=[1]), "summary.actions is no string"),
]


@pytest.mark.parametrize(("told", "sentence"), WRONG)
def test_what_is_wrong_is_said_and_is_not_of_the_schema(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EventError, match=sentence.replace(".", r"\.")):
        from_json(json.dumps(told))
    if told.get("v") is not True:  # to JSON schema, as to Python, true equals 1 here
        assert not fits(told, schema())


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "1", "{", b"\xff\xfe", "[" * 100_000])
def test_what_is_no_message_is_refused(text: str | bytes) -> None:
    with pytest.raises(EventError):
        from_json(text)


def test_only_energy_metrics_and_partial_transcripts_may_be_dropped() -> None:
    dropped = {one.type for one in EXAMPLES if may_be_dropped(one)}
    assert dropped == {"audio_energy", "metrics", "user_speaking"}
    assert not may_be_dropped(events.UserSpeaking("user-1", 1, "tomorrow at three", final=True))


def test_only_the_mouth_goes_over_the_lossy_topic() -> None:
    assert [one.type for one in EXAMPLES if one.topic != events.EVENTS_TOPIC] == ["audio_energy"]
