"""A call that comes in: which desk it is for, who calls from where, and on which clock."""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from db.business import Business, Route, Switchboard
from db.calls import calls_so_far
from db.engine import Store
from db.profiles import only_profile
from settings import Settings
from tools.call import Call, Clock
from tools.weather import WeatherError, WebWeather

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MARKS = re.compile(r"[\s().-]")


class NotPossible(Exception):
    """A call like that cannot come in; the message is for who asked for it."""


@dataclass(frozen=True)
class Clocks:
    """The world's time, and how many seconds of the call have been heard."""

    world: Clock
    media: Callable[[], float]


@dataclass(frozen=True)
class Incoming:
    """What is known before anybody picks up."""

    route: Route
    clock: Clock
    number: str | None = None
    """The number they call from."""


def route_to(board: Switchboard, desk: str) -> Route:
    """Where the first number leads that is a desk's."""
    for route in board.numbers.values():
        if route.desk == desk:
            return route
    known = sorted({route.desk for route in board.numbers.values()})
    raise NotPossible(f"No number leads to a desk «{desk}»; there are {', '.join(known)}.")


def caller_number(text: str | None) -> str | None:
    """A number in E.164, however it is grouped."""
    number = None if text is None else _MARKS.sub("", text)
    if number is not None and not _NUMBER.fullmatch(number):
        raise NotPossible(f"«{text}» is no whole phone number with its country, such as +12025550101.")
    return number


def running_clocks(world: Clock) -> Clocks:
    began = time.monotonic()
    return Clocks(world, lambda: time.monotonic() - began)


async def standing_clocks(store: Store, now: str, business: Business) -> Clocks:
    """Both clocks stand still at `now`, however much is said, and chance comes out the same for the same store. A time
    without a zone is the business's own."""
    try:
        moment = datetime.fromisoformat(now)
    except ValueError as error:
        raise NotPossible(f"«{now}» is no date and time, such as 2026-03-02T09:00.") from error
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=business.tz)).astimezone(UTC)
    # a second call in the same store must not be taken for the first
    store.chance = random.Random(f"{moment.isoformat()} {await calls_so_far(store)}")
    return Clocks(lambda: moment, lambda: 0.0)


async def pick_up(store: Store, board: Switchboard, settings: Settings, incoming: Incoming) -> Call:
    """The call, with the only child of a business that has one."""
    business = board.business(incoming.route.business)
    child = await only_profile(store, business.key)
    spoken = incoming.route.language or (child.language if child else None) or business.languages[0]
    return Call(
        id=f"{store.chance.getrandbits(48):012x}",
        desk=incoming.route.desk,
        business=business,
        store=store,
        clock=incoming.clock,
        number=incoming.number,
        language=spoken,
        trust_caller_id=settings.trust_caller_id,
        hold_seconds=settings.hold_seconds,
        weather=_weather(settings),
        profile_id=None if child is None else child.id,
    )


def _weather(settings: Settings) -> WebWeather | None:
    if settings.weather_url is None:
        return None
    key = settings.weather_key
    try:
        return WebWeather(settings.weather_url, None if key is None else key.get_secret_value())
    except WeatherError as error:
        raise NotPossible(str(error)) from error
