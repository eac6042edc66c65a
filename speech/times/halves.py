"""Which half of the day is meant: by what was said, by the hours of the business, by what people are awake for."""

from datetime import time

from speech.times.clocks import NO_HOUR
from speech.times.frame import Frame, spoken_time
from speech.times.line import Clock

AWAKE = (8 * 60, 20 * 60)
"""Where no hours are known, a time is meant that lies in these."""
NIGHT_ENDS, NIGHT_BEGINS = 5, 5
"""On the clock's face: «one at night» is early, «eleven at night» late."""


def settled(
    clock: Clock, frame: Frame, *, part: str | None = None, today: bool = False
) -> tuple[time | None, str | None]:
    """The time, or the question to ask."""
    if clock.hour == NO_HOUR:
        if frame.about is None:
            return None, "At which hour, please?"
        clock = Clock(frame.about.hour - (clock.minute > 30), clock.minute, "day")
    said = clock.half or part
    if clock.half in {"day", "midnight"} or clock.hour > 12:
        return time(clock.hour % 24, clock.minute), None
    if said is not None:
        return time(in_half(clock.hour, said), clock.minute), None
    return _either(clock, frame, today)


def in_half(hour: int, half: str) -> int:
    """The hour of 24 that is meant by one of 12 and what was said with it."""
    if half in {"am", "pm"}:
        return hour % 12 + (12 if half == "pm" else 0)
    if half == "morning":
        return hour % 12
    if half == "afternoon":
        return hour if hour in {11, 12} else hour + 12
    if half == "night" and (hour == 12 or hour < NIGHT_BEGINS):
        return hour % 12
    return (hour + 12) % 24


def _either(clock: Clock, frame: Frame, today: bool) -> tuple[time | None, str | None]:
    """A time without am or pm: the one within the hours; of two, today's that has passed is not meant."""
    halves = [time(clock.hour % 12, clock.minute), time(clock.hour % 12 + 12, clock.minute)]
    ahead = [half for half in halves if not today or half > frame.now.time()]
    if frame.hours is None and len(ahead) == 1:
        return ahead[0], None
    inside = [half for half in halves if _within(half, frame.hours or AWAKE)]
    chosen = inside if len(inside) < 2 else [half for half in inside if half in ahead] or inside
    if len(chosen) > 1:
        return None, f"Do you mean {spoken_time(halves[0])} or {spoken_time(halves[1])}?"
    likely = chosen or [half for half in halves if _within(half, AWAKE)] or halves
    return likely[-1], None


def _within(at: time, hours: tuple[int, int]) -> bool:
    return hours[0] <= at.hour * 60 + at.minute < hours[1]


def settled_span(
    first: Clock, second: Clock, frame: Frame, *, part: str | None = None
) -> tuple[time | None, time | None, str | None]:
    """Both ends of «from 2 to 4 pm»: what was said of one end holds for the other, if that leaves them in order."""
    spans = [
        (start, end)
        for start in _candidates(first, second, part)
        for end in _candidates(second, first, part)
        if start < end
    ]
    shortest = {start: min(end for begin, end in spans if begin == start) for start, _ in spans}
    known = first.half is not None or second.half is not None or part is not None
    hours = (0, 1440) if known else frame.hours or AWAKE
    inside = [
        (start, end) for start, end in shortest.items() if hours[0] <= _minutes(start) and _minutes(end) <= hours[1]
    ]
    chosen = inside or list(shortest.items())
    if not chosen:
        return _over_midnight(first, second, part)
    if len(inside) > 1 and not known and frame.hours is not None:
        return None, None, f"Do you mean from {' or from '.join(spoken_time(start) for start, _ in inside)}?"
    start, end = min(chosen, key=lambda span: (_minutes(span[1]) - _minutes(span[0]), span[0] < time(8)))
    return start, end, None


def _over_midnight(first: Clock, second: Clock, part: str | None) -> tuple[time | None, time | None, str | None]:
    """«5 pm to midnight», «10 pm to 2 am»."""
    starts, ends = _candidates(first, second, part), _candidates(second, first, part)
    return (starts[-1], ends[0], None) if len(ends) == 1 else (starts[-1], None, None)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _candidates(clock: Clock, other: Clock, part: str | None) -> list[time]:
    if clock.half in {"day", "midnight"} or clock.hour > 12 or clock.hour == NO_HOUR:
        return [time(max(clock.hour, 0) % 24, clock.minute)]
    half = clock.half or part
    if half is not None:
        return [time(in_half(clock.hour, half), clock.minute)]
    return [time(clock.hour % 12, clock.minute), time(clock.hour % 12 + 12, clock.minute)]


def night_runs_over(clock: Clock, part: str | None, at: time) -> bool:
    """«tonight at one», «tomorrow night at twelve»: the day has changed by then."""
    return ("night" in {clock.half, part} and at.hour < NIGHT_ENDS) or (part == "night" and clock.half == "midnight")
