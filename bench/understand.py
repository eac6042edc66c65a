"""How well dates and times are understood, on people's own turns: `python3 -m bench.understand --turns FILE`.

The file holds a JSON object a line: `text`, and `slots` with `date` (YYYY-MM-DD) and `time` (HH:MM) where they were
meant. Printed are the turns with all slots right, the inventions in turns without, each miss, and lines a second.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from speech.times import Frame, Reading, read


class Turn(NamedTuple):
    text: str
    date: str | None
    time: str | None

    @property
    def told(self) -> bool:
        return self.date is not None or self.time is not None


def turns_of(path: Path) -> list[Turn]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Turn(row["text"], row["slots"].get("date"), row["slots"].get("time")) for row in rows]


def understood(turn: Turn, frame: Frame) -> Turn:
    reading: Reading = read(turn.text, frame)
    day = None if reading.day is None else reading.day.isoformat()
    return Turn(turn.text, day, None if reading.at is None else f"{reading.at:%H:%M}")


def report(turns: Sequence[Turn], frame: Frame) -> list[str]:
    start = time.process_time()
    answers = [understood(turn, frame) for turn in turns]
    seconds = time.process_time() - start
    told = [(turn, answer) for turn, answer in zip(turns, answers, strict=True) if turn.told]
    untold = [(turn, answer) for turn, answer in zip(turns, answers, strict=True) if not turn.told]
    misses = [pair for pair in told if pair[0] != pair[1]]
    inventions = [pair for pair in untold if pair[1].told]
    return [
        *(
            f"miss       {turn.text}\n           said {turn.date} {turn.time}, read {a.date} {a.time}"
            for turn, a in misses
        ),
        *(f"invention  {turn.text}\n           read {answer.date} {answer.time}" for turn, answer in inventions),
        share("turns with all slots right", len(told) - len(misses), len(told)),
        share("inventions in turns without", len(inventions), len(untold)),
        share("all turns right", len(turns) - len(misses) - len(inventions), len(turns)),
        f"{'lines a second':<30}{len(turns) / seconds:>9,.0f}",
    ]


def share(name: str, part: int, whole: int) -> str:
    return f"{name:<30}{part:>5} of {whole:<5}{100 * part / max(whole, 1):6.1f}%"


def run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.understand", description="Scores how times are understood.")
    parser.add_argument("--turns", type=Path, required=True, metavar="FILE", help="turns with their slots, JSON lines")
    parser.add_argument("--now", type=datetime.fromisoformat, default="2019-03-01T09:00", help="when they were said")
    options = parser.parse_args(arguments)
    if not options.turns.is_file():
        sys.stderr.write(f"There is no file {options.turns}.\n")
        return 2
    turns = turns_of(options.turns)
    read("tomorrow at three", Frame(options.now))
    sys.stdout.write("\n".join(report(turns, Frame(options.now))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
