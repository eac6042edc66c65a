"""Which of several languages is spoken: by letters and by common words."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from livekit.agents import llm

from speech.brain.dialogue import language
from speech.brain.phrases import words


@lru_cache(maxsize=1024)
def spoken_in(text: str, languages: tuple[str, ...], before: str) -> str:
    """The language that shows most in a text; the one that was spoken before where none shows more."""
    said = words(text)
    shown = {name: sum(_is_of(word, name) for word in said) for name in languages}
    best = max(shown, key=lambda name: shown[name], default=before)
    return best if shown.get(best, 0) > shown.get(before, 0) else before


@cache
def _known_by(name: str) -> frozenset[str]:
    return frozenset(word for known in language(name).known_by for word in words(known))


def _is_of(word: str, name: str) -> bool:
    """Whether a word is of a language for certain."""
    letters = language(name).letters
    return word in _known_by(name) or bool(letters and re.search(letters, word))


def answered_in(items: Sequence[llm.ChatItem], languages: tuple[str, ...], last: str) -> list[str]:
    """For each item of a talk the language of the answer to it; for those that have none yet the one that is given."""
    spoken, found = last, list[str]()
    for item in reversed(items):
        if item.type == "message" and item.role == "assistant" and len(languages) > 1:
            spoken = spoken_in(item.text_content or "", languages, spoken)
        found.append(spoken)
    return found[::-1]
