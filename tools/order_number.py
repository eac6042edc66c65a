"""The number of an order as it is said: «ORD-00012», «O R D one two», «order number twelve»."""

import re

from speech.digits import digits

LARGEST = 99_999
_AROUND = frozenset({
    "order", "orders", "number", "numbers", "no", "nr", "ord", "o", "oh", "or", "r", "d", "dee", "are", "dash",
    "hyphen", "hash", "id", "code", "my", "mine", "the", "it", "its", "is", "was", "s", "and", "please", "um", "uh",
    "a", "has", "have", "with", "under",
})  # fmt: skip
"""Words around a number that say nothing."""
_LATEST = frozenset({"last", "latest", "newest", "recent", "previous", "current", "mine", "order", "it"})
_AROUND_LATEST = _AROUND | _LATEST | {"one", "most", "i", "placed", "made", "ordered"}
_ALLOWED = re.compile(r"[#a-z0-9\s,.'’-]*")
_MISLEADING = re.compile(r"^\s*-|\d[.,'’]\d")
"""«-1» and «1.5» are no order's number."""


def means_latest(text: str) -> bool:
    """«my order», «the last one»: no number, but the caller's newest."""
    words = set(re.findall(r"\w+", text.casefold()))
    said = words & _LATEST
    return bool(said) and words <= _AROUND_LATEST and not (said <= {"order", "it"} and "one" in words)


def order_number(text: str) -> int | None:
    """The number, or None where it is not sure that one was said."""
    plain = text.casefold()
    if not _ALLOWED.fullmatch(plain) or _MISLEADING.search(plain):
        return None
    spoken = [word for word in re.findall(r"\d+|[a-z]+", re.sub(r"^\W*(?:order\W+)?o\W*r\W*d\b", " ", plain))]
    if any(word not in _AROUND and not _is_number(word) for word in spoken):
        return None
    number = _thousands(" ".join(word for word in spoken if _is_number(word)))
    return number if 0 < number <= LARGEST else None


def _is_number(word: str) -> bool:
    return bool(digits(word)) or word in {"double", "triple", "treble"}


def _thousands(text: str) -> int:
    """«twelve thousand three hundred forty five» counts; «one two three» is read digit by digit."""
    before, said, after = text.partition("thousand")
    return (_hundreds(before) or 1) * 1000 + _hundreds(after) if said else _hundreds(text)


def _hundreds(text: str) -> int:
    before, said, after = text.partition("hundred")
    return (_plain(before) or 1) * 100 + _plain(after) if said else _plain(text)


def _plain(text: str) -> int:
    return int(digits(text) or 0)
