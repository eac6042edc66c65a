"""The main conversation of each desk, in data: what is said, which tools run, and what it leaves in the store."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.demo.clinic import PEOPLE
from db.demo.making import make_demo
from db.engine import Store, open_store
from db.models import Appointment, Customer, Interest, Order, OrderLine, Profile, Seat
from tests.calling import START, Watch, make_call
from tests.openai_server import Answer
from tests.scripted import Use
from tests.travellers import SHARMA, seating
from tools.call import Call

Kept = list[str]


@dataclass(frozen=True)
class Conversation:
    """One desk's caller, from the greeting to the goodbye."""

    begin: Callable[[Store, Switchboard], Awaitable[Call]]
    """Picks up, in a store with the demo."""
    turns: Sequence[tuple[str, Sequence[Answer]]]
    """What the caller says, and the model's steps in answer to it."""
    runs: Sequence[tuple[str, str]]
    """Every tool that ran, with the status of its result."""
    known: Sequence[Answer]
    """The steps after which the deed can be done."""
    deed: Use
    """The tool that changes something."""
    kept: Callable[[Store], Awaitable[Kept]]
    """What the deed changes, read from the store."""
    after: Kept
    """The same when the deed was done."""
    look: Use
    """A tool that may be used as the first thing, by anybody."""
    other: Use
    """Another tool for the same moment."""


async def fill(store: Store, board: Switchboard) -> None:
    """The demo as of `START`, with 16A free for sure."""
    await make_demo(store, board, START, seed=1, customers=2)

    async def stand_up(session: AsyncSession) -> None:
        await session.exec(update(Seat).where(col(Seat.label) == "16A").values(ticket_id=None))

    await store.write(stand_up)


def with_demo(migrated: Path, folder: Path, board: Switchboard) -> Path:
    """The folder, with a copy of the empty store and the demo in it."""
    shutil.copytree(migrated, folder, dirs_exist_ok=True)

    async def add() -> None:
        store = await open_store(f"sqlite:///{folder}/store.db", folder / "store.key")
        await fill(store, board)
        await store.close()

    asyncio.run(add())
    return folder


async def kavita(store: Store, board: Switchboard) -> Call:
    return await make_call(store, board, "kavita")


async def receptionist(store: Store, board: Switchboard) -> Call:
    """Tuesday, six in the evening: the kitchen is open."""
    return await make_call(store, board, "receptionist", watch=Watch(START + timedelta(days=1, hours=9)))


async def airline(store: Store, board: Switchboard) -> Call:
    return await make_call(store, board, "airline")


async def care(store: Store, board: Switchboard) -> Call:
    """CUST0001, from their own number."""
    async with store.read() as session:
        first = (await session.exec(select(Customer).where(Customer.code == "CUST0001"))).one()
    return await make_call(store, board, "care", number=store.cipher.open_maybe(first.phone_sealed))


async def storyteller(store: Store, board: Switchboard) -> Call:
    call = await make_call(store, board, "storyteller")
    async with store.read() as session:
        call.profile_id = (await session.exec(select(Profile.id))).one()
    return call


async def booked(store: Store) -> Kept:
    query = select(Appointment).where(Appointment.made_by_call == "call-1")
    async with store.read() as session:
        return sorted(f"{one.local_start} {one.status}" for one in await session.exec(query))


async def ordered(store: Store) -> Kept:
    query = select(Order, OrderLine).join(OrderLine).where(Order.made_by_call == "call-1")
    async with store.read() as session:
        return sorted(f"{line.quantity} {line.item} {order.status}" for order, line in await session.exec(query))


async def two_seats(store: Store) -> Kept:
    taken = await seating(store)
    return [f"{label} {'free' if taken[label] is None else 'taken'}" for label in ("14B", "16A")]


async def liked(store: Store) -> Kept:
    async with store.read() as session:
        return sorted(f"{row.tag} {row.weight}" for row in await session.exec(select(Interest)))


PIN = {"user_id": "3300", "pin": PEOPLE[2].pin}
SHOP_DAY = {"date": "tomorrow", "service": "advice"}
ORDER = {
    "customer_name": "Ann Lee",
    "items": [{"name": "samosa", "quantity": 2, "note": "no nuts"}, {"name": "lassi", "quantity": 1, "note": None}],
}

