import copy
import itertools
import json
import math

import numpy as np
import pytest

from challenges.datalake.measures import measured
from challenges.datalake.plots import view
from challenges.views import BadView, validate_curves

DRAW = np.random.Generator(np.random.PCG64(2))


def part(name, rows):
    labels = DRAW.integers(0, 2, rows)
    return measured(name, labels, np.clip(labels * 0.3 + DRAW.random(rows) * 0.7, 0, 1), DRAW)


DATA = view("season-1", [part("public", 300), part("private", 500)])


def test_a_view_of_two_parts_is_of_its_shape_and_crosses_as_json():
    validate_curves(DATA)
    validate_curves(json.loads(json.dumps(DATA, allow_nan=False)))


def test_an_roc_curve_goes_from_corner_to_corner_and_never_down():
    for curve in DATA["plots"][0]["curves"]:
        points = curve["points"]
        assert (points[0], points[-1]) == ([0.0, 0.0], [1.0, 1.0])
        assert len(points) <= 201
        assert all(one[0] <= after[0] and one[1] <= after[1] for one, after in itertools.pairwise(points))


def test_the_area_under_the_drawn_curve_is_nearly_the_figure():
    for curve, figure in zip(DATA["plots"][0]["curves"], DATA["figures"], strict=False):
        x, y = np.array(curve["points"]).T
        assert 100 * np.trapezoid(y, x) == pytest.approx(figure["value"], abs=0.5)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("title",), {"en": "a"}),
        (("extra",), 1),
        (("plots",), []),
        (("plots",), [DATA["plots"][0]] * 2),
        (("plots", 0, "name"), ""),
        (("plots", 0, "diagonal"), 1),
        (("plots", 0, "x", "range"), [1, 0]),
        (("plots", 0, "x", "range"), [0.2, 1]),
        (("plots", 0, "y", "title"), "rate"),
        (("plots", 0, "curves"), []),
        (("plots", 0, "curves"), [DATA["plots"][0]["curves"][0]] * 2),
        (("plots", 0, "curves", 0, "role"), "mine"),
        (("plots", 0, "curves", 0, "kind"), "bars"),
        (("plots", 0, "curves", 0, "points"), []),
        (("plots", 0, "curves", 0, "points"), [[0, 0], [1, math.nan]]),
        (("plots", 0, "curves", 0, "points"), [[0.5, 0], [0.4, 1]]),
        (("plots", 0, "curves", 0, "points"), [[0, True]]),
        (("plots", 0, "curves", 0, "points"), [[0, 0]] * 5_001),
        (("plots", 1, "curves", 0, "sizes"), [1]),
        (("plots", 1, "curves", 0, "sizes", 0), -1),
        (("figures", 0, "value"), math.inf),
        (("figures", 0, "digits"), 2.0),
        (("figures", 0, "interval"), [80, 70]),
        (("figures", 0, "interval"), [70]),
        (("figures", 1, "name"), "auc_public"),
    ],
)
def test_what_is_not_of_the_shape_is_refused(path, value):
    bad = copy.deepcopy(DATA)
    at = bad
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(BadView):
        validate_curves(bad)


def test_curves_of_more_than_a_megabyte_are_refused():
    large = copy.deepcopy(DATA)
    curve = {**DATA["plots"][0]["curves"][0], "points": [[round(i / 5000, 6), 0.123456] for i in range(5000)]}
    large["plots"] = [
        {**DATA["plots"][0], "name": str(p), "curves": [{**curve, "name": str(c)} for c in range(12)]} for p in range(6)
    ]
    with pytest.raises(BadView, match="bytes"):
        validate_curves(large)
