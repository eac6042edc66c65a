"""The typed console: lines in, a conversation or events out, and a summary however it ends."""

import asyncio
import io
import itertools
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import APIConnectionError, llm

import agent_worker
import events
from agents.console import Mind, converse
from agents.incoming import Incoming, NotPossible, caller_number, pick_up, route_to, standing_clocks
from agents.transcript import EventLines, Paper, Transcript
from agents.typist import Typist, piped, spoken
from db.business import Switchboard
from db.call_log import list_calls
from db.calls import LONGEST_TURN
from db.engine import Store
from events import from_json
from settings import Settings
from tests.calling import make_call
from tests.conftest import ROOT
from tests.conversations import fill
from tests.people import add_clinic_people
from tests.scripted import ScriptedLLM, Step, Use
from tests.test_session import BOOKING
from tools.call import Call

NOW = "2026-03-02T09:00"
BYE: list[Step] = [Use("end_conversation"), "Goodbye."]


def lines_of(*lines: str | None) -> Typist:
    """A caller who says these."""
    left = iter(lines)
    return Typist(lambda: next(left, None))


@pytest.fixture
async def clinic(store: Store, board: Switchboard) -> Call:
    await add_clinic_people(store, board)
    return await make_call(store, board, "kavita")


async def as_events(call: Call, model: llm.LLM[Any] | Sequence[Step], typist: Typist) -> list[events.Event]:
    page = io.StringIO()
    mind = Mind("a script", model if isinstance(model, llm.LLM) else ScriptedLLM(model), tool_rounds=5)
    await asyncio.wait_for(converse(call, mind, typist, EventLines(Paper(page)), lambda: 0.0), 20)
    return [from_json(line).event for line in page.getvalue().splitlines()]


async def as_transcript(call: Call, steps: Sequence[Step], typist: Typist) -> str:
    page = io.StringIO()
    mind = Mind("a script", ScriptedLLM(steps), 5)
    await converse(call, mind, typist, Transcript(Paper(page), echo=True), lambda: 0.0)
    return page.getvalue()


def said(told: Sequence[events.Event]) -> list[str]:
    return [one.text for one in told if isinstance(one, events.SpeakingStart)]


def heard(told: Sequence[events.Event]) -> list[str]:
    return [one.text for one in told if isinstance(one, events.UserSpeaking)]


# How it goes, and how it ends


async def test_it_ends_with_the_goodbye_and_reads_no_further(clinic: Call) -> None:
    unread = iter(["hello", "bye", "and another thing"])
    told = await as_events(clinic, ["Yes?", *BYE], Typist(lambda: next(unread, None)))
    assert said(told) == ["Hello, this is Kavita at Lotus Clinic. How can I help you?", "Yes?", "Goodbye."]
    assert isinstance(told[-2], events.Summary) and told[-1] == events.Shutdown("goodbye")
    assert list(unread) == ["and another thing"]


async def test_at_the_end_of_the_input_it_is_as_if_the_caller_hung_up(clinic: Call) -> None:
    told = await as_events(clinic, [Use("fetch_slots", {"date": "tomorrow"}), "From nine."], lines_of("tomorrow?"))
    summary = told[-2]
    assert isinstance(summary, events.Summary) and summary.intent == "find a free time"
    assert told[-1] == events.Shutdown("caller_hung_up")


async def test_silence_ends_it(clinic: Call) -> None:
    never = threading.Event()
    typist = Typist(lambda: str(never.wait(60)), patience=0.05)
    assert (await as_events(clinic, [], typist))[-1] == events.Shutdown("silence")
    never.set()


async def test_who_types_is_not_silent() -> None:
    at_last, keys = threading.Event(), itertools.chain([0.0, 1.0, 2.0], itertools.repeat(3.0))
    typist = Typist(lambda: None if at_last.wait(60) else "", patience=0.05, touched=lambda: next(keys))
    began = asyncio.get_running_loop().time()
    assert await typist.line() is None
    assert typist.left == "silence" and asyncio.get_running_loop().time() - began > 0.14
    at_last.set()


