"""Keeps what is to be seen of an episode, as a `scene` (see challenges/views.py): metres, y down, five frames a
second, every vehicle within `AROUND_M` of the player."""

import itertools
from typing import Any

from challenges.base import Json
from challenges.driving.lanes import Lane, Point, polyline
from challenges.driving.scenario import TICK_SECONDS, Scenario

AROUND_M = 100.0
MARGIN_M = 15.0
LONG_M = 30.0
"""Straight roads longer than this are crossed by none: their lines are drawn in one piece."""
COLLISION = {
    True: {"en": "Collision, at fault", "zh": "碰撞（有责）", "ko": "충돌(과실 있음)"},
    False: {"en": "Collision, not at fault", "zh": "碰撞（无责）", "ko": "충돌(과실 없음)"},
}
OFF_LANE = {"en": "Left the lanes of the route", "zh": "驶离路线车道", "ko": "경로 차로 이탈"}
FAULT = {"en": "Late or invalid reply", "zh": "回复超时或无效", "ko": "늦거나 잘못된 응답"}
FINISH = {"en": "Route completed", "zh": "完成路线", "ko": "경로 완주"}
SPEED = {"en": "Speed", "zh": "车速", "ko": "속도"}
PROGRESS = {"en": "Route done", "zh": "路线完成度", "ko": "경로 진행률"}


class Recording:
    """Frames and marks of one episode."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.frames: list[list[float]] = []
        self.marks: list[Json] = []
        self.speeds: list[float] = []
        self.progress: list[float] = []
        self._actors: list[Json] = []
        # Keeps what it has seen alive: an id that Python gives again would be taken for the same vehicle.
        self._seen: dict[int, tuple[int, Any]] = {}
        self._index(scenario.car, "ego")

    def _index(self, thing: Any, role: str) -> int:
        known = self._seen.get(id(thing))
        if known is None:
            index = len(self._actors)
            name = role if role == "ego" else f"{role}-{index}"
            self._actors.append({"id": name, "kind": "box", "role": role, "length": thing.LENGTH, "width": thing.WIDTH})
            known = self._seen[id(thing)] = index, thing
        return known[0]

    def frame(self, progress: float) -> None:
        """Keep where everybody is now."""
        car, traffic = self.scenario.car, self.scenario.traffic
        row: list[float] = [0, *_pose(car)]
        for other in [*traffic.vehicles, *traffic.objects]:
            if other is not car and abs(other.x - car.x) < AROUND_M and abs(other.y - car.y) < AROUND_M:
                row += [self._index(other, other.role), *_pose(other)]
        self.frames.append(row)
        self.speeds.append(round(car.speed, 2))
        self.progress.append(round(100 * min(1.0, progress / self.scenario.route.length), 1))

    def mark(self, kind: str, text: Json, *, bad: bool = True, at: Any = None) -> None:
        """Something happened in the frame that comes next, at a thing's place or the player's."""
        thing = at or self.scenario.car
        self.marks.append(
            {
                "frame": len(self.frames),
                "x": round(thing.x, 2),
                "y": round(thing.y, 2),
                "kind": kind,
                "bad": bad,
                "text": text,
            }
        )

    def scene(self) -> Json:
        shapes = _roads(self.scenario)
        car = [(row[1], row[2]) for row in self.frames]
        last = len(self.frames) - 1
        return {
            "version": 1,
            "title": dict(self.scenario.title),
            "unit": "m",
            "y_axis": "down",
            "seconds_per_frame": TICK_SECONDS,
            "bounds": _bounds(car, shapes),
            "follow": 0,
            "shapes": shapes,
            "actors": self._actors,
            "frames": self.frames,
            "series": [
                {"name": "speed", "title": SPEED, "unit": "m/s", "values": self.speeds},
                {"name": "progress", "title": PROGRESS, "unit": "%", "values": self.progress},
            ],
            "marks": [{**mark, "frame": min(mark["frame"], last)} for mark in self.marks],
        }


def _pose(thing: Any) -> tuple[float, float, float]:
    return round(thing.x, 2), round(thing.y, 2), round(thing.heading, 2)


def _points(points: list[Point]) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in points]


def _roads(scenario: Scenario) -> list[Json]:
    """Asphalt first, then the outer edges, the lines between lanes, the route and where it ends."""
    everywhere: list[Lane] = scenario.traffic.network.lanes_list()
    asphalt: list[Json] = []
    lines: list[Json] = []
    for roads in scenario.traffic.network.graph.values():
        for lanes in roads.values():
            for i, lane in enumerate(lanes):
                asphalt.append(_line("road", polyline(lane), lane.width))
                others = [other for other in everywhere if other not in lanes]
                lines += _edges(lane, others, first=i == 0, last=i == len(lanes) - 1)
    route = scenario.route
    way = [route.position(4.0 * i) for i in range(int(route.length / 4.0) + 1)]
    if scenario.discipline == "race":  # several laps of the same line
        lap = next((i for i, p in enumerate(way) if i > 5 and _close(p, way[0])), len(way) - 1)
        way = way[: lap + 1]
    (x, y), (u, v) = route.position(route.length), route.position(route.length + 1.0)
    return [
        *asphalt,
        *lines,
        _line("route", way, 0.0),
        _line("finish", [(x + 2 * (v - y), y - 2 * (u - x)), (x - 2 * (v - y), y + 2 * (u - x))], 0.6),
    ]


def _close(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) < 4.0 and abs(one[1] - other[1]) < 4.0


def _line(role: str, points: list[Point], width: float) -> Json:
    return {"kind": "line", "role": role, "points": _points(points), "width": width}


def _edges(lane: Lane, others: list[Lane], *, first: bool, last: bool) -> list[Json]:
    """The left line of a lane, and the right one of the last lane of a road, where no other road crosses them."""
    half = lane.width / 2
    sides = [("edge" if first else "divider", -half)] + ([("edge", half)] if last else [])
    return [
        _line(role, run, 0.0)
        for role, lateral in sides
        for run in _open_runs(polyline(lane, lateral, straight=lane.length > LONG_M), others)
    ]


def _open_runs(points: list[Point], others: list[Lane]) -> list[list[Point]]:
    """The parts of a line that lie on none of the other lanes."""
    runs: list[list[Point]] = []
    together = False
    for start, end in itertools.pairwise(points):
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        covered = any(_covers(other, x, y) for other in others)
        if not covered and together:
            runs[-1].append(end)
        elif not covered:
            runs.append([start, end])
        together = not covered
    return runs


def _covers(lane: Lane, x: float, y: float) -> bool:
    along, lateral = lane.local(x, y)
    return abs(lateral) < lane.width / 2 - 0.2 and 0 <= along <= lane.length


def _bounds(car: list[Point], shapes: list[Json]) -> list[float]:
    """Where the player was and its route, with a margin."""
    points = [tuple(point) for shape in shapes if shape["role"] in {"route", "finish"} for point in shape["points"]]
    xs, ys = zip(*car, *points, strict=True)
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    return [round(v, 1) for v in (low[0] - MARGIN_M, low[1] - MARGIN_M, high[0] + MARGIN_M, high[1] + MARGIN_M)]
