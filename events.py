"""The typed messages about a call, as they go out on the room's data channel, and nothing else.

One class a type. The wire's form, the check of what comes in and the JSON schema are read off the classes: a new field
or a new type is written once, here. A message is one JSON object,

    {"v": 1, "seq": 7, "ts": 3.25, "call_id": "…", "type": "tool_started", …the type's own fields}

where `seq` rises by one per call on the events' topic (audio is numbered apart, as it may be lost) and `ts` is the
media time of the call in seconds. Fields that are None are left out. PINs and whole ids are in no event.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from math import isfinite
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

VERSION = 1
EVENTS_TOPIC = "switchboard.events"
"""Reliable and in order."""
AUDIO_TOPIC = "switchboard.audio"
"""What may be lost: the mouth's movements."""

Object = Mapping[str, Any]
"""A tool's arguments or a part of its result: whatever JSON holds."""


class EventError(Exception):
    """A message is not of the contract; the text says what is wrong with it."""


@dataclass(frozen=True)
class Span:
    """The least and the greatest value of a number."""

    least: float
    greatest: float


class Event:
    """What can happen in a call."""

    type: ClassVar[str]
    topic: ClassVar[str] = EVENTS_TOPIC
    droppable: ClassVar[bool] = False


@dataclass(frozen=True)
class ConversationStarted(Event):
    """The caller can be heard."""

    type = "conversation_started"
    desk: str
    language: str
    agent_name: str


@dataclass(frozen=True)
class Listening(Event):
    """The agent waits for the caller."""

    type = "listening"


@dataclass(frozen=True)
class Thinking(Event):
    """The agent works on its answer."""

    type = "thinking"


@dataclass(frozen=True)
class UserSpeaking(Event):
    """What the caller said; a later one with the same segment_id replaces the earlier."""

    type = "user_speaking"
    segment_id: str
    turn: int
    text: str
    final: bool


@dataclass(frozen=True)
class SpeakingStart(Event):
    """The agent begins to say something."""

    type = "speaking_start"
    segment_id: str
    turn: int
    text: str


@dataclass(frozen=True)
class SpeakingEnd(Event):
    """The agent said it, or was cut off."""

    type = "speaking_end"
    segment_id: str
    turn: int
    interrupted: bool
    heard_text: str
    """What was really played."""


Sound = Literal["sound", "back_channel", "noise"]
"""sound: not known yet what it is."""


@dataclass(frozen=True)
class Ducked(Event):
    """The agent paused for a sound."""

    type = "ducked"
    turn: int
    why: Sound


@dataclass(frozen=True)
class Resumed(Event):
    """The agent went on where it was."""

    type = "resumed"
    turn: int
    why: Sound


@dataclass(frozen=True)
class AudioEnergy(Event):
    """How loud the agent is."""

    type = "audio_energy"
    topic = AUDIO_TOPIC
    droppable = True
    energy: Annotated[float, Span(0, 1)]
    at: float
    """The media time at which this sound is heard."""
    viseme: str | None = None


@dataclass(frozen=True)
class ToolStarted(Event):
    """A tool began."""

    type = "tool_started"
    call: str
    """Which run of a tool it is, within the call."""
    function: str
    arguments: Object


@dataclass(frozen=True)
class ToolCall(Event):
    """A tool ended, with a result or with an error that is said aloud."""

    type = "tool_call"
    call: str
    function: str
    arguments: Object
    ms: int
    result: Any = None
    error: str | None = None


@dataclass(frozen=True)
class User:
    """Whom the caller was shown to be."""

    name: str
    id: str
    """Its last two characters."""


@dataclass(frozen=True)
class Identified(Event):
    """The user card."""

    type = "identified"
    user: User
    active_appointments: tuple[Object, ...]


@dataclass(frozen=True)
class Handoff(Event):
    """Somebody else speaks with the caller from now on; `from` and `to` on the wire."""

    type = "handoff"
    from_: str
    to: str
    reason: str


