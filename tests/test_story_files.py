"""The story files, and which story is chosen."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db.profiles import AGE_BANDS
from db.progress import StoryState
from tests.calling import START
from tools.child import sentences
from tools.child_safety import judge
from tools.interests import tags_by_word
from tools.story_choice import Listener, find, is_any, pick, time_of_day, wants_another
from tools.story_files import LANGUAGES, STORIES, TIMES_OF_DAY, Story, StoryFileError, all_stories, parse, stories_for

NAMED = ("leap-to-lanka", "sanjeevani-mountain", "ring-of-devotion")
GOOD = "# A title\nTags: ocean, day\n" + "".join(f"\n## Part {n}\n\nText.\n\n? Why?\n" for n in "123")


def test_every_story_is_there_for_every_age_and_language() -> None:
    ids = {story_id for story_id, _, _ in all_stories()}
    assert set(NAMED) <= ids
    wanted = {(one, band, language) for one in ids for band in AGE_BANDS for language in LANGUAGES}
    assert set(all_stories()) == wanted
    assert sorted(STORIES.glob("*/*")) == sorted(STORIES / one / f"{band}.{lang}.md" for one, band, lang in wanted)


def test_a_story_has_as_many_parts_and_the_same_tags_in_each_language() -> None:
    for (story_id, band, _), story in all_stories().items():
        other = all_stories()[(story_id, band, "en")]
        assert (len(story.parts), story.tags) == (len(other.parts), other.tags), (story_id, band)


def test_every_tag_of_a_story_is_a_time_of_day_or_something_a_child_may_like() -> None:
    known = {*TIMES_OF_DAY, *tags_by_word().values()}
    assert {tag for story in all_stories().values() for tag in story.tags} <= known


def test_no_story_says_what_the_guard_refuses() -> None:
    for story in all_stories().values():
        for number in range(len(story.parts)):
            assert judge(story.spoken(number), "us") is None, (story.id, story.band, number)


def test_hindi_stories_are_in_devanagari() -> None:
    for story in all_stories().values():
        letters = [letter for number in range(len(story.parts)) for letter in story.spoken(number) if letter.isalpha()]
        assert all(("\u0900" <= letter <= "\u097f") == (story.language == "hi") for letter in letters), story


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "must begin"),
        (GOOD.replace("# A title\n", ""), "must begin"),
        (GOOD.replace("Tags: ocean, day", "Tags: The Ocean"), "tags are words"),
        (GOOD.split("## Part 3")[0], "has 2"),
        (GOOD + GOOD.split("\n", 2)[2], "has 6"),
        (GOOD.replace("? Why?", ""), "needs a text and"),
        (GOOD.replace("Text.\n", ""), "needs a text and"),
        (GOOD + "\nMore text.\n", "needs a text and"),
    ],
)
def test_a_mistake_in_a_story_file_is_named(text: str, mistake: str) -> None:
    with pytest.raises(StoryFileError, match=mistake) as error:
        parse(text, "x/5-7.en.md")
    assert "x/5-7.en.md" in str(error.value)


def test_a_story_file_with_a_wrong_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/6-9.en.md").write_text(GOOD)
    with pytest.raises(StoryFileError, match=r"x/6-9\.en\.md"):
        all_stories(tmp_path)


def test_fixedsentences_exist_in_both_languages_and_are_safe() -> None:
    tables = sentences()
    assert tables["en"].keys() == tables["hi"].keys()
    assert all(judge(text, "us") is None for table in tables.values() for text in table.values())


# Choosing


def test_a_story_is_found_by_its_title_its_sound_or_what_it_is_about() -> None:
    stories = stories_for("8-10", "en")
    wishes = {
        "Leap to Lanka": "leap-to-lanka",
        "the one about lanka": "leap-to-lanka",
        "sanjivani": "sanjeevani-mountain",
        "संजीवनी वाली कहानी": "sanjeevani-mountain",
        "the ring": "ring-of-devotion",
        "the sun": "sun-for-a-mango",
        "a story about the ocean": "leap-to-lanka",
    }
    found = {wish: story.id if (story := find(stories, wish)) else None for wish in wishes}
    assert found == wishes
    assert find(stories, "Cinderella") is None


def test_another_story_and_any_story_are_told_from_a_named_one() -> None:
    assert wants_another("another story") and wants_another("और कोई कहानी")
    assert not wants_another("another ring") and not wants_another(None)
    assert is_any(None) and is_any("a story") and not is_any("the ring")


@pytest.mark.parametrize(("hour", "name"), [(7, "morning"), (13, "day"), (19, "bedtime"), (2, "bedtime")])
def test_the_time_of_day_is_the_childs_own(hour: int, name: str) -> None:
    assert time_of_day(datetime(2026, 3, 2, hour)) == name  # noqa: DTZ001


def listener(hour: int = 12, likes: dict[str, int] | None = None, **heard_days_ago: float) -> Listener:
    now = START.replace(hour=hour)
    known = {
        name.replace("_", "-"): StoryState("completed", 0, 1, now - timedelta(days=days))
        for name, days in heard_days_ago.items()
    }
    return Listener(known, likes or {}, now)


def chosen(stories: list[Story], who: Listener) -> str:
    return pick(stories, who).id


def test_the_story_fits_the_time_of_day_the_likes_and_what_was_heard() -> None:
    stories = stories_for("8-10", "en")
    assert chosen(stories, listener(hour=7)) == "sun-for-a-mango"
    assert chosen(stories, listener(hour=12)) == "leap-to-lanka"
    assert chosen(stories, listener(hour=12, likes={"mountain": 3})) == "sanjeevani-mountain"
    assert chosen(stories, listener(hour=12, leap_to_lanka=0)) != "leap-to-lanka"
    assert chosen(stories, listener(hour=12, leap_to_lanka=30)) == "leap-to-lanka"


def test_the_story_told_last_is_not_told_again() -> None:
    stories = stories_for("5-7", "en")
    assert pick(stories, listener(hour=12), avoid="leap-to-lanka").id != "leap-to-lanka"
    assert pick(stories[:1], listener(), avoid=stories[0].id) == stories[0]
