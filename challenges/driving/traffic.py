"""The road with everybody on it: highway-env's RegulatedRoad, with look-ups that are made once a frame.

Within a frame nobody moves while drivers decide, so the place of a vehicle along a lane is computed once for each pair
of them and thrown away when the frame is stepped. Which lane a vehicle is on is looked for among the lanes around its
last one, not on the whole map. Rules of priority (urban only) predict every vehicle once instead of once a pair.
"""

import math
from typing import Any

import numpy as np
from highway_env.road.regulation import RegulatedRoad
from highway_env.road.road import RoadNetwork

from challenges.driving.lanes import Lane, Straight, wrap
from challenges.driving.vehicles import LENGTH_M, Car, Driver, LaneIndex

_MARKS = [(along, across) for along in (-1.0, 0.0, 1.0) for across in (-1.0, 0.0, 1.0)]
"""Of a rectangle: its centre, its corners, the middles of its sides."""
REACH_M = math.hypot(LENGTH_M, 2.0)
"""Two vehicles whose centres are farther apart than this do not touch."""
WRECK_SECONDS = 3.0
"""How long two cars of the traffic that ran into each other stay on the road."""


class Traffic(RegulatedRoad):  # type: ignore[misc]
    """A road network and the vehicles on it. `regulated` turns on the rules of priority."""

    def __init__(self, network: RoadNetwork, seed: int, *, regulated: bool = False) -> None:
        # Road falls back to an unseeded RandomState where it gets no generator.
        super().__init__(network, np_random=np.random.default_rng(seed), neighbour_vehicles_connected_lanes=True)
        self.regulated = regulated
        self.seconds = 0.0
        lanes = network.lanes_list()
        self._places: dict[Any, dict[Any, tuple[float, float]]] = {lane: {} for lane in lanes}
        self._on: dict[Any, list[tuple[float, Any]]] = {}
        self._where: list[tuple[float, float, Any]] = []
        self._boxes = {lane: _box(lane) for lane in lanes}
        self._around: dict[LaneIndex, list[tuple[LaneIndex, Lane]]] = {}
        self._reach: dict[LaneIndex, list[tuple[Lane, float]]] = {}

    # Where things are

    def local(self, thing: Any, lane: Any) -> tuple[float, float]:
        """(longitudinal, lateral) of a vehicle on a lane, computed once a frame."""
        places = self._places[lane]
        place = places.get(thing)
        if place is None:
            place = places[thing] = lane.local(thing.x, thing.y)
        return place

    def _forget(self) -> None:
        """Somebody moved, came or went."""
        for places in self._places.values():
            places.clear()
        self._on.clear()
        self._where.clear()

    def place(self, vehicle: Any) -> None:
        """Say on which lane a vehicle is after it moved (Vehicle.on_state_update): the first of those whose cost,
        AbstractLane.distance_with_heading, is the least. No lane that is farther off to the side than its present one
        costs is looked at any further."""
        x, y, heading = vehicle.x, vehicle.y, vehicle.heading
        best, best_cost = vehicle.lane_index, math.inf
        most = _cost(vehicle.lane, x, y, heading, math.inf)
        for index, lane in self._candidates(vehicle.lane_index):
            cost = most if lane is vehicle.lane else _cost(lane, x, y, heading, most)
            if cost < best_cost:
                best, best_cost = index, cost
        vehicle.lane_index, vehicle.lane = best, self.network.get_lane(best)

    def _candidates(self, index: LaneIndex) -> list[tuple[LaneIndex, Lane]]:
        """The lanes of the same road and of all roads that touch either of its ends."""
        found = self._around.get(index)
        if found is None:
            ends = {index[0], index[1]}
            found = self._around[index] = [
                ((start, end, i), lane)
                for start, roads in self.network.graph.items()
                for end, lanes in roads.items()
                if start in ends or end in ends
                for i, lane in enumerate(lanes)
            ]
        return found

    def _connected(self, index: LaneIndex) -> list[tuple[Lane, float]]:
        """The lane, its successors and predecessors, each with its offset, as Road.neighbour_vehicles has them."""
        found = self._reach.get(index)
        if found is None:
            graph, (start, end, i) = self.network.graph, index
            lane = self.network.get_lane(index)
            found = [(lane, 0.0)]
            found += [(after[min(i, len(after) - 1)], lane.length) for after in graph.get(end, {}).values()]
            for roads in graph.values():
                if start in roads:
                    before = roads[start][min(i, len(roads[start]) - 1)]
                    found.append((before, -before.length))
            self._reach[index] = found
        return found

    def _occupants(self, lane: Any) -> list[tuple[float, Any]]:
        """Everything on a lane, a metre of margin beside it, with its place along it; looked up once a frame."""
        if not self._where:
            self._where = [(thing.x, thing.y, thing) for thing in [*self.vehicles, *self.objects]]
        found = self._on[lane] = []
        left, top, right, bottom = self._boxes[lane]
        for x, y, thing in self._where:
            if left <= x <= right and top <= y <= bottom:
                along, lateral = self.local(thing, lane)
                if abs(lateral) <= lane.width / 2 + 1 and -LENGTH_M <= along < lane.length + LENGTH_M:
                    found.append((along, thing))
        return found

    def neighbour_vehicles(self, vehicle: Any, lane_index: LaneIndex | None = None) -> tuple[Any, Any]:
        """Who is in front and who behind on a lane and those it connects to (Road.neighbour_vehicles)."""
        lanes = self._connected(lane_index or vehicle.lane_index)
        here = self.local(vehicle, lanes[0][0])[0]
        front = rear = None
        front_at, rear_at = math.inf, -math.inf
        seen = {vehicle}
        for lane, offset in lanes:
            occupants = self._on.get(lane)
            for place, other in self._occupants(lane) if occupants is None else occupants:
                if other in seen:
                    continue
                seen.add(other)
                along = place + offset
                if here <= along <= front_at:
                    front, front_at = other, along
                elif rear_at < along < here:
                    rear, rear_at = other, along
        return front, rear

    # What happens

    def add(self, thing: Any) -> None:
        """Put a vehicle on the road."""
        self._forget()
        self.vehicles.append(thing)

    def remove(self, thing: Any) -> None:
        """Clear something off the road."""
        self._forget()
        if thing in self.vehicles:
            self.vehicles.remove(thing)
        elif thing in self.objects:
            self.objects.remove(thing)

    def decide(self) -> None:
        """Everybody in the traffic chooses what to do (Road.act)."""
        for vehicle in self.vehicles:
            vehicle.act()

    def step(self, dt: float) -> None:
        """Move everybody by `dt` seconds. Cars of the traffic that touch each other stop as wrecks and are cleared
        after a while; what touches the player's car is found by `touching`."""
        self.steps += 1
        if self.regulated and self.steps % round(1 / dt / self.REGULATION_FREQUENCY) == 0:
            self.enforce_road_rules()
        self.seconds += dt
        for vehicle in self.vehicles:
            vehicle.step(dt)
        self._forget()
        self._crash_traffic()

    def _crash_traffic(self) -> None:
        drivers = [vehicle for vehicle in self.vehicles if isinstance(vehicle, Driver)]
        row = sorted([*drivers, *self.objects], key=_left_to_right)
        for i, one in enumerate(row):
            reach = one.x + REACH_M
            for other in row[i + 1 :]:
                if other.x > reach:
                    break
                if abs(other.y - one.y) <= REACH_M and touch(one, other):
                    self._wreck(one, other)
        for one in drivers:
            if one.gone_at is not None and one.gone_at <= self.seconds:
                self.remove(one)

    def _wreck(self, *things: Any) -> None:
        """What stands on the road anyway is no wreck by itself."""
        if any(isinstance(thing, Driver) for thing in things):
            for wreck in things:
                wreck.crashed = True
                wreck.gone_at = wreck.gone_at or self.seconds + WRECK_SECONDS

    def touching(self, car: Car) -> list[Any]:
        """Every vehicle or obstacle whose body overlaps the car's."""
        return [other for other in [*self.vehicles, *self.objects] if other is not car and touch(car, other)]

    # Who gives way

    def enforce_road_rules(self) -> None:
        """RegulatedRoad.enforce_road_rules: of two vehicles whose predicted ways meet, the one on the road of lower
        priority stops for half a second."""
        for vehicle in self.vehicles:
            if getattr(vehicle, "is_yielding", False):
                vehicle.target_speed = vehicle.lane.speed_limit
                vehicle.is_yielding = False
        times = [0.25 * i for i in range(1, 12)]
        ways = [vehicle.predict_trajectory_constant_speed(times) for vehicle in self.vehicles]
        for i, one in enumerate(self.vehicles):
            for j in range(i + 1, len(self.vehicles)):
                other = self.vehicles[j]
                if _near(one, other) and _ways_meet(one, ways[i], other, ways[j]):
                    yielding = self.respect_priorities(one, other)
                    if isinstance(yielding, Driver) and not yielding.impatient:
                        yielding.target_speed = 0.0
                        yielding.is_yielding = True


