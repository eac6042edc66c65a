"""Digits as they are said or keyed: «1001», «one zero zero one», «ten oh one», «double nine double nine»."""

import re

_ONES = {
    "zero": 0, "oh": 0, "o": 0, "nought": 0, "naught": 0, "nil": 0,
    "one": 1, "two": 2, "to": 2, "too": 2, "three": 3, "four": 4, "for": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "ate": 8, "nine": 9,
}  # fmt: skip
_TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_ROUND = {"hundred": "00", "thousand": "000"}


def digits(text: str) -> str:
    """All the digits in a phrase, in their order; words that are none are passed over."""
    found: list[str] = []
    repeat = 1
    tens: int | None = None
    for word in re.findall(r"\d+|[a-z]+", text.casefold()):
        if tens is not None:
            one = _ONES.get(word, 0)
            found.append(str(tens + one) * repeat)
            repeat, tens, used = 1, None, one > 0
            if used:
                continue
        if word in _TIMES:
            repeat = _TIMES[word]
        elif word in _TENS:
            tens = _TENS[word]
        elif word in _ROUND:
            found.append(_ROUND[word])
        elif (said := _plain(word)) is not None:
            found.append(said * repeat)
            repeat = 1
    if tens is not None:
        found.append(str(tens) * repeat)
    return "".join(found)


def _plain(word: str) -> str | None:
    if word.isascii() and word.isdigit():
        return word
    number = _ONES.get(word, _TEENS.get(word))
    return None if number is None else str(number)
