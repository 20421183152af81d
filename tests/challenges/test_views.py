import copy
import math

import pytest

from challenges.views import BadView, validate_images, validate_matrix, validate_scene

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
