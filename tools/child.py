"""The child of a call: whether they may talk now, and the fixed words that are said when they may not."""

import tomllib
from functools import cache
from pathlib import Path

from db.errors import EnoughToday, NoConsent, QuietHours, Refused
from db.profiles import Child
from db.standing import Obstacle, Standing, standing
from db.talks import Talk
from tools.call import Call

SENTENCES = Path(__file__).parent / "knowledge" / "storyteller_sentences.toml"
PERSONA = "hanuman"
PERSONA_NAMES = {"hanuman", "hanuman ji", "lord hanuman", "हनुमान", "हनुमान जी"}
REFUSALS: dict[Obstacle, type[Refused]] = {
    "no_consent": NoConsent,
    "quiet_hours": QuietHours,
    "enough_today": EnoughToday,
}


class WrongPersona(Refused):
    """Another character was asked for; there is only this one."""

    code = "wrong_persona"


@cache
def sentences() -> dict[str, dict[str, str]]:
    """All fixed sentences, by language and key."""
    return tomllib.loads(SENTENCES.read_text(encoding="utf-8"))


def spoken(language: str, key: str, **details: object) -> str:
    """A fixed sentence in a language, or in English where there is none."""
    table = sentences()
    return table.get(language, table["en"])[key].format(**details)


def listed(names: list[str], language: str) -> str:
    """«a, b and c»."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {'और' if language == 'hi' else 'and'} {names[-1]}"


async def standing_of(call: Call) -> Standing:
    return await standing(call.store, call.business.key, call.profile_id, call.now)


def talk_of(call: Call, child: Child) -> Talk:
    return Talk(call.business.key, child.id, call.id)


async def admitted(call: Call) -> Child:
    """The child, if they may talk now; else the refusal that every tool gives."""
    found = await standing_of(call)
    if found.child is None or found.obstacle is not None:
        obstacle = found.obstacle or "no_consent"
        raise REFUSALS[obstacle](spoken(call.language, obstacle))
    return found.child


def check_persona(call: Call, persona: str | None) -> None:
    """A named persona must be this desk's own."""
    if call.desk != "storyteller" or (persona is not None and persona.casefold() not in PERSONA_NAMES):
        raise WrongPersona(spoken(call.language, "persona"))
