"""The owner's file: one or several businesses, and which number leads to which desk of which business.

Everything here is checked when it is read, and nothing afterwards changes it. A mistake comes out as one sentence with
the file and the key (`BusinessFileError`).
"""

import re
from datetime import date, time
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BUCKET_MINUTES = 5
"""Times are booked in whole buckets of this length; durations and buffers must be multiples of it."""
LANGUAGES = ("en", "hi", "vi")

_TIME = re.compile(r"^(\d{1,2})(?::(\d{2}))?\s*(am|pm)?$", re.IGNORECASE)
_KEY = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")


class BusinessFileError(Exception):
    """The owner's file has a mistake; the message is one sentence that names the file and the key."""


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
    if name not in available_timezones():
        raise ValueError(f"«{name}» is not a time zone such as Europe/Berlin or Asia/Kolkata")
    return name


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"«{text}» is not a phone number with its country code, such as +12025550100") from error
    if not phonenumbers.is_valid_number(number):
        raise ValueError(f"«{text}» is not a valid phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _key(text: str) -> str:
    if not _KEY.match(text):
        raise ValueError(f"«{text}» is not a key: use lower-case letters, digits and single hyphens")
    return text


def _buckets(minutes: int) -> int:
    if minutes % BUCKET_MINUTES:
        raise ValueError(f"{minutes} minutes is not a multiple of {BUCKET_MINUTES}")
    return minutes


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"«{code}» is not one of the languages {', '.join(LANGUAGES)}")
    return code


def _money(value: Any) -> Any:
    """Written as text or as a number; a TOML or JSON float is taken by its digits, never by its binary value."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Spans = Annotated[tuple[Span, ...], BeforeValidator(_spans)]
Zone = Annotated[str, AfterValidator(_zone)]
Phone = Annotated[str, AfterValidator(_phone)]
Key = Annotated[str, AfterValidator(_key)]
Language = Annotated[str, AfterValidator(_language)]
Minutes = Annotated[int, Field(ge=0, le=24 * 60), AfterValidator(_buckets)]
Price = Annotated[Decimal, BeforeValidator(_money), Field(ge=0, le=100_000, decimal_places=2)]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class Part(BaseModel):
    """A table of the owner's file: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Week(Part):
    """Opening hours, a day each; a day that is not named is closed."""

    monday: Spans = ()
    tuesday: Spans = ()
    wednesday: Spans = ()
    thursday: Spans = ()
    friday: Spans = ()
    saturday: Spans = ()
    sunday: Spans = ()

    def on(self, day: date) -> tuple[Span, ...]:
        spans: tuple[Span, ...] = getattr(self, WEEKDAYS[day.weekday()])
        return spans


class OwnHoliday(Part):
    """A day on which this business is closed."""

    date: date
    name: Name = "a holiday"


class Holidays(Part):
    """Public holidays of a country, and the business's own."""

    country: str | None = None
    """ISO code, such as US or IN; none: only the own days count."""
    subdivision: str | None = None
    closed: tuple[OwnHoliday, ...] = ()
    open: tuple[date, ...] = ()
    """Public holidays on which it opens all the same."""

    @model_validator(mode="after")
    def known_country(self) -> Self:
        if self.country is None:
            return self
        import holidays

        supported = holidays.list_supported_countries(include_aliases=True)
        if self.country not in supported:
            raise ValueError(f"country «{self.country}» has no known holidays; use an ISO code such as US or IN")
        if self.subdivision is not None and self.subdivision not in supported[self.country]:
            raise ValueError(f"«{self.subdivision}» is not a subdivision of {self.country}")
        return self


class TimeOff(Part):
    """Days on which somebody or something is away, both included."""

    first: date
    last: date

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("time off ends before it begins")
        return self


class Bookable(Part):
    """A member of staff or a room."""

    key: Key
    name: Name
    hours: Week | None = None
    """None: the business's own."""
    breaks: Spans = ()
    time_off: tuple[TimeOff, ...] = ()


