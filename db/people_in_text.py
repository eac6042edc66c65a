"""Where a text names somebody: names that are known or introduced, e-mail addresses and streets, written or spoken."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from db.number_words import LETTERS
from db.vocabulary import by_tongue, either, listed, plain

SHORTEST_NAME = 2
"""Letters; a shorter part of a name is an initial."""
SPELLED_NAME = 4
"""So many letters, one by one, are a name that is being spelled."""
LONGEST_NAME = 3
"""Words of a name that somebody introduces themselves by."""

_NOT_BEFORE, _NOT_AFTER = rf"(?<![{LETTERS}])", rf"(?![{LETTERS}])"
_NAME_WORD = r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0903\u093a-\u094f'’-])*"
_POSSESSIVE = r"(?:['’]s|s['’]|s|['’](?!\w))?"


def known_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """Any of these names or of their parts, also in the genitive and spelled letter by letter."""
    wanted = {part for name in names for part in _parts(name)}
    if not wanted:
        return None
    longest_first = sorted(wanted, key=lambda part: (-len(part), part))
    whole = "|".join(_loosely(part) for part in longest_first)
    spelled = "|".join(r"[\s.,-]+".join(part) for part in longest_first if len(part) > 2 and part.isalpha())
    choice = f"(?:{whole}){_POSSESSIVE}" + (f"|{spelled}" if spelled else "")
    return re.compile(rf"{_NOT_BEFORE}(?:{choice}){_NOT_AFTER}", re.IGNORECASE)


def _parts(name: str) -> Iterator[str]:
    """The whole name, and each part of it that is not everybody's."""
    words = [word for word in re.split(r"[\s.,]+", plain(name)) if word]
    parts = [part for word in words for part in (word, *word.split("-"))]
    telling = [part for part in parts if len(part) >= SHORTEST_NAME and part not in listed("particles")]
    yield from telling
    if len(words) > 1 and telling:
        yield " ".join(words)


def _loosely(part: str) -> str:
    """The same with or without accents, and with any space between its words."""
    letters = [_with_accents(letter) if not letter.isspace() else r"[\s.,-]+" for letter in part]
    return "".join(letters)


def _with_accents(letter: str) -> str:
    if letter == "'":
        return "['’]"
    bare = unicodedata.normalize("NFD", letter)[0]
    if not bare.isascii() or not bare.isalpha():
        return re.escape(letter)
    return _accented().get(bare, bare)


@cache
def _accented() -> dict[str, str]:
    """For each letter a class of it and its accented forms."""
    forms: dict[str, set[str]] = {}
    for code in range(0xC0, 0x1EFA):
        letter = chr(code)
        bare = unicodedata.normalize("NFD", letter)[0].casefold()
        if bare.isascii() and bare.isalpha() and letter.islower():
            forms.setdefault(bare, {bare}).add(letter)
    return {bare: "[" + "".join(sorted(letters)) + "]" for bare, letters in forms.items()}


def introduced_names(text: str) -> Iterator[tuple[int, int]]:
    """«My name is …», «this is …», «मेरा नाम … है»: where the name stands."""
    for match in _introductions().finditer(text):
        yield from _name_from(text, match.end(), any_case=True)
    if not text.isupper():
        for match in _mild_introductions().finditer(text):
            yield from _name_from(text, match.end(), any_case=False)
    for match in _names_in_between().finditer(text):
        yield match.span("name")


@cache
def _introductions() -> re.Pattern[str]:
    name = r"(?:sur|last |first |full |maiden |family )?name(?:['’]s|\s+is|\s+was|\s+of)"
    others = r"call(?:ed)? me|i am called|under the name(?:\s+of)?|mera naam|मेरा नाम|tên tôi là"
    return re.compile(rf"{_NOT_BEFORE}(?:{name}|{others})\s+(?:is\s+|mr\.?\s+|mrs\.?\s+|ms\.?\s+)?", re.IGNORECASE)


@cache
def _mild_introductions() -> re.Pattern[str]:
    """Words after which a name may stand, or something else: capitals decide."""
    verbs = r"this is|i['’]m|i am|it['’]s|it is|here is|speaking (?:to|with)"
    return re.compile(rf"{_NOT_BEFORE}(?:{verbs}|mr\.?|mrs\.?|ms\.?|shri|smt\.?)\s+", re.IGNORECASE)


@cache
def _names_in_between() -> re.Pattern[str]:
    """«मैं राहुल बोल रहा हूँ», «main Rahul bol raha hoon», «श्री राहुल वर्मा»."""
    name = rf"(?P<name>{_NAME_WORD}(?:\s+{_NAME_WORD})?)"
    return re.compile(rf"(?:मैं|main)\s+{name}(?=\s+(?:बोल|bol)\s)", re.IGNORECASE)


