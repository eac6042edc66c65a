"""The weather from a provider on the web, where the owner has set one: an address with {city} in it that answers JSON.

Known are the answers of weatherapi.com, wttr.in (format=j1) and openweathermap.org. What is none of these, comes late,
is too large or leads elsewhere is no weather: nothing is ever made up.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=2)
LARGEST = 64 * 1024
LONGEST_CITY = 80
COLDEST, HOTTEST = -95.0, 65.0
"""In Celsius: colder or hotter it never was, so that the answer has been misread."""

_BAD_ANSWER = (ValueError, KeyError, IndexError, TypeError, OverflowError, RecursionError)
"""What reading JSON of another form, or of ill will, raises."""

logger = logging.getLogger("switchboard.weather")


class WeatherError(Exception):
    """The owner's address cannot be used; the message is one sentence for the owner."""


@dataclass(frozen=True)
class Reading:
    """What a provider's answer says."""

    place: str
    sky: str
    celsius: float


class WebWeather:
    """A provider on the web. Its answer to one city is one sentence."""

    def __init__(self, address: str, key: str | None = None) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "{city}" in parts.netloc:
            raise WeatherError("WEATHER_URL must be a whole address that begins with http:// or https://.")
        if "{city}" not in address:
            raise WeatherError("WEATHER_URL must have {city} where the city belongs.")
        if "{key}" in address and key is None:
            raise WeatherError("WEATHER_URL has {key} in it, so WEATHER_KEY must be set.")
        self._address = address
        self._key = key
        self._units = parse_qs(parts.query).get("units", ["standard"])[0]

    async def now(self, city: str) -> str | None:
        """The weather in a sentence; None when there is none to be had for that city."""
        if len(city) > LONGEST_CITY or not any(letter.isalpha() for letter in city):
            return None
        try:
            answer = await self._ask(city)
            reading = read(answer, city, self._units)
        except (aiohttp.ClientError, TimeoutError, *_BAD_ANSWER) as error:
            logger.warning("no weather", extra={"cause": type(error).__name__})
            return None
        return _sentence(reading)

    async def _ask(self, city: str) -> Any:
        address = self._address.replace("{city}", quote(city, safe=""))
        headers = {"Accept": "application/json"}
        if self._key is not None and "{key}" not in address:
            headers["Authorization"] = f"Bearer {self._key}"
        elif self._key is not None:
            address = address.replace("{key}", quote(self._key, safe=""))
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.get(address, headers=headers, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            return json.loads(await _bounded(response))


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(8192):
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("the answer is too large")
    return bytes(body)


def read(answer: Any, city: str, units: str) -> Reading:
    """A provider's answer; one of `_BAD_ANSWER` when it is of no known form."""
    form = next((form for mark, form in _FORMS.items() if mark in answer), None)
    if form is None:
        raise ValueError("an unknown form")
    reading = form(answer, city, units)
    if not COLDEST <= reading.celsius <= HOTTEST:
        raise ValueError("an impossible temperature")
    return reading


def _weatherapi(answer: Mapping[str, Any], city: str, units: str) -> Reading:
    current = answer["current"]
    return Reading(_words(answer["location"]["name"]), _words(current["condition"]["text"]), float(current["temp_c"]))


def _wttr(answer: Mapping[str, Any], city: str, units: str) -> Reading:
    current = answer["current_condition"][0]
    place = answer["nearest_area"][0]["areaName"][0]["value"] if "nearest_area" in answer else city
    return Reading(_words(place), _words(current["weatherDesc"][0]["value"]), float(current["temp_C"]))


def _openweather(answer: Mapping[str, Any], city: str, units: str) -> Reading:
    degrees = float(answer["main"]["temp"])
    in_celsius = {"metric": degrees, "imperial": (degrees - 32) / 1.8, "standard": degrees - 273.15}[units]
    return Reading(_words(answer["name"]), _words(answer["weather"][0]["description"]), in_celsius)


_FORMS: Mapping[str, Callable[[Mapping[str, Any], str, str], Reading]] = {
    "current": _weatherapi,
    "current_condition": _wttr,
    "weather": _openweather,
}
"""By the part of the answer that tells it."""


def _words(text: Any) -> str:
    """Short plain words; whatever else the answer may hold is not read to a caller."""
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_CITY or not text.isprintable():
        raise ValueError("not a few words")
    return text.strip()


def _sentence(reading: Reading) -> str:
    fahrenheit = round(reading.celsius * 1.8 + 32)
    degrees = f"{round(reading.celsius)} degrees Celsius, {fahrenheit} Fahrenheit"
    return f"In {reading.place} it is {degrees}. The sky: {reading.sky.lower()}."
