"""What the document for receivers tells of web-hooks: each kind with its fields, and how to check a signature."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.summary import compose
from db.business import Switchboard
from db.calls import Ending, end_call
from db.engine import Store
from db.waitlist import join_waitlist
from tests.calling import make_call, use
from tests.orders import owed, ring
from tests.people import add_clinic_people, identified
from tests.test_documents import ROOT, fences, read, sections
from tests.travellers import add_airline, found, seating
from tools.appointments import book_appointment, cancel_appointment, modify_appointment
from tools.diary import diary_of
from tools.orders import cancel_order, change_order, place_order
from tools.phone import take_message
from tools.seats import update_seat
from web.hooks import sign

DOCUMENT = read("docs/webhooks.md")


@pytest.fixture
def hooked(board: Switchboard) -> Switchboard:
    """The demo's businesses, with an address each."""
    wanted = {"webhook": "https://example.com/switchboard"}
    return board.model_copy(update={"businesses": tuple(one.model_copy(update=wanted) for one in board.businesses)})


def kinds_in_the_document() -> dict[str, str]:
    """What is written under the heading of each kind."""
    return {kind.strip("`"): text for kind, text in sections(DOCUMENT).items() if kind.startswith("`")}


def shape(value: Any) -> Any:
    """The fields at every level, whatever stands in them."""
    if isinstance(value, Mapping):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value[:1] if isinstance(part, Mapping)] if isinstance(value, list) else "…"


async def happen_at_the_clinic(store: Store, board: Switchboard) -> None:
    await add_clinic_people(store, board)
    call = await identified(await make_call(store, board, "kavita", call_id="clinic"))
    await use(book_appointment, call, date="tomorrow", time_slot="3 pm", purpose="a check-up")
    service = call.business.services[0]
    await join_waitlist(diary_of(call), call.require_customer(), service, "2026-03-03", None)
    await use(modify_appointment, call, which="it", new_time="4 pm")
    await use(cancel_appointment, call, which="it")
    summary = compose([], call.now, call.now + timedelta(minutes=1))
    ending = Ending(reason="goodbye", outcome="booked", intent="book an appointment", summary={**summary})
    await end_call(store, call.business, call.id, ending, call.now)


async def happen_elsewhere(store: Store, board: Switchboard) -> None:
    call = await ring(store, board)
    await use(place_order, call, customer_name="Maya Chen", items=[{"name": "samosa", "quantity": 2, "note": "hot"}])
    await use(change_order, call, item="naan", quantity=1)
    await use(cancel_order, call)
    await use(take_message, call, for_whom="the owner", message="Please call me.")
    await add_airline(store, board)
    traveller = await found(await make_call(store, board, "airline", call_id="airline"))
    free = next(label for label, ticket in (await seating(store)).items() if ticket is None)
    assert (await use(update_seat, traveller, seat=free))["status"] == "moved"


async def test_every_kind_that_is_owed_is_told_as_the_document_says(store: Store, hooked: Switchboard) -> None:
    await happen_at_the_clinic(store, hooked)
    await happen_elsewhere(store, hooked)
    real = {kind: shape(payload) for kind, payload in await owed(store)}
    written = kinds_in_the_document()
    for kind, text in written.items():
        (example,) = fences(text, "json")
        assert shape(json.loads(example)) == real[kind], kind
    assert set(written) == set(real) == kinds_in_the_code()


def kinds_in_the_code() -> set[str]:
    """What the product's own files hand to `owe` or `tell`."""
    found = [
        re.findall(r"\b(?:owe|tell)\([^()]*?\"(\w+\.\w+)\"", path.read_text()) for path in (ROOT / "db").glob("*.py")
    ]
    return {kind for kinds in found for kind in kinds}


def test_each_field_of_a_kind_is_explained() -> None:
    texts = kinds_in_the_document()
    for kind, text in texts.items():
        first = re.search(r"The fields are those of `([\w.]+)`", text)
        explained = {*re.findall(r"^\| `(\w+)` \|", text + (texts[first[1]] if first else ""), re.MULTILINE)}
        assert explained == set(json.loads(fences(text, "json")[0])), kind


def test_the_documents_python_tells_good_from_forged_and_old() -> None:
    names: dict[str, Any] = {}
    exec(fences(DOCUMENT, "python")[0], names)
    now = datetime.now(UTC)
    assert names["is_ours"]("s", sign("s", b"{}", now), b"{}")
    assert not names["is_ours"]("s", sign("s", b"{}", now), b"[]")
    assert not names["is_ours"]("s", sign("s", b"{}", now - timedelta(minutes=6)), b"{}")


@pytest.mark.parametrize(
    ("key", "minutes", "told"), [("s", 0, "good"), ("other", 0, "forged or old"), ("s", 6, "forged or old")]
)
def test_the_documents_shell_tells_good_from_forged_and_old(tmp_path: Path, key: str, minutes: int, told: str) -> None:
    body = '{"name": "Zoë"}'.encode()
    (tmp_path / "body.json").write_bytes(body)
    signature = sign(key, body, datetime.now(UTC) - timedelta(minutes=minutes))
    env = {"PATH": os.defpath, "SIGNATURE": signature, "WEBHOOK_SECRET": "s"}
    command = ["sh", "-c", fences(DOCUMENT, "sh")[0]]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{told}\n", "")
