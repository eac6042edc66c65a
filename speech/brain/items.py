"""What is ordered item by item: worked out from all that was said about it, against the list of what can be had."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz import fuzz, process

from speech.brain.amounts import TENS, amount_of, number_of
from speech.brain.dialogue import Language
from speech.brain.mentions import Mention, Named, mentions, mentions_whole
from speech.brain.phrases import Match, find, plain

NEAREST = 3
LONGEST_UNKNOWN = 4
LONGEST_NOTE = 8
LOOKED_BACK = 4
"""Words before an item among which its amount is looked for."""
_BREAK = re.compile(r"[,.;:!?]")
_WORDS = re.compile(r"\S+")


@dataclass(frozen=True)
class Item:
    """Some of one thing."""

    name: str
    quantity: int = 1
    note: str | None = None


@dataclass(frozen=True)
class Wanted:
    """All that is wanted so far, and what was named and is not clear or not on the list."""

    items: tuple[Item, ...] = ()
    unknown: str | None = None
    nearest: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass
class _Basket:
    """What is wanted, while the lines are read."""

    items: dict[str, Item]
    last: str | None = None
    """Named last: «make that three» is about it."""
    open: tuple[tuple[str, ...], int] | None = None
    """Which of these was not clear, and how many of it are wanted."""

    def put(self, name: str, amount: int, *, more: bool) -> None:
        before = self.items.get(name, Item(name, 0))
        self.items[name] = replace(before, quantity=amount + (before.quantity if more else 0))
        self.last = name

    def take_off(self, name: str, amount: int | None) -> None:
        before = self.items.pop(name, None)
        if before is not None and amount is not None and amount < before.quantity:
            self.items[name] = replace(before, quantity=before.quantity - amount)
        self.last = name if name in self.items else next(reversed(self.items), None)

    def remark(self, names: Sequence[str], note: str) -> None:
        for name in names:
            if (item := self.items.get(name)) is not None and note not in (item.note or ""):
                self.items[name] = replace(item, note=f"{item.note}, {note}" if item.note else note)


@dataclass(frozen=True)
class Remark:
    """«No onions»: how something is to be made."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Line:
    """One line, taken apart."""

    text: str
    plain: str
    language: Language
    menu: tuple[Named, ...]
    found: tuple[Mention, ...]
    remarks: tuple[Remark, ...]

    def cues(self, kind: str) -> list[Match]:
        return find(self.language.items[kind], self.plain)

    def between(self, start: int, end: int) -> list[str]:
        return self.plain[start:end].split()

    def is_broken(self, start: int, end: int) -> bool:
        return bool(_BREAK.search(self.text[start:end]))


def wanted_items(
    lines: Sequence[str], menu: tuple[Named, ...], language: Language, skipped: Sequence[str], base: Sequence[Item] = ()
) -> Wanted:
    """What is wanted after all these lines: a later one adds, changes an amount, takes something off. The words of
    `skipped` name nothing."""
    basket, unknown = _Basket({item.name: item for item in base}), None
    basket.last = next(reversed(basket.items), None)
    for text in lines:
        line = _taken_apart(text, menu, language)
        if line.found:
            _name(line, basket)
        else:
            _change(line, basket)
        _remark(line, basket)
        unknown = _unknown(line, skipped)
    names = [one.name for one in menu]
    near = process.extract(unknown, names, scorer=fuzz.WRatio, limit=NEAREST) if unknown else []
    unclear = basket.open[0] if basket.open else ()
    return Wanted(tuple(basket.items.values()), unknown, tuple(name for name, _, _ in near), unclear)


def tells_items(text: str, menu: tuple[Named, ...], language: Language, skipped: Sequence[str]) -> bool:
    """Whether a line says anything of what is wanted; where the list is not known yet, any thing may be on it."""
    line = _taken_apart(text, menu, language)
    if line.found or line.remarks or (not menu and _left(line, skipped)):
        return True
    return bool(_bare_amounts(line) or find(language.items["that"], line.plain))


