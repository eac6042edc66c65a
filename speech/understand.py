"""The command `understand`: one utterance a line in, one JSON object with its date and time a line out."""

import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from speech.times import Frame, read
from speech.times.lexicon import LANGUAGES

LOCALES = ("en-US", "en-GB", "en-IN", "hi-IN")
_OPEN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")


class BadOption(ValueError):
    """The message is one sentence for the person at the keyboard."""


def frame_of(now: str, zone: str | None, hours: str | None, locale: str) -> Frame:
    """What the options say, checked."""
    if locale not in LOCALES:
        raise BadOption(f"--locale: there is no «{locale}» here; there are {', '.join(LOCALES)}.")
    return Frame(_moment(now, zone), None if hours is None else _hours(hours), locale=locale)


def _moment(now: str, zone: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(now)
    except ValueError as error:
        raise BadOption(f"--now: «{now}» is no ISO date and time, such as 2026-03-02T09:00.") from error
    if zone is None:
        return moment
    try:
        tz = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadOption(f"--zone: there is no time zone «{zone}»; Asia/Kolkata is one.") from error
    try:
        return moment.replace(tzinfo=tz) if moment.tzinfo is None else moment.astimezone(tz)
    except OverflowError as error:
        raise BadOption(f"--now: «{now}» lies outside the calendar in {zone}.") from error


def _hours(said: str) -> tuple[int, int]:
    match = _OPEN.fullmatch(said)
    if match is None:
        raise BadOption(f"--open: «{said}» is not of the form HH:MM-HH:MM, such as 09:00-17:30.")
    first, last = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if not first < last <= 24 * 60:
        raise BadOption(f"--open: «{said}» must end after it begins, on the same day.")
    return first, last


def check_language(language: str) -> str:
    if language not in LANGUAGES:
        raise BadOption(f"--language: there is no «{language}» here; there are {', '.join(LANGUAGES)}.")
    return language


def as_json(text: str, frame: Frame, language: str) -> str:
    reading = read(text, frame, language)
    told = {
        "text": text,
        "date": reading.day and reading.day.isoformat(),
        "time": reading.at and f"{reading.at:%H:%M}",
        "end_date": reading.end_day and reading.end_day.isoformat(),
        "end_time": reading.end_at and f"{reading.end_at:%H:%M}",
        "ambiguous": reading.question,
    }
    return json.dumps(told, ensure_ascii=False)


def lines_of(source: BinaryIO) -> Iterator[str]:
    """Lines as they come; bytes that are no UTF-8 are shown as �."""
    for line in iter(source.readline, b""):
        yield line.rstrip(b"\r\n").decode("utf-8", errors="replace")


def answer_lines(source: BinaryIO, to: TextIO, frame: Frame, language: str) -> int:
    """Each answer is written as soon as its line was read; a reader who leaves early is no error."""
    try:
        for text in lines_of(source):
            to.write(as_json(text, frame, language) + "\n")
            to.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def run(now: str, zone: str | None, hours: str | None, locale: str, language: str) -> int:
    """The whole command on standard input and output."""
    frame, known = frame_of(now, zone, hours, locale), check_language(language)
    with open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as out:
        return answer_lines(sys.stdin.buffer, out, frame, known)
