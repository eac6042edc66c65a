"""Customer care of a shop: look-up, orders, appointments."""

from agents.desk import Desk, DeskAgent
from tools.care import (
    agent_filler,
    check_availability,
    find_customer,
    get_appointments,
    get_orders,
    schedule_appointment,
)
from tools.phone import end_call, take_message, transfer_to_human


class Care(DeskAgent):
    """Finds customers, tells about their orders, arranges appointments."""

    prompt_name = "care"
    agent_name = "Nora"
    tools_of_desk = (
        find_customer,
        get_orders,
        get_appointments,
        check_availability,
        schedule_appointment,
        agent_filler,
        transfer_to_human,
        take_message,
        end_call,
    )


DESK = Desk(name="care", agent_name="Nora", agents=(Care,))
