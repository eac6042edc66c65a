"""All tables. Importing this package is what fills the metadata that migrations compare against."""

from db.models.calendar import Appointment, Hold, Occupancy, Resource, Service, Waiting
from db.models.calls import CallRecord, ToolCall, Turn
from db.models.flights import Flight, Seat, Ticket
from db.models.orders import Counter, Message, Order, OrderLine
from db.models.people import Customer
from db.models.stories import (
    Consent,
    Deletion,
    Device,
    Escalation,
    Interaction,
    Interest,
    Profile,
    StoryProgress,
    VerseProgress,
)
from db.models.system import Delivery, Meta, Passage

__all__ = [
    "Appointment",
    "CallRecord",
    "Consent",
    "Counter",
    "Customer",
    "Deletion",
    "Delivery",
    "Device",
    "Escalation",
    "Flight",
    "Hold",
    "Interaction",
    "Interest",
    "Message",
    "Meta",
    "Occupancy",
    "Order",
    "OrderLine",
    "Passage",
    "Profile",
    "Resource",
    "Seat",
    "Service",
    "StoryProgress",
    "Ticket",
    "ToolCall",
    "Turn",
    "VerseProgress",
    "Waiting",
]