def _name_from(text: str, start: int, *, any_case: bool) -> Iterator[tuple[int, int]]:
    """The words that make a name, from here on."""
    end, word = start, re.compile(rf"\s*({_NAME_WORD})")
    for _ in range(LONGEST_NAME):
        match = word.match(text, end)
        if match is None or not _could_be_name(match[1], any_case=any_case):
            break
        end = match.end()
    if end > start:
        yield start, end


def _could_be_name(word: str, *, any_case: bool) -> bool:
    said = plain(word)
    if said in listed("after_names") or said in listed("weekdays") or said.split("'")[0].split("’")[0] in {"i", "it"}:
        return False
    return any_case or (word[0].isupper() and said not in listed("no_names"))


@cache
def spelled_names() -> re.Pattern[str]:
    """«S H A R M A», «S-H-A-R-M-A»; an order's letters are none."""
    letter, order = r"[^\W\d_]", r"o[\s.-]+r[\s.-]+d\b"
    many = rf"(?:{letter}[\s.,-]+){{{SPELLED_NAME - 1},}}{letter}"
    return re.compile(rf"{_NOT_BEFORE}(?!{order}){many}{_NOT_AFTER}", re.IGNORECASE)


@cache
def emails() -> re.Pattern[str]:
    """«jo@example.com», «jo dot smith at example dot com», «j o at the rate gmail dot com»."""
    digits = "|".join(sorted((name for name in _number_words(below=10) if len(name) > 1), key=len, reverse=True))
    word, single = r"[\w+-]{1,40}", rf"(?:\w|{digits})"
    dot = r"(?:\s*\.\s*|\s+(?:dot|point|डॉट)\s+)"
    sign = r"(?:\.|\s+(?:dot|point|डॉट|underscore|dash|hyphen|minus|plus|अंडरस्कोर)\s+)"
    mailbox = rf"(?:{single}\s+){{0,12}}{word}(?:{sign}{word}|\s+{single}){{0,12}}\s+"
    before = rf"(?:(?!{either('no_mailboxes', 'after_names')}\s)[\w-]{{2,20}}\s+){{0,2}}(?!{either('no_mailboxes')}\s)"
    host = rf"[\w-]{{1,40}}(?:\s+[\w-]{{1,40}})?(?:{dot}[\w-]{{1,40}}){{0,4}}{dot}[a-z]{{2,10}}"
    spoken = rf"(?<!['’]){_NOT_BEFORE}{before}{mailbox}(?:at(?:\s+the\s+rate(?:\s+of)?)?|एट|ऐट)\s+{host}{_NOT_AFTER}"
    written = r"(?<![\w.+%-])[\w.+%-]{1,80}\s?@\s?[\w-]{1,80}(?:\.[\w-]{1,80}){1,6}"
    return re.compile(rf"{written}|{spoken}", re.IGNORECASE)


@cache
def streets() -> re.Pattern[str]:
    """«12 Garden Street, Washington, DC 20001», «flat 5, twelve MG Road», «Hauptstraße 5», «मकान नंबर 12»."""
    said = "|".join(sorted(_number_words(), key=len, reverse=True))
    number = rf"(?:\d{{1,5}}[a-z]?|(?:{said})(?:[\s-]+(?:{said})){{0,3}})"
    between = rf"(?:[\s,]+(?!{either('no_streets')}{_NOT_AFTER})(?!\d)[{LETTERS}.'’-]{{1,30}}){{1,3}}?"
    street = rf"\s+{either('streets')}{_NOT_AFTER}\.?"
    flat = r"(?:flat|apartment|apt|suite|unit|house|plot|floor)\.?\s*(?:number\s+|no\.?\s*)?#?\w{1,5}"
    german = r"\w{2,30}(?:straße|strasse|weg|gasse|platz|allee)\s+\d{1,4}[a-z]?"
    hindi = r"(?:मकान|फ्लैट|फ़्लैट|प्लॉट|घर)\s+(?:नंबर|नम्बर|संख्या)\s+[\w\u0900-\u0963]+"
    body = rf"(?i:(?:{flat}[,\s]+)?{number}{between}{street}(?:,?\s+{flat})?|{german}|p\.?\s?o\.?\s?box\s+\d+|{hindi})"
    town = r"(?:,\s*[A-Z][\w.]+(?:\s[A-Z][\w.]+)?){0,2}(?:,?\s+[A-Z]{2})?(?:,?\s+\d{5,6}(?:-\d{4})?)?"
    return re.compile(rf"{_NOT_BEFORE}{body}{town}{_NOT_AFTER}")


def _number_words(below: int = 100) -> set[str]:
    return {name for name, value in by_tongue("numbers")["en"].items() if value < below}
