"""The discipline *race*: two lanes of asphalt in a loop, with slower rivals on it, and more of it than our best drives.

The track is a polygon with rounded corners, drawn from the seed, so that there is none to learn by heart; it closes
exactly because every corner is an arc between the tangent points of its two edges.
"""

import math
from random import Random

from highway_env.road.road import RoadNetwork

from challenges.base import derive, derive_int
from challenges.driving.lanes import Arc, Lane, Point, Straight, wrap
from challenges.driving.route import Route
from challenges.driving.scenario import Scenario, clear_around, stream
from challenges.driving.traffic import Traffic
from challenges.driving.vehicles import Car, Driver

TITLE = {"en": "Race: circuit with rivals", "zh": "竞速：有对手的赛道", "ko": "레이스: 경쟁 차량이 있는 서킷"}
LIMIT = 22.0
LANE_WIDTH_M = 5.0
SECONDS = 36.0
LENGTH_M = 560.0
"""Seven tenths of what the limit would give if it were held all the time (22 m/s for 36 s, 792 m), which corners of
15 to 22 m at a grip of 7 m/s² and rivals forbid. The authors' best drives 62 to 93 % of it, 83 % on average (30 cases),
so there is room left to tell better drivers apart, but not much: at the end of the route an episode ends."""
RIVALS = 8
RIVAL_SPEEDS = (5.0, 8.0)
SHAPES: tuple[tuple[Point, ...], ...] = (
    ((0, 0), (120, 0), (120, 70), (70, 70), (70, 130), (0, 130)),
    ((0, 0), (130, 0), (150, 80), (75, 60), (0, 95)),
    ((0, 0), (60, 20), (130, 0), (130, 90), (65, 105), (0, 80)),
    ((0, 0), (110, 0), (140, 60), (95, 115), (55, 65), (0, 75)),
)
CORNER_RADII_M = (15.0, 22.0)
JITTER_M = 6.0


class Circuit:
    """Builds a case; rivals drive round and round."""

    def __init__(self, seed: bytes) -> None:
        layout = stream(derive(seed, "layout"))
        self.random = stream(derive(seed, "traffic"))
        self.lanes = draw_track(layout)
        net = RoadNetwork()
        self.names = [(f"p{i}", f"p{(i + 1) % len(self.lanes)}") for i in range(len(self.lanes))]
        for name, pair in zip(self.names, self.lanes, strict=True):
            for lane in pair:
                net.add_lane(*name, lane)
        self.traffic = Traffic(net, derive_int(seed, "road"))
        self.side = layout.randrange(2)
        first = self.lanes[0][self.side]
        x, y = first.position(3.0, 0.0)
        self.car = Car(self.traffic, (float(x), float(y)), float(first.heading_at(3.0)), 8.0)
        self.traffic.add(self.car)
        self._grid()

    def _grid(self) -> None:
        """Rivals all around the track, the first one a little ahead of the player."""
        lap = sum(pair[0].length for pair in self.lanes)
        for i in range(RIVALS):
            at = 28.0 + (lap - 60.0) * (i + self.random.uniform(-0.25, 0.25)) / RIVALS
            side, speed = self.random.randrange(2), self.random.uniform(*RIVAL_SPEEDS)
            piece = 0
            at = max(at, 24.0)
            while at > self.lanes[piece][side].length:
                at -= self.lanes[piece][side].length
                piece = (piece + 1) % len(self.lanes)
            lane = self.lanes[piece][side]
            x, y = map(float, lane.position(at, 0.0))
            if not clear_around(self.traffic, x, y, 14.0):
                continue
            rival = Driver(self.traffic, (x, y), float(lane.heading_at(at)), speed, target_speed=speed)
            rival.role = "rival"
            self.traffic.add(rival)

    def direct(self) -> None:
        """Nobody comes or goes."""

    def scenario(self) -> Scenario:
        lap = [pair[self.side] for pair in self.lanes]
        laps = math.ceil((LENGTH_M + 80.0) / sum(lane.length for lane in lap)) + 1
        return Scenario(
            discipline="race",
            title=TITLE,
            traffic=self.traffic,
            car=self.car,
            route=Route(lap * laps, 3.0, LENGTH_M),
            seconds=SECONDS,
            lawful=frozenset(self.names),
            direct=self.direct,
            hello={"lane_width": LANE_WIDTH_M, "lanes_left": self.side, "lanes_right": 1 - self.side},
        )


def draw_track(random: Random) -> list[tuple[Lane, Lane]]:
    """A track whose corners fit on their edges: drawn again where they overlap (about one in two hundred)."""
    while True:
        corners = [
            (x + random.uniform(-JITTER_M, JITTER_M), y + random.uniform(-JITTER_M, JITTER_M))
            for x, y in random.choice(SHAPES)
        ]
        if random.random() < 0.5:
            corners = [(x, -y) for x, y in corners]
        try:
            return track(corners, [random.uniform(*CORNER_RADII_M) for _ in corners])
        except ValueError:
            continue


def track(corners: list[Point], radii: list[float]) -> list[tuple[Lane, Lane]]:
    """The pieces of a closed track (left lane, right lane): for each edge of the polygon a straight, then the arc
    into the next edge. `radii` are those of the line between the two lanes. Raises ValueError where corners overlap."""
    count = len(corners)
    headings = [_heading(corners[i], corners[(i + 1) % count]) for i in range(count)]
    turns = [wrap(headings[(i + 1) % count] - headings[i]) for i in range(count)]
    cuts = [radii[i] * math.tan(abs(turns[i]) / 2) for i in range(count)]
    pieces: list[tuple[Lane, Lane]] = []
    for i in range(count):
        (x, y), (u, v) = corners[i], corners[(i + 1) % count]
        heading, before, after = headings[i], cuts[i - 1], cuts[i]
        c, s = math.cos(heading), math.sin(heading)
        pieces.append(_straight((x + c * before, y + s * before), (u - c * after, v - s * after), heading))
        pieces.append(_arc((u - c * after, v - s * after), heading, turns[i], radii[i]))
    return pieces


def _heading(start: Point, end: Point) -> float:
    return math.atan2(end[1] - start[1], end[0] - start[0])


def _straight(start: Point, end: Point, heading: float) -> tuple[Lane, Lane]:
    if (end[0] - start[0]) * math.cos(heading) + (end[1] - start[1]) * math.sin(heading) < 1.0:
        raise ValueError("two corners overlap: the edge between them is too short for their radii")
    half = LANE_WIDTH_M / 2
    left, right = (
        Straight(
            (start[0] - side * half * math.sin(heading), start[1] + side * half * math.cos(heading)),
            (end[0] - side * half * math.sin(heading), end[1] + side * half * math.cos(heading)),
            width=LANE_WIDTH_M,
            speed_limit=LIMIT,
        )
        for side in (-1, 1)
    )
    return left, right


def _arc(start: Point, heading: float, turn: float, radius: float) -> tuple[Lane, Lane]:
    """The corner that begins at `start`; `turn` is positive to the right (towards +y)."""
    way = 1 if turn > 0 else -1
    centre = (start[0] - way * radius * math.sin(heading), start[1] + way * radius * math.cos(heading))
    begin = heading - way * math.pi / 2
    left, right = (
        Arc(
            centre,
            radius - way * side * LANE_WIDTH_M / 2,
            begin,
            begin + turn,
            clockwise=way > 0,
            width=LANE_WIDTH_M,
            speed_limit=LIMIT,
        )
        for side in (-1, 1)
    )
    return left, right
