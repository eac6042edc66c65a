"""What travellers spell: confirmation numbers, seats, flight numbers, surnames."""

import re

from speech.spelling import ALPHABET, Unknown, plain, spell

CODE_LENGTH = 6
MOST_SURNAMES = 6
"""Readings of one spoken surname that are tried: each more is a guess more."""
_THE_ONE = re.compile(r"\b(?:the|that|this|which|first|last|next) one\b")


def confirmation_number(text: str) -> str | None:
    """The six letters and digits that were spelled; None when they are not six."""
    if re.fullmatch(rf"[a-z0-9]{{{CODE_LENGTH}}}", bare := plain(text).strip(" .!?")):
        return bare.upper()
    for unknown in (Unknown.KEEP, Unknown.FIRST_LETTER):
        for twice in (False, True):
            spelled = spell(text, unknown, said_twice=twice)
            if len(spelled) == CODE_LENGTH:
                return spelled
    return None


def seat_label(text: str) -> str | None:
    """«12A»; None when no seat or more than one was named. No aircraft has a seat I."""
    spelled = spell(text, Unknown.DROP)
    pairs = re.findall(r"(\d{1,3})([A-HJ-Z])", spelled)
    pairs = pairs or [(row, letter) for letter, row in re.findall(r"([A-HJ-Z])(\d{1,3})", spelled)]
    labels = {f"{int(row)}{letter}" for row, letter in pairs}
    return labels.pop() if len(labels) == 1 else None


def flight_number(text: str) -> tuple[str, str] | None:
    """The airline's letters, which may not have been said, and the number: («MA», «204»)."""
    spelled = re.sub(r"(?<=\d)O", "0", spell(_THE_ONE.sub(" ", plain(text)), Unknown.DROP))
    numbers = re.findall(r"((?<![A-Z])[A-Z]{2})?(?<!\d)0*([1-9]\d{0,3})(?!\d)", spelled)
    return numbers[0] if len(numbers) == 1 else None


def surnames(text: str) -> tuple[str, ...]:
    """What may have been meant: what was spelled letter by letter, all of it, its last words without a first name."""
    words = re.findall(r"[^\W\d_]+", plain(text).replace("'", "").replace("’", ""))
    long = [word for word in words if len(word) > 1]
    readings = ["".join(word for word in words if len(word) == 1), "".join(words)]
    if len(long) > 1 and all(word in ALPHABET for word in long):
        readings.append("".join(word[0] for word in words))
    readings += ["".join(long[first:]) for first in range(len(long))]
    return tuple(dict.fromkeys(reading for reading in readings if len(reading) > 1))[:MOST_SURNAMES]
