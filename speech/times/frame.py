"""What is known before the words are read, what is known after, and how a date and a time are said."""

from dataclasses import dataclass
from datetime import date, datetime, time

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
PARTS = {"morning": (6, 12), "afternoon": (12, 17), "evening": (17, 21)}
"""Parts of the day, in hours."""


@dataclass(frozen=True)
class Frame:
    """What must be known to understand words for a time."""

    now: datetime
    """The moment of speaking, in the zone that is meant."""
    hours: tuple[int, int] | None = None
    """The usual opening hours in minutes since midnight: «at three» means 15:00 where 03:00 is closed."""
    about: datetime | None = None
    """The time last talked about: «same time», «an hour later», «that day». None: not known."""
    locale: str = "en-US"
    """Whether numeric dates begin with the month, and which holidays are meant: en-US, en-GB, en-IN, hi-IN."""

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True)
class Reading:
    """What was understood. Nothing is invented: what was not said is None."""

    day: date | None = None
    at: time | None = None
    part: str | None = None
    """morning · afternoon · evening"""
    question: str | None = None
    """What to ask when the words can mean two things."""
    end_day: date | None = None
    """The last day that fits: «from Monday to Wednesday», «next week», «by Friday» (then `day` is None)."""
    end_at: time | None = None
    """The latest time that fits: «between two and four», «before five» (then `at` is None)."""
    extreme: str | None = None
    """earliest · latest: «the earliest you have», «the last one»"""
    not_days: tuple[date, ...] = ()
    """«but not Friday»"""
    not_at: tuple[time, ...] = ()
    """«not at three»"""
    spans: tuple[tuple[int, int], ...] = ()
    """Where in the text the words stand that were read."""
    later_days: bool = False
    """`day` is only the first that fits: «after Wednesday», «from the 5th on»."""
    later_times: bool = False
    """`at` is only the first that fits: «after three», «from ten»."""


def spoken_time(at: time) -> str:
    """«12:00 PM»: the form in which tools name a time."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'}"


def spoken_date(day: date) -> str:
    """«Thursday, February 12»."""
    return f"{WEEKDAYS[day.weekday()].title()}, {MONTHS[day.month - 1].title()} {day.day}"
