"""Rows with something in every column that is sealed or hashed."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from db.cipher import Cipher
from db.customers import hash_pin
from db.engine import Store
from db.flights import code_digest, surname_digest
from db.models import (
    Appointment,
    CallRecord,
    Customer,
    Deletion,
    Delivery,
    Device,
    Flight,
    Interaction,
    Message,
    Order,
    OrderLine,
    Profile,
    Ticket,
    ToolCall,
    Turn,
)
from db.rekey import BATCH, changed_tables
from tests.calling import START

CLINIC, SHOP, AIR, TOY = "lotus-clinic", "corner-shop", "meridian-air", "hanuman-toy"
PHONE, EMAIL, CODE = "+12025550155", "Maya@Example.com", "ABC1DE"
MANY = BATCH + 50
"""More than are changed at a time."""


async def fill(store: Store, many: int = 3) -> None:
    """Everything at once, with the store's own key; so many turns and tool calls."""
    cipher, seal = store.cipher, store.cipher.seal

    async def work(session: AsyncSession) -> None:
        for rows in (_people(cipher), _calls(cipher), _belongings(cipher)):
            session.add_all(rows)
            await session.flush()
        connection = await session.connection()
        turns = [{"position": at, "text_sealed": seal(f"turn {at}")} for at in range(many)]
        of_turns = {"call_id": "c1", "role": "user", "redacted": "x", "interrupted": False, "at": START}
        await connection.execute(insert(Turn).values(of_turns), turns)
        runs = [
            {"position": at, "arguments_sealed": seal(f"{{{at}}}"), "result_sealed": seal("{}") if at % 2 else None}
            for at in range(many)
        ]
        of_runs = {"call_id": "c1", "function": "f", "status": "ok", "ms": 1, "at": START}
        await connection.execute(insert(ToolCall).values(of_runs), runs)

    await store.write(work)


def _people(cipher: Cipher) -> Sequence[SQLModel]:
    seal, digest = cipher.seal, cipher.digest
    return [
        Customer(
            id=1,
            business=SHOP,
            code="CUST0001",
            name_sealed=seal("Maya Singh"),
            phone_sealed=seal(PHONE),
            phone_hash=digest("phone", PHONE),
            email_sealed=seal(EMAIL),
            email_hash=digest("email", EMAIL.casefold()),
            pin_hash=hash_pin("4711"),
            created_at=START,
        ),
        Customer(id=2, business=SHOP, code="CUST0002", name_sealed=seal("Nobody Known"), created_at=START),
        Profile(
            id="child",
            business=TOY,
            child_name_sealed=seal("Asha"),
            age_band="5-7",
            parents_sealed=seal("Anita"),
            zone="UTC",
            created_at=START,
        ),
        Flight(
            id=1,
            business=AIR,
            number="MA1",
            origin="IAD",
            destination="JFK",
            departs_at=START,
            arrives_at=START,
            zone="UTC",
            arrival_zone="UTC",
            aircraft="A320",
        ),
        Deletion(subject_hash=digest("erased", "x"), kind="customer", deleted_at=START),
    ]


def _calls(cipher: Cipher) -> Sequence[SQLModel]:
    return [
        CallRecord(
            id="c1",
            business=SHOP,
            desk="care",
            caller_sealed=cipher.seal(PHONE),
            caller_hash=cipher.digest("phone", PHONE),
            started_at=START,
            ended_at=START,
            summary_sealed=cipher.seal("{}"),
        ),
        Order(
            id=1,
            business=SHOP,
            number=1,
            name_sealed=cipher.seal("Maya"),
            phone_sealed=cipher.seal(PHONE),
            phone_hash=cipher.digest("phone", PHONE),
            address_sealed=cipher.seal("1 Hill Road"),
            total=1,
            currency="USD",
            repeat_key=cipher.digest("order", "x"),
            created_at=START,
            changed_at=START,
        ),
    ]


def _belongings(cipher: Cipher) -> Sequence[SQLModel]:
    seal, digest = cipher.seal, cipher.digest
    moment: dict[str, Any] = {"created_at": START}
    of_clinic: dict[str, Any] = {"business": CLINIC, "service": "consultation", "staff": "dr-rao", "zone": "UTC"}
    span: dict[str, Any] = {"starts_at": START, "ends_at": START, "local_start": "x", "changed_at": START}
    ticket: dict[str, Any] = {"business": AIR, "flight_id": 1, "fare": "flex"}
    code: dict[str, Any] = {"code_sealed": seal(CODE), "code_hash": code_digest(cipher, CODE)}
    long_name: dict[str, Any] = {
        "name_sealed": seal("Ludwig van Beethoven"),
        "surname_hash": surname_digest(cipher, "van Beethoven"),
    }
    return [
        Appointment(id="aaaaaaaa", customer_id=1, purpose_sealed=seal("knee"), **of_clinic, **span, **moment),
        OrderLine(order_id=1, position=0, item="Kettle", quantity=1, unit_price=1, note_sealed=seal("red")),
        Message(
            business=SHOP,
            for_whom_sealed=seal("the owner"),
            text_sealed=seal("please call"),
            call_back_sealed=seal(PHONE),
            repeat_key=digest("message", "x"),
            **moment,
        ),
        Delivery(id=str(uuid.uuid4()), business=SHOP, kind="x", payload_sealed=seal("{}"), next_at=START, **moment),
        Device(id="toy", key_sealed=seal("secret"), claim_hash=digest("claim", "123456"), **moment),
        Interaction(profile_id="child", started_at=START, notes_sealed=seal("verse:3")),
        Ticket(name_sealed=seal("Asha Rao"), surname_hash=surname_digest(cipher, "Rao"), **code, **ticket),
        Ticket(**long_name, **code, **ticket),
    ]


async def columns(store: Store) -> dict[str, list[str | None]]:
    """Every sealed or hashed column with its values, in the order of the rows' keys."""
    found: dict[str, list[str | None]] = {}
    async with store.read() as session:
        connection = await session.connection()
        for table in changed_tables():
            rows = (await connection.execute(select(table).order_by(*table.primary_key))).mappings().all()
            for column in table.columns:
                if column.name.endswith(("_sealed", "_hash", "repeat_key")):
                    found[str(column)] = [row[column.name] for row in rows]
    return found


async def opened(store: Store, cipher: Cipher) -> dict[str, list[str | None]]:
    """What the sealed columns say."""
    sealed = {name: values for name, values in (await columns(store)).items() if name.endswith("_sealed")}
    return {name: [cipher.open_maybe(value) for value in values] for name, values in sealed.items()}
