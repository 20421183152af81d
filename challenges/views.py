"""The shapes of what a challenge hands over to be looked at; `web/` draws them.

A **scene** is a recorded trajectory seen from above, the same for cars and for a ball:

    {
      "version": 1,
      "title": {"en": …, "zh": …, "ko": …},
      "unit": "m",                            what one unit of length is: "m", "px"
      "y_axis": "down" | "up",                "down": y grows towards the bottom of the screen, as a canvas has it, and
                                              angles turn clockwise; "up": y grows to the top, angles turn the other
                                              way. Angles are radians from +x towards +y.
      "seconds_per_frame": 0.2,               frames are evenly spaced; draw in between by interpolation
      "bounds": [xmin, ymin, xmax, ymax],     of everything worth seeing
      "follow": 0 | null,                     index of the actor that the camera may follow
      "shapes": [                             never move; drawn in this order, first at the bottom
        {"kind": "line" | "area",             a polyline, or a filled polygon
         "role": "road" | "edge" | "divider" | "route" | "finish" | "field" | "goal" | "wall",
         "points": [[x, y], …],               at least 2 (line) or 3 (area)
         "width": 4.0}                        of the line, in units of length; 0: as thin as can be seen
      ],
      "actors": [
        {"id": "ego",                         unique
         "kind": "box" | "disc",              a rectangle centred on its place, `length` along its heading; or a disc
         "role": "ego" | "traffic" | "rival" | "obstacle" | "left" | "right" | "ball",     the colour
         "length": 5.0, "width": 2.0}         a disc's diameter is `length`
      ],
      "frames": [                             one flat list per frame, four numbers for every actor that is there:
        [index, x, y, heading,  index, x, y, heading, …], …
      ],
      "series": [                             a figure per frame, to be shown beside the picture
        {"name": "speed", "title": {"en": …, "zh": …, "ko": …}, "unit": "m/s", "values": [one per frame]}
      ],
      "marks": [                              what happened when and where, by frame
        {"frame": 17, "x": …, "y": …, "kind": "collision" | "fault" | "off_lane" | "finish" | "goal" | "kick" | "drop",
         "bad": true,                         whether it cost the player something
         "text": {"en": …, "zh": …, "ko": …}}
      ]
    }

A **gantt** is a schedule: who is where from when to when.

    {
      "version": 1,
      "title": {"en": …, "zh": …, "ko": …},
      "machines": 10, "jobs": 15,             how many there are; a row each machine, a colour each job
      "makespan": 913,                        when the last bar ends; times are whole numbers from 0, without a unit
      "reference": 880 | null,                a makespan to measure against: a line across the chart
      "bars": [[job, machine, start, end], …] at most 20,000, sorted by machine, then by start; neither two bars of a
                                              machine nor two of a job overlap
    }
"""

import itertools
import json
import math
from collections.abc import Callable
from typing import Any

from challenges.base import VIEW_BYTES, Json

SCENE_KEYS = [
    *("version", "title", "unit", "y_axis", "seconds_per_frame", "bounds", "follow"),
    *("shapes", "actors", "frames", "series", "marks"),
]
SHAPE_KINDS = {"line": 2, "area": 3}
SHAPE_ROLES = {"road", "edge", "divider", "route", "finish", "field", "goal", "wall"}
ACTOR_KINDS = {"box", "disc"}
ACTOR_ROLES = {"ego", "traffic", "rival", "obstacle", "left", "right", "ball"}
MARK_KINDS = {"collision", "fault", "off_lane", "finish", "goal", "kick", "drop"}
LANGUAGES = {"en", "zh", "ko"}
MAX_FRAMES = 5_000


class BadView(ValueError):
    """A view is not of its shape; the message says where."""


def validate_scene(data: Json) -> None:
    """Raises BadView where `data` is no scene or its JSON is larger than VIEW_BYTES."""
    _keys(
        data,
        "scene",
        SCENE_KEYS,
    )
    _require(data["version"] == 1, "version")
    _text(data["title"], "title")
    _require(data["unit"] in {"m", "px"}, "unit")
    _require(data["y_axis"] in {"up", "down"}, "y_axis")
    _number(data["seconds_per_frame"], "seconds_per_frame", above=0)
    _numbers(data["bounds"], 4, "bounds")
    _require(data["bounds"][0] < data["bounds"][2] and data["bounds"][1] < data["bounds"][3], "bounds: no extent")
    _each(data["shapes"], "shapes", _shape)
    _each(data["actors"], "actors", _actor)
    _require(len({actor["id"] for actor in data["actors"]}) == len(data["actors"]), "actors: an id occurs twice")
    if data["follow"] is not None:
        _index(data["follow"], len(data["actors"]), "follow")
    _require(isinstance(data["frames"], list) and 0 < len(data["frames"]) <= MAX_FRAMES, "frames")
    for i, frame in enumerate(data["frames"]):
        _frame(frame, len(data["actors"]), f"frames[{i}]")
    count = len(data["frames"])
    _each(data["series"], "series", lambda series, where: _series(series, count, where))
    _each(data["marks"], "marks", lambda mark, where: _mark(mark, count, where))
    size = len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())
    _require(size <= VIEW_BYTES, f"{size} bytes are more than {VIEW_BYTES}")


