"""Holds a text against the log of what was done: whatever it claims must stand there.

A sentence that says that something was done is held against the runs that did it, and against nothing else: the time
that was taken is in the log too, and must not become the time that was booked. What is in doubt is refused.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from agents.deeds import deed_of
from db.calls import ToolRun
from db.number_words import words_of
from speech.times import MONTHS

COMPLETIONS = {
    "booked": r"\b(?:re)?book(?:ed|s)\b|\bscheduled\b|\breserved\b|\bmade an appointment\b",
    "cancelled": r"\bcancel(?:l)?ed\b|\bcalled off\b",
    "moved": r"\bmoved\b|\brescheduled\b|\bpostponed\b|\bchanged (?:the|their|his|her) (?:appointment|seat)\b",
    "ordered": r"\bordered\b|\bplaced\b(?! on)",
    "changed": r"\bchanged (?:the|their|his|her) order\b",
    "registered": r"\bregistered\b|\bsigned up\b",
    "message": r"\b(?:took|left|recorded|stored) a message\b|\bmessage was (?:taken|left|stored)\b",
    "transferred": r"\btransferred\b|\bput through\b|\bconnected\b",
    "waiting": r"\bwait(?:ing )?list\b",
}
"""How people say that something was done, by the verb of the deed that must stand in the log."""
CONFIRMED = re.compile(r"\b(?:confirmed|completed|arranged|settled|successful(?:ly)?|processed)\b", re.IGNORECASE)
"""May be said of anything that was done, and of nothing else."""
BEYOND = re.compile(
    r"\b(?:paid|payments?|charged|refund\w*|reimburse\w*|credited|invoiced?|e-?mailed|texted|sent|mailed|delivered"
    r"|shipped|dispatched|upgraded|approved|verified|updated|discount\w*|waived|called back)\b",
    re.IGNORECASE,
)
"""What no tool does: it may only be repeated as it stands in the log, such as the status of an order."""
PROMISE = re.compile(r"\b(?:will|shall|promised?|guaranteed?|going to)\b|\b\w+['’]ll\b", re.IGNORECASE)
RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|noon|midnight|next (?:week|month|day)|half past|quarter (?:to|past))\b",
    re.IGNORECASE,
)
"""Times that depend on when they are read, or that the log writes otherwise."""

_UNDONE = re.compile(
    r"(?:\b(?:not|nothing|nobody|none|never|could|unable|wanted|asked|tried|to be|without|no)\b|n't\b)[^.;,]{0,40}$"
)
"""Before a completion: it is not claimed."""
_DENIED = re.compile(r"(?:\b(?:not|nothing|never|no)\b|n't\b)[^.;,]{0,20}$")
"""Before a completion that did happen: this is false as well."""
_SENTENCES = re.compile(r"(?<=[.!?;])\s+")
_TIME = re.compile(r"\b(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b\.?", re.IGNORECASE)
_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b(?!\s*[ap]\.?m)", re.IGNORECASE)
_MONTH_NAMES = "|".join(MONTHS)
_MONTH = re.compile(
    rf"\b({_MONTH_NAMES})(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?\b)?(?:,?\s+((?:19|20)\d\d)\b)?", re.IGNORECASE
)
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH_NAMES})\b(?:,?\s+((?:19|20)\d\d)\b)?", re.IGNORECASE
)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w{5,}\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]+")
_UNCOUNTED = {"one", "oh", "o"}
"""Number words that mostly mean something else."""


@dataclass(frozen=True)
class Claim:
    """Something a text says that the log does not hold."""

    kind: str
    words: str


def unfounded(text: str, runs: Sequence[ToolRun], said: Sequence[str], offered: Collection[str] = ()) -> list[Claim]:
    """What the text claims without ground. `said` are the turns, in which people name people; `offered` are the names
    of what can be ordered or booked, so that none is named that did not come up."""
    claims: list[Claim] = []
    for sentence in _SENTENCES.split(text):
        verbs, wrong = _completions(sentence, runs)
        witnesses = [run for run in runs if not verbs or _verb(run) in verbs]
        claims += [*wrong, *_facts(sentence, _log(witnesses), offered)]
        claims += [Claim("completion", word) for word in _beyond(sentence, witnesses)]
        claims += [Claim("promise", match[0]) for match in PROMISE.finditer(sentence)]
    return [*claims, *_names(text, " ".join([_log(runs), *said]))]


def _log(runs: Sequence[ToolRun]) -> str:
    return json.dumps([(run.arguments, run.result) for run in runs], ensure_ascii=False, default=str)


def _verb(run: ToolRun) -> str:
    done = deed_of(run)
    return "" if done is None else done.deed.verb


def _completions(sentence: str, runs: Sequence[ToolRun]) -> tuple[set[str], list[Claim]]:
    """Which deeds the sentence tells of, and what of that did not happen, or did though it is denied."""
    happened = {_verb(run) for run in runs} - {""}
    told: set[str] = set()
    wrong: list[Claim] = []
    for verb, pattern in COMPLETIONS.items():
        for match in re.finditer(pattern, sentence, re.IGNORECASE):
            before = sentence[: match.start()].lower()
            if _UNDONE.search(before):
                wrong += [Claim("denial", match[0])] if verb in happened and _DENIED.search(before) else []
            elif verb in happened:
                told.add(verb)
            else:
                wrong.append(Claim("completion", match[0]))
    if not told and not happened:
        wrong += [Claim("completion", match[0]) for match in CONFIRMED.finditer(sentence)]
    return told, wrong


def _beyond(sentence: str, runs: Sequence[ToolRun]) -> Iterator[str]:
    log = _log(runs).casefold()
    for match in BEYOND.finditer(sentence):
        if match[0].casefold() not in log and not _UNDONE.search(sentence[: match.start()].lower()):
            yield match[0]


def _facts(sentence: str, log: str, offered: Collection[str]) -> Iterator[Claim]:
    for kind, find in FACTS.items():
        for words in sorted(find(sentence) - find(log)):
            yield Claim(kind, words)
    for match in RELATIVE.finditer(sentence):
        yield Claim("time", match[0])
    for name in offered:
        found = re.search(rf"\b{re.escape(name)}\b", sentence, re.IGNORECASE)
        if found and name.casefold() not in log.casefold():
            yield Claim("item", name)


def _times(text: str) -> set[str]:
    found = {f"{int(match[1])}:{match[2] or '00'} {match[3].lower()}m" for match in _TIME.finditer(text)}
    for match in _CLOCK.finditer(text):
        hour = int(match[1])
        found.add(f"{hour % 12 or 12}:{match[2]} {'a' if hour < 12 else 'p'}m")
    return found


def _dates(text: str) -> set[str]:
    """Months, days and years as MM, MM-DD and YYYY-MM, whatever form they are written in."""
    found: set[str] = set()
    parts = [(match[2], match[3], match[1]) for match in _ISO.finditer(text)]
    parts += [(match[1], match[2], match[3]) for match in _MONTH.finditer(text) if match[1] != "may"]
    parts += [(match[2], match[1], match[3]) for match in _DAY_MONTH.finditer(text)]
    for name, day, year in parts:
        month = name if name.isdigit() else f"{MONTHS.index(name.casefold()) + 1:02d}"
        found.add(month)
        found |= {f"{month}-{int(day):02d}"} if day else set()
        found |= {f"{year}-{month}"} if year else set()
    return found


def _weekdays(text: str) -> set[str]:
    return {match[0].casefold() for match in _WEEKDAY.finditer(text)}


def _codes(text: str) -> set[str]:
    return {match[0].casefold() for match in _CODE.finditer(text)}


def _numbers(text: str) -> set[str]:
    """Amounts and counts, in figures or in words; what belongs to a date, a time or a code is looked at elsewhere."""
    for pattern in (_ISO, _DAY_MONTH, _MONTH, _TIME, _CLOCK, _CODE):
        text = pattern.sub(" ", text)
    figures = {match[0].replace(",", "").lstrip("0") or "0" for match in _NUMBER.finditer(text)}
    said = {word.digits for word in words_of(text) if word.tongue == "en" and word.sure}
    return (figures | said) - {
        word.digits for word in words_of(text) if word.text in _UNCOUNTED and word.digits not in figures
    }


def _names(text: str, known: str) -> Iterator[Claim]:
    """Words with a capital letter in the middle of a sentence, other than the days and months looked at already."""
    plain = {*MONTHS, "i", "id", "am", "pm", *re.findall(r"[\w'’-]+", known.casefold())}
    for match in _NAME.finditer(text):
        word = match[0].casefold()
        if word not in plain and word.removesuffix("'s").removesuffix("’s") not in plain and not _weekdays(word):
            yield Claim("name", match[0])


FACTS: dict[str, Callable[[str], set[str]]] = {
    "time": _times,
    "date": _dates,
    "weekday": _weekdays,
    "code": _codes,
    "number": _numbers,
}
"""What is looked for in the text and in the log, by the same eyes."""
