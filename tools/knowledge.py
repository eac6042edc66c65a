"""Knowledge files: one topic a file, a folder a collection. Adding a topic is adding a file.

# Title
Asked as: other words, that people ask with

The text.
"""

from functools import cache
from pathlib import Path

from db.engine import Store
from db.knowledge import Found, Page, keep, search

FOLDER = Path(__file__).parent / "knowledge"
ASKED_AS = "Asked as:"


class KnowledgeError(Exception):
    """A knowledge file does not have the form; the message is one sentence for the owner."""


def parse(topic: str, text: str) -> Page:
    """One file's text as a page."""
    title, _, rest = text.strip().partition("\n")
    also, _, body = rest.partition("\n")
    if not title.startswith("# ") or not also.startswith(ASKED_AS) or not body.strip():
        raise KnowledgeError(f"{topic}.md: it must have «# Title», then «{ASKED_AS} …», then the text.")
    return Page(
        topic=topic,
        title=title.removeprefix("# ").strip(),
        also=also.removeprefix(ASKED_AS).strip(),
        body="\n".join(line.strip() for line in body.strip().splitlines()),
    )


def read_folder(folder: Path) -> tuple[Page, ...]:
    """All topics of a collection, in the order of their names."""
    files = sorted(folder.glob("*.md"))
    if not files:
        raise KnowledgeError(f"{folder} holds no knowledge files.")
    return tuple(parse(file.stem, file.read_text(encoding="utf-8")) for file in files)


@cache
def pages(collection: str) -> tuple[Page, ...]:
    """The topics of one of the product's own collections, read once."""
    return read_folder(FOLDER / collection)


async def look_up(store: Store, collection: str, question: str) -> list[Found]:
    """The passages that answer, best first. The store is brought up to the files before, so that it is never older."""
    await keep(store, collection, pages(collection))
    return await search(store, collection, question)
