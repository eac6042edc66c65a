"""Values in what was said: digits, names, amounts and items, codes, a reason. Times are read by `speech.times`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from speech.brain.dialogue import Language, Slot
from speech.brain.phrases import Match, find, plain
from speech.digits import digits
from speech.spelling import Unknown, spell

LONGEST_NAME = 4
LEAST_SPELLED = 3
"""Letters from which a name is spelled."""
LEAST_DONE = 6
"""Letters of a word for something that is done; «king» is a name."""
LONGEST_TEXT = 12
"""Words of a reason; more would be a story."""
LONGEST_NUMBER = 40
NEAR = 24
"""Letters between a cue and its number."""
SOUND_ALIKES = {"to", "too", "for"}
_EMAIL = re.compile(r"([^\s@,;]+@[^\s@,;]+\.[A-Za-z]{2,})")
_SPOKEN_EMAIL = re.compile(
    r"\b(?:(?:e-?mail|address|it|that)(?:'s| is)\s+|is\s+)?"
    r"((?:[a-z0-9_-]+\s+(?:dot|underscore|dash|hyphen|plus)\s+)*[a-z0-9._-]+\s+at\s+[a-z0-9-]+(?:\s+dot\s+[a-z]+)+)",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"\s*[^\W\d_a-z]\w[\w'’-]*(?:\s+[^\W\d_a-z]\w[\w'’-]*){0,3}")
_CAPITALS_LAST = re.compile(rf"{_CAPITALS.pattern}\s*$")
_TOKEN = re.compile(r"[^\s,.;:!?¿¡\"«»।]+")
_CLAUSE = re.compile(r"[,.;!?।]|\s+(?:and|but|und)\s+(?=(?:my|i|it|can|could|please|the)\b)")


@dataclass
class Line:
    """What somebody said, or a part of it; what has been read is blanked out, so that nothing is read twice."""

    text: str
    plain: str = field(init=False)
    read: tuple[int, int] | None = field(init=False, default=None)
    """Where a code was read; a name may stand beside it."""

    def __post_init__(self) -> None:
        self.plain = plain(self.text)

    def blank(self, start: int, end: int) -> None:
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]
        self.plain = self.plain[:start] + " " * (end - start) + self.plain[end:]

    def without_code(self, text: str) -> str:
        """The same text as it was said, but for the code in it."""
        start, end = self.read or (0, 0)
        return " ".join((text[:start] + text[end:]).split())

    @property
    def rest(self) -> str:
        return " ".join(self.text.split())


def read_digits(line: Line, slot: Slot, language: Language, *, asked: bool) -> str | None:
    """Digits in the speaker's own words: behind a cue, or as many as there must be."""
    runs = _digit_runs(line.plain, language)
    whole = [run for run in runs if len(digits(run[2])) == slot.length]
    if slot.length is not None:
        runs = whole or (runs if asked or find(slot.cues, line.plain) else [])
    if slot.length is None and slot.fewest is None:
        runs = [_uncounted(run) for run in runs]
    runs = [run for run in runs if (slot.fewest or 0) <= len(digits(run[2])) <= (slot.most or LONGEST_NUMBER)]
    cues = find(slot.cues, line.plain)
    if find(language.acts["instead"], line.plain):
        cues.reverse()
    for cue in cues:
        if run := next((run for run in runs if _belongs(line.plain[cue.end : run[0]], language, cue, run)), None):
            line.blank(cue.start, run[1])
            return run[2]
    if (glued := _glued(line, slot)) is not None:
        return glued
    if not whole and slot.fewest is None:
        runs = [run for run in runs if _answers(line, run, slot, language)]
    if runs and (asked or slot.fewest is not None or (slot.length is not None and not slot.secret)):
        run = runs[0]
        line.blank(run[0], run[1])
        return run[2]
    return None


def _uncounted(run: tuple[int, int, str]) -> tuple[int, int, str]:
    """«two» of «two to three»: a number that ends where another may begin."""
    words = list(re.finditer(r"\S+", run[2]))
    cut = next((word.start() for word in words[1:] if word[0] in SOUND_ALIKES), len(run[2]))
    said = run[2][:cut].rstrip()
    return run[0], run[0] + len(said), said


