"""What can go wrong in the store, each with a code and a sentence that may be said to a caller.

    StoreError
    ├── Refused                 the wish is understood and cannot be granted; nothing was changed
    │   ├── NotFound            not_found
    │   ├── SlotTaken           slot_taken      carries the alternatives
    │   ├── SeatTaken           seat_taken      carries the nearest free seats of its kind
    │   ├── AlreadyBooked       already_booked  the same person has something at that time
    │   ├── Closed              closed          carries why, and when it opens next
    │   ├── InPast              in_past
    │   ├── OutOfReach          too_soon · too_far (notice and horizon)
    │   ├── Ambiguous           ambiguous       carries the question to ask
    │   ├── WhichOne            which_one       carries the choices
    │   ├── Locked              locked          too many wrong PINs
    │   ├── NeedsPin            needs_pin
    │   ├── NeedsProof          needs_proof     carries what is asked for
    │   ├── NotVerified         not_verified    the call has not shown who it is
    │   ├── NotAllowed          not_allowed     the fare does not include it
    │   ├── NotOffered          not_offered     carries the nearest names
    │   ├── WrongAmount         wrong_amount    fewer or more than can be ordered
    │   ├── NoConsent           no_consent      no parent has allowed this child to talk
    │   ├── QuietHours          quiet_hours     the parent's hours of silence
    │   ├── EnoughToday         enough_today    the parent's daily minutes are used up
    │   └── TooLate             too_late        the kitchen has started, the flight has left, …
    ├── BadInput                bad_input       an argument that no honest caller would give
    └── Unavailable             unavailable     the database cannot be reached

    StartError                  the store cannot be opened at all; the sentence is for the owner
    ├── StoreTooNew             made by a newer version
    ├── KeyInUse                a call goes on, so the key cannot be changed now
    └── WrongKey                the key file does not open what is stored

A tool turns `Refused` into its result (`status` is the code), and the other two into the SDK's ToolError: one place,
`tools/call.py`.
"""

from collections.abc import Mapping
from typing import Any


class StoreError(Exception):
    """An error that has a code for machines and a sentence for the caller."""

    code = "error"

    def __init__(self, sentence: str, **details: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details: Mapping[str, Any] = details


class Refused(StoreError):
    """The wish is understood and cannot be granted."""

    code = "refused"


class NotFound(Refused):
    code = "not_found"


class SlotTaken(Refused):
    code = "slot_taken"


class SeatTaken(Refused):
    code = "seat_taken"


class AlreadyBooked(Refused):
    code = "already_booked"


class Closed(Refused):
    code = "closed"


class InPast(Refused):
    code = "in_past"


class OutOfReach(Refused):
    """Sooner than the notice allows (`too_soon`) or later than the horizon (`too_far`)."""

    def __init__(self, code: str, sentence: str, **details: Any) -> None:
        super().__init__(sentence, **details)
        self.code = code


class Ambiguous(Refused):
    code = "ambiguous"

    def __init__(self, question: str, **details: Any) -> None:
        super().__init__(question, question=question, **details)


class WhichOne(Refused):
    code = "which_one"


class Locked(Refused):
    code = "locked"


class NeedsPin(Refused):
    code = "needs_pin"


class NeedsProof(Refused):
    code = "needs_proof"


class NotVerified(Refused):
    code = "not_verified"


class NotAllowed(Refused):
    code = "not_allowed"


class NotOffered(Refused):
    code = "not_offered"


class WrongAmount(Refused):
    code = "wrong_amount"


class NoConsent(Refused):
    code = "no_consent"


class QuietHours(Refused):
    code = "quiet_hours"


class EnoughToday(Refused):
    code = "enough_today"


class TooLate(Refused):
    code = "too_late"


class BadInput(StoreError):
    code = "bad_input"


class Unavailable(StoreError):
    code = "unavailable"

    def __init__(self) -> None:
        super().__init__("I'm sorry, I can't reach our records right now, so nothing was changed.")


class StartError(Exception):
    """The store cannot be opened, or not be changed as the owner wants; the message is one sentence for the owner."""


class StoreTooNew(StartError):
    pass


class KeyInUse(StartError):
    pass


class WrongKey(StartError):
    pass
