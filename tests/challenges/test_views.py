import contextlib
import copy
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.views import (
    VALIDATORS,
    BadView,
    validate_curves,
    validate_images,
    validate_matrix,
    validate_scene,
    validate_table,
)

TEXT = {"en": "a", "zh": "b", "ko": "c"}


def scene():
    return {
        "version": 1,
        "title": TEXT,
        "unit": "m",
        "y_axis": "down",
        "seconds_per_frame": 0.2,
        "bounds": [0, 0, 10, 10],
        "follow": 0,
        "shapes": [{"kind": "line", "role": "road", "points": [[0, 0], [1, 1]], "width": 4}],
        "actors": [{"id": "ego", "kind": "box", "role": "ego", "length": 5, "width": 2}],
        "frames": [[0, 1.0, 2.0, 0.1], []],
        "series": [{"name": "speed", "title": TEXT, "unit": "m/s", "values": [1, 2]}],
        "marks": [{"frame": 1, "x": 1, "y": 2, "kind": "collision", "bad": True, "text": TEXT}],
    }


def test_a_scene_of_its_shape_is_fine():
    validate_scene(scene())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("title",), "a"),
        (("title",), {"en": "a"}),
        (("y_axis",), "left"),
        (("seconds_per_frame",), 0),
        (("bounds",), [0, 0, 0, 10]),
        (("follow",), 1),
        (("shapes", 0, "role"), "cloud"),
        (("shapes", 0, "points"), [[0, 0]]),
        (("shapes", 0, "points"), [[0, 0], [0, math.nan]]),
        (("actors", 0, "length"), 0),
        (("frames",), []),
        (("frames", 0), [0, 1, 2]),
        (("frames", 0), [1, 0, 0, 0]),
        (("frames", 0), [True, 0, 0, 0]),
        (("frames", 0), [0, 1, 2, 0, 0, 1, 2, 0]),
        (("series", 0, "values"), [1]),
        (("marks", 0, "frame"), 2),
        (("marks", 0, "text"), {"en": "<b>", "zh": "", "ko": "c"}),
        (("extra",), 1),
    ],
)
def test_what_is_not_of_the_shape_is_refused(path, value):
    with pytest.raises(BadView):
        validate_scene(changed(scene(), path, value))


def changed(view, path, value):
    """A copy with another value at the path."""
    bad = copy.deepcopy(view)
    at = bad
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return bad


def test_a_scene_of_more_than_a_megabyte_is_refused():
    large = scene()
    large["shapes"] = [{"kind": "line", "role": "edge", "points": [[0.123456, i] for i in range(80_000)], "width": 0}]
    with pytest.raises(BadView, match="bytes"):
        validate_scene(large)


def matrix():
    return {
        "version": 1,
        "title": TEXT,
        "unit": "%",
        "digits": 1,
        "range": [0, 100],
        "row_title": TEXT,
        "column_title": TEXT,
        "rows": [{"title": TEXT}, {"title": TEXT}],
        "columns": [{"title": TEXT}],
        "cells": [[12.5], [None]],
        "own": [[1, 0]],
        "row_totals": [12.5, None],
        "column_totals": None,
    }


def test_a_grid_of_its_shape_is_fine():
    validate_matrix(matrix())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("title",), "a"),
        (("digits",), -1),
        (("range",), [100, 0]),
        (("rows",), []),
        (("rows", 0), {"title": "a"}),
        (("columns",), [{"title": TEXT}] * 61),
        (("cells",), [[1]]),
        (("cells", 0), [1, 2]),
        (("cells", 0, 0), 101),
        (("cells", 0, 0), math.nan),
        (("cells", 0, 0), True),
        (("own", 0), [2, 0]),
        (("own", 0), [0]),
        (("row_totals",), [1]),
        (("column_totals",), [-1]),
        (("extra",), 1),
    ],
)
def test_what_is_no_grid_is_refused(path, value):
    with pytest.raises(BadView):
        validate_matrix(changed(matrix(), path, value))


def images():
    return {
        "version": 1,
        "title": TEXT,
        "width": 2,
        "height": 1,
        "columns": [{"title": TEXT, "kind": "grey"}, {"title": TEXT, "kind": "difference"}],
        "rows": [{"text": TEXT, "bad": False, "images": [[0, 255], [128, 128]]}],
    }


