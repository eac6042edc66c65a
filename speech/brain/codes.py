"""Codes in what was said: of a known length, such as a confirmation number, or of a known form, such as a seat."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from speech.brain.dialogue import Language, Slot
from speech.brain.phrases import find, plain
from speech.brain.values import LEAST_SPELLED, Line, clause
from speech.digits import digits
from speech.spelling import Unknown, spell

MOST_TOKENS = 36
"""Words of one code: six letters with an example each, and some breath."""
AIRLINE = 2
"""Letters before a flight's number, which spell something only together with it."""
MOST_OTHERS = 2
"""Words of a sentence that an answer which spells something may have."""
_TOKEN = re.compile(r"[^\s,.;:!?«»\"()-]+")
_EXAMPLE = re.compile(r"[\s,]*(?:(?:as|is)\s+(?:in|for)|like|for)\s+(\w+)", re.IGNORECASE)
_LETTER_O = re.compile(r"(?<=\d)O")


@dataclass(frozen=True)
class Spelled:
    """A code, and where it stands in the line."""

    code: str
    start: int
    end: int


def read_code(
    line: Line, slot: Slot, language: Language, others: frozenset[str], *, asked: bool, own: bool
) -> str | None:
    """What is spelled or keyed. `own`: the wish that is talked about needs it, so that a bare number may be it.
    `others`: words that are no part of a code."""
    if slot.form is not None:
        found = _of_form(line, slot, slot.form, language, bare=asked or own)
    else:
        found = _of_length(line, slot, slot.length, _common(others, language), asked=asked) if slot.length else None
        found = found or _whole(line, slot, _common(others, language), asked=asked)
    if found is None:
        return None
    line.blank(found.start, found.end)
    line.read = line.read if slot.form is not None else (found.start, found.end)
    return found.code


def _whole(line: Line, slot: Slot, common: frozenset[str], *, asked: bool) -> Spelled | None:
    """What stands behind its cue, or the whole of an answer to its question, as long as it is no sentence."""
    for cue in find(slot.cues, line.plain):
        said = clause(line.text[cue.end :])
        if _spells(said, slot):
            return Spelled(said.strip(), cue.start, cue.end + len(said))
    others = sum(_is_kept(word, common) for word in plain(line.text).split())
    if asked and others <= MOST_OTHERS and _spells(line.text, slot):
        return Spelled(line.rest, 0, len(line.text))
    return None


def _spells(text: str, slot: Slot) -> bool:
    """Whether it has single letters, digits or words for digits in it, as spelling has."""
    if slot.length is not None:
        return len(spell(text, Unknown.DROP).replace(" ", "")) >= LEAST_SPELLED
    tokens = plain(text).split()
    return any(len(token) == 1 or any(map(str.isdigit, token)) or digits(token) for token in tokens)


def without_codes(text: str, slots: Sequence[Slot], language: Language) -> str:
    """The text, letter for letter as long, without what is spelled in it: the «golf» of a code is no wish."""
    line = Line(text)
    for slot in slots:
        if slot.type == "code" and slot.length is not None:
            found = _of_length(line, slot, slot.length, _common(frozenset(), language), asked=False)
            line.blank(*((found.start, found.end) if found is not None else (0, 0)))
    return line.text


def _common(others: frozenset[str], language: Language) -> frozenset[str]:
    return others.union(language.fillers, language.small_words, language.known_by, language.name_ends)


def _of_length(line: Line, slot: Slot, length: int, common: frozenset[str], *, asked: bool) -> Spelled | None:
    """The first stretch that spells just so many signs; words that spell nothing are part of it only where a code is
    expected and has digits."""
    at = [cue.end for cue in find(slot.cues, line.plain)]
    for unknown in (Unknown.DROP, Unknown.KEEP) if asked or at else (Unknown.DROP,):
        tokens = list(_TOKEN.finditer(line.text))
        for first in range(len(tokens)):
            found = _stretch(line.text, tokens[first : first + MOST_TOKENS], unknown, length, common)
            if found is not None and not (unknown is Unknown.KEEP and found.code.isalpha()):
                return found
    tokens = [token for token in _TOKEN.finditer(line.text) if _looks_coded(token[0], length)]
    return Spelled(tokens[0][0], tokens[0].start(), tokens[0].end()) if tokens else None


