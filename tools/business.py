"""What the business says about itself: hours, place, menu, prices, and whatever else its owner wrote down."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

from rapidfuzz import fuzz

from db.business import WEEKDAYS, Business, Dish, Offered
from db.business_fields import Span
from db.hours import closes_at, coming_holidays, holiday, is_open, next_opening
from db.money import price_text, smallest_units
from speech.times import spoken_date, spoken_time
from tools.call import Call, Context, tool

HOLIDAYS_TOLD = 60
"""Days ahead."""
SURE_OF_FACT = 75
"""rapidfuzz's score from which one of the owner's facts is meant: «allergy» means «allergies»."""
WHOLE_DAY = 24 * 60
TOPICS = {
    "hours": {
        "hours", "hour", "open", "opening", "opens", "close", "closed", "closes", "closing", "time", "times", "holiday",
        "holidays",
    },
    "location": {"location", "address", "where", "directions", "place", "located", "phone"},
    "menu": {"menu", "food", "dish", "dishes", "drinks", "desserts", "items", "services", "service"},
    "pricing": {"pricing", "price", "prices", "cost", "costs", "fee", "fees", "much"},
}  # fmt: skip
"""The words that name one of the four topics."""


class HoursView(TypedDict):
    open_now: bool
    closes: NotRequired[str]
    opens_next: NotRequired[str]
    closed_today_for: NotRequired[str]
    week: dict[str, str]
    holidays: list[str]


class LocationView(TypedDict):
    address: str
    phone: str


class ItemView(TypedDict):
    name: str
    price: str
    description: NotRequired[str]
    category: NotRequired[str]
    also: NotRequired[list[str]]
    """What else callers call it."""


class ServiceView(TypedDict):
    name: str
    minutes: int
    price: NotRequired[str]


class PricesView(TypedDict):
    currency: str
    prices: dict[str, str]
    delivery: str


class BusinessInfo(TypedDict):
    """Only what was asked for is there."""

    status: str
    name: str
    hours: NotRequired[HoursView]
    location: NotRequired[LocationView]
    menu: NotRequired[list[ItemView]]
    services: NotRequired[list[ServiceView]]
    pricing: NotRequired[PricesView]
    facts: NotRequired[dict[str, str]]


def spoken_moment(business: Business, moment: datetime) -> str:
    """«Tuesday, March 3 at 6:25 PM», where the business is."""
    at = moment.astimezone(business.tz)
    return f"{spoken_date(at.date())} at {spoken_time(at.time())}"


@tool
async def get_business_info(ctx: Context, topic: str = "all") -> BusinessInfo:
    """Tells what is known about the business. Use it for every fact; what is not in its result is not known.

    Args:
        topic: hours (also whether it is open now, when it opens next, and holidays), location, menu, pricing, or one
            word for anything else, such as parking. «all» for everything.
    """
    call, wanted = ctx.userdata, _sections(topic)
    business, facts = call.business, _facts(call.business, topic)
    everything = not wanted and not facts
    info: BusinessInfo = {"status": "ok", "name": business.name}
    if everything or "hours" in wanted:
        info["hours"] = _hours(call)
    if everything or "location" in wanted:
        info["location"] = {"address": business.address, "phone": business.phone}
    if everything or "menu" in wanted:
        info["menu"], info["services"] = _menu(business), _services(business)
    if everything or "pricing" in wanted:
        info["pricing"] = _prices(business)
    if everything or facts:
        info["facts"] = facts or dict(business.facts)
    return info


def _sections(topic: str) -> set[str]:
    """Which of the four topics the words name."""
    words = set(re.findall(r"\w+", topic.casefold()))
    return {name for name, said in TOPICS.items() if words & said}


def _facts(business: Business, topic: str) -> dict[str, str]:
    """What the owner wrote down under a word of the topic."""
    words = re.findall(r"\w+", topic.casefold())
    return {
        key: fact
        for key, fact in business.facts.items()
        if any(fuzz.ratio(word, key.casefold()) >= SURE_OF_FACT for word in (*words, topic.casefold()))
    }


def _hours(call: Call) -> HoursView:
    business, now = call.business, call.now
    today = now.astimezone(business.tz).date()
    view: HoursView = {
        "open_now": is_open(business, now),
        "week": {name: _day(getattr(business.hours, name)) for name in WEEKDAYS},
        "holidays": [f"{spoken_date(day)}: {name}" for day, name in coming_holidays(business, today, HOLIDAYS_TOLD)],
    }
    if (closing := closes_at(business, now)) is not None:
        view["closes"] = spoken_moment(business, closing)
    if (opening := next_opening(business, now)) is not None:
        view["opens_next"] = spoken_moment(business, opening)
    if (name := holiday(business, today)) is not None:
        view["closed_today_for"] = name
    return view


def _day(spans: Sequence[Span]) -> str:
    if not spans:
        return "closed"
    if spans[0].start == 0 and spans[-1].end == WHOLE_DAY and len(spans) == 1:
        return "open all day"
    return " and ".join(f"{spoken_time(span.opens)} to {_closing(span)}" for span in spans)


def _closing(span: Span) -> str:
    return "midnight" if span.end == WHOLE_DAY else spoken_time(span.closes)


def _menu(business: Business) -> list[ItemView]:
    return [_item(business, dish) for dish in business.menu]


def _item(business: Business, dish: Dish) -> ItemView:
    view: ItemView = {"name": dish.name, "price": _price(business, dish.price)}
    if dish.description:
        view["description"] = dish.description
    if dish.category:
        view["category"] = dish.category
    if dish.also:
        view["also"] = list(dish.also)
    return view


def _services(business: Business) -> list[ServiceView]:
    return [_service(business, service) for service in business.services]


def _service(business: Business, service: Offered) -> ServiceView:
    view: ServiceView = {"name": service.name, "minutes": service.minutes}
    if service.price is not None:
        view["price"] = _price(business, service.price)
    return view


def _prices(business: Business) -> PricesView:
    prices = {dish.name: dish.price for dish in business.menu}
    prices |= {service.name: service.price for service in business.services if service.price is not None}
    return {
        "currency": business.currency,
        "prices": {name: _price(business, price) for name, price in prices.items()},
        "delivery": "no delivery" if business.delivery_fee is None else _price(business, business.delivery_fee),
    }


def _price(business: Business, price: Decimal) -> str:
    return price_text(smallest_units(price, business.currency), business.currency)
