"""What people spell: letters and digits, one by one, with whatever spelling alphabet they know.

«M as in Mike, E, romeo, one, alpha, double two», «twelve A», «M A two oh four».
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum

from speech.digits import digits

ALPHABET = frozenset({
    "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "juliett", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango",
    "uniform", "victor", "whiskey", "whisky", "xray", "yankee", "zulu", "able", "adam", "apple", "baker", "boy",
    "cast", "charles", "dog", "david", "easy", "edward", "fox", "frank", "george", "henry", "how", "ida", "item",
    "jig", "john", "king", "lincoln", "love", "mary", "nan", "nora", "nancy", "ocean", "peter", "paul", "queen",
    "roger", "robert", "sam", "sugar", "tom", "union", "uncle", "william", "young", "yoke", "zebra", "anton",
    "berta", "caesar", "dora", "emil", "friedrich", "gustav", "heinrich", "julius", "ludwig", "martha", "nordpol",
    "otto", "paula", "quelle", "richard", "siegfried", "theodor", "ulrich", "viktor", "wilhelm", "zacharias",
})  # fmt: skip
"""The words of NATO's, the police's and the German alphabet; each begins with its letter."""
_LETTER_NAMES = {
    "ay": "A", "bee": "B", "be": "B", "cee": "C", "see": "C", "sea": "C", "dee": "D", "ee": "E", "eff": "F",
    "gee": "G", "aitch": "H", "haitch": "H", "jay": "J", "kay": "K", "el": "L", "em": "M", "en": "N", "pee": "P",
    "queue": "Q", "cue": "Q", "ar": "R", "are": "R", "ess": "S", "tee": "T", "tea": "T", "you": "U", "vee": "V",
    "ex": "X", "why": "Y", "wye": "Y", "zee": "Z", "zed": "Z",
}  # fmt: skip
_ALSO_WORDS = {"be", "see", "sea", "are", "you", "why", "tea"}
"""Letters' names that are words as well: in a sentence they are letters only behind a digit, as in «twelve see»."""
_REPEATS = {"double": 2, "triple": 3, "treble": 3}
_EXAMPLES = {"as", "in", "like", "for", "is", "of"}
"""Between a letter and the word that stands for it: «A as in apple»."""
_BETWEEN = {"or", "and", "to", "from"}
"""In a sentence, what is left and right of these are two things."""
_SOUND_ALIKES = {"to", "too", "for", "ate"}
"""Digits where everything is spelled, words where it is not."""
_VOWELS = set("aeiouy")
_SHORT_WORDS = {"hm", "mm", "mr", "ms", "dr", "st", "nd", "rd", "th", "pm", "ll", "ve"}
"""Words without a vowel."""
_ASIDES = frozenset({
    "aisle", "am", "an", "and", "as", "at", "booking", "by", "capital", "case", "code", "confirmation", "dash",
    "digit", "digits", "do", "dot", "exit", "flight", "hyphen", "if", "in", "is", "it", "letter", "letters",
    "lower", "me", "middle", "my", "no", "number", "of", "on", "or", "please", "ray", "reference", "row", "seat",
    "so", "space", "spelled", "spelt", "that", "the", "then", "this", "uh", "um", "upper", "we", "window", "yes",
})  # fmt: skip
"""Words around what is spelled."""


_XRAY = re.compile(r"\bx[- ]ray\b")
"""The one word of an alphabet that is written as two."""
_APART = " "
"""Stands where words of a sentence were: what is left and right of it does not belong together."""


class Unknown(Enum):
    """What to do with a word that spells nothing."""

    KEEP = "keep"
    """It is a part of the code, read as it is written."""
    FIRST_LETTER = "first letter"
    """It stands for its letter, in an alphabet of the caller's own."""
    DROP = "drop"
    """It is part of a sentence around it."""


def plain(text: str) -> str:
    """Lower case, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def spell(text: str, unknown: Unknown, *, said_twice: bool = False) -> str:
    """The letters and digits of a text. With `said_twice`, «M Mike» is one M."""
    words = re.findall(r"[a-z]+(?:['’][a-z]+)*|\d+", _XRAY.sub("xray", plain(text)))
    found, repeat = "", 1
    for sign in _signs(words, unknown, said_twice):
        if sign in _REPEATS:
            repeat = _REPEATS[sign]
        else:
            found, repeat = found + sign * repeat, 1
    return found


def _signs(words: list[str], unknown: Unknown, said_twice: bool) -> Iterator[str]:
    """Each word's letters and digits; a word of repetition as it is."""
    at, behind_digit = 0, False
    while at < len(words):
        word, following = words[at], words[at + 1 : at + 4]
        letter = None if unknown is Unknown.DROP and word in _ALSO_WORDS and not behind_digit else _letter(word)
        behind_digit = False
        if word == "double" and following[:1] in (["u"], ["you"]):
            yield "W"
            at += 2
        elif word in _REPEATS:
            yield word
            at += 1
        elif letter is not None:
            yield letter
            at += 1 + _example(letter, following, said_twice)
        else:
            sign, used = _number(words[at:], unknown)
            yield sign or _word(word, following, unknown)
            at, behind_digit = at + (used or 1), bool(sign)


def _letter(word: str) -> str | None:
    return word.upper() if len(word) == 1 and word.isalpha() else _LETTER_NAMES.get(word)


def _example(letter: str, following: list[str], said_twice: bool) -> int:
    """How many words after a letter only explain it."""
    lead = 0
    while lead < len(following) and following[lead] in _EXAMPLES:
        lead += 1
    if lead < len(following) and (lead or said_twice) and len(following[lead]) > 1:
        return lead + 1 if following[lead][0].upper() == letter else 0
    return 0


def _number(words: list[str], unknown: Unknown) -> tuple[str, int]:
    """A number at the beginning of these words, and how many of them it took."""
    if unknown is Unknown.DROP and words[0] in _SOUND_ALIKES:
        return "", 0
    first = digits(words[0])
    if not first or words[0] == "hundred" or not words[0].isalnum():
        return "", 0
    if words[0].endswith("ty") and len(words) > 1 and _is_ones(words[1]):
        return first[0] + digits(words[1]), 2
    if len(first) == 1 and words[1:2] == ["hundred"]:
        joined = 3 if words[2:3] == ["and"] else 2
        rest, used = _number(words[joined:], unknown) if len(words) > joined else ("", 0)
        return (first + rest.zfill(2), joined + used) if 0 < len(rest) < 3 else (first + "00", 2)
    return first, 1


def _is_number(before: str, word: str) -> bool:
    """Digits, or words for them where what stands before them can be nothing but letters."""
    return word.isdigit() or bool(digits(word) and not set(before) & _VOWELS and before not in _SHORT_WORDS)


def _is_ones(word: str) -> bool:
    return word.isalpha() and len(digit := digits(word)) == 1 and digit != "0"


def _word(word: str, following: list[str], unknown: Unknown) -> str:
    if word in ALPHABET:
        return word[0].upper()
    if unknown is Unknown.DROP and word in _BETWEEN:
        return _APART
    if not word.isalpha() or word in _ASIDES:
        return ""
    if unknown is Unknown.DROP:
        airline = len(word) == 2 and word not in _SOUND_ALIKES and following[:1] and _is_number(word, following[0])
        return word.upper() if airline else _APART
    return word.upper() if unknown is Unknown.KEEP else word[0].upper()
