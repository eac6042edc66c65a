"""How many of something is meant: «a», «a dozen», «twenty five», «3x»."""

from collections.abc import Sequence

from speech.brain.dialogue import Language
from speech.digits import digits

TENS = frozenset({"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"})


def number_of(said: Sequence[str], language: Language) -> int | None:
    """The number with which these words end."""
    if not said or (amount := amount_of(said[-1], language)) is None:
        return None
    if len(said) > 1 and said[-2] in TENS and amount < 10:
        return int(digits(f"{said[-2]} {said[-1]}"))
    return amount


def amount_of(word: str, language: Language) -> int | None:
    bare = word.removesuffix("x").removeprefix("x")
    if bare.isdecimal() and len(bare) <= 4:
        return int(bare)
    if word in TENS:
        return int(digits(word))
    if word == "hundred":
        return 100
    return next((n for n, said in enumerate(language.numbers["amount"], 1) if word in said.split("|")), None)
