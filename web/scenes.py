"""A recorded scene as a still picture: the course, who was where at the moment that tells most, the ways there, and
what happened. The script plays the same data."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from web.i18n import Reader

Json = Any
TRAIL_SECONDS = 3.0
"""How far back the ways reach where nobody is followed."""
STRIP = 1000
"""Units of the strip on which the marks stand in time."""
PUT_BACK = {"goal", "drop"}
_NUMBER = re.compile(r"(\d{1,2})$")


@dataclass(frozen=True, slots=True)
class Line:
    """A still line or area, as an SVG path."""

    role: str
    path: str
    width: float
    filled: bool


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at the moment that is shown; `degrees` turn with the picture's axes. `label`: the number of a disc."""

    kind: str
    role: str
    x: float
    y: float
    degrees: float
    length: float
    width: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """`at`: its place on the strip."""

    x: float
    y: float
    bad: bool
    text: str
    seconds: float
    at: float


def still(data: Json, reader: Reader) -> dict[str, Any]:
    """What `views/scene.html` draws, of data of its shape (`challenges/scenes.py`)."""
    x0, y0, x1, y1 = data["bounds"]
    up = data["y_axis"] == "up"
    frames, followed, seconds = data["frames"], data["follow"], data["seconds_per_frame"]
    last = len(frames) - 1
    moment = _moment(data)
    if followed is None:
        since = max(0, moment - round(TRAIL_SECONDS / seconds), *(f for f in _breaks(data) if f <= moment))
        ways = _ways(frames[since : moment + 1], data["actors"])
    else:
        ways = [("way", way)] if len(way := _way(frames, followed)) > 1 else []
    return {
        "title": reader.of(data["title"]),
        "box": f"{x0:g} {-y1 if up else y0:g} {x1 - x0:g} {y1 - y0:g}",
        "flip": "scale(1 -1)" if up else None,
        "mark_size": max(x1 - x0, y1 - y0) / 70,
        "strip": (x1 - x0) > 4 * (y1 - y0),
        "lines": [_line(shape) for shape in data["shapes"]],
        "ways": [(role, _path(way, closed=False)) for role, way in ways],
        "start": ways[0][1][0] if ways and followed is not None else None,
        "actors": list(_actors(frames[moment], data["actors"])),
        "roles": list(dict.fromkeys(actor["role"] for actor in data["actors"])),
        "moment": moment * seconds if moment != last else None,
        "marks": [
            Mark(
                m["x"],
                m["y"],
                m["bad"],
                reader.of(m["text"]),
                m["frame"] * seconds,
                round(STRIP * m["frame"] / max(last, 1), 1),
            )
            for m in data["marks"]
        ],
        "length": STRIP,
        "seconds": last * seconds,
        "series": [_summary(series, reader) for series in data["series"]],
    }


def _moment(data: Json) -> int:
    """The frame that tells most: the end; where nobody is followed, the last before the last goal was counted, since
    then everybody is put back."""
    goals = [mark["frame"] for mark in data["marks"] if mark["kind"] == "goal"]
    return max(0, goals[-1] - 1) if goals and data["follow"] is None else len(data["frames"]) - 1


def _breaks(data: Json) -> list[int]:
    """Frames before which somebody was put elsewhere: no way leads there."""
    return [mark["frame"] for mark in data["marks"] if mark["kind"] in PUT_BACK]


def _actors(frame: Json, actors: Json) -> Iterator[Actor]:
    for at in range(0, len(frame), 4):
        actor, (x, y, heading) = actors[frame[at]], frame[at + 1 : at + 4]
        number = _NUMBER.search(actor["id"]) if actor["kind"] == "disc" else None
        label = number[1] if number else ""
        degrees = round(math.degrees(heading), 1)
        yield Actor(actor["kind"], actor["role"], x, y, degrees, actor["length"], actor["width"], label)


def _ways(frames: Json, actors: Json) -> list[tuple[str, list[tuple[float, float]]]]:
    """By role, where each actor that moved has been."""
    ways = [(actor["role"], _way(frames, index)) for index, actor in enumerate(actors)]
    return [(role, way) for role, way in ways if len(set(way)) > 1]


def _way(frames: Json, followed: int) -> list[tuple[float, float]]:
    """Where an actor was, frame by frame."""
    way = []
    for frame in frames:
        for at in range(0, len(frame), 4):
            if frame[at] == followed:
                way.append((frame[at + 1], frame[at + 2]))
                break
    return way


def _line(shape: Json) -> Line:
    filled = shape["kind"] == "area"
    return Line(shape["role"], _path(shape["points"], closed=filled), shape["width"], filled)


def _path(points: Json, *, closed: bool) -> str:
    steps = " ".join(f"{x:g} {y:g}" for x, y in points)
    return f"M{steps}{'z' if closed else ''}"


def _summary(series: Json, reader: Reader) -> dict[str, str | bool]:
    """A figure over the run: its mean and where it ended; of a share or a count, the end alone says something."""
    values, unit = series["values"], series["unit"]
    count = all(value == int(value) for value in values)
    digits = 0 if count else 1
    return {
        "title": reader.of(series["title"]),
        "end_alone": unit == "%" or (count and not unit),
        "mean": f"{reader.number(sum(values) / len(values), 1)} {unit}".strip(),
        "last": f"{reader.number(values[-1], digits)} {unit}".strip(),
    }
