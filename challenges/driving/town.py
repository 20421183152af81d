"""The discipline *urban*: a crossing without lights and, right behind it, a roundabout of two lanes, in every case.

Both are highway-env's own layouts (intersection, roundabout), joined by the crossing's northern arm. Rules of priority:
the road from west to east goes first at the crossing, and who is in the roundabout goes first there.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from highway_env.road.road import RoadNetwork

from challenges.base import derive, derive_int
from challenges.driving.lanes import Arc, Point, Straight
from challenges.driving.route import Route
from challenges.driving.scenario import TICK_SECONDS, Scenario, clear_around, stream
from challenges.driving.traffic import Traffic
from challenges.driving.vehicles import Car, Driver

TITLE = {"en": "Urban: crossing and roundabout", "zh": "城区：路口与环岛", "ko": "도심: 교차로와 회전교차로"}
LANE_WIDTH_M = 4.0
CROSSING_LIMIT, RING_LIMIT = 10.0, 12.0
SECONDS = 34.0
ARM_M = 60.0
OUTER_M = 11.0
"""From the middle of the crossing to where its arms begin."""
LINK_M = 20.0
RING_RADII_M = (20.0, 24.0)
SWING_M = 12.0
"""The radius of the way into and out of the ring, a right turn that touches the arm and the ring's outer lane."""
SWING_Y = math.sqrt((RING_RADII_M[1] + SWING_M) ** 2 - (LANE_WIDTH_M / 2 + SWING_M) ** 2)
ALPHA = math.asin((LANE_WIDTH_M / 2 + SWING_M) / (RING_RADII_M[1] + SWING_M))
"""Where on the ring it does, as an angle from the arm (23°)."""
RING_Y = -(OUTER_M + ARM_M + LINK_M + SWING_Y)
RING_ARM_M = 80.0
ENTRIES = {"o0": 0.2, "o1": 0.4, "o3": 0.4, "eer": 0.4, "ner": 0.3, "wer": 0.4}
"""Cars a second that come in at each end of the map."""
EXITS = ("o0", "o1", "o3", "exr", "nxr", "wxr")


class TownDriver(Driver):
    """Drives closer and brakes harder than on a motorway, as highway-env's intersection has it."""

    DISTANCE_WANTED = 7.0
    COMFORT_ACC_MAX = 6.0
    COMFORT_ACC_MIN = -3.0


@dataclass(frozen=True)
class Plan:
    """Where the player comes from and how it leaves the roundabout."""

    arm: int
    ring: tuple[str, ...]
    exit: str


PLANS = tuple(
    Plan(arm, ring, ring[-1][0])
    for arm in (0, 1)
    for ring in (("se", "ex", "ee", "nx"), ("se", "ex", "ee", "nx", "ne", "wx"))
)


class Town:
    """Builds a case and lets its traffic come and go."""

    def __init__(self, seed: bytes) -> None:
        self.random = stream(derive(seed, "traffic"))
        self.plan = stream(derive(seed, "layout")).choice(PLANS)
        net = RoadNetwork()
        add_crossing(net)
        add_roundabout(net)
        self.traffic = Traffic(net, derive_int(seed, "road"), regulated=True)
        lane = net.get_lane((f"o{self.plan.arm}", f"ir{self.plan.arm}", 0))
        x, y = map(float, lane.position(15.0, 0.0))
        self.car = Car(self.traffic, (x, y), float(lane.heading_at(15.0)), 8.0)
        self.traffic.add(self.car)
        for start, end in (("se", "ex"), ("ee", "nx"), ("ne", "wx"), ("we", "sx")):
            self._enter(start, end, self.random.randrange(2), 6.0)
        for entry in ENTRIES:
            end = next(iter(net.graph[entry]))
            for at in (20.0, 45.0):
                self._enter(entry, end, 0, at + self.random.uniform(-6, 6))

    def _enter(self, start: str, end: str, index: int, at: float) -> None:
        """A driver joins there on the way to somewhere, unless somebody is near."""
        goal = self.random.choice([name for name in EXITS if name != start and name[0] != start[0]])
        if start.startswith("o"):
            goal = self.random.choice([name for name in EXITS if name != start])
        speed, delta = self.random.uniform(7.0, 9.5), self.random.uniform(*Driver.DELTA_RANGE)
        lane = self.traffic.network.get_lane((start, end, index))
        x, y = map(float, lane.position(at, 0.0))
        if not clear_around(self.traffic, x, y, 15.0):
            return
        driver = TownDriver(self.traffic, (x, y), float(lane.heading_at(at)), speed, target_speed=lane.speed_limit)
        driver.DELTA = delta
        driver.enable_lane_change = False
        driver.lane_index = driver.target_lane_index = (start, end, index)
        driver.lane = lane
        driver.plan_route_to(goal)
        self.traffic.add(driver)

    def direct(self) -> None:
        """Once a tick: leave at the ends of the map, join at its entries."""
        for driver in [v for v in self.traffic.vehicles if isinstance(v, Driver)]:
            if driver.lane_index[1] in EXITS and self.traffic.local(driver, driver.lane)[0] > driver.lane.length - 8:
                self.traffic.remove(driver)
        for entry, a_second in ENTRIES.items():
            if self.random.random() < a_second * TICK_SECONDS:
                self._enter(entry, next(iter(self.traffic.network.graph[entry])), 0, 5.0)

    def scenario(self) -> Scenario:
        plan, net = self.plan, self.traffic.network
        nodes = [f"o{plan.arm}", f"ir{plan.arm}", "il2", "out", "ses", *plan.ring]
        nodes += [plan.exit + "xs", plan.exit + "xr"]
        roads = list(pairwise(nodes))
        lanes = [net.get_lane((*road, len(net.graph[road[0]][road[1]]) - 1)) for road in roads]
        length = sum(lane.length for lane in lanes) - 15.0 - (RING_ARM_M - 15.0)
        return Scenario(
            discipline="urban",
            title=TITLE,
            traffic=self.traffic,
            car=self.car,
            route=Route(lanes, 15.0, length),
            seconds=SECONDS,
            lawful=frozenset(roads),
            direct=self.direct,
            hello={"lane_width": LANE_WIDTH_M, "lanes_left": 0, "lanes_right": 0},
        )


