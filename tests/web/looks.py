"""Views of every kind, as contests hand them over: small, and as large as they may be."""

import math
import random
from typing import Any

from tests.web.factories import scene

Json = Any
AXIS = {"title": {"en": "False alarms", "zh": "误报", "ko": "오탐"}, "range": [0, 1]}


def texts(en: str) -> dict[str, str]:
    return {"en": en, "zh": f"{en} 中", "ko": f"{en} 한"}


def gantt(jobs: int = 20, machines: int = 20) -> Json:
    """A flow shop, every operation as early as it can be."""
    rng = random.Random(jobs * 1000 + machines)
    free, bars = [0] * machines, []
    for job in range(jobs):
        ready = 0
        for machine in range(machines):
            start = max(ready, free[machine])
            ready = free[machine] = start + rng.randint(1, 99)
            bars.append([job, machine, start, ready])
    bars.sort(key=lambda bar: (bar[1], bar[2]))
    makespan = max(free)
    return {
        "version": 1,
        "title": texts("Schedule"),
        "machines": machines,
        "jobs": jobs,
        "makespan": makespan,
        "reference": makespan * 9 // 10,
        "bars": bars,
    }


def curve(name: str, role: str, bend: float, *, points: int = 60, kind: str = "line") -> Json:
    along = [i / (points - 1) for i in range(points)]
    return {
        "name": name,
        "title": texts(name.title()),
        "role": role,
        "kind": kind,
        "points": [[round(x, 5), round(x**bend, 5)] for x in along],
        "sizes": [1 + i for i in range(points)] if kind == "points" else None,
    }


def curves(points: int = 60) -> Json:
    def plot(name: str, drawn: list[Json]) -> Json:
        return {"name": name, "title": texts(name), "x": AXIS, "y": AXIS, "diagonal": True, "curves": drawn}

    parts = (("public", "public", 0.3), ("private", "private", 0.45), ("rival", "private", 0.7))
    figure = {"name": "auc", "title": texts("AUC"), "unit": "%", "digits": 2, "value": 73.214, "interval": [71.0, 75.4]}
    return {
        "version": 1,
        "title": texts("Detection"),
        "plots": [
            plot("ROC", [curve(*part, points=points) for part in parts]),
            plot("Calibration", [curve(*part, points=10, kind="points") for part in parts]),
        ],
        "figures": [figure, {**figure, "name": "loss", "unit": "", "interval": None}],
    }


def matrix(rows: int = 5, columns: int = 12) -> Json:
    rng = random.Random(rows * 100 + columns)
    cells: list[list[float | None]] = [[round(100 * rng.random(), 3) for _ in range(columns)] for _ in range(rows)]
    cells[0][1] = None
    return {
        "version": 1,
        "title": texts("Still right"),
        "unit": "%",
        "digits": 1,
        "range": [0, 100],
        "row_title": texts("Attack"),
        "column_title": texts("Defence"),
        "rows": [{"title": texts(f"Attack {i}")} for i in range(rows)],
        "columns": [{"title": texts(f"Defence {j}")} for j in range(columns)],
        "cells": cells,
        "own": [[i, i] for i in range(min(rows, columns))],
        "row_totals": [50.0] * rows,
        "column_totals": [None] + [40.0] * (columns - 1),
    }


def images(rows: int = 4, side: int = 8) -> Json:
    rng = random.Random(side)
    kinds = ("grey", "grey", "difference")
    names = ("Original", "Attacked", "Difference")
    return {
        "version": 1,
        "title": texts("What was seen"),
        "width": side,
        "height": side,
        "columns": [{"title": texts(name), "kind": kind} for name, kind in zip(names, kinds, strict=True)],
        "rows": [
            {
                "text": texts(f"A {i}; seen as {i}, then as {i + 1}"),
                "bad": i % 2 == 1,
                "images": [[rng.choice((0, 64, 128, 255)) for _ in range(side * side)] for _ in kinds],
            }
            for i in range(rows)
        ],
    }


def table() -> Json:
    columns = [{"title": texts("Case")}, {"title": texts("Score"), "unit": "%", "digits": 1}]
    return {"title": texts("Cases"), "columns": columns, "rows": [[texts("first"), 12.345], ["second", 7]]}


def pitch(frames: int = 80) -> Json:
    """A ball between two teams; a goal in the middle, after which everybody is put back."""
    goal = frames // 2
    rows = []
    for frame in range(frames):
        since = frame % goal
        row: list[float] = [0, 450 + 10 * since, 300 + round(80 * math.sin(since / 8)), 0]
        for index in range(1, 7):
            left = index <= 3
            row += [index, (200 if left else 700) + (3 * since if left else -since), 100 + 130 * ((index - 1) % 3), 0]
        rows.append(row)
    sides = [(side, number) for side in ("left", "right") for number in (1, 2, 3)]
    scored = [int(frame >= goal) for frame in range(frames)]
    return {
        "version": 1,
        "title": texts("Disc football"),
        "unit": "px",
        "y_axis": "down",
        "seconds_per_frame": 0.1,
        "bounds": [-40, -10, 940, 610],
        "follow": None,
        "shapes": [
            {"kind": "area", "role": "field", "points": [[0, 0], [900, 0], [900, 600], [0, 600]], "width": 0},
            {"kind": "area", "role": "goal", "points": [[900, 200], [930, 200], [930, 400], [900, 400]], "width": 0},
        ],
        "actors": [
            {"id": "ball", "kind": "disc", "role": "ball", "length": 20, "width": 20},
            *({"id": f"{side}-{n}", "kind": "disc", "role": side, "length": 36, "width": 36} for side, n in sides),
        ],
        "frames": rows,
        "series": [
            {"name": "goals_left", "title": texts("Goals, left"), "unit": "", "values": scored},
            {"name": "goals_right", "title": texts("Goals, right"), "unit": "", "values": [0] * frames},
        ],
        "marks": [
            {"frame": goal, "x": 890, "y": 300, "kind": "goal", "bad": False, "text": texts("Goal for left: 1–0")},
            {"frame": goal + 9, "x": 700, "y": 100, "kind": "fault", "bad": True, "text": texts("Late reply of right")},
        ],
    }


LOOKS = {
    "scene": scene,
    "gantt": gantt,
    "curves": curves,
    "matrix": matrix,
    "images": images,
    "table": table,
}
"""A small view of each kind."""
