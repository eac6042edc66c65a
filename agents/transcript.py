"""What is shown of a typed call: the conversation for people, or its events for programs."""

import json
import os
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from livekit.agents.voice.io import TextOutput

import events

PLAIN: Mapping[str, str] = {"name": "", "dim": "", "end": ""}
COLOURS: Mapping[str, str] = {"name": "\x1b[1;36m", "dim": "\x1b[2m", "end": "\x1b[0m"}
LONGEST_SHOWN = 300
"""Characters of a tool's result."""


class Paper:
    """Takes text. Where nobody reads any more it goes nowhere, and the call goes on to its end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class EventLines:
    """Each event as a line of JSON."""

    words: TextOutput | None = None

    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    def show(self, message: events.Message) -> None:
        self._paper.write(events.to_json(message) + "\n")


class Transcript:
    """The conversation as people read it. What the agent says comes as it is said, with nothing masked: this is the
    caller's own ear."""

    def __init__(self, paper: Paper, *, colours: Mapping[str, str] = PLAIN, echo: bool = False) -> None:
        self._paper, self._colours, self._echo = paper, colours, echo
        self.words: TextOutput | None = Words(self)
        self.speaker: Callable[[], str] = lambda: "Agent"
        self._in_line = False

    def say(self, text: str) -> None:
        """A piece of what the agent says."""
        text = readable(text)
        if not self._in_line:
            text = text.lstrip()
            if not text:
                return
            self._paper.write(f"{self._colours['name']}{self.speaker()}:{self._colours['end']} ")
            self._in_line = True
        self._paper.write(text)

    def end_line(self) -> None:
        if self._in_line:
            self._in_line = False
            self._paper.write("\n")

    def show(self, message: events.Message) -> None:
        match message.event:
            case events.UserSpeaking(text=text, final=True) if self._echo:
                self._line(f"You: {text}")
            case events.ToolCall() as ended:
                self._aside(f"{_used(ended)} → {_came(ended)} ({ended.ms} ms)")
            case events.Handoff(from_=before, to=after):
                self._aside(f"{before} → {after}")
            case events.Error(code=code):
                self._aside(f"error: {code}")
            case events.Summary() as summary:
                self._line(f"\nSummary: {summary.text}")
                self._aside(f"{summary.outcome}, {summary.seconds} s")

    def _aside(self, text: str) -> None:
        self._line(f"{self._colours['dim']}  · {readable(text)}{self._colours['end']}")

    def _line(self, text: str) -> None:
        self.end_line()
        self._paper.write(text + "\n")


class Words(TextOutput):
    """The agent's words on their way to the transcript."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__(label="transcript", next_in_chain=None)
        self._transcript = transcript

    async def capture_text(self, text: str) -> None:
        self._transcript.say(text)

    def flush(self) -> None:
        self._transcript.end_line()


def readable(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(one for one in text if one == "\n" or unicodedata.category(one) not in {"Cc", "Cs"})


def _used(ended: events.ToolCall) -> str:
    told = ", ".join(f"{name}={_short(value)}" for name, value in ended.arguments.items() if value is not None)
    return f"{ended.function}({told})"


def _came(ended: events.ToolCall) -> str:
    if ended.error is not None:
        return f"error: {ended.error}"
    result: Any = ended.result
    if not isinstance(result, Mapping):
        return _short(result)
    rest = {name: value for name, value in result.items() if name != "status"}
    return f"{result.get('status', 'ok')} {_short(rest) if rest else ''}".rstrip()


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