class Offered(Part):
    """A service that can be booked."""

    key: Key
    name: Name
    minutes: Annotated[int, Field(ge=BUCKET_MINUTES, le=12 * 60), AfterValidator(_buckets)]
    buffer_before: Minutes = 0
    buffer_after: Minutes = 0
    notice_minutes: Annotated[int, Field(ge=0)] = 0
    """How long before its start it may still be booked."""
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 90
    """How far ahead it may be booked."""
    staff: tuple[Key, ...] = ()
    """Who can do it; none named: everybody."""
    rooms: tuple[Key, ...] = ()
    """One of these is needed as well."""
    price: Price | None = None
    also: tuple[str, ...] = ()
    """Other words for it."""


class Dish(Part):
    """Something on the menu."""

    name: Name
    price: Price
    description: str = ""
    category: str = ""
    also: tuple[str, ...] = ()


class Retention(Part):
    """After how many days what is forgotten. Everything has a limit."""

    transcripts_days: Annotated[int, Field(ge=1, le=3650)]
    """Turns, tool calls, summaries, messages, recordings."""
    calls_days: Annotated[int, Field(ge=1, le=3650)]
    """The call log itself: when, which desk, outcome."""


class Business(Part):
    """One business, as its owner describes it."""

    key: Key
    name: Name
    address: str = ""
    phone: Phone
    zone: Zone
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    transfer: Phone | None = None
    """Where a caller who wants a person is put through to."""
    webhook: Annotated[str, Field(pattern="^https?://")] | None = None
    hours: Week
    holidays: Holidays = Holidays()
    retention: Retention
    staff: tuple[Bookable, ...] = ()
    rooms: tuple[Bookable, ...] = ()
    services: tuple[Offered, ...] = ()
    menu: tuple[Dish, ...] = ()
    delivery_fee: Price | None = None
    """None: no delivery."""
    kitchen_minutes: Annotated[int, Field(ge=0, le=600)] = 25
    """How long an order takes."""
    facts: dict[str, str] = {}
    """Anything else that callers ask about: parking, payment, wifi."""

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @model_validator(mode="after")
    def names_meet(self) -> Self:
        for kind in ("staff", "rooms", "services"):
            keys = [item.key for item in getattr(self, kind)]
            if len(set(keys)) < len(keys):
                raise ValueError(f"{kind}: a key is there twice")
        names = [dish.name.casefold() for dish in self.menu]
        if len(set(names)) < len(names):
            raise ValueError("menu: a name is there twice")
        staff, rooms = {item.key for item in self.staff}, {item.key for item in self.rooms}
        for service in self.services:
            for unknown in sorted({*service.staff} - staff) + sorted({*service.rooms} - rooms):
                raise ValueError(f"services.{service.key}: there is no «{unknown}» among staff and rooms")
        if self.services and not self.staff:
            raise ValueError("services need at least one member of staff")
        return self

    def service(self, key: str) -> Offered | None:
        return next((item for item in self.services if item.key == key), None)

    def able(self, service: Offered) -> tuple[Bookable, ...]:
        """Who can do a service."""
        return tuple(item for item in self.staff if not service.staff or item.key in service.staff)


class Route(Part):
    """Where a dialled number leads."""

    business: Key
    desk: str
    language: Language | None = None


class Switchboard(Part):
    """The whole file."""

    businesses: Annotated[tuple[Business, ...], Field(alias="business", min_length=1)]
    numbers: dict[Phone, Route] = {}
    notices: tuple[str, ...] = ()
    """What was assumed where the file said nothing; said at start."""
    kind: Literal["toml", "json"] = "toml"

    @model_validator(mode="after")
    def routes_lead_somewhere(self) -> Self:
        keys = [business.key for business in self.businesses]
        if len(set(keys)) < len(keys):
            raise ValueError("business: a key is there twice")
        for number, route in self.numbers.items():
            if route.business not in keys:
                raise ValueError(f"numbers.{number}: there is no business «{route.business}»")
        return self

    def business(self, key: str) -> Business:
        return next(item for item in self.businesses if item.key == key)