def counts_things(text: str, menu: tuple[Named, ...], language: Language, skipped: Sequence[str]) -> bool:
    """Whether a line beyond doubt names things that are wanted: of the list, or with an amount."""
    line = _taken_apart(text, menu, language)
    if any(mention.whole for mention in line.found):
        return True
    left = {word.start() for word in _left(line, skipped)}
    words = [*_WORDS.finditer(line.plain)]
    counts = [word[0] not in _ARTICLES and amount_of(word[0], language) is not None for word in words]
    return not menu and any(one and word.start() in left for one, word in zip(counts, words[1:], strict=False))


def _taken_apart(text: str, menu: tuple[Named, ...], language: Language) -> _Line:
    small = plain(text)
    bare = _Line(text, small, language, menu, mentions(text, menu), ())
    remarks = tuple(_remarks(bare))
    kept = tuple(one for one in bare.found if not any(remark.start <= one.start < remark.end for remark in remarks))
    return replace(bare, found=kept, remarks=remarks)


def _name(line: _Line, basket: _Basket) -> None:
    """Takes up the items that a line names."""
    swapped: Mention | None = None
    named: set[str] = set()
    for number, mention in enumerate(line.found):
        amount, more = _amount(line, number)
        if len(mention.names) > 1:
            basket.open = (mention.names, amount or 1)
            continue
        name = mention.names[0]
        if basket.open and name in basket.open[0]:
            amount, basket.open = amount or basket.open[1], None
        if _is_swapped(line, number):
            swapped = mention
            continue
        if swapped is not None:
            amount = amount or _given_up(basket, swapped)
            basket.take_off(swapped.names[0], None)
            swapped = None
        if _is_removed(line, mention):
            basket.take_off(name, amount)
        elif amount is not None or name not in basket.items:
            basket.put(name, amount or 1, more=name not in named and (more or _verb(line, mention) == "adds"))
            named.add(name)
        else:
            basket.last = name


def _given_up(basket: _Basket, swapped: Mention) -> int:
    item = basket.items.get(swapped.names[0])
    return item.quantity if item else 1


def _verb(line: _Line, mention: Mention) -> str | None:
    """Which kind of word governs an item: the last one before it."""
    kinds = [(match.start, kind) for kind in ("adds", "remove", "swap") for match in line.cues(kind)]
    before = [pair for pair in kinds if pair[0] < mention.start]
    return max(before)[1] if before else None


def _is_removed(line: _Line, mention: Mention) -> bool:
    closest = max((match for match in line.cues("not") if match.end <= mention.start), default=None, key=_end)
    between = line.language.numbers["between"]
    if closest is not None and not line.is_broken(closest.start, mention.start):
        return all(word in between for word in line.between(closest.end, mention.start)) or _is_verb_remove(
            line, mention
        )
    return _is_verb_remove(line, mention)


def _is_verb_remove(line: _Line, mention: Mention) -> bool:
    return _verb(line, mention) == "remove"


def _end(match: Match) -> int:
    return match.end


def _is_swapped(line: _Line, number: int) -> bool:
    """«The lassi» of «change the lassi to a tea»."""
    mention, following = line.found[number], line.found[number + 1 : number + 2]
    if not following or _verb(line, mention) != "swap":
        return False
    words = line.between(mention.end, following[0].start)
    return bool(words) and words[0] in line.language.items["for"]


def _amount(line: _Line, number: int) -> tuple[int | None, bool]:
    """How many of an item, before it or behind it; and whether so many more."""
    mention = line.found[number]
    start = line.found[number - 1].end if number else 0
    lead = [*_WORDS.finditer(line.plain, start, mention.start)][-LOOKED_BACK:]
    more = any(word[0] in line.language.items["more"] for word in lead) or bool(line.cues("besides"))
    for index in range(len(lead) - 1, -1, -1):
        word = lead[index][0]
        if (amount := number_of([one[0] for one in lead[: index + 1]], line.language)) is not None:
            return amount, more
        if word not in line.language.numbers["between"] and word not in line.language.items["more"]:
            break
    behind = None if number + 1 < len(line.found) else _amount_behind(line, mention)
    return (1 if more and behind is None else behind), more


