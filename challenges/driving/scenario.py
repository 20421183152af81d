"""What an episode needs to know of the world it happens in."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from challenges.driving.lanes import Lane
from challenges.driving.route import Route
from challenges.driving.traffic import Traffic
from challenges.driving.vehicles import Car

TICK_SECONDS = 0.2
FRAMES_A_TICK = 3
"""5 Hz control, 15 Hz physics."""

BODY = ((2.5, -1.0), (2.5, 1.0), (-2.5, 1.0), (-2.5, -1.0))
"""The corners of a car, metres from its centre: front left, front right, rear right, rear left."""


@dataclass
class Scenario:
    """A road, a car on it, a way to go, and who else is there.

    `lawful` are the roads that the player may use (the roads of its route, all lanes of them); `direct` is called once
    a tick and lets traffic come and go. `hello` is what the player is told beside the facts that hold everywhere."""

    discipline: str
    title: Mapping[str, str]
    traffic: Traffic
    car: Car
    route: Route
    seconds: float
    lawful: frozenset[tuple[str, str]]
    direct: Callable[[], None]
    hello: Mapping[str, object] = field(default_factory=dict)

    @property
    def ticks(self) -> int:
        return round(self.seconds / TICK_SECONDS)

    @cached_property
    def lanes(self) -> list[Lane]:
        """The lanes that the player may use."""
        graph = self.traffic.network.graph
        return [lane for start, end in sorted(self.lawful) for lane in graph[start][end]]

    def on_lane(self) -> bool:
        """Whether the car's centre is on a lane that it may use."""
        return any(inside(lane, self.car.x, self.car.y) for lane in self.lanes)

    def within_one_lane(self) -> bool:
        """Whether the car's whole body is on one lane that it may use (or on lanes that follow one another)."""
        car = self.car
        corners = [(car.x + a * car.cos - b * car.sin, car.y + a * car.sin + b * car.cos) for a, b in BODY]
        for lane in self.lanes:
            places = [lane.local(x, y) for x, y in corners]
            middle = lane.local(car.x, car.y)[0]
            if -1 <= middle <= lane.length + 1 and all(abs(lateral) <= lane.width / 2 for _, lateral in places):
                return True
        return False


def inside(lane: Lane, x: float, y: float) -> bool:
    """Whether a point is on a lane, with half a metre to spare at its two ends."""
    along, lateral = lane.local(x, y)
    return abs(lateral) <= lane.width / 2 and -0.5 <= along <= lane.length + 0.5


def clear_around(traffic: Traffic, x: float, y: float, distance: float) -> bool:
    """Whether nobody is within `distance` metres of a place."""
    around = [*traffic.vehicles, *traffic.objects]
    return all(math.hypot(other.x - x, other.y - y) >= distance for other in around)


def stream(seed: bytes) -> Random:
    """A source of randomness of its own, from 32 bytes."""
    return Random(int.from_bytes(seed, "big"))  # noqa: S311  (reproducible; unpredictable because the seed is)
