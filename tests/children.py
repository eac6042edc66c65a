"""Children for the tests of the storyteller: fictional, with a parent's consent unless a test says otherwise."""

from collections.abc import Collection

from db.business import Switchboard
from db.consents import SCOPES, give_consent
from db.engine import Store
from db.profiles import Child, Limits, NewChild, make_profile
from tests.calling import Watch, make_call
from tools.call import Call

TOY = "hanuman-toy"


async def new_child(
    store: Store,
    board: Switchboard,
    watch: Watch,
    *,
    name: str = "Asha",
    age_band: str = "8-10",
    limits: Limits | None = None,
    scopes: Collection[str] = SCOPES,
) -> Child:
    """A child; no scopes: no consent."""
    wanted = NewChild(name, age_band, parents="Anita", limits=limits or Limits())
    child = await make_profile(store, board.business(TOY), wanted, watch.now)
    if scopes:
        await give_consent(store, TOY, child.id, "1", "signed form", scopes, watch.now)
    return child


async def call_of(
    store: Store,
    board: Switchboard,
    watch: Watch,
    child: Child | None,
    *,
    call_id: str = "call-1",
    language: str = "en",
) -> Call:
    """A call of a child to the storyteller; None: nobody knows whose toy it is."""
    call = await make_call(store, board, "storyteller", watch=watch, call_id=call_id)
    call.profile_id, call.language = None if child is None else child.id, language
    return call
