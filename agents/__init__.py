"""WHO speaks. `DESKS` is the only registry: a number leads to one of these names."""

from agents import kavita
from agents.desk import Desk

DESKS: dict[str, Desk] = {desk.name: desk for desk in (kavita.DESK,)}
