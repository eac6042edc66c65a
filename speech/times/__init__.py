"""Dates and times as they are said, resolved against a clock, a zone, a locale and the hours of a business.

text → tokens (tokens.py, with the words of en.toml and hi.toml) → facts (dates.py, offsets.py, clocks.py; finding.py
tries them) → what is meant of them (choice.py) → which half of the day (halves.py) → `Reading`.

Nothing here asks the machine what time it is: `Frame.now` is a parameter, in the zone that is meant.
"""

from speech.times.frame import MONTHS, PARTS, WEEKDAYS, Frame, Reading, spoken_date, spoken_time
from speech.times.reading import read

__all__ = ["MONTHS", "PARTS", "WEEKDAYS", "Frame", "Reading", "read", "spoken_date", "spoken_time"]
