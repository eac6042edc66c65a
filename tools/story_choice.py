"""Which story comes next, and which one is meant. Pure functions: what is known comes in, nothing is looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz

from db.progress import StoryState
from speech.sounds import sound_key
from tools.child_safety import plain
from tools.interests import interest
from tools.story_files import Story, all_stories

SOUNDS_LIKE_TITLE = 80.0
FEWEST_SOUNDS = 3
NEW = 4.0
"""What a story is worth that was never heard; one that was heard wins it back within a week."""
WEEK = 7.0
MOST_FOR_LIKES = 5.0
RIGHT_TIME = 2.0
FAVOURITE = 2.0
ANOTHER = {
    "another",
    "other",
    "new",
    "different",
    "else",
    "दूसरी",
    "नई",
    "और",
    "कोई",
    "doosri",
    "dusri",
    "nayi",
    "aur",
    "koi",
}
FILLERS = {
    "a",
    "an",
    "the",
    "that",
    "of",
    "to",
    "story",
    "stories",
    "tell",
    "me",
    "about",
    "one",
    "something",
    "looked",
    "like",
}
FILLERS |= {"कहानी", "कहानियां", "की", "का", "जैसा", "वाली", "सुनाओ", "मुझे", "kahani", "ki", "ka", "wali", "sunao", "mujhe"}


@dataclass(frozen=True)
class Listener:
    """What is known of a child when a story is chosen."""

    states: Mapping[str, StoryState]
    likes: Mapping[str, int]
    now: datetime
    """In the zone where the child is."""


def wants_another(topic: str | None) -> bool:
    """«a new story», «और कोई कहानी»."""
    words = set(plain(topic or "").split())
    return bool(words & ANOTHER) and not words - ANOTHER - FILLERS


def is_any(topic: str | None) -> bool:
    """Nothing was asked for in particular."""
    return not set(plain(topic or "").split()) - FILLERS


def find(stories: Sequence[Story], topic: str) -> Story | None:
    """The story that is meant: by words of its title in either language, by its sound, or by what it is about."""
    words = {sound_key(word) for word in plain(topic).split() if word not in FILLERS}
    hits = {story.id: len(words & _title_sounds(story.id)) for story in stories}
    best = max(stories, key=lambda story: hits[story.id], default=None)
    if best is not None and hits[best.id] > 0:
        return best
    key, tag = sound_key(topic), interest(topic)
    alike = (story for story in stories if fuzz.ratio(key, sound_key(story.title)) >= SOUNDS_LIKE_TITLE)
    return next(alike, None) or next((story for story in stories if tag is not None and tag in story.tags), None)


def _title_sounds(story_id: str) -> set[str]:
    titles = [story.title for story in all_stories().values() if story.id == story_id]
    words = [word for title in (*titles, story_id) for word in plain(title).split() if word not in FILLERS]
    return {key for key in map(sound_key, words) if len(key) >= FEWEST_SOUNDS}


def pick(stories: Sequence[Story], listener: Listener, avoid: str | None = None) -> Story:
    """The story that suits best now: new ones and those not heard for long, what is liked, the time of day."""
    others = [story for story in stories if story.id != avoid] or list(stories)
    return max(others, key=lambda story: _suits(story, listener))


def _suits(story: Story, listener: Listener) -> float:
    state = listener.states.get(story.id)
    points = NEW
    if state is not None and state.last_heard is not None:
        days = (listener.now - state.last_heard).total_seconds() / 86_400
        points = NEW * min(days, WEEK) / WEEK
    points += min(MOST_FOR_LIKES, sum(listener.likes.get(tag, 0) for tag in story.tags))
    points += RIGHT_TIME * (time_of_day(listener.now) in story.tags)
    return points + FAVOURITE * (state is not None and state.status == "favorite")


def time_of_day(now: datetime) -> str:
    if 5 <= now.hour < 11:
        return "morning"
    return "day" if 11 <= now.hour < 18 else "bedtime"


def unfinished(stories: Sequence[Story], listener: Listener) -> Story | None:
    """The story that was begun last and has more to come."""
    begun = [
        (state.last_heard, story)
        for story in stories
        if (state := listener.states.get(story.id)) and state.unfinished and state.last_heard
    ]
    return max(begun, key=lambda pair: pair[0])[1] if begun else None