def _amount_behind(line: _Line, mention: Mention) -> int | None:
    """«The samosas, make that three»."""
    end = next((remark.start for remark in line.remarks if remark.start >= mention.end), len(line.plain))
    said = [word for word in line.between(mention.end, end) if word not in _ARTICLES]
    numbers = [at for at, word in enumerate(said) if amount_of(word, line.language) is not None]
    return number_of(said[: numbers[-1] + 1], line.language) if numbers and numbers[-1] == len(said) - 1 else None


_NO_AMOUNTS = ("wait", "repeat", "thanks", "goodbye")
"""«One moment» is no amount."""
_ARTICLES = frozenset({"a", "an", "please", "then", "instead", "too"})


def _change(line: _Line, basket: _Basket) -> None:
    """A line that names no item: another amount of the last one, or that one taken off."""
    if find(line.language.items["all"], line.plain):
        basket.items.clear()
    elif find(line.language.items["that"], line.plain) and basket.last is not None:
        basket.take_off(basket.last, None)
    elif (amount := _bare_amounts(line)) and basket.last in basket.items:
        more = any(word in line.language.items["more"] for word in line.plain.split())
        basket.put(basket.last or "", amount, more=more)
    elif amount and basket.open:
        basket.open = (basket.open[0], amount)


def _bare_amounts(line: _Line) -> int | None:
    """The amount in a line, or the first clause of it, that says nothing else: «fifty then, if that is your limit»."""
    clauses = [_Line(text, plain(text), line.language, line.menu, (), ()) for text in _BREAK.split(line.text)]
    found = (_bare_amount(clause) for clause in (line, *clauses))
    return next((amount for amount in found if amount is not None), None)


def _bare_amount(line: _Line) -> int | None:
    """The last amount in words that say nothing else; digit after digit is a number, not an amount."""
    acts = find([phrase for kind in _NO_AMOUNTS for phrase in line.language.acts[kind]], line.plain)
    free = [
        word for word in _WORDS.finditer(line.plain) if not any(act.start <= word.start() < act.end for act in acts)
    ]
    said = [word[0] for word in free if word[0] not in _ARTICLES]
    numbers = [at for at, word in enumerate(said) if amount_of(word, line.language) is not None]
    rows = [(one, other) for one, other in pairwise(numbers) if other == one + 1 and said[one] not in TENS]
    return number_of(said[: numbers[-1] + 1], line.language) if numbers and not rows and not _left(line, ()) else None


def _remarks(line: _Line) -> Iterator[Remark]:
    """«No onions», «extra spicy», «allergic to nuts», up to where something else is said."""
    acts = [match for phrases in line.language.acts.values() for match in find(phrases, line.plain)]
    behind = 0
    for cue in line.cues("notes"):
        longer = any(cue.overlaps(act) and act.weight > cue.weight for act in acts)
        if cue.start < behind or longer or _names_item(line, cue) or line.is_broken(cue.start, cue.end):
            continue
        end = _end_of_remark(line, cue)
        text = line.text[cue.start : end].strip(" ,.!?")
        tail = text.split()
        while tail and tail[-1].lower() in line.language.items["tail"]:
            tail.pop()
        if len(find([*line.language.items["whole_notes"]], plain(text))) or len(tail) > len(
            line.between(cue.start, cue.end)
        ):
            behind = end
            yield Remark(cue.start, end, " ".join(tail[:LONGEST_NOTE]))


