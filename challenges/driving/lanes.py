"""highway-env's lanes with arithmetic on plain floats.

The geometry is highway-env's own; only the projection of a point is written again without arrays, since a run asks for
it some hundred thousand times. A test holds both against each other. Coordinates: metres, x to the right and y down
(as on a screen), headings in radians from +x towards +y, lateral offsets positive to the right of the direction of
travel.
"""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import highway_env  # noqa: F401  (hides pygame's banner before anything loads it)
import numpy as np
from highway_env.road.lane import CircularLane, StraightLane

Point = tuple[float, float]


class Lane(Protocol):
    """What the evaluator uses of a lane."""

    length: float
    width: float
    speed_limit: float

    def local(self, x: float, y: float) -> Point:
        """(longitudinal, lateral) metres of a point of the world."""
        ...

    def beside(self, x: float, y: float, most: float) -> Point | None:
        """The same; None where the lateral metres are more than `most` to either side."""
        ...

    def point(self, longitudinal: float) -> Point:
        """The point of the world in the middle of the lane."""
        ...

    def heading_at(self, longitudinal: float) -> float: ...

    def position(self, longitudinal: float, lateral: float) -> Any: ...


class Straight(StraightLane):  # type: ignore[misc]
    """A straight lane."""

    def __init__(self, start: Point, end: Point, **kwargs: Any) -> None:
        super().__init__([float(v) for v in start], [float(v) for v in end], **kwargs)
        self.length: float = float(self.length)
        self.heading: float = float(self.heading)
        self._x, self._y = map(float, self.start)
        self._ux, self._uy = map(float, self.direction)

    def local(self, x: float, y: float) -> Point:
        dx, dy = x - self._x, y - self._y
        return dx * self._ux + dy * self._uy, dy * self._ux - dx * self._uy

    def beside(self, x: float, y: float, most: float) -> Point | None:
        dx, dy = x - self._x, y - self._y
        lateral = dy * self._ux - dx * self._uy
        return (dx * self._ux + dy * self._uy, lateral) if -most <= lateral <= most else None

    def point(self, longitudinal: float) -> Point:
        return self._x + longitudinal * self._ux, self._y + longitudinal * self._uy

    def local_coordinates(self, position: Sequence[float]) -> Point:
        return self.local(float(position[0]), float(position[1]))


class Arc(CircularLane):  # type: ignore[misc]
    """A lane along a part of a circle."""

    def __init__(self, center: Point, radius: float, start_phase: float, end_phase: float, **kwargs: Any) -> None:
        super().__init__(list(center), float(radius), float(start_phase), float(end_phase), **kwargs)
        self.length: float = float(self.length)
        self._x, self._y = map(float, self.center)

    def local(self, x: float, y: float) -> Point:
        dx, dy = x - self._x, y - self._y
        turned = math.atan2(dy, dx) - self.start_phase
        turned = (turned + math.pi) % (2 * math.pi) - math.pi
        return self.direction * turned * self.radius, self.direction * (self.radius - math.hypot(dx, dy))

    def beside(self, x: float, y: float, most: float) -> Point | None:
        dx, dy = x - self._x, y - self._y
        lateral = self.direction * (self.radius - math.hypot(dx, dy))
        if not -most <= lateral <= most:
            return None
        turned = (math.atan2(dy, dx) - self.start_phase + math.pi) % (2 * math.pi) - math.pi
        return self.direction * turned * self.radius, lateral

    def point(self, longitudinal: float) -> Point:
        phi = self.direction * longitudinal / self.radius + self.start_phase
        return self._x + self.radius * math.cos(phi), self._y + self.radius * math.sin(phi)

    def local_coordinates(self, position: Sequence[float]) -> Point:
        return self.local(float(position[0]), float(position[1]))


def wrap(angle: float) -> float:
    """The same angle in [-pi, pi)."""
    return (angle + math.pi) % (2 * math.pi) - math.pi


def polyline(lane: Lane, lateral: float = 0.0, *, step: float = 2.0, straight: bool = True) -> list[Point]:
    """Points along a lane, `lateral` metres off its centre: its two ends where it is straight (unless told not to use
    that), else about every `step` metres."""
    pieces = 1 if straight and isinstance(lane, Straight) else max(1, math.ceil(lane.length / step))
    places = (lane.position(lane.length * i / pieces, lateral) for i in range(pieces + 1))
    return [(float(x), float(y)) for x, y in np.asarray(list(places), dtype=float)]
