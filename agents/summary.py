"""The summary of a call: composed from what its tools did; by a model where there is one, then held against that."""

import asyncio
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from livekit.agents import APIError, llm
from livekit.agents.llm import ChatContext

from agents.deeds import Done, deed_of
from agents.desk import prompt
from agents.truth import unfounded
from db.business import Business
from db.call_log import Said
from db.calls import ToolRun

MODEL_SECONDS = 8.0
"""A model that takes longer is not waited for."""
DETAILS = ("appointment_id", "order_id", "date", "time", "total", "seat", "position")
"""What of a result is worth keeping beside the text."""
IDENTIFYING = {"be identified"}
"""Not what anybody calls for."""

logger = logging.getLogger("switchboard.summary")


class Summary(TypedDict):
    text: str
    intent: str
    actions: list[str]
    details: list[str]
    outcome: str
    seconds: int


def compose(runs: Sequence[ToolRun], started: datetime, ended: datetime) -> Summary:
    """What the tool log says, and nothing else."""
    done = [one for run in runs if (one := deed_of(run)) is not None]
    wanted = [one for one in done if one.deed.intent not in IDENTIFYING]
    changed = [one for one in wanted if one.deed.verb]
    told = changed or wanted
    intent = told[-1].intent if told else "unknown"
    actions = list(dict.fromkeys(one.action for one in done))
    outcome = told[-1].deed.outcome if told else _failure(runs)
    return {
        "text": _text(intent, actions, outcome),
        "intent": intent,
        "actions": actions,
        "details": _details(told),
        "outcome": outcome,
        "seconds": max(0, round((ended - started).total_seconds())),
    }


def _failure(runs: Sequence[ToolRun]) -> str:
    """Why nothing came of it: the last refusal, or that nothing was asked for."""
    return runs[-1].status.replace("_", " ") if runs else "nothing done"


def _text(intent: str, actions: Sequence[str], outcome: str) -> str:
    wish = "It is not known what the caller wanted." if intent == "unknown" else f"The caller wanted to {intent}."
    if not actions:
        return f"{wish} Nothing was changed ({outcome})."
    return f"{wish} The agent {'; '.join(actions)}."


def _details(done: Sequence[Done]) -> list[str]:
    found = [
        f"{name}: {part[name]}"
        for one in done
        for part in (one.result, *(value for value in one.result.values() if isinstance(value, Mapping)))
        for name in DETAILS
        if name in part
    ]
    return list(dict.fromkeys(found))


async def summarise(
    runs: Sequence[ToolRun],
    turns: Sequence[Said],
    started: datetime,
    ended: datetime,
    model: llm.LLM[Any] | None = None,
    *,
    offered: Collection[str] = (),
) -> Summary:
    """The composed summary; its text by the model where one is given and says nothing that the log does not. `offered`
    is what the business has, so that a model that names something else of it is caught."""
    composed = compose(runs, started, ended)
    if model is None or not turns:
        return composed
    text = await _ask(model, composed, turns)
    if text is None:
        return composed
    lies = unfounded(text, runs, [turn.text for turn in turns], offered)
    if lies:
        logger.warning("model's summary refused", extra={"kinds": sorted({claim.kind for claim in lies})})
        return composed
    return {**composed, "text": text}


def on_offer(business: Business) -> list[str]:
    """The names of everything that can be ordered or booked."""
    named = [(one.name, one.also) for one in business.menu] + [(one.name, one.also) for one in business.services]
    return [name for first, others in named for name in (first, *others)]


async def _ask(model: llm.LLM[Any], composed: Summary, turns: Sequence[Said]) -> str | None:
    context = ChatContext.empty()
    done = json.dumps(composed["actions"], ensure_ascii=False)
    context.add_message(role="system", content=prompt("summary").format(done=done))
    talk = "\n".join(f"{turn.role}: {turn.text}" for turn in turns)
    context.add_message(role="user", content=talk)
    try:
        async with asyncio.timeout(MODEL_SECONDS):
            answer = (await model.chat(chat_ctx=context).collect()).text.strip()
    except (APIError, TimeoutError, OSError) as error:
        logger.warning("no summary from the model", extra={"error": type(error).__name__})
        return None
    return answer or None