def _box(lane: Any) -> tuple[float, float, float, float]:
    """A rectangle around everything that counts as being on a lane: left, top, right, bottom."""
    pieces = 1 if isinstance(lane, Straight) else max(1, math.ceil(lane.length))
    places = [-LENGTH_M + (lane.length + 2 * LENGTH_M) * i / pieces for i in range(pieces + 1)]
    xs, ys = zip(*(map(float, lane.position(place, 0.0)) for place in places), strict=True)
    margin = lane.width / 2 + 2.0
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def _left_to_right(thing: Any) -> float:
    return float(thing.x)


def _cost(lane: Lane, x: float, y: float, heading: float, most: float) -> float:
    """AbstractLane.distance_with_heading, or infinity where that is sure to be more than `most`."""
    place = lane.beside(x, y, most)
    if place is None:
        return math.inf
    along, lateral = place
    off = abs(lateral)
    if along > lane.length:
        off += along - lane.length
    elif along < 0.0:
        off -= along
    return math.inf if off > most else off + abs(wrap(heading - lane.heading_at(along)))


def touch(one: Any, other: Any) -> bool:
    """Whether two bodies overlap: no side of either has the other behind it (the separating-axis test, as highway-env
    has it, with an axis for each pair of parallel sides)."""
    dx, dy = other.x - one.x, other.y - one.y
    if abs(dx) > REACH_M or abs(dy) > REACH_M or math.hypot(dx, dy) > REACH_M:
        return False
    a, b, c, d = one.LENGTH / 2, one.WIDTH / 2, other.LENGTH / 2, other.WIDTH / 2
    cosine = abs(one.cos * other.cos + one.sin * other.sin)
    sine = abs(one.cos * other.sin - one.sin * other.cos)
    return bool(
        abs(dx * one.cos + dy * one.sin) <= a + c * cosine + d * sine
        and abs(dy * one.cos - dx * one.sin) <= b + c * sine + d * cosine
        and abs(dx * other.cos + dy * other.sin) <= c + a * cosine + b * sine
        and abs(dy * other.cos - dx * other.sin) <= d + a * sine + b * cosine
    )


