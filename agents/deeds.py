"""What a tool's result means in a summary. A new tool is one line here; without one it is left out of the actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.calls import ToolRun


@dataclass(frozen=True)
class Deed:
    """A result that changed something, or that told the caller something."""

    intent: str
    """What the caller wanted, after «to»."""
    action: str
    """What was done; fields of the result in braces."""
    verb: str = ""
    """The word of completion that only this result allows: booked, cancelled, …; none where nothing was changed."""
    outcome: str = "answered"


_MOMENT = "{weekday}, {date} at {time}"

DEEDS: dict[tuple[str, str], Deed] = {
    ("identify_user", "found"): Deed("be identified", "identified {user[name]}"),
    ("register_user", "registered"): Deed(
        "register", "registered {user[name]} as a new customer", "registered", "registered"
    ),
    ("fetch_slots", "ok"): Deed("find a free time", "looked up the free times of {weekday}, {date}"),
    ("check_availability", "ok"): Deed("find a free time", "looked up the free times of {weekday}, {date}"),
    ("book_appointment", "booked"): Deed(
        "book an appointment", f"booked a {{service}} on {_MOMENT}", "booked", "booked"
    ),
    ("schedule_appointment", "booked"): Deed(
        "book an appointment", f"booked a {{service}} on {_MOMENT}", "booked", "booked"
    ),
    ("cancel_appointment", "cancelled"): Deed(
        "cancel an appointment", f"cancelled the {{service}} on {_MOMENT}", "cancelled", "cancelled"
    ),
    ("cancel_appointment", "already_cancelled"): Deed(
        "cancel an appointment", f"found the {{service}} on {_MOMENT} cancelled already"
    ),
    ("modify_appointment", "modified"): Deed(
        "move an appointment",
        "moved the {new[service]} from {old[weekday]}, {old[date]} at {old[time]}"
        " to {new[weekday]}, {new[date]} at {new[time]}",
        "moved",
        "moved",
    ),
    ("join_waitlist", "waiting"): Deed(
        "wait for a free time", "put the caller on the waiting list of {weekday}, {date}", "waiting", "waiting"
    ),
    ("retrieve_appointments", "ok"): Deed("hear their appointments", "told the caller their appointments"),
    ("get_appointments", "ok"): Deed("hear their appointments", "told the caller their appointments"),
    ("get_business_info", "ok"): Deed("ask about {name}", "answered a question about {name}"),
    ("place_order", "placed"): Deed(
        "place an order", "placed order {order_id} for {total} {currency}", "ordered", "ordered"
    ),
    ("change_order", "changed"): Deed(
        "change an order", "changed order {order_id}, now {total} {currency}", "changed", "changed"
    ),
    ("cancel_order", "cancelled"): Deed("cancel an order", "cancelled order {order_id}", "cancelled", "cancelled"),
    ("cancel_order", "already_cancelled"): Deed("cancel an order", "found order {order_id} cancelled already"),
    ("lookup_order", "found"): Deed("hear about an order", "told about order {order[order_id]}: {order[status]}"),
    ("get_orders", "ok"): Deed("hear about their orders", "told the caller their {count} orders"),
    ("take_message", "stored"): Deed("leave a message", "took a message for {for_whom}", "message", "message taken"),
    ("transfer_to_human", "transferred"): Deed(
        "speak to a person", "put the caller through", "transferred", "transferred"
    ),
    ("transfer_to_human", "not_reached"): Deed("speak to a person", "could not reach a person"),
    ("find_customer", "found"): Deed("be identified", "identified {customer[name]}"),
    ("find_booking", "found"): Deed("have their flight looked up", "found the caller's booking"),
    ("faq_lookup", "found"): Deed("ask a question", "answered a question on {passage[title]}"),
    ("update_seat", "moved"): Deed(
        "change their seat", "moved the caller to seat {seat[seat]} on flight {flight[number]}", "moved", "moved"
    ),
    ("seat_map", "found"): Deed("see free seats", "told the free seats"),
    ("flight_status", "found"): Deed("hear about a flight", "told the state of flight {flight[number]}: {state}"),
    ("get_weather", "found"): Deed("hear the weather", "told the weather"),
    ("tell_story", "ok"): Deed("hear a story", "told {topic}"),
    ("tell_a_story", "ok"): Deed("hear a story", "told {topic}"),
    ("favourite_story", "favorite"): Deed("hear a story", "noted {topic} as a favourite"),
    ("remember_interest", "remembered"): Deed("talk", "noted that the child likes {tag}"),
    ("teach_hanuman_chalisa", "ok"): Deed("learn the Chalisa", "practised {title}"),
    ("play_hanuman_chalisa", "playing"): Deed("hear the Chalisa", "played {asset}"),
    ("play_hanuman_chalisa", "recite"): Deed("hear the Chalisa", "recited {asset}"),
}


@dataclass(frozen=True)
class Done:
    """A tool run that means something, in words."""

    deed: Deed
    intent: str
    action: str
    result: Mapping[str, Any]


def deed_of(run: ToolRun) -> Done | None:
    """What a run means; None where it means nothing to the business's owner."""
    deed = DEEDS.get((run.function, run.status))
    if deed is None or not isinstance(run.result, Mapping):
        return None
    return Done(deed, _filled(deed.intent, run.result), _filled(deed.action, run.result), run.result)


def _filled(template: str, result: Mapping[str, Any]) -> str:
    """With the result's fields; cut off before the first that the result lacks."""
    try:
        return template.format_map(result)
    except (KeyError, IndexError, TypeError):
        return template.split(" {")[0].rstrip(",:")
