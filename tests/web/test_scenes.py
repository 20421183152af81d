"""The still picture of a scene, for whoever has no scripting: course, ways, actors, marks in place and in time."""

import pytest

from tests.web import looks
from tests.web.factories import scene
from web.i18n import Catalogues
from web.scenes import still

READER = Catalogues().reader("en")


def test_a_scene_has_a_still_picture_of_course_path_and_marks() -> None:
    shape = still(scene(), READER)
    assert len(shape["lines"]) == 4
    ((role, path),) = shape["ways"]
    assert role == "way"
    assert path.startswith("M0 8")
    assert [(mark.text, mark.at) for mark in shape["marks"]] == [("Collision, at fault", 615.4)]
    assert [(actor.role, actor.label) for actor in shape["actors"]] == [("ego", ""), ("traffic", ""), ("obstacle", "")]
    assert shape["moment"] is None, "it shows the end"


def test_a_scene_whose_y_grows_upwards_is_turned() -> None:
    shape = still({**scene(), "y_axis": "up"}, READER)
    assert shape["flip"] == "scale(1 -1)"
    assert shape["box"] == "-10 -75 140 80"


def test_where_nobody_is_followed_the_last_goal_is_shown_before_everybody_is_put_back() -> None:
    data = looks.pitch(80)
    shape = still(data, READER)
    assert shape["moment"] == pytest.approx(3.9)
    ball = next(actor for actor in shape["actors"] if actor.role == "ball")
    assert ball.x == 450 + 10 * 39
    assert [actor.label for actor in shape["actors"]] == ["", "1", "2", "3", "1", "2", "3"]
    ways = dict(shape["ways"])
    assert ways["ball"].startswith(f"M{450 + 10 * 9} "), "three seconds back"


def test_no_way_leads_over_a_moment_in_which_everybody_was_put_back() -> None:
    data = looks.pitch(80)
    data["marks"].append({**data["marks"][0], "frame": 50, "kind": "goal"})
    shape = still(data, READER)
    assert shape["moment"] == pytest.approx(4.9)
    assert dict(shape["ways"])["ball"].startswith("M450 "), "the kick-off at the first goal"


def test_without_a_goal_the_end_is_shown() -> None:
    shape = still({**looks.pitch(30), "marks": []}, READER)
    assert shape["moment"] is None


def test_counts_are_whole_and_other_figures_have_a_mean() -> None:
    goals = still(looks.pitch(80), READER)["series"]
    assert [(one["last"], one["end_alone"]) for one in goals] == [("1", True), ("0", True)]
    (speed,) = still(scene(), READER)["series"]
    assert (speed["mean"], speed["last"], speed["end_alone"]) == ("10.0 m/s", "11.9 m/s", False)
