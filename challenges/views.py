"""The shapes of what a challenge hands over to be looked at; `web/` draws them.

A **scene** is a recorded trajectory seen from above; its shape stands in `challenges/scenes.py`.

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
            "sizes": [120, …] | null,         how many things stand behind each point: the area of its dot
            "band": [[low, high], …]}         may be left out: what each point is known to, within the axis of y
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

A **table** is a table:

    {
      "title": {"en": …, "zh": …, "ko": …},
      "columns": [                            1 to 20
        {"title": {"en": …, …}, "unit": "", "digits": 2}          unit and digits (0 to 9, of figures) may be left out
      ],
      "rows": [[cell, …], …]                  at most 500; a cell is a figure, a word, or a text in en, zh, ko
    }
"""

import itertools
from collections.abc import Callable, Mapping

from challenges.base import Json
from challenges.checking import (
    BadView,
    choice,
    different,
    each,
    index,
    keys,
    number,
    numbers,
    require,
    small_enough,
    text,
    truth,
    word,
)
from challenges.scenes import validate_scene

__all__ = [
    "MAX_POINTS",
    "VALIDATORS",
    "BadView",
    "validate_curves",
    "validate_gantt",
    "validate_images",
    "validate_matrix",
    "validate_scene",
    "validate_table",
]

GANTT_KEYS = ["version", "title", "machines", "jobs", "makespan", "reference", "bars"]
MAX_BARS, MAX_TIME, MAX_MACHINES = 20_000, 10**9, 1_000


def validate_gantt(data: Json) -> None:
    """Raises BadView where `data` is no Gantt chart or its JSON is larger than VIEW_BYTES."""
    keys(data, "gantt", GANTT_KEYS)
    require(data["version"] == 1, "version")
    text(data["title"], "title")
    index(data["machines"], MAX_MACHINES + 1, "machines")
    for key in ("jobs", "makespan"):
        index(data[key], MAX_TIME, key)
    if data["reference"] is not None:
        index(data["reference"], MAX_TIME, "reference")
    limits = (data["jobs"], data["machines"], MAX_TIME, MAX_TIME)
    each(data["bars"], "bars", lambda bar, where: _bar(bar, limits, where), least=1, most=MAX_BARS)
    bars = data["bars"]
    require(bars == sorted(bars, key=lambda bar: (bar[1], bar[2])), "bars: not sorted by machine and start")
    for column, whose in ((1, "machine"), (0, "job")):
        rows = sorted(bars, key=lambda bar: (bar[column], bar[2], bar[3]))
        for one, after in itertools.pairwise(rows):
            require(one[column] != after[column] or one[3] <= after[2], f"bars: two of a {whose} overlap")
    require(max(bar[3] for bar in bars) == data["makespan"], "makespan: not where the last bar ends")
    small_enough(data)


def _bar(value: Json, limits: tuple[int, ...], where: str) -> None:
    require(isinstance(value, list) and len(value) == len(limits), f"{where}: not four numbers")
    for figure, most in zip(value, limits, strict=True):
        index(figure, most, where)
    require(value[2] <= value[3], f"{where}: ends before it starts")


CURVE_ROLES = {"own", "public", "private", "reference"}
CURVE_KINDS = {"line", "points"}
MAX_PLOTS, MAX_CURVES, MAX_FIGURES, MAX_POINTS = 6, 12, 40, 5_000


def validate_curves(data: Json) -> None:
    """Raises BadView where `data` is no row of plots or its JSON is larger than VIEW_BYTES."""
    keys(data, "curves", ["version", "title", "plots", "figures"])
    require(data["version"] == 1, "version")
    text(data["title"], "title")
    each(data["plots"], "plots", _plot, least=1, most=MAX_PLOTS)
    each(data["figures"], "figures", _figure, most=MAX_FIGURES)
    for key in ("plots", "figures"):
        different(data[key], "name", key)
    small_enough(data)


