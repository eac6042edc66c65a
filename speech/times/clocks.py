"""Times of day as they are said. Each rule reads from one token on; which half of the day is meant is settled later."""

from dataclasses import replace

from speech.times import hindi
from speech.times.line import Clock, Line

Timed = tuple[Clock, int] | None
ROUND_MINUTES = {5, 10, 20, 25}
"""«ten to three» is a time of day with these; with others only if «minutes» is said."""
SHORT_LINE = 10
"""Tokens."""
NO_HOUR = -1
"""«quarter past», without the hour."""


def clock_at(line: Line, at: int, *, loose: bool = False) -> Timed:
    """The time of day that begins here; a bare number is one only where its place says so, or if `loose`."""
    if line.has(at, "part"):
        return _part_first(line, at)
    if line.has(at, "fixed"):
        return _fixed(line, at)
    if line.word(at, "anaphor") == "time":
        return _same(line, at)
    past_or_to = _past_or_to(line, at)
    if past_or_to is not None:
        return past_or_to
    face = hindi.face(line, at) or _face(line, at)
    if face is None:
        return None
    clock, end = _tail(line, *face)
    clock = _as_its_other(line, clock, end)
    if clock.bare and not loose and not _is_hour(line, at, end):
        return None
    if not clock.bare and clock.half is None and line.counts(end) and line[end].text not in _NAMED_BY_TIME:
        return None
    return clock, end


def _as_its_other(line: Line, clock: Clock, end: int) -> Clock:
    """«4 or 5 pm»: what is said of the second holds for the first."""
    if clock.half is not None or not line.has(end, "or"):
        return clock
    face = _face(line, end + 1)
    second = None if face is None else _tail(line, *face)[0]
    return clock if second is None or second.half in {None, "day"} else replace(clock, half=second.half, bare=False)


_NAMED_BY_TIME = {"appointment", "slot", "opening", "one", "time", "visit", "class", "place", "option", "appointments"}
"""«the 12:30 appointment»: these are named by a time, not counted."""


def _part_first(line: Line, at: int) -> Timed:
    """«evening 5», «in the morning 10:30», «afternoon quarter past three»."""
    part = line.word(at, "part")
    start = line.skip(line.skip(at + 1, "comma", "linker"), "at", "approx")
    greeting = line.has(at - 1, "greeting") or (at == 0 and start != at + 1)
    if greeting or line.has(start, "part") or line.has(start, "fixed"):
        return None
    found = clock_at(line, start, loose=start == at + 1)
    if found is None or found[0].half is not None:
        return None
    if found[0].bare and (line.counts(found[1]) or line.has(found[1], "unit")):
        return None
    return replace(found[0], half=part, bare=False), found[1]


def _fixed(line: Line, at: int) -> Timed:
    hour = line.number(at, "fixed")
    return None if hour is None else (Clock(hour, 0, "day" if hour else "midnight"), line.skip(at + 1, "ish"))


def _same(line: Line, at: int) -> Timed:
    """«the same time», «at that time»: as last talked about."""
    about = line.frame.about
    return None if about is None else (Clock(about.hour, about.minute, "day"), at + 1)


def _past_or_to(line: Line, at: int) -> Timed:
    """«half past three», «quarter to ten», «twenty past nine», «five minutes to six», «half six»."""
    start = line.skip(at, "quantity") if line.has(at + 1, "quarter") or line.has(at + 1, "half") else at
    minutes = 30 if line.has(start, "half") else 15 if line.has(start, "quarter") else line.number(start)
    if minutes is None or not 1 <= minutes <= 59:
        return None
    end = start + 1
    said_minutes = line.word(end, "unit") == "minute"
    end += said_minutes
    sign = line.number(end, "past_to")
    if line.has(start, "half") and sign is None:
        return _half_of(line, end)
    if sign is None or not _means_minutes(line, start, end, minutes, said_minutes):
        return None
    return _around_the_hour(line, end + 1, sign * minutes, named=line.has(start, "half") or line.has(start, "quarter"))


def _means_minutes(line: Line, start: int, end: int, minutes: int, said_minutes: bool) -> bool:
    """«10 to 3» is ten minutes before; «from 10 to 3» is not, nor «10 to 11»."""
    if said_minutes or "number" not in line[start].tags:
        return True
    if line[end].text == "past":
        return True
    if minutes not in ROUND_MINUTES or line.word(start - 1, "relation") in {"from", "between"}:
        return False
    following = line.number(end + 1)
    return line[start].kind == "word" or following != minutes + 1


def _half_of(line: Line, at: int) -> Timed:
    hour = line.number(at)
    if hour is None or not 1 <= hour <= 12 or line.has(at + 1, "unit") or line.counts(at + 1):
        return None
    return _tail(line, Clock(hour, 30), at + 1)


