"""A line cut into tokens, each with what it can mean, in one pass over the text.

Numbers that count, name or identify something are marked here as `counted`, so that no rule takes them for a time.
"""

import re
from dataclasses import dataclass, replace

from speech.times.lexicon import NOTHING, Lexicon, Tags, plain

_SCAN = re.compile(
    r"""
    (?P<iso>\d{4}-\d{1,2}-\d{1,2}(?![\d-])T?)
  | (?P<opaque>[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64} | https?://\S{0,200} | [#$€£₹]\s?\d[\d.,]*
      | \+\d[\d\ ().-]{5,20}\d | \(\d{3}\)\s?\d{3}[ .-]?\d{4} | \d{3}[ .-]\d{3}[ .-]\d{4} | \d{3}-\d{4}(?!-)
      | \d{1,3}(?:,\d{3})+ | \d{1,2}[.]\d{1,2}[.]\d{1,2}[.]\d+ | \d{5,64})
  | (?P<numeric>\d{1,2}(?P<cut>[/.-])\d{1,2}(?P=cut)(?:\d{4}|\d{2})(?!\d) | \d{4}/\d{1,2}/\d{1,2}(?!\d)
      | \d{1,2}/\d{1,2}(?![\d/]))
  | (?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?![\d:]) | \d{1,2}[.h]\d{2}(?![\d.]\d))
  | (?P<nth>\d{1,2}['’]?\s?(?i:st|nd|rd|th)(?![^\W_]))
  | (?P<number>\d+)
  | (?P<half>(?i:[ap])(?:\.\s?|\s)(?i:m)(?![^\W_])\.? | (?i:[ap])(?i:m)\.)
  | (?P<oclock>(?i:o)\s?['’"`´]?\s?(?i:clock)(?![^\W_]))
  | (?P<word>[A-Za-zÀ-ɏऀ-ॣॱ-ॿ\u200c\u200d]+(?:['’][A-Za-z]+)*)
  | (?P<point>\n|\S)
    """,
    re.VERBOSE,
)


@dataclass(slots=True, frozen=True)
class Token:
    text: str
    """In lower case."""
    kind: str
    """iso · opaque · numeric · clock · nth · number · word · point"""
    tags: Tags
    start: int
    end: int
    glued: bool = False
    """Nothing stands between it and the token before."""
    capital: bool = False


def tokens_of(text: str, lexicon: Lexicon) -> list[Token]:
    return _without_counted(_composed(_phrases(_cut(text, lexicon), lexicon)))


def _cut(text: str, lexicon: Lexicon) -> list[Token]:
    cut: list[Token] = []
    last = -1
    for match in _SCAN.finditer(text):
        kind = match.lastgroup or "point"
        start, end = match.span()
        if kind == "cut":
            kind = "numeric"
        cut.append(_token(match[0], kind, start, end, start == last, lexicon))
        last = end
    return cut


def _token(said: str, kind: str, start: int, end: int, glued: bool, lexicon: Lexicon) -> Token:
    text = plain(said.lower().replace("’", "'"))
    match kind:
        case "number":
            return Token(text, kind, {"number": int(text)} if len(text) < 5 else NOTHING, start, end, glued)
        case "nth":
            return Token(text, kind, {"ordinal": int(re.sub(r"\D", "", text))}, start, end, glued)
        case "half":
            return Token(text, "word", {"meridiem": text[0] + "m"}, start, end, glued)
        case "oclock":
            return Token("o'clock", "word", {"oclock": 1}, start, end, glued)
        case "word" | "point":
            tags = lexicon.words.get(text)
            if tags is None and text.endswith("'s") and text[:-2] in lexicon.words:
                text = text[:-2]
                tags = {"owned": 1, **lexicon.words[text]}
            return Token(text, kind, tags or NOTHING, start, end, glued, said[0].isupper())
    return Token(text, kind, NOTHING, start, end, glued)


def _phrases(tokens: list[Token], lexicon: Lexicon) -> list[Token]:
    """Words that mean something together become one token."""
    merged: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        for words, tags in lexicon.phrases.get(token.text, ()):
            if _says(tokens, at, words):
                last = tokens[at + len(words) - 1]
                token = Token(" ".join(words), "word", tags, token.start, last.end, token.glued, token.capital)
                at += len(words) - 1
                break
        merged.append(token)
        at += 1
    return merged