def _answers(line: Line, run: tuple[int, int, str], slot: Slot, language: Language) -> bool:
    """Whether hardly anything but a number of about the right length was said: «half past four» is no answer."""
    if len(digits(run[2])) < (slot.length or 1) - 1:
        return False
    rest = plain(line.text[: run[0]] + " " * (run[1] - run[0]) + line.text[run[1] :])
    acts = find([phrase for phrases in language.acts.values() for phrase in phrases], rest)
    for act in acts:
        rest = rest[: act.start] + " " * (act.end - act.start) + rest[act.end :]
    known = {*language.fillers, *language.hesitations, *language.numbers["lead"], *language.numbers["digit"]}
    return known.issuperset(word for word in rest.split() if not word.isdecimal())


def _belongs(gap: str, language: Language, cue: Match, run: tuple[int, int, str]) -> bool:
    """Whether a number is near behind its cue, and no amount of something."""
    leads = {*language.fillers, *language.hesitations, *language.numbers["lead"]} - set(language.numbers["between"])
    counts = not leads.issuperset(gap.split()) or run[2].split()[0] in SOUND_ALIKES
    return 0 <= run[0] - cue.end <= NEAR and not counts


def _glued(line: Line, slot: Slot) -> str | None:
    """«CUST0012»: the number right behind a cue."""
    for found in re.finditer(r"(?<!\S)([^\W\d]+)(\d+)(?!\S)", line.plain):
        if found[1] in slot.cues:
            line.blank(found.start(), found.end())
            return found[2]
    return None


def _digit_runs(text: str, language: Language) -> list[tuple[int, int, str]]:
    """Stretches of digits and of words for digits."""
    known, runs = set(language.numbers["digit"]), list[tuple[int, int, str]]()
    for token in re.finditer(r"\S+", text):
        if not (token[0].isdecimal() or token[0] in known):
            continue
        if runs and not text[runs[-1][1] : token.start()].strip():
            start = runs[-1][0]
            runs[-1] = (start, token.end(), text[start : token.end()])
        else:
            runs.append((token.start(), token.end(), token[0]))
    return [run for run in runs if digits(run[2])]


def read_email(line: Line) -> str | None:
    """«jo@example.com», or «jo at example dot com» as it is said."""
    for pattern in (_EMAIL, _SPOKEN_EMAIL):
        if found := pattern.search(line.text):
            line.blank(found.start(1), found.end(1))
            return found[1]
    return None


def read_option(line: Line, slot: Slot) -> str | None:
    """The option that is named; all of them, with commas, where several can be meant at once."""
    named: list[str] = []
    for value, phrases in slot.options.items():
        if found := find(phrases, line.plain):
            for one in found:
                line.blank(one.start, one.end)
            named.append(value)
            if not slot.many:
                break
    return ", ".join(named) or None


def read_name(line: Line, slot: Slot, language: Language, *, asked: bool) -> str | None:
    """A name behind its cue, or the whole of an answer to its question."""
    cues = find((*slot.cues, *language.name_cues), line.plain)
    corrections = find(language.acts["instead"], line.plain)
    for cue in reversed(cues) if corrections else cues:
        if name := spelled_name(line.text[cue.end :]) or _name(line.text[cue.end :], slot, language):
            line.blank(cue.start, min(cue.end + len(name) + 1, len(line.text)))
            return name
    for start, end in told_names(line.text, language):
        if name := _whole_name(line.text[start:end], slot, language):
            line.blank(start, end)
            return name
    if not asked:
        return None
    said = [line.text[one.end :] for one in reversed(corrections)]
    name = next(filter(None, (_whole_name(one, slot, language) for one in (*said, line.text))), None)
    if name:
        line.blank(0, len(line.text))
    return name


def told_names(text: str, language: Language) -> list[tuple[int, int]]:
    """Where names in capitals stand beside words that tell them: «my name is Owen Price», «Owen Price is the name»."""
    behind = [_CAPITALS.match(text, one.end) for one in find(language.name_cues, plain(text))]
    before = [_CAPITALS_LAST.search(text[: one.start]) for one in find(language.name_tails, plain(text))]
    return [found.span() for found in (*behind, *before) if found]


