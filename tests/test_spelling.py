"""What people spell by voice: confirmation numbers, seats, flight numbers, surnames."""

import pytest

from db.flights import folded
from tests.hostile import TEXTS
from tools.spelling import confirmation_number, flight_number, seat_label, surnames


@pytest.mark.parametrize(
    "said",
    [
        "MER1A2",
        "mer1a2",
        "M E R 1 A 2",
        "M-E-R-1-A-2.",
        "M as in Mike, E as in echo, R for Romeo, one, A like alpha, two",
        "mike echo romeo one alpha two",
        "mary edward roger one adam two",
        "M Mike E Echo R Romeo 1 A Alpha 2",
        "Mexico Elephant Rabbit one Apple two",
        "martha emil richard one anton two",
        "em ee ar one ay two",
        "It's M, E, R, one, A, two.",
        "my confirmation number is M E R 1 A 2, please",
        "mer one a two",
    ],
)
def test_a_confirmation_number_is_understood_however_it_is_spelled(said: str) -> None:
    assert confirmation_number(said) == "MER1A2"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Q seven K double four zed", "Q7K44Z"),
        ("quebec seven kilo double four zulu", "Q7K44Z"),
        ("double u seven k zero nine x-ray", "W7K09X"),
        ("triple seven A B C", "777ABC"),
        ("double M E R one two", "MMER12"),
        ("twenty one, forty, twelve", "214012"),
        ("HOTELS", "HOTELS"),
    ],
)
def test_repeated_signs_and_numbers_are_understood(said: str, code: str) -> None:
    assert confirmation_number(said) == code


@pytest.mark.parametrize("said", ["M E R 1 A", "M E R 1 A 2 B C", "", "1234567", "I don't know it"])
def test_what_is_not_six_signs_is_no_confirmation_number(said: str) -> None:
    assert confirmation_number(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "12A",
        "12 a",
        "twelve A",
        "twelve alpha",
        "twelve ay",
        "row twelve seat alpha",
        "seat A, row 12",
        "A twelve",
        "one two A",
        "12 A as in alpha",
        "12A, yes, 12A",
        "can you move me to twelve A please",
        "I'd like to have the window seat 12 A for me",
    ],
)
def test_a_seat_is_understood(said: str) -> None:
    assert seat_label(said) == "12A"


@pytest.mark.parametrize("said", ["a window seat", "twelve A or fourteen C", "row twelve", "able to be in 12", ""])
def test_what_names_no_seat_or_two_is_no_seat(said: str) -> None:
    assert seat_label(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "MA204",
        "ma 204",
        "M A two oh four",
        "M.A. 204",
        "mike alpha two zero four",
        "flight M A two hundred and four",
    ],
)
def test_a_flight_number_is_understood(said: str) -> None:
    assert flight_number(said) == ("MA", "204")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("flight 204", "204"),
        ("is the 204 to Chicago on time", "204"),
        ("Meridian two twenty four", "224"),
        ("four fifty two", "452"),
        ("seventy seven", "77"),
        ("three hundred", "300"),
        ("zero seven seven", "77"),
    ],
)
def test_a_flight_number_may_lack_the_airlines_letters(said: str, number: str) -> None:
    assert flight_number(said) == ("", number)


@pytest.mark.parametrize("said", ["204 or 331", "the one to Chicago", "", "12345"])
def test_what_names_no_flight_or_two_is_no_flight(said: str) -> None:
    assert flight_number(said) is None


@pytest.mark.parametrize(
    "said",
    ["Sharma", "SHARMA", "Asha Sharma", "S H A R M A", "Sharma, S-H-A-R-M-A", "sierra hotel alpha romeo mike alpha"],
)
def test_a_surname_may_be_said_or_spelled(said: str) -> None:
    assert "sharma" in surnames(said)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "mueller"),
        ("García-López", "Garcia Lopez"),
        ("O'Brien", "OBRIEN"),
        ("Łukasz", "lukasz"),
        ("Jørgensen", "Jorgensen"),
        ("Groß", "gross"),
    ],
)
def test_a_surname_is_the_same_with_and_without_its_accents(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_hostile_words_are_read_without_an_error() -> None:
    for text in TEXTS:
        assert len(surnames(text)) <= 6
        assert confirmation_number(text) is None or len(confirmation_number(text) or "") == 6
        seat_label(text)
        flight_number(text)
