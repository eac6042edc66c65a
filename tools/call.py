"""The call: what every tool gets as its `ctx.userdata`, and the one decorator that makes a function a tool.

Identity is held here and nowhere else. No tool takes the id of whose data to touch; `identify_user` and its like set
it.
"""

import inspect
import json
import logging
import time
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from livekit.agents import Agent, RunContext, ToolError, function_tool
from livekit.agents.llm import FunctionTool
from pydantic import BaseModel

from db.business import Business
from db.calls import Identity, ToolRun, log_tool
from db.engine import Store
from db.errors import BadInput, NotVerified, Refused, StoreError
from db.privacy import masked
from speech.times import Frame
from tools.fillers import AGAIN_AFTER, SLOW_AFTER, Fillers

LONGEST_ARGUMENT = 500
"""Characters; nobody says a longer one, and a model that sends one has been talked into it."""

UNSPEAKABLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Unicode's control and format characters, and what is no character at all."""
JOINERS = "\n\t\u200c\u200d"
"""White space, and the joiners that Hindi and emoji are written with."""

logger = logging.getLogger("switchboard.tools")
Clock = Callable[[], datetime]
P = ParamSpec("P")
R = TypeVar("R")


class Trust(IntEnum):
    """How sure the call is of who speaks."""

    UNKNOWN = 0
    RECOGNISED = 1
    """The number they call from is known: a greeting and a booking of their own, no more. Caller ID can be forged."""
    VERIFIED = 2
    """By PIN, or by an id together with the number it belongs to: read, move, cancel."""


class Line(Protocol):
    """What a tool may do to the line itself."""

    async def transfer(self, number: str) -> bool:
        """Puts the caller through; False when nobody answered or the line cannot."""

    async def play(self, asset: str) -> bool:
        """Plays one of the owner's recordings; False when there is none of that name."""

    async def stop(self) -> None:
        """Stops what plays."""


class TypedLine:
    """A line without a telephone: the typed console, tests. It can put nobody through and play nothing."""

    async def transfer(self, number: str) -> bool:
        return False

    async def play(self, asset: str) -> bool:
        return False

    async def stop(self) -> None:
        return None


@dataclass
class Call:
    """One call's own state. What is true of the world is in the store; this holds who is speaking and where."""

    id: str
    desk: str
    business: Business
    store: Store
    clock: Clock
    line: Line = field(default_factory=TypedLine)
    number: str | None = None
    """The number they call from, E.164, believed only from the SIP bridge."""
    language: str = "en"
    trust_caller_id: bool = True
    hold_seconds: int = 180
    weather: "Weather | None" = None
    trust: Trust = Trust.UNKNOWN
    customer_id: int | None = None
    name: str | None = None
    """What the caller is called, once it is known; no log and no searchable text holds it."""
    ticket_id: int | None = None
    """The airline's traveller."""
    profile_id: str | None = None
    """The storyteller's child."""
    failures: int = 0
    """Wrong answers to who they are, across all ids: guessing through the ids of others is counted too."""
    fillers: Fillers = field(default_factory=Fillers)
    ending: bool = False
    """A goodbye is being said; the call ends when it was heard."""
    resumed: bool = False
    """It was begun by another process, which is gone."""
    hung_up: str | None = None
    """Why it ends where nobody says goodbye: caller_hung_up, silence, …"""
    on_error: Callable[[StoreError], None] | None = None
    """Is told what a tool could do nothing about."""

    @property
    def now(self) -> datetime:
        return self.clock()

    @property
    def frame(self) -> Frame:
        """What is needed to understand the caller's words for a time."""
        country = self.business.holidays.country or "US"
        now = self.now.astimezone(self.business.tz)
        return Frame(now=now, hours=_usual_hours(self.business), locale=f"en-{country}")

    def require_customer(self) -> int:
        """The verified customer, or a refusal."""
        if self.customer_id is None or self.trust < Trust.VERIFIED:
            raise NotVerified("I need to know who you are first. What is your ID, please?")
        return self.customer_id


class Weather(Protocol):
    """A weather provider."""

    async def now(self, city: str) -> str | None:
        """The weather in a sentence; None when it has none for that city."""


def _usual_hours(business: Business) -> tuple[int, int] | None:
    """From the earliest opening to the latest closing of the week, in minutes since midnight."""
    days = [spans for name in type(business.hours).model_fields if (spans := getattr(business.hours, name))]
    if not days:
        return None
    return min(spans[0].start for spans in days), max(spans[-1].end for spans in days)


def clean(value: Any) -> Any:
    """An argument as a caller could have said it; what no caller could say is refused."""
    if isinstance(value, str):
        if len(value) > LONGEST_ARGUMENT:
            raise BadInput("That was too long for me. Could you say it in a few words?")
        if any(unicodedata.category(letter) in UNSPEAKABLE and letter not in JOINERS for letter in value):
            raise BadInput("I did not understand that. Could you say it again?")
        return " ".join(value.split())
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: clean(getattr(value, name)) for name in type(value).model_fields})
    if isinstance(value, list | tuple):
        if len(value) > 50:
            raise BadInput("That was too much at once for me. Could you say a part of it first?")
        return [clean(item) for item in value]
    return value


Context = RunContext[Call]
Tool = FunctionTool[..., Awaitable[Any]]


def tool(work: Callable[Concatenate[Context, P], Awaitable[R]]) -> Tool:
    """Makes a function a tool: cleans its arguments, writes the run down, and translates the errors of the store.

    A refusal becomes the result `{status: code, message: sentence, …}`, since it is an answer to the caller's wish.
    What the caller can do nothing about becomes the SDK's ToolError. Its docstring is what a model reads.
    """
    signature, name = inspect.signature(work), work.__name__

    @wraps(work)
    async def run(ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        call, begun = ctx.userdata, time.perf_counter()
        bound = signature.bind(ctx, *args, **kwargs)
        said = dict(list(bound.arguments.items())[1:])
        try:
            cleaned: Any = {name: clean(value) for name, value in said.items()}
            async with ctx.with_filler(lambda _: call.fillers.beside(name), delay=SLOW_AFTER, interval=AGAIN_AFTER):
                result: Any = await cast(Callable[..., Awaitable[Any]], work)(ctx, **cleaned)
        except Refused as refusal:
            result = {"status": refusal.code, "message": refusal.sentence, **refusal.details}
        except StoreError as error:
            await _write_down(call, name, said, {"error": error.code}, error.code, begun)
            if call.on_error is not None:
                call.on_error(error)
            raise ToolError(error.sentence) from error
        told = result[1] if isinstance(result, tuple) else result
        status = str(told.get("status", "ok")) if isinstance(told, Mapping) else "ok"
        await _write_down(call, name, said, told, status, begun)
        return json.dumps(result, ensure_ascii=False) if isinstance(result, Mapping) else result

    return function_tool(run)


async def _write_down(
    call: Call, name: str, arguments: Mapping[str, Any], result: Any, status: str, begun: float
) -> None:
    plain = {key: _plain(value) for key, value in arguments.items()}
    told = {"handoff": type(result).__name__} if isinstance(result, Agent) else result
    run = ToolRun(
        name,
        masked(plain),
        masked(told),
        status,
        ms=round((time.perf_counter() - begun) * 1000),
        at=call.now,
        identity=Identity(call.customer_id, call.ticket_id, int(call.trust), call.failures),
    )
    try:
        await log_tool(call.store, call.id, run)
    except StoreError:
        # the tool did what it says; that the log is unreachable does not make it untrue
        logger.warning("tool call not written down", extra={"call_id": call.id, "function": name})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
