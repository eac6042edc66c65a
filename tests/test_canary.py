"""Words that must not get out: a name, a number, an address, the reason of a visit and a PIN go through a whole call.

They are looked for in every log record and in the raw bytes of the store's files. What was said can be searched,
redacted; so the reason, which is not a name, is told by the tool alone.
"""

import asyncio
import logging
from pathlib import Path

import pytest

from agents.session import start
from db.business import Switchboard
from db.call_log import read_call
from db.engine import Store
from db.log_privacy import keep_private
from tests.calling import make_call, say
from tests.people import ARCHIT, add_clinic_people
from tests.scripted import ScriptedLLM, Step, Use

NAME, PHONE, EMAIL = "Zephyrine Quillfeather", "2025550188", "zq@canary.example"
REASON = "my heliotrope kneecap wobbles"
CANARIES = ("Zephyrine", "Quillfeather", "heliotrope", "kneecap", PHONE, "+1" + PHONE, EMAIL)

TALK: list[tuple[str, list[Step]]] = [
    (
        f"I am {NAME}, please register me, my number is {PHONE}",
        [Use("register_user", {"name": NAME, "phone": PHONE}), f"Welcome, {NAME}."],
    ),
    (
        "tomorrow at ten, please",
        [
            Use("book_appointment", {"date": "tomorrow", "time_slot": "10 am", "purpose": REASON}),
            f"Booked, {NAME}.",
        ],
    ),
    (f"write to me at {EMAIL}", [Use("fetch_slots", {"date": f"{EMAIL} {NAME}"}), "Sorry, which day?"]),
    ("and again", [Use("no_such_tool", {"name": NAME}), f"I can't do that, {NAME}."]),
    ("and once more", [Use("cancel_appointment", f'{{"which": "{NAME}'), f"Which one, {NAME}?"]),
    ("bye", [Use("end_conversation"), f"Goodbye, {NAME}."]),
]


async def hold_the_call(store: Store, board: Switchboard) -> str:
    call = await make_call(store, board, "kavita", number="+1" + PHONE)
    steps = [step for _, answers in TALK for step in answers]
    session, scribe = await start(call, ScriptedLLM(steps), tool_rounds=5)
    for line, _ in TALK:
        await say(session, line)
    await session.aclose()
    await asyncio.wait_for(scribe.finished(), 10)
    return call.id


def raw_bytes(folder: Path) -> bytes:
    """The database, what is written ahead of it, and the key."""
    raw = b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())
    assert len(raw) > 100_000
    return raw


async def test_canaries_are_in_the_log_of_the_call_and_nowhere_in_the_stores_files(
    store: Store, board: Switchboard, tmp_path: Path
) -> None:
    call_id = await hold_the_call(store, board)
    story = await read_call(store, call_id, show=True)
    assert story is not None and NAME in story.turns[-1].text and REASON in str(story.tools), "not written down"
    await store.close()
    raw = raw_bytes(tmp_path)
    assert [word for word in CANARIES if word.encode() in raw] == []


async def test_canaries_are_in_no_log_record(
    store: Store, board: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keep_private()
    await hold_the_call(store, board)
    assert {"livekit.agents", "asyncio"} & {record.name for record in caplog.records}, "nothing was logged at all"
    for record in caplog.records:
        told = logging.Formatter().format(record) + " ".join(
            f"{name}={value!r}" for name, value in vars(record).items()
        )
        assert [word for word in CANARIES if word in told] == [], record.name


async def test_a_pin_is_in_no_log_record_and_not_in_the_calls_own_log(
    store: Store, board: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    await add_clinic_people(store, board)
    caplog.set_level(logging.DEBUG)
    keep_private()
    call = await make_call(store, board, "kavita")
    steps: list[Step] = [Use("identify_user", {"user_id": ARCHIT.code, "pin": ARCHIT.pin}), "Welcome."]
    session, scribe = await start(call, ScriptedLLM(steps), tool_rounds=5)
    await say(session, f"1001, and my PIN is {ARCHIT.pin}")
    await session.aclose()
    await asyncio.wait_for(scribe.finished(), 10)
    story = await read_call(store, call.id, show=True)
    assert story is not None and story.tools[0].status == "found"
    assert ARCHIT.pin not in str(story)
    assert [record.name for record in caplog.records if ARCHIT.pin in str(vars(record))] == []
