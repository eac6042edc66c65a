"""Who is calling: identified by an id with a PIN or the number they call from, or taken up as somebody new."""

from typing import NotRequired, TypedDict

import phonenumbers

from db import customers
from db.customers import Known, Newcomer, Proof
from db.errors import BadInput, Locked, NeedsPin, NotFound
from speech.digits import digits
from tools.call import Call, Context, Trust, tool
from tools.diary import AppointmentView, active_appointments

WRONG_ANSWERS = 3
"""In one call, over all ids: after these the call is believed no more."""
MOST_NAMES = 6
"""Words in a person's name."""


class User(TypedDict):
    user_id: str
    name: str
    pin: NotRequired[str]


class Found(TypedDict):
    status: str
    user: User
    active_appointments: list[AppointmentView]


class Registered(TypedDict):
    status: str
    user: User


def refuse_guessing(call: Call) -> None:
    """After too many wrong answers in one call nothing more is looked up for it."""
    if call.failures >= WRONG_ANSWERS:
        raise Locked("I could not verify you in this call. Please call again later, or ask for a person.")


async def verify(call: Call, code: str, pin: str | None) -> Known:
    """Makes the call that customer's, or counts the failure."""
    refuse_guessing(call)
    number = call.number if call.trust_caller_id else None
    try:
        known = await customers.identify(call.store, call.business.key, code, Proof(number, pin), call.now)
    except NotFound:
        call.failures += 1
        raise
    except NeedsPin:
        call.failures += pin is not None
        raise
    call.customer_id, call.name, call.trust, call.failures = known.id, known.name, Trust.VERIFIED, 0
    return known


@tool
async def identify_user(ctx: Context, user_id: str, pin: str | None = None) -> Found:
    """Finds out who is calling. Use it as soon as the caller gives their ID, and again when they give their PIN.

    Args:
        user_id: The caller's own 4-digit ID, in their words or as keyed: «1001», «one zero zero one».
        pin: Their PIN, only if they have just given it.
    """
    call = ctx.userdata
    code, keyed = digits(user_id), digits(pin) if pin else None
    if len(code) != 4:
        raise BadInput("An ID has four digits. Could you give me yours digit by digit?")
    known = await verify(call, code, keyed)
    return {
        "status": "found",
        "user": {"user_id": known.code, "name": known.name},
        "active_appointments": await active_appointments(call, known.id),
    }


@tool
async def register_user(ctx: Context, name: str, phone: str | None = None) -> Registered:
    """Takes up a new caller, after their ID was not found and they said yes to being registered. Read the new ID and
    the PIN back to them, digit by digit.

    Args:
        name: Their full name as they gave it.
        phone: Their phone number, if they gave one; else the number they call from is kept.
    """
    call = ctx.userdata
    newcomer = Newcomer(plain_name(name), phone_number(call, phone) if phone else call.number, call.language)
    known, pin = await customers.register(call.store, call.business.key, newcomer, call_id=call.id, now=call.now)
    call.customer_id, call.name, call.trust = known.id, known.name, Trust.VERIFIED
    return {"status": "registered", "user": {"user_id": known.code, "name": known.name, "pin": pin}}


def plain_name(text: str) -> str:
    """A name as people have them, or an error: no digits, no markup, not a sentence."""
    if not 1 < len(text) <= 80 or len(text.split()) > MOST_NAMES or not any(letter.isalpha() for letter in text):
        raise BadInput("I did not get your name. Could you say it again?")
    if any(not (letter.isalpha() or letter in " .'’-" or ord(letter) > 0x300) for letter in text):
        raise BadInput("I did not get your name. Could you say just the name?")
    return text


def phone_number(call: Call, said: str) -> str:
    """A phone number as said, in E.164; numbers without a country code are of the business's country."""
    home = phonenumbers.region_code_for_number(phonenumbers.parse(call.business.phone, None))
    text = ("+" if said.strip().startswith("+") else "") + digits(said)
    try:
        number = phonenumbers.parse(text, home)
    except phonenumbers.NumberParseException as error:
        raise BadInput("I did not get the phone number. Could you say it digit by digit?") from error
    if not phonenumbers.is_valid_number(number):
        raise BadInput("That does not look like a phone number. Could you say it digit by digit?")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
