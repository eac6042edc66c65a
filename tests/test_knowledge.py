"""Knowledge: the files' form, the store kept up to them, and how well questions in people's words are answered."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from db.business import Switchboard
from db.engine import Store
from db.knowledge import Page, keep, search
from db.models import Passage
from tests.calling import make_call, use
from tests.faq_questions import ASKED, OFF_TOPIC
from tests.hostile import TEXTS
from tools.flights import faq_lookup
from tools.knowledge import KnowledgeError, look_up, pages, parse, read_folder

TEA = Page("tea", "Tea", "chai, brew", "We pour it at four.")
CAKE = Page("cake", "Cake", "pastry, sweet", "There is a cake with apples on Sundays.")
SOUP = Page("soup", "Soup", "broth, bowl", "The soup changes every day.")
FEW = [TEA, CAKE, SOUP]


async def stored(store: Store, collection: str) -> list[str]:
    query = select(Passage.topic).where(Passage.collection == collection).order_by(col(Passage.topic))
    async with store.read() as session:
        return list((await session.exec(query)).all())


def test_a_file_has_a_title_the_words_that_people_ask_with_and_a_text() -> None:
    page = parse("pets", "# Travelling with pets\nAsked as: dog, cat\n\nOne small pet may travel.\nIt is free.\n")
    assert page == Page("pets", "Travelling with pets", "dog, cat", "One small pet may travel.\nIt is free.")


@pytest.mark.parametrize("text", ["", "Pets\nAsked as: dog\n\nText", "# Pets\n\nText", "# Pets\nAsked as: dog\n\n "])
def test_a_file_without_the_form_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(KnowledgeError, match=r"pets\.md"):
        parse("pets", text)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError):
        read_folder(tmp_path)


def test_each_topic_has_questions_that_test_it() -> None:
    assert {page.topic for page in pages("airline")} == set(ASKED)


async def test_a_collection_is_replaced_only_when_its_content_changed(any_store: Store) -> None:
    assert await keep(any_store, "menu", FEW)
    assert not await keep(any_store, "menu", list(reversed(FEW)))
    assert await keep(any_store, "menu", [TEA, Page("cake", "Cake", "pastry", "It is gone.")])
    assert await stored(any_store, "menu") == ["cake", "tea"]
    assert (await search(any_store, "menu", "cake"))[0].body == "It is gone."
    assert await search(any_store, "menu", "soup") == []


async def test_collections_do_not_mix(any_store: Store) -> None:
    await keep(any_store, "menu", FEW)
    await keep(any_store, "other", [Page("tea", "Tea", "chai", "Another tea."), CAKE])
    assert (await search(any_store, "other", "tea"))[0].body == "Another tea."
    await keep(any_store, "other", [CAKE, SOUP])
    assert (await search(any_store, "menu", "tea"))[0].body == TEA.body
    assert await search(any_store, "none", "tea") == []


async def test_many_processes_may_fill_a_collection_at_once(any_store: Store) -> None:
    await asyncio.gather(*(keep(any_store, "menu", FEW) for _ in range(8)))
    await asyncio.gather(*(keep(any_store, "menu", FEW[:count]) for count in (1, 2, 3) * 3))
    async with any_store.read() as session:
        count = (await session.exec(select(func.count()).where(Passage.collection == "menu"))).one()
    assert count == len(await stored(any_store, "menu")) in {1, 2, 3}


@pytest.mark.parametrize("question", ["", "?!", "what is the", *TEXTS])
async def test_a_question_without_content_finds_nothing(store: Store, question: str) -> None:
    await keep(store, "menu", FEW)
    assert await search(store, "menu", question) == []


@pytest.mark.parametrize("question", ["CAKES", "tea AND cake", "cake*", '"cake" NEAR soup', "cake -soup", "cake' --"])
async def test_the_search_engines_own_signs_are_only_words(any_store: Store, question: str) -> None:
    await keep(any_store, "menu", FEW)
    assert "cake" in {found.topic for found in await search(any_store, "menu", question)}


async def score(store: Store, questions: Sequence[str], topic: str | None) -> list[str]:
    """The questions that were answered by another topic, or by none, or for nothing."""
    wrong = []
    for question in questions:
        found = await look_up(store, "airline", question)
        if (found[0].topic if found else None) != topic:
            wrong.append(f"{question} → {found[0].topic if found else 'nothing'}")
    return wrong


async def test_nine_of_ten_questions_find_the_topic_that_answers_them(any_store: Store) -> None:
    wrong = [miss for topic, questions in ASKED.items() for miss in await score(any_store, questions, topic)]
    asked = sum(len(questions) for questions in ASKED.values())
    right = (asked - len(wrong)) / asked
    assert asked >= 60
    assert right >= 0.9, f"{right:.1%} of {asked} on {any_store.dialect}:\n" + "\n".join(wrong)


async def test_the_topic_that_answers_is_nearly_always_among_what_is_told(any_store: Store) -> None:
    told = [
        topic in {found.topic for found in await look_up(any_store, "airline", question)}
        for topic, questions in ASKED.items()
        for question in questions
    ]
    share = sum(told) / len(told)
    assert share >= 0.93, f"{share:.1%} of {len(told)} on {any_store.dialect}"


async def test_eight_of_ten_questions_about_something_else_find_nothing(any_store: Store) -> None:
    wrong = await score(any_store, OFF_TOPIC, None)
    right = 1 - len(wrong) / len(OFF_TOPIC)
    assert len(OFF_TOPIC) >= 20
    assert right >= 0.8, f"{right:.1%} of {len(OFF_TOPIC)} on {any_store.dialect}:\n" + "\n".join(wrong)


async def test_faq_lookup_tells_the_passage(store: Store, board: Switchboard) -> None:
    told = await use(faq_lookup, await make_call(store, board, "airline"), question="can I bring my dog")
    assert told["status"] == "found"
    assert told["passage"]["title"] == "Travelling with pets"
    assert "ninety-five dollars" in told["passage"]["text"]


async def test_faq_lookup_tells_a_second_passage_that_answers_nearly_as_well(store: Store, board: Switchboard) -> None:
    call = await make_call(store, board, "airline")
    told = await use(faq_lookup, call, question="can I take my pills in my hand luggage")
    assert "Medical needs and medicine" in {told["passage"]["title"], *(other["title"] for other in told["also"])}


async def test_faq_lookup_says_so_when_nothing_fits(store: Store, board: Switchboard) -> None:
    told = await use(faq_lookup, await make_call(store, board, "airline"), question="what's the capital of France")
    assert told == {"status": "not_found", "message": "I have no information on that."}
