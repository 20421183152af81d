import copy
import math

import pytest

from challenges.views import BadView, validate_scene

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
    bad = copy.deepcopy(scene())
    at = bad
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(BadView):
        validate_scene(bad)


def test_a_scene_of_more_than_a_megabyte_is_refused():
    large = scene()
    large["shapes"] = [{"kind": "line", "role": "edge", "points": [[0.123456, i] for i in range(80_000)], "width": 0}]
    with pytest.raises(BadView, match="bytes"):
        validate_scene(large)