def _says(tokens: list[Token], at: int, words: tuple[str, ...]) -> bool:
    if at + len(words) > len(tokens):
        return False
    return all(tokens[at + step].text == word for step, word in enumerate(words))


def _composed(tokens: list[Token]) -> list[Token]:
    """«twenty» «one» becomes 21, «twenty» «first» the 21st, «nine» «hundred» 900."""
    made: list[Token] = []
    for token in tokens:
        before = made[-1] if made else None
        joined = None if before is None else _joined(made, before, token)
        if joined is None:
            made.append(token)
        else:
            made[-1] = joined
    return made


def _joined(made: list[Token], before: Token, token: Token) -> Token | None:
    if before.text == "-" and len(made) > 1 and before.glued and token.glued and _is_tens(made[-2]):
        joined = _joined(made[:-1], made[-2], token) if _is_small(token) else None
        if joined is not None:
            made.pop()
        return joined
    tags = before.tags
    if _is_tens(before) and _is_small(token):
        kind = "number" if "number" in token.tags else "ordinal"
        return replace(before, tags={kind: int(tags["number"]) + int(token.tags[kind])}, end=token.end)
    if "number" in tags and "multiplier" in token.tags:
        value = int(tags["number"]) * int(token.tags["multiplier"])
        return replace(before, tags={"number": value, "hundreds": 1}, end=token.end)
    return None


def _is_tens(token: Token) -> bool:
    value = token.tags.get("number")
    return token.kind == "word" and isinstance(value, int) and 20 <= value <= 90 and value % 10 == 0


def _is_small(token: Token) -> bool:
    value = token.tags.get("number", token.tags.get("ordinal"))
    return token.kind == "word" and isinstance(value, int) and 1 <= value <= 9


_SUFFIXES = ("meridiem", "ish", "unit", "hours_mark", "oclock", "month", "weekday", "part", "range")


def _without_counted(tokens: list[Token]) -> list[Token]:
    """The same, where numbers that identify or count something are no numbers any more."""
    made = list(tokens)
    at = 0
    while at < len(made):
        if "number" not in made[at].tags and made[at].kind not in {"clock", "nth"}:
            at += 1
            continue
        end = at + 1
        while end < len(made) and "number" in made[end].tags and "number" in made[end - 1].tags:
            end += 1
        if _identifies(made, at, end):
            made[at:end] = [replace(token, tags={"opaque": 1}, kind="opaque") for token in made[at:end]]
        at = end
    return made


def _identifies(tokens: list[Token], start: int, end: int) -> bool:
    before = tokens[start - 1] if start else None
    after = tokens[end] if end < len(tokens) else None
    if before is not None and (_names_a_number(tokens, start - 1) or _is_stuck(tokens, start)):
        return True
    if after is not None and after.glued and after.kind == "word" and not any(tag in after.tags for tag in _SUFFIXES):
        return True
    return end - start > 2 and not _reads_as_time(tokens, start, end)


def _names_a_number(tokens: list[Token], at: int) -> bool:
    """«room 12», «id is 1001»."""
    return "counted_before" in tokens[at].tags


def _is_stuck(tokens: list[Token], at: int) -> bool:
    """«A12», «room-12»: one word with what stands before it."""
    token, before = tokens[at], tokens[at - 1]
    if not token.glued or token.kind == "word":
        return False
    if before.text in "-/_" and at > 1:
        return before.glued and tokens[at - 2].kind in {"word", "opaque"} and not tokens[at - 2].tags
    return before.kind in {"word", "opaque", "iso", "numeric"} and not before.tags and before.text[-1:] != "t"


def _reads_as_time(tokens: list[Token], start: int, end: int) -> bool:
    """Three numbers that are no id: «oh nine thirty», «nine oh five», «march seven twenty nineteen»."""
    if start and "month" in tokens[start - 1].tags:
        return True
    values = [int(token.tags["number"]) for token in tokens[start:end]]
    if len(values) != 3 or any(token.kind != "word" for token in tokens[start:end]):
        return False
    oh_first = values[0] == 0 and 1 <= values[1] <= 9 and 10 <= values[2] < 60
    return oh_first or (1 <= values[0] <= 12 and values[1] == 0 and 1 <= values[2] <= 9)
