"""Every desk through the real OpenAI plugin, against a server that speaks the protocol and fails as providers do."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError

from agents import DESKS
from agents.desk import SORRY
from db.business import Switchboard
from db.engine import Store
from speech.times import spoken_date
from tests.calling import TOOL_ROUNDS, Watch, say
from tests.conversations import CONVERSATIONS, Conversation, with_demo
from tests.openai_server import Broken, Refuse, chunks_of
from tests.scripted import Use
from tests.wire import ATTEMPTS, flaws, line, runs, times
from tools.call import Call


@pytest.fixture(scope="module")
def migrated(migrated: Path, tmp_path_factory: pytest.TempPathFactory, board: Switchboard) -> Path:
    """The store that each test gets a copy of, with the demo in it."""
    return with_demo(migrated, tmp_path_factory.mktemp("demo"), board)


@pytest.fixture(params=[name for name in CONVERSATIONS if name in DESKS])
def talk(request: pytest.FixtureRequest) -> Conversation:
    return CONVERSATIONS[request.param]


@pytest.fixture
async def call(store: Store, board: Switchboard, talk: Conversation) -> Call:
    return await talk.begin(store, board)


@pytest.fixture
async def kavita(store: Store, board: Switchboard) -> Call:
    """For what is the same at every desk."""
    return await CONVERSATIONS["kavita"].begin(store, board)


def test_every_desk_has_its_conversation() -> None:
    assert set(DESKS) <= set(CONVERSATIONS)


async def test_the_main_conversation_leaves_what_was_agreed(call: Call, talk: Conversation, store: Store) -> None:
    assert await talk.kept(store) != talk.after
    async with line(call, *(step for _, steps in talk.turns for step in steps)) as on:
        for words, steps in talk.turns:
            await say(on.session, words)
            assert on.heard[-1] == steps[-1]
    assert sorted(await runs(store)) == sorted(talk.runs)
    assert await talk.kept(store) == talk.after


async def test_the_settings_of_the_model_are_sent(kavita: Call) -> None:
    async with line(kavita, "Hello.") as on:
        await say(on.session, "Hello?")
    sent = on.server.asked[0].body
    assert {name: sent[name] for name in ("model", "temperature", "max_completion_tokens", "stream")} == {
        "model": "gpt-4o-mini",
        "temperature": 0.5,
        "max_completion_tokens": 100,
        "stream": True,
    }


async def test_every_tool_is_described_closed_and_asks_for_nobody_elses_identity(
    call: Call, talk: Conversation
) -> None:
    async with line(call, *(step for _, steps in talk.turns for step in steps)) as on:
        for words, _ in talk.turns:
            await say(on.session, words)
    sent = {name: function for asked in on.server.asked for name, function in asked.tools.items()}
    assert {name for name, _ in talk.runs} <= set(sent)
    assert [flaw for function in sent.values() for flaw in flaws(function)] == []


async def test_the_prompt_is_the_same_on_every_day_and_the_date_comes_last(call: Call) -> None:
    async with line(call, "Hello.", "Hello again.") as on:
        await say(on.session, "Hello?")
        first_day = call.frame.now
        call.clock = Watch(call.now + timedelta(days=40))
        await say(on.session, "Hello again?")
    before, after = (asked.messages for asked in on.server.asked)
    assert before[0] == after[0] and before[0]["role"] == "system"
    assert spoken_date(first_day.date()) not in before[0]["content"] and "2026" not in before[0]["content"]
    assert [message["role"] for message in after].count("user") == 2 and after[-1]["role"] == "system"
    for messages, day in ((before, first_day), (after, call.frame.now)):
        assert f"{spoken_date(day.date())}, 2026" in messages[-1]["content"]


async def test_tools_asked_for_at_once_all_run_and_all_answer(call: Call, talk: Conversation, store: Store) -> None:
    async with line(call, [talk.look, talk.other], "There you are.") as on:
        await say(on.session, "Both, please.")
    asked = on.server.asked[1]
    assert sorted(asked.calls) == sorted((use.name, use.json) for use in (talk.look, talk.other))
    told = [json.loads(result).get("status", "ok") for result in asked.results]
    assert sorted(told) == sorted(status for _, status in await runs(store))
    assert len(told) == 2 and on.heard[-1] == "There you are."


async def test_the_same_deed_asked_for_twice_at_once_is_done_once(call: Call, talk: Conversation, store: Store) -> None:
    async with line(call, *talk.known, [talk.deed, talk.deed], "It is done.") as on:
        await say(on.session, "It is me.")
        await say(on.session, "Do it.")
    assert await talk.kept(store) == talk.after
    first, second = on.server.asked[-1].results[-2:]
    assert json.loads(first)["status"] == json.loads(second)["status"]


async def test_several_tools_in_one_chunk_all_run(kavita: Call, store: Store) -> None:
    talk = CONVERSATIONS["kavita"]
    async with line(kavita, [talk.look, talk.other], "There you are.", whole_calls=True) as on:
        await say(on.session, "Both, please.")
    assert sorted(await runs(store)) == [("fetch_slots", "ok"), ("identify_user", "needs_pin")]


@pytest.mark.parametrize("spoiled", ['{"date": "tomorrow"', "{'date': 'tomorrow'}", '"{\\"date\\": \\"tomorrow\\"}"'])
async def test_arguments_that_can_be_mended_are_mended(kavita: Call, store: Store, spoiled: str) -> None:
    async with line(kavita, Use("fetch_slots", spoiled), "There you are.") as on:
        await say(on.session, "Tomorrow?")
    assert on.server.asked[1].calls == [("fetch_slots", '{"date": "tomorrow"}')]
    assert await runs(store) == [("fetch_slots", "ok")]


@pytest.mark.parametrize("spoiled", ["of course, right away", '["tomorrow"]', '"tomorrow"', "42"])
async def test_arguments_beyond_mending_are_told_to_the_model(kavita: Call, store: Store, spoiled: str) -> None:
    async with line(kavita, Use("fetch_slots", spoiled), "Which day?") as on:
        await say(on.session, "Tomorrow?")
    assert on.server.asked[1].results[0].startswith("Error parsing arguments for `fetch_slots`")
    assert await runs(store) == [] and on.heard[-1] == "Which day?"


async def test_a_model_that_errs_is_told_how_and_gets_it_right(call: Call, talk: Conversation, store: Store) -> None:
    errors = (Use("open_the_vault", {"all": True}), Use(talk.look.name, "of course, right away"))
    async with line(call, *errors, talk.look, "There you are.") as on:
        await say(on.session, "Tell me.")
    no_such_tool, no_arguments, *rest = on.server.asked[-1].results
    assert no_such_tool.startswith("Unknown function: open_the_vault") and talk.look.name in no_such_tool
    assert "could not parse function arguments as JSON" in no_arguments
    assert len(rest) == 1 and await times(store, talk.look) == 1
    assert on.heard[-1] == "There you are."


async def test_arguments_of_the_wrong_type_change_nothing(call: Call, talk: Conversation, store: Store) -> None:
    before = await talk.kept(store)
    assert isinstance(talk.deed.arguments, dict)
    wrong = Use(talk.deed.name, {name: {"a": [1]} for name in talk.deed.arguments})
    async with line(call, *talk.known, wrong, "I did not get that.") as on:
        await say(on.session, "It is me.")
        await say(on.session, "Do it.")
    assert on.server.asked[-1].results[-1].startswith(f"Error parsing arguments for `{talk.deed.name}`")
    assert await times(store, talk.deed) == 0 and await talk.kept(store) == before


async def test_after_five_rounds_of_tools_the_caller_gets_an_answer(
    call: Call, talk: Conversation, store: Store
) -> None:
    async with line(call, *[talk.look] * TOOL_ROUNDS, "That is all I have.") as on:
        await say(on.session, "Look it up.")
    choices = [asked.body.get("tool_choice") for asked in on.server.asked]
    assert choices == [None, "auto", "auto", "auto", "auto", "none"]
    assert await times(store, talk.look) == TOOL_ROUNDS
    assert on.heard[-1] == "That is all I have."


async def test_a_tool_call_cut_in_two_is_asked_for_again_and_runs_once(
    call: Call, talk: Conversation, store: Store
) -> None:
    async with line(call, *talk.known, Broken(talk.deed, 6), talk.deed, "It is done.") as on:
        await say(on.session, "It is me.")
        await say(on.session, "Do it.")
    assert await times(store, talk.deed) == 1 and await talk.kept(store) == talk.after
    assert on.heard[-1] == "It is done."


@pytest.mark.parametrize(("after", "how"), [(0, "dropped"), (1, "dropped"), (0, "silent"), (6, "silent")])
async def test_an_answer_that_had_no_word_yet_is_asked_for_again(
    kavita: Call, store: Store, after: int, how: Any
) -> None:
    talk = CONVERSATIONS["kavita"]
    async with line(kavita, Broken(talk.look, after, how), talk.look, "There you are.", seconds=1) as on:
        await say(on.session, "Tomorrow?")
    assert await runs(store) == [("fetch_slots", "ok")]
    assert on.heard.count("There you are.") == 1


async def test_a_tool_whose_call_came_whole_before_the_cut_runs_once_and_is_told(
    call: Call, talk: Conversation, store: Store
) -> None:
    cut = Broken([talk.deed, talk.deed], len(chunks_of(talk.deed)) + 1)
    async with line(call, *talk.known, cut, "It is done.") as on:
        await say(on.session, "It is me.")
        with pytest.raises(APIConnectionError):
            await say(on.session, "Do it.")
    assert await times(store, talk.deed) == 1 and await talk.kept(store) == talk.after
    assert on.heard[-1] == "It is done."


async def test_an_answer_cut_behind_a_tool_is_not_said_twice_nor_the_deed_done_twice(
    call: Call, talk: Conversation, store: Store
) -> None:
    cut = Broken("It is done. You may call again.", 8)
    async with line(call, *talk.known, talk.deed, cut, talk.deed, "Yes, it is so.") as on:
        await say(on.session, "It is me.")
        with pytest.raises(APIConnectionError):
            await say(on.session, "Do it.")
        await say(on.session, "Pardon?")
    assert " ".join(on.heard).count("It is done.") == 1 and on.heard[-1] == "Yes, it is so."
    assert await talk.kept(store) == talk.after


@pytest.mark.parametrize("how", ["dropped", "silent"])
async def test_a_sentence_cut_in_two_is_never_begun_again(kavita: Call, how: Any) -> None:
    async with line(kavita, Broken("I have ten o'clock.", 6, how), "Ten o'clock.", seconds=1) as on:
        with pytest.raises(APIConnectionError):
            await say(on.session, "When?")
        await say(on.session, "Pardon?")
    assert on.heard[1].startswith("I have ten o'cloc") and on.heard[2:] == ["Ten o'clock."]
    assert " ".join(on.heard).count("I have") == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_refusal_that_passes_is_not_noticed(kavita: Call, store: Store, status: int) -> None:
    look = CONVERSATIONS["kavita"].look
    async with line(kavita, Refuse(status), look, Refuse(status), "There you are.") as on:
        await say(on.session, "Tomorrow?")
    assert on.heard.count("There you are.") == 1
    assert await runs(store) == [("fetch_slots", "ok")]


async def test_a_refusal_that_stays_is_not_asked_again(kavita: Call) -> None:
    async with line(kavita, Refuse(401), "Hello.") as on:
        with pytest.raises(APIStatusError, match="401"):
            await say(on.session, "Hello?")
        await say(on.session, "Hello?")
    assert on.heard[-1] == "Hello."


async def test_without_the_model_nothing_is_done_and_the_call_goes_on(
    call: Call, talk: Conversation, store: Store
) -> None:
    before = await talk.kept(store)
    async with line(call, *talk.known, talk.deed, "It is done.") as on:
        await say(on.session, "It is me.")
        await on.server.stop()
        with pytest.raises(APIError):
            await say(on.session, "Do it.")
        assert await times(store, talk.deed) == 0 and await talk.kept(store) == before
        assert on.heard[-1].strip() == SORRY["en"]
        await on.server.start()
        await say(on.session, "Are you there?")
        assert on.heard[-1] == "It is done."
    assert await talk.kept(store) == talk.after


async def test_a_model_that_is_gone_behind_a_tool_leaves_the_deed_done_once(kavita: Call, store: Store) -> None:
    talk = CONVERSATIONS["kavita"]
    gone = [Broken("", 0)] * ATTEMPTS
    async with line(kavita, *talk.known, talk.deed, *gone, "It is done.") as on:
        await say(on.session, "It is me.")
        with pytest.raises(APIError):
            await say(on.session, "Do it.")
        await say(on.session, "Are you there?")
    assert on.heard[-1] == "It is done."
    assert await times(store, talk.deed) == 1 and await talk.kept(store) == talk.after


async def test_a_tool_call_that_never_becomes_whole_leaves_no_silence(
    call: Call, talk: Conversation, store: Store
) -> None:
    async with line(call, *talk.known, Broken(talk.deed, 6, "ended"), talk.deed, "It is done.") as on:
        await say(on.session, "It is me.")
        await say(on.session, "Do it.")
        assert on.heard[-1].strip() == SORRY["en"] and await times(store, talk.deed) == 0
        await say(on.session, "Do it.")
    assert on.heard[-1] == "It is done." and await talk.kept(store) == talk.after


async def test_a_tool_call_longer_than_the_model_may_write_leaves_no_silence(kavita: Call, store: Store) -> None:
    async with line(kavita, Broken(CONVERSATIONS["kavita"].look, 6, "length")) as on:
        await say(on.session, "Tomorrow?")
    assert on.heard[-1].strip() == SORRY["en"] and await runs(store) == []


async def test_a_model_that_never_stops_using_tools_leaves_no_silence(kavita: Call, store: Store) -> None:
    async with line(kavita, *[CONVERSATIONS["kavita"].look] * (TOOL_ROUNDS + 1)) as on:
        await say(on.session, "Look it up.")
    assert on.heard[-1].strip() == SORRY["en"]
    assert len(await runs(store)) == TOOL_ROUNDS


async def test_an_empty_answer_leaves_no_silence(kavita: Call) -> None:
    async with line(kavita, " ") as on:
        await say(on.session, "Hello?")
    assert on.heard[-1].strip() == SORRY["en"]


async def test_a_sentence_cut_in_two_is_followed_by_an_apology(kavita: Call) -> None:
    async with line(kavita, Broken("I have ten o'clock.", 6)) as on:
        with pytest.raises(APIError):
            await say(on.session, "When?")
    assert on.heard[-1].strip() == f"I have ten o'cloc … {SORRY['en']}"


async def test_a_tool_that_ran_before_the_cut_is_told_without_an_apology(kavita: Call, store: Store) -> None:
    look = CONVERSATIONS["kavita"].look
    async with line(kavita, Broken([look, look], len(chunks_of(look)) + 1), "There you are.") as on:
        with pytest.raises(APIError):
            await say(on.session, "Tomorrow?")
    assert await runs(store) == [("fetch_slots", "ok")]
    assert SORRY["en"] not in " ".join(on.heard)