def _plot(value: Json, where: str) -> None:
    keys(value, where, ["name", "title", "x", "y", "diagonal", "curves"])
    word(value["name"], f"{where}.name", least=1)
    truth(value["diagonal"], f"{where}.diagonal")
    text(value["title"], f"{where}.title")
    for axis in ("x", "y"):
        keys(value[axis], f"{where}.{axis}", ["title", "range"])
        text(value[axis]["title"], f"{where}.{axis}.title")
        numbers(value[axis]["range"], 2, f"{where}.{axis}.range")
        require(value[axis]["range"][0] < value[axis]["range"][1], f"{where}.{axis}.range: no extent")
    ranges = (value["x"]["range"], value["y"]["range"])
    each(value["curves"], f"{where}.curves", lambda curve, at: _curve(curve, ranges, at), least=1, most=MAX_CURVES)
    different(value["curves"], "name", f"{where}.curves")


def _curve(value: Json, ranges: tuple[Json, Json], where: str) -> None:
    keys(value, where, ["name", "title", "role", "kind", "points", "sizes"], perhaps=["band"])
    word(value["name"], f"{where}.name", least=1)
    text(value["title"], f"{where}.title")
    choice(value["role"], f"{where}.role", CURVE_ROLES)
    choice(value["kind"], f"{where}.kind", CURVE_KINDS)
    points = value["points"]
    each(points, f"{where}.points", lambda point, at: _inside(point, ranges, at), least=1, most=MAX_POINTS)
    require(all(one[0] <= after[0] for one, after in itertools.pairwise(points)), f"{where}.points: x falls")
    if value["sizes"] is not None:
        numbers(value["sizes"], len(points), f"{where}.sizes")
        require(min(value["sizes"]) >= 0, f"{where}.sizes: a negative one")
    if "band" in value:
        up = (ranges[1], ranges[1])
        each(value["band"], f"{where}.band", lambda pair, at: _inside(pair, up, at), most=MAX_POINTS)
        require(len(value["band"]) == len(points), f"{where}.band: not one for each point")
        require(all(low <= high for low, high in value["band"]), f"{where}.band: upside down")


def _inside(value: Json, ranges: tuple[Json, Json], where: str) -> None:
    numbers(value, 2, where)
    for figure, (low, high) in zip(value, ranges, strict=True):
        require(low <= figure <= high, f"{where}: outside the axes")


def _figure(value: Json, where: str) -> None:
    keys(value, where, ["name", "title", "unit", "digits", "value", "interval"])
    word(value["name"], f"{where}.name", least=1)
    text(value["title"], f"{where}.title")
    word(value["unit"], f"{where}.unit")
    index(value["digits"], 10, f"{where}.digits")
    number(value["value"], f"{where}.value")
    if value["interval"] is not None:
        numbers(value["interval"], 2, f"{where}.interval")
        require(value["interval"][0] <= value["interval"][1], f"{where}.interval: upside down")


MATRIX_KEYS = [
    *("version", "title", "unit", "digits", "range", "row_title", "column_title"),
    *("rows", "columns", "cells", "own", "row_totals", "column_totals"),
]
MAX_LINES = 60


def validate_matrix(data: Json) -> None:
    """Raises BadView where `data` is no grid or its JSON is larger than VIEW_BYTES."""
    keys(data, "matrix", MATRIX_KEYS)
    require(data["version"] == 1, "version")
    for key in ("title", "row_title", "column_title"):
        text(data[key], key)
    word(data["unit"], "unit")
    index(data["digits"], 10, "digits")
    numbers(data["range"], 2, "range")
    low, high = data["range"]
    require(low < high, "range: no extent")
    for key in ("rows", "columns"):
        each(data[key], key, _line, least=1, most=MAX_LINES)
    rows, columns = len(data["rows"]), len(data["columns"])
    require(isinstance(data["cells"], list) and len(data["cells"]) == rows, "cells: not one list for each row")
    for i, row in enumerate(data["cells"]):
        _perhaps(row, columns, (low, high), f"cells[{i}]")
    each(data["own"], "own", lambda pair, where: _pair(pair, (rows, columns), where), most=MAX_LINES**2)
    for key, count in (("row_totals", rows), ("column_totals", columns)):
        if data[key] is not None:
            _perhaps(data[key], count, (low, high), key)
    small_enough(data)