def _turned(point: Point, quarter: int) -> Point:
    """A point turned by quarter turns about the origin."""
    c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter]
    return c * point[0] - s * point[1], s * point[0] + c * point[1]


def add_crossing(net: RoadNetwork) -> None:
    """highway-env's intersection: nodes o (outer), ir (inner, in), il (inner, out), arms 0 south, 1 west, 2 north,
    3 east. The northern arm's outer nodes are `out` and `in`, where the roundabout begins."""
    half, right, left = LANE_WIDTH_M / 2, LANE_WIDTH_M + 5, 2 * LANE_WIDTH_M + 5
    for arm in range(4):
        first = 3 if arm % 2 else 1
        angle = math.pi / 2 * arm
        road = {"width": LANE_WIDTH_M, "speed_limit": CROSSING_LIMIT}
        inner, outer = f"ir{arm}", ("in" if arm == 2 else f"o{arm}")
        start, end = _turned((half, ARM_M + OUTER_M), arm), _turned((half, OUTER_M), arm)
        net.add_lane(outer, inner, Straight(start, end, priority=first, **road))
        centre = _turned((OUTER_M, OUTER_M), arm)
        arc = Arc(centre, right, angle + math.pi, angle + 1.5 * math.pi, priority=first, **road)
        net.add_lane(inner, f"il{(arm - 1) % 4}", arc)
        centre = _turned((half - left, left - half), arm)
        arc = Arc(centre, left, angle, angle - math.pi / 2, clockwise=False, priority=first - 1, **road)
        net.add_lane(inner, f"il{(arm + 1) % 4}", arc)
        across = Straight(_turned((half, OUTER_M), arm), _turned((half, -OUTER_M), arm), priority=first, **road)
        net.add_lane(inner, f"il{(arm + 2) % 4}", across)
        leaves = (arm - 1) % 4
        exit_node = "out" if leaves == 2 else f"o{leaves}"
        start, end = _turned((OUTER_M, half), arm), _turned((ARM_M + OUTER_M, half), arm)
        net.add_lane(f"il{leaves}", exit_node, Straight(start, end, priority=first, **road))


def add_roundabout(net: RoadNetwork) -> None:
    """highway-env's roundabout: for each side (s, e, n, w) the nodes er, es (entry), e (enters the ring), x (leaves
    it), xs, xr (exit). The southern entry begins at `out`, the southern exit ends at `in`."""
    names = ("se", "ex", "ee", "nx", "ne", "wx", "we", "sx")
    ring = {"width": LANE_WIDTH_M, "speed_limit": RING_LIMIT, "priority": 5}
    for i, name in enumerate(names):
        side = -math.pi / 2 * (i // 2)  # of the exit that this piece leads to, or passes
        begin, end = (side + ALPHA, side - ALPHA) if i % 2 else (side + math.pi / 2 - ALPHA, side + ALPHA)
        for radius in RING_RADII_M:
            net.add_lane(name, names[(i + 1) % 8], Arc((0.0, RING_Y), radius, begin, end, clockwise=False, **ring))
    for quarter, side_name in ((0, "s"), (3, "e"), (2, "n"), (1, "w")):
        _add_arm(net, side_name, quarter)


def _add_arm(net: RoadNetwork, side: str, quarter: int) -> None:
    """One side's way in and way out, turned by quarter turns from the southern one: a straight, and an arc that
    touches it and the outer lane of the ring. (highway-env has a sine there that misses the ring by 5 m.)"""
    half, turn, across = LANE_WIDTH_M / 2, math.pi / 2 * quarter, math.pi / 2 - ALPHA
    road = {"width": LANE_WIDTH_M, "speed_limit": RING_LIMIT}
    arm = LINK_M if side == "s" else RING_ARM_M

    def at(x: float, y: float) -> Point:
        u, v = _turned((x, y), quarter)
        return u, v + RING_Y

    into, out = ("out", "in") if side == "s" else (side + "er", side + "xr")
    net.add_lane(into, side + "es", Straight(at(half, SWING_Y + arm), at(half, SWING_Y), **road))
    centre = at(half + SWING_M, SWING_Y)
    net.add_lane(side + "es", side + "e", Arc(centre, SWING_M, turn + math.pi, turn + math.pi + across, **road))
    centre = at(-half - SWING_M, SWING_Y)
    net.add_lane(side + "x", side + "xs", Arc(centre, SWING_M, turn - across, turn, **road))
    net.add_lane(side + "xs", out, Straight(at(-half, SWING_Y), at(-half, SWING_Y + arm), **road))
