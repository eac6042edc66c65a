"""The storyteller's tools: stories, verses, recordings, likes; and who may use them."""

from typing import Any

import pytest
from sqlmodel import select

from db.business import Switchboard
from db.child_data import export_child
from db.consents import revoke_consent
from db.engine import Store
from db.models import Interest
from db.profiles import AGE_BANDS, Child, Limits
from db.progress import StoryState, part_heard, story_states
from db.talks import Talk, keep_time
from tests.calling import START, Watch, make_call, use
from tests.children import TOY, call_of, new_child
from tests.hostile import EVERYTHING
from tools.call import Call, Tool, TypedLine
from tools.chalisa import verses
from tools.child import spoken
from tools.child_safety import judge
from tools.interests import interest, tags_by_word
from tools.recital import RECORDINGS, play_hanuman_chalisa, stop_playing, teach_hanuman_chalisa
from tools.stories import favourite_story, remember_interest, tell_a_story, tell_story
from tools.story_files import (
    LANGUAGES,
    all_stories,
    stories_for,
)

EVERY_TOOL: tuple[tuple[Tool, dict[str, Any]], ...] = (
    (tell_story, {}),
    (tell_a_story, {}),
    (teach_hanuman_chalisa, {}),
    (play_hanuman_chalisa, {}),
    (stop_playing, {}),
    (remember_interest, {"tag": "animals"}),
    (favourite_story, {"topic": "Lanka"}),
)
ARGUMENTS: tuple[tuple[Tool, str], ...] = (
    (tell_story, "topic"),
    (tell_story, "part"),
    (tell_story, "persona"),
    (tell_a_story, "topic"),
    (tell_a_story, "part"),
    (tell_a_story, "persona"),
    (teach_hanuman_chalisa, "step_index"),
    (teach_hanuman_chalisa, "repeat"),
    (teach_hanuman_chalisa, "persona"),
    (play_hanuman_chalisa, "asset"),
    (remember_interest, "tag"),
    (favourite_story, "topic"),
)


class Player(TypedLine):
    """A line that has recordings, and keeps a list of what it did."""

    def __init__(self, *names: str) -> None:
        self.names, self.done = names, list[str]()

    async def play(self, asset: str) -> bool:
        self.done.append(asset)
        return asset in self.names

    async def stop(self) -> None:
        self.done.append("stop")


@pytest.fixture
async def child(store: Store, board: Switchboard, watch: Watch) -> Child:
    return await new_child(store, board, watch)


@pytest.fixture
async def call(store: Store, board: Switchboard, watch: Watch, child: Child) -> Call:
    return await call_of(store, board, watch, child)


async def heard(call: Call) -> None:
    """The part that was told was heard to its end."""
    assert call.profile_id is not None
    parts = {story.id: len(story.parts) for story in all_stories().values()}
    await part_heard(call.store, Talk(TOY, call.profile_id, call.id), parts, call.now)


async def states(call: Call) -> dict[str, StoryState]:
    assert call.profile_id is not None
    async with call.store.read() as session:
        return await story_states(session, call.profile_id)


def part_of(told: dict[str, Any], band: str = "8-10", language: str = "en") -> int:
    """Which part of its story was told."""
    story = next(story for story in stories_for(band, language) if story.title == told["topic"])
    return [story.spoken(number) for number in range(len(story.parts))].index(told["story"])


# Telling


async def test_a_story_comes_in_the_form_of_the_contract(call: Call) -> None:
    told = await use(tell_story, call)
    assert list(told) == ["persona", "topic", "story", "available_topics"]
    assert told["persona"] == "hanuman"
    assert told["topic"] in told["available_topics"] and len(told["available_topics"]) == 4
    assert part_of(told) == 0


