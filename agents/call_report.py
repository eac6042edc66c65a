"""Calls as lines of text: the list, and one call whole."""

import json
from collections.abc import Sequence

from db.call_log import CallLine, CallStory, Said
from db.calls import ToolRun


def list_lines(calls: Sequence[CallLine]) -> list[str]:
    """One line a call, newest first."""
    if not calls:
        return ["There are no calls yet."]
    return [_line(one) for one in calls]


def _line(one: CallLine) -> str:
    length = "live" if one.seconds is None else f"{one.seconds}s"
    began = one.started_at.strftime("%Y-%m-%d %H:%M")
    what = one.outcome or one.end_reason or ""
    return f"{one.id}  {began} UTC  {one.desk:<12} {one.caller or 'hidden':<14} {length:>6}  {what}".rstrip()


def call_lines(story: CallStory) -> list[str]:
    """The call's head, its turns and tools in their order, and its summary."""
    happened: list[Said | ToolRun] = [*story.turns, *story.tools]
    told = sorted(happened, key=lambda one: one.at)
    lines = [_line(story.call), ""]
    lines += [_turn(one) if isinstance(one, Said) else _tool(one) for one in told]
    if story.summary is not None:
        lines += ["", f"Summary: {story.summary['text']}"]
    return lines


def _turn(turn: Said) -> str:
    who = (turn.agent or "agent") if turn.role == "assistant" else "caller"
    return f"{turn.at:%H:%M:%S}  {who:>10}: {turn.text}{' [cut off]' if turn.interrupted else ''}"


def _tool(run: ToolRun) -> str:
    arguments = json.dumps(run.arguments, ensure_ascii=False)
    result = json.dumps(run.result, ensure_ascii=False)
    return f"{run.at:%H:%M:%S}  {run.function:>10} {arguments} → {run.status} ({run.ms} ms) {result}"
