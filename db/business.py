"""The owner's file: one or several businesses, and which number leads to which desk of which business.

Everything here is checked when it is read, and nothing afterwards changes it. A mistake comes out as one sentence with
the file and the key (`BusinessFileError`).
"""

from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from db.business_fields import Currency, Key, Name, Phone, Price, Span, Spans, WebAddress, Zone
from db.money import smallest_units

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BUCKET_MINUTES = 5
"""Times are booked in whole buckets of this length; durations and buffers must be multiples of it."""
LANGUAGES = ("en", "hi", "vi")


class BusinessFileError(Exception):
    """The owner's file has a mistake; the message is one sentence that names the file and the key."""


def _buckets(minutes: int) -> int:
    if minutes % BUCKET_MINUTES:
        raise ValueError(f"{minutes} minutes is not a multiple of {BUCKET_MINUTES}")
    return minutes


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"«{code}» is not one of the languages {', '.join(LANGUAGES)}")
    return code


Language = Annotated[str, AfterValidator(_language)]
Minutes = Annotated[int, Field(ge=0, le=24 * 60), AfterValidator(_buckets)]


def _twice(names: list[str]) -> str | None:
    """The first name that is there a second time."""
    return next((name for at, name in enumerate(names) if name in names[:at]), None)


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
        if self.country is None and self.subdivision is not None:
            raise ValueError("subdivision needs a country")
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
    currency: Currency = "USD"
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    transfer: Phone | None = None
    """Where a caller who wants a person is put through to."""
    webhook: WebAddress | None = None
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
    def keys_are_unique(self) -> Self:
        for kind in ("staff", "rooms", "services"):
            if twice := _twice([item.key for item in getattr(self, kind)]):
                raise ValueError(f"{kind}: the key «{twice}» is there twice")
        if twice := _twice([dish.name.casefold() for dish in self.menu]):
            raise ValueError(f"menu: «{twice}» is there twice")
        return self

    @model_validator(mode="after")
    def services_have_people(self) -> Self:
        staff, rooms = {item.key for item in self.staff}, {item.key for item in self.rooms}
        for service in self.services:
            for kind, named, known in (("staff", service.staff, staff), ("rooms", service.rooms, rooms)):
                for unknown in sorted({*named} - known):
                    raise ValueError(f"services.{service.key}.{kind}: there is no «{unknown}» among {kind}")
        if self.services and not self.staff:
            raise ValueError("services: at least one member of staff is needed")
        return self

    @model_validator(mode="after")
    def prices_fit_the_currency(self) -> Self:
        prices = {f"menu.{dish.name}.price": dish.price for dish in self.menu}
        prices |= {f"services.{item.key}.price": item.price for item in self.services if item.price is not None}
        if self.delivery_fee is not None:
            prices["delivery_fee"] = self.delivery_fee
        for key, price in prices.items():
            try:
                smallest_units(price, self.currency)
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from error
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

    @field_validator("numbers", mode="wrap")
    @classmethod
    def numbers_are_unique(cls, raw: Any, read: ValidatorFunctionWrapHandler) -> dict[str, Route]:
        """Two ways to write one number would silently become one entry."""
        numbers: dict[str, Route] = read(raw)
        if len(numbers) < len(raw):
            raise ValueError("a number is there twice, written in two ways")
        return numbers

    @model_validator(mode="after")
    def routes_lead_somewhere(self) -> Self:
        if twice := _twice([business.key for business in self.businesses]):
            raise ValueError(f"business: the key «{twice}» is there twice")
        known = {business.key: business for business in self.businesses}
        for number, route in self.numbers.items():
            if route.business not in known:
                raise ValueError(f"numbers.{number}.business: there is no business «{route.business}»")
            spoken = known[route.business].languages
            if route.language is not None and route.language not in spoken:
                raise ValueError(f"numbers.{number}.language: «{route.business}» speaks only {', '.join(spoken)}")
        return self

    def business(self, key: str) -> Business:
        return next(item for item in self.businesses if item.key == key)
