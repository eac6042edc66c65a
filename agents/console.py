"""The typed console: a call that is held by typing, with the same desk, tools and store as any other."""

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from livekit.agents import AgentSession, APIError, llm

from agents import find_desk
from agents.announcer import Announcer, MediaTime
from agents.desk import DeskAgent
from agents.incoming import Incoming, caller_number, pick_up, route_to, running_clocks, standing_clocks
from agents.session import start
from agents.terminal import left_as_found, sit_down
from agents.transcript import EventLines, Transcript
from agents.typist import Typist
from db.business import Route, Switchboard
from db.demo.making import TRY, is_untouched, make_demo
from db.engine import Store
from settings import Settings
from tools.call import Call, Clock

logger = logging.getLogger("switchboard.console")


@dataclass(frozen=True)
class Mind:
    """Who thinks."""

    name: str
    """As it is told."""
    model: llm.LLM[Any]
    tool_rounds: int
    summariser: llm.LLM[Any] | None = None
    """None: summaries are composed."""


@dataclass(frozen=True)
class Wish:
    """Which call the person at the keyboard wants."""

    desk: str
    caller: str | None = None
    """The number they call from."""
    now: str | None = None
    """The time at which the clock stands still."""
    as_events: bool = False


async def typed_call(
    settings: Settings,
    board: Switchboard,
    store: Store,
    wish: Wish,
    mind: Mind,
    world: Clock,
) -> None:
    """One call on this process's standard input and output. A store that is new is filled with the demo first."""
    route, number = route_to(board, wish.desk), caller_number(wish.caller)
    clocks = running_clocks(world)
    if wish.now is not None:
        clocks = await standing_clocks(store, wish.now, board.business(route.business))
    if await is_untouched(store):
        await make_demo(store, board, clocks.world(), seed=1, customers=settings.demo_customers)
    call = await pick_up(store, board, settings, Incoming(route, clocks.world, number))
    sys.stderr.write("\n".join([*introduction(board, route, mind.name), ""]))
    typist, shown = sit_down(as_events=wish.as_events, colours=settings.no_color is None)
    with left_as_found():
        await converse(call, mind, typist, shown, clocks.media)


async def converse(
    call: Call, mind: Mind, typist: Typist, shown: Transcript | EventLines, media_time: MediaTime
) -> None:
    """The whole call: greeted, talked, and ended with its summary by whoever ends it."""

    def announce(call: Call, session: AgentSession[Call]) -> Announcer:
        if isinstance(shown, Transcript):
            shown.speaker = lambda: _name(session)
        return Announcer(call, session, shown.show, media_time)

    with _hanging_up_politely(typist):
        session, scribe = await start(
            call,
            mind.model,
            tool_rounds=mind.tool_rounds,
            summariser=mind.summariser,
            announce=announce,
            words=shown.words,
            greeted=True,
        )
        session.on("close", lambda event: typist.hang_up(event.reason.value))
        try:
            while not call.ending and (line := await typist.line()) is not None:
                await _unless_hung_up(_answer(session, line, typist), typist)
        finally:
            call.hung_up = typist.left
            session.shutdown(drain=call.ending)
            await scribe.finished()


def _name(session: AgentSession[Call]) -> str:
    agent = session.current_agent
    return agent.agent_name if isinstance(agent, DeskAgent) else agent.id


async def _answer(session: AgentSession[Call], line: str, typist: Typist) -> None:
    try:
        await session.run(user_input=line)
    except APIError:
        # the desk has said that it lost its thread, and the event says why; the next turn may go well
        return
    except RuntimeError as error:
        logger.error("the session ended in the middle of a turn", extra={"error": str(error)})
        typist.hang_up("error")


async def _unless_hung_up(turn: Coroutine[Any, Any, None], typist: Typist) -> None:
    """A caller who has hung up waits for no answer."""
    turning, gone = asyncio.ensure_future(turn), asyncio.ensure_future(typist.gone())
    try:
        await asyncio.wait({turning, gone}, return_when=asyncio.FIRST_COMPLETED)
        if turning.done():
            turning.result()
    finally:
        turning.cancel()
        gone.cancel()


def introduction(board: Switchboard, route: Route, model: str) -> list[str]:
    """Whom one talks to, and as whom."""
    business = board.business(route.business)
    lines = [f"{business.name}: {find_desk(route.desk).agent_name}, desk {route.desk}. Answered by {model}."]
    if business.key in TRY:
        lines.append(f"Try: {TRY[business.key]()}.")
    return [*lines, "Say bye, or press Ctrl-D, to hang up."]


@contextmanager
def _hanging_up_politely(typist: Typist) -> Iterator[None]:
    """The first Ctrl-C hangs up; a second one, while the call is closed, is Python's own."""
    loop = asyncio.get_running_loop()

    def hang_up() -> None:
        typist.hang_up()
        loop.remove_signal_handler(signal.SIGINT)

    loop.add_signal_handler(signal.SIGINT, hang_up)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