class Mute(ScriptedLLM):
    """A model that thinks without end, and says when it begins to."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked = asyncio.Event()

    def chat(self, **request: Any) -> llm.LLMStream:
        self.asked.set()
        return _Thinking(self, **{name: request[name] for name in ("chat_ctx", "tools", "conn_options")})


class _Thinking(llm.LLMStream):
    async def _run(self) -> None:
        await asyncio.Event().wait()


async def test_who_hangs_up_waits_for_no_answer(clinic: Call) -> None:
    model, typist = Mute(), lines_of("hello")
    talk = asyncio.create_task(as_events(clinic, model, typist))
    await model.asked.wait()
    typist.hang_up()
    assert (await talk)[-1] == events.Shutdown("caller_hung_up")


class Stumbling(ScriptedLLM):
    """Fails once for good, then goes on."""

    def chat(self, **request: Any) -> llm.LLMStream:
        if not self.seen:
            self.seen.append(request["chat_ctx"])
            raise APIConnectionError()
        return super().chat(**request)


async def test_a_model_that_fails_in_a_turn_is_apologised_for_and_asked_again(clinic: Call) -> None:
    told = await as_events(clinic, Stumbling(["In the clinic."]), lines_of("where?", "where?"))
    assert said(told)[1].startswith("I'm sorry") and said(told)[2] == "In the clinic."


async def test_the_conversation_is_shown_as_people_read_it(clinic: Call) -> None:
    page = await as_transcript(clinic, BOOKING[:2] + BYE, lines_of("3300, and 6150", "bye"))
    lines = page.splitlines()
    assert lines[:2] == ["Kavita: Hello, this is Kavita at Lotus Clinic. How can I help you?", "You: ••••"]
    assert lines[2].startswith('  · identify_user(user_id="••00", pin="••••") → found {"user"')
    assert lines[3] == "Kavita: Welcome, Rahul. When would you like to come?"
    assert lines[-2].startswith("Summary: ") and lines[-3] == ""


async def test_the_caller_hears_their_new_pin_and_no_event_holds_it(clinic: Call) -> None:
    def read_out(output: str) -> str:
        return f"Your PIN is {json.loads(output)['user']['pin']}."

    steps: list[Step] = [Use("register_user", {"name": "Asha Rao"}), read_out]
    page = await as_transcript(clinic, steps, lines_of("I'm Asha Rao"))
    (told,) = [line for line in page.splitlines() if "Your PIN is" in line]
    pin = told.split()[-1].strip(".")
    assert len(pin) == 4 and pin.isdigit() and page.count(pin) == 1


async def test_after_a_handover_the_colleagues_name_stands_before_their_words(store: Store, board: Switchboard) -> None:
    await fill(store, board)
    call = await make_call(store, board, "airline")
    page = await as_transcript(call, [Use("to_seats", {"reason": "a seat"}), "Your number?"], lines_of("a seat"))
    assert "  · triage → seats\nNina: Your number?\n" in page


# What is typed


async def test_lines_without_words_are_no_turns(clinic: Call) -> None:
    told = await as_events(clinic, ["Yes?"], lines_of("", "  \n", "\x00\x1b\x07", "hello\n"))
    assert heard(told) == ["hello"]


TYPED = [
    ("  two   blanks ", "two blanks"),
    ("a\x00b\x1b[31mc\r\n", "a b [31mc"),
    ("\ufeffhello", "hello"),
    ("\ud800", ""),
    ("कल क्\u200dया", "कल क्\u200dया"),
    ("x" * (LONGEST_TURN + 5), "x" * LONGEST_TURN),
]


@pytest.mark.parametrize(("line", "words"), TYPED, ids=range(len(TYPED)))
def test_a_line_becomes_what_a_caller_could_have_said(line: str, words: str) -> None:
    assert spoken(line) == words


def test_a_pipe_may_hold_any_bytes_and_lines_of_any_length() -> None:
    read = piped(io.BytesIO(b"caf\xe9 \xff\n" + b"y" * 200_000 + b"\nlast"))
    told = [read(), spoken(read() or ""), read(), read()]
    assert told == ["caf\ufffd \ufffd\n", "y" * LONGEST_TURN, "last", None]


async def test_ten_thousand_characters_are_one_turn(clinic: Call) -> None:
    told = await as_events(clinic, ["That was a lot."], lines_of("word " * 2_000))
    assert len(heard(told)) == 1 and said(told)[-1] == "That was a lot."


# Who is called


async def test_the_demo_child_is_the_storytellers(store: Store, board: Switchboard) -> None:
    await fill(store, board)
    clocks = await standing_clocks(store, NOW, board.business("hanuman-toy"))
    incoming = Incoming(route_to(board, "storyteller"), clocks.world)
    call = await pick_up(store, board, Settings(_env_file=None), incoming)
    told = await as_events(call, [], lines_of())
    assert "Mira" in said(told)[0]


async def test_a_time_without_a_zone_is_the_businesss_own(store: Store, board: Switchboard) -> None:
    clinic = board.business("lotus-clinic")
    clocks = [await standing_clocks(store, at, clinic) for at in (NOW, "2026-03-02T14:00Z")]
    assert clocks[0].world() == clocks[1].world()


def test_what_cannot_be_called_is_said_in_a_sentence(board: Switchboard) -> None:
    with pytest.raises(NotPossible, match="desk «bakery»; there are airline, care"):
        route_to(board, "bakery")
    with pytest.raises(NotPossible, match="no whole phone number"):
        caller_number("555 0100")
    assert caller_number("+1 (202) 555-0101") == "+12025550101"


# The command itself


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A process of its own, with a store of its own."""
    ours = {"DATABASE_URL": f"sqlite:///{tmp_path}/s.db", "KEY_FILE": f"{tmp_path}/s.key", "PYTHONPATH": str(ROOT)}
    aside = {"OPENAI_API_KEY", "OPENAI_BASE_URL", "NO_COLOR", "PYTHONHASHSEED"}
    kept = {name: value for name, value in os.environ.items() if name not in aside}
    return {**kept, **ours, "BUSINESS_FILE": str(ROOT / "business.toml"), "TERM": "xterm"}


