"""Who types: a caller at a keyboard, or a file of lines. Each line is read in a thread of its own, so that the call
goes on meanwhile and may end without it."""

import asyncio
import contextlib
import os
import threading
import unicodedata
from collections.abc import Callable
from typing import BinaryIO

from db.calls import LONGEST_TURN
from tools.call import JOINERS, UNSPEAKABLE

LONGEST_LINE = 4 * LONGEST_TURN
"""Bytes of one line of a pipe: as many letters as a turn may have, in any script."""
LOOKED_AT = 5.0
"""Seconds after which it is looked at whether somebody types."""

Read = Callable[[], str | None]
"""The next line as it came in; None at the end. It waits."""


class Typist:
    """Hands over line after line until the caller hangs up, or says nothing for too long."""

    def __init__(self, read: Read, *, patience: float | None = None, touched: Callable[[], float] = lambda: 0) -> None:
        self._read, self._patience, self._touched = read, patience, touched
        self._hung_up = asyncio.Event()
        self.left: str | None = None
        """Why there are no more lines."""

    def hang_up(self, why: str = "caller_hung_up") -> None:
        """At once, whatever goes on."""
        self.left = self.left or why
        self._hung_up.set()

    async def gone(self) -> None:
        """Returns when the caller has hung up."""
        await self._hung_up.wait()

    async def line(self) -> str | None:
        """What was said; empty lines are no words. None when nothing more is to come."""
        while not self._hung_up.is_set():
            line = await self._next()
            if line is None:
                break
            if words := spoken(line):
                return words
        return None

    async def _next(self) -> str | None:
        reading, gone = self._begin_reading(), asyncio.ensure_future(self.gone())
        try:
            if not await self._either(reading, gone):
                self.hang_up("silence")
        finally:
            gone.cancel()
        line = reading.result() if reading.done() else None
        if line is None:
            self.hang_up()
        return line

    def _begin_reading(self) -> asyncio.Future[str | None]:
        loop = asyncio.get_running_loop()
        reading: asyncio.Future[str | None] = loop.create_future()

        def tell(line: str | None) -> None:
            if not reading.done():
                reading.set_result(line)

        def read() -> None:
            line = self._read()
            # the call may have ended before this line
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(tell, line)

        threading.Thread(target=read, name="typist", daemon=True).start()
        return reading

    async def _either(self, *wanted: asyncio.Future[str | None] | asyncio.Future[None]) -> bool:
        """Whether one of them came; who types is not silent, even before the line is whole."""
        loop = asyncio.get_running_loop()
        quiet_since, touched = loop.time(), self._touched()
        while True:
            left = None if self._patience is None else quiet_since + self._patience - loop.time()
            if left is not None and left <= 0:
                return False
            timeout = None if left is None else min(left, LOOKED_AT)
            done, _ = await asyncio.wait(wanted, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return True
            if touched != (touched := self._touched()):
                quiet_since = loop.time()


def spoken(line: str) -> str:
    """A line as a caller could have said it: no control characters, one blank between words, not without end."""
    letters = (" " if unicodedata.category(one) in UNSPEAKABLE and one not in JOINERS else one for one in line)
    return " ".join("".join(letters).split())[:LONGEST_TURN].strip()


def piped(stream: BinaryIO) -> Read:
    """Reads lines of any length and any bytes; of a very long one the beginning."""

    def read() -> str | None:
        line = rest = stream.readline(LONGEST_LINE)
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)
        return line.decode("utf-8", "replace") if line else None

    return read


def at_keyboard(prompt: str) -> Read:
    """Reads with arrow keys and a history, which is forgotten with the process: callers' words are their own."""
    import readline

    readline.set_auto_history(True)
    readline.parse_and_bind("tab: self-insert")

    def read() -> str | None:
        try:
            return input(prompt)
        except (EOFError, OSError):
            return None

    return read


def last_touched(terminal: int) -> Callable[[], float]:
    """When the terminal was last read from; the kernel tells it to within eight seconds."""
    return lambda: os.fstat(terminal).st_atime
