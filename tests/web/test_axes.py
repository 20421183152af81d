import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.axes import Axis, spread


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks", "digits"),
    [
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0], 1),
        (0, 0.05, 5, [0, 0.01, 0.02, 0.03, 0.04, 0.05], 2),
        (0, 1845, 10, [0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800], 0),
        (-3, 12, 5, [0, 5, 10], 0),
        (900, 2000, 5, [1000, 1500, 2000], 0),
    ],
)
def test_ticks_are_round_figures(low, high, most, ticks, digits):
    found, places = Axis(low, high, 0, 100).ticks(most)
    assert found == pytest.approx(ticks)
    assert places == digits


@given(low=st.floats(-1e9, 1e9), extent=st.floats(1e-3, 1e9), most=st.integers(2, 12))
def test_ticks_stand_on_the_axis_and_are_not_too_many(low, extent, most):
    axis = Axis(low, low + extent, 0, 100)
    found, places = axis.ticks(most)
    assert len(found) <= most + 1
    assert places >= 0
    slack = 1e-6 * max(extent, abs(low))
    assert all(axis.low - slack <= tick <= axis.high + slack for tick in found)


@pytest.mark.parametrize(("high", "ticks"), [(1, [0, 1]), (3, [0, 1, 2, 3]), (23, [0, 5, 10, 15, 20])])
def test_an_axis_of_counts_has_only_whole_ticks(high, ticks):
    assert Axis(0, high, 0, 100, whole=True).ticks(5) == (ticks, 0)


@pytest.mark.parametrize(
    ("axis", "digits"),
    [(Axis(0, 1, 0, 1), 2), (Axis(0, 0.05, 0, 1), 4), (Axis(900, 2100, 0, 1), 0), (Axis(0, 7, 0, 1, whole=True), 0)],
)
def test_a_figure_is_written_as_finely_as_its_axis_asks(axis, digits):
    assert axis.digits == digits


def test_a_figure_stands_in_proportion_also_on_an_axis_that_grows_upwards():
    assert [Axis(0, 10, 300, 0).at(figure) for figure in (0, 2.5, 10)] == [300, 225, 0]


@given(rows=st.lists(st.integers(), max_size=300), most=st.integers(2, 50))
def test_rows_are_thinned_evenly_with_both_ends(rows, most):
    kept = spread(rows, most)
    assert len(kept) == min(len(rows), most)
    if rows:
        assert (kept[0], kept[-1]) == (rows[0], rows[-1])
