"""The agent's words on their way out, as a listener beside the screen or the room."""

from collections.abc import Callable

from livekit.agents.voice.io import TextOutput


class Captions(TextOutput):
    """Tells each segment of the agent's words when it is whole, and passes everything on."""

    def __init__(self, tell: Callable[[str], None], following: TextOutput | None) -> None:
        super().__init__(label="captions", next_in_chain=following)
        self._tell, self._words = tell, ""

    async def capture_text(self, text: str) -> None:
        self._words += text
        if self.next_in_chain is not None:
            await self.next_in_chain.capture_text(text)

    def flush(self) -> None:
        words, self._words = self._words, ""
        self._tell(words)
        if self.next_in_chain is not None:
            self.next_in_chain.flush()
