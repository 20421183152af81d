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
from highway_env.utils import are_polygons_intersecting, rotated_rectangles_intersect

from challenges.driving.lanes import Lane, Straight, wrap
from challenges.driving.vehicles import LENGTH_M, Car, Driver, LaneIndex

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
        self._places: dict[tuple[int, int], tuple[float, float]] = {}
        self._on: dict[int, list[tuple[float, Any]]] = {}
        self._boxes = {id(lane): _box(lane) for lane in network.lanes_list()}
        self._around: dict[LaneIndex, list[LaneIndex]] = {}
        self._reach: dict[LaneIndex, list[tuple[Lane, float]]] = {}

    # Where things are

    def local(self, thing: Any, lane: Any) -> tuple[float, float]:
        """(longitudinal, lateral) of a vehicle on a lane, computed once a frame."""
        key = (id(thing), id(lane))
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = lane.local(thing.x, thing.y)
        return place

    def _forget(self) -> None:
        """Somebody moved, came or went."""
        self._places.clear()
        self._on.clear()

    def place(self, vehicle: Any) -> None:
        """Say on which lane a vehicle is after it moved (Vehicle.on_state_update)."""
        best, best_cost = vehicle.lane_index, math.inf
        for index in self._candidates(vehicle.lane_index):
            cost = self._cost(vehicle, index)
            if cost < best_cost:
                best, best_cost = index, cost
        vehicle.lane_index, vehicle.lane = best, self.network.get_lane(best)

    def _cost(self, vehicle: Any, index: LaneIndex) -> float:
        """AbstractLane.distance_with_heading."""
        lane = self.network.get_lane(index)
        along, lateral = lane.local(vehicle.x, vehicle.y)
        angle = abs(wrap(vehicle.heading - lane.heading_at(along)))
        return float(abs(lateral) + max(along - lane.length, 0.0) + max(-along, 0.0) + angle)

    def _candidates(self, index: LaneIndex) -> list[LaneIndex]:
        """The lanes of the same road and of all roads that touch either of its ends."""
        found = self._around.get(index)
        if found is None:
            ends = {index[0], index[1]}
            found = self._around[index] = [
                (start, end, i)
                for start, roads in self.network.graph.items()
                for end, lanes in roads.items()
                if start in ends or end in ends
                for i in range(len(lanes))
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
        found = self._on.get(id(lane))
        if found is None:
            left, top, right, bottom = self._boxes[id(lane)]
            found = self._on[id(lane)] = []
            for thing in [*self.vehicles, *self.objects]:
                if left <= thing.x <= right and top <= thing.y <= bottom:
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
        seen = {id(vehicle)}
        for lane, offset in lanes:
            for place, other in self._occupants(lane):
                if id(other) in seen:
                    continue
                seen.add(id(other))
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
        for i, one in enumerate(drivers):
            x = one.x
            for other in drivers[i + 1 :] + self.objects:
                if abs(other.x - x) < REACH_M and touch(one, other):
                    for wreck in (one, other):
                        wreck.crashed = True
                        wreck.gone_at = wreck.gone_at or self.seconds + WRECK_SECONDS
        for one in drivers:
            if one.gone_at is not None and one.gone_at <= self.seconds:
                self.remove(one)

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


def touch(one: Any, other: Any) -> bool:
    """Whether two bodies overlap (highway-env's separating-axis test)."""
    if abs(one.x - other.x) > REACH_M or abs(one.y - other.y) > REACH_M:
        return False
    if math.hypot(one.x - other.x, one.y - other.y) > REACH_M:
        return False
    still = np.zeros(2)
    return bool(are_polygons_intersecting(one.polygon(), other.polygon(), still, still)[0])


def _near(one: Any, other: Any) -> bool:
    """Whether two vehicles could meet at all within the three seconds of the prediction."""
    distance = math.hypot(one.x - other.x, one.y - other.y)
    return distance < float(3 * (one.speed + other.speed) + 2 * LENGTH_M)


def _ways_meet(one: Any, way: Any, other: Any, other_way: Any) -> bool:
    """RegulatedRoad.is_conflict_possible on trajectories already predicted."""
    for p, h, q, k in zip(way[0], way[1], other_way[0], other_way[1], strict=True):
        if math.hypot(p[0] - q[0], p[1] - q[1]) > LENGTH_M:
            continue
        mine = (p, 1.5 * one.LENGTH, 0.9 * one.WIDTH, h)
        if rotated_rectangles_intersect(mine, (q, 1.5 * other.LENGTH, 0.9 * other.WIDTH, k)):
            return True
    return False
