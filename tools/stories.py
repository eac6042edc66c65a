"""The storyteller's tools for stories and for what a child likes.

Who listens is known by the call. Every tool first makes sure that this child may talk now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict
from zoneinfo import ZoneInfo

from db.errors import NotFound, NotOffered, WhichOne
from db.profiles import Child, like, likes
from db.progress import Step, make_favourite, newest_step, part_begun, story_states, story_told_last
from db.talks import find_talk
from tools.call import Call, Context, tool
from tools.child import PERSONA, admitted, check_persona, listed, spoken, talk_of
from tools.interests import EXAMPLES, interest
from tools.story_choice import Listener, find, is_any, pick, unfinished, wants_another
from tools.story_files import Story, stories_for


class Told(TypedDict):
    persona: str
    topic: str
    story: str
    available_topics: list[str]


class Remembered(TypedDict):
    status: str
    tag: str
    weight: int


class Favourite(TypedDict):
    status: str
    topic: str


@dataclass(frozen=True)
class Shelf:
    """The stories of a child's age and language, with what is known of the child."""

    call: Call
    child: Child
    stories: Sequence[Story]
    listener: Listener
    step: Step | None
    last: str | None
    """The story that was told last, in whatever talk."""

    @property
    def titles(self) -> list[str]:
        return [story.title for story in self.stories]

    @property
    def current(self) -> Story | None:
        """The story of which a part was told as the newest step of this talk."""
        if self.step is None or self.step.kind not in {"story", "heard"}:
            return None
        return self.by_id(self.step.subject)

    @property
    def at_its_end(self) -> bool:
        """Whether the current story was heard to its last part."""
        told = self.current
        return (
            told is not None
            and self.step is not None
            and self.step.kind == "heard"
            and (self.step.part + 1 >= len(told.parts))
        )

    def by_id(self, story_id: str | None) -> Story | None:
        return next((story for story in self.stories if story.id == story_id), None)

    def named(self, topic: str) -> Story:
        story = find(self.stories, topic)
        if story is None:
            names = listed(self.titles, self.call.language)
            raise NotOffered(spoken(self.call.language, "unknown_story", stories=names), available_topics=self.titles)
        return story


async def shelf_of(call: Call, child: Child) -> Shelf:
    talk = talk_of(call, child)
    async with call.store.read() as session:
        listener = Listener(
            states=await story_states(session, child.id),
            likes=await likes(session, child.id),
            now=call.now.astimezone(ZoneInfo(child.zone)),
        )
        step, last = await newest_step(session, talk), await story_told_last(session, child.id)
    return Shelf(call, child, stories_for(child.age_band, call.language), listener, step, last)


@tool
async def tell_story(
    ctx: Context, topic: str | None = None, part: int | str | None = None, persona: str | None = None
) -> Told:
    """Gives the next part of a story to tell. Use it when the child wants a story, or more of one, and tell the text in
    full. It knows where this child stands: call it without arguments to begin, and again for another part.

    Args:
        topic: The story or theme that the child named; «another» for a new story. Leave it out otherwise.
        part: «again» for the same part once more, «first» to begin anew, «next» to go on, or a part's number from 1.
        persona: Leave it out.
    """
    return await _tell(ctx.userdata, topic, part, persona)


@tool
async def tell_a_story(
    ctx: Context, topic: str | None = None, part: int | str | None = None, persona: str | None = None
) -> Told:
    """The same as tell_story.

    Args:
        topic: As for tell_story.
        part: As for tell_story.
        persona: As for tell_story.
    """
    return await _tell(ctx.userdata, topic, part, persona)


async def _tell(call: Call, topic: str | None, part: int | str | None, persona: str | None) -> Told:
    check_persona(call, persona)
    child = await admitted(call)
    shelf = await shelf_of(call, child)
    wish = str(part).casefold() if part not in (None, "") else None
    story = _which(shelf, topic, wish)
    number = _which_part(shelf, story, wish)
    await part_begun(call.store, talk_of(call, child), story.id, number, call.now)
    return {
        "persona": PERSONA,
        "topic": story.title,
        "story": story.spoken(number),
        "available_topics": shelf.titles,
    }


def _which(shelf: Shelf, topic: str | None, wish: str | None) -> Story:
    if topic and wants_another(topic):
        return pick(shelf.stories, shelf.listener, avoid=shelf.last)
    if topic and not is_any(topic):
        return shelf.named(topic)
    if shelf.at_its_end and shelf.current is not None:
        if wish == "next":
            title = shelf.current.title
            raise NotFound(spoken(shelf.call.language, "story_finished", story=title), available_topics=shelf.titles)
        if wish is None:
            return pick(shelf.stories, shelf.listener, avoid=shelf.current.id)
    begun = shelf.current or unfinished(shelf.stories, shelf.listener)
    if wish is not None and begun is None:
        begun = shelf.by_id(shelf.last)
    return begun or pick(shelf.stories, shelf.listener, avoid=shelf.last)


def _which_part(shelf: Shelf, story: Story, wish: str | None) -> int:
    """The part to tell: the one that comes next unless another one was asked for."""
    state, step = shelf.listener.states.get(story.id), shelf.step
    upcoming = state.position if state is not None and state.position < len(story.parts) else 0
    if wish in {None, "next"}:
        return upcoming
    if wish == "first":
        return 0
    if wish == "again":
        return step.part if shelf.current == story and step is not None else max(upcoming - 1, 0)
    if wish is not None and wish.isdecimal() and 1 <= int(wish) <= len(story.parts):
        return int(wish) - 1
    raise NotFound(spoken(shelf.call.language, "no_such_part", story=story.title, parts=len(story.parts)))


@tool
async def favourite_story(ctx: Context, topic: str | None = None) -> Favourite:
    """Remembers that the child loves a story. Use it when they say so.

    Args:
        topic: The story that the child named; leave it out for the one that was just told.
    """
    call = ctx.userdata
    child = await admitted(call)
    shelf = await shelf_of(call, child)
    story = shelf.by_id(shelf.last) if is_any(topic) else shelf.named(topic or "")
    if story is None:
        names = listed(shelf.titles, call.language)
        raise WhichOne(spoken(call.language, "which_favourite", stories=names), choices=shelf.titles)
    await make_favourite(call.store, talk_of(call, child), story.id, call.now)
    return {"status": "favorite", "topic": story.title}


@tool
async def remember_interest(ctx: Context, tag: str) -> Remembered:
    """Remembers something that the child likes, so that stories fit better. Use it when they say what they like.

    Args:
        tag: One word for it, such as animals, music, ocean. Never a name, a place or a number.
    """
    call = ctx.userdata
    child = await admitted(call)
    known = interest(tag)
    if known is None:
        raise NotOffered(
            spoken(call.language, "unknown_interest", examples=EXAMPLES.get(call.language, EXAMPLES["en"]))
        )
    async with call.store.read() as session:
        talk = await find_talk(session, talk_of(call, child))
    since = call.now if talk is None else talk.started_at
    weight = await like(call.store, call.business.key, child.id, known, since, call.now)
    return {"status": "remembered", "tag": known, "weight": weight}
