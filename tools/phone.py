"""The line: saying goodbye, putting a caller through, and taking a message when nobody is there."""

from typing import Literal, NotRequired, TypedDict

from livekit.agents.voice import SpeechHandle

from db import messages
from db.errors import BadInput
from db.messages import Note
from tools.call import Context, tool
from tools.customers import phone_number

Farewell = Literal["general", "thanks", "sorry", "callback"]
"""For what the goodbye is: sorry where the wish stayed open, callback where somebody will ring back."""


class Ending(TypedDict):
    status: str
    farewell: NotRequired[Farewell]


class Transfer(TypedDict):
    """transferred · not_reached"""

    status: str
    message: NotRequired[str]


class Kept(TypedDict):
    status: str
    for_whom: str
    message: str
    call_back_number: str | None


def end_after_goodbye(ctx: Context) -> Ending:
    """Ends the call once the goodbye, which is the answer to this tool, was heard to its end; a caller who speaks
    into it keeps the line."""
    call = ctx.userdata
    call.ending = True

    def heard(speech: SpeechHandle) -> None:
        if speech.interrupted:
            call.ending = False
        else:
            ctx.session.shutdown()

    ctx.speech_handle.add_done_callback(heard)
    return {"status": "goodbye"}


@tool
async def end_conversation(ctx: Context) -> Ending:
    """Ends the call. Use it when the caller says goodbye or wants nothing more; then say one short goodbye."""
    return end_after_goodbye(ctx)


@tool
async def end_call(ctx: Context, farewell: Farewell = "general") -> Ending:
    """Ends the call. Use it when the caller says goodbye or wants nothing more; then say one short goodbye of the given
    kind, which they hear to its end.

    Args:
        farewell: thanks when they ordered or booked, sorry when their wish stayed open, callback when somebody will
            ring them back, general otherwise.
    """
    return {**end_after_goodbye(ctx), "farewell": farewell}


@tool
async def transfer_to_human(ctx: Context, reason: str) -> Transfer:
    """Puts the caller through to a person. Say that you will before you use it. When the result is not_reached, the
    caller is still with you: apologise and offer to take a message.

    Args:
        reason: Why they need a person, in a few words.
    """
    call = ctx.userdata
    if call.business.transfer is None:
        return {"status": "not_reached", "message": "I can't put you through to anybody from here."}
    await ctx.wait_for_playout()
    if ctx.speech_handle.interrupted:
        return {"status": "not_reached", "message": "The caller spoke up, so they were not put through yet."}
    if await call.line.transfer(call.business.transfer):
        return {"status": "transferred"}
    return {"status": "not_reached", "message": "Nobody could take the call just now."}


@tool
async def take_message(ctx: Context, for_whom: str, message: str, call_back_number: str | None = None) -> Kept:
    """Keeps a message for somebody at the business. Read it back first. It is kept only when the result says stored.

    Args:
        for_whom: Who it is for: a name, or «the owner», «the kitchen».
        message: The message in the caller's own words.
        call_back_number: The number to call back, if the caller gave one; else it is the one they call from.
    """
    call = ctx.userdata
    if not for_whom or not any(letter.isalnum() for letter in message):
        raise BadInput("I did not get the message. Who is it for, and what shall I tell them?")
    number = phone_number(call, call_back_number) if call_back_number else call.number
    note = Note(for_whom, message, number)
    await messages.take(call.store, call.business, note, call_id=call.id, now=call.now)
    return {"status": "stored", "for_whom": for_whom, "message": message, "call_back_number": number}