def test_rows_of_pictures_of_their_shape_are_fine():
    validate_images(images())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("width",), 0),
        (("height",), 65),
        (("columns",), []),
        (("columns", 0, "kind"), "colour"),
        (("rows",), []),
        (("rows", 0, "text"), "a"),
        (("rows", 0, "bad"), 1),
        (("rows", 0, "images"), [[0, 255]]),
        (("rows", 0, "images", 0), [0]),
        (("rows", 0, "images", 0, 0), 256),
        (("rows", 0, "images", 0, 0), 0.5),
        (("rows", 0, "images", 0, 0), True),
        (("extra",), 1),
    ],
)
def test_what_is_no_row_of_pictures_is_refused(path, value):
    with pytest.raises(BadView):
        validate_images(changed(images(), path, value))


def curves():
    axis = {"title": TEXT, "range": [0, 10]}
    curve = {"name": "own", "title": TEXT, "role": "own", "kind": "line", "points": [[0, 5], [1, 6]], "sizes": None}
    return {
        "version": 1,
        "title": TEXT,
        "plots": [
            {
                "name": "rating",
                "title": TEXT,
                "x": axis,
                "y": axis,
                "diagonal": False,
                "curves": [{**curve, "band": [[1, 9], [5, 7]]}],
            }
        ],
        "figures": [],
    }


def test_a_curve_may_have_a_band():
    validate_curves(curves())


@pytest.mark.parametrize("band", [None, [], [[1, 9]], [[9, 1], [5, 7]], [[-1, 9], [5, 7]], [[1, math.nan], [5, 7]], 7])
def test_a_band_is_one_pair_for_each_point_within_the_axis(band):
    with pytest.raises(BadView, match="band"):
        validate_curves(changed(curves(), ("plots", 0, "curves", 0, "band"), band))


def table():
    return {
        "title": TEXT,
        "columns": [{"title": TEXT, "unit": "s", "digits": 2}, {"title": TEXT}],
        "rows": [[1.5, TEXT], ["word", -7]],
    }


def test_a_table_of_its_shape_is_fine():
    validate_table(table())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("title",), "a"),
        (("columns",), []),
        (("columns", 0, "digits"), 10),
        (("columns", 0, "unit"), None),
        (("rows", 0), [1]),
        (("rows", 0, 0), None),
        (("rows", 0, 0), True),
        (("rows", 0, 0), [1]),
        (("rows", 0, 0), {"en": "a"}),
        (("rows", 0, 0), "a" * 301),
        (("rows", 0, 0), "\ud800"),
        (("rows", 0, 0), 10**400),
        (("rows",), [[1, 2]] * 501),
        (("extra",), 1),
    ],
)
def test_what_is_no_table_is_refused(path, value):
    with pytest.raises(BadView):
        validate_table(changed(table(), path, value))


def gantt():
    bars = [[0, 0, 0, 3], [1, 1, 3, 5]]
    return {"version": 1, "title": TEXT, "machines": 2, "jobs": 2, "makespan": 5, "reference": None, "bars": bars}


VIEWS = {
    "scene": scene(),
    "gantt": gantt(),
    "curves": curves(),
    "matrix": matrix(),
    "images": images(),
    "table": table(),
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=8,
)


def places(view, path=()):
    """The paths of everything in a view."""
    yield path
    for key, inner in view.items() if isinstance(view, dict) else enumerate(view) if isinstance(view, list) else ():
        yield from places(inner, (*path, key))


def test_every_kind_has_an_example_here():
    assert set(VIEWS) == set(VALIDATORS)
    for kind, view in VIEWS.items():
        VALIDATORS[kind](view)


@given(kind=st.sampled_from(sorted(VIEWS)), data=st.data(), value=anything)
def test_whatever_stands_wherever_a_view_is_fine_or_bad_and_nothing_else(kind, data, value):
    path = data.draw(st.sampled_from(list(places(VIEWS[kind]))))
    view = changed(VIEWS[kind], path, value) if path else value
    with contextlib.suppress(BadView):
        VALIDATORS[kind](view)
