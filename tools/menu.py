"""What on the menu a caller means. Only what is surely meant is taken; for the rest there are the nearest names."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import permutations

from rapidfuzz import fuzz, process

from db.business import Business, Dish
from db.errors import NotOffered, WhichOne

SURE_OF_WORD = 80
"""rapidfuzz's score from which a longer word is a spelling of another; short ones must be the same."""
SHORT_WORD = 4
"""«beef» and «beet» are one letter apart."""
LONGEST_NAME = 5
"""Words that are tried in another order than the menu's."""
MOST_NAMED = 3
_AROUND = frozenset({
    "a", "an", "the", "some", "of", "please", "order", "portion", "portions", "plate", "plates", "glass", "glasses",
    "cup", "cups", "piece", "pieces",
})  # fmt: skip
"""Words that say nothing about which item it is."""
_BETWEEN = re.compile(r"[\s\-–,.;:!?'\"’&/()+]+")


def dish_of(business: Business, said: str) -> Dish:
    """The one item that is meant, or a refusal with the nearest names."""
    wanted = _words(said)
    menu = business.menu
    by_name = [dish for dish in menu if wanted and wanted == _words(dish.name)]
    by_other_name = [dish for dish in menu if wanted and wanted in [_words(other) for other in dish.also]]
    by_sound = [dish for dish in menu if any(_alike(wanted, _words(name)) for name in (dish.name, *dish.also))]
    found = by_name or by_other_name or by_sound
    if len(found) == 1:
        return found[0]
    names = [dish.name for dish in found] or nearest(menu, said)
    if found:
        raise WhichOne(f"Which one do you mean: {_listed(names)}?", item=said, choices=names)
    offer = f" The nearest we have: {_listed(names)}." if names else ""
    raise NotOffered(f"«{said[:60]}» is not on our menu, so nothing was ordered.{offer}", item=said, nearest=names)


def nearest(menu: Sequence[Dish], said: str) -> list[str]:
    """The names on the menu that sound most like it."""
    names = {name: dish.name for dish in menu for name in (dish.name, *dish.also)}
    ranked = process.extract(said, names.keys(), scorer=fuzz.WRatio, processor=str.casefold, limit=None)
    return list(dict.fromkeys(names[name] for name, _, _ in ranked))[:MOST_NAMED]


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _words(text: str) -> tuple[str, ...]:
    """The words that matter, in a form that bears a plural, an accent and a doubled letter."""
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text.casefold()))
    words = [word for word in _BETWEEN.split(plain) if word]
    telling = [word for word in words if word not in _AROUND] or words
    return tuple(re.sub(r"([^\W\d_])\1+", r"\1", _singular(word)) for word in telling)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _alike(said: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """The same words, each spelled as it may be heard, in whatever order."""
    if len(said) != len(name) or not said:
        return False
    orders = permutations(said) if len(said) <= LONGEST_NAME else [said]
    return any(all(map(_same_word, order, name)) for order in orders)


def _same_word(said: str, meant: str) -> bool:
    if said == meant:
        return True
    return max(len(said), len(meant)) > SHORT_WORD and fuzz.ratio(said, meant) >= SURE_OF_WORD
