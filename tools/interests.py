"""What a child may like, as tags: a child's own words are never kept. The words are in knowledge/interests.toml."""

import tomllib
from functools import cache
from pathlib import Path

from tools.child_safety import plain

INTERESTS = Path(__file__).parent / "knowledge" / "interests.toml"
EXAMPLES = {"en": "animals, music or the ocean", "hi": "जानवर, संगीत या सागर"}


@cache
def tags_by_word() -> dict[str, str]:
    table: dict[str, list[str]] = tomllib.loads(INTERESTS.read_text(encoding="utf-8"))["tags"]
    return {plain(word).strip(): tag for tag, words in table.items() for word in (tag, *words)}


def interest(said: str) -> str | None:
    """The tag of the first word that names something a child may like."""
    words = tags_by_word()
    return next((words[word] for word in plain(said).split() if word in words), None)
