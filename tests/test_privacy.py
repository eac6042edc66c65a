"""What is masked, what is redacted, and what must stay to be of use."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.privacy import HIDDEN, mask_secrets, masked, redact, veiled, veiled_number
from tests.hostile import TEXTS

NAMES = ("Priya Sharma", "Rahul Verma", "José García-López", "राहुल वर्मा")

SECRETS = [
    ("My PIN is 4471.", "My PIN is ••••."),
    ("4471", "••••"),
    ("it's 4 4 7 1", "it's ••••"),
    ("4-4-7-1, thanks", "••••, thanks"),
    ("four four seven one", "••••"),
    ("four, um, four, seven, one", "••••"),
    ("forty-four seventy-one", "••••"),
    ("my ID is one zero zero one", "my ID is ••••"),
    ("ten oh one", "••••"),
    ("one thousand and one", "••••"),
    ("double nine double nine", "••••"),
    ("nine nine double nine please", "•••• please"),
    ("triple zero one", "••••"),
    ("four for seven one", "••••"),
    ("my pin is for for seven one", "my pin is ••••"),
    ("my id is 2045", "my id is ••••"),
    ("2045", "••••"),
    ("my pin is ten thirty", "my pin is ••••"),
    ("My PIN is 10:30.", "My PIN is ••••."),
    ("10:30 is my PIN", "•••• is my PIN"),
    ("MA2041 is my pin", "•••• is my pin"),
    ("my pin is 44.71", "my pin is ••••"),
    ("the card ending in 2025", "the card ending in ••••"),
    ("pin twenty twenty six", "pin ••••"),
    ("एक शून्य शून्य एक", "••••"),
    ("मेरा पिन चार चार सात एक है", "मेरा पिन •••• है"),
    ("मेरा पिन है चवालीस इकहत्तर", "मेरा पिन है ••••"),
    ("४४७१", "••••"),
    ("डबल नौ डबल नौ", "••••"),
    ("mera pin char char saat ek hai", "mera pin •••• hai"),
    ("ek shunya shunya ek", "••••"),
    ("do do do do", "••••"),
    ("một không không một", "••••"),
    ("CUST0001", "••••"),
    ("K7PQ2M", "••••"),
    ("it is K seven P Q two M", "it is ••••"),
    ("kilo seven papa quebec two mike", "••••"),
    ("４４７１", "••••"),
    ("4\u200b4\u200b7\u200b1", "••••"),
    ("4️⃣4️⃣7️⃣1️⃣", "••••"),
    ("four four", "••••"),
    ("seven one.", "••••."),
    ("555", "••••"),
    ("call +1 (202) 555-0147 now", "call •••• now"),
]
NO_SECRETS = [
    "See you on 2026-02-12 at 10:30.",
    "2026-03-02T14:00:00Z",
    "your appointment is on February 12, 2026 at 2:30 PM",
    "12/02/2026 or 12.02.2026 or 2026/02/12",
    "the 12th of February 2026",
    "12 फरवरी 2026 को 10 बजे",
    "march third twenty twenty six",
    "in twenty twenty six",
    "in 2026, since 2019, before 2030",
    "from 2019 to 2024",
    "at ten thirty",
    "between ten thirty and eleven fifteen",
    "from ten to twelve, nine to five",
    "nine thirty am and 1430 hours",
    "open 9:00-18:00",
    "$1,250.00 or ₹1500 or Rs. 1500 or 1500 rupees",
    "that comes to 41.30",
    "fifteen hundred dollars",
    "twenty one dollars and ninety cents",
    "two hundred and fifty people",
    "ORD-00001 and ord 00001",
    "O R D zero zero zero zero one",
    "flight MA2041, flight two zero four one",
    "MA2041 leaves at nine",
    "table for two to four, or for six",
    "something to do for two people",
    "2 samosas, 3 naan and a lassi",
    "seat 12A, gate 24, row 7",
    "twenty five minutes or 1500 metres",
    "I have two. Four is fine.",
    "दो बजे आ जाइए",
]


@pytest.mark.parametrize(("text", "hidden"), SECRETS)
def test_a_secret_is_masked(text: str, hidden: str) -> None:
    assert mask_secrets(text) == hidden


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_has_another_meaning_stays(text: str) -> None:
    assert mask_secrets(text) == text
    assert redact(text) == text


REDACTED = [
    ("this is priya sharma", "this is [name]"),
    ("PRIYA SHARMA's appointment", "[name]'s appointment"),
    ("Sharma’s visit and the Sharmas", "[name]'s visit and the [name]"),
    ("Mrs Sharma, Priya that is", "Mrs [name] that is"),
    ("jose garcia lopez", "[name]"),
    ("Señor García", "Señor [name]"),
    ("P R I Y A", "[name]"),
    ("S-H-A-R-M-A", "[name]"),
    ("राहुल का अपॉइंटमेंट", "[name] का अपॉइंटमेंट"),
    ("my name is john smith and I want to book", "my name is [name] and I want to book"),
    ("Hi, this is John Smith calling", "Hi, this is [name] calling"),
    ("I'm Anna Lee", "I'm [name]"),
    ("call me Jo", "call me [name]"),
    ("the name is Bond", "the name is [name]"),
    ("under the name of Kapoor please", "under the name of [name] please"),
    ("my last name's O'Neil", "my last name's [name]"),
    ("मेरा नाम सुरेश है", "मेरा नाम [name] है"),
    ("mera naam Suresh hai", "mera naam [name] hai"),
    ("मैं सुरेश बोल रहा हूँ", "मैं [name] बोल रहा हूँ"),
    ("it is spelled K A P O O R", "it is spelled [name]"),
    ("My email is jo@example.com", "My email is [email]"),
    ("it's jo dot smith at gmail dot com thanks", "it's [email] thanks"),
    ("jo at example dot com", "[email]"),
    ("jo smith at example dot com", "[email]"),
    ("my email is j o underscore seven at the rate gmail dot com", "my email is [email]"),
    ("jo.smith at example.co.uk", "[email]"),
    ("I live at 12 Garden Street, Washington, DC 20001", "I live at [address]"),
    ("twelve garden street", "[address]"),
    ("221B Baker Street", "[address]"),
    ("flat 4, 12 MG Road", "[address]"),
    ("12 Oak Ave, Apt 5, Springfield, IL 62704", "[address]"),
    ("Hauptstraße 5", "[address]"),
    ("P.O. Box 123", "[address]"),
    ("मकान नंबर 12", "[address]"),
    ("my number is two oh two five five five oh one four seven", "my number is [number]"),
    ("plus nine one nine eight seven six five four three two one zero", "plus [number]"),
    ("202-555-0147", "[number]"),
    ("202.555.0147 and 20.25.55.01.47", "[number]"),
    ("call +91 98765 43210", "call [number]"),
    ("my pin is four four seven one", "my pin is [number]"),
    (f"my pin is {HIDDEN}", "my pin is [number]"),
]
NOT_REDACTED = [
    "I'm fine, thanks",
    "I am calling about Monday",
    "It's raining",
    "this is urgent",
    "call me tomorrow",
    "call me back at ten",
    "what is your name",
    "the name of the doctor",
    "look at example dot com",
    "meet me at ten",
    "it's a 2 hours drive",
    "two for one place",
    "4 people at the square",
    "10 minutes by way of the road",
    "at 2 pm with Dr. Rao in court",
    "one samosa and two garlic naan for pickup at six thirty",
    "can you move it from Thursday at ten to Friday at 11:30",
    "a map of the U S A",
    "Lotus Clinic opens at nine",
]


@pytest.mark.parametrize(("text", "redacted"), REDACTED)
def test_who_somebody_is_is_redacted(text: str, redacted: str) -> None:
    assert redact(text, NAMES) == redacted


@pytest.mark.parametrize("text", NOT_REDACTED)
def test_what_is_useful_to_find_a_call_stays(text: str) -> None:
    assert redact(text, NAMES) == text


@pytest.mark.parametrize("text", [text for text, _ in (*SECRETS, *REDACTED)])
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text, NAMES)
    assert redact(once, NAMES) == once


WORDS = "four two oh seven pin is my name at dot example com street 12 2026 10:30 and Priya, ORD-00001 . एक"


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))
def test_redaction_bears_any_words_and_leaves_no_known_name(text: str) -> None:
    redacted = redact(text, NAMES)
    assert "priya" not in redacted.casefold()
    assert redact(redacted, NAMES) == redacted


@given(st.text(max_size=80))
def test_redaction_bears_any_text(text: str) -> None:
    mask_secrets(text)
    assert isinstance(redact(text, NAMES), str)


@given(st.text(alphabet="0123456789", min_size=4, max_size=16))
def test_no_bare_run_of_digits_survives(digits: str) -> None:
    assert not any(letter.isdigit() for letter in mask_secrets(f"so {digits} then"))


@pytest.mark.parametrize("text", [*TEXTS, "1 " * 5000, "o " * 5000, "a@" * 5000, "at " * 3000, "12 x street, " * 800])
def test_a_monstrous_text_takes_no_monstrous_time(text: str) -> None:
    begun = time.perf_counter()
    redact(text[:10_000], NAMES)
    assert time.perf_counter() - begun < 10


def test_masking_keeps_a_structure_without_its_secrets() -> None:
    given_ = {"user_id": "1001", "pin": "4471", "message": "my pin is 4471", "user": {"user_id": "2045", "name": "Jo"}}
    assert masked(given_) == {
        "user_id": "••01",
        "pin": HIDDEN,
        "message": f"my pin is {HIDDEN}",
        "user": {"user_id": "••45", "name": "Jo"},
    }


def test_an_id_that_is_no_id_is_masked_whole() -> None:
    assert masked({"user_id": "1001 and my pin is 4471"}) == {"user_id": HIDDEN}


def test_a_veil_hides_people_and_leaves_things() -> None:
    order = {"customer_name": "Jo", "lines": [{"name": "Garlic Naan", "quantity": 2}], "total": "7.90"}
    assert veiled(order) == {**order, "customer_name": "[name]"}
    assert veiled({"user": {"name": "Jo"}, "message": "Priya called"}, NAMES) == {
        "user": {"name": "[name]"},
        "message": "[name] called",
    }


def test_a_number_is_shown_by_its_end() -> None:
    assert veiled_number("+12025550147") == "••••47"
    assert veiled_number(None) is None