def command(*options: str) -> list[str]:
    start = "import sys, agent_worker; sys.exit(agent_worker.run(sys.argv[1:]))"
    return [sys.executable, "-c", start, "console", *options]


def run(environment: dict[str, str], typed: str | bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    data = typed if isinstance(typed, bytes) else typed.encode()
    folder = Path(environment["KEY_FILE"]).parent
    return subprocess.run(
        command(*options), input=data, capture_output=True, env=environment, cwd=folder, timeout=90, check=False
    )


TALK = "1001\nwhat is free tomorrow?\n12 PM\nyes please\nbye\n"
REPEATED = ("--text", "--json", "--now", NOW, "--caller", "+12025550101")


def test_the_same_conversation_prints_the_same_bytes(environment: dict[str, str], tmp_path: Path) -> None:
    first = run(environment, TALK, *REPEATED)
    second = run(environment, TALK, *REPEATED, "--db", f"sqlite:///{tmp_path}/other.db")
    assert (first.returncode, first.stdout) == (second.returncode, second.stdout)
    told = [from_json(line) for line in first.stdout.splitlines()]
    assert told[-1].event == events.Shutdown("goodbye") and {one.ts for one in told} == {0.0}
    tools = [one.event for one in told if isinstance(one.event, events.ToolCall)]
    assert tools[0].function == "identify_user" and tools[0].result["status"] == "found"
    assert said([one.event for one in told])[0].startswith("Hello Archit")
    assert len(first.stderr.splitlines()) == 3


async def test_another_call_in_the_same_store_is_another_call(environment: dict[str, str], store: Store) -> None:
    folder = Path(environment["KEY_FILE"]).parent
    there = {**environment, "DATABASE_URL": f"sqlite:///{folder}/store.db", "KEY_FILE": f"{folder}/store.key"}
    told = [run(there, "bye\n", "--text", "--json", "--now", NOW).stdout for _ in range(3)]
    assert len({from_json(one.splitlines()[0]).call_id for one in told}) == 3
    assert [(one.outcome, one.end_reason) for one in await list_calls(store)] == [("goodbye", "goodbye")] * 3


MISTAKES = [
    ((), "console --text"),
    (("--text", "--desk", "bakery"), "No number leads to a desk «bakery»"),
    (("--text", "--caller", "12"), "no whole phone number"),
    (("--text", "--now", "soon"), "«soon» is no date and time"),
]


@pytest.mark.parametrize(("options", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    environment: dict[str, str],
    options: tuple[str, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("DATABASE_URL", "KEY_FILE", "BUSINESS_FILE"):
        monkeypatch.setenv(name, environment[name])
    assert agent_worker.run(["console", *options]) == 2
    told = capsys.readouterr()
    assert sentence in told.err and told.err.count("\n") == 1 and told.out == ""


def test_a_reader_that_goes_away_does_not_end_the_call_before_its_end(environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        command("--text", "--json"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment, cwd=Path(environment["KEY_FILE"]).parent,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    with process, process.stdin as keys, process.stdout as page, process.stderr as notes:
        page.readline()
        page.close()
        keys.write(b"bye\n")
        keys.close()
        assert process.wait(60) == 0 and len(notes.read().splitlines()) == 3


class Terminal:
    """A terminal with the console in it."""

    def __init__(self, environment: dict[str, str], *options: str) -> None:
        self.fd, self.inner = pty.openpty()
        self.before = termios.tcgetattr(self.inner)
        self.page = b""
        self.process = subprocess.Popen(
            command("--text", *options), stdin=self.inner, stdout=self.inner, stderr=self.inner,
            env=environment, cwd=Path(environment["KEY_FILE"]).parent, preexec_fn=self._take, close_fds=True,
        )  # fmt: skip

    def _take(self) -> None:
        """A terminal sends Ctrl-C to the session that it controls."""
        os.setsid()
        os.close(os.open(os.ttyname(self.inner), os.O_RDWR))

    def see(self, text: str, times: int = 1) -> None:
        """Returns when that stands on the screen."""
        until = time.monotonic() + 60
        while self.page.count(text.encode()) < times:
            ready, _, _ = select.select([self.fd], [], [], 1)
            self.page += os.read(self.fd, 65536) if ready else b""
            assert time.monotonic() < until and (ready or self.process.poll() is None), self.page.decode()

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.inner)
        os.close(self.fd)


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[Terminal]:
    made = Terminal(environment)
    yield made
    made.close()


def test_at_a_terminal_there_are_colours_and_a_history(terminal: Terminal) -> None:
    terminal.see("You: ")
    terminal.type(b"good mornning\x1b[D\x1b[D\x1b[D\x7f\n")
    terminal.see("You: ", times=2)
    terminal.type(b"\x1b[A\n")
    terminal.see("You: ", times=3)
    terminal.type(b"bye\n")
    terminal.see("Summary: ")
    assert terminal.process.wait(30) == 0
    assert terminal.page.count(b"You: good morning") >= 1
    assert "\x1b[1;36mKavita:\x1b[0m Hello" in terminal.page.decode() and b"\x1b[2m  \xc2\xb7 end_conv" in terminal.page


@pytest.mark.parametrize("keys", [b"\x04", b"\x03"], ids=["ctrl-d", "ctrl-c"])
def test_who_leaves_sees_the_summary_and_finds_the_terminal_as_it_was(terminal: Terminal, keys: bytes) -> None:
    terminal.see("You: ")
    terminal.type(keys)
    terminal.see("Summary: ")
    assert terminal.process.wait(30) == 0
    assert termios.tcgetattr(terminal.inner) == terminal.before


def test_colours_can_be_turned_off(environment: dict[str, str]) -> None:
    terminal = Terminal({**environment, "NO_COLOR": "1"})
    terminal.see("You: ")
    terminal.process.send_signal(signal.SIGINT)
    terminal.see("Summary: ")
    terminal.close()
    assert b"\x1b[1;36m" not in terminal.page and b"Kavita: Hello" in terminal.page
