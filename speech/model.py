"""The model's chain: the configured model, and the embedded engine behind it.

The SDK's `FallbackAdapter` chooses who is asked, skips a model that failed, and probes it beside the turn until it is
back. What it leaves open is done here, in the one step that it asks an answer from: after a failure in the middle it
would let the next model begin anew, it believes a stream that merely ends, it knows no limit but the time between two
bytes, and its probes outlive it. A new version of the SDK must be held against `Answer._try_generate`, which is not a
public name.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from livekit.agents import APIError
from livekit.agents.llm import LLM, ChatChunk, ChatContext, FallbackAdapter, LLMStream, Tool, ToolChoice
from livekit.agents.llm.fallback_adapter import FallbackLLMStream
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, APIConnectOptions, NotGivenOr
from livekit.agents.utils import aio

from settings import Settings
from speech.whole_sentences import calls_of, in_time, sentences_of, whole, without, words_of

OPENAI_URL = "https://api.openai.com/v1"
NO_KEY = "none"
"""A server of one's own mostly asks for none, and the protocol cannot leave it out."""
WHOLE_SENTENCE = 1.3
"""Times the patience: what a first sentence, or a tool call, may take while its words do come."""

logger = logging.getLogger("switchboard.model")


def make_model(settings: Settings, fallback: LLM[Any]) -> LLM[Any]:
    """The configured model with the embedded engine behind it; without one, the embedded engine alone."""
    first = configured_model(settings)
    if first is None:
        return fallback
    return ModelChain(
        first, fallback, patience=settings.openai_patience_seconds, most_tokens=settings.openai_max_tokens
    )


def describe_model(settings: Settings) -> str:
    """Who answers, in words for the log and the console."""
    if not _configured(settings):
        return "the embedded engine"
    host = urlsplit(settings.openai_base_url or OPENAI_URL).netloc.rpartition("@")[2]
    return f"{settings.openai_model} at {host}, the embedded engine behind it"


def configured_model(settings: Settings) -> LLM[Any] | None:
    """The configured model alone, for what the embedded engine cannot do, such as a summary."""
    if not _configured(settings):
        return None
    # takes more than a second to import
    from livekit.plugins import openai

    key = settings.openai_api_key
    return openai.LLM(
        model=settings.openai_model,
        api_key=NO_KEY if key is None else key.get_secret_value(),
        base_url=settings.openai_base_url or OPENAI_URL,
        temperature=settings.openai_temperature,
        max_completion_tokens=settings.openai_max_tokens,
    )


def _configured(settings: Settings) -> bool:
    return settings.openai_api_key is not None or settings.openai_base_url is not None


class ModelChain(FallbackAdapter):
    """Two models of which the second always answers. Closing it closes both."""

    def __init__(self, first: LLM[Any], embedded: LLM[Any], *, patience: float, most_tokens: int) -> None:
        super().__init__([first, embedded], attempt_timeout=patience, retry_on_chunk_sent=True)
        self.embedded = embedded
        self.patience, self.most_tokens = patience, most_tokens
        self.counts_tokens = False
        """Whether the first was ever seen to send the count of its tokens."""

    def chat(
        self,
        *,
        chat_ctx: ChatContext,
        tools: list[Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> LLMStream:
        return Answer(
            self,
            chat_ctx=chat_ctx,
            tools=tools or [],
            # where even the embedded engine fails, asking again only adds silence
            conn_options=replace(conn_options, max_retry=0),
            parallel_tool_calls=parallel_tool_calls,
            tool_choice=tool_choice,
            extra_kwargs=extra_kwargs,
        )

    async def aclose(self) -> None:
        await super().aclose()
        probes = [status.recovering_task for status in self._status if status.recovering_task is not None]
        await aio.cancel_and_wait(*probes)
        for model in self._llm_instances:
            await model.aclose()


class Answer(FallbackLLMStream):
    """One answer, whoever gives which part of it."""

    def __init__(self, chain: ModelChain, **request: Any) -> None:
        super().__init__(chain, **request)
        self._chain = chain
        self._said: list[str] = []
        self._used_a_tool = False

    async def _try_generate(self, *, llm: LLM[Any], check_recovery: bool = False) -> AsyncIterator[ChatChunk]:
        """What the adapter passes on of one model's answer; an error makes it ask the next. As a probe, all of the
        answer is looked at and none of it is heard."""
        if self._used_a_tool and not check_recovery:
            # ends this answer: the tool's result brings the next request, for whoever is well then
            return
        chunks = cast(AsyncGenerator[ChatChunk], super()._try_generate(llm=llm, check_recovery=check_recovery))
        is_first = llm is not self._chain.embedded
        async for chunk in self._checked(chunks) if is_first else self._continued(chunks):
            if not check_recovery:
                self._said += [one for one in sentences_of(words_of(chunk)) if one.strip()]
                self._used_a_tool = self._used_a_tool or bool(calls_of(chunk))
            yield chunk

    async def _checked(self, chunks: AsyncGenerator[ChatChunk]) -> AsyncIterator[ChatChunk]:
        chain = self._chain
        answer = whole(chunks, most_tokens=chain.most_tokens, counts_tokens=chain.counts_tokens)
        try:
            async for chunk in in_time(answer, chain.patience * WHOLE_SENTENCE):
                chain.counts_tokens = chain.counts_tokens or chunk.usage is not None
                yield chunk
        except APIError as error:
            logger.warning("the model failed: %s", type(error).__name__, extra={"sentences": len(self._said)})
            raise

    def _continued(self, chunks: AsyncGenerator[ChatChunk]) -> AsyncIterator[ChatChunk]:
        """The embedded engine is told what the caller has heard of this answer, as one that was cut off."""
        if self._said:
            self._chat_ctx = self._chat_ctx.copy()
            self._chat_ctx.add_message(role="assistant", content="".join(self._said).strip(), interrupted=True)
        return without(chunks, self._said)
