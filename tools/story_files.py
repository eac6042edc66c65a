"""The stories: files in knowledge/stories/STORY-ID/BAND.LANGUAGE.md. Adding a story is adding its files.

# Title
Tags: courage, ocean

## Title of a part
Its text.
? The question to end it with
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from db.profiles import AGE_BANDS

STORIES = Path(__file__).parent / "knowledge" / "stories"
LANGUAGES = ("en", "hi")
FEWEST_PARTS, MOST_PARTS = 3, 5
TIMES_OF_DAY = ("morning", "day", "bedtime")
"""Tags that say when a story is told best."""
_ID = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")


class StoryFileError(Exception):
    """A story file has a mistake; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Part:
    title: str
    text: str
    question: str


@dataclass(frozen=True)
class Story:
    """One story for one age band in one language."""

    id: str
    band: str
    language: str
    title: str
    tags: tuple[str, ...]
    parts: tuple[Part, ...]

    def spoken(self, number: int) -> str:
        """A part as it is told: its title, its text, its question."""
        part = self.parts[number]
        stop = "" if part.title[-1] in "?!" else "।" if self.language == "hi" else "."
        return f"{part.title}{stop} {part.text} {part.question}"


def parse(text: str, name: str) -> tuple[str, tuple[str, ...], tuple[Part, ...]]:
    """Title, tags and parts of one file."""
    head, *sections = re.split(r"^## +", text.strip(), flags=re.MULTILINE)
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    if len(lines) != 2 or not lines[0].startswith("# ") or not lines[1].startswith("Tags: "):
        raise StoryFileError(f"{name}: it must begin with «# Title» and «Tags: …», and nothing else before the parts")
    tags = tuple(tag.strip() for tag in lines[1].removeprefix("Tags: ").split(","))
    if not all(_ID.match(tag) for tag in tags):
        raise StoryFileError(f"{name}: tags are words in small letters with a comma between them")
    if not FEWEST_PARTS <= len(sections) <= MOST_PARTS:
        raise StoryFileError(f"{name}: a story has {FEWEST_PARTS} to {MOST_PARTS} parts, this one has {len(sections)}")
    return lines[0].removeprefix("# ").strip(), tags, tuple(_part(section, name) for section in sections)


def _part(section: str, name: str) -> Part:
    title, *rest = (line.strip() for line in section.splitlines() if line.strip())
    questions = [line for line in rest if line.startswith("?")]
    text = " ".join(line for line in rest if not line.startswith("?"))
    if not text or len(questions) != 1 or rest[-1] != questions[0]:
        raise StoryFileError(f"{name}: the part «{title}» needs a text and, as its last line, one «? question»")
    return Part(title, text, questions[0].removeprefix("?").strip())


@cache
def all_stories(folder: Path = STORIES) -> dict[tuple[str, str, str], Story]:
    """Every story by its id, age band and language; a mistake in any file is an error."""
    found = {}
    for path in sorted(folder.glob("*/*.md")):
        name = f"{path.parent.name}/{path.name}"
        band, _, language = path.stem.partition(".")
        if not _ID.match(path.parent.name) or band not in AGE_BANDS or language not in LANGUAGES:
            raise StoryFileError(f"{name}: files are named STORY-ID/BAND.LANGUAGE.md, such as my-story/5-7.en.md")
        key = (path.parent.name, band, language)
        found[key] = Story(*key, *parse(path.read_text(encoding="utf-8"), name))
    return found


def stories_for(band: str, language: str) -> list[Story]:
    """The stories of an age band, in the language, or in English where it has none."""
    every = all_stories()
    chosen = [story for story in every.values() if (story.band, story.language) == (band, language)]
    return chosen or [story for story in every.values() if (story.band, story.language) == (band, "en")]
