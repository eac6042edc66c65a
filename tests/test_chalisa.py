"""The verses, and whether a child's words sound like them."""

import json
from pathlib import Path

import pytest

from speech.sounds import sound_key
from tools.chalisa import CHALISA, likeness, sounds_right, verses
from tools.child_safety import judge

REVIEW = Path(__file__).parent.parent / "docs" / "cultural-review.md"

HEARD = (
    (0, "shree guru charan saroj raj"),
    (0, "she guru charan so roj raj nij man mukur sudhari"),
    (0, "श्री गुरु चरण सरोज रज"),
    (1, "buddhi heen tanu janike sumirau pawan kumar"),
    (2, "jai hanuman gyan gun sagar"),
    (2, "j hanuman gain gun saga"),
    (2, "जय हनुमान ज्ञान गुण सागर"),
    (3, "ram duty atulit balu dharma"),
    (4, "maha veer vikram budge rangi"),
    (12, "lay sanjeevan lakhan jiyaye"),
    (19, "yug sahasra yojan par bhanu"),
    (25, "boot pisach nick at nahi a way"),
    (39, "jo shat bar path kare koi"),
    (42, "pawan tanay sankat haran mangal murti roop"),
)
NOT_A_VERSE = (
    "",
    "jai hanuman",
    "hanuman hanuman hanuman hanuman",
    "jai shri ram jai hanuman",
    "I don't know this one",
    "tell me another story please",
    "मुझे नहीं आता, कोई कहानी सुनाओ",
    "🙂" * 50,
    "a" * 500,
)


def test_there_are_two_dohas_forty_chaupais_and_a_closing_doha() -> None:
    rows = json.loads((CHALISA / "verses.json").read_text(encoding="utf-8"))
    assert [row["kind"] for row in rows] == ["doha"] * 2 + ["chaupai"] * 40 + ["doha"]
    assert [verse.index for verse in verses()] == list(range(43))


def test_every_verse_has_a_meaning_and_a_question_in_both_languages() -> None:
    for verse in verses():
        for text in (verse.meaning, verse.engage):
            assert set(text) == {"en", "hi"} and all(text.values())
        assert all("\u0900" <= letter <= "\u097f" for letter in verse.meaning["hi"] if letter.isalpha())


@pytest.mark.parametrize(("index", "said"), HEARD)
def test_what_a_recogniser_writes_of_a_verse_matches_it_and_no_other(index: int, said: str) -> None:
    assert [verse.index for verse in verses() if sounds_right(said, verse)] == [index]


@pytest.mark.parametrize("said", NOT_A_VERSE)
def test_other_words_match_no_verse(said: str) -> None:
    assert not any(sounds_right(said, verse) for verse in verses())


def test_each_verse_matches_itself_in_both_scripts_and_no_other_whole_verse() -> None:
    for verse in verses():
        for text in (verse.devanagari, verse.transliteration):
            matches = [other.index for other in verses() if sounds_right(text, other)]
            assert matches == [verse.index]


def test_each_line_matches_its_verse() -> None:
    for verse in verses():
        for line in (*verse.devanagari.split("\n"), *verse.transliteration.split("\n")):
            assert likeness(line, verse) == 100


def test_variant_spellings_match_too() -> None:
    for verse in verses():
        for variant in verse.variants:
            usual, *others = (form.strip() for form in variant.split("/"))
            for other in others:
                if usual in verse.devanagari:
                    assert sounds_right(verse.devanagari.replace(usual, other), verse), (verse.index, variant)


def test_both_scripts_have_one_key() -> None:
    assert sound_key("ज्ञान गुन सागर") == sound_key("gyaan gun saagar")


def test_the_guard_lets_every_verse_pass() -> None:
    for verse in verses():
        texts = (verse.devanagari, verse.transliteration, *verse.meaning.values(), *verse.engage.values())
        for text in (*texts, *verse.variants):
            assert judge(text, "child") is None and judge(text, "us") is None, text


def test_the_review_names_every_verse_that_has_variants_and_each_of_them() -> None:
    lines = REVIEW.read_text(encoding="utf-8").splitlines()
    listed = {int(cells[1]): line for line in lines if (cells := line.split("|"))[1:] and cells[1].strip().isdecimal()}
    assert sorted(listed) == [verse.index for verse in verses() if verse.variants]
    for index, line in listed.items():
        assert all(variant in line for variant in verses()[index].variants)