CONVERSATIONS = {
    "kavita": Conversation(
        begin=kavita,
        turns=(
            ("Hello, my ID is three three double oh.", (Use("identify_user", {"user_id": "3300"}), "And your PIN?")),
            ("Six one five zero.", (Use("identify_user", PIN), "Welcome, Rahul.")),
            ("Tomorrow afternoon?", (Use("fetch_slots", {"date": "tomorrow afternoon"}), "I have 3 PM. Shall I?")),
            ("Yes.", (Use("book_appointment", {"date": "tomorrow", "time_slot": "3 PM"}), "Booked, on Tuesday.")),
            ("Bye.", (Use("end_conversation"), "Goodbye, Rahul.")),
        ),
        runs=(
            ("identify_user", "needs_pin"),
            ("identify_user", "found"),
            ("fetch_slots", "ok"),
            ("book_appointment", "booked"),
            ("end_conversation", "goodbye"),
        ),
        known=(Use("identify_user", PIN), "Welcome, Rahul."),
        deed=Use("book_appointment", {"date": "tomorrow", "time_slot": "3 PM", "purpose": "a check-up at «ten» · जाँच"}),
        kept=booked,
        after=["2026-03-03T15:00 booked"],
        look=Use("fetch_slots", {"date": "tomorrow"}),
        other=Use("identify_user", {"user_id": "3300"}),
    ),
    "airline": Conversation(
        begin=airline,
        turns=(
            ("Is two oh four late?", (Use("flight_status", {"flight_number": "flight 204"}), "It is on time.")),
            ("I'd like another seat.", (Use("to_seats", {"reason": "another seat"}), "Your number, please?")),
            ("M E R one A two, Sharma.", (Use("find_booking", SHARMA), "You have 14B.")),
            ("A window.", (Use("seat_map", {"wish": "window near row 16"}), "I have 16A. Shall I?")),
            ("Yes.", (Use("update_seat", {"seat": "sixteen A"}), "You have 16A now.")),
            (
                "And bags?",
                (
                    Use("to_faq", {"reason": "bags"}),
                    Use("faq_lookup", {"question": "What does a suitcase cost?"}),
                    "One bag.",
                ),
            ),
        ),
        runs=(
            ("flight_status", "found"),
            ("to_seats", "ok"),
            ("find_booking", "found"),
            ("seat_map", "found"),
            ("update_seat", "moved"),
            ("to_faq", "ok"),
            ("faq_lookup", "found"),
        ),
        known=(Use("to_seats", {"reason": "another seat"}), Use("find_booking", SHARMA), "You have 14B."),
        deed=Use("update_seat", {"seat": "sixteen A"}),
        kept=two_seats,
        after=["14B free", "16A taken"],
        look=Use("flight_status", {"flight_number": "MA204"}),
        other=Use("get_weather", {"city": "Chicago"}),
    ),
    "receptionist": Conversation(
        begin=receptionist,
        turns=(
            ("Are you open?", (Use("get_business_info", {"topic": "hours"}), "Until ten. What would you like?")),
            ("Two samosas and a lassi, for Ann.", ("Two samosas and a lassi, for Ann?",)),
            (
                "Yes.",
                (
                    Use("place_order", ORDER),
                    "Placed.",
                ),
            ),
            ("Bye.", (Use("end_call"), "Goodbye, Ann.")),
        ),
        runs=(("get_business_info", "ok"), ("place_order", "placed"), ("end_call", "goodbye")),
        known=("With pleasure.",),
        deed=Use("place_order", ORDER),
        kept=ordered,
        after=["1 Mango Lassi received", "2 Vegetable Samosa received"],
        look=Use("get_business_info", {"topic": "menu"}),
        other=Use("lookup_order", {"order_id": "ORD-00009"}),
    ),
    "care": Conversation(
        begin=care,
        turns=(
            ("I'm customer one.", (Use("find_customer", {"customer_id": "cust 1"}), "Welcome back.")),
            ("My orders?", ([Use("agent_filler", {"kind": "lookup"}), Use("get_orders")], "Those are your orders.")),
            ("Advice, tomorrow?", (Use("check_availability", SHOP_DAY), "I have 11 AM. Shall I?")),
            ("Yes.", (Use("schedule_appointment", {**SHOP_DAY, "time": "11 AM"}), "Booked, on Tuesday.")),
            ("Bye.", (Use("end_call"), "Goodbye.")),
        ),
        runs=(
            ("find_customer", "found"),
            ("agent_filler", "noted"),
            ("get_orders", "ok"),
            ("check_availability", "ok"),
            ("schedule_appointment", "booked"),
            ("end_call", "goodbye"),
        ),
        known=(Use("find_customer", {"customer_id": "CUST0001"}), "Welcome back."),
        deed=Use("schedule_appointment", {**SHOP_DAY, "time": "11 AM"}),
        kept=booked,
        after=["2026-03-03T11:00 booked"],
        look=Use("check_availability", SHOP_DAY),
        other=Use("agent_filler", {"kind": "general"}),
    ),
    "storyteller": Conversation(
        begin=storyteller,
        turns=(
            ("Tell me a story!", (Use("tell_story", {"topic": "the mountain"}), "Once there was a mountain.")),
            ("I like music.", (Use("remember_interest", {"tag": "music"}), "What shall we sing?")),
            ("A verse?", (Use("teach_hanuman_chalisa"), "श्रीगुरु चरन सरोज रज। Shall we say it together?")),
            ("Good night.", (Use("end_conversation"), "Sleep well.")),
        ),
        runs=(
            ("tell_story", "ok"),
            ("remember_interest", "remembered"),
            ("teach_hanuman_chalisa", "ok"),
            ("end_conversation", "goodbye"),
        ),
        known=("With joy.",),
        deed=Use("remember_interest", {"tag": "music"}),
        kept=liked,
        after=["animals 2", "music 1", "ocean 1"],
        look=Use("tell_story", {"topic": "the mountain"}),
        other=Use("teach_hanuman_chalisa", {"step_index": 2}),
    ),
}
