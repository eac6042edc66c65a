"""A call whose model is behind a wire: the real plugin, against the scripted server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from livekit.agents import AgentSession, APIConnectOptions, llm
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins import openai
from sqlmodel import col, select

from db.engine import Store
from db.models import ToolCall
from settings import Settings
from speech.model import ModelChain, make_model
from tests.calling import talking
from tests.openai_server import OpenAIServer, Step
from tests.scripted import Use
from tools.call import Call

LONG = 60.0
"""Seconds: a model that is well is waited for, however slow the machine is."""
ATTEMPTS = 3
"""The first request and two retries."""


@dataclass(frozen=True)
class Line:
    """A call in progress, with the model's server at its other end."""

    session: AgentSession[Call]
    server: OpenAIServer

    @property
    def heard(self) -> list[str]:
        """What the desk said, in order."""
        messages = self.session.history.messages()
        return [message.text_content or "" for message in messages if message.role == "assistant"]


async def greeted(session: AgentSession[Call]) -> None:
    said = asyncio.Event()
    session.on("conversation_item_added", lambda _: said.set())
    if not session.history.messages():
        await asyncio.wait_for(said.wait(), 5)


@asynccontextmanager
async def line(call: Call, *steps: Step, seconds: float = 5, whole_calls: bool = False) -> AsyncIterator[Line]:
    """A call whose model answers by the script; at its end every step was asked for, and nothing beyond."""
    tries = APIConnectOptions(max_retry=ATTEMPTS - 1, retry_interval=0.05, timeout=seconds)
    async with (
        OpenAIServer(steps, whole_calls=whole_calls) as server,
        openai.LLM(
            model="gpt-4o-mini", temperature=0.5, max_completion_tokens=100, api_key="none", base_url=server.url
        ) as model,
        talking(call, model=model, patience=SessionConnectOptions(llm_conn_options=tries)) as session,
    ):
        await greeted(session)
        yield Line(session, server)
    assert (server.steps, server.beyond) == ([], 0)


@dataclass(frozen=True)
class ChainedLine(Line):
    """A call whose model has another behind it."""

    chain: ModelChain
    errors: list[Any]
    """What the session was told of failures; at the fourth it would close."""

    def wait_at_most(self, seconds: float) -> None:
        """From the next turn on."""
        self.chain.patience = self.chain._attempt_timeout = seconds

    async def probed(self) -> None:
        """Returns when it has been looked whether the first model is back."""
        probe = self.chain._status[0].recovering_task
        if probe is not None:
            await asyncio.wait_for(asyncio.wait([probe]), LONG)


@asynccontextmanager
async def chain(server: OpenAIServer, fallback: llm.LLM[Any], *, patience: float = LONG) -> AsyncIterator[ModelChain]:
    """The configured chain of models, the first of them at the server."""
    settings = Settings(
        _env_file=None, openai_api_key=None, openai_base_url=server.url, openai_patience_seconds=patience
    )
    made = make_model(settings, fallback)
    assert isinstance(made, ModelChain)
    async with made:
        yield made


@asynccontextmanager
async def chained(
    call: Call, fallback: llm.LLM[Any], *steps: Step, always: Step | None = None, patience: float = LONG
) -> AsyncIterator[ChainedLine]:
    """A call whose model answers by the script, then always the same, with another model behind it."""
    errors: list[Any] = []
    async with (
        OpenAIServer(steps) as server,
        chain(server, fallback, patience=patience) as model,
        talking(call, model=model) as session,
    ):
        session.on("error", errors.append)
        server.then = always
        await greeted(session)
        yield ChainedLine(session, server, model, errors)


async def runs(store: Store) -> list[tuple[str, str]]:
    """Every tool that ran, with its result's status."""
    async with store.read() as session:
        rows = (await session.exec(select(ToolCall).order_by(col(ToolCall.position)))).all()
    return [(row.function, row.status) for row in rows]


async def times(store: Store, use: Use) -> int:
    return [function for function, _ in await runs(store)].count(use.name)


IDENTIFYING = {"identify_user", "register_user", "find_booking", "find_customer"}
"""The tools that take who the caller says they are."""
IDENTITIES = {
    "customer_id",
    "profile_id",
    "ticket_id",
    "user_id",
    "child_id",
    "caller_id",
    "confirmation_number",
    "pin",
}


def not_strict(schema: dict[str, Any], where: str) -> Iterator[str]:
    """What the provider would refuse in a strict schema, or a model would have to guess."""
    if "$ref" in schema and len(schema) > 1:
        yield f"{where}: $ref beside {sorted(schema)}"
    if not {"type", "anyOf", "$ref", "enum", "const"} & set(schema):
        yield f"{where}: anything goes"
    if schema.keys() & {"default", "oneOf", "allOf", "not", "patternProperties"}:
        yield f"{where}: {sorted(schema)}"
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or sorted(schema.get("required", ())) != sorted(properties):
            yield f"{where}: not closed"
        for name, value in properties.items():
            if not value.get("description"):
                yield f"{where}.{name}: no description"
            yield from not_strict(value, f"{where}.{name}")
    for name, value in schema.get("$defs", {}).items():
        yield from not_strict(value, f"{where}/{name}")
    for value in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from not_strict(value, where)


def flaws(function: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a tool as it was sent."""
    name, parameters = function["name"], function["parameters"]
    if not function["strict"] or parameters["type"] != "object":
        yield f"{name}: not strict"
    if not function["description"].strip():
        yield f"{name}: no description"
    if name not in IDENTIFYING and (asked := IDENTITIES & set(parameters["properties"])):
        yield f"{name}: asks for {sorted(asked)}"
    yield from not_strict(parameters, name)
