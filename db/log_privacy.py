"""Keeps personal data out of the logs of the libraries. Our own loggers are never given any."""

import logging
import traceback
from types import TracebackType

TELL_MESSAGES = {"aiosqlite", "openai", "httpcore", "httpx", "websockets", "hpack"}
"""At DEBUG these write down what is stored or sent, word for word."""
RAISE_MESSAGES = {"livekit", "asyncio"}
"""Their errors may quote what a caller said or a model sent."""
MARK = "pii"
"""How the agents SDK marks personal fields of a record: `lk.pii.arguments`."""
UNMARKED = {"text_sent"}
"""What it does not mark: the words that a model had said when it failed."""


class Discreet(logging.Filter):
    """Lets records through without what they tell of people."""

    def filter(self, record: logging.LogRecord) -> bool:
        library = record.name.partition(".")[0]
        if library in TELL_MESSAGES and record.levelno < logging.INFO:
            return False
        for name in [name for name in vars(record) if MARK in name.split(".") or name in UNMARKED]:
            delattr(record, name)
        if library in RAISE_MESSAGES and record.exc_info:
            record.exc_text = _without_message(record.exc_info)
            record.exc_info = None
        return True


def _without_message(
    raised: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | bool,
) -> str:
    """Where an error was raised and of which kind it is."""
    error = raised[1] if isinstance(raised, tuple) else None
    if error is None:
        return ""
    return "".join([*traceback.format_tb(error.__traceback__), type(error).__qualname__])


def keep_private() -> None:
    """Puts the filter before every handler that is there, and on the loggers of the libraries, whose records may go to
    handlers that come later. To be called once logging has been set up."""
    discreet = Discreet()
    libraries = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in RAISE_MESSAGES]
    for name in [*libraries, *TELL_MESSAGES, "livekit.agents"]:
        logging.getLogger(name).addFilter(discreet)
    for handler in logging.root.handlers:
        handler.addFilter(discreet)
