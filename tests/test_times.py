"""Dates and times in English: expressions at several clocks, lines that hold none, and what holds for any text."""

import json
import random
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.times import Frame, Reading, read, spoken_date, spoken_time
from speech.understand import BadOption, frame_of
from tests.hostile import EVERYTHING
from tests.times import HERE, Expression, expressions, written

ROOT = HERE.parent
MONDAY = Frame(datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("America/New_York")))
EXPRESSIONS = expressions("time_expressions.toml")
NOTHING_SAID = (HERE / "nothing_said.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("one", EXPRESSIONS, ids=lambda one: f"{one.frame.now:%y%m%d}-{one.words[:40]}")
def test_an_expression_means_what_people_mean(one: Expression) -> None:
    assert one.read("en") == one.meaning


def test_there_are_more_than_three_hundred_expressions() -> None:
    assert len({one.words for one in EXPRESSIONS}) > 300


@pytest.mark.parametrize("words", NOTHING_SAID)
@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_line_without_day_or_time_holds_none(words: str, language: str) -> None:
    assert read(words, MONDAY, language) == Reading()


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("my id is 1001, tomorrow at three please", ["tomorrow", "at three"]),
        ("two pizzas for Friday at half past seven", ["Friday", "at half past seven"]),
        ("Straße 5, on the 3rd of May", ["on the 3rd of May"]),
        ("between two and four on Tuesday", ["between two and four", "on Tuesday"]),
    ],
)
def test_spans_are_where_the_words_stand(words: str, places: list[str]) -> None:
    assert [words[start:end] for start, end in read(words, MONDAY).spans] == places


def test_an_hour_is_an_hour_where_the_clocks_change() -> None:
    night = datetime(2026, 3, 8, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    assert read("in an hour", Frame(night)).at == time(3, 30)


def test_a_question_names_both_times() -> None:
    reading = read("tomorrow at eight", Frame(MONDAY.now, hours=(7 * 60, 21 * 60)))
    assert reading.question == "Do you mean 8:00 AM or 8:00 PM?"


def test_a_question_names_both_days() -> None:
    assert read("Friday the 5th", MONDAY).question == "Do you mean Friday, March 6 or Thursday, March 5?"


def test_a_date_and_a_time_are_said_as_a_clock_shows_them() -> None:
    assert (spoken_date(date(2026, 2, 12)), spoken_time(time(12))) == ("Thursday, February 12", "12:00 PM")


def test_devanagari_is_understood_in_an_english_call() -> None:
    assert read("कल शाम पाँच बजे", MONDAY).at == time(17)


# Any text

SOME_WORDS = sorted({word for one in EXPRESSIONS for word in one.words.split()} | {"बजे", "कल", "saadhe", "aaj"})
FRAMES = [one.frame for one in EXPRESSIONS[:: len(EXPRESSIONS) // 7]]


def faults(text: str, reading: Reading) -> list[str]:
    """What no reading of any text may be."""
    wrong = {
        "a span that is not within the text": not all(0 <= start < end <= len(text) for start, end in reading.spans),
        "spans out of their order": list(reading.spans) != sorted(reading.spans),
        "something read from nowhere": not reading.spans and reading != Reading(),
        "an end that is not behind its beginning": (
            reading.end_day is not None and reading.day is not None and reading.day >= reading.end_day
        ),
    }
    return [name for name, is_so in wrong.items() if is_so]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.sampled_from(FRAMES), st.sampled_from(["en", "hi"]))
def test_no_text_breaks_it(text: str, frame: Frame, language: str) -> None:
    assert faults(text, read(text, frame, language)) == []


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(SOME_WORDS), max_size=20),
    st.sampled_from(FRAMES),
    st.sampled_from(["en", "hi"]),
    st.sampled_from([None, "time", "date"]),
)
def test_no_order_of_its_own_words_breaks_it(
    words: list[str], frame: Frame, language: str, expecting: str | None
) -> None:
    text = " ".join(words)
    assert faults(text, read(text, frame, language, expecting=expecting)) == []


@settings(max_examples=100, deadline=None)
@given(st.datetimes(), st.sampled_from(EXPRESSIONS))
def test_no_clock_breaks_it(now: datetime, one: Expression) -> None:
    assert faults(one.words, read(one.words, Frame(now), "hi")) == []


def test_what_no_honest_caller_says_is_read_without_harm() -> None:
    for text in EVERYTHING:
        assert faults(str(text), read(str(text), MONDAY)) == []