def _around_the_hour(line: Line, at: int, minutes: int, *, named: bool) -> Timed:
    fixed = line.number(at, "fixed")
    hour = fixed if fixed is not None else line.number(at)
    if hour is None or hour > 24 or (line.has(at + 1, "unit") and not line.has(at + 1, "hours_mark")):
        return (Clock(NO_HOUR, minutes % 60), at) if named and line[at].kind in {"end", "point"} else None
    total = (hour * 60 + minutes) % 1440
    hour_then, minute = divmod(total, 60)
    if fixed is not None or hour > 12 or line[at].text.startswith("0"):
        return Clock(hour_then, minute, "day"), at + 1
    return _tail(line, Clock(hour_then or 12, minute), at + 1)


def _face(line: Line, at: int) -> tuple[Clock, int] | None:
    """What a clock's face would show: digits, one number or two."""
    token = line[at]
    if token.kind == "clock":
        return _digits(line, at)
    number = line.number(at)
    if number is None:
        return None
    if "hundreds" in token.tags or (token.kind == "number" and len(token.text) in {3, 4}):
        return _military(line, at, number)
    return _two_numbers(line, at, number) or (_one_number(line, at, number) if number <= 24 else None)


def _digits(line: Line, at: int) -> tuple[Clock, int] | None:
    text = line[at].text
    mark = next(mark for mark in ":.h" if mark in text)
    hour, minute = (int(part) for part in text.split(mark)[:2])
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    end = line.skip(at + 1, "hours_mark")
    told = line.has(at - 1, "at") or line.expecting == "time" or (len(line.tokens) == 1 and minute % 15 == 0)
    if mark == "." and not told and not _has_half(line, end):
        return None
    exact = hour > 12 or text.startswith("0") or hour == 0
    return Clock(hour % 24, minute, "day" if exact else None), end


def _has_half(line: Line, at: int) -> bool:
    return (
        line.has(at, "meridiem")
        or line.has(at, "part")
        or line.has(at, "oclock")
        or (line.has(at, "in") and line.has(at + 2, "part"))
    )


def _military(line: Line, at: int, number: int) -> tuple[Clock, int] | None:
    """«nine hundred hours», «0930», «at 1530»."""
    hour, minute = divmod(number, 100)
    if hour > 23 or minute > 59:
        return None
    end = line.skip(at + 1, "hours_mark")
    said = end > at + 1 or line.has(at - 1, "at") or _has_half(line, end) or line.expecting == "time"
    alone = len(line.tokens) == 1 and hour > 12 and minute % 15 == 0
    if (not said and not alone) or _is_address(line, at + 1) or line.has(at + 1, "number"):
        return None
    exact = hour > 12 or line[at].text.startswith("0") or (end > at + 1 and not _has_half(line, end))
    return Clock(hour, minute, "day" if exact else None), end


