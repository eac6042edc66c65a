"""The receptionist of a small business: facts, orders, messages, and a person when one is wanted."""

from agents.desk import Desk, DeskAgent
from tools.business import get_business_info
from tools.orders import cancel_order, change_order, lookup_order, place_order
from tools.phone import end_call, take_message, transfer_to_human


class Receptionist(DeskAgent):
    """Tells about the business, takes orders and messages, puts callers through."""

    prompt_name = "receptionist"
    agent_name = "Asha"
    tools_of_desk = (
        get_business_info,
        place_order,
        lookup_order,
        change_order,
        cancel_order,
        take_message,
        transfer_to_human,
        end_call,
    )


DESK = Desk(name="receptionist", agent_name="Asha", agents=(Receptionist,))
