"""The storyteller's tools for the Hanuman Chalisa: to teach it verse by verse, to play a recording, to stop."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from db.errors import NotOffered
from db.progress import Step, VerseState, newest_step, verse_repeated, verse_states, verse_taught
from tools.call import Context, tool
from tools.chalisa import Verse, sounds_right, verses
from tools.child import PERSONA, admitted, check_persona, spoken, talk_of

RECORDINGS: Mapping[str, tuple[int, ...]] = {
    "hanuman_chalisa": (0, 1),
    "opening_dohas": (0, 1),
    "closing_doha": (42,),
}
"""The allow-list: a name of a recording, and the verses that are said where there is no recording of it."""


class Lesson(TypedDict):
    persona: str
    index: int
    total: int
    title: str
    text: str
    translation: str
    engage: str
    next_step_index: int | None
    """None after the last verse."""
    matched: NotRequired[bool]
    """Whether what the child said sounded like the verse; only where they said it."""
    mastery: NotRequired[int]


class Playing(TypedDict):
    status: str
    """playing · recite"""
    asset: str
    text: NotRequired[str]
    message: NotRequired[str]
    next_step_index: NotRequired[int | None]


class Stopped(TypedDict):
    status: str


@tool
async def teach_hanuman_chalisa(
    ctx: Context, step_index: int | None = None, repeat: str | None = None, persona: str | None = None
) -> Lesson:
    """Gives one verse of the Hanuman Chalisa to teach, and checks the child's attempt to say it. Say its text exactly,
    then the translation, then the question. It knows where this child stands.

    Args:
        step_index: The verse, counted from 0; next_step_index of the result before for the next one. Leave it out to go
            on where the child stands.
        repeat: What the child said, word for word, when they tried to say the verse.
        persona: Leave it out.
    """
    call = ctx.userdata
    check_persona(call, persona)
    child = await admitted(call)
    talk = talk_of(call, child)
    async with call.store.read() as session:
        states, step = await verse_states(session, child.id), await newest_step(session, talk)
    index = step_index if step_index is not None else _stands(states, step, bool(repeat))
    if not 0 <= index < len(verses()):
        last = len(verses()) - 1
        raise NotOffered(spoken(call.language, "no_such_verse", total=len(verses()), last=last), total=len(verses()))
    verse = verses()[index]
    if not repeat:
        await verse_taught(call.store, talk, index, call.now)
        return _lesson(verse, call.language, _after(index))
    matched = sounds_right(repeat, verse)
    state = await verse_repeated(call.store, talk, index, matched, call.now)
    lesson = _lesson(verse, call.language, _after(index) if matched else index)
    return {**lesson, "matched": matched, "mastery": state.mastery}


def _stands(states: Mapping[int, VerseState], step: Step | None, repeats: bool) -> int:
    """The verse in hand; else the one practised last until it was said right once, then the one after it. Who knows the
    last one goes to the one they know least."""
    if repeats and step is not None and step.kind in {"verse", "repeat"}:
        return int(step.subject)
    practised = [(state.last_practice, index) for index, state in states.items() if state.last_practice is not None]
    if not practised:
        return 0
    index = max(practised)[1]
    if states[index].mastery == 0:
        return index
    following = _after(index)
    if following is not None:
        return following
    return min(range(len(verses())), key=lambda one: states[one].mastery if one in states else 0)


def _after(index: int) -> int | None:
    return index + 1 if index + 1 < len(verses()) else None


def _lesson(verse: Verse, language: str, following: int | None) -> Lesson:
    spoken_in = language if language in verse.meaning else "en"
    return {
        "persona": PERSONA,
        "index": verse.index,
        "total": len(verses()),
        "title": verse.title,
        "text": verse.text(language),
        "translation": verse.meaning[spoken_in],
        "engage": verse.engage[spoken_in],
        "next_step_index": following,
    }


@tool
async def play_hanuman_chalisa(ctx: Context, asset: str = "hanuman_chalisa") -> Playing:
    """Plays a recording of the Hanuman Chalisa. If the status is recite there is none: say the message, then the text.

    Args:
        asset: hanuman_chalisa (all of it), opening_dohas or closing_doha; nothing else.
    """
    call = ctx.userdata
    check_persona(call, None)
    await admitted(call)
    name = asset.casefold().replace(" ", "_").replace("-", "_")
    if name not in RECORDINGS:
        names = ", ".join(RECORDINGS)
        raise NotOffered(spoken(call.language, "unknown_recording", assets=names), available=list(RECORDINGS))
    if await call.line.play(name):
        return {"status": "playing", "asset": name}
    said = [verses()[index] for index in RECORDINGS[name]]
    return {
        "status": "recite",
        "asset": name,
        "text": "\n".join(verse.text(call.language) for verse in said),
        "message": spoken(call.language, "nothing_recorded"),
        "next_step_index": _after(said[-1].index),
    }


@tool
async def stop_playing(ctx: Context) -> Stopped:
    """Stops what is playing, at once. Use it when the child says stop, enough, bas."""
    call = ctx.userdata
    await call.line.stop()  # silence needs nobody's leave; what follows does
    await admitted(call)
    return {"status": "stopped"}
