"""What all desks share: prompts from files, the caller's clock kept out of the cached part, and how to find a desk."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from livekit.agents import Agent, APIError, ModelSettings, llm

from speech.brain import FRAME
from speech.times import spoken_date, spoken_time
from tools.call import Call, Tool

PROMPTS = Path(__file__).parent / "prompts"
SORRY = {
    "en": "I'm sorry, I lost my thread for a moment. Could you say that again?",
    "hi": "माफ़ कीजिए, मेरा ध्यान ज़रा भटक गया। क्या आप वह फिर से कहेंगे?",
}
"""By language. It tells nothing about what was done, since that is not known here."""

BACK = {
    "en": "I'm sorry, the line was gone for a moment.",
    "hi": "माफ़ कीजिए, बात बीच में रुक गई थी।",
}


@dataclass(frozen=True)
class Desk:
    """One entry of the registry: the name that numbers lead to, and the agent that picks up."""

    name: str
    agent_name: str
    """What callers know it by."""
    agents: tuple[type["DeskAgent"], ...]
    """The first picks up."""

    def pick_up(self, call: Call, agent: str | None = None) -> "DeskAgent":
        """The agent who answers, or the one of that id, who had the call before."""
        by_id = {one.__name__.lower(): one for one in self.agents}
        return by_id.get(agent or "", self.agents[0])(call)


@cache
def prompt(name: str) -> str:
    """The text of prompts/NAME.md."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def instructions(name: str, call: Call, agent_name: str) -> str:
    """The whole system prompt: the same for every call of a business, so that a provider can cache it."""
    parts = (prompt("voice"), prompt("guardrails"), prompt(name))
    return "\n\n".join(parts).format(agent_name=agent_name, business_name=call.business.name)


class DeskAgent(Agent):
    """An agent of a desk. A subclass names its prompt and its tools, and greets."""

    prompt_name: str
    agent_name: str
    tools_of_desk: Sequence[Tool] = ()

    def __init__(self, call: Call, *, chat_ctx: llm.ChatContext | None = None) -> None:
        super().__init__(
            instructions=instructions(self.prompt_name, call, self.agent_name),
            tools=list(self.tools_of_desk),
            chat_ctx=chat_ctx,
        )
        self._call = call

    @property
    def call(self) -> Call:
        return self._call

    def greeting(self) -> str:
        """What is said when the desk picks up."""
        if self.call.resumed:
            return self.back_again()
        hello = f"Hello {self.call.name.split()[0]}" if self.call.name else "Hello"
        return f"{hello}, this is {self.agent_name} at {self.call.business.name}. How can I help you?"

    def back_again(self) -> str:
        """What is said where another process had the call: its last words once more, for they may be the question."""
        ours = [item for item in self.chat_ctx.messages() if item.role == "assistant"]
        return " ".join([BACK.get(self.call.language, BACK["en"]), *(item.text_content or "" for item in ours[-1:])])

    async def on_enter(self) -> None:
        self.session.say(self.greeting())

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterator[llm.ChatChunk | str | Any]:
        """The model's turn, with the time of the call told behind everything that a provider may have cached. A turn
        that breaks off, or that brings neither words nor a tool that may run, is not left to silence."""
        told = chat_ctx.copy()
        told.add_message(role="system", content=self._clock_note(), extra={FRAME: self._clock()})
        spoke, goes_on, may_use_tools = False, False, model_settings.tool_choice != "none"
        try:
            async with aclosing(Agent.default.llm_node(self, told, tools, model_settings)) as chunks:
                async for chunk in chunks:
                    spoke = spoke or _has_words(chunk)
                    goes_on = goes_on or (may_use_tools and _has_tools(chunk))
                    yield chunk
        except APIError:
            if not goes_on:
                yield f" … {self.sorry()} " if spoke else f"{self.sorry()} "
            raise
        if not spoke and not goes_on:
            yield f"{self.sorry()} "

    def sorry(self) -> str:
        """What is said in place of an answer that never came."""
        return SORRY.get(self.call.language, SORRY["en"])

    def _clock(self) -> dict[str, Any]:
        """The same for the embedded engine, which reads no prose."""
        frame = self.call.frame
        spoken = {"language": self.call.language, "locale": frame.locale}
        return {"now": frame.now.isoformat(), "hours": frame.hours, **spoken}

    def _clock_note(self) -> str:
        now = self.call.frame.now
        return (
            f"It is {spoken_time(now.time())} on {spoken_date(now.date())}, {now.year}, where the business is. "
            "Dates and times are worked out by the tools: hand them the caller's own words."
        )


def _has_words(chunk: llm.ChatChunk | str | Any) -> bool:
    if isinstance(chunk, llm.ChatChunk):
        return bool(chunk.delta and chunk.delta.content and chunk.delta.content.strip())
    return isinstance(chunk, str) and bool(chunk.strip())


def _has_tools(chunk: llm.ChatChunk | str | Any) -> bool:
    return isinstance(chunk, llm.ChatChunk) and bool(chunk.delta and chunk.delta.tool_calls)
