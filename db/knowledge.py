"""Knowledge: passages from files, kept beside a full-text index, and the search for the one that answers a question."""

import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.engine import Store
from db.models import Meta, Passage

TITLE, ALSO, BODY = 8.0, 5.0, 1.0
"""What a word is worth in the title, in the words that people ask with, and in the text."""
RANK_SCALE = 9.0
"""Brings PostgreSQL's rank, which lies between 0 and 1, to the size of SQLite's."""
LEAST_SCORE = 1.1
"""A rare word that is in the text alone, and in no title, may be there by chance: it scores 1 or less."""
LEAST_COVERAGE = 0.22
"""The part of the question, weighed by how rare its words are, that a passage must answer to."""
MOST_TERMS = 24
SQLITE_LEAST_RARITY = 1e-6
"""What FTS5 takes for a word that is in half of all passages or more."""


@dataclass(frozen=True)
class Page:
    """One topic, as its file has it."""

    topic: str
    title: str
    also: str
    body: str


@dataclass(frozen=True)
class Found:
    """A passage that answers, and how well."""

    topic: str
    title: str
    body: str
    score: float


@dataclass(frozen=True)
class Hit:
    """One word of the question in one passage."""

    term: int
    passage: int
    weight: float


async def keep(store: Store, collection: str, pages: Sequence[Page]) -> bool:
    """Makes the collection what the pages say, all of it at once; False when it is that already."""
    digest = _digest(pages)
    async with store.read() as session:
        known = await session.get(Meta, _meta_key(collection))
    if known is not None and known.value == digest:
        return False
    try:
        await store.write(lambda session: _replace(session, collection, pages, digest))
    except IntegrityError:  # another process put the first version there at the same moment
        return await keep(store, collection, pages)
    return True


def _meta_key(collection: str) -> str:
    return f"knowledge:{collection}"


def _digest(pages: Sequence[Page]) -> str:
    written = json.dumps([asdict(page) for page in sorted(pages, key=lambda page: page.topic)])
    return hashlib.sha256(written.encode()).hexdigest()


async def _replace(session: AsyncSession, collection: str, pages: Sequence[Page], digest: str) -> None:
    """The row in `meta` comes first: two processes that do this at once meet there, and not half-way."""
    known = await session.get(Meta, _meta_key(collection), with_for_update=True)
    if known is None:
        session.add(Meta(key=_meta_key(collection), value=digest))
    else:
        known.value = digest
    await session.flush()
    await session.exec(delete(Passage).where(col(Passage.collection) == collection))
    session.add_all(Passage(collection=collection, **asdict(page)) for page in pages)


@cache
def stop_words() -> frozenset[str]:
    """Words that say nothing about the topic."""
    return frozenset(Path(__file__).with_name("stop_words.txt").read_text(encoding="utf-8").split())


def terms(question: str) -> list[str]:
    """The words of a question that can say what it is about, each once."""
    words = re.findall(r"[a-z0-9]+", question.casefold().replace("’", "'"))
    return list(dict.fromkeys(word for word in words if word not in stop_words()))[:MOST_TERMS]


async def search(store: Store, collection: str, question: str, *, most: int = 3) -> list[Found]:
    """The passages that answer, best first; none when nothing fits."""
    words = terms(question)
    if not words:
        return []
    async with store.read() as session:
        hits = await _hits(session, store.dialect, collection, words)
        pages = (await session.exec(select(func.count()).where(col(Passage.collection) == collection))).one()
        best = _rank(hits, len(words), pages)[:most]
        rows = await session.exec(select(Passage).where(col(Passage.id).in_([passage for passage, _ in best])))
    found = {passage.id: passage for passage in rows}
    return [
        Found(passage.topic, passage.title, passage.body, score)
        for number, score in best
        if (passage := found.get(number)) is not None
    ]


_ON_SQLITE = (
    f"SELECT {{n}}, p.id, -bm25(passages_fts, {TITLE}, {ALSO}, {BODY}), p.collection = :collection "
    "FROM passages_fts JOIN passages p ON p.id = passages_fts.rowid WHERE passages_fts MATCH :term{n}"
)
_ON_POSTGRESQL = (
    f"SELECT {{n}}, p.id, ts_rank(CAST(ARRAY[0, {BODY / TITLE}, {ALSO / TITLE}, 1] AS real[]), p.search, q), "
    "p.collection = :collection "
    "FROM passages p, plainto_tsquery('english', :term{n}) q WHERE p.search @@ q"
)


async def _hits(session: AsyncSession, dialect: str, collection: str, words: Sequence[str]) -> list[Hit]:
    """Each word on its own, so that it is known which of them a passage has, and how much it has of it."""
    one = _ON_SQLITE if dialect == "sqlite" else _ON_POSTGRESQL
    query = text(" UNION ALL ".join(one.format(n=number) for number in range(len(words))))
    values = {f"term{number}": word for number, word in enumerate(words)}
    connection = await session.connection()
    rows = (await connection.execute(query, {**values, "collection": collection})).all()
    scale = await _sqlite_scale(session, rows) if dialect == "sqlite" else defaultdict(lambda: RANK_SCALE)
    return [Hit(term, passage, weight * scale[term]) for term, passage, weight, ours in rows if ours]


async def _sqlite_scale(session: AsyncSession, rows: Sequence[Row[Any]]) -> dict[int, float]:
    """Takes out of bm25 how rare each word is: SQLite counts that over all collections together."""
    pages = (await session.exec(select(func.count()).select_from(Passage))).one()
    having = Counter(row[0] for row in rows)
    rarity = {term: math.log((pages - count + 0.5) / (count + 0.5)) for term, count in having.items()}
    return {term: 1 / max(value, SQLITE_LEAST_RARITY) for term, value in rarity.items()}


def _rarity(having: int, pages: int) -> float:
    """How much a word says: the fewer of the pages have it, the more."""
    return math.log(1 + (pages - having + 0.5) / (having + 0.5))


def _rank(hits: Sequence[Hit], words: int, pages: int) -> list[tuple[int, float]]:
    """The passages that are good enough, best first. The measure of a score is a word that one passage alone has."""
    having = Counter(hit.term for hit in hits)
    rarity = [_rarity(having[term], pages) for term in range(words)]
    scores: defaultdict[int, float] = defaultdict(float)
    covered: defaultdict[int, float] = defaultdict(float)
    for hit in hits:
        scores[hit.passage] += hit.weight * rarity[hit.term] / _rarity(1, pages)
        covered[hit.passage] += rarity[hit.term]
    needed = LEAST_COVERAGE * sum(rarity)
    good = [(passage, score) for passage, score in scores.items() if score >= LEAST_SCORE]
    return sorted((pair for pair in good if covered[pair[0]] >= needed), key=lambda pair: -pair[1])
