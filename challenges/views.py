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

**Curves** are plots side by side, such as a ROC curve and a calibration curve, with figures beneath them:

    {
      "version": 1,
      "title": {"en": …, "zh": …, "ko": …},
      "plots": [                              1 to 6
        {"name": "roc",                       unique
         "title": {"en": …, "zh": …, "ko": …},
         "x": {"title": {"en": …, …}, "range": [0, 1]},
         "y": {"title": {"en": …, …}, "range": [0, 1]},
         "diagonal": true,                    a thin line from the lower left to the upper right corner
         "curves": [                          1 to 12
           {"name": "public",                 unique in its plot; the same name in two plots is the same thing, and so
                                              has one colour
            "title": {"en": …, "zh": …, "ko": …},
            "role": "own" | "public" | "private" | "reference",     the colour
            "kind": "line" | "points",        joined, or dots that a thin line may join
            "points": [[x, y], …],            1 to 5,000, x never falls; all within the ranges of the axes
            "sizes": [120, …] | null}         how many things stand behind each point: the area of its dot
         ]}
      ],
      "figures": [                            at most 40; a row each, in this order
        {"name": "auc_public",                unique
         "title": {"en": …, "zh": …, "ko": …},
         "unit": "", "digits": 2, "value": 73.21,
         "interval": [71.0, 75.4] | null}     95 %
      ]
    }

A **matrix** is a grid of figures, such as attacks against defences:

    {
      "version": 1,
      "title": {"en": …, "zh": …, "ko": …},
      "unit": "%", "digits": 0,               of every figure; digits after the point, 0 to 9
      "range": [0, 100],                      from the palest cell to the darkest
      "row_title": {"en": …, …}, "column_title": {"en": …, …},      what the rows are, what the columns are
      "rows": [{"title": {"en": …, …}}, …],   1 to 60
      "columns": [{"title": {"en": …, …}}, …] 1 to 60
      "cells": [[number | null, …], …],       by row, then by column; null: nothing is known; all within the range
      "own": [[row, column], …],              cells that count for nothing: marked, and not by colour alone
      "row_totals": [number | null, …] | null,        one for each row
      "column_totals": [number | null, …] | null
    }

**Images** are small pictures in rows, such as an original, what became of it, and the difference:

    {
      "version": 1,
      "title": {"en": …, "zh": …, "ko": …},
      "width": 8, "height": 8,                of every picture, pixels, 1 to 64
      "columns": [                            1 to 6
        {"title": {"en": …, …},
         "kind": "grey" | "difference"}       grey: 0 black, 255 white; difference: 0 less, 128 the same, 255 more
      ],
      "rows": [                               1 to 100
        {"text": {"en": …, …},                what is to be said of this row
         "bad": true,                         whether it went wrong for whoever is looked at
         "images": [[0..255, …], …]}          a picture each column: width × height whole numbers, row by row
      ]
    }