GANTT_KEYS = ["version", "title", "machines", "jobs", "makespan", "reference", "bars"]
MAX_BARS = 20_000


def validate_gantt(data: Json) -> None:
    """Raises BadView where `data` is no Gantt chart or its JSON is larger than VIEW_BYTES."""
    _keys(data, "gantt", GANTT_KEYS)
    _require(data["version"] == 1, "version")
    _text(data["title"], "title")
    for key in ("machines", "jobs", "makespan"):
        _index(data[key], 10**9, key)
    if data["reference"] is not None:
        _index(data["reference"], 10**9, "reference")
    bars = data["bars"]
    _require(isinstance(bars, list) and 0 < len(bars) <= MAX_BARS, "bars")
    for i, bar in enumerate(bars):
        _require(isinstance(bar, list) and len(bar) == 4, f"bars[{i}]: not four numbers")
        for value, most in zip(bar, (data["jobs"], data["machines"], 10**9, 10**9), strict=True):
            _index(value, most, f"bars[{i}]")
        _require(bar[2] <= bar[3], f"bars[{i}]: ends before it starts")
    _require(bars == sorted(bars, key=lambda bar: (bar[1], bar[2])), "bars: not sorted by machine and start")
    for column, whose in ((1, "machine"), (0, "job")):
        rows = sorted(bars, key=lambda bar: (bar[column], bar[2], bar[3]))
        for one, after in itertools.pairwise(rows):
            _require(one[column] != after[column] or one[3] <= after[2], f"bars: two of a {whose} overlap")
    _require(max(bar[3] for bar in bars) == data["makespan"], "makespan: not where the last bar ends")
    size = len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())
    _require(size <= VIEW_BYTES, f"{size} bytes are more than {VIEW_BYTES}")


def _require(holds: bool, where: str) -> None:
    if not holds:
        raise BadView(where)


def _keys(value: Json, where: str, keys: list[str]) -> None:
    _require(isinstance(value, dict) and set(value) == set(keys), f"{where}: its keys are not {', '.join(keys)}")


def _each(value: Json, where: str, check: Callable[[Json, str], None]) -> None:
    _require(isinstance(value, list), where)
    for i, item in enumerate(value):
        check(item, f"{where}[{i}]")


def _number(value: Json, where: str, above: float = -math.inf) -> None:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    _require(real and math.isfinite(value) and value > above, f"{where}: no number, or out of range")


def _numbers(value: Json, count: int, where: str) -> None:
    _require(isinstance(value, list) and len(value) == count, f"{where}: not {count} numbers")
    for number in value:
        _number(number, where)


def _index(value: Json, count: int, where: str) -> None:
    _require(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count, f"{where}: no such index")


def _text(value: Json, where: str) -> None:
    _require(isinstance(value, dict) and set(value) == LANGUAGES, f"{where}: not in en, zh, ko")
    _require(all(isinstance(text, str) and text for text in value.values()), f"{where}: an empty text")


def _shape(value: Json, where: str) -> None:
    _keys(value, where, ["kind", "role", "points", "width"])
    _require(value["kind"] in SHAPE_KINDS and value["role"] in SHAPE_ROLES, f"{where}: kind or role")
    _require(isinstance(value["points"], list) and len(value["points"]) >= SHAPE_KINDS[value["kind"]], where)
    for point in value["points"]:
        _numbers(point, 2, f"{where}.points")
    _number(value["width"], where, above=-1e-9)


def _actor(value: Json, where: str) -> None:
    _keys(value, where, ["id", "kind", "role", "length", "width"])
    _require(isinstance(value["id"], str) and bool(value["id"]), f"{where}.id")
    _require(value["kind"] in ACTOR_KINDS and value["role"] in ACTOR_ROLES, f"{where}: kind or role")
    for key in ("length", "width"):
        _number(value[key], f"{where}.{key}", above=0)


def _frame(value: Json, actors: int, where: str) -> None:
    _require(isinstance(value, list) and len(value) % 4 == 0, f"{where}: not four numbers an actor")
    for number in value:
        _number(number, where)
    for index in value[::4]:
        _index(index, actors, where)
    _require(len(set(value[::4])) == len(value) // 4, f"{where}: an actor occurs twice")


def _series(value: Json, frames: int, where: str) -> None:
    _keys(value, where, ["name", "title", "unit", "values"])
    _text(value["title"], f"{where}.title")
    _require(isinstance(value["name"], str) and isinstance(value["unit"], str), where)
    _numbers(value["values"], frames, f"{where}.values")


def _mark(value: Any, frames: int, where: str) -> None:
    _keys(value, where, ["frame", "x", "y", "kind", "bad", "text"])
    _index(value["frame"], frames, f"{where}.frame")
    for key in ("x", "y"):
        _number(value[key], f"{where}.{key}")
    _require(value["kind"] in MARK_KINDS and isinstance(value["bad"], bool), f"{where}: kind or bad")
    _text(value["text"], f"{where}.text")
