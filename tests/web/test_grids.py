"""Cross-play at a glance, from three entries to sixty."""

import pytest

from judge.encounters import Grid, Margin
from web.grids import LEVELS, cross
from web.i18n import Catalogues

READER = Catalogues().reader("en")


def grid(count: int, *, gap: bool = False) -> Grid:
    edges = tuple(Margin(f"Team number {number}", f"team-{number}", 50.0 + number) for number in range(count))
    cells = [[float(i + j) for j in range(count)] for i in range(count)]
    rows = tuple(
        tuple(None if i == j or (gap and i + j == 1) else cells[i][j] for j in range(count)) for i in range(count)
    )
    return Grid(("attack", "defence"), edges, edges, rows, frozenset((i, i) for i in range(count)), 0)


@pytest.mark.parametrize("count", [1, 3, 12, 60])
def test_a_grid_has_a_cell_for_every_pair_and_a_total_for_every_entry(count: int) -> None:
    heat = cross(grid(count), ("Attack", "Defence"), title="All", unit="", digits=1, reader=READER)
    assert len(heat.rows) == len(heat.columns) == count
    assert all(len(cells) == count for _, cells in heat.rows)
    assert [line.total for line, _ in heat.rows] == [column.total for column in heat.columns]
    assert heat.upright == (count > 8)
    assert heat.own
    assert not heat.gaps
    levels = [cell.level for _, cells in heat.rows for cell in cells if not cell.own]
    assert all(0 <= level <= LEVELS for level in levels)
    if count > 1:
        assert (min(levels), max(levels)) == (0, LEVELS)


def test_what_has_not_met_is_a_gap_and_no_nought() -> None:
    heat = cross(grid(3, gap=True), ("Attack", "Defence"), title="All", unit="", digits=1, reader=READER)
    assert heat.gaps
    assert heat.rows[0][1][1].text is None
