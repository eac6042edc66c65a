"""The two ends of a typed call: where its lines come from, and where it is shown."""

import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from agents.transcript import COLOURS, PLAIN, EventLines, Paper, Transcript
from agents.typist import Typist, at_keyboard, last_touched, piped

SILENCE = 45.0
"""Seconds after which a caller at a terminal is taken to have gone."""
PROMPT = "You: "


def sit_down(*, as_events: bool, colours: bool, silence: float = SILENCE) -> tuple[Typist, Transcript | EventLines]:
    """Who types and what is shown, on this process's standard input and output."""
    typed, seen = sys.stdin.isatty(), sys.stdout.isatty()
    keyboard = typed and seen and not as_events
    if keyboard and isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    fd = sys.stdin.fileno()
    # not sys.stdin's own buffer: Python could not end while a thread waits in that
    read = at_keyboard(PROMPT) if keyboard else piped(os.fdopen(fd, "rb", closefd=False))
    typist = Typist(read, patience=silence, touched=last_touched(fd)) if typed else Typist(read)
    paper = Paper(sys.stdout)
    if as_events:
        return typist, EventLines(paper)
    return typist, Transcript(paper, colours=COLOURS if seen and colours else PLAIN, echo=not keyboard)


@contextmanager
def left_as_found() -> Iterator[None]:
    """A line that nobody finishes would leave the terminal without its echo."""
    if not sys.stdin.isatty():
        yield
        return
    found = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, found)
