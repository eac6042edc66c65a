"""Which language is spoken, and that each language has words for the same."""

import tomllib

import pytest

from speech.brain.dialogue import LANGUAGES
from speech.brain.tongue import spoken_in
from speech.sounds import is_echo

BOTH = ("en", "hi")
OWN = {"articles", "doing", "families", "leaning", "letters", "name_tails", "small_words"}
"""Tables that not every language needs."""


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("मुझे कहानी सुनाओ", "hi"),
        ("mujhe kahani sunao", "hi"),
        ("mere pet mein dard hai", "hi"),
        ("हाथी", "hi"),
        ("tell me a story", "en"),
        ("buy me a toy", "en"),
        ("I would give him my teddy", "en"),
    ],
)
def test_a_line_is_of_the_language_that_shows_most_in_it(line: str, spoken: str) -> None:
    assert [spoken_in(line, BOTH, before) for before in BOTH] == [spoken, spoken]


@pytest.mark.parametrize("line", ["", "ok", "hanuman", "story", "flumps", "123"])
def test_a_line_that_shows_no_language_changes_none(line: str) -> None:
    assert [spoken_in(line, BOTH, before) for before in BOTH] == ["en", "hi"]


def test_every_language_has_the_same_tables_acts_and_lines() -> None:
    english, hindi = (tomllib.loads((LANGUAGES / f"{name}.toml").read_text(encoding="utf-8")) for name in BOTH)
    assert english.keys() - OWN == hindi.keys() - OWN
    for table in ("acts", "lines", "answers", "ordinals", "numbers", "items"):
        assert english[table].keys() <= hindi[table].keys(), table


@pytest.mark.parametrize(
    ("said", "echo"),
    [
        ("jai hanuman gyan goon sagar", True),
        ("जय हनुमान ज्ञान गुन सागर", True),
        ("jay hanuman gyan tan pagar bay nabish ko", True),
        ("an elephant", False),
        ("I know a lot about trains", False),
        ("what does it mean", False),
    ],
)
def test_words_said_after_us_are_told_from_others_in_either_script(said: str, echo: bool) -> None:
    assert is_echo(said, "Jay Hanuman gyan gun sagar,\nJay Kapis tihu lok ujagar.") is echo