def without_names(text: str, language: Language) -> str:
    """The text, letter for letter as long, without the names that it tells: Mr Price asks for no price."""
    line = Line(text)
    for start, end in told_names(text, language):
        line.blank(start, end)
    return line.text


def _whole_name(text: str, slot: Slot, language: Language) -> str | None:
    return spelled_name(text) or _name(_without(text, language.fillers), slot, language)


def name_beside(line: Line, slot: Slot, language: Language, others: frozenset[str]) -> str | None:
    """The name that was said in one breath with a code: what little else there is, behind it or before it."""
    if line.read is None:
        return None
    for part in (line.text[line.read[1] :], line.text[: line.read[0]]):
        said = _without(part, language.fillers)
        tokens = plain(said).split()
        if 0 < len(tokens) <= LONGEST_NAME and not others & set(tokens):
            return spelled_name(said) or _name(said, slot, language)
    return None


def spelled_name(text: str) -> str | None:
    """«Sharma» of «S as in Sam, H, A, R, M, A»."""
    if sum(len(word) == 1 for word in plain(text).split()) < LEAST_SPELLED:
        return None
    letters = max(spell(text, Unknown.DROP).split(), key=len, default="")
    return letters.capitalize() if letters.isalpha() and len(letters) >= LEAST_SPELLED else None


def _name(text: str, slot: Slot, language: Language) -> str | None:
    """«Maya Chen» of «Maya Chen, and I would like …»; letters that are spelled become a word."""
    tokens: list[str] = []
    for token in clause(text).split():
        bare = token.strip(".,!?\"'")
        if not bare or _ends_name(bare, slot, language) or len(tokens) == LONGEST_NAME:
            break
        tokens.append(bare)
    if len(tokens) > 1 and all(len(token) == 1 for token in tokens):
        return "".join(tokens).capitalize()
    name = " ".join(tokens)
    return " ".join(token.capitalize() if token.islower() else token for token in name.split()) or None


def _ends_name(word: str, slot: Slot, language: Language) -> bool:
    """«I'm flying» tells no name, «I'm Fleming» does."""
    others = (*language.fillers, *language.name_ends, *language.numbers["digit"], *slot.never)
    word = word.partition("'ll")[0]
    does = word.islower() and len(word) >= LEAST_DONE and word.endswith(language.doing)
    return does or word.lower() in others or any(map(str.isdigit, word))


def clause(text: str) -> str:
    """Up to the end of the clause."""
    end = _CLAUSE.search(text.lstrip(" ,"))
    lead = len(text) - len(text.lstrip(" ,"))
    return text[: lead + end.start()] if end else text


def _without(text: str, fillers: Sequence[str]) -> str:
    """The text without words around it that say nothing."""
    tokens = list(_TOKEN.finditer(text))
    while tokens and tokens[0][0].lower().replace("’", "'") in fillers:
        tokens.pop(0)
    while tokens and tokens[-1][0].lower().replace("’", "'") in fillers:
        tokens.pop()
    return text[tokens[0].start() : tokens[-1].end()] if tokens else ""


def read_text(line: Line, slot: Slot, language: Language, *, asked: bool) -> str | None:
    """What has the form of one, a few words behind a cue, or the whole of an answer."""
    if slot.form and (found := re.search(slot.form, line.text, re.IGNORECASE)):
        line.blank(found.start(), found.end())
        return found[0].strip(" ,.")
    for cue in find(slot.cues, line.plain):
        said = _without(clause(line.text[cue.end :]), language.hesitations)
        if 0 < len(said.split()) <= LONGEST_TEXT and not all(word in slot.never for word in plain(said).split()):
            line.blank(cue.start, min(cue.end + len(clause(line.text[cue.end :])), len(line.text)))
            return said
    if not asked:
        return None
    said = _without(line.text, language.hesitations)
    return " ".join(said.split()) or None


def first_match(phrases: Sequence[str], text: str) -> Match | None:
    found = find(phrases, text)
    return found[0] if found else None
