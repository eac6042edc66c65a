"""The chain of models: whatever the first one does in the middle of a turn, the caller gets one whole answer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import APIConnectionError, APIError, APITimeoutError, llm
from pydantic import SecretStr

from agents.desk import SORRY
from db.business import Switchboard
from db.engine import Store
from db.log_privacy import Discreet
from settings import Settings
from speech.model import describe_model, make_model
from speech.whole_sentences import in_time, sentences_of
from tests.calling import say
from tests.conversations import CONVERSATIONS, with_demo
from tests.openai_server import Broken, Garbage, Hang, OpenAIServer, Refuse, Slow, Step, chunks_of
from tests.scripted import Use
from tests.understudy import WORDS, Understudy
from tests.wire import LONG, ChainedLine, chain, chained, runs, times
from tools.call import Call

SHORT = 1.0
"""Seconds that a silence is waited for where the test makes one."""
TEXT = "I have ten o'clock. There is noon as well. Which one would you like?"
FIRST, SECOND, _ = sentences_of(TEXT)
ENGINE = " ".join(WORDS)
IN_FIRST, IN_SECOND = 4, 9
"""Chunks after which the first or the second sentence is incomplete."""

NOTHING_SAID: dict[str, Step] = {
    "429": Refuse(429),
    "500": Refuse(500),
    "401": Refuse(401),
    "no status": Hang(),
    "no words": Broken(TEXT, 0, "silent"),
    "signs of life, no words": Broken(TEXT, 0, "pulsing"),
    "cut in the first sentence": Broken(TEXT, IN_FIRST),
    "silent in the first sentence": Broken(TEXT, IN_FIRST, "silent"),
    "ended in the first sentence": Broken(TEXT, IN_FIRST, "ended"),
    "too long for one sentence": Broken(TEXT, IN_FIRST, "length"),
    "a trickle": Slow("I have ten o'clock, and noon as well, and five in the afternoon.", SHORT / 3),
    "no JSON": Garbage(b"data: {nonsense\n\n"),
    "a web page": Garbage(b"<html><body>Welcome</body></html>", "text/html"),
    "nothing at all": Garbage(b"data: [DONE]\n\n"),
    "only blanks": " ",
    "cut in a tool call": Broken(CONVERSATIONS["kavita"].look, 6),
}
"""Faults after which the caller has heard nothing yet."""
ONE_SENTENCE_SAID: dict[str, Step] = {
    "cut in the second sentence": Broken(TEXT, IN_SECOND),
    "silent in the second sentence": Broken(TEXT, IN_SECOND, "silent"),
    "pulsing in the second sentence": Broken(TEXT, IN_SECOND, "pulsing"),
    "ended in the second sentence": Broken(TEXT, IN_SECOND, "ended"),
    "cut in a tool call behind a sentence": Broken([f"{FIRST} Let me see.", CONVERSATIONS["kavita"].look], 14),
}
FAULTS = {name: (fault, ENGINE) for name, fault in NOTHING_SAID.items()}
FAULTS |= {name: (fault, f"{FIRST} {ENGINE}") for name, fault in ONE_SENTENCE_SAID.items()}


@pytest.fixture(scope="module")
def migrated(migrated: Path, tmp_path_factory: pytest.TempPathFactory, board: Switchboard) -> Path:
    """The store that each test gets a copy of, with the demo in it."""
    return with_demo(migrated, tmp_path_factory.mktemp("demo"), board)


@pytest.fixture
async def kavita(store: Store, board: Switchboard) -> Call:
    return await CONVERSATIONS["kavita"].begin(store, board)


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> tuple[Step, str]:
    return FAULTS[request.param]


def patience(step: Step) -> float:
    """A short one only for faults that are silent."""
    silent = isinstance(step, Hang | Slow) or (isinstance(step, Broken) and step.how in {"silent", "pulsing"})
    return SHORT if silent else LONG


def spoken(on: ChainedLine) -> list[str]:
    """All but the greeting, with its spaces as a voice takes them."""
    return [" ".join(said.split()) for said in on.heard[1:]]


async def ask(server: OpenAIServer, engine: Understudy, *, words: str = "Hello?") -> str:
    """What a caller would hear in answer, without a call."""
    context = llm.ChatContext.empty()
    context.add_message(role="user", content=words)
    async with chain(server, engine) as model:
        said = (await model.chat(chat_ctx=context).collect()).text
    return " ".join(said.split())


# What is said


async def test_the_first_turn_of_a_call_is_answered_once_whatever_fails(kavita: Call, fault: tuple[Step, str]) -> None:
    step, expected = fault
    async with chained(kavita, Understudy(), always=step, patience=patience(step)) as on:
        await say(on.session, "Hello?")
        await say(on.session, "And now?")
    assert spoken(on) == [expected, ENGINE]
    assert on.errors == []


async def test_a_call_outlives_all_faults_in_a_row_and_its_model_comes_back_after_each(kavita: Call) -> None:
    expected = [TEXT]
    async with chained(kavita, Understudy(), always=TEXT) as on:
        await say(on.session, "Hello?")
        for step, answer in FAULTS.values():
            on.server.then = step
            on.wait_at_most(patience(step))
            await say(on.session, "When?")
            await on.probed()
            on.server.then = TEXT
            on.wait_at_most(LONG)
            await say(on.session, "Pardon?")
            await on.probed()
            await say(on.session, "Once more?")
            expected += [answer, ENGINE, TEXT]
    assert spoken(on) == expected
    assert on.errors == []


async def test_a_server_that_is_gone_and_comes_back_is_used_again(kavita: Call) -> None:
    async with chained(kavita, Understudy(), always=TEXT) as on:
        await say(on.session, "Hello?")
        await on.server.stop()
        for words in ("When?", "When?", "When?", "When?", "When?"):
            await say(on.session, words)
        await on.probed()
        await on.server.start()
        await say(on.session, "When?")
        await on.probed()
        await say(on.session, "When?")
    assert spoken(on) == [TEXT, *[ENGINE] * 6, TEXT]
    assert on.errors == []


@pytest.mark.parametrize("how", ["dropped", "ended", "finished"])
async def test_wherever_an_answer_is_cut_whole_sentences_are_heard_and_none_twice(how: Any) -> None:
    for after in range(len(chunks_of(TEXT))):
        async with OpenAIServer([Broken(TEXT, after, how)]) as server:
            server.then = Refuse(500)
            heard = await ask(server, Understudy(words=(*WORDS, FIRST)))
        said = [one.strip() for one in sentences_of(heard)]
        begun = [one.strip() for one in (FIRST, SECOND) if one.strip() in said]
        assert said in ([*begun, *WORDS], [*WORDS, FIRST]), f"{after}: {heard}"


async def test_a_sentence_that_was_said_is_not_said_again_by_the_engine() -> None:
    engine = Understudy(words=("I have ten o'clock!", "Shall I take it?"))
    async with OpenAIServer([Broken(TEXT, IN_SECOND)]) as server:
        server.then = Refuse(500)
        assert await ask(server, engine) == f"{FIRST} Shall I take it?"


async def test_the_engine_is_told_what_was_said_and_nothing_that_was_not() -> None:
    engine = Understudy()
    async with OpenAIServer([Broken(TEXT, IN_SECOND)]) as server:
        server.then = Refuse(500)
        await ask(server, engine)
    caller, said = engine.asked[0].items
    assert isinstance(said, llm.ChatMessage) and (said.text_content, said.interrupted) == (FIRST, True)
    assert isinstance(caller, llm.ChatMessage) and caller.text_content == "Hello?"


async def test_an_answer_cut_by_the_allowed_length_ends_at_its_last_whole_sentence(kavita: Call) -> None:
    async with chained(kavita, Understudy(), Broken(TEXT, IN_SECOND, "length"), TEXT) as on:
        await say(on.session, "When?")
        await say(on.session, "Pardon?")
    assert spoken(on) == [FIRST, TEXT]


@pytest.mark.parametrize("text", [TEXT, "नमस्ते। आप कैसे हैं? मैं ठीक हूँ।", "One moment", "Dr. Rao, at 10 a.m. or $3.50?"])
async def test_a_whole_answer_is_passed_on_as_it_is_in_whole_sentences(text: str) -> None:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="Hello?")
    async with (
        OpenAIServer([text]) as server,
        chain(server, Understudy()) as model,
        model.chat(chat_ctx=context) as stream,
    ):
        given = [chunk.delta.content async for chunk in stream if chunk.delta and chunk.delta.content]
    assert "".join(given) == text
    assert given == sentences_of(text)


# What is done


DEED, LOOK = CONVERSATIONS["kavita"].deed, CONVERSATIONS["kavita"].look
HALF = '{"date": "tomorrow", "time_slot": "3'
TOOL_FAULTS: dict[str, Step] = {
    "cut": Broken(DEED, 6),
    "silent": Broken(DEED, 6, "silent"),
    "ended": Broken(DEED, 6, "ended"),
    "too long": Broken(DEED, 6, "length"),
    "cut behind words": Broken(["One moment.", DEED], 10),
    "ended behind words": Broken(["One moment.", DEED], 10, "ended"),
    "half the arguments, as if they were whole": Use(DEED.name, HALF),
    "whole, then cut in another": Broken([DEED, LOOK], len(chunks_of(DEED)) + 1),
    "whole, then cut": Broken(DEED, 999, "finished"),
    "whole with words, then cut": Broken(["One moment.", DEED], 999, "finished"),
}


@pytest.mark.parametrize("name", TOOL_FAULTS)
async def test_a_deed_is_done_once_and_told_as_it_is_wherever_its_call_breaks_off(
    kavita: Call, store: Store, name: str
) -> None:
    talk = CONVERSATIONS["kavita"]
    broken = TOOL_FAULTS[name]
    async with chained(kavita, Understudy(DEED), *talk.known, always=broken) as on:
        await say(on.session, "It is me.")
        on.wait_at_most(patience(broken))
        await say(on.session, "Do it.")
        assert await talk.kept(store) == talk.after and await times(store, DEED) == 1
        await say(on.session, "Thanks.")
    assert spoken(on)[-1] == ENGINE
    told = " ".join(spoken(on)[1:-1])
    assert told.count("The result:") == 1 and '"status": "booked"' in told
    assert told.count("One moment.") <= 1
    assert on.errors == []


@pytest.mark.parametrize("desk", CONVERSATIONS)
async def test_no_desk_does_a_deed_twice_when_its_model_is_cut_behind_it(
    store: Store, board: Switchboard, desk: str
) -> None:
    talk = CONVERSATIONS[desk]
    call = await talk.begin(store, board)
    engine = Understudy(talk.deed)
    async with chained(call, engine, *talk.known, talk.deed, always=Broken(TEXT, IN_FIRST)) as on:
        await say(on.session, "It is me.")
        await say(on.session, "Do it.")
    assert await times(store, talk.deed) == 1 and await talk.kept(store) == talk.after
    assert spoken(on)[-1].startswith("The result:")


async def test_a_probe_runs_no_tool(kavita: Call, store: Store) -> None:
    async with chained(kavita, Understudy(), Refuse(500), always=LOOK) as on:
        await say(on.session, "Hello?")
        await on.probed()
    assert spoken(on) == [ENGINE] and await runs(store) == []


# The circuit


async def test_a_model_that_failed_is_not_waited_for_again_and_its_probe_ends_with_the_chain(kavita: Call) -> None:
    before = asyncio.all_tasks()
    async with chained(kavita, Understudy(), Refuse(500), always=Hang()) as on:
        for words in ("Hello?", "When?", "When?"):
            await asyncio.wait_for(say(on.session, words), 10)
    assert spoken(on) == [ENGINE] * 3
    assert asyncio.all_tasks() == before


async def test_a_caller_who_interrupts_does_not_count_as_a_failure() -> None:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="Hello?")
    steps: list[Step] = [Broken(TEXT, IN_SECOND, "silent"), TEXT]
    async with OpenAIServer(steps) as server, chain(server, Understudy()) as model:
        async with model.chat(chat_ctx=context) as stream:
            heard = await anext(stream)
        assert heard.delta is not None and heard.delta.content == FIRST
        assert (await model.chat(chat_ctx=context).collect()).text == TEXT


async def test_chunks_that_say_nothing_do_not_prolong_the_wait() -> None:
    async def counting() -> AsyncIterator[llm.ChatChunk]:
        while True:
            await asyncio.sleep(0.01)
            used = llm.CompletionUsage(completion_tokens=1, prompt_tokens=1, total_tokens=2)
            yield llm.ChatChunk(id="1", usage=used)

    with pytest.raises(APITimeoutError):
        await asyncio.wait_for(anext(part async for part in in_time(counting(), 0.2) if part.has_response()), 10)


class Speechless(Understudy):
    """An engine with a fault of its own."""

    def chat(self, **request: Any) -> llm.LLMStream:
        super().chat(**request)
        raise APIConnectionError("speechless")


async def test_where_even_the_engine_fails_the_desk_apologises_at_once(kavita: Call) -> None:
    async with chained(kavita, Speechless(), Refuse(500), always=Refuse(500)) as on:
        with pytest.raises(APIError):
            await say(on.session, "Hello?")
    assert spoken(on) == [SORRY["en"]]
    assert [failure.error.recoverable for failure in on.errors] == [False]


async def test_what_was_said_before_a_failure_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.filtering(Discreet()):
        async with OpenAIServer([Broken(TEXT, IN_SECOND)]) as server:
            server.then = Refuse(500)
            await ask(server, Understudy())
    assert any("failed after sending" in record.getMessage() for record in caplog.records)
    assert [record for record in caplog.records if FIRST in str(vars(record))] == []


# The choice


def test_without_a_key_and_a_server_the_embedded_engine_answers_alone() -> None:
    settings, engine = Settings(_env_file=None, openai_api_key=None, openai_base_url=None), Understudy()
    assert make_model(settings, engine) is engine
    assert describe_model(settings) == "the embedded engine"


@pytest.mark.parametrize(
    ("key", "url", "told"),
    [
        ("sk-1", None, "gpt-4o-mini at api.openai.com, the embedded engine behind it"),
        (None, "http://user:pass@127.0.0.1:11434/v1", "gpt-4o-mini at 127.0.0.1:11434, the embedded engine behind it"),
    ],
)
async def test_a_key_or_a_server_of_ones_own_puts_a_model_before_the_engine(
    key: str | None, url: str | None, told: str
) -> None:
    secret = None if key is None else SecretStr(key)
    settings = Settings(_env_file=None, openai_api_key=secret, openai_base_url=url)
    async with make_model(settings, Understudy()) as model:
        assert model.model == "gpt-4o-mini"
    assert describe_model(settings) == told


async def test_the_model_is_asked_as_the_settings_say() -> None:
    async with OpenAIServer([TEXT]) as server:
        assert await ask(server, Understudy()) == TEXT
    body = server.asked[0].body
    assert (body["model"], body["temperature"], body["max_completion_tokens"]) == ("gpt-4o-mini", 0.5, 100)
