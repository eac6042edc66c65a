"""Changing the key: what is found and read afterwards, what the old key still opens, and being stopped anywhere."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import update
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.calls import begin_call
from db.cipher import Cipher, read_keys, write_keys
from db.customers import Proof, find_by_digest, identify, recognise
from db.engine import Store, open_store
from db.errors import KeyInUse, NotFound, WrongKey
from db.flights import Claim, find_booking
from db.models import CallRecord, Message
from db.rekey import HASHED, HASHES, RECENT, SEALED, From, Left, rotate
from tests.calling import START
from tests.sealed_rows import AIR, CODE, EMAIL, MANY, PHONE, SHOP, columns, fill, opened

T = TypeVar("T")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "any.key"


def address(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


async def check_whole(store: Store, key_file: Path, before: dict[str, list[str | None]]) -> None:
    """The store opens with what is in the file, says what it said before, and finds whom it found."""
    again = await open_store(address(store), key_file)
    assert await opened(again, again.cipher) == before
    found = await find_by_digest(again, SHOP, phone=PHONE)
    assert found.id == (await find_by_digest(again, SHOP, email=EMAIL)).id == 1
    await again.close()


def all_columns() -> list[str]:
    return [str(column) for table in SQLModel.metadata.sorted_tables for column in table.columns]


def test_every_hashed_column_has_a_rule_and_every_rule_a_column() -> None:
    assert {name for name in all_columns() if name.endswith(HASHED)} == set(HASHES)


def test_every_hash_is_made_from_a_sealed_column_of_its_own_table() -> None:
    made = {name: rule.sealed for name, rule in HASHES.items() if isinstance(rule, From)}
    assert {f"{name.split('.')[0]}.{sealed}" for name, sealed in made.items()} <= set(all_columns())
    assert all(sealed.endswith(SEALED) for sealed in made.values())


def test_no_text_column_that_sounds_like_a_key_or_a_hash_is_overlooked() -> None:
    sounding = {name for name in all_columns() if any(word in name for word in ("hash", "digest", "_key", "sealed"))}
    assert {name for name in sounding if not name.endswith((SEALED, *HASHED))} == set()


async def test_the_rows_of_these_tests_have_something_in_every_sealed_and_hashed_column(store: Store) -> None:
    await fill(store)
    held = await columns(store)
    assert set(held) == {name for name in all_columns() if name.endswith((SEALED, *HASHED))}
    assert [name for name, values in held.items() if not any(values)] == []


async def test_everything_is_sealed_and_hashed_with_the_new_key_and_says_the_same(
    any_store: Store, key_file: Path
) -> None:
    await fill(any_store, MANY)
    old, before, values = any_store.cipher, await opened(any_store, any_store.cipher), await columns(any_store)
    count = await rotate(any_store, key_file, START)
    (key,) = read_keys(key_file)
    after = await columns(any_store)
    assert count == sum(value is not None for name in before for value in values[name])
    assert any_store.cipher.key_id == Cipher(key).key_id != old.key_id
    assert await opened(any_store, Cipher(key)) == before
    kept = {name for name, rule in HASHES.items() if isinstance(rule, Left)}
    assert kept == {name for name in values if {*values[name]} & {*after[name]} - {None}}
    assert {name: [value is None for value in values[name]] for name in values} == {
        name: [value is None for value in after[name]] for name in after
    }


async def test_people_are_found_afterwards_by_what_they_say(any_store: Store, key_file: Path) -> None:
    await fill(any_store)
    await rotate(any_store, key_file, START)
    store = await open_store(address(any_store), key_file)
    assert (await find_by_digest(store, SHOP, email=EMAIL)).id == 1
    assert (await recognise(store, SHOP, PHONE)) is not None
    assert (await identify(store, SHOP, "CUST0001", Proof(pin="4711"), START)).name == "Maya Singh"
    assert (await find_booking(store, AIR, Claim(CODE, ["Rao"]), START)).name == "Asha Rao"
    assert (await find_booking(store, AIR, Claim(CODE, ["van Beethoven"]), START)).name == "Ludwig van Beethoven"
    with pytest.raises(NotFound):
        await find_booking(store, AIR, Claim(CODE, ["Beethoven"]), START)
    held = await columns(store)
    assert held["orders.phone_hash"] == held["calls.caller_hash"] == [store.cipher.digest("phone", PHONE)]
    await store.close()


async def test_the_old_key_alone_opens_nothing_any_more(any_store: Store, key_file: Path) -> None:
    await fill(any_store)
    old_keys, old = read_keys(key_file), any_store.cipher
    await rotate(any_store, key_file, START)
    write_keys(key_file, old_keys)
    with pytest.raises(WrongKey, match="another key"):
        await open_store(address(any_store), key_file)
    with pytest.raises(WrongKey):
        await opened(any_store, old)


async def test_a_process_that_went_on_with_the_old_key_fails_closed(any_store: Store, key_file: Path) -> None:
    await fill(any_store)
    running = await open_store(address(any_store), key_file)
    await rotate(any_store, key_file, START)
    assert await recognise(running, SHOP, PHONE) is None
    with pytest.raises(WrongKey):
        await opened(running, running.cipher)
    with pytest.raises(WrongKey, match="restart"):
        await begin_call(running, CallRecord(id="late", business=SHOP, desk="care", started_at=START))
    await running.close()


@pytest.mark.parametrize(("minutes_ago", "refused"), [(0, True), (59, True), (61, False)])
async def test_the_key_is_not_changed_while_a_call_goes_on(
    any_store: Store, key_file: Path, minutes_ago: int, refused: bool
) -> None:
    async def work(session: AsyncSession) -> None:
        began = START - timedelta(minutes=minutes_ago)
        session.add(CallRecord(id="c9", business=SHOP, desk="care", started_at=began))

    await any_store.write(work)
    keys = read_keys(key_file)
    if refused:
        with pytest.raises(KeyInUse, match="A call is going on"):
            await rotate(any_store, key_file, START)
    else:
        await rotate(any_store, key_file, START)
    assert (read_keys(key_file) == keys) is refused
    assert timedelta(hours=1) == RECENT


async def test_a_value_of_an_unknown_key_stops_it_and_nothing_is_changed(any_store: Store, key_file: Path) -> None:
    await fill(any_store)
    stranger = Cipher("A" * 43 + "=")

    async def work(session: AsyncSession) -> None:
        await session.exec(update(Message).where(col(Message.id) == 1).values(text_sealed=stranger.seal("x")))

    await any_store.write(work)
    before = await columns(any_store)
    with pytest.raises(WrongKey, match=r"messages\.text_sealed"):
        await rotate(any_store, key_file, START)
    assert await columns(any_store) == before
    write_keys(key_file, [*read_keys(key_file), "A" * 43 + "="])
    await rotate(any_store, key_file, START)
    assert len(read_keys(key_file)) == 1
    assert (await opened(any_store, any_store.cipher))["messages.text_sealed"] == ["x"]


async def test_a_file_without_the_stores_key_is_left_alone(any_store: Store, key_file: Path) -> None:
    write_keys(key_file, ["A" * 43 + "="])
    with pytest.raises(WrongKey, match="nothing was changed"):
        await rotate(any_store, key_file, START)
    assert read_keys(key_file) == ["A" * 43 + "="]


async def test_two_who_change_the_key_at_once_lose_nothing(any_store: Store, key_file: Path) -> None:
    await fill(any_store)
    before = await opened(any_store, any_store.cipher)
    other = await open_store(address(any_store), key_file)
    await asyncio.gather(rotate(any_store, key_file, START), rotate(other, key_file, START))
    await other.close()
    assert len(read_keys(key_file)) == 1
    await check_whole(any_store, key_file, before)


def put_a_link_to(real: Path, key_file: Path) -> None:
    key_file.rename(real)
    key_file.symlink_to(real)


async def test_a_linked_key_file_stays_a_link(any_store: Store, key_file: Path) -> None:
    real = key_file.with_name("real.key")
    put_a_link_to(real, key_file)
    before = read_keys(key_file)
    await rotate(any_store, key_file, START)
    assert os.readlink(key_file) == str(real) and len(read_keys(real)) == 1 and read_keys(real) != before
    assert os.stat(real).st_mode & 0o777 == 0o600


class Stopped(Exception):
    """What a power cut is to the process, as far as the store and the file are concerned."""


class StoreThatStops(Store):
    """A store whose process ends at its n-th step: each transaction has one before and one after its commit."""

    def __init__(self, store: Store, stop_at: int) -> None:
        super().__init__(store.engine, store.cipher)
        self._left = stop_at

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Stopped

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]], *, long: bool = False) -> T:
        async def watched(session: AsyncSession) -> T:
            done = await work(session)
            self._step()
            return done

        done = await super().write(watched, long=long)
        self._step()
        return done


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4])
async def test_stopped_at_any_step_it_loses_nothing_and_can_be_run_again(
    any_store: Store, key_file: Path, stop_at: int
) -> None:
    await fill(any_store)
    before, old_keys = await opened(any_store, any_store.cipher), read_keys(key_file)
    with pytest.raises(Stopped):
        await rotate(StoreThatStops(any_store, stop_at), key_file, START)
    assert len(read_keys(key_file)) == (2 if stop_at < 3 else 1)
    await check_whole(any_store, key_file, before)
    await rotate(any_store, key_file, START)
    (key,) = read_keys(key_file)
    assert key not in old_keys
    await check_whole(any_store, key_file, before)


async def test_a_try_that_was_stopped_leaves_no_second_new_key(any_store: Store, key_file: Path) -> None:
    await fill(any_store)
    for _ in range(2):
        with pytest.raises(Stopped):
            await rotate(StoreThatStops(any_store, 1), key_file, START)
    prepared = read_keys(key_file)
    await rotate(any_store, key_file, START)
    assert read_keys(key_file) == prepared[:1]


def kill_in_the_middle(url: str, key_file: Path, seconds: float) -> int:
    """Starts a process that changes the key, and kills it that long after it has written the new key."""
    process = subprocess.Popen([sys.executable, "-m", "tests.rotation_process", url, str(key_file)])
    while len(read_keys(key_file)) == 1 and process.poll() is None:
        time.sleep(0.002)
    time.sleep(seconds)
    process.kill()
    return process.wait()


async def test_a_process_that_is_killed_while_it_changes_the_key_loses_nothing(
    any_store: Store, key_file: Path
) -> None:
    await fill(any_store, MANY)
    before, first = await opened(any_store, any_store.cipher), read_keys(key_file)
    assert await asyncio.to_thread(kill_in_the_middle, address(any_store), key_file, 0.02) == -signal.SIGKILL
    assert read_keys(key_file)[1:] == first
    await check_whole(any_store, key_file, before)
    await rotate(any_store, key_file, START)
    assert len(read_keys(key_file)) == 1 and read_keys(key_file) != first
    await check_whole(any_store, key_file, before)
