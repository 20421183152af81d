"""Where the ball lies at each kick-off and drop, and which team's bodies the solver handles first: all the chance that
there is in a game, drawn from its seed.

Two cases of a pair, in which the same game is played with the sides changed, differ in the last bit of their seed and
in nothing else here."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from challenges.base import derive
from challenges.sports.pitch import KICKOFF_ASIDE, KICKOFF_SPEED


def pair_of(seed: bytes) -> tuple[bytes, bytes]:
    """The seeds of the two cases of a pair."""
    return seed[:-1] + bytes([seed[-1] & 0xFE]), seed[:-1] + bytes([seed[-1] | 1])


@dataclass(frozen=True, slots=True)
class Ball:
    """Where the ball is put down and how it rolls: the origin is the middle of the pitch."""

    x: float
    y: float
    vx: float
    vy: float


@dataclass(frozen=True, slots=True)
class Kickoffs:
    """A game's chance. `mirrored` turns left into right in all of it."""

    seed: bytes
    mirrored: bool = False

    def mirror(self) -> Self:
        return replace(self, mirrored=not self.mirrored)

    @property
    def left_first(self) -> bool:
        """Whose bodies the solver takes first: it works through contacts one after the other, so the order matters a
        little; a coin decides."""
        return bool(derive(self._common(), "first")[0] & 1) != self.mirrored

    def balls(self) -> Iterator[Ball]:
        """One for each kick-off and drop, without end."""
        stream = np.random.Generator(np.random.PCG64(int.from_bytes(derive(self._common(), "kick-offs"), "big")))
        side = -1.0 if self.mirrored else 1.0
        while True:
            aside, vx, vy = (float(number) for number in stream.uniform(-1.0, 1.0, 3))
            yield Ball(0.0, KICKOFF_ASIDE * aside, side * KICKOFF_SPEED * vx, KICKOFF_SPEED * vy)

    def _common(self) -> bytes:
        return pair_of(self.seed)[0]
