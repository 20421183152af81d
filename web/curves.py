"""Curves side by side, drawn on the server: ROC, calibration, a rating over time with its band."""

import math
from dataclasses import dataclass
from typing import Any

from web.axes import Axis, spread
from web.i18n import Reader

WIDTH, HEIGHT = 400, 352
LEFT, RIGHT, TOP, BOTTOM = 66, 388, 12, 298
"""Units of the picture: where the axes stand in it."""
MOST_TICKS = 5
MOST_CORNERS, MOST_DOTS, MOST_ROWS = 600, 200, 25
"""Of one curve: corners of a line, dots, rows of the table. Of more, so many evenly spread are shown."""
LARGEST_DOT, SMALLEST_DOT, DOT = 7.5, 2.5, 3.5
DASHES = ("", "9 5", "2 4", "12 4 2 4", "5 3")
SHAPES = ("disc", "square", "diamond", "triangle")
EXTRA = 5
"""Colours for further curves of a role that has been drawn already."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one curve differs from the others, beside its colour too."""

    colour: str
    dash: str
    shape: str

    @property
    def sample(self) -> str:
        """A dot of it for the legend."""
        return outline(self.shape, 17, 7, 5)


@dataclass(frozen=True, slots=True)
class Dot:
    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Curve:
    title: str
    style: Style
    kind: str
    path: str
    band: str
    dots: tuple[Dot, ...]
    rows: tuple[tuple[str, ...], ...]


def plots(data: Any, reader: Reader) -> dict[str, Any]:
    """What `views/curves.html` draws, of data of its shape (`challenges/views.py`)."""
    styles = _styles(data["plots"])
    return {
        "title": reader.of(data["title"]),
        "box": f"0 0 {WIDTH} {HEIGHT}",
        "frame": {"left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM, "width": WIDTH, "height": HEIGHT},
        "plots": [_plot(plot, styles, reader) for plot in data["plots"]],
        "figures": [_figure(figure, reader) for figure in data["figures"]],
    }


def _styles(plots: Any) -> dict[str, Style]:
    """By name, the same in every plot: a role's first curve has the role's colour."""
    styles: dict[str, Style] = {}
    roles: set[str] = set()
    for curve in (curve for plot in plots for curve in plot["curves"]):
        if curve["name"] not in styles:
            number, role = len(styles), curve["role"]
            colour = f"extra-{number % EXTRA}" if role in roles else role
            roles.add(role)
            styles[curve["name"]] = Style(colour, DASHES[number % len(DASHES)], SHAPES[number % len(SHAPES)])
    return styles


def _plot(plot: Any, styles: dict[str, Style], reader: Reader) -> dict[str, Any]:
    (left, right), (low, high) = plot["x"]["range"], plot["y"]["range"]
    x = Axis(left, right, LEFT, RIGHT, whole=_whole(plot, 0))
    y = Axis(low, high, BOTTOM, TOP, whole=_whole(plot, 1))
    across, up = x.ticks(MOST_TICKS), y.ticks(MOST_TICKS)
    curves = [_curve(curve, (x, y), styles[curve["name"]], reader) for curve in plot["curves"]]
    return {
        "title": reader.of(plot["title"]),
        "x": reader.of(plot["x"]["title"]),
        "y": reader.of(plot["y"]["title"]),
        "x_ticks": [(x.at(tick), reader.number(tick, across[1])) for tick in across[0]],
        "y_ticks": [(y.at(tick), reader.number(tick, up[1])) for tick in up[0]],
        "diagonal": plot["diagonal"],
        "curves": curves,
        "sized": any(curve["sizes"] is not None for curve in plot["curves"]),
        "banded": any("band" in curve for curve in plot["curves"]),
    }


def _whole(plot: Any, axis: int) -> bool:
    """Whether only whole figures stand on an axis."""
    return all(point[axis] == int(point[axis]) for curve in plot["curves"] for point in curve["points"])


def _curve(curve: Any, axes: tuple[Axis, Axis], style: Style, reader: Reader) -> Curve:
    x, y = axes
    points, sizes, band = curve["points"], curve["sizes"], curve.get("band")
    rows = [(px, py, sizes[i] if sizes else None, band[i] if band else None) for i, (px, py) in enumerate(points)]
    largest = max(sizes or [1]) or 1
    corners = spread(rows, MOST_CORNERS)
    dots = []
    for row in spread(rows, MOST_DOTS) if curve["kind"] == "points" else ():
        radius = DOT if row[2] is None else max(SMALLEST_DOT, LARGEST_DOT * math.sqrt(row[2] / largest))
        dots.append(Dot(outline(style.shape, x.at(row[0]), y.at(row[1]), radius), ", ".join(_words(row, axes, reader))))
    return Curve(
        title=reader.of(curve["title"]),
        style=style,
        kind=curve["kind"],
        path=_joined([(x.at(row[0]), y.at(row[1])) for row in corners]) if len(corners) > 1 else "",
        band=_band(corners, axes) if band else "",
        dots=tuple(dots),
        rows=tuple(tuple(_words(row, axes, reader)) for row in spread(rows, MOST_ROWS)),
    )


def _band(rows: Any, axes: tuple[Axis, Axis]) -> str:
    x, y = axes
    upper = [(x.at(row[0]), y.at(row[3][1])) for row in rows]
    lower = [(x.at(row[0]), y.at(row[3][0])) for row in reversed(rows)]
    return _joined([*upper, *lower]) + "z"


def _joined(points: list[tuple[float, float]]) -> str:
    return "M" + " ".join(f"{x:g} {y:g}" for x, y in points)


def outline(shape: str, x: float, y: float, radius: float) -> str:
    """A dot of a shape, as a path around (x, y)."""
    r = round(radius, 1)
    if shape == "disc":
        return f"M{x - r:g} {y:g}a{r} {r} 0 1 0 {2 * r:g} 0a{r} {r} 0 1 0 {-2 * r:g} 0z"
    if shape == "square":
        return f"M{x - r:g} {y - r:g}h{2 * r:g}v{2 * r:g}h{-2 * r:g}z"
    if shape == "diamond":
        return f"M{x:g} {y - r:g}l{r} {r} {-r} {r} {-r} {-r}z"
    return f"M{x:g} {y - r:g}l{r} {1.8 * r:g}h{-2 * r:g}z"


def _words(row: Any, axes: tuple[Axis, Axis], reader: Reader) -> list[str]:
    """A point as it is written: both figures, to a thousandth of their axes, what stands behind it, its band."""
    x, y, size, band = row
    across, up = (axis.digits for axis in axes)
    words = [reader.number(x, across), reader.number(y, up)]
    if size is not None:
        words.append(reader.number(size))
    if band is not None:
        words.append(f"{reader.number(band[0], up)}–{reader.number(band[1], up)}")
    return words


def _figure(figure: Any, reader: Reader) -> dict[str, str]:
    digits = figure["digits"]
    interval = figure["interval"]
    return {
        "title": reader.of(figure["title"]),
        "value": f"{reader.number(figure['value'], digits)} {figure['unit']}".strip(),
        "interval": "" if interval is None else "–".join(reader.number(end, digits) for end in interval),
    }