def _names_item(line: _Line, cue: Match) -> bool:
    """«No lassi» takes it off, «extra naan» is one more; «no garlic» is about how it is made."""
    following = next((one for one in line.found if one.start >= cue.end), None)
    if following is None or line.is_broken(cue.end - 1, following.start):
        return line.text[cue.end - 1 : cue.end] in {",", "."} or _is_amount_next(line, cue)
    words = line.between(cue.end, following.start)
    if all(word in line.language.numbers["between"] for word in words):
        return mentions_whole(line.plain, following, line.menu)
    return _is_amount_next(line, cue)


def _is_amount_next(line: _Line, cue: Match) -> bool:
    words = line.between(cue.end, len(line.plain))[:1]
    return bool(words) and (
        amount_of(words[0], line.language) is not None or words[0] in line.language.items["no_note"]
    )


def _end_of_remark(line: _Line, cue: Match) -> int:
    ends = [len(line.plain)]
    ends += [match.start() for match in _BREAK.finditer(line.text, cue.end)][:1]
    ends += [match.start for match in line.cues("adds") if match.start > cue.end][:1]
    for mention in line.found:
        if mention.start > cue.end and mentions_whole(line.plain, mention, line.menu):
            words = [*_WORDS.finditer(line.plain, cue.end, mention.start)]
            while words and _leads(words[-1][0], line.language):
                words.pop()
            ends.append(words[-1].end() if words else mention.start)
            break
    return min(ends)


def _leads(word: str, language: Language) -> bool:
    return (
        word in language.numbers["between"] or word in language.items["tail"] or amount_of(word, language) is not None
    )


def _remark(line: _Line, basket: _Basket) -> None:
    for remark in line.remarks:
        basket.remark(_about(line, remark) or list(basket.items), remark.text)


def _about(line: _Line, remark: Remark) -> list[str]:
    """Which items of the line a remark is about: the one that it follows, the one it leads to, or all of them."""
    for mention in line.found:
        gap = line.between(remark.end, mention.start)
        if mention.start >= remark.end and gap[:1] and gap[0] in {"on", "in", "for"} and len(gap) < LOOKED_BACK:
            return list(mention.names)
    before = [one for one in line.found if one.end <= remark.start]
    if before and not line.is_broken(before[-1].end - 1, remark.start):
        return list(before[-1].names)
    return [name for one in line.found for name in one.names]


def _left(line: _Line, skipped: Sequence[str]) -> list[re.Match[str]]:
    """The words that neither name an item nor say anything about one."""
    language = line.language
    phrases = [phrase for phrase in skipped if "*" not in phrase]
    phrases += [phrase for said in (*language.acts.values(), *language.items.values()) for phrase in said]
    spans: list[Match | Mention | Remark] = [*find(phrases, line.plain), *line.found, *line.remarks]
    covered = [(one.start, one.end) for one in spans]
    known = {*language.fillers, *language.numbers["between"]}
    return [
        word
        for word in _WORDS.finditer(line.plain)
        if word[0] not in known
        and amount_of(word[0], language) is None
        and not any(start <= word.start() < end for start, end in covered)
    ]


def _unknown(line: _Line, skipped: Sequence[str]) -> str | None:
    """What seems to be named without being on the list: beside items only what has an amount."""
    left = _left(line, skipped)
    if line.found:
        left = [word for word in left if _has_amount(line, word)]
    if line.remarks or len(left) > LONGEST_UNKNOWN or (not line.found and _bare_amounts(line)):
        return None
    return " ".join(line.text[word.start() : word.end()].strip(".,!?") for word in left) or None


def _has_amount(line: _Line, word: re.Match[str]) -> bool:
    """«A burger»; but neither «a mad one» nor, of what it is all for, «for a party»."""
    before, behind = line.between(0, word.start())[-2:], line.between(word.end(), len(line.plain))[:1]
    if not before or amount_of(before[-1], line.language) is None or behind in (["one"], ["ones"]):
        return False
    return before[0] != "for" or before[-1] not in _ARTICLES or bool(line.cues("swap"))
