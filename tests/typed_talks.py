"""Typed conversations as files: what is said, what must be heard, which tools run, which rows are left.

    == 1001 moves an appointment
    desk: kavita
    caller: +12025550101
    > move my ten o'clock to 2 PM
    = modify_appointment(new_time=2:00 PM) modified
    < moved | Thursday, March 5
    ! Priya
    rows: appointments(status=booked, local_start=2026-03-05T14:00) 1

`>` a line of the caller · `<` words that the answer must have, each of those between bars · `!` words that it must not
have · `=` a tool that ran in this turn, with some of its arguments and its status or any · `rows:` how many rows of a
table have these values. `now:`, `language:` and `again` (the same person calls once more) may stand in between.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from livekit.agents import AgentSession, llm
from sqlalchemy import column as named
from sqlalchemy import func, select, table

from db.engine import Store
from tests.calling import say
from tools.call import Call

TALKS = Path(__file__).parent / "talks"
_TOOL = re.compile(r"(\w+)(?:\((.*)\))?(?:\s+(\w+))?$")
_ROWS = re.compile(r"(\w+)\((.*)\)\s+(\d+)$")


@dataclass(frozen=True)
class Line:
    kind: str
    text: str
    number: int


@dataclass
class TypedTalk:
    """One conversation of a file."""

    title: str
    settings: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


def read_talks(folder: Path = TALKS) -> list[TypedTalk]:
    return [talk for path in sorted(folder.glob("*.talk")) for talk in _talks_of(path)]


def _talks_of(path: Path) -> Iterator[TypedTalk]:
    talk: TypedTalk | None = None
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if line.startswith("=="):
            if talk is not None:
                yield talk
            talk = TypedTalk(f"{path.stem}: {line[2:].strip()}")
        elif line and not line.startswith("#"):
            assert talk is not None, f"{path.name}:{number} stands before the first «==»"
            _take(talk, line, number)
    if talk is not None:
        yield talk


def _take(talk: TypedTalk, line: str, number: int) -> None:
    if line[0] in "><!=":
        talk.lines.append(Line(line[0], line[1:].strip(), number))
    elif line.startswith("rows:"):
        talk.lines.append(Line("rows", line[5:].strip(), number))
    elif line == "again":
        talk.lines.append(Line("again", "", number))
    else:
        key, _, value = line.partition(":")
        talk.settings[key.strip()] = value.strip()


@dataclass
class Turn:
    """What a line brought about."""

    words: str = ""
    tools: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)


def turn_since(items: Sequence[llm.ChatItem]) -> Turn:
    turn, arguments = Turn(), dict[str, dict[str, Any]]()
    for item in items:
        if item.type == "message" and item.role == "assistant":
            turn.words += f" {item.text_content}"
        elif item.type == "function_call":
            arguments[item.call_id] = json.loads(item.arguments or "{}")
        elif item.type == "function_call_output":
            turn.tools.append((item.name, arguments[item.call_id], _status(item)))
    return turn


def _status(item: llm.FunctionCallOutput) -> str:
    if item.is_error:
        return "error"
    try:
        told = json.loads(item.output)
    except json.JSONDecodeError:
        return "ok"
    return str(told.get("status", "ok")) if isinstance(told, dict) else "ok"


async def hold(talk: TypedTalk, call: Call, session: AgentSession[Call], lines: Sequence[Line]) -> None:
    """Says the lines and checks what came of them."""
    turn = turn_since(session.history.items)
    for line in lines:
        if line.kind == ">":
            before = len(session.history.items)
            await asyncio.wait_for(say(session, line.text), 30)
            turn = turn_since(session.history.items[before:])
        elif line.kind == "rows":
            await _check_rows(talk, line, call.store)
        else:
            _check(talk, line, turn)


def _check(talk: TypedTalk, line: Line, turn: Turn) -> None:
    where = f"{talk.title}, line {line.number}: {line.text!r}\nheard: {turn.words}\ntools: {turn.tools}"
    if line.kind == "=":
        assert any(_same_tool(line.text, tool) for tool in turn.tools), where
        return
    for words in line.text.split("|"):
        assert (words.strip().casefold() in turn.words.casefold()) is (line.kind == "<"), where


def _same_tool(wanted: str, tool: tuple[str, dict[str, Any], str]) -> bool:
    match = _TOOL.match(wanted)
    assert match is not None, f"not a tool's line: {wanted}"
    name, arguments, status = tool
    expected = dict(_pairs(match[2] or ""))
    fits = all(_shown(arguments.get(key)) == value for key, value in expected.items())
    return fits and name == match[1] and match[3] in {None, status}


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r",\s*(?=\w+=)", text) if text else []:
        key, _, value = part.partition("=")
        yield key.strip(), value.strip()


async def _check_rows(talk: TypedTalk, line: Line, store: Store) -> None:
    match = _ROWS.match(line.text)
    assert match is not None, f"{talk.title}, line {line.number}: not a line about rows"
    query = select(func.count()).select_from(table(match[1]))
    for key, value in _pairs(match[2]):
        query = query.where(named(key) == (None if value == "null" else int(value) if value.isdecimal() else value))
    async with store.read() as session:
        found = (await session.connection()).execute(query)
        count = (await found).scalar_one()
    assert count == int(match[3]), f"{talk.title}, line {line.number}: {count} rows of {line.text}"


MADE_BY = {
    "appointments": {("book_appointment", "booked"), ("schedule_appointment", "booked")},
    "orders": {("place_order", "placed")},
    "messages": {("take_message", "stored")},
    "customers": {("register_user", "registered")},
    "waitlist": {("join_waitlist", "waiting")},
}
"""Tables, and the tools' answers that say that a row of it was made."""


async def rows_of(store: Store) -> dict[str, int]:
    """How many rows there are of what a caller may have made."""
    async with store.read() as session:
        connection = await session.connection()
        queries = {name: select(func.count()).select_from(table(name)) for name in MADE_BY}
        return {name: (await connection.execute(query)).scalar_one() for name, query in queries.items()}


def made_in(items: Sequence[llm.ChatItem]) -> dict[str, int]:
    """How many rows the tools said that they made; the same answer twice is one."""
    told = {(one.name, _status(one), one.output) for one in items if one.type == "function_call_output"}
    return {name: sum((tool, status) in by for tool, status, _ in told) for name, by in MADE_BY.items()}


def clock_of(talk: TypedTalk, start: datetime) -> datetime:
    return datetime.fromisoformat(talk.settings["now"]) if "now" in talk.settings else start