def _line(value: Json, where: str) -> None:
    keys(value, where, ["title"])
    text(value["title"], f"{where}.title")


def _perhaps(value: Json, count: int, bounds: tuple[float, float], where: str) -> None:
    require(isinstance(value, list) and len(value) == count, f"{where}: not {count} figures")
    for figure in value:
        if figure is not None:
            number(figure, where)
            require(bounds[0] <= figure <= bounds[1], f"{where}: out of range")


def _pair(value: Json, counts: tuple[int, int], where: str) -> None:
    require(isinstance(value, list) and len(value) == 2, f"{where}: no pair")
    for figure, count in zip(value, counts, strict=True):
        index(figure, count, where)


PICTURE_KINDS = {"grey", "difference"}
MAX_SIDE, MAX_PICTURE_COLUMNS, MAX_PICTURE_ROWS = 64, 6, 100


def validate_images(data: Json) -> None:
    """Raises BadView where `data` is no rows of pictures or its JSON is larger than VIEW_BYTES."""
    keys(data, "images", ["version", "title", "width", "height", "columns", "rows"])
    require(data["version"] == 1, "version")
    text(data["title"], "title")
    for key in ("width", "height"):
        index(data[key], MAX_SIDE + 1, key)
        require(data[key] > 0, key)
    each(data["columns"], "columns", _picture_column, least=1, most=MAX_PICTURE_COLUMNS)
    columns, pixels = len(data["columns"]), data["width"] * data["height"]
    each(
        data["rows"],
        "rows",
        lambda row, where: _picture_row(row, columns, pixels, where),
        least=1,
        most=MAX_PICTURE_ROWS,
    )
    small_enough(data)


def _picture_column(value: Json, where: str) -> None:
    keys(value, where, ["title", "kind"])
    text(value["title"], f"{where}.title")
    choice(value["kind"], f"{where}.kind", PICTURE_KINDS)


def _picture_row(value: Json, columns: int, pixels: int, where: str) -> None:
    keys(value, where, ["text", "bad", "images"])
    text(value["text"], f"{where}.text")
    truth(value["bad"], f"{where}.bad")
    each(value["images"], f"{where}.images", lambda image, at: _image(image, pixels, at), least=columns, most=columns)


def _image(value: Json, pixels: int, where: str) -> None:
    require(isinstance(value, list) and len(value) == pixels, f"{where}: not {pixels} pixels")
    for pixel in value:
        index(pixel, 256, where)


MAX_TABLE_COLUMNS, MAX_TABLE_ROWS = 20, 500


def validate_table(data: Json) -> None:
    """Raises BadView where `data` is no table or its JSON is larger than VIEW_BYTES."""
    keys(data, "table", ["title", "columns", "rows"])
    text(data["title"], "title")
    each(data["columns"], "columns", _table_column, least=1, most=MAX_TABLE_COLUMNS)
    count = len(data["columns"])
    each(data["rows"], "rows", lambda row, where: each(row, where, _cell, least=count, most=count), most=MAX_TABLE_ROWS)
    small_enough(data)


def _table_column(value: Json, where: str) -> None:
    keys(value, where, ["title"], perhaps=["unit", "digits"])
    text(value["title"], f"{where}.title")
    word(value.get("unit", ""), f"{where}.unit")
    index(value.get("digits", 0), 10, f"{where}.digits")


def _cell(value: Json, where: str) -> None:
    if isinstance(value, str):
        word(value, where)
    elif isinstance(value, dict):
        text(value, where)
    else:
        number(value, where)


VALIDATORS: Mapping[str, Callable[[Json], None]] = {
    "scene": validate_scene,
    "gantt": validate_gantt,
    "curves": validate_curves,
    "matrix": validate_matrix,
    "images": validate_images,
    "table": validate_table,
}
"""By kind of view."""
