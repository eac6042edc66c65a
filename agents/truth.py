"""Holds a text against the log of what was done: whatever it claims must stand there."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agents.deeds import deed_of
from db.calls import ToolRun
from speech.times import MONTHS

COMPLETIONS = {
    "booked": r"\b(?:re)?book(?:ed|s)\b|\bscheduled\b|\breserved\b|\bmade an appointment\b",
    "cancelled": r"\bcancel(?:l)?ed\b|\bcalled off\b",
    "moved": r"\bmoved\b|\brescheduled\b|\bchanged (?:the|their|his|her) (?:appointment|seat)\b",
    "ordered": r"\bordered\b|\bplaced (?:an|the) order\b|\border was placed\b",
    "changed": r"\bchanged (?:the|their|his|her) order\b",
    "registered": r"\bregistered\b",
    "message": r"\b(?:took|left|recorded) a message\b",
    "transferred": r"\btransferred\b|\bput through\b",
    "waiting": r"\bwait(?:ing )?list\b",
}
"""How people say that something was done, by the verb of the deed that must stand in the log."""

_UNDONE = re.compile(
    r"(?:\b(?:not|nothing|nobody|none|never|could|unable|wanted|asked|tried|to be|without|no)\b|n't\b)[^.;,]{0,40}$"
)
"""Before a completion: it is not claimed."""
_TIME = re.compile(r"\b(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b", re.IGNORECASE)
_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?\b)?", re.IGNORECASE)
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(MONTHS)})\b", re.IGNORECASE)
_ISO = re.compile(r"\b\d{4}-(\d{2})-(\d{2})\b")
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w{5,}\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]+")


@dataclass(frozen=True)
class Claim:
    """Something a text says that the log does not hold."""

    kind: str
    words: str


def unfounded(text: str, runs: Sequence[ToolRun], said: Sequence[str]) -> list[Claim]:
    """Completions that did not happen, and times, dates, days, codes, numbers and names that came up nowhere."""
    log = json.dumps([(run.arguments, run.result) for run in runs], ensure_ascii=False, default=str)
    claims = [*_completions(text, runs)]
    for kind, find in FACTS.items():
        known = find(log) if kind != "name" else set(re.findall(r"[\w'’-]+", " ".join([log, *said]).casefold()))
        claims += [Claim(kind, words) for words in sorted(find(text) - known)]
    return claims


def _completions(text: str, runs: Sequence[ToolRun]) -> Iterator[Claim]:
    verbs = {done.deed.verb for run in runs if (done := deed_of(run)) is not None}
    for verb, pattern in COMPLETIONS.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if verb not in verbs and not _UNDONE.search(text[: match.start()].lower()):
                yield Claim("completion", match[0])


def _times(text: str) -> set[str]:
    return {f"{int(match[1])}:{match[2] or '00'} {match[3].lower()}m" for match in _TIME.finditer(text)}


def _dates(text: str) -> set[str]:
    """Months and days as MM and MM-DD, whatever form they are written in."""
    found = {part for match in _ISO.finditer(text) for part in (match[1], f"{match[1]}-{match[2]}")}
    pairs = [(match[1], match[2]) for match in _MONTH.finditer(text) if match[1].casefold() != "may" or match[2]]
    pairs += [(match[2], match[1]) for match in _DAY_MONTH.finditer(text)]
    for name, day in pairs:
        month = f"{MONTHS.index(name.casefold()) + 1:02d}"
        found.add(f"{month}-{int(day):02d}" if day else month)
    return found


def _weekdays(text: str) -> set[str]:
    return {match[0].casefold() for match in _WEEKDAY.finditer(text)}


def _codes(text: str) -> set[str]:
    return {match[0].casefold() for match in _CODE.finditer(text)}


def _numbers(text: str) -> set[str]:
    return {match[0].lstrip("0") or "0" for match in _NUMBER.finditer(text)}


def _names(text: str) -> set[str]:
    """Words with a capital letter in the middle of a sentence, other than the days and months looked at already."""
    plain = {*MONTHS, "i", "id", "am", "pm"}
    return {word for match in _NAME.finditer(text) if (word := match[0].casefold()) not in plain | _weekdays(match[0])}


FACTS: dict[str, Callable[[str], set[str]]] = {
    "time": _times,
    "date": _dates,
    "weekday": _weekdays,
    "code": _codes,
    "number": _numbers,
    "name": _names,
}
"""What is looked for in the text and in the log, by the same eyes."""
