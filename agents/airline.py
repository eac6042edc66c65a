"""The airline's helpdesk: triage greets and hands over, faq answers, seats moves. Each can hand back or on."""

from livekit.agents import Agent, llm

from agents.desk import Desk, DeskAgent
from db.errors import Refused
from tools.call import Call, Context, tool
from tools.flights import faq_lookup, find_booking, flight_status, get_weather
from tools.seats import seat_map, update_seat


class AlreadyHandedOver(Refused):
    code = "already_handed_over"


class AirlineAgent(DeskAgent):
    """One of the three. Who takes over continues the conversation, and greets nobody a second time."""

    def __init__(self, call: Call, *, after: DeskAgent | None = None) -> None:
        super().__init__(call)
        self._after = after
        self.handed_over_in: str | None = None
        """The turn in which it handed over; a second hand-over in it would leave the caller with nobody."""

    async def on_enter(self) -> None:
        if self._after is None:
            await super().on_enter()
            return
        await self.update_chat_ctx(_conversation(self._after, self), exclude_invalid_function_calls=False)
        self._after = None
        self.session.generate_reply()


def _conversation(before: Agent, after: Agent) -> llm.ChatContext:
    """All that was said and done so far, with the reason of the hand-over, and a mark where it was; the other's
    instructions stay behind."""
    told = before.chat_ctx.copy(exclude_instructions=True, exclude_config_update=True)
    told.items.append(llm.AgentHandoff(old_agent_id=before.id, new_agent_id=after.id))
    return told


def _to(colleague: type[AirlineAgent], ctx: Context) -> AirlineAgent:
    current = ctx.session.current_agent
    assert isinstance(current, AirlineAgent)
    if current.handed_over_in == ctx.speech_handle.id:
        raise AlreadyHandedOver("The caller was handed over in this turn already.")
    current.handed_over_in = ctx.speech_handle.id
    return colleague(ctx.userdata, after=current)


@tool
async def to_triage(ctx: Context, reason: str) -> Agent:
    """Hands the caller back to the first desk: for a flight's status, the weather, and what nobody else does.

    Args:
        reason: What the caller needs, in one short phrase of theirs, without any confirmation number.
    """
    return _to(Triage, ctx)


@tool
async def to_faq(ctx: Context, reason: str) -> Agent:
    """Hands the caller to the colleague who knows the rules: baggage, check-in, fares and fees, changes, refunds,
    delays, children, pets, health, assistance, service on board, what a seat costs.

    Args:
        reason: What the caller needs, in one short phrase of theirs, without any confirmation number.
    """
    return _to(Faq, ctx)


@tool
async def to_seats(ctx: Context, reason: str) -> Agent:
    """Hands the caller to the colleague for seats: to choose or change one, or to see what is free.

    Args:
        reason: What the caller needs, in one short phrase of theirs, without any confirmation number.
    """
    return _to(Seats, ctx)


class Triage(AirlineAgent):
    """Finds out what a traveller needs."""

    prompt_name = "airline_triage"
    agent_name = "Mira"
    tools_of_desk = (to_faq, to_seats, flight_status, get_weather)


class Faq(AirlineAgent):
    """Answers from the airline's rules."""

    prompt_name = "airline_faq"
    agent_name = "Theo"
    tools_of_desk = (faq_lookup, to_seats, to_triage)


class Seats(AirlineAgent):
    """Finds a booking and moves its traveller."""

    prompt_name = "airline_seats"
    agent_name = "Nina"
    tools_of_desk = (find_booking, seat_map, update_seat, to_faq, to_triage)


DESK = Desk(name="airline", agent_name="Mira", agents=(Triage, Faq, Seats))
