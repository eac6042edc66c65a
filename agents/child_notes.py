"""What a model is told of a child: composed from what was done, without a model, never from what was said."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from db.profiles import Child, likes
from db.progress import read_step, story_states, verse_states
from db.talks import PastTalk, past_talks
from speech.times import spoken_date
from tools.call import Call
from tools.chalisa import verses
from tools.child import listed
from tools.story_files import Story, stories_for

LANGUAGE_NAMES = {"en": "English", "hi": "Hindi"}
MOST_LIKES = 8


async def child_note(call: Call, child: Child) -> str:
    """A few sentences: who listens, what was done in this talk and the last ones, how far they are."""
    async with call.store.read() as session:
        liked = list(await likes(session, child.id))[:MOST_LIKES]
        stories = await story_states(session, child.id)
        known = await verse_states(session, child.id)
        talks = await past_talks(session, call.store.cipher, child.id)
    titles = {story.id: story for story in stories_for(child.age_band, call.language)}
    loved = [titles[one].title for one, state in stories.items() if state.status == "favorite" and one in titles]
    right = sum(state.mastery > 0 for state in known.values())
    sentences = [
        f"You talk with a child of {child.age_band} years in {LANGUAGE_NAMES.get(call.language, 'English')}.",
        f"They like {listed(liked, 'en')}." if liked else "",
        f"They love {listed(loved, 'en')}." if loved else "",
        f"They have said {right} of {len(verses())} verses right." if right else "",
        *(_talk_sentence(talk, titles, child, call) for talk in talks),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _talk_sentence(talk: PastTalk, titles: dict[str, Story], child: Child, call: Call) -> str:
    done = _done(talk.steps, titles)
    if not done:
        return ""
    if talk.call_id == call.id:
        return f"In this talk so far: {done}."
    day = talk.started_at.astimezone(ZoneInfo(child.zone)).date()
    return f"On {spoken_date(day)}: {done}."


def _done(steps: Sequence[str], titles: dict[str, Story]) -> str:
    """«heard part 1 of Leap to Lanka; was taught Chaupai 2»."""
    said = []
    for step in (found for one in steps if (found := read_step(one)) is not None):
        story = titles.get(step.subject)
        if step.kind == "heard" and story is not None:
            said.append(f"heard part {step.part + 1} of {story.title}")
        elif step.kind == "verse":
            said.append(f"was taught {verses()[int(step.subject)].title}")
        elif step.kind == "repeat":
            said.append(f"tried to say {verses()[int(step.subject)].title}")
    return "; ".join(said)
