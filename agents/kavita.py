"""Kavita, the appointment desk of a clinic."""

from agents.desk import Desk, DeskAgent
from tools.appointments import (
    book_appointment,
    cancel_appointment,
    fetch_slots,
    join_waitlist,
    modify_appointment,
    retrieve_appointments,
)
from tools.customers import identify_user, register_user
from tools.phone import end_conversation


class Kavita(DeskAgent):
    """Books, moves and cancels appointments."""

    prompt_name = "kavita"
    agent_name = "Kavita"
    tools_of_desk = (
        identify_user,
        register_user,
        fetch_slots,
        book_appointment,
        retrieve_appointments,
        cancel_appointment,
        modify_appointment,
        join_waitlist,
        end_conversation,
    )


DESK = Desk(name="kavita", agent_name="Kavita", agents=(Kavita,))
