"""The way that the player is asked to go: the centre line of a chain of lanes."""

import bisect
import math
from collections.abc import Sequence

from challenges.driving.lanes import Lane, Point

AHEAD_POINTS = 20
AHEAD_STEP_M = 3.0
_SAMPLE_M = 1.0
_SEARCH_BACK_M = 4.0
_SEARCH_AHEAD_M = 8.0


class Route:
    """A line from its start to `length` metres on, drawn `AHEAD_POINTS * AHEAD_STEP_M` metres farther at least, so
    that the last metres look like any others. Metres along it are called `s`."""

    def __init__(self, lanes: Sequence[Lane], start: float, length: float) -> None:
        """`lanes` follow one another; the route starts `start` metres into the first. Raises ValueError where they
        are too short for `length` and what is drawn beyond it."""
        self.length = length
        self.points: list[Point] = []
        self._limits: list[tuple[float, float]] = []
        passed = 0.0
        for lane in lanes:
            first = start if passed == 0.0 else 0.0
            pieces = max(1, math.ceil((lane.length - first) / _SAMPLE_M))
            self._limits.append((passed, lane.speed_limit))
            for i in range(pieces):
                x, y = lane.position(first + (lane.length - first) * i / pieces, 0.0)
                self.points.append((float(x), float(y)))
            passed += lane.length - first
        self.along = [0.0]
        for (x, y), (u, v) in zip(self.points, self.points[1:], strict=False):
            self.along.append(self.along[-1] + math.hypot(u - x, v - y))
        if self.along[-1] < length + AHEAD_POINTS * AHEAD_STEP_M:
            raise ValueError(f"the lanes are {self.along[-1]:.0f} m long, too short for a route of {length:.0f} m")

    def position(self, s: float) -> Point:
        """The point `s` metres along."""
        i = min(max(bisect.bisect_right(self.along, s) - 1, 0), len(self.points) - 2)
        (x, y), (u, v) = self.points[i], self.points[i + 1]
        share = (s - self.along[i]) / (self.along[i + 1] - self.along[i])
        return x + (u - x) * share, y + (v - y) * share

    def ahead(self, s: float) -> list[Point]:
        """The next points, from `s + 3 m` on."""
        return [self.position(s + AHEAD_STEP_M * (i + 1)) for i in range(AHEAD_POINTS)]

    def limit(self, s: float) -> float:
        """The speed limit there, m/s."""
        i = bisect.bisect_right(self._limits, (s, math.inf)) - 1
        return float(self._limits[max(i, 0)][1])

    def project(self, x: float, y: float, near: float) -> float:
        """The `s` closest to a point of the world, looked for only around `near`: whoever leaves the road and comes
        back elsewhere has not driven what lies between."""
        first = max(bisect.bisect_left(self.along, near - _SEARCH_BACK_M) - 1, 0)
        last = min(bisect.bisect_right(self.along, near + _SEARCH_AHEAD_M), len(self.points) - 1)
        best, best_distance = near, math.inf
        for i in range(first, last):
            (ax, ay), (bx, by) = self.points[i], self.points[i + 1]
            ex, ey = bx - ax, by - ay
            share = ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)
            share = min(1.0, max(0.0, share))
            distance = math.hypot(x - ax - share * ex, y - ay - share * ey)
            if distance < best_distance:
                best, best_distance = self.along[i] + share * (self.along[i + 1] - self.along[i]), distance
        return best