@dataclass(frozen=True)
class Metrics(Event):
    """How long a turn took, and what it cost; what was not measured is left out."""

    type = "metrics"
    droppable = True
    stt_ms: float | None = None
    end_of_turn_ms: float | None = None
    llm_ttft_ms: float | None = None
    tts_ttfb_ms: float | None = None
    gap_ms: float | None = None
    """From the end of the caller's speech to the agent's first sound."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    characters: int | None = None
    cost: float | None = None


@dataclass(frozen=True)
class Error(Event):
    """Something failed: why, and what the caller was told."""

    type = "error"
    code: str
    message: str


@dataclass(frozen=True)
class Summary(Event):
    """What the call was about and what came of it."""

    type = "summary"
    text: str
    intent: str
    actions: tuple[str, ...]
    details: tuple[str, ...]
    outcome: str
    seconds: int


@dataclass(frozen=True)
class Shutdown(Event):
    """The last event of every call."""

    type = "shutdown"
    reason: str


@dataclass(frozen=True)
class Message:
    """An event with its place in a call."""

    seq: Annotated[int, Span(1, 2**53)]
    ts: Annotated[float, Span(0, 10**9)]
    call_id: str
    event: Event


TYPES: Mapping[str, type[Event]] = {one.type: one for one in Event.__subclasses__()}


def may_be_dropped(event: Event) -> bool:
    """Whether a receiver that is too slow for everything may miss it."""
    return event.droppable or (isinstance(event, UserSpeaking) and not event.final)


def to_json(message: Message) -> str:
    """One line, in ASCII: it is one line for every reader."""
    head = {"v": VERSION, "seq": message.seq, "ts": message.ts, "call_id": message.call_id, "type": message.event.type}
    return json.dumps({**head, **_plain(message.event)}, separators=(",", ":"), allow_nan=False, default=str)


def from_json(text: str | bytes) -> Message:
    """The message, or an `EventError`."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EventError(f"This is no JSON ({error}).") from error
    if not isinstance(raw, dict):
        raise EventError("A message is one JSON object.")
    if type(version := raw.pop("v", None)) is not int or version != VERSION:
        raise EventError(f"v: only version {VERSION} is known.")
    kind = TYPES.get(str(name := raw.pop("type", None)))
    if kind is None:
        raise EventError(f"type: there is no event «{name}»; there are {', '.join(TYPES)}.")
    head = {name: raw.pop(name) for name in _hints(Message) if name in raw}
    return Message(**_read_fields(Message, head, "message"), event=kind(**_read_fields(kind, raw, kind.type)))


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of every message."""
    head = {name: _schema(hint) for name, hint in _hints(Message).items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Switchboard's events",
        "oneOf": [
            _schema_of_object(kind, {"v": {"const": VERSION}, **head, "type": {"const": kind.type}})
            for kind in TYPES.values()
        ],
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        told = {_wire_name(field.name): getattr(value, field.name) for field in fields(value)}
        return {name: _plain(item) for name, item in told.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _wire_name(name: str) -> str:
    """A word that Python keeps for itself bears an underscore here and none on the wire."""
    return name.rstrip("_")


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The fields that stand in the JSON object itself, with their types."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in fields(kind) if hints[field.name] is not Event}


def _optional(kind: Any) -> set[str]:
    return {field.name for field in fields(kind) if field.default is not MISSING}


def _read_fields(kind: type, raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    hints = {_wire_name(name): (name, hint) for name, hint in _hints(kind).items()}
    for name in raw.keys() - hints.keys():
        raise EventError(f"{where}: there is no field «{name}».")
    for wire, (name, _) in hints.items():
        if wire not in raw and name not in _optional(kind):
            raise EventError(f"{where}.{wire} is missing.")
    return {name: _read(raw[wire], hint, f"{where}.{wire}") for wire, (name, hint) in hints.items() if wire in raw}


def _read(value: Any, hint: Any, where: str) -> Any:
    """The value as its type has it, or an `EventError`."""
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind is Annotated:
        number, span = _read(value, parts[0], where), parts[1]
        if not span.least <= number <= span.greatest:
            raise EventError(f"{where} is not between {span.least} and {span.greatest}.")
        return number
    if kind is UnionType:
        return None if value is None else _read(value, parts[0], where)
    if kind is Literal:
        if value not in parts:
            raise EventError(f"{where} is none of {', '.join(parts)}.")
        return value
    if kind is tuple and isinstance(value, list):
        return tuple(_read(item, parts[0], where) for item in value)
    if is_dataclass(hint) and isinstance(value, dict):
        return kind(**_read_fields(kind, value, where))
    if not _fits(value, kind):
        raise EventError(f"{where} is no {_NAMES.get(kind, 'object')}.")
    return value


_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", tuple: "array"}
"""As JSON schema calls them; what is not here is an object."""


def _fits(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is Any:
        return True
    return kind is not tuple and not is_dataclass(kind) and isinstance(value, kind)


def _schema(hint: Any) -> dict[str, Any]:
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind is Annotated:
        return {**_schema(parts[0]), "minimum": parts[1].least, "maximum": parts[1].greatest}
    if kind is UnionType:
        return {"anyOf": [_schema(parts[0]), {"type": "null"}]}
    if kind is Literal:
        return {"enum": list(parts)}
    if kind is tuple:
        return {"type": "array", "items": _schema(parts[0])}
    if is_dataclass(hint):
        return _schema_of_object(kind, {})
    return {} if kind is Any else {"type": _NAMES.get(kind, "object")}


def _schema_of_object(kind: type, head: Mapping[str, Any]) -> dict[str, Any]:
    own = {_wire_name(name): _schema(hint) for name, hint in _hints(kind).items()}
    needed = [_wire_name(name) for name in _hints(kind) if name not in _optional(kind)]
    return {
        "type": "object",
        "properties": {**head, **own},
        "required": [*head, *needed],
        "additionalProperties": False,
    }
