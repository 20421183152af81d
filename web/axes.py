"""Axes of drawn charts: where their ticks stand, and where a figure stands on them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` in the figures' own unit, drawn from `start` to `end` in units of the picture. `whole`: only
    whole figures stand on it."""

    low: float
    high: float
    start: float
    end: float
    whole: bool = False

    def at(self, figure: float) -> float:
        """To a tenth of a unit of the picture."""
        return round(self.start + (self.end - self.start) * (figure - self.low) / (self.high - self.low), 1)

    def ticks(self, most: int) -> tuple[list[float], int]:
        """At most `most` + 1 round figures on the axis, and how many decimals they want."""
        rough = max((self.high - self.low) / most, 1.0 if self.whole else 0.0)
        power = math.floor(math.log10(rough))
        step = next(step for step in _STEPS if step * 10.0**power >= rough * (1 - 1e-9)) * 10.0**power
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)], max(0, -math.floor(math.log10(step) + 1e-9))

    @property
    def digits(self) -> int:
        """Decimals of a figure that is written to a thousandth of the axis or finer."""
        extent = self.high - self.low
        return 0 if self.whole or extent >= 1_000 else 2 - math.floor(math.log10(extent))


def spread(rows: Sequence[T], most: int) -> list[T]:
    """At most `most` of the rows, evenly spread, the first and the last among them."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
