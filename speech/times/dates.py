"""Days as they are said: today, weekdays, numbers of the month, dates, holidays. Each rule reads from one token on."""

from datetime import datetime

from speech.times.calendar import (
    NEXT,
    THIS,
    date_from,
    day_of_month_from,
    holiday_from,
    made,
    shifted,
)
from speech.times.hindi import either_day
from speech.times.line import Day, Line
from speech.times.periods import Found, period, unit_period, with_end
from speech.times.weekdays import directed, ordinal_week, ordinal_weekday, weekday

MOST_CHOICES = 3
"""«the third» may be the last of three that were offered, «the ninth» is a day."""
SHORT_YEAR_TURNS = 70
"""Two digits of a year: 69 is 2069, 70 is 1970."""


def relative(line: Line, at: int) -> Found:
    """«tomorrow», «tonight», «the day after tomorrow»."""
    days = line.number(at, "relative_day")
    night = line.number(at, "tonight")
    if (days is None and night is None) or _idle(line, at):
        return None
    week = days is not None and days >= 0 and line[at + 1].text == "week"
    day = shifted(line.frame.today, (days or night or 0) + 7 * week)
    return None if day is None else (Day(day, kind="relative", part=None if night is None else "night"), at + 1 + week)


def _idle(line: Line, at: int) -> bool:
    """«Everything for today»: a day that is no wish."""
    before = at - 2 if line[at - 1].text in {"for", ",", "with"} else at - 1
    return any("idle_before" in line[place].tags for place in (at - 1, before))


def unit(line: Line, at: int) -> Found:
    """«the weekend», «the week after next», «the week of March 4th»."""
    name = line.word(at, "unit")
    if line[at + 1].text == "after" and line.number(at + 2, "direction") == NEXT:
        return period(line, at)
    if name == "weekend" and not line.has(at - 1, "greeting") and not line.has(at, "owned"):
        return with_end(unit_period(line.frame.today, "weekend", THIS), at + 1)
    if name == "week" and line.has(at + 1, "of"):
        start = line.skip(at + 2, "the")
        found = None if line.has(start, "unit") else day_at(line, start)
        if found is not None and found[0].kind in {"date", "nth"}:
            return with_end(unit_period(found[0].first, "week", THIS), found[1])
    return None


def ordinal(line: Line, at: int) -> Found:
    """«the 7th», «the 7th of March», «the first Monday in May», «the 9th of this month»."""
    number = line.number(at, "ordinal")
    if number is None:
        return None
    of_weekday = ordinal_weekday(line, at, number) or ordinal_week(line, at, number)
    if of_weekday is not None:
        return of_weekday
    if not 1 <= number <= 31:
        return None
    dated = _with_month(line, at + 1, number)
    if dated is not None:
        return dated
    named = line.has(at + 1, "number_of_month")
    return _number_alone(line, number, at + 1 + named) if named or _stands_for_a_day(line, at) else None


def _number_alone(line: Line, number: int, end: int) -> Found:
    day = day_of_month_from(line.frame.today, number)
    return None if day is None else (Day(day, kind="nth", value=number), end)


def _with_month(line: Line, at: int, number: int) -> Found:
    """What follows the number: «March», «of March 2020», «of next month»."""
    start = line.skip(line.skip(at, "of"), "the")
    month = line.number(start, "month")
    if month is not None and not line.has(start, "owned"):
        year, end = line.year(line.hyphen(start + 1))
        day = date_from(line.frame.today, month, number, year)
        return None if day is None else (Day(day), end)
    found = period(line, start) if line.has(at, "of") or line.has(start, "direction") else None
    if found is None or found[0].kind != "month":
        return None
    day = made(found[0].first.year, found[0].first.month, number)
    return None if day is None else (Day(day), found[1])