def _two_numbers(line: Line, at: int, hour: int) -> tuple[Clock, int] | None:
    """«nine thirty», «nine oh five», «oh nine thirty», «fourteen thirty hours»."""
    second, third = line.number(at + 1), line.number(at + 2)
    if second is None or not _may_pair(line, at) or _is_address(line, at + 2):
        return None
    if hour == 0 and line[at].kind == "word":
        hundreds = line.has(at + 1, "hundreds")
        if hundreds and 100 <= second <= 900:
            return Clock(second // 100, 0, "day"), line.skip(at + 2, "hours_mark")
        paired = third is not None and 10 <= third <= 59 and 1 <= second <= 9
        return (Clock(second, third or 0, "day"), line.skip(at + 3, "hours_mark")) if paired else None
    if not 1 <= hour <= 24:
        return None
    exact = "day" if hour > 12 else None
    if second == 0 and third is not None and 1 <= third <= 9 and line[at].kind == "word":
        told = third == 5 or line.has(at - 1, "at") or _has_half(line, at + 3)
        return (Clock(hour, third, exact), at + 3) if told else None
    if not 10 <= second <= 59:
        return None
    end = line.skip(at + 2, "hours_mark")
    told = line.has(at - 1, "at") or _has_half(line, end) or end > at + 2 or line.expecting == "time"
    likely = line[at].kind == "word" and hour <= 12 and second % 5 == 0
    whole = len(line.tokens) == 2 and second % 5 == 0
    return (Clock(hour % 24, second, exact), end) if told or likely or whole else None


def _may_pair(line: Line, at: int) -> bool:
    return line[at].kind == line[at + 1].kind or line.number(at + 1) == 0


def _one_number(line: Line, at: int, number: int) -> tuple[Clock, int]:
    exact = number == 0 or number > 12
    hours = line[at + 1].text == "h" and line[at + 1].glued
    return Clock(number % 24, 0, "day" if exact else None, bare=not hours), at + 1 + hours


def _tail(line: Line, clock: Clock, end: int) -> tuple[Clock, int]:
    """«o'clock», «ish», «sharp», «pm», «in the afternoon», «at night»."""
    if line[end].text == "-" and line.has(end + 1, "ish"):
        end += 1
    if line.has(end, "ish"):
        clock, end = replace(clock, bare=False), end + 1
    if line.has(end, "oclock"):
        clock, end = replace(clock, bare=False), end + 1
    end = line.skip(end, "ish")
    half = line.word(end, "meridiem")
    if half is not None:
        return replace(clock, half=clock.half if clock.half == "day" and clock.hour else half, bare=False), end + 1
    start = line.skip(line.skip(end, "in", "at"), "the")
    part = line.word(start, "part")
    if part is None or clock.half is not None or (start == end and clock.bare and not line.has(start, "part")):
        return clock, end
    return replace(clock, half=part, bare=False), start + 1


def _is_hour(line: Line, at: int, end: int) -> bool:
    """Whether a number alone is an hour: «at five», «by 6», an answer to «at what time?»."""
    after = line[end]
    if line.counts(end) or "unit" in after.tags or "opaque" in after.tags or "ordinal" in after.tags:
        return False
    if line[at].tags.get("number") == 0 or _is_address(line, end):
        return False
    if "number" in after.tags or after.kind in {"clock", "numeric"} or (after.text in "/-" and after.glued):
        return after.text == "-" and line.word(at - 1, "relation") is not None
    if line.expecting == "time":
        return True
    before = at - 2 if line.has(at - 1, "approx") else at - 1
    if line.has(before, "at") or (_begins_a_day(line, end) and line[before].text not in {"for", "of"}):
        return True
    closed = after.kind in {"end", "point"} or any(k in after.tags for k in ("closing", "range", "weekday", "or"))
    return closed and (line.has(before, "relation") or _is_new_time(line, before) or _is_another(line, before))


def _begins_a_day(line: Line, at: int) -> bool:
    """«8 tonight», «8 tomorrow morning»."""
    if len(line.tokens) == 2 and (line.has(0, "relative_day") or line.has(1, "relative_day")):
        return True
    return line.has(at, "tonight") or (line.has(at, "relative_day") and line.has(at + 1, "part"))


def _is_address(line: Line, end: int) -> bool:
    """«at 221 Baker Street», «at 10 Downing»."""
    named = line[end].capital and line[end].kind == "word" and not line[end].tags
    return named or any(line.has(end + step, "street") for step in range(3))


def _is_new_time(line: Line, before: int) -> bool:
    """«move it to four»; «not three, four»."""
    if line[before].text == "to":
        return any("change" in token.tags for token in line.tokens[max(0, before - 12) : before])
    return (
        line.has(0, "not")
        and len(line.tokens) < SHORT_LINE
        and all(
            any(kind in token.tags for kind in ("not", "number", "comma", "clause", "at", "but", "and"))
            for token in line.tokens
        )
    )


def _is_another(line: Line, before: int) -> bool:
    """«at three or four»."""
    return line.has(before, "or") and line.has(before - 1, "number") and line.has(before - 2, "at")


def clocks_at(line: Line, at: int) -> tuple[tuple[Clock, Clock], int] | None:
    """«between two and four», «from 2 to 4 pm», «4pm-5pm»."""
    lead = line.word(at - 1, "relation")
    told = lead in {"from", "between"}
    first = clock_at(line, at, loose=True)
    if first is None or not (line.has(first[1], "range") or line.has(first[1], "se")):
        return None
    if line[first[1]].text == "to" and any("change" in token.tags for token in line.tokens[max(0, at - 12) : at]):
        return None
    if line.has(first[1], "and") and lead != "between":
        return None
    start = line.skip(first[1] + 1, "at", "approx")
    second = clock_at(line, start, loose=True)
    told = told or (second is not None and line.has(second[1], "range_behind"))
    if second is None or line.counts(second[1]) or line.has(second[1], "unit") or line.has(second[1], "month"):
        return None
    dated = any(
        line.has(place, kind) for place in (at - 1, second[1]) for kind in ("relative_day", "tonight", "weekday")
    )
    dated = dated or line[first[1]].text in {"until", "till", "til"}
    if second[0].bare and first[0].bare and not told and not dated and not line.has(at - 1, "at"):
        return None
    if first[0].bare and (line.counts(first[1]) or line.has(at - 1, "month")):
        return None
    return (first[0], second[0]), second[1]
