"""What a run looked like, without scripting: a still picture for each kind of view. A challenge hands over data; the
markup is ours. The shapes are described in `challenges/views.py`."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from web.i18n import Reader

Json = Any


@dataclass(frozen=True, slots=True)
class Picture:
    """`template` draws `shape`. `live`: a script of ours can play it."""

    kind: str
    template: str
    shape: Mapping[str, Any]
    live: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A still line or area, as an SVG path."""

    role: str
    path: str
    width: float
    filled: bool


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    y: float
    bad: bool
    text: str
    seconds: float


def picture(stored: bytes, reader: Reader) -> Picture | None:
    """From the bytes that `judge.results.store_files` keeps. None where nothing can be drawn of it."""
    view = json.loads(stored)
    kind = str(view.get("kind"))
    draw = KINDS.get(kind)
    try:
        return draw(view["data"], reader) if draw else Picture(kind, "views/unknown.html", {})
    except (KeyError, TypeError, ValueError, IndexError):
        return Picture(kind, "views/unknown.html", {})


# ---------------------------------------------------------------------------------------------------------------------
# Scene: the course, the path of the actor that is followed, and what happened where


def _scene(data: Json, reader: Reader) -> Picture:
    x0, y0, x1, y1 = (float(figure) for figure in data["bounds"])
    up = data["y_axis"] == "up"
    frames, followed = data["frames"], data["follow"] or 0
    seconds = float(data["seconds_per_frame"])
    way = _way(frames, followed)
    lines = [_line(shape) for shape in data["shapes"]]
    marks = [
        Mark(float(m["x"]), float(m["y"]), bool(m["bad"]), reader.of(m["text"]), m["frame"] * seconds)
        for m in data["marks"]
    ]
    shape = {
        "title": reader.of(data["title"]),
        "box": f"{x0:g} {-y1 if up else y0:g} {x1 - x0:g} {y1 - y0:g}",
        "flip": "scale(1 -1)" if up else None,
        "mark_size": max(x1 - x0, y1 - y0) / 70,
        "strip": (x1 - x0) > 4 * (y1 - y0),
        "lines": lines,
        "way": _path(way, closed=False) if len(way) > 1 else "",
        "start": way[0] if way else None,
        "end": way[-1] if way else None,
        "marks": marks,
        "frames": len(frames),
        "seconds": (len(frames) - 1) * seconds,
        "series": [_last(series, reader) for series in data["series"]],
    }
    return Picture("scene", "views/scene.html", shape, live=True)


def _way(frames: Json, followed: int) -> list[tuple[float, float]]:
    """Where an actor was, frame by frame."""
    way = []
    for frame in frames:
        for at in range(0, len(frame) - 3, 4):
            if frame[at] == followed:
                way.append((float(frame[at + 1]), float(frame[at + 2])))
                break
    return way


def _line(shape: Json) -> Line:
    points = [(float(x), float(y)) for x, y in shape["points"]]
    filled = shape["kind"] == "area"
    return Line(str(shape["role"]), _path(points, closed=filled), float(shape["width"]), filled)


def _path(points: list[tuple[float, float]], *, closed: bool) -> str:
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in points):
        raise ValueError("a point is not finite")
    steps = " ".join(f"{x:g} {y:g}" for x, y in points)
    return f"M{steps}{'z' if closed else ''}"


def _last(series: Json, reader: Reader) -> dict[str, str | bool]:
    """A figure over the run: its mean and where it ended; of a share, the end alone says something."""
    values = [float(value) for value in series["values"]]
    unit = str(series["unit"])
    return {
        "title": reader.of(series["title"]),
        "share": unit == "%",
        "mean": f"{reader.number(sum(values) / len(values), 1)} {unit}".strip(),
        "last": f"{reader.number(values[-1], 1)} {unit}".strip(),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Table: {"title": {…}, "columns": [{"title": {…}, "unit": "", "digits": 2}], "rows": [[cell, …], …]}; a cell is a
# figure, a text, or a map by language


def _table(data: Json, reader: Reader) -> Picture:
    columns = [{"title": reader.of(column["title"]), "unit": str(column.get("unit", ""))} for column in data["columns"]]
    digits = [int(column.get("digits", 2)) for column in data["columns"]]
    rows = [[_cell(cell, places, reader) for cell, places in zip(row, digits, strict=True)] for row in data["rows"]]
    return Picture("table", "views/table.html", {"title": reader.of(data["title"]), "columns": columns, "rows": rows})


def _cell(cell: Json, digits: int, reader: Reader) -> str:
    if isinstance(cell, dict):
        return reader.of(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return reader.number(cell, digits)
    return str(cell)


KINDS: Mapping[str, Callable[[Json, Reader], Picture]] = {"scene": _scene, "table": _table}
"""One line for each kind that can be drawn; the others come with the contests that use them."""
