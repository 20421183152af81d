"""What a player is told each tick, in the frame of its own car: x metres ahead, y metres to the right, headings in
radians clockwise as seen from above (to the right is positive), speeds in m/s. Nothing else leaves the evaluator."""

import math
from typing import Any

from challenges.base import Json
from challenges.driving.lanes import wrap
from challenges.driving.scenario import TICK_SECONDS, Scenario

VEHICLES = 12
VIEW_M = 80.0


def observe(scenario: Scenario, tick: int, progress: float) -> Json:
    """`{"t", "speed", "limit", "route": [[x, y] × 20], "left_m", "vehicles": [{"xy", "heading", "speed"} ≤ 12]}`,
    vehicles (and obstacles, which stand) by distance, rounded to the millimetre and the tenth of a milliradian."""
    car, route = scenario.car, scenario.route
    c, s = car.cos, car.sin

    def mine(x: float, y: float) -> list[float]:
        dx, dy = x - car.x, y - car.y
        return [round(dx * c + dy * s, 3), round(dy * c - dx * s, 3)]

    return {
        "t": round(tick * TICK_SECONDS, 1),
        "speed": round(car.speed, 3),
        "limit": route.limit(progress),
        "route": [mine(x, y) for x, y in route.ahead(progress)],
        "left_m": round(max(0.0, route.length - progress), 3),
        "vehicles": [
            {
                "xy": mine(other.x, other.y),
                "heading": round(wrap(other.heading - car.heading), 4),
                "speed": round(other.speed, 3),
            }
            for other in _nearest(scenario)
        ],
    }


def _nearest(scenario: Scenario) -> list[Any]:
    car, traffic = scenario.car, scenario.traffic
    seen = []
    for order, other in enumerate([*traffic.vehicles, *traffic.objects]):
        distance = math.hypot(other.x - car.x, other.y - car.y)
        if other is not car and distance <= VIEW_M:
            seen.append((distance, order, other))
    return [other for _, _, other in sorted(seen, key=lambda row: row[:2])[:VEHICLES]]
