"""What is said while a tool takes long: never at once, never the same twice in a row."""

from dataclasses import dataclass
from typing import Literal

FillerKind = Literal["lookup", "general"]

SLOW_AFTER = 0.7
"""Seconds; a quicker tool needs no words."""
AGAIN_AFTER = 5.0
"""Seconds until the next sentence of a tool that takes still longer."""

QUIET = frozenset({"transfer_to_human", "end_call", "end_conversation", "play_hanuman_chalisa"})
"""Tools during which nothing is said: the line rings, plays, or ends."""

SENTENCES: dict[str, dict[FillerKind, tuple[str, ...]]] = {
    "en": {
        "lookup": ("Let me look that up for you.", "One moment, I'm checking.", "I'm looking at it now."),
        "general": ("One moment, please.", "Just a second.", "I'm on it."),
    },
    "hi": {
        "lookup": ("मैं देखती हूँ, एक पल रुकिए।", "एक मिनट, मैं देख रही हूँ।"),
        "general": ("एक पल रुकिए।", "बस एक मिनट।"),
    },
}
"""By language, then by kind; at least two each."""


@dataclass
class Fillers:
    """One call's choice of sentences."""

    language: str = "en"
    kind: FillerKind = "lookup"
    last: str | None = None

    def beside(self, tool: str) -> str | None:
        """What to say while that tool runs; nothing beside a quiet one."""
        return None if tool in QUIET else self.next()

    def next(self) -> str:
        sentences = SENTENCES.get(self.language, SENTENCES["en"])[self.kind]
        self.last = next(one for one in sentences if one != self.last)
        return self.last
