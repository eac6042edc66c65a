"""What the owner's file is written in: hours, zones, phone numbers, prices, keys. Each is checked as it is read."""

import re
from datetime import time
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

AS_IT_STANDS = {"form": "business_data.json"}
"""The validation context of a file that was not written for this product."""

_TIME = re.compile(r"^(\d{1,2})(?::(\d{2}))?\s*(am|pm)?$", re.IGNORECASE)
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Span(BaseModel):
    """Part of a day in local time. `end` may be 24:00, which is why both are minutes since midnight."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int

    @property
    def opens(self) -> time:
        return time(self.start // 60, self.start % 60)

    @property
    def closes(self) -> time:
        """The end as a clock time; midnight for 24:00."""
        return time(self.end // 60 % 24, self.end % 60)


def _minutes(text: str) -> int:
    match = _TIME.match(text.strip())
    if match is None:
        raise ValueError(f"«{text}» is not a time such as 9:00, 9am or 18:30")
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"«{text}» is not a time of a 12-hour clock")
        hour = hour % 12 + (12 if half == "pm" else 0)
    if minute > 59 or hour * 60 + minute > 24 * 60:
        raise ValueError(f"«{text}» is not a time of the day")
    return hour * 60 + minute


def read_span(text: str) -> Span:
    """«9:00-18:00», «9am-10pm», «18:00-24:00»."""
    parts = re.split(r"\s*[-–]\s*", text.strip())
    if len(parts) != 2:
        raise ValueError(f"«{text}» is not a span such as 9:00-18:00")
    start, end = _minutes(parts[0]), _minutes(parts[1])
    if end == 0:
        end = 24 * 60
    if end <= start:
        raise ValueError(f"«{text}» ends before it begins; hours past midnight go to the next day, as 00:00-02:00")
    return Span(start=start, end=end)


def _spans(value: Any) -> Any:
    """One span, a list of spans, or «closed»."""
    if isinstance(value, str):
        value = [] if value.strip().lower() in {"closed", ""} else re.split(r"\s*,\s*", value.strip())
    if not isinstance(value, list | tuple) or not all(isinstance(item, str | Span) for item in value):
        raise ValueError("give hours as «9:00-18:00», a list of such spans, or «closed»")
    spans = sorted((item if isinstance(item, Span) else read_span(item) for item in value), key=lambda s: s.start)
    for earlier, later in pairwise(spans):
        if later.start < earlier.end:
            raise ValueError("two spans of one day overlap")
    return tuple(spans)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"«{name}» is not a time zone such as Europe/Berlin or Asia/Kolkata") from error
    return name


def _phone(text: str, info: ValidationInfo) -> str:
    """In E.164. A business_data.json, which `AS_IT_STANDS` marks, may name one that nobody can dial."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"«{text}» is not a phone number with its country code, such as +12025550100") from error
    if not phonenumbers.is_valid_number(number) and info.context != AS_IT_STANDS:
        raise ValueError(f"«{text}» is not a valid phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _currency(code: str) -> str:
    if code not in list_currencies():
        raise ValueError(f"«{code}» is not a currency such as USD or INR")
    return code


def _web_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(?:/\S*)?", text):
        raise ValueError(f"«{text}» is not an address such as https://example.com/hook")
    return text


def _key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise ValueError(f"«{text}» is not a key: use lower-case letters, digits and single hyphens")
    return text


def _money(value: Any) -> Any:
    """Written as text or as a number; a TOML or JSON float is taken by its digits, never by its binary value."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Spans = Annotated[tuple[Span, ...], BeforeValidator(_spans)]
Zone = Annotated[str, AfterValidator(_zone)]
Phone = Annotated[str, AfterValidator(_phone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Key = Annotated[str, AfterValidator(_key)]
Currency = Annotated[str, AfterValidator(_currency)]
Price = Annotated[Decimal, BeforeValidator(_money), Field(ge=0, le=100_000, decimal_places=2)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
