"""Flights: questions about flying, a traveller's booking, a flight's status, the weather where it goes."""

from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from db.errors import Ambiguous, Locked, NotFound, StoreError
from db.flights import Booking, Claim, find_flight, lands, leaves, state
from db.flights import find_booking as find_ticket
from db.models import Flight
from speech.times import spoken_date, spoken_time
from tools.call import Call, Context, tool
from tools.knowledge import look_up
from tools.spelling import confirmation_number as read_code
from tools.spelling import flight_number as read_flight_number
from tools.spelling import surnames

COLLECTION = "airline"
WRONG_TRIES = 3
NEARLY_AS_GOOD = 0.5
"""A further passage is told too when it scores at least this part of the best one's."""


class Passage(TypedDict):
    title: str
    text: str


class Answer(TypedDict):
    status: str
    passage: Passage
    also: list[Passage]


class FlightTold(TypedDict):
    number: str
    origin: str
    destination: str
    departs: str
    """As planned, in the zone of the departure airport."""


class Found(TypedDict):
    status: str
    traveller: str
    flight: FlightTold
    seat: str | None
    fare: str


class Status(TypedDict):
    status: str
    flight: FlightTold
    state: str
    delay_minutes: int
    leaves: str
    """With the delay, in the zone of the departure airport."""
    arrives: str
    """With the delay, in the zone of the airport it flies to."""
    gate: str | None
    sentence: str


class WeatherTold(TypedDict):
    status: str
    sentence: str


@tool
async def faq_lookup(ctx: Context, question: str) -> Answer:
    """Finds what the airline's rules say. Use it for every question about baggage, check-in, fares, fees, changes,
    refunds, delays, children, pets, health, assistance or service on board, also when the answer seems obvious.

    Args:
        question: The caller's question as a whole sentence, made complete from the conversation.
    """
    found = await look_up(ctx.userdata.store, COLLECTION, question)
    if not found:
        raise NotFound("I have no information on that.")
    best, *others = (item for item in found if item.score >= NEARLY_AS_GOOD * found[0].score)
    return {
        "status": "found",
        "passage": {"title": best.title, "text": best.body},
        "also": [{"title": item.title, "text": item.body} for item in others],
    }


@tool
async def find_booking(ctx: Context, confirmation_number: str, surname: str) -> Found:
    """Finds the caller's own booking. Use it before anything that concerns their seat, once both were said.

    Args:
        confirmation_number: Six letters or digits, just as the caller spelled or keyed them: «M as in Mike, E, R, one,
            alpha, two» or «MER1A2».
        surname: The traveller's surname as said or spelled; with the first name when the tool asks for it.
    """
    call = ctx.userdata
    if call.failures >= WRONG_TRIES:
        raise _locked()
    code = read_code(confirmation_number)
    if code is None:
        raise Ambiguous("A confirmation number has six letters or digits. Could you spell it once more, one by one?")
    claim = Claim(code, surnames(surname), surname)
    if not claim.surnames:
        raise Ambiguous("And what is the surname on the booking, please?")
    booking = await _claimed(call, claim)
    call.ticket_id = booking.ticket_id
    return {
        "status": "found",
        "traveller": booking.name,
        "flight": told(booking.flight),
        "seat": booking.seat,
        "fare": booking.fare,
    }


async def _claimed(call: Call, claim: Claim) -> Booking:
    """Counted before it is looked at, so that guesses made at the same time are counted too."""
    call.failures += 1
    try:
        booking = await find_ticket(call.store, call.business.key, claim, call.now)
    except NotFound:
        if call.failures >= WRONG_TRIES:
            raise _locked() from None
        raise
    except StoreError:
        call.failures -= 1
        raise
    call.failures -= 1
    return booking


def _locked() -> Locked:
    return Locked("There were too many wrong tries. In this call I can't look for bookings any more.")


@tool
async def flight_status(ctx: Context, flight_number: str) -> Status:
    """Tells whether a flight is on time, delayed, gone or cancelled, and when it leaves and arrives.

    Args:
        flight_number: As the caller said it: «M A two oh four», «MA204», «flight 204». Never guess one.
    """
    call = ctx.userdata
    read = read_flight_number(flight_number)
    if read is None:
        raise Ambiguous("Which flight is it, please? The number is on your ticket, such as M A 2 0 4.")
    flight = await find_flight(call.store, call.business.key, *read, call.now)
    current = state(flight, call.now)
    return {
        "status": "found",
        "flight": told(flight),
        "state": current,
        "delay_minutes": flight.delay_minutes,
        "leaves": spoken_moment(leaves(flight), flight.zone),
        "arrives": spoken_moment(lands(flight), flight.arrival_zone),
        "gate": flight.gate,
        "sentence": _sentence(flight, current),
    }


def told(flight: Flight) -> FlightTold:
    return {
        "number": flight.number,
        "origin": flight.origin,
        "destination": flight.destination,
        "departs": spoken_moment(flight.departs_at, flight.zone),
    }


def spoken_moment(moment: datetime, zone: str) -> str:
    """«Monday, March 2 at 6:30 PM», as clocks show it there."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{spoken_date(local.date())} at {spoken_time(local.time())}"


def _sentence(flight: Flight, current: str) -> str:
    """The status as it may be said word for word. Times are those of the place that they are about."""
    name = f"Flight {' '.join(flight.number)} from {flight.origin} to {flight.destination}"
    leaving = spoken_moment(leaves(flight), flight.zone)
    arriving = spoken_moment(lands(flight), flight.arrival_zone)
    gate = f", gate {flight.gate}" if flight.gate else ""
    late = f"{flight.delay_minutes} minutes late" if flight.delay_minutes else "on time"
    planned = spoken_moment(flight.departs_at, flight.zone)
    by_state = {
        "scheduled": f"{name} is {late}. It leaves on {leaving}{gate}, and arrives on {arriving}, local time.",
        "delayed": f"{name} is {late if flight.delay_minutes else 'delayed'}. It now leaves on {leaving}{gate}, "
        f"and arrives on {arriving}, local time.",
        "boarding": f"{name} is boarding{gate}. It leaves on {leaving}, local time.",
        "departed": f"{name} has left. It arrives on {arriving}, local time.",
        "landed": f"{name} has landed.",
        "cancelled": f"{name}, planned for {planned}, is cancelled.",
        "no_news": f"{name} was due to leave on {leaving}, and to arrive on {arriving}, local time. "
        "I have no newer report of it.",
    }
    return by_state[current]


@tool
async def get_weather(ctx: Context, city: str) -> WeatherTold:
    """Tells the weather in a city now. It knows no forecast.

    Args:
        city: The city's name.
    """
    weather = ctx.userdata.weather
    sentence = None if weather is None else await weather.now(city)
    if sentence is None:
        return {"status": "no_weather", "sentence": "I have no weather report for that place at the moment."}
    return {"status": "found", "sentence": sentence}