@pytest.mark.parametrize("band", AGE_BANDS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_story_is_told_for_the_childs_age_in_the_calls_language(
    store: Store, board: Switchboard, watch: Watch, band: str, language: str
) -> None:
    child = await new_child(store, board, watch, age_band=band)
    call = await call_of(store, board, watch, child, language=language)
    told = await use(tell_story, call, topic="Lanka")
    assert told["story"] == all_stories()[("leap-to-lanka", band, language)].spoken(0)


async def test_a_repeated_call_tells_the_same_part_and_moves_nothing(call: Call) -> None:
    first = await use(tell_story, call)
    before = await states(call)
    assert await use(tell_story, call) == first
    assert await use(tell_a_story, call) == first
    assert await states(call) == before


async def test_another_part_goes_on_once_the_one_before_was_heard(call: Call) -> None:
    numbers = []
    for wish in (None, None, "next", "next"):
        told = await use(tell_story, call, **({"part": wish} if wish else {}))
        numbers.append(part_of(told))
        await heard(call)
    assert numbers == [0, 1, 2, 3]
    assert list((await states(call)).values()) == [StoryState("completed", 0, 1, START)]


async def test_the_position_is_kept_over_two_calls(
    store: Store, board: Switchboard, watch: Watch, child: Child, call: Call
) -> None:
    first = await use(tell_story, call)
    await heard(call)
    await use(tell_story, call)
    watch.forward(days=2)
    later = await call_of(store, board, watch, child, call_id="call-2")
    told = await use(tell_story, later)
    assert (told["topic"], part_of(told)) == (first["topic"], 1)


async def test_a_part_is_told_again_from_the_start_or_by_its_number(call: Call) -> None:
    await use(tell_story, call, topic="ring")
    await heard(call)
    parts = []
    for wish in ("again", "again", 3, "3", "first", "again"):
        parts.append(part_of(await use(tell_story, call, topic="ring", part=wish)))
    assert parts == [0, 0, 2, 2, 0, 0]


async def test_after_the_end_another_story_follows_and_the_finished_one_goes_on_nowhere(call: Call) -> None:
    await use(tell_story, call, topic="Lanka", part=4)
    await heard(call)
    refused = await use(tell_story, call, part="next")
    assert (refused["status"], refused["message"]) == (
        "not_found",
        "That was the end of Leap to Lanka. Shall I tell another story?",
    )
    assert (await use(tell_story, call))["topic"] != "Leap to Lanka"


async def test_another_story_is_a_different_one(call: Call) -> None:
    first = await use(tell_story, call)
    assert (await use(tell_story, call, topic="another story"))["topic"] != first["topic"]


async def test_an_unknown_story_is_not_made_up(call: Call) -> None:
    told = await use(tell_story, call, topic="Cinderella")
    assert told["status"] == "not_offered" and "Leap to Lanka" in told["message"]
    assert len(told["available_topics"]) == 4
    assert await states(call) == {}


async def test_a_part_that_does_not_exist_is_refused(call: Call) -> None:
    told = await use(tell_story, call, topic="Lanka", part=9)
    assert (told["status"], told["message"]) == ("not_found", "Leap to Lanka has 4 parts.")


@pytest.mark.parametrize("persona", ["hanuman", "Hanuman", "हनुमान"])
async def test_its_own_name_is_a_good_persona(call: Call, persona: str) -> None:
    assert "story" in await use(tell_story, call, persona=persona)


@pytest.mark.parametrize("tool", [tell_story, tell_a_story, teach_hanuman_chalisa])
async def test_another_persona_is_refused(call: Call, tool: Tool) -> None:
    assert (await use(tool, call, persona="Ravana"))["status"] == "wrong_persona"


async def test_only_this_desk_plays_teaches_and_tells(store: Store, board: Switchboard, child: Child) -> None:
    other = await make_call(store, board, "kavita", call_id="call-2")
    other.profile_id, other.line = child.id, Player("hanuman_chalisa")
    for tool in (play_hanuman_chalisa, teach_hanuman_chalisa, tell_story):
        assert (await use(tool, other))["status"] == "wrong_persona"


# Favourites and likes


async def test_the_story_just_told_becomes_the_favourite(call: Call) -> None:
    told = await use(tell_story, call)
    first = await use(favourite_story, call)
    assert first == {"status": "favorite", "topic": told["topic"]}
    assert await use(favourite_story, call) == first
    assert [state.status for state in (await states(call)).values()] == ["favorite"]


async def test_without_a_story_told_the_child_is_asked_which_one(call: Call) -> None:
    told = await use(favourite_story, call)
    assert told["status"] == "which_one" and len(told["choices"]) == 4
    assert (await use(favourite_story, call, topic="the sun"))["status"] == "favorite"
    assert (await use(favourite_story, call, topic="Cinderella"))["status"] == "not_offered"


async def test_a_like_is_kept_as_a_tag_and_once_a_talk(call: Call) -> None:
    first = await use(remember_interest, call, tag="monkeys")
    assert first == {"status": "remembered", "tag": "animals", "weight": 1}
    assert await use(remember_interest, call, tag="बंदर") == first


async def test_words_that_are_no_known_like_are_not_kept(store: Store, call: Call) -> None:
    for said in ("Bruno Sharma", "12 Baker Street", "guns"):
        assert (await use(remember_interest, call, tag=said))["status"] == "not_offered"
    async with store.read() as session:
        assert (await session.exec(select(Interest))).all() == []


def test_no_like_is_something_the_guard_refuses() -> None:
    assert [word for word in tags_by_word() if judge(word, "us") is not None] == []
    assert interest("I love the sea") == "ocean"


# Verses


async def test_a_verse_comes_in_the_form_of_the_contract(call: Call) -> None:
    lesson = await use(teach_hanuman_chalisa, call)
    first = verses()[0]
    assert lesson == {
        "persona": "hanuman",
        "index": 0,
        "total": 43,
        "title": "Opening Doha 1",
        "text": first.transliteration,
        "translation": first.meaning["en"],
        "engage": first.engage["en"],
        "next_step_index": 1,
    }
    assert await use(teach_hanuman_chalisa, call) == lesson


async def test_in_hindi_a_verse_is_in_devanagari_with_a_hindi_meaning(
    store: Store, board: Switchboard, watch: Watch, child: Child
) -> None:
    call = await call_of(store, board, watch, child, language="hi")
    lesson = await use(teach_hanuman_chalisa, call, step_index=42)
    last = verses()[42]
    assert (lesson["text"], lesson["translation"]) == (last.devanagari, last.meaning["hi"])
    assert lesson["next_step_index"] is None


async def test_a_repeat_that_sounds_right_raises_mastery_and_leads_on(call: Call, watch: Watch) -> None:
    await use(teach_hanuman_chalisa, call)
    watch.forward(seconds=20)
    lesson = await use(teach_hanuman_chalisa, call, repeat="shree guru charan saroj raj")
    assert (lesson["matched"], lesson["mastery"], lesson["index"], lesson["next_step_index"]) == (True, 1, 0, 1)
    assert await use(teach_hanuman_chalisa, call, repeat="shree guru charan saroj raj") == lesson


async def test_a_repeat_that_does_not_sound_right_stays_with_the_verse(call: Call, watch: Watch) -> None:
    await use(teach_hanuman_chalisa, call, step_index=7)
    watch.forward(seconds=20)
    lesson = await use(teach_hanuman_chalisa, call, repeat="banana banana banana")
    assert (lesson["matched"], lesson["mastery"], lesson["index"], lesson["next_step_index"]) == (False, 0, 7, 7)


async def test_the_next_call_goes_on_after_the_verse_said_right(
    store: Store, board: Switchboard, watch: Watch, child: Child, call: Call
) -> None:
    await use(teach_hanuman_chalisa, call, step_index=2)
    watch.forward(seconds=20)
    later = await call_of(store, board, watch, child, call_id="call-2")
    assert (await use(teach_hanuman_chalisa, later))["index"] == 2
    watch.forward(seconds=20)
    await use(teach_hanuman_chalisa, later, repeat="jai hanuman gyan gun sagar")
    last = await call_of(store, board, watch, child, call_id="call-3")
    assert (await use(teach_hanuman_chalisa, last))["index"] == 3


async def test_who_knows_the_last_verse_practises_the_weakest(call: Call, watch: Watch) -> None:
    for index in (0, 42):
        watch.forward(seconds=20)
        await use(teach_hanuman_chalisa, call, step_index=index, repeat=verses()[index].transliteration)
    watch.forward(seconds=20)
    assert (await use(teach_hanuman_chalisa, call))["index"] == 1


@pytest.mark.parametrize("index", [-1, 43, 2045])
async def test_a_verse_that_does_not_exist_is_refused(call: Call, index: int) -> None:
    told = await use(teach_hanuman_chalisa, call, step_index=index)
    assert (told["status"], told["total"]) == ("not_offered", 43)


# Recordings


async def test_a_recording_is_played_over_the_line(call: Call) -> None:
    call.line = player = Player("hanuman_chalisa")
    told = await use(play_hanuman_chalisa, call, asset="Hanuman Chalisa")
    assert told == {"status": "playing", "asset": "hanuman_chalisa"}
    assert await use(stop_playing, call) == {"status": "stopped"}
    assert player.done == ["hanuman_chalisa", "stop"]


@pytest.mark.parametrize("asset", RECORDINGS)
async def test_without_a_recording_it_recites_and_says_so(call: Call, asset: str) -> None:
    told = await use(play_hanuman_chalisa, call, asset=asset)
    assert told["status"] == "recite"
    assert told["message"] == "I have no recording of it here, so I will say it myself."
    assert told["text"] == "\n".join(verses()[index].transliteration for index in RECORDINGS[asset])


@pytest.mark.parametrize(
    "asset", ["/etc/passwd", "../hanuman_chalisa", "https://x.example/a.mp3", "hanuman_chalisa.mp3"]
)
async def test_no_path_and_no_address_reaches_the_line(call: Call, asset: str) -> None:
    call.line = player = Player(asset)
    assert (await use(play_hanuman_chalisa, call, asset=asset))["status"] == "not_offered"
    assert player.done == []


# Who may


@pytest.mark.parametrize(("tool", "arguments"), EVERY_TOOL)
async def test_without_a_childs_profile_every_tool_refuses(
    store: Store, board: Switchboard, watch: Watch, tool: Tool, arguments: dict[str, Any]
) -> None:
    call = await call_of(store, board, watch, None)
    told = await use(tool, call, **arguments)
    assert told == {"status": "no_consent", "message": spoken("en", "no_consent")}


@pytest.mark.parametrize(("tool", "arguments"), EVERY_TOOL)
async def test_after_consent_was_revoked_every_tool_refuses_and_changes_nothing(
    store: Store, watch: Watch, child: Child, call: Call, tool: Tool, arguments: dict[str, Any]
) -> None:
    await revoke_consent(store, TOY, child.id, watch.now)
    assert (await use(tool, call, **arguments))["status"] == "no_consent"
    held = await export_child(store, TOY, child.id)
    assert not any(held[name] for name in ("interests", "chalisa_progress", "story_progress", "interactions"))


@pytest.mark.parametrize(("tool", "arguments"), EVERY_TOOL)
async def test_quiet_hours_and_used_up_minutes_stop_every_tool(
    store: Store, board: Switchboard, watch: Watch, tool: Tool, arguments: dict[str, Any]
) -> None:
    quiet = await new_child(store, board, watch, limits=Limits(quiet_from="08:00", quiet_to="10:00"))
    call = await call_of(store, board, watch, quiet, call_id="q")
    assert (await use(tool, call, **arguments))["status"] == "quiet_hours"
    done = await new_child(store, board, watch, limits=Limits(daily_minutes=1))
    await keep_time(store, Talk(TOY, done.id, "d"), watch.now)
    watch.forward(minutes=2)
    await keep_time(store, Talk(TOY, done.id, "d"), watch.now)
    call = await call_of(store, board, watch, done, call_id="d", language="hi")
    told = await use(tool, call, **arguments)
    assert told == {"status": "enough_today", "message": spoken("hi", "enough_today")}


@pytest.mark.parametrize(("tool", "argument"), ARGUMENTS)
async def test_hostile_arguments_get_a_clear_answer_and_reach_no_other_child(
    store: Store, board: Switchboard, watch: Watch, call: Call, tool: Tool, argument: str
) -> None:
    other = await new_child(store, board, watch, name="Ravi")
    before = await export_child(store, TOY, other.id)
    call.line = player = Player()
    for value in EVERYTHING:
        told = await use(tool, call, **{argument: value})
        assert isinstance(told, dict) and told
    assert set(player.done) <= set(RECORDINGS)
    assert await export_child(store, TOY, other.id) == before
