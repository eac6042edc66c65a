"""Web-hooks: signed, sent until they are taken, through slow and broken receivers, restarts and several senders."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from pydantic import SecretStr
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business, Switchboard
from db.engine import Store, open_store
from db.models import Delivery
from db.outbox import LEASE, WAITS, due, failed, owe
from tests.calling import Watch
from tests.conftest import free_port
from tests.orders import owed
from web.hooks import PATIENCE, SIGNATURE, Sender, sign, verify

SECRET = SecretStr("a secret that only two know")
CLINIC = "lotus-clinic"
CANARY = "Zebediah Quillfeather"
LONGER = timedelta(seconds=1)
"""A quick receiver's worth of time."""


@dataclass
class Receiver:
    """A receiver on loopback: answers as it is told, then 200."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, bytes]] = field(default_factory=list)
    """Signature and body of each request."""
    slow: asyncio.Event | None = None
    """Answers only once it is set."""
    address: str = ""
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.headers[SIGNATURE], await request.read()))
        self.came.set()
        if self.slow is not None:
            await self.slow.wait()
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, text=CANARY * 100, headers={"Location": self.address})

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/private-address", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port := free_port())
    await site.start()
    receiver.address = f"http://127.0.0.1:{port}/private-address"
    yield receiver
    await runner.cleanup()


def at(board: Switchboard, address: str | None) -> Switchboard:
    """The same file with that address for every business."""
    hooked = tuple(one.model_copy(update={"webhook": address}) for one in board.businesses)
    return board.model_copy(update={"businesses": hooked})


def sender(store: Store, board: Switchboard, watch: Watch, secret: SecretStr | None = SECRET) -> Sender:
    return Sender(store, board, secret, watch, Random(7))


async def tell(store: Store, business: Business, now: datetime, *, times: int = 1) -> None:
    async def work(session: AsyncSession) -> None:
        for number in range(times):
            owe(session, store.cipher, business, "message.taken", {"name": CANARY, "number": number}, now)

    await store.write(work)


async def look(one: Sender, *, patience: ClientTimeout = PATIENCE) -> int:
    async with ClientSession(timeout=patience) as http:
        return await one.send_due(http, SECRET)


async def rows(store: Store) -> list[Delivery]:
    async with store.read() as session:
        return list((await session.exec(select(Delivery))).all())


async def only(store: Store) -> Delivery:
    (row,) = await rows(store)
    return row


# What is sent


async def test_a_web_hook_is_posted_signed_and_then_done(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    board = at(board, receiver.address)
    await tell(store, board.business(CLINIC), watch.now)
    assert (await look(sender(store, board, watch)), await look(sender(store, board, watch))) == (1, 0)
    row = await only(store)
    assert row.delivered_at == watch.now
    assert receiver.told == [
        {
            "id": row.id,
            "kind": "message.taken",
            "business": CLINIC,
            "created_at": watch.now.isoformat(),
            "data": {"name": CANARY, "number": 0},
        }
    ]
    assert verify(SECRET.get_secret_value(), *receiver.got[0], watch.now)


async def test_a_business_without_an_address_is_owed_nothing(store: Store, board: Switchboard, watch: Watch) -> None:
    await tell(store, at(board, None).business(CLINIC), watch.now)
    assert await rows(store) == []


async def test_what_is_told_is_sealed_at_rest_and_not_kept_once_it_was_taken(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver, tmp_path: Path
) -> None:
    board = at(board, receiver.address)
    await tell(store, board.business(CLINIC), watch.now)
    raw = b"".join((tmp_path / name).read_bytes() for name in ("store.db", "store.db-wal"))
    assert b"message.taken" in raw and CANARY.encode() not in raw
    await look(sender(store, board, watch))
    assert await owed(store) == [("message.taken", {})]


async def test_another_switchboards_businesses_are_left_alone(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    board = at(board, receiver.address)
    await tell(store, board.business(CLINIC).model_copy(update={"key": "elsewhere"}), watch.now)
    assert await look(sender(store, board, watch)) == 0
    assert (await only(store)).next_at == watch.now


# The signature


@pytest.mark.parametrize("away", [timedelta(0), timedelta(minutes=4, seconds=59), timedelta(minutes=-4, seconds=-59)])
def test_a_signature_of_just_now_is_good(watch: Watch, away: timedelta) -> None:
    assert verify("s", sign("s", b"{}", watch.now), b"{}", watch.now + away)


def test_a_forged_or_stale_signature_is_refused(watch: Watch) -> None:
    good, now = sign("s", b"{}", watch.now), watch.now
    seconds = int(now.timestamp())
    assert not verify("s", good, b"{} ", now)
    assert not verify("another", good, b"{}", now)
    assert not verify("s", good.replace(f"t={seconds}", f"t={seconds + 1}"), b"{}", now)
    assert not verify("s", good, b"{}", now + timedelta(minutes=6))
    assert not verify("s", good, b"{}", now - timedelta(minutes=6))
    assert not verify("s", good, b"{}", now + timedelta(seconds=31), tolerance=timedelta(seconds=30))


@pytest.mark.parametrize("start", ["", "t=", "t=1,v1=", "t=-1,v1=", "t=٣,v1=", f"t={'9' * 99},v1=", "v1=,t=1"])
def test_a_header_of_another_form_is_refused(watch: Watch, start: str) -> None:
    for end in ("", "0", ",v1=", "\n", "é", "0" * 64, "é" * 64):
        assert not verify("s", start + end, b"", watch.now, tolerance=timedelta(days=99_999))


# What goes wrong


async def test_a_receiver_that_fails_is_told_again_later_with_the_same_id(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    board, receiver.answers = at(board, receiver.address), [500, 503]
    one = sender(store, board, watch)
    await tell(store, board.business(CLINIC), watch.now)
    await look(one)
    assert (await only(store)).last_error == "answered 500"
    watch.forward(seconds=9)
    assert await look(one) == 0
    watch.forward(seconds=4)
    assert await look(one) == 1
    watch.forward(seconds=73)
    assert await look(one) == 1
    row = await only(store)
    assert (row.delivered_at, row.attempts, row.last_error) == (watch.now, 2, None)
    assert len({told["id"] for told in receiver.told}) == 1 and len(receiver.got) == 3
    assert len({signature for signature, _ in receiver.got}) == 3


async def test_it_is_given_up_after_the_last_wait(store: Store, board: Switchboard, watch: Watch) -> None:
    board = at(board, f"http://127.0.0.1:{free_port()}/")
    one = sender(store, board, watch)
    await tell(store, board.business(CLINIC), watch.now)
    for wait in WAITS:
        assert await look(one) == 1
        longer = (await only(store)).next_at - watch.now
        assert wait <= longer <= wait * 1.2
        watch.now += longer
    assert (await only(store)).gave_up_at is None
    assert await look(one) == 1
    row = await only(store)
    assert (row.gave_up_at, row.attempts, row.last_error) == (watch.now, 8, "ClientConnectorError")
    watch.forward(days=30)
    assert await look(one) == 0


async def test_the_waits_of_several_are_not_the_same(store: Store, board: Switchboard, watch: Watch) -> None:
    board = at(board, f"http://127.0.0.1:{free_port()}/")
    await tell(store, board.business(CLINIC), watch.now, times=5)
    await look(sender(store, board, watch))
    assert len({row.next_at for row in await rows(store)}) == 5


async def test_a_redirect_is_not_followed(store: Store, board: Switchboard, watch: Watch, receiver: Receiver) -> None:
    board, receiver.answers = at(board, receiver.address), [307]
    await tell(store, board.business(CLINIC), watch.now)
    await look(sender(store, board, watch))
    assert (len(receiver.got), (await only(store)).last_error) == (1, "answered 307")


async def test_a_slow_receiver_is_left_and_holds_nobody_up(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    board, receiver.slow = at(board, receiver.address), asyncio.Event()
    await tell(store, board.business(CLINIC), watch.now)
    trying = asyncio.create_task(look(sender(store, board, watch), patience=ClientTimeout(total=0.5)))
    await receiver.came.wait()
    async with asyncio.timeout(0.3):
        await tell(store, board.business(CLINIC), watch.now)
    await trying
    assert sorted(row.last_error or "" for row in await rows(store)) == ["", "no answer in time"]
    assert PATIENCE.total == 10 < LEASE.total_seconds()


@pytest.mark.parametrize("address", ["http://", "http://[", "http://x:99999/", "https://..", "http://xn--/"])
async def test_an_address_that_is_none_is_a_failed_attempt(
    store: Store, board: Switchboard, watch: Watch, address: str
) -> None:
    board = at(board, address)
    await tell(store, board.business(CLINIC), watch.now)
    await look(sender(store, board, watch))
    assert (await only(store)).attempts == 1


async def test_an_address_that_was_taken_out_is_waited_for(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    await tell(store, at(board, receiver.address).business(CLINIC), watch.now)
    await look(sender(store, at(board, None), watch))
    assert (await only(store)).last_error == "no address"
    watch.forward(seconds=12)
    await look(sender(store, at(board, receiver.address), watch))
    assert len(receiver.got) == 1


async def test_one_that_cannot_be_opened_does_not_stop_the_others(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver, tmp_path: Path
) -> None:
    board = at(board, receiver.address)
    other = await open_store(f"sqlite:///{tmp_path}/other.db", tmp_path / "other.key")
    await tell(store, board.business(CLINIC), watch.now)
    store.cipher, right = other.cipher, store.cipher
    await tell(store, board.business(CLINIC), watch.now)
    store.cipher = right
    await look(sender(store, board, watch))
    await other.close()
    assert len(receiver.got) == 1
    assert {row.last_error for row in await rows(store)} == {None, "sealed with a key that is not there"}


async def test_no_log_line_holds_what_is_told_or_answered_or_where(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    board, receiver.answers = at(board, receiver.address), [500]
    await tell(store, board.business(CLINIC), watch.now)
    await look(sender(store, board, watch))
    ours = [record for record in caplog.records if record.name == "switchboard.hooks"]
    assert [record.message for record in ours] == ["web-hook not taken"]
    lines = " ".join(str(record.__dict__) for record in caplog.records if record.name != "aiohttp.access")
    assert not [word for word in (CANARY, "/private-address", SECRET.get_secret_value()) if word in lines]


# Restarts and several senders


async def test_a_sender_stopped_in_the_middle_loses_nothing(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    board, receiver.slow = at(board, receiver.address), asyncio.Event()
    await tell(store, board.business(CLINIC), watch.now)
    first = asyncio.create_task(sender(store, board, watch).run())
    await receiver.came.wait()
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    receiver.slow = None
    assert await look(sender(store, board, watch)) == 0
    watch.now += LEASE
    assert await look(sender(store, board, watch)) == 1
    assert (await only(store)).delivered_at == watch.now
    assert receiver.told[0] == receiver.told[1]


async def test_two_senders_at_once_send_each_once(
    any_store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    board = at(board, receiver.address)
    await tell(any_store, board.business(CLINIC), watch.now, times=60)
    senders = [sender(any_store, board, watch) for _ in range(4)]
    assert sum(await asyncio.gather(*map(look, senders))) == 60
    assert sorted(told["data"]["number"] for told in receiver.told) == list(range(60))


async def test_who_lost_the_lease_cannot_say_that_it_failed(any_store: Store, board: Switchboard, watch: Watch) -> None:
    await tell(any_store, at(board, "http://127.0.0.1/").business(CLINIC), watch.now)
    (mine,) = await due(any_store, [CLINIC], watch.now, 1)
    watch.now += LEASE
    (theirs,) = await due(any_store, [CLINIC], watch.now, 1)
    assert not await failed(any_store, mine, "late", watch.now, Random(7))
    assert (await only(any_store)).attempts == 0
    await failed(any_store, theirs, "in time", watch.now, Random(7))
    assert (await only(any_store)).last_error == "in time"


# The loop


async def test_the_loop_goes_on_after_failures_of_receiver_and_store(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver
) -> None:
    board, receiver.answers = at(board, receiver.address), [500]
    await tell(store, board.business(CLINIC), watch.now)

    async def rename(old: str, new: str) -> None:
        async def work(session: AsyncSession) -> None:
            await (await session.connection()).exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")

        await store.write(work)

    await rename("outbox", "gone")
    loop = asyncio.create_task(replace(sender(store, board, watch), pause=0.01).run())
    await asyncio.sleep(0.05)
    await rename("gone", "outbox")
    async with asyncio.timeout(5):
        while len(receiver.got) < 2:
            await asyncio.sleep(0.01)
            watch.forward(seconds=1)
    assert not loop.done()
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop


async def test_without_a_secret_nothing_is_sent_and_that_is_said_once(
    store: Store, board: Switchboard, watch: Watch, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    board = at(board, receiver.address)
    await tell(store, board.business(CLINIC), watch.now)
    await sender(store, board, watch, None).run()
    assert [record.message for record in caplog.records] == ["no web-hook is sent: WEBHOOK_SECRET is not set"]
    assert (receiver.got, (await only(store)).next_at) == ([], watch.now)
