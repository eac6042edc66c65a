"""Children, what their parents allow and set, and what is left when they are erased."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Switchboard
from db.calls import begin_call
from db.child_data import OF_A_CHILD, erase_child, export_child
from db.consents import THIRD_PARTY, give_consent, revoke_consent
from db.demo.storyteller import add
from db.engine import Store
from db.errors import BadInput, NotFound
from db.models import CallRecord, Deletion, Device, Profile, Turn
from db.profiles import Child, Limits, NewChild, find_profile, like, likes, make_profile, only_profile, set_limits
from db.progress import part_begun, verse_taught
from db.standing import is_quiet, standing
from db.talks import Talk, escalate, keep_time, purge_talks, seconds_today
from tests.calling import START, Watch
from tests.children import TOY, new_child


async def test_a_child_is_found_by_id_and_only_by_their_own_business(
    any_store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(any_store, board, watch)
    assert await find_profile(any_store, TOY, child.id) == child
    assert await find_profile(any_store, "lotus-clinic", child.id) is None


async def test_the_only_child_of_a_business_is_nobody_when_there_are_two(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    assert await only_profile(store, TOY) is None
    child = await new_child(store, board, watch)
    assert await only_profile(store, TOY) == child
    await new_child(store, board, watch, name="Ravi")
    assert await only_profile(store, TOY) is None


@pytest.mark.parametrize(
    "wrong",
    [
        NewChild("", "5-7"),
        NewChild("a" * 61, "5-7"),
        NewChild("Asha", "3-4"),
        NewChild("Asha", "5-7", language="vi"),
        NewChild("Asha", "5-7", limits=Limits(quiet_from="20:00")),
        NewChild("Asha", "5-7", limits=Limits(quiet_from="25:00", quiet_to="06:00")),
        NewChild("Asha", "5-7", limits=Limits(daily_minutes=-1)),
        NewChild("Asha", "5-7", limits=Limits(volume_cap=101)),
    ],
)
async def test_a_wrong_entry_makes_no_child(store: Store, board: Switchboard, wrong: NewChild) -> None:
    with pytest.raises(BadInput):
        await make_profile(store, board.business(TOY), wrong, START)
    assert await only_profile(store, TOY) is None


async def test_consent_counts_until_it_is_revoked_and_revoking_twice_changes_nothing(
    any_store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(any_store, board, watch, scopes=())
    assert (await standing(any_store, TOY, child.id, watch.now)).obstacle == "no_consent"
    await give_consent(any_store, TOY, child.id, "1", "signed form", ["talk"], watch.now)
    found = await standing(any_store, TOY, child.id, watch.now)
    assert found.obstacle is None and set(found.scopes) == {"talk"}
    assert await revoke_consent(any_store, TOY, child.id, watch.now)
    assert (await standing(any_store, TOY, child.id, watch.now)).child is None
    assert not await revoke_consent(any_store, TOY, child.id, watch.now)


async def test_the_newest_consent_counts_with_its_own_scopes(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch)
    assert THIRD_PARTY in (await standing(store, TOY, child.id, watch.now)).scopes
    await give_consent(store, TOY, child.id, "2", "app", ["talk"], watch.now)
    assert THIRD_PARTY not in (await standing(store, TOY, child.id, watch.now)).scopes


@pytest.mark.parametrize("scopes", [[], ["third_party"], ["talk", "everything"]])
async def test_a_consent_needs_the_scope_to_talk_and_no_unknown_one(
    store: Store, board: Switchboard, watch: Watch, scopes: list[str]
) -> None:
    child = await new_child(store, board, watch, scopes=())
    with pytest.raises(BadInput):
        await give_consent(store, TOY, child.id, "1", "form", scopes, watch.now)


async def test_nobody_consents_for_the_child_of_another_business(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(store, board, watch, scopes=())
    with pytest.raises(NotFound):
        await give_consent(store, "lotus-clinic", child.id, "1", "form", ["talk"], watch.now)


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        (("20:00", "07:00"), "19:59", False),
        (("20:00", "07:00"), "20:00", True),
        (("20:00", "07:00"), "06:59", True),
        (("20:00", "07:00"), "07:00", False),
        (("13:00", "15:00"), "14:00", True),
        (("13:00", "15:00"), "15:00", False),
        ((None, None), "03:00", False),
    ],
)
def test_quiet_hours_may_go_over_midnight(hours: tuple[str | None, str | None], at: str, quiet: bool) -> None:
    now = datetime.fromisoformat(f"2026-03-02T{at}+05:30")
    assert is_quiet(Limits(quiet_from=hours[0], quiet_to=hours[1]), "Asia/Kolkata", now) is quiet


async def test_the_daily_minutes_are_used_up_and_come_back_at_midnight(
    any_store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(any_store, board, watch, limits=Limits(daily_minutes=20))
    talk = Talk(TOY, child.id, "c1")
    await keep_time(any_store, talk, watch.now)
    watch.forward(minutes=19)
    await keep_time(any_store, talk, watch.now)
    assert (await standing(any_store, TOY, child.id, watch.now)).obstacle is None
    watch.forward(minutes=1)
    await keep_time(any_store, talk, watch.now)
    assert (await standing(any_store, TOY, child.id, watch.now)).obstacle == "enough_today"
    watch.forward(hours=15)
    assert (await standing(any_store, TOY, child.id, watch.now)).obstacle is None


async def test_a_talk_over_midnight_counts_by_its_part_of_each_day(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    watch.now = datetime(2026, 3, 3, 4, 50, tzinfo=UTC)  # ten to midnight in New York
    child = await new_child(store, board, watch)
    await keep_time(store, Talk(TOY, child.id, "c1"), watch.now)
    watch.forward(minutes=15)
    await keep_time(store, Talk(TOY, child.id, "c1"), watch.now)
    async with store.read() as session:
        assert await seconds_today(session, child.id, "America/New_York", watch.now) == 5 * 60


async def test_limits_change_and_the_volume_keeps_under_its_cap(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch)
    await set_limits(store, TOY, child.id, Limits(volume_cap=40))
    found = await find_profile(store, TOY, child.id)
    assert found is not None
    assert [found.limits.loudness(wished) for wished in (-5, 30, 90)] == [0, 30, 40]


async def test_a_like_said_twice_in_a_talk_weighs_once(any_store: Store, board: Switchboard, watch: Watch) -> None:
    child, began = await new_child(any_store, board, watch), watch.now
    assert await like(any_store, TOY, child.id, "ocean", began, watch.now) == 1
    assert await like(any_store, TOY, child.id, "ocean", began, watch.now) == 1
    watch.forward(days=1)
    assert await like(any_store, TOY, child.id, "ocean", watch.now, watch.now) == 2


async def test_of_many_likes_the_least_and_oldest_are_forgotten(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch)
    for number in range(52):
        watch.forward(minutes=1)
        await like(store, TOY, child.id, f"thing-{number}", START, watch.now)
    async with store.read() as session:
        kept = await likes(session, child.id)
    assert len(kept) == 50
    assert "thing-0" not in kept and "thing-51" in kept


async def fill(store: Store, child: Child, now: datetime) -> None:
    """Rows of this child in every table."""
    talk = Talk(TOY, child.id, "call-x")
    record = CallRecord(id="call-x", business=TOY, desk="storyteller", profile_id=child.id, started_at=now)
    await begin_call(store, record)
    await verse_taught(store, talk, 0, now)
    await part_begun(store, talk, "leap-to-lanka", 0, now)
    await like(store, TOY, child.id, "ocean", now, now)
    await escalate(store, talk, "abuse", now)
    seal = store.cipher.seal

    async def work(session: AsyncSession) -> None:
        session.add(Device(id="toy-1", profile_id=child.id, key_sealed=seal("toy key"), created_at=now))
        words = "canary words"
        session.add(Turn(call_id="call-x", position=0, role="user", text_sealed=seal(words), redacted=words, at=now))

    await store.write(work)


async def counted(store: Store) -> dict[str, int]:
    tables = (*OF_A_CHILD, "profiles", "calls", "turns", "tool_calls")
    async with store.read() as session:
        connection = await session.connection()
        return {name: (await connection.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in tables}


async def test_erasing_leaves_nothing_but_a_nameless_tombstone_and_once_is_enough(
    any_store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(any_store, board, watch)
    await fill(any_store, child, watch.now)
    assert await erase_child(any_store, TOY, child.id, watch.now)
    assert set((await counted(any_store)).values()) == {0}
    assert not await erase_child(any_store, TOY, child.id, watch.now)
    async with any_store.read() as session:
        stones = (await session.exec(select(Deletion))).all()
    assert [stone.subject_hash for stone in stones] == [any_store.cipher.digest("profile", child.id)]
    assert child.id not in stones[0].model_dump_json()


async def test_what_an_erased_child_said_is_found_by_no_search(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch)
    await fill(store, child, watch.now)
    search = text("SELECT count(*) FROM turns_fts WHERE turns_fts MATCH 'canary'")
    found = []
    for _ in range(2):
        async with store.read() as session:
            found.append((await (await session.connection()).execute(search)).scalar_one())
        await erase_child(store, TOY, child.id, watch.now)
    assert found == [1, 0]


async def test_erasing_a_child_touches_no_other(store: Store, board: Switchboard, watch: Watch) -> None:
    child, other = await new_child(store, board, watch), await new_child(store, board, watch, name="Ravi")
    await fill(store, other, watch.now)
    before = await export_child(store, TOY, other.id)
    assert not await erase_child(store, "lotus-clinic", child.id, watch.now)
    assert await erase_child(store, TOY, child.id, watch.now)
    assert await export_child(store, TOY, other.id) == before


async def test_two_erasures_at_once_leave_one_tombstone(any_store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(any_store, board, watch)
    await asyncio.gather(*(erase_child(any_store, TOY, child.id, watch.now) for _ in range(8)))
    async with any_store.read() as session:
        assert len((await session.exec(select(Deletion))).all()) == 1
        assert (await session.exec(select(Profile))).all() == []


async def test_an_export_holds_every_table_in_the_clear_and_no_key(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(store, board, watch)
    await fill(store, child, watch.now)
    held = await export_child(store, TOY, child.id)
    assert held["profile"]["child_name"] == "Asha" and held["profile"]["parents"] == "Anita"
    assert all(held[name] for name in OF_A_CHILD)
    assert held["calls"][0]["turns"][0]["text"] == "canary words"
    assert "toy key" not in str(held) and "sealed" not in str(held)


def test_every_table_of_a_child_is_exported() -> None:
    named = {table.name for table in SQLModel.metadata.tables.values() if "profile_id" in table.columns}
    assert named == {*OF_A_CHILD, "calls"}


async def test_nothing_is_exported_of_a_child_of_another_business(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(store, board, watch)
    with pytest.raises(NotFound):
        await export_child(store, "lotus-clinic", child.id)


async def test_old_talks_are_purged_and_the_second_purge_finds_none(
    any_store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(any_store, board, watch)
    await keep_time(any_store, Talk(TOY, child.id, "old"), watch.now)
    watch.forward(days=8)
    await keep_time(any_store, Talk(TOY, child.id, "new"), watch.now)
    assert await purge_talks(any_store, "lotus-clinic", 7, watch.now) == 0
    assert await purge_talks(any_store, TOY, 7, watch.now) == 1
    assert await purge_talks(any_store, TOY, 7, watch.now) == 0
    with pytest.raises(BadInput):
        await purge_talks(any_store, TOY, 0, watch.now)


def raw_bytes(folder: Path) -> bytes:
    """The database file, with all that was written ahead of it."""
    with sqlite3.connect(folder / "store.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in folder.glob("store.db*"))


async def test_no_name_is_readable_in_the_database_file(
    store: Store, board: Switchboard, watch: Watch, tmp_path: Path
) -> None:
    new = NewChild("Canaryname", "5-7", parents="Canaryparent")
    child = await make_profile(store, board.business(TOY), new, watch.now)
    await verse_taught(store, Talk(TOY, child.id, "c1"), 7, watch.now)
    await fill(store, child, watch.now)
    await store.close()
    raw = raw_bytes(tmp_path)
    assert child.id.encode() in raw
    assert not [word for word in (b"Canaryname", b"Canaryparent", b"toy key") if word in raw]


async def test_the_demo_child_is_added_once_and_may_talk(any_store: Store, board: Switchboard) -> None:
    business = board.business(TOY)

    async def work(session: AsyncSession) -> str:
        return await add(session, any_store.cipher, business, START)

    ids = [await any_store.write(work) for _ in range(2)]
    assert ids[0] == ids[1]
    found = await standing(any_store, TOY, ids[0], START)
    assert found.child is not None
    assert (found.obstacle, found.child.age_band) == (None, "8-10")
