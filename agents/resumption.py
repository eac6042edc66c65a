"""A call that another process began: who speaks, and all that was said and done, read from the store."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from livekit.agents import llm

from db.call_log import Said, read_call, read_identity
from db.calls import ToolRun
from db.customers import read_customer
from db.errors import NotFound
from tools.call import Call, Trust

FAILED = "error"


@dataclass(frozen=True)
class TalkSoFar:
    """What a desk goes on from."""

    items: Sequence[llm.ChatItem]
    agent: str | None
    """Who spoke last."""


async def resume(call: Call) -> TalkSoFar:
    """Makes the call as sure of who speaks as it was, and gives what was said and done. PINs and whole ids are not
    written down, so one that was given and not used is asked for again."""
    story = await read_call(call.store, call.id, business=call.business.key, show=True)
    identity = await read_identity(call.store, call.id)
    if story is None or identity is None or story.call.ended_at is not None:
        raise NotFound("There is no such call that goes on.")
    call.customer_id, call.ticket_id, call.failures = identity.customer_id, identity.ticket_id, identity.failures
    call.trust, call.resumed = Trust(identity.trust), True
    if call.customer_id is not None:
        call.name = (await read_customer(call.store, call.customer_id)).name
    items = [item for turn in story.turns for item in _said(turn)] + [one for run in story.tools for one in _done(run)]
    items.sort(key=lambda item: item.created_at)
    spoke = [turn.agent for turn in story.turns if turn.agent is not None]
    return TalkSoFar(items, spoke[-1] if spoke else None)


def _said(turn: Said) -> list[llm.ChatItem]:
    role = "user" if turn.role == "user" else "assistant"
    return [
        llm.ChatMessage(role=role, content=[turn.text], interrupted=turn.interrupted, created_at=_place(turn.position))
    ]


def _done(run: ToolRun) -> list[llm.ChatItem]:
    call_id, at = f"resumed_{run.position}", _place(run.position)
    failed = isinstance(run.result, dict) and FAILED in run.result
    items: list[llm.ChatItem] = [
        llm.FunctionCall(call_id=call_id, name=run.function, arguments=json.dumps(run.arguments), created_at=at),
        llm.FunctionCallOutput(
            call_id=call_id,
            name=run.function,
            output="" if failed else json.dumps(run.result, ensure_ascii=False),
            is_error=failed,
            created_at=at,
        ),
    ]
    if isinstance(run.result, dict) and "handoff" in run.result:
        items.append(llm.AgentHandoff(new_agent_id=str(run.result["handoff"]).lower(), created_at=at))
    return items


def _place(position: int) -> float:
    """Their order among each other, and before all that is said from now on."""
    return position / 1000
