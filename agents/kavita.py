"""Kavita, the appointment desk of a clinic."""

from agents.desk import Desk, DeskAgent
from tools.phone import end_conversation


class Kavita(DeskAgent):
    """Books, moves and cancels appointments."""

    prompt_name = "kavita"
    agent_name = "Kavita"
    tools_of_desk = (end_conversation,)


DESK = Desk(name="kavita", agent_name="Kavita", pick_up=Kavita)