"""

import itertools
import json
import math
from collections.abc import Callable, Mapping
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
    _keys(data, "scene", SCENE_KEYS)
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
    _small_enough(data)


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
    _small_enough(data)


CURVE_ROLES = {"own", "public", "private", "reference"}
CURVE_KINDS = {"line", "points"}
MAX_PLOTS, MAX_CURVES, MAX_FIGURES, MAX_POINTS = 6, 12, 40, 5_000


def validate_curves(data: Json) -> None:
    """Raises BadView where `data` is no row of plots or its JSON is larger than VIEW_BYTES."""
    _keys(data, "curves", ["version", "title", "plots", "figures"])
    _require(data["version"] == 1, "version")
    _text(data["title"], "title")
    _each(data["plots"], "plots", _plot)
    _require(0 < len(data["plots"]) <= MAX_PLOTS, "plots: none, or too many")
    _each(data["figures"], "figures", _figure)
    _require(len(data["figures"]) <= MAX_FIGURES, "figures: too many")
    for key in ("plots", "figures"):
        _require(len({item["name"] for item in data[key]}) == len(data[key]), f"{key}: a name occurs twice")
    _small_enough(data)


def _plot(value: Json, where: str) -> None:
    _keys(value, where, ["name", "title", "x", "y", "diagonal", "curves"])
    _require(isinstance(value["name"], str) and bool(value["name"]), f"{where}.name")
    _require(isinstance(value["diagonal"], bool), f"{where}.diagonal")
    _text(value["title"], f"{where}.title")
    for axis in ("x", "y"):
        _keys(value[axis], f"{where}.{axis}", ["title", "range"])
        _text(value[axis]["title"], f"{where}.{axis}.title")
        _numbers(value[axis]["range"], 2, f"{where}.{axis}.range")
        _require(value[axis]["range"][0] < value[axis]["range"][1], f"{where}.{axis}.range: no extent")
    ranges = (value["x"]["range"], value["y"]["range"])
    _each(value["curves"], f"{where}.curves", lambda curve, at: _curve(curve, ranges, at))
    _require(0 < len(value["curves"]) <= MAX_CURVES, f"{where}.curves: none, or too many")
    names = {curve["name"] for curve in value["curves"]}
    _require(len(names) == len(value["curves"]), f"{where}.curves: a name occurs twice")


def _curve(value: Json, ranges: tuple[Json, Json], where: str) -> None:
    _keys(value, where, ["name", "title", "role", "kind", "points", "sizes"])
    _require(isinstance(value["name"], str) and bool(value["name"]), f"{where}.name")
    _text(value["title"], f"{where}.title")
    _require(value["role"] in CURVE_ROLES and value["kind"] in CURVE_KINDS, f"{where}: role or kind")
    points = value["points"]
    _require(isinstance(points, list) and 0 < len(points) <= MAX_POINTS, f"{where}.points")
    for i, point in enumerate(points):
        _numbers(point, 2, f"{where}.points[{i}]")
        for number, (low, high) in zip(point, ranges, strict=True):
            _require(low <= number <= high, f"{where}.points[{i}]: outside the axes")
    _require(all(one[0] <= after[0] for one, after in itertools.pairwise(points)), f"{where}.points: x falls")
    if value["sizes"] is not None:
        _numbers(value["sizes"], len(points), f"{where}.sizes")
        _require(min(value["sizes"]) >= 0, f"{where}.sizes: a negative one")


def _figure(value: Json, where: str) -> None:
    _keys(value, where, ["name", "title", "unit", "digits", "value", "interval"])
    _require(isinstance(value["name"], str) and bool(value["name"]), f"{where}.name")
    _text(value["title"], f"{where}.title")
    _require(isinstance(value["unit"], str), f"{where}.unit")
    _index(value["digits"], 10, f"{where}.digits")
    _number(value["value"], f"{where}.value")
    if value["interval"] is not None:
        _numbers(value["interval"], 2, f"{where}.interval")
        _require(value["interval"][0] <= value["interval"][1], f"{where}.interval: upside down")


MATRIX_KEYS = [
    *("version", "title", "unit", "digits", "range", "row_title", "column_title"),
    *("rows", "columns", "cells", "own", "row_totals", "column_totals"),
]
MAX_LINES = 60


def validate_matrix(data: Json) -> None:
    """Raises BadView where `data` is no grid or its JSON is larger than VIEW_BYTES."""
    _keys(data, "matrix", MATRIX_KEYS)
    _require(data["version"] == 1, "version")
    for key in ("title", "row_title", "column_title"):
        _text(data[key], key)
    _require(isinstance(data["unit"], str), "unit")
    _index(data["digits"], 10, "digits")
    _numbers(data["range"], 2, "range")
    low, high = data["range"]
    _require(low < high, "range: no extent")
    for key in ("rows", "columns"):
        _each(data[key], key, _line)
        _require(0 < len(data[key]) <= MAX_LINES, f"{key}: none, or too many")
    rows, columns = len(data["rows"]), len(data["columns"])
    _require(isinstance(data["cells"], list) and len(data["cells"]) == rows, "cells: not one list for each row")
    for i, row in enumerate(data["cells"]):
        _perhaps(row, columns, (low, high), f"cells[{i}]")
    _each(data["own"], "own", lambda pair, where: _pair(pair, (rows, columns), where))
    for key, count in (("row_totals", rows), ("column_totals", columns)):
        if data[key] is not None:
            _perhaps(data[key], count, (low, high), key)
    _small_enough(data)


def _line(value: Json, where: str) -> None:
    _keys(value, where, ["title"])
    _text(value["title"], f"{where}.title")


def _perhaps(value: Json, count: int, bounds: tuple[float, float], where: str) -> None:
    _require(isinstance(value, list) and len(value) == count, f"{where}: not {count} figures")
    for number in value:
        if number is not None:
            _number(number, where)
            _require(bounds[0] <= number <= bounds[1], f"{where}: out of range")


def _pair(value: Json, counts: tuple[int, int], where: str) -> None:
    _require(isinstance(value, list) and len(value) == 2, f"{where}: no pair")
    for number, count in zip(value, counts, strict=True):
        _index(number, count, where)


PICTURE_KINDS = {"grey", "difference"}
MAX_SIDE, MAX_PICTURE_COLUMNS, MAX_PICTURE_ROWS = 64, 6, 100


def validate_images(data: Json) -> None:
    """Raises BadView where `data` is no rows of pictures or its JSON is larger than VIEW_BYTES."""
    _keys(data, "images", ["version", "title", "width", "height", "columns", "rows"])
    _require(data["version"] == 1, "version")
    _text(data["title"], "title")
    for key in ("width", "height"):
        _index(data[key], MAX_SIDE + 1, key)
        _require(data[key] > 0, key)
    for key, most in (("columns", MAX_PICTURE_COLUMNS), ("rows", MAX_PICTURE_ROWS)):
        _require(isinstance(data[key], list) and 0 < len(data[key]) <= most, f"{key}: none, or too many")
    for i, column in enumerate(data["columns"]):
        _keys(column, f"columns[{i}]", ["title", "kind"])
        _text(column["title"], f"columns[{i}].title")
        _require(column["kind"] in PICTURE_KINDS, f"columns[{i}].kind")
    for i, row in enumerate(data["rows"]):
        _keys(row, f"rows[{i}]", ["text", "bad", "images"])
        _text(row["text"], f"rows[{i}].text")
        _require(isinstance(row["bad"], bool), f"rows[{i}].bad")
        _require(isinstance(row["images"], list) and len(row["images"]) == len(data["columns"]), f"rows[{i}].images")
        for picture in row["images"]:
            _require(
                isinstance(picture, list) and len(picture) == data["width"] * data["height"], f"rows[{i}].images: size"
            )
            for pixel in picture:
                _index(pixel, 256, f"rows[{i}].images")
    _small_enough(data)


VALIDATORS: Mapping[str, Callable[[Json], None]] = {
    "scene": validate_scene,
    "gantt": validate_gantt,
    "curves": validate_curves,
    "matrix": validate_matrix,
    "images": validate_images,
}
"""By kind of view."""


def _small_enough(data: Json) -> None:
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
