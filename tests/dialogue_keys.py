"""The reference of a dialogue file's keys, from the docstrings: `python -m tests.dialogue_keys` prints it."""

import sys
from collections.abc import Iterator

from pydantic import BaseModel

from speech.brain.dialogue import Choices, Dialogue, Echo, Goal, Onto, Outcome, Slot, ToolUse

TABLES: dict[str, type[BaseModel]] = {
    "The file itself": Dialogue,
    "[slot.NAME]": Slot,
    "[slot.NAME.choices]": Choices,
    "[slot.NAME.echo]": Echo,
    "[goal.NAME]": Goal,
    "[goal.NAME.onto]": Onto,
    "[tool.NAME]": ToolUse,
    "[tool.NAME.outcome.STATUS]": Outcome,
}


def reference() -> str:
    return "\n\n".join("\n".join(_table(title, model)) for title, model in TABLES.items()) + "\n"


def _table(title: str, model: type[BaseModel]) -> Iterator[str]:
    yield from (f"### {title}", "", "| key | means |", "| --- | --- |")
    for name, info in model.model_fields.items():
        yield f"| `{name}` | {' '.join((info.description or '').split()).replace('|', '&#124;')} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
