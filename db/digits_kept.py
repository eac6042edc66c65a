"""Digits that are nobody's secret by their form: dates, clock times, prices, years, orders, flights, amounts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from db.vocabulary import either

_YEAR = r"(?:19|20)\d{2}"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_HOUR = r"(?:[01]?\d|2[0-3])"
_AMOUNT = r"\d[\d,]*(?:\.\d{1,2})?"
_FLIGHT_CODE = re.compile(r"(?<![\w-])(?!ID|NO)[A-Z]{2}\d{3,4}(?![\w-])")
"""MA2041. Case counts here: in lower case it may be anything."""


@dataclass(frozen=True)
class Kept:
    """A stretch of a text that is no secret by its form."""

    start: int
    end: int
    sure: bool
    """False: it is none unless it is called one, as in «my PIN is 10:30»."""


def _sure() -> Iterator[str]:
    month, currency = either("months") + r"\.?", either("currencies")
    # 2026-02-12, 2026-02-12T14:00:00Z
    clock = r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    yield rf"\b{_YEAR}-{_MONTH}-{_DAY}{clock}(?![\d-])"
    # 12/02/2026, 12.02.2026, 2026/02/12
    yield rf"(?<![\d/.-])\d{{1,2}}(?P<mark>[/.-])\d{{1,2}}(?P=mark){_YEAR}(?![\d/-])"
    yield rf"(?<![\d/]){_YEAR}/{_MONTH}/{_DAY}(?![\d/])"
    # February 12th, 2026 · 12 of February 2026 · February 2026
    yield rf"\b{month}\s+{_DAY}(?:st|nd|rd|th)?(?:,?\s+{_YEAR})?(?![\w-])"
    yield rf"\b{_DAY}(?:st|nd|rd|th)?(?:\s+of)?\s+{month}(?:,?\s+{_YEAR})?(?![\w-])"
    yield rf"\b{month},?\s+(?:of\s+)?{_YEAR}(?![\w-])"
    # 2:30 pm, 10 o'clock, 1430 hours, 10 बजे
    clocked = r"(?:[ap]\.?\s?m\b\.?|o['’]?\s?clock\b|uhr\b|hours\b|hrs\b|baje\b|बजे)"
    yield rf"(?<![\d:.]){_HOUR}(?:[:.]?[0-5]\d)?\s*{clocked}"
    # $1,250.00 · Rs. 1500 · 1500 rupees
    yield rf"(?:[$€£₹₫]|\b(?:rs|inr|usd|eur|gbp|aud|cad|vnd)\b\.?)\s*{_AMOUNT}(?![\d-])"
    yield rf"(?<![\d-]){_AMOUNT}\s*(?:[$€£₹₫]|{currency}(?!\w))"
    # ORD-00001, O R D 00001
    yield r"\bo[\s.-]*r[\s.-]*d(?:[\s.-]*\d){1,6}\b"
    # flight MA 204
    yield r"\bflight\s+(?:number\s+|no\.?\s+)?(?:[a-z]\s?[a-z]|[a-z]\d|\d[a-z])?[\s-]?\d{1,4}\b(?![\s-]*\d)"


def _likely() -> Iterator[str]:
    # 10:30 · 9:00-18:00
    yield rf"(?<![\d:.]){_HOUR}:[0-5]\d(?::[0-5]\d)?(?![:.]?\d)"
    # 12.50 · 1,250 · 1,250.00
    yield r"(?<![\d.,:-])\d{1,6}\.\d{2}(?![.:-]?\d)"
    yield r"(?<![\d.,:-])\d{1,3}(?:,\d{3})+(?:\.\d{2})?(?![.,:-]?\d)"
    # 12/02/26
    yield rf"(?<![\d/.-])\d{{1,2}}(?P<mark>[/.]){_MONTH}(?P=mark)\d{{2}}(?![\d/.-])"
    # in 2026 · from 2019 to 2024 · 2026 में
    season = r"end of|summer|spring|winter|autumn|fall"
    yield rf"(?<!ending )\b(?:{either('before_years')}|{season})\s+(?:of\s+)?{_YEAR}\b(?![\s.-]*\d)"
    yield rf"\b(?:from|between)\s+{_YEAR}\s+(?:to|and|until)\s+{_YEAR}\b"
    yield rf"\b{_YEAR}\s+(?:में|mein)"
    # 1500 metres, 1000mg
    yield rf"(?<![\w-])\d[\d,.]*\s?(?:%|{either('units')}\b)"


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], bool], ...]:
    sure = [(re.compile(pattern, re.IGNORECASE), True) for pattern in _sure()]
    return (*sure, *((re.compile(pattern, re.IGNORECASE), False) for pattern in _likely()), (_FLIGHT_CODE, False))


def kept_spans(text: str) -> list[Kept]:
    return [Kept(match.start(), match.end(), sure) for pattern, sure in _patterns() for match in pattern.finditer(text)]
