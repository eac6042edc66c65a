"""The storyteller: Hanuman, in a child's toy. No model is asked before the guard and the parent's rules have agreed."""

import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from livekit.agents import ModelSettings, llm

from agents.child_notes import child_note
from agents.desk import Desk, DeskAgent
from agents.guarded import guarded
from db.errors import StoreError
from db.profiles import Child
from db.progress import part_heard
from db.standing import Standing
from db.talks import escalate, keep_time
from speech.brain.tongue import spoken_in
from speech.sounds import is_echo
from tools.child import spoken, standing_of, talk_of
from tools.child_safety import Verdict, judge
from tools.phone import end_conversation
from tools.recital import play_hanuman_chalisa, stop_playing, teach_hanuman_chalisa
from tools.stories import (
    favourite_story,
    remember_interest,
    shelf_of,
    tell_a_story,
    tell_story,
)
from tools.story_choice import unfinished
from tools.story_files import stories_for

ITEMS_TOLD = 24
"""How many items of the talk a model sees; the note about the child stands for what was before."""
LEFT_OUT = "(The child said something for a grown-up; it was answered.)"
TO_BE_TOLD = {"secrets", "strangers", "pills", "medical_advice"}
"""Topics a grown-up should hear of at once, though no record is made."""
TELLING = {tell_story.info.name, tell_a_story.info.name}

logger = logging.getLogger("switchboard.storyteller")


class Storyteller(DeskAgent):
    """Tells stories, teaches verses, and says no kindly."""

    prompt_name = "storyteller"
    agent_name = "Hanuman"
    tools_of_desk = (
        tell_story,
        tell_a_story,
        teach_hanuman_chalisa,
        play_hanuman_chalisa,
        stop_playing,
        remember_interest,
        favourite_story,
        end_conversation,
    )
    parting = False
    """The fixed goodbye is being said: this child may not talk now."""

    async def on_enter(self) -> None:
        found = await self._standing()
        if found is None:
            self._part_with("trouble")
        elif found.obstacle is not None or found.child is None:
            self._part_with(found.obstacle or "no_consent")
        else:
            self.session.say(await self._hello(found.child))

    async def on_exit(self) -> None:
        await self._standing(self.chat_ctx.items)

    async def _hello(self, child: Child) -> str:
        language = self.call.language
        if self.call.resumed:
            return self.back_again()
        hello = spoken(language, "hello", name=child.name)
        try:
            shelf = await shelf_of(self.call, child)
        except StoreError:
            return hello
        begun = unfinished(shelf.stories, shelf.listener)
        return f"{hello} {spoken(language, 'go_on', story=begun.title) if begun else spoken(language, 'begin')}"

    async def _standing(self, said: Sequence[llm.ChatItem] = ()) -> Standing | None:
        """Whether the child may talk now, with the time kept and what was heard written down. None: nobody knows, since
        the store is out of reach."""
        call = self.call
        try:
            found = await standing_of(call)
            if found.child is None:
                return found
            await keep_time(call.store, talk_of(call, found.child), call.now)
            if _was_heard(said):
                parts = {story.id: len(story.parts) for story in stories_for(found.child.age_band, call.language)}
                await part_heard(call.store, talk_of(call, found.child), parts, call.now)
            return await standing_of(call)
        except StoreError as error:
            logger.warning("storyteller without its store", extra={"call_id": call.id, "code": error.code})
            return None

    def _part_with(self, key: str) -> None:
        """Says why there is no talk now, once, and ends the call."""
        if self.parting:
            return
        self.parting = self.call.ending = True
        session = self.session
        speech = session.say(spoken(self.call.language, key), allow_interruptions=False)
        speech.add_done_callback(lambda _: session.shutdown())

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterator[llm.ChatChunk | str | Any]:
        """The model's turn, if it is to have one: the parent's rules and the guard answer first."""
        self.call.language = self._language_of(chat_ctx)
        found = await self._standing(chat_ctx.items)
        answer = await self._answer_without_model(found, chat_ctx)
        if answer is not None:
            if answer:
                yield answer
            return
        assert found is not None and found.child is not None
        told = await self._told(chat_ctx, found.child)
        async for chunk in guarded(super().llm_node(told, tools, model_settings), self._refusal):
            yield chunk

    async def _answer_without_model(self, found: Standing | None, chat_ctx: llm.ChatContext) -> str | None:
        """What is said without asking a model; None: the model is asked. An empty answer: the goodbye says it."""
        if found is None or found.child is None:
            self._part_with("trouble" if found is None else "no_consent")
            return ""
        verdict = judge(_unanswered(chat_ctx), "child")
        if verdict is not None and verdict.kind == "cues":
            await self._escalate(found.child, verdict)
            return spoken(self._language(verdict), verdict.topic)
        if found.obstacle is not None:
            self._part_with(found.obstacle)
            return ""
        return None if verdict is None else self._refusal(verdict)

    async def _escalate(self, child: Child, verdict: Verdict) -> None:
        try:
            await escalate(self.call.store, talk_of(self.call, child), verdict.topic, self.call.now)
        except StoreError as error:
            # the kind words matter most and are said all the same
            logger.error("escalation not written down", extra={"call_id": self.call.id, "code": error.code})

    def _language_of(self, chat_ctx: llm.ChatContext) -> str:
        """What the child speaks, so that they are answered in it. A verse that is said after us is in no language."""
        call, said = self.call, _unanswered(chat_ctx)
        if is_echo(said, _verse_at_hand(chat_ctx.items)):
            return call.language
        return spoken_in(said, tuple(call.business.languages), call.language)

    def _language(self, verdict: Verdict) -> str:
        return "hi" if verdict.language == "hi" else self.call.language

    def _refusal(self, verdict: Verdict) -> str:
        return spoken(self._language(verdict), "refusal_tell" if verdict.topic in TO_BE_TOLD else "refusal")

    async def _told(self, chat_ctx: llm.ChatContext, child: Child) -> llm.ChatContext:
        """What the model sees: the last items, without what the guard refused, and a note about the rest."""
        told = chat_ctx.copy().truncate(max_items=ITEMS_TOLD)
        told.items[:] = [_without_refused(item) for item in told.items]
        try:
            told.add_message(role="system", content=await child_note(self.call, child))
        except StoreError:
            logger.warning("storyteller without its notes", extra={"call_id": self.call.id})
        return told