def _stretch(
    text: str, tokens: list[re.Match[str]], unknown: Unknown, length: int, common: frozenset[str]
) -> Spelled | None:
    """From the first of these words on, as many as spell the code, with the example behind its last letter."""
    found, before, start = None, "", tokens[0].start()
    for token in tokens:
        said = spell(text[start : token.end()], unknown)
        kept = unknown is Unknown.KEEP and said != before and _is_kept(token[0], common)
        if " " in said or len(said) > length or not said or kept:
            break
        if len(said) == length and said != before:
            found = Spelled(said, start, token.end())
        before = said
    if found is None:
        return None
    example = _EXAMPLE.match(text, found.end)
    named = example is not None and example[1][0].upper() == found.code[-1]
    return Spelled(found.code, start, example.end()) if example is not None and named else found


def _is_kept(word: str, common: frozenset[str]) -> bool:
    """Whether a word that is said in any sentence would be taken as it is written."""
    return len(word) > 1 and word.lower() in common and spell(word, Unknown.KEEP) == word.upper()


def _looks_coded(token: str, length: int) -> bool:
    return len(token) == length and any(map(str.isdigit, token)) and any(map(str.isalpha, token))


@cache
def _form(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _of_form(line: Line, slot: Slot, form: str, language: Language, *, bare: bool) -> Spelled | None:
    """The first that has the form and is not named as the old one."""
    old = [match.end for match in find(slot.not_behind, line.plain)]
    cues = [match.end for match in find(slot.cues, line.plain)]
    tokens = list(_TOKEN.finditer(line.text))
    free_from = 0
    for first, token in enumerate(tokens):
        if token.start() < free_from:
            continue
        found = _formed(line.text, tokens[first : first + MOST_TOKENS], _form(form), language)
        if found is None:
            continue
        free_from = found.end
        mixed = not found.code.isalpha() and not found.code.isdecimal()
        meant = bare or mixed or _behind(cues, found, line.plain, 1) or _is_alone(line, found, language)
        if meant and not _behind(old, found, line.plain, 0) and not _counts(slot.not_before, found, line.plain):
            return found
    return None


def _is_alone(line: Line, found: Spelled, language: Language) -> bool:
    """Whether nothing else was said."""
    others = plain(line.text[: found.start] + " " + line.text[found.end :]).split()
    return all(word in language.fillers for word in others)


def _counts(others: Sequence[str], found: Spelled, text: str) -> bool:
    """Whether what stands right behind it makes it a number of something else."""
    following = text[found.end :].lstrip()
    return found.code.isdecimal() and any(match.start == 0 for match in find(others, following))


def _behind(ends: list[int], found: Spelled, text: str, most: int) -> bool:
    """Whether at most so many words stand between."""
    return any(found.start >= end and len(text[end : found.start].split()) <= most for end in ends)


def _formed(text: str, tokens: list[re.Match[str]], form: re.Pattern[str], language: Language) -> Spelled | None:
    """From the first of these words on, as many as have the form."""
    found, before, start = None, "", tokens[0].start()
    for number, token in enumerate(tokens):
        said = _LETTER_O.sub("0", spell(text[start : token.end()], Unknown.DROP))
        if number == 0 and len(token[0]) == AIRLINE and " " in said:
            continue
        if " " in said or not said or _is_article(tokens, number, language):
            break
        if said == before and found is not None and not _joins_hundreds(tokens, number):
            break
        if said != before and form.fullmatch(said):
            found = Spelled(said, start, token.end())
        before = said
    return found


def _joins_hundreds(tokens: list[re.Match[str]], number: int) -> bool:
    """The «and» of «one hundred and four»."""
    return number > 0 and tokens[number][0].lower() == "and" and tokens[number - 1][0].lower() == "hundred"


def _is_article(tokens: list[re.Match[str]], number: int, language: Language) -> bool:
    """«Row 12, a window»: here the word that may be a letter is none."""
    if tokens[number][0].lower() not in language.articles or number + 1 == len(tokens):
        return False
    following = tokens[number + 1][0].lower()
    known = {*language.fillers, *language.acts["instead"], *language.acts["yes"], *language.numbers["digit"]}
    return following.isalpha() and len(following) > 1 and following not in known