def _stands_for_a_day(line: Line, at: int) -> bool:
    """An ordinal alone: «the 3rd» is a day, «the third» may be a choice, «the second one» is."""
    before, after = line[at - 1], line[at + 1]
    if "counted_after" in after.tags or "unit" in after.tags or "opaque" in after.tags:
        return False
    if line[at].kind == "nth":
        return not _is_name(line, at + 1)
    asked = line.expecting == "date"
    told = "on" in before.tags or ("the" in before.tags and "on" in line[at - 2].tags) or "weekday" in before.tags
    if after.kind == "word" and not after.tags and not asked:
        return False
    timed = "the" in before.tags and ("at" in after.tags or after.kind == "clock")
    alone = (
        "the" in before.tags
        and at <= 3
        and int(line[at].tags["ordinal"]) > MOST_CHOICES
        and after.kind in {"end", "point"}
    )
    return told or asked or timed or alone or _after_weekday(line, at)


def _after_weekday(line: Line, at: int) -> bool:
    before = at - 2 if line.has(at - 1, "the") else at - 1
    return line.has(before, "weekday") or (line.has(before, "comma") and line.has(before - 1, "weekday"))


def _is_name(line: Line, at: int) -> bool:
    """«5th Avenue», «21st Century Dental»: a capital in the middle of a line that is not all capitals."""
    token = line[at]
    return token.capital and token.kind == "word" and not token.tags


def number_and_month(line: Line, at: int) -> Found:
    """«7 March», «the 7 of March 2020»."""
    number = line.number(at)
    if number is None or not 1 <= number <= 31 or line.has(at, "hundreds"):
        return None
    if line.has(at + 1, "number_of_month"):
        return _number_alone(line, number, at + 2)
    last, end = _last_of_range(line, at + 1, number)
    start = end + 1 if line[end].text == "of" else line.hyphen(end)
    if line.number(start, "month") is None:
        return _on_a_number(line, at, number)
    if line[start].text in {"may", "march"} and _is_verb(line, start):
        return None
    found = _with_month(line, start, last or number)
    if found is None or last is None:
        return found
    return Day(found[0].first.replace(day=number), found[0].first, kind="range"), found[1]


def _on_a_number(line: Line, at: int, number: int) -> Found:
    """«on 15», «on the 6»."""
    before = at - 2 if line[at - 1].text == "the" else at - 1
    closed = line[at + 1].kind in {"end", "point"} or line[at + 1].text in {"please", "then", "at"}
    digits = line[at].kind == "number" and len(line[at].text) <= 2
    if line[before].text != "on" or not closed or not digits or line[at + 1].text in {"%", "/", "-", "#"}:
        return None
    return _number_alone(line, number, at + 1)


def _is_verb(line: Line, at: int) -> bool:
    """«I'd like 2 may I», «when 5 march in»."""
    return line[at + 1].text in {"i", "we", "he", "she", "you", "they", "it", "be", "in", "to"} and at > 1


def month(line: Line, at: int) -> Found:
    """«March 7», «march the twenty-second», «Mar. 7th, 2019», «in May», «March 2020»."""
    number = line.number(at, "month")
    if number is None or line.has(at, "owned"):
        return None
    start = line.hyphen(line.skip(at + 1, "clause"))
    start = line.skip(start, "the")
    said = line.number(start, "ordinal")
    if said is None and _counts_days(line, at, start):
        said = line.number(start)
    if said is not None and 1 <= said <= 31 and not line.counts(start + 1):
        last, end = _last_of_range(line, start + 1, said)
        year, end = line.year(line.hyphen(end))
        day = date_from(line.frame.today, number, said, year)
        if day is not None:
            return Day(day, made(day.year, number, last) if last else None, kind="range" if last else "date"), end
    return period(line, at) if _is_meant_whole(line, at) else None


def _last_of_range(line: Line, at: int, first: int) -> tuple[int | None, int]:
    """«March 3-5», «March 3rd to 5th»."""
    if not line.has(at, "range") or (line.has(at, "and") and not line.has(at + 1, "ordinal")):
        return None, at
    start = line.skip(at + 1, "the")
    last = line.number(start, "ordinal") or line.number(start)
    timed = any(kind in line[start + 1].tags for kind in ("meridiem", "oclock", "unit")) or line.counts(start + 1)
    return (last, start + 1) if last is not None and first < last <= 31 and not timed else (None, at)