def _without_refused(item: llm.ChatItem) -> llm.ChatItem:
    if item.type != "message" or item.role != "user" or judge(item.text_content or "", "child") is None:
        return item
    return item.model_copy(update={"content": [LEFT_OUT]})


def _unanswered(chat_ctx: llm.ChatContext) -> str:
    """What the child said last, with what they said before it that had no answer yet."""
    words: list[str] = []
    for item in reversed(chat_ctx.items):
        if item.type != "message":
            continue
        if item.role == "assistant" and words:
            break
        if item.role == "user":
            words.append(item.text_content or "")
    return " ".join(reversed(words))


def _verse_at_hand(items: Sequence[llm.ChatItem]) -> str:
    """The text of the verse that was taught last."""
    for item in reversed(items):
        if item.type == "function_call_output" and item.name == teach_hanuman_chalisa.info.name and not item.is_error:
            return str(json.loads(item.output).get("text", ""))
    return ""


def _was_heard(items: Sequence[llm.ChatItem]) -> bool:
    """Whether the part of a story that was told last was heard to its end."""
    after: list[llm.ChatItem] = []
    for item in reversed(items):
        if item.type == "function_call_output" and item.name in TELLING:
            answers = [one for one in after if one.type == "message" and one.role == "assistant"]
            return '"story":' in item.output and bool(answers) and not answers[-1].interrupted
        after.append(item)
    return False


DESK = Desk(name="storyteller", agent_name="Hanuman", agents=(Storyteller,))
