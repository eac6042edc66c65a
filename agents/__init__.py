"""WHO speaks. `DESKS` is the only registry: a number leads to one of these names."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.desk import Desk

DESKS = {
    "kavita": "agents.kavita",
    "receptionist": "agents.receptionist",
    "airline": "agents.airline",
    "care": "agents.care",
    "storyteller": "agents.storyteller",
}
"""Each desk's name and the module whose `DESK` it is; imported when it is asked for, since a voice agent is heavy."""

DIALOGUES = Path(__file__).parent / "dialogues"
"""What the embedded engine says at each desk."""


def find_desk(name: str) -> "Desk":
    """The desk of that name."""
    found: Desk = import_module(DESKS[name]).DESK
    return found
