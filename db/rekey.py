"""Changing the key: a new one is made, everything sealed is sealed again and everything hashed is hashed again.

The order makes it safe to be stopped anywhere. First the new key is written into the file before the old ones, so that
whatever happens both are there. Then one transaction changes every value and says which key is in charge
(`meta.key_id`). Only after it has been committed the old keys leave the file. Who is interrupted runs it again.

Workers must be stopped before and started after: a process that goes on has the old key in its memory. What it reads
then fails closed, and what it still wrote could be opened with the old key only. Machines that share the database get
the new file before they start. A backup made before the change is opened by the key of its time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Column, RowMapping, Table, bindparam, func, text, tuple_, update
from sqlalchemy import select as select_columns
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.cipher import Cipher, key_id, read_keys, write_keys
from db.engine import Store
from db.errors import KeyInUse, WrongKey
from db.flights import code_digest, surname_digest
from db.models import CallRecord, Meta

BATCH = 500
"""Rows that are in memory at a time."""
RECENT = timedelta(hours=1)
"""A call that began longer ago and has not ended was lost with its worker."""
SEALED = "_sealed"
HASHED = ("_hash", "repeat_key")
"""The endings of the names by which the columns are known."""


def _whole(original: str) -> Sequence[str]:
    return (original,)


def _endings(name: str) -> Sequence[str]:
    """The last word of a name, the last two, and so on: which of them is the surname is not kept."""
    words = name.split()
    return [" ".join(words[at:]) for at in reversed(range(len(words)))] or [name]


@dataclass(frozen=True)
class From:
    """A hash that is made from a sealed column of the same row."""

    sealed: str
    digest: Callable[[Cipher, str], str]
    parts: Callable[[str], Sequence[str]] = _whole
    """What of the original it may have been made from; the old hash tells which."""


@dataclass(frozen=True)
class Left:
    """A hash that stays as it is, and why."""

    why: str


@dataclass(frozen=True)
class Orphaned:
    """A hash whose original is not kept, and why it may go unrecognised from now on. It is hashed once more as it is:
    it stays different from all others, and the old key no longer says anything about it."""

    why: str


def _phone(cipher: Cipher, number: str) -> str:
    return cipher.digest("phone", number)


def _email(cipher: Cipher, address: str) -> str:
    return cipher.digest("email", address.casefold())


HASHES: Mapping[str, From | Left | Orphaned] = {
    "calls.caller_hash": From("caller_sealed", _phone),
    "customers.phone_hash": From("phone_sealed", _phone),
    "customers.email_hash": From("email_sealed", _email),
    "customers.pin_hash": Left("argon2 with a salt of its own: no key of ours is in it"),
    "deletions.subject_hash": Orphaned(
        "whose it was is kept nowhere; it still proves that something was erased and when, and who asks again is told "
        "that nothing is held, which is true, but no longer since when"
    ),
    "devices.claim_hash": Orphaned("a claim code lives for minutes: the parent asks the toy for a new one"),
    "messages.repeat_key": Orphaned("it finds a repetition within one call, and no call goes on"),
    "orders.phone_hash": From("phone_sealed", _phone),
    "orders.repeat_key": Orphaned("it finds a repetition within one call, and no call goes on"),
    "tickets.code_hash": From("code_sealed", code_digest),
    "tickets.surname_hash": From("name_sealed", surname_digest, _endings),
}
"""Every hashed column, and what becomes of it."""


@dataclass(frozen=True)
class _Change:
    """From which key to which."""

    old: Cipher
    """Opens what any key of the file has sealed; its hashes are those that stand in the store."""
    new: Cipher


async def rotate(store: Store, key_file: Path, now: datetime) -> int:
    """Puts a new key in charge, and says how many values were sealed again. Refuses while a call goes on. The given
    store goes on with the new key."""

    async def work(session: AsyncSession) -> tuple[int, Cipher]:
        named = await _key_in_charge(session)
        await _stop_writers(session, store.dialect)
        await _refuse_during_calls(session, now)
        change = _new_key(key_file, named)
        count = sum([await _change_table(session, table, change) for table in changed_tables()])
        await session.exec(update(Meta).where(col(Meta.key) == "key_id").values(value=change.new.key_id))
        return count, change.new

    count, store.cipher = await store.write(work, long=True)
    await _drop_old_keys(store, key_file)
    return count


def changed_tables() -> list[Table]:
    """Those with a column that is sealed or hashed."""
    tables = SQLModel.metadata.sorted_tables
    return [table for table in tables if any(column.name.endswith((SEALED, *HASHED)) for column in table.columns)]


async def _key_in_charge(session: AsyncSession) -> str:
    """The row stays locked until the transaction ends: nobody else changes the key or its file meanwhile."""
    return (await session.exec(select(Meta.value).where(Meta.key == "key_id").with_for_update())).one()


async def _stop_writers(session: AsyncSession, dialect: str) -> None:
    """What somebody wrote behind our back would keep the old key. SQLite has one writer anyway."""
    if dialect == "postgresql":
        names = ", ".join(f'"{name}"' for name in sorted({"calls", *(table.name for table in changed_tables())}))
        await (await session.connection()).execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


async def _refuse_during_calls(session: AsyncSession, now: datetime) -> None:
    query = select(func.count()).select_from(CallRecord)
    query = query.where(col(CallRecord.ended_at).is_(None), col(CallRecord.started_at) > now - RECENT)
    if count := (await session.exec(query)).one():
        calls = "A call is" if count == 1 else f"{count} calls are"
        raise KeyInUse(f"{calls} going on: stop the workers first and change the key then. Nothing was changed.")


def _new_key(key_file: Path, named: str) -> _Change:
    """Puts a new key before the file's. One that an earlier try has left there is taken: so being run again, as a
    transaction that lost a race is, adds none."""
    keys = read_keys(key_file)
    in_charge = next((key for key in keys if key_id(key) == named), None)
    if in_charge is None:
        raise WrongKey(f"{key_file} does not hold the key of this store; nothing was changed.")
    if keys[0] == in_charge:
        keys = [Fernet.generate_key().decode(), *keys]
        write_keys(key_file, keys)
    return _Change(Cipher(in_charge, keys), Cipher(keys[0]))


async def _change_table(session: AsyncSession, table: Table, change: _Change) -> int:
    """Changes one table, a batch of rows at a time, in the order of its primary key."""
    columns = [column for column in table.columns if column.name.endswith((SEALED, *HASHED))]
    keys, connection, count = list(table.primary_key), await session.connection(), 0
    query = page = select_columns(*keys, *columns).order_by(*keys).limit(BATCH)
    put = update(table).where(*(key == bindparam(f"key_{key.name}") for key in keys))
    put = put.values({column.name: bindparam(f"new_{column.name}") for column in columns})
    while rows := (await connection.execute(page)).mappings().all():
        await connection.execute(put, [_row_key(row, keys) | _new_values(row, columns, change) for row in rows])
        count += sum(row[column.name] is not None for row in rows for column in columns if _is_sealed(column))
        page = query.where(tuple_(*keys) > tuple(rows[-1][key.name] for key in keys))
    return count


def _is_sealed(column: Column[Any]) -> bool:
    return column.name.endswith(SEALED)


def _row_key(row: RowMapping, keys: Sequence[Column[Any]]) -> dict[str, Any]:
    return {f"key_{key.name}": row[key.name] for key in keys}


def _new_values(row: RowMapping, columns: Sequence[Column[Any]], change: _Change) -> dict[str, Any]:
    opened = {column.name: _opened(row[column.name], column, change.old) for column in columns if _is_sealed(column)}
    return {
        f"new_{column.name}": change.new.seal_maybe(opened[column.name])
        if _is_sealed(column)
        else _new_hash(HASHES[str(column)], row[column.name], opened, change)
        for column in columns
    }


def _opened(token: str | None, column: Column[Any], old: Cipher) -> str | None:
    try:
        return old.open_maybe(token)
    except WrongKey as error:
        raise WrongKey(
            f"A value of {column} was sealed with a key that the key file does not hold: add that key to it as a line "
            "of its own at the end, and run this again. Nothing was changed."
        ) from error


def _new_hash(
    rule: From | Left | Orphaned, was: str | None, opened: Mapping[str, str | None], change: _Change
) -> str | None:
    if was is None or isinstance(rule, Left):
        return was
    if isinstance(rule, Orphaned):
        return change.new.digest("orphaned", was)
    original = opened[rule.sealed]
    if original is None:
        return None
    parts = rule.parts(original)
    part = next((part for part in parts if rule.digest(change.old, part) == was), parts[0])
    return rule.digest(change.new, part)


async def _drop_old_keys(store: Store, key_file: Path) -> None:
    """Takes every key but the one in charge out of the file."""

    async def work(session: AsyncSession) -> None:
        named = await _key_in_charge(session)
        kept = [key for key in read_keys(key_file) if key_id(key) == named]
        if not kept:
            raise WrongKey(f"{key_file} does not hold the key of this store any more; nothing was taken out of it.")
        write_keys(key_file, kept)

    await store.write(work)
