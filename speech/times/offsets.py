"""Lengths of time counted from now, from a day, or from the time last talked about."""

from datetime import datetime, time

from speech.times.calendar import NEXT, shifted, weekday_from
from speech.times.clocks import SHORT_LINE
from speech.times.dates import day_at
from speech.times.line import Day, Line
from speech.times.periods import OF_THE_CLOCK, length, moved

WHOLE_DAYS = {"day", "week", "fortnight", "month", "year"}
Offset = tuple[Day | datetime, int] | None


def ahead(line: Line, at: int) -> Offset:
    """«in two weeks», «in an hour and a half», «within ten days»."""
    if not line.has(at, "in") and not line.has(at, "within"):
        return None
    found = length(line, line.skip(at + 1, "the"))
    if found is None or (line.counts(found[1]) and line[found[1]].text != "time"):
        return None
    parts, end = found
    if parts == [(1, "minute")] and line.has(end - 2, "quantity"):
        return None  # «in a minute» is said of anything
    moment = moved(line.frame.now, parts, 1)
    if moment is None or not line.has(at, "within"):
        return _of(moment, parts, end)
    if _of_the_clock(parts):
        return None
    return Day(line.frame.today, moment.date(), kind="span"), end


def counted(line: Line, at: int) -> Offset:
    """«two weeks from now», «three days ago», «an hour later», «a week from Tuesday», «the day after Christmas»."""
    found = length(line, at)
    several = line[at].text.endswith("s") or line[at - 1].text in {"any", "every", "each"}
    if found is None and line.word(at, "unit") in WHOLE_DAYS and not several:
        found = [(1.0, str(line.word(at, "unit")))], at + 1
    if found is None:
        return None
    parts, end = found
    behind = _behind(line, line.skip(end, "linker"), parts)
    if behind is not None:
        return behind
    if line.has(end, "relative_day") and parts[0][1] in {"week", "fortnight"}:
        return _from_day(line, end - 1, parts, 1)
    if line.has(end, "from_now"):
        return _of(moved(line.frame.now, parts, 1), parts, end + 1)
    sign = line.number(end, "shift")
    if sign is None:
        return None
    from_day = _from_day(line, end, parts, sign)
    return from_day or _from_moment(line, at, end, parts, sign)


def _behind(line: Line, at: int, parts: list[tuple[float, str]]) -> Offset:
    """Hindi says it behind: «do din baad», «ek ghante mein», «teen din pehle»."""
    if line.has(at, "later_behind"):
        return _of(moved(line.frame.now, parts, 1), parts, at + 1)
    if line.has(at, "ago_behind"):
        return _of(moved(line.frame.now, parts, -1), parts, at + 1)
    within = line.has(at, "within_behind") or line.has(at - 1, "within_behind")
    return _of(moved(line.frame.now, parts, 1), parts, at) if within else None


def repeated(line: Line, at: int) -> Offset:
    """«same time next week», «same day next week»."""
    what, about = line.word(at, "anaphor"), line.frame.about or line.frame.now
    if what not in {"day", "time"} or line.number(at + 1, "direction") != NEXT or line.word(at + 2, "unit") != "week":
        return None
    if what == "time" and line.frame.about is None:
        return None
    day = shifted(about.date(), 7)
    if day is None:
        return None
    return (Day(day, kind="relative") if what == "day" else datetime.combine(day, about.time())), at + 3


def several_weekdays(line: Line, at: int) -> Offset:
    """«three Fridays from now»."""
    number, weekday = line.number(at), line.number(at + 1, "weekday")
    if number is None or weekday is None or not 1 <= number <= 52 or not line.has(at + 2, "from_now"):
        return None
    day = shifted(weekday_from(line.frame.today, weekday), 7 * (number - 1))
    return None if day is None else (Day(day), at + 3)


def at_this_moment(line: Line, at: int) -> Offset:
    """«now», where nothing else is said."""
    others = [token for token in line.tokens[:SHORT_LINE] if token.kind != "point"]
    alone = len(others) == 1 and len(line.tokens) < SHORT_LINE
    return (line.frame.now, at + 1) if line.has(at, "lone_now") and alone else None


def _from_day(line: Line, end: int, parts: list[tuple[float, str]], sign: int) -> Offset:
    if line[end].text in {"later", "earlier", "ago", "back"} or _of_the_clock(parts):
        return None
    found = day_at(line, line.skip(end + 1, "the", "range"))
    if found is None or found[0].kind in {"week", "month", "year", "span"}:
        return None
    moment = moved(datetime.combine(found[0].first, time()), parts, sign)
    return _of(moment, parts, found[1])


def _from_moment(line: Line, at: int, end: int, parts: list[tuple[float, str]], sign: int) -> Offset:
    about, word = line.frame.about, line[end].text
    if word in {"after", "before"} and line[end + 1].text in {"that", "it", "this"}:
        return _of(moved(about, parts, sign), parts, end + 2) if about is not None else None
    if word == "ago" or (word == "back" and at + 1 < end):
        return _of(moved(line.frame.now, parts, -1), parts, end + 1)
    if word in {"later", "earlier"}:
        return _of(moved(about or line.frame.now, parts, sign), parts, end + 1)
    alone = end - at == 1 and word in {"after", "before"} and line[end + 1].kind in {"end", "point"}
    return _of(moved(about, parts, sign), parts, end + 1) if alone and about is not None else None


def _of_the_clock(parts: list[tuple[float, str]]) -> bool:
    return any(unit in OF_THE_CLOCK for _, unit in parts)


def _of(moment: datetime | None, parts: list[tuple[float, str]], end: int) -> Offset:
    if moment is None:
        return None
    return (moment if _of_the_clock(parts) else Day(moment.date(), kind="relative")), end