def _counts_days(line: Line, at: int, start: int) -> bool:
    """Whether a plain number behind a month is a day of it, and no hour, no year and no «may two people come»."""
    number, after = line.number(start), line[start + 1]
    if number is None or not 1 <= number <= 31 or "meridiem" in after.tags or "oclock" in after.tags:
        return False
    if line[at].text not in {"may", "march", "mar"} or line[start].kind == "number":
        return line[at].text != "may" or line[at].capital or not line.has(at - 1, "subject") or at == 0
    return number > 1 and (at == 0 or any(kind in line[at - 1].tags for kind in ("on", "weekday", "comma", "of")))


def _is_meant_whole(line: Line, at: int) -> bool:
    """A month alone is one where it is said so: «in May», «May 2020», and no «may I» and no name."""
    year, end = line.year(at + 1)
    if year is not None and end > at + 1:
        return True
    before = line[at - 1]
    told = "in" in before.tags or before.text in {"of", "until", "till", "by", "since", "before", "after"}
    if line[at].text in {"may", "march"} and not line[at].capital and not told:
        return False
    alone = len(line.tokens) == 1 and len(line[at].text) > 3
    return told or alone or line.expecting == "date"


def numeric(line: Line, at: int) -> Found:
    """«3/4», «03/04/2019», «7.3.2019», «2019/03/07»: month or day first, as the locale has it."""
    text = line[at].text
    if text in _NO_DATES:
        return None
    cut = "/" if "/" in text else "-" if "-" in text else "."
    parts = [int(part) for part in text.split(cut)]
    if len(text.split(cut)[0]) == 4:
        day = made(*parts)
        return None if day is None else (Day(day), at + 1)
    year = None if len(parts) == 2 else _whole_year(parts[2])
    month_first = line.frame.locale.endswith("US") and cut != "."
    first, second = parts[:2] if month_first else (parts[1], parts[0])
    if first > 12:
        first, second = second, first
    found = date_from(line.frame.today, first, second, year)
    return None if found is None or line.counts(at + 1) else (Day(found), at + 1)


_NO_DATES = {"24/7"}


def _whole_year(year: int) -> int:
    if year > 99:
        return year
    return 2000 + year if year < SHORT_YEAR_TURNS else 1900 + year


def iso(line: Line, at: int) -> Found:
    year, month_number, number = (int(part) for part in line[at].text.rstrip("t").split("-"))
    day = made(year, month_number, number)
    return None if day is None else (Day(day), at + 1)


def holiday(line: Line, at: int) -> Found:
    """«Christmas», «Good Friday 2020»."""
    rule = line.word(at, "holiday")
    if rule is None or line.has(at - 1, "greeting"):
        return None
    year, end = line.year(at + 1)
    day = holiday_from(line.frame.today, rule, line.frame.locale, year)
    return None if day is None else (Day(day), end)


def anaphor(line: Line, at: int) -> Found:
    """«that day», «the day after that», «the following week»: of the time last talked about."""
    what, about = line.word(at, "anaphor"), line.frame.about
    if what == "next_week":
        return with_end(unit_period((about or line.frame.now).date(), "week", NEXT), at + 1)
    if about is None or what is None:
        return None
    if what == "week":
        return with_end(unit_period(about.date(), "week", THIS), at + 1)
    days = {"day": 0, "next_day": 1, "day_before": -1}.get(what)
    return None if days is None else with_end(_about(about, days), at + 1)


def _about(about: datetime, days: int) -> Day | None:
    day = shifted(about.date(), days)
    return None if day is None else Day(day, kind="relative")


RULES = {
    "relative_day": relative,
    "tonight": relative,
    "either_day": either_day,
    "direction": directed,
    "weekday": weekday,
    "weekday_short": weekday,
    "unit": unit,
    "ordinal": ordinal,
    "number": number_and_month,
    "month": month,
    "holiday": holiday,
    "anaphor": anaphor,
    "iso": iso,
    "numeric": numeric,
}
"""By a kind of token, the rule that reads from it on."""


def day_at(line: Line, at: int) -> Found:
    """The longest that the token here begins."""
    token = line[at]
    found = [rule(line, at) for kind, rule in RULES.items() if kind in token.tags or kind == token.kind]
    return max((one for one in found if one is not None), key=lambda one: one[1], default=None)
