"""The line: saying goodbye, and putting a caller through."""

from typing import TypedDict

from livekit.agents.voice import SpeechHandle

from tools.call import Context, tool


class Ending(TypedDict):
    status: str


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
