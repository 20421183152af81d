"""The discipline *avoid*: a motorway that is full, with drivers who cut in, a slip road, and a car that broke down.

Traffic fills a window around the player's car and moves with it, so that it stays dense however fast one drives.
"""

from highway_env.road.road import RoadNetwork

from challenges.base import derive, derive_int
from challenges.driving.lanes import Straight
from challenges.driving.route import Route
from challenges.driving.scenario import Scenario, clear_around, stream
from challenges.driving.traffic import Traffic
from challenges.driving.vehicles import Blockage, Car, Driver

TITLE = {"en": "Avoid: dense motorway", "zh": "避让：拥堵的高速公路", "ko": "회피: 붐비는 고속도로"}
LIMIT = 25.0
LANES = 3
LANE_WIDTH_M = 4.0
LENGTH_M = 600.0
SECONDS = 32.0
BEHIND_M, AHEAD_M = 70.0, 150.0
GAP_M = (16.0, 28.0)
SPEEDS = ((10.0, 14.0), (8.0, 12.0), (6.5, 10.5))
"""What the drivers of each lane want, from the left, m/s."""
CUT_IN_SHARE = 0.4
CUT_IN_M, CUT_IN_SLOWER = 9.0, 2.0
"""A driver cuts in no closer than this many metres (between centres) plus a second's worth of what the player is
faster, and then drives slower by so many m/s: a player that brakes at once never touches it."""
RAMP_M = 170.0


class Commuter(Driver):
    """Drives close."""

    DISTANCE_WANTED = 8.0
    TIME_WANTED = 1.0


class Highway:
    """Builds a case and lets its traffic come and go."""

    def __init__(self, seed: bytes) -> None:
        self.random = stream(derive(seed, "traffic"))
        layout = stream(derive(seed, "layout"))
        self.ramp_from = layout.uniform(160.0, 260.0)
        breakdowns = [layout.uniform(380.0, 450.0), layout.uniform(540.0, 620.0)]
        self.traffic = Traffic(self._network(), derive_int(seed, "road"))
        lane = self.traffic.network.get_lane(("a", "b", 1))
        x, y = lane.position(200.0, 0.0)
        self.car = Car(self.traffic, (x, y), 0.0, 18.0)
        self.traffic.add(self.car)
        for at in breakdowns:
            self.traffic.objects.append(Blockage(self.traffic, (at, LANE_WIDTH_M)))
        self.traffic.objects.append(Blockage(self.traffic, (self.ramp_from + RAMP_M, 3 * LANE_WIDTH_M)))
        for index in range(LANES):
            at = -BEHIND_M + self.random.uniform(0, 15)
            while at < AHEAD_M:
                self._enter(index, at)
                at += self.random.uniform(*GAP_M)

    def _network(self) -> RoadNetwork:
        net = RoadNetwork()
        cuts = [-200.0, self.ramp_from, self.ramp_from + RAMP_M, LENGTH_M + 400.0]
        for start, end, names in zip(cuts, cuts[1:], ("ab", "bc", "cd"), strict=False):
            for index in range(LANES + (names == "bc")):
                y = index * LANE_WIDTH_M
                net.add_lane(*names, Straight((start, y), (end, y), width=LANE_WIDTH_M, speed_limit=LIMIT))
        return net

    def _enter(self, index: int, x: float) -> None:
        """A driver joins in lane `index`, unless somebody is there already."""
        wants = self.random.uniform(*SPEEDS[min(index, LANES - 1)])
        cuts_in = self.random.uniform(13.0, 20.0) if self.random.random() < CUT_IN_SHARE else None
        delta = self.random.uniform(*Driver.DELTA_RANGE)
        y = index * LANE_WIDTH_M
        if not clear_around(self.traffic, x, y, 12.0 if index < LANES else 20.0) or self._near_breakdown(index, x):
            return
        driver = Commuter(self.traffic, (x, y), 0.0, wants, target_speed=wants)
        driver.DELTA, driver.cuts_in_at_m = delta, cuts_in
        self.traffic.add(driver)

    def _near_breakdown(self, index: int, x: float) -> bool:
        return any(abs(o.y - index * LANE_WIDTH_M) < 1 and -60 < x - o.x < 8 for o in self.traffic.objects)

    def direct(self) -> None:
        """Once a tick: leave, join, merge, cut in."""
        here = self.car.x
        drivers = [v for v in self.traffic.vehicles if isinstance(v, Driver)]
        for driver in drivers:
            if not here - BEHIND_M - 30 <= driver.x <= here + AHEAD_M + 30:
                self.traffic.remove(driver)
        for index in range(LANES):
            mine = [d.x for d in drivers if abs(d.y - index * LANE_WIDTH_M) < 2]
            if max(mine, default=-1e9) < here + AHEAD_M - self.random.uniform(*GAP_M):
                self._enter(index, here + AHEAD_M)
            if min(mine, default=1e9) > here - BEHIND_M + self.random.uniform(*GAP_M):
                self._enter(index, here - BEHIND_M)
        if here - 40 < self.ramp_from < here + 120 and self.random.random() < 0.15:
            self._enter(LANES, self.ramp_from + 5.0)
        for driver in drivers:
            self._cut_in(driver)

    def _cut_in(self, driver: Driver) -> None:
        """Change into the player's lane once a little ahead of it, and slow down there."""
        lead = driver.x - self.car.x
        closing = max(0.0, self.car.speed - driver.speed + CUT_IN_SLOWER)
        if driver.cuts_in_at_m is None or driver.crashed:
            return
        if not CUT_IN_M + closing < lead < driver.cuts_in_at_m + closing:
            return
        road, lane = driver.lane_index[:2], driver.lane_index[2]
        mine = round(self.car.y / LANE_WIDTH_M)
        if abs(mine - lane) != 1 or not 0 <= mine < LANES:
            return
        driver.cuts_in_at_m = None
        driver.target_lane_index = (*road, mine)
        driver.target_speed = max(7.0, driver.target_speed - CUT_IN_SLOWER)

    def scenario(self) -> Scenario:
        roads = [("a", "b"), ("b", "c"), ("c", "d")]
        lanes = [self.traffic.network.get_lane((*road, 1)) for road in roads]
        return Scenario(
            discipline="avoid",
            title=TITLE,
            traffic=self.traffic,
            car=self.car,
            route=Route(lanes, 200.0, LENGTH_M),
            seconds=SECONDS,
            lawful=frozenset(roads),
            direct=self.direct,
            hello={"lane_width": LANE_WIDTH_M, "lanes_left": 1, "lanes_right": 1},
        )
