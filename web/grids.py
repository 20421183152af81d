"""Grids of figures, drawn on the server as tables: a challenge's own (`matrix`), and cross-play at a glance."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from judge.encounters import Grid
from web.i18n import Reader

LEVELS = 10
"""From the palest cell to the darkest."""
MOST_LEVEL_HEADS, SHORT = 8, 3
"""With more columns their heads stand upright, unless all are as short as this."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` is None where nothing is known."""

    text: str | None
    level: int
    own: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row or a column, with its total if it has one."""

    title: str
    total: str | None


@dataclass(frozen=True, slots=True)
class Heat:
    """`corner` says what rows and columns are; `scale` what the palest and the darkest cell are worth."""

    title: str
    corner: tuple[str, str]
    unit: str
    rows: tuple[tuple[Line, tuple[Cell, ...]], ...]
    columns: tuple[Line, ...]
    scale: tuple[str, str]
    row_totals: bool
    column_totals: bool

    @property
    def upright(self) -> bool:
        return len(self.columns) > MOST_LEVEL_HEADS and any(len(column.title) > SHORT for column in self.columns)

    @property
    def own(self) -> bool:
        return any(cell.own for _, cells in self.rows for cell in cells)

    @property
    def gaps(self) -> bool:
        return any(cell.text is None and not cell.own for _, cells in self.rows for cell in cells)


def matrix(data: Any, reader: Reader) -> Heat:
    """Of data of its shape (`challenges/views.py`)."""
    digits, rows, columns = data["digits"], data["rows"], data["columns"]

    def lines(of: Any, totals: Any) -> tuple[Line, ...]:
        figures = totals if totals is not None else [None] * len(of)
        return tuple(
            Line(reader.of(one["title"]), None if figure is None else reader.number(figure, digits))
            for one, figure in zip(of, figures, strict=True)
        )

    cells = _cells(data["cells"], data["range"], {(i, j) for i, j in data["own"]}, digits, reader)
    return Heat(
        title=reader.of(data["title"]),
        corner=(reader.of(data["row_title"]), reader.of(data["column_title"])),
        unit=data["unit"],
        rows=tuple(zip(lines(rows, data["row_totals"]), cells, strict=True)),
        columns=lines(columns, data["column_totals"]),
        scale=_scale(data["range"], digits, reader),
        row_totals=data["row_totals"] is not None,
        column_totals=data["column_totals"] is not None,
    )


def cross(grid: Grid, titles: tuple[str, str], *, title: str, unit: str, digits: int, reader: Reader) -> Heat:
    """Of what the entries of two tracks got against each other; the scale reaches from the least to the most."""
    known = [figure for row in grid.cells for figure in row if figure is not None] or [0.0]
    ends = (min(known), max(known))
    cells = _cells(grid.cells, ends, grid.own, digits, reader)
    first, second = (
        tuple(Line(edge.team, reader.number(edge.total, digits)) for edge in side) for side in (grid.first, grid.second)
    )
    return Heat(
        title, titles, unit, tuple(zip(first, cells, strict=True)), second, _scale(ends, digits, reader), True, True
    )


def _cells(
    rows: Sequence[Sequence[float | None]],
    ends: Sequence[float],
    own: Collection[tuple[int, int]],
    digits: int,
    reader: Reader,
) -> list[tuple[Cell, ...]]:
    low, high = ends
    extent = (high - low) or 1.0
    return [
        tuple(
            Cell(
                None if figure is None else reader.number(figure, digits),
                0 if figure is None else round(LEVELS * (figure - low) / extent),
                (i, j) in own,
            )
            for j, figure in enumerate(row)
        )
        for i, row in enumerate(rows)
    ]


def _scale(ends: Sequence[float], digits: int, reader: Reader) -> tuple[str, str]:
    return reader.number(ends[0], digits), reader.number(ends[1], digits)
