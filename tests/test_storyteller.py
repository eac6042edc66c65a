"""The storyteller's desk: who is greeted, who is not, what a model sees, what is spoken, what is remembered."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from livekit.agents import AgentSession, llm
from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents import find_desk
from agents.guarded import guarded
from agents.storyteller import ITEMS_TOLD, LEFT_OUT
from db.business import Switchboard
from db.child_data import erase_child
from db.consents import revoke_consent
from db.engine import Store
from db.models import Escalation, Interaction
from db.profiles import Child, Limits
from db.progress import story_states
from tests.calling import Watch, say
from tests.children import TOY, call_of, new_child
from tests.scripted import ScriptedLLM, Step, Use
from tools.call import Call
from tools.child import spoken
from tools.story_files import stories_for


@pytest.fixture
async def child(store: Store, board: Switchboard, watch: Watch) -> Child:
    return await new_child(store, board, watch)


@pytest.fixture
async def call(store: Store, board: Switchboard, watch: Watch, child: Child) -> Call:
    return await call_of(store, board, watch, child)


class Talking:
    """A session with the desk, the model behind it, and whether the call has ended."""

    def __init__(self, session: AgentSession[Call], model: ScriptedLLM) -> None:
        self.session, self.model, self.ended = session, model, asyncio.Event()
        session.on("close", lambda _: self.ended.set())

    async def say(self, words: str) -> str:
        """One turn of the child, and all that was spoken in answer."""
        result = await say(self.session, words)
        items = [event.item for event in result.events if event.type == "message"]
        return " ".join(item.text_content or "" for item in items if item.role == "assistant")

    def spoken(self) -> list[str]:
        messages = self.session.history.messages()
        return [message.text_content or "" for message in messages if message.role == "assistant"]


@asynccontextmanager
async def at_the_desk(call: Call, *steps: Step) -> AsyncIterator[Talking]:
    model = ScriptedLLM(steps)
    async with AgentSession[Call](llm=model, userdata=call, max_tool_steps=5) as session:
        talk = Talking(session, model)
        await session.start(find_desk("storyteller").pick_up(call), record=False)
        for _ in range(200):
            if talk.spoken():
                break
            await asyncio.sleep(0.01)
        yield talk


async def check_refused(call: Call, key: str) -> None:
    """The desk says one fixed sentence and ends the call; no model is asked."""
    async with at_the_desk(call) as talk:
        await asyncio.wait_for(talk.ended.wait(), 5)
        assert talk.spoken() == [spoken(call.language, key)]
        assert talk.model.seen == []
        assert call.ending


async def lose(store: Store, table: str) -> None:
    """The store breaks."""

    async def work(session: AsyncSession) -> None:
        await (await session.connection()).execute(text(f"DROP TABLE {table}"))

    await store.write(work)


async def topics(store: Store) -> list[str | None]:
    async with store.read() as session:
        return [row.topic for row in (await session.exec(select(Interaction))).all()]


# Picking up


async def test_a_child_is_greeted_by_name(call: Call) -> None:
    async with at_the_desk(call) as talk:
        assert talk.spoken()[0].startswith("Hello Asha! I am Hanuman")
        assert talk.model.seen == []


async def test_the_greeting_is_in_the_language_of_the_call(
    store: Store, board: Switchboard, watch: Watch, child: Child
) -> None:
    async with at_the_desk(await call_of(store, board, watch, child, language="hi")) as talk:
        assert talk.spoken()[0].startswith("नमस्ते Asha!")


async def test_a_call_without_a_profile_is_refused_with_no_model_asked(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    await check_refused(await call_of(store, board, watch, None), "no_consent")


@pytest.mark.parametrize("language", ["en", "hi"])
async def test_a_child_without_consent_is_refused_and_not_named(
    store: Store, board: Switchboard, watch: Watch, language: str
) -> None:
    unknown = await new_child(store, board, watch, scopes=())
    await check_refused(await call_of(store, board, watch, unknown, language=language), "no_consent")
    assert await topics(store) == []


async def test_quiet_hours_are_kept(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch, limits=Limits(quiet_from="08:00", quiet_to="10:00"))
    await check_refused(await call_of(store, board, watch, child), "quiet_hours")


async def test_no_minutes_means_no_talk(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch, limits=Limits(daily_minutes=0))
    await check_refused(await call_of(store, board, watch, child), "enough_today")


async def test_without_its_store_the_desk_says_so_and_ends(call: Call) -> None:
    await lose(call.store, "consents")
    await check_refused(call, "trouble")


# In the talk


async def test_a_story_is_told_part_after_part_and_goes_on_in_the_next_call(
    store: Store, board: Switchboard, watch: Watch, child: Child, call: Call
) -> None:
    def tell(output: str) -> str:
        return str(json.loads(output)["story"])

    def theme(number: int) -> str:
        story = next(one for one in stories_for("8-10", "en") if one.id == "leap-to-lanka")
        return story.spoken(number)

    async with at_the_desk(call, Use("tell_story", {"topic": "Lanka"}), tell, Use("tell_story"), tell) as talk:
        assert await talk.say("Tell me about Lanka!") == theme(0)
        watch.forward(minutes=2)
        assert await talk.say("Another part, please!") == theme(1)
        watch.forward(minutes=2)
    assert await topics(store) == ["heard:leap-to-lanka:1"]
    watch.forward(days=1)
    later = await call_of(store, board, watch, child, call_id="call-2")
    async with at_the_desk(later, Use("tell_a_story"), tell) as talk:
        assert "go on with Leap to Lanka" in talk.spoken()[0]
        assert await talk.say("Yes!") == theme(2)


async def test_a_part_that_was_cut_off_is_told_again(call: Call, store: Store, child: Child) -> None:
    steps = (Use("tell_story", {"topic": "Lanka"}), "Once upon a time", Use("tell_story"), "Once upon a time")
    async with at_the_desk(call, *steps) as talk:
        await talk.say("Tell me about Lanka!")
        current = talk.session.current_agent
        for item in current.chat_ctx.items:
            if item.type == "message" and item.role == "assistant":
                item.interrupted = True
        await talk.say("Go on!")
    async with store.read() as session:
        assert (await story_states(session, child.id))["leap-to-lanka"].position == 1


async def test_a_verse_is_taught_and_the_childs_attempt_is_heard(call: Call, watch: Watch) -> None:
    steps = (
        Use("teach_hanuman_chalisa"),
        lambda output: str(json.loads(output)["text"]),
        Use("teach_hanuman_chalisa", {"repeat": "shree guru charan saroj raj"}),
        lambda output: "Well done!" if json.loads(output)["matched"] else "Let us try again.",
    )
    async with at_the_desk(call, *steps) as talk:
        assert (await talk.say("Teach me a verse")).startswith("Shri Guru charan saroj raj")
        watch.forward(seconds=30)
        assert await talk.say("shree guru charan saroj raj") == "Well done!"


async def test_a_tool_that_refuses_is_said_aloud(call: Call) -> None:
    steps = (Use("tell_story", {"topic": "Cinderella"}), lambda output: str(json.loads(output)["message"]))
    async with at_the_desk(call, *steps) as talk:
        assert (await talk.say("Tell me Cinderella")).startswith("I don't know that story.")


async def test_an_error_of_the_store_is_said_aloud_and_nothing_is_made_up(call: Call) -> None:
    await lose(call.store, "story_progress")
    async with at_the_desk(call, Use("tell_story"), lambda output: output) as talk:
        assert "can't reach our records" in await talk.say("Tell me a story")


async def test_a_goodbye_ends_the_call(call: Call) -> None:
    async with at_the_desk(call, Use("end_conversation"), "Sleep well, my friend.") as talk:
        await talk.say("Good night!")
        await asyncio.wait_for(talk.ended.wait(), 5)


async def test_the_time_of_the_talk_is_kept_to_its_end(call: Call, store: Store, watch: Watch) -> None:
    async with at_the_desk(call, "Hello!") as talk:
        watch.forward(seconds=30)
        await talk.say("Hello!")
        watch.forward(seconds=60)
    async with store.read() as session:
        assert [row.seconds for row in (await session.exec(select(Interaction))).all()] == [90]


# The parent's rules, in the middle of a talk


async def check_end_in_the_middle(call: Call, key: str, change: Callable[[], Awaitable[object]]) -> None:
    async with at_the_desk(call, "Hello!", "never said") as talk:
        await talk.say("Hello!")
        await change()
        await talk.say("Tell me a story")
        await asyncio.wait_for(talk.ended.wait(), 5)
        assert len(talk.model.seen) == 1
        assert talk.spoken()[-1] == spoken("en", key)


async def test_a_revoked_consent_ends_the_talk_at_the_next_turn(call: Call, store: Store, child: Child) -> None:
    await check_end_in_the_middle(call, "no_consent", lambda: revoke_consent(store, TOY, child.id, call.now))


async def test_an_erased_child_is_known_no_more(call: Call, store: Store, child: Child) -> None:
    await check_end_in_the_middle(call, "no_consent", lambda: erase_child(store, TOY, child.id, call.now))
    assert await topics(store) == []


async def test_used_up_minutes_end_the_talk(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch, limits=Limits(daily_minutes=10))
    call = await call_of(store, board, watch, child)

    async def later() -> None:
        watch.forward(minutes=11)

    await check_end_in_the_middle(call, "enough_today", later)


async def test_quiet_hours_that_begin_end_the_talk(store: Store, board: Switchboard, watch: Watch) -> None:
    child = await new_child(store, board, watch, limits=Limits(quiet_from="09:30", quiet_to="10:00"))
    call = await call_of(store, board, watch, child)

    async def later() -> None:
        watch.forward(minutes=40)

    await check_end_in_the_middle(call, "quiet_hours", later)


# The guard


async def test_a_forbidden_topic_is_answered_without_a_model_and_kept_from_it_later(call: Call) -> None:
    async with at_the_desk(call, "The sea was blue.") as talk:
        assert await talk.say("My address is 12 Rose Lane") == spoken("en", "refusal")
        assert talk.model.seen == []
        await talk.say("What colour was the sea?")
        seen = str(talk.model.seen[0].to_dict())
        assert "Rose Lane" not in seen and LEFT_OUT in seen


async def test_a_cue_is_answered_with_kind_words_even_when_the_minutes_are_used_up(
    store: Store, board: Switchboard, watch: Watch
) -> None:
    child = await new_child(store, board, watch, limits=Limits(daily_minutes=10))
    call = await call_of(store, board, watch, child)
    async with at_the_desk(call) as talk:
        watch.forward(minutes=11)
        assert await talk.say("My uncle hits me") == spoken("en", "abuse")
        assert await talk.say("he hits me a lot") == spoken("en", "abuse")
        assert talk.model.seen == []
    async with store.read() as session:
        assert [row.cue for row in (await session.exec(select(Escalation))).all()] == ["abuse"]


async def test_a_sentence_of_the_model_that_is_refused_is_replaced_before_it_is_spoken(call: Call) -> None:
    step = "The sea was blue. Take a gun and shoot people. Then load it again. Bang!"
    async with at_the_desk(call, step, "Where do you live? I live in the wind.") as talk:
        assert await talk.say("Tell me something") == f"The sea was blue. {spoken('en', 'refusal')}"
        assert await talk.say("And then?") == spoken("en", "refusal")


async def test_a_dangerous_thing_that_is_spread_over_two_sentences_is_refused(call: Call) -> None:
    async with at_the_desk(call, "Do not tell. Your mommy knows nothing.") as talk:
        assert await talk.say("Tell me something") == f"Do not tell. {spoken('en', 'refusal_tell')}"


async def test_a_story_of_the_model_is_spoken_word_for_word(call: Call) -> None:
    told = "Lanka burned! The arrow flew. \"Wait,\" he said… 'Why?' I asked: a bow, a mace.\nहाँ। Then he slept"
    async with at_the_desk(call, told) as talk:
        assert await talk.say("Tell me something") == told


async def test_a_tool_call_beside_a_refused_sentence_passes() -> None:
    call = llm.FunctionToolCall(name="tell_story", arguments="{}", call_id="c")
    delta = llm.ChoiceDelta(role="assistant", content="Take a gun.", tool_calls=[call])

    async def chunks() -> AsyncIterator[llm.ChatChunk]:
        yield llm.ChatChunk(id="1", delta=delta)

    said = [piece async for piece in guarded(chunks(), lambda verdict: f"({verdict.topic})")]
    deltas = [piece.delta for piece in said if not isinstance(piece, str)]
    assert [piece for piece in said if isinstance(piece, str)] == ["(weapons)"]
    assert deltas == [delta.model_copy(update={"content": None})]


# What a model sees


async def test_the_history_is_bounded_and_the_note_says_what_was_done(call: Call, watch: Watch) -> None:
    chat = [f"Answer {number}." for number in range(30)]
    async with at_the_desk(
        call, Use("remember_interest", {"tag": "monkeys"}), *chat, Use("tell_story"), "A part.", "Bye."
    ) as talk:
        await talk.say("I like monkeys")
        for _ in range(29):
            await talk.say("What did you eat today?")
        await talk.say("Tell me a story")
        await talk.say("Thank you")
        last = talk.model.seen[-1]
    told = str(last.to_dict())
    assert len(last.items) <= ITEMS_TOLD + 3  # the instructions, the note, the clock
    assert "Answer 1." not in told and "They like animals." in told
    assert "In this talk so far: heard part 1 of" in told
    assert last.items[0].type == "message" and last.items[0].role == "system"