def work(text: str, language: str) -> int:
    """How many functions are called: what takes longer with a longer text, whatever the machine does meanwhile."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        read(text, MONDAY, language)
    finally:
        sys.setprofile(None)
    return count


REPEATED = [
    "monday or ",
    "not 3, ",
    "kal ",
    "now . ",
    "the ",
    "a.",
    "1-",
    "9:",
    "from 3 to ",
    "in a ",
    "twenty ",
    "@a.",
]
REPEATED += ["week of ", "first monday in ", "1 or ", "half ", "aaj se ", "day after ", "next week ", "end of ", "x"]


@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize("language", ["en", "hi"])
def test_twice_the_text_is_twice_the_work(piece: str, language: str) -> None:
    short, long = piece * (600 // len(piece)), piece * (1_200 // len(piece))
    work(short, language)
    assert work(long, language) < 2.3 * work(short, language) + 200


def test_ten_thousand_characters_of_anything_are_read() -> None:
    dice = random.Random(7)
    for _ in range(3):
        text = " ".join(dice.choice(SOME_WORDS) for _ in range(3_000))[:10_000]
        assert faults(text, read(text, MONDAY, "hi")) == []


# The command


def understand(lines: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, str(ROOT / "agent_worker.py"), "understand", *options]
    return subprocess.run(command, input=lines, capture_output=True, check=False, cwd=ROOT)


def told(lines: bytes, *options: str) -> list[dict[str, str | None]]:
    result = understand(lines, *options)
    assert (result.returncode, result.stderr) == (0, b"")
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


NOW = ("--now", "2026-03-02T09:00")


def test_the_command_answers_each_line_with_an_object() -> None:
    first, second, third = told(b"from Tuesday to Thursday\nat eight\nhello\n", *NOW, "--open", "07:00-21:00")
    assert first == {
        "text": "from Tuesday to Thursday",
        "date": "2026-03-03",
        "time": None,
        "end_date": "2026-03-05",
        "end_time": None,
        "ambiguous": None,
    }
    assert (second["time"], second["ambiguous"]) == (None, "Do you mean 8:00 AM or 8:00 PM?")
    assert set(third.values()) == {"hello", None}


def test_the_command_settles_a_bare_hour_by_the_opening_hours() -> None:
    (answer,) = told(b"tomorrow between two and four\n", *NOW, "--open", "09:00-17:30")
    assert (answer["date"], answer["time"], answer["end_time"]) == ("2026-03-03", "14:00", "16:00")


def test_the_command_reads_the_clock_in_the_zone_that_is_named() -> None:
    (answer,) = told(b"today\n", "--now", "2026-03-02T20:00+00:00", "--zone", "Asia/Kolkata")
    assert answer["date"] == "2026-03-03"


def test_the_command_knows_locales_and_languages() -> None:
    (british,) = told(b"3/4\n", *NOW, "--locale", "en-GB")
    (hindi,) = told(b"kal shaam paanch baje\n", *NOW, "--language", "hi")
    assert (british["date"], hindi["date"], hindi["time"]) == ("2026-04-03", "2026-03-03", "17:00")


def test_bytes_that_are_no_text_and_a_last_line_without_its_end_are_answered_too() -> None:
    answers = told(b"tomorrow \xff\xfe\r\n\n\x00at three", *NOW)
    assert [(one["date"], one["time"]) for one in answers] == [("2026-03-03", None), (None, None), (None, "15:00")]
    assert answers[0]["text"] == "tomorrow \ufffd\ufffd"


def test_an_answer_comes_before_the_next_line_is_typed() -> None:
    command = [sys.executable, str(ROOT / "agent_worker.py"), "understand", *NOW]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        for words, day in ((b"today\n", "2026-03-02"), (b"tomorrow\n", "2026-03-03")):
            process.stdin.write(words)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["date"] == day
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.parametrize(
    ("now", "zone", "hours", "locale"),
    [
        ("yesterday", None, None, "en-US"),
        ("2026-13-02T09:00", None, None, "en-US"),
        ("2026-03-02T09:00", "Mars/Olympus", None, "en-US"),
        ("2026-03-02T09:00", "../etc/passwd", None, "en-US"),
        ("2026-03-02T09:00", "", None, "en-US"),
        ("0001-01-01T00:00+05:00", "Asia/Kolkata", None, "en-US"),
        ("2026-03-02T09:00", None, "9-5", "en-US"),
        ("2026-03-02T09:00", None, "17:00-09:00", "en-US"),
        ("2026-03-02T09:00", None, "09:00-24:30", "en-US"),
        ("2026-03-02T09:00", None, None, "xx-XX"),
    ],
)
def test_an_option_that_cannot_be_is_one_sentence(now: str, zone: str | None, hours: str | None, locale: str) -> None:
    with pytest.raises(BadOption, match=r"^--(now|zone|open|locale): .+\.$"):
        frame_of(now, zone, hours, locale)


def test_the_command_says_the_sentence_and_ends_with_exit_code_2() -> None:
    result = understand(b"today\n", *NOW, "--language", "tlh")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.decode() == "--language: there is no «tlh» here; there are en, hi.\n"


# The bench


def test_the_bench_lists_each_miss_and_each_invention(tmp_path: Path) -> None:
    turns = [
        {"text": "tomorrow at three", "slots": {"date": "2026-03-03", "time": "15:00"}},
        {"text": "tomorrow at four", "slots": {"date": "2026-03-03"}},
        {"text": "no thanks", "slots": {}},
        {"text": "on Friday", "slots": {}},
    ]
    file = tmp_path / "turns.jsonl"
    file.write_text("\n".join(map(json.dumps, turns)), encoding="utf-8")
    command = [sys.executable, "-m", "bench.understand", "--turns", str(file), "--now", "2026-03-02T09:00"]
    printed = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True).stdout
    assert "miss       tomorrow at four" in printed
    assert "invention  on Friday" in printed
    assert "all turns right                   2 of 4" in printed


def test_a_reading_is_written_in_full() -> None:
    reading = Reading(
        date(2026, 3, 2), end_day=date(2026, 3, 4), not_at=(time(15),), later_times=True, question="Which?"
    )
    assert written(reading) == "2026-03-02..2026-03-04 + !15:00 ?"