def _near(one: Any, other: Any) -> bool:
    """Whether two vehicles could meet at all within the three seconds of the prediction."""
    distance = math.hypot(one.x - other.x, one.y - other.y)
    return distance < float(3 * (one.speed + other.speed) + 2 * LENGTH_M)


def _ways_meet(one: Any, way: Any, other: Any, other_way: Any) -> bool:
    """RegulatedRoad.is_conflict_possible on trajectories already predicted."""
    mine, theirs = ((1.5 * each.LENGTH / 2, 0.9 * each.WIDTH / 2) for each in (one, other))
    for (px, py), h, (qx, qy), k in zip(way[0], way[1], other_way[0], other_way[1], strict=True):
        dx, dy = qx - px, qy - py
        if abs(dx) > LENGTH_M or abs(dy) > LENGTH_M or math.hypot(dx, dy) > LENGTH_M:
            continue
        if _corner_inside(-dx, -dy, h, mine, k, theirs) or _corner_inside(dx, dy, k, theirs, h, mine):
            return True
    return False


def _corner_inside(  # noqa: PLR0917 - two rectangles
    dx: float, dy: float, angle: float, half: tuple[float, float], other_angle: float, other_half: tuple[float, float]
) -> bool:
    """highway_env.utils.has_corner_inside: whether the centre, a corner or the middle of a side of a rectangle lies in
    another one, from whose centre it is (dx, dy) off. (highway-env turns the point by the other's angle where it would
    have to turn it back; its rules of priority are what they are.)"""
    c, s, u, v = math.cos(angle), math.sin(angle), math.cos(other_angle), math.sin(other_angle)
    length, width = half
    most, broad = other_half
    for along, across in _MARKS:
        a, b = along * length, across * width
        x, y = dx + c * a - s * b, dy + s * a + c * b
        if -most <= u * x - v * y <= most and -broad <= v * x + u * y <= broad:
            return True
    return False
