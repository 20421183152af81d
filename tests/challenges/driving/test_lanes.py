import math

import pytest
from highway_env.road.lane import CircularLane, StraightLane
from hypothesis import given
from hypothesis import strategies as st

from challenges.driving.lanes import Arc, Straight, polyline, wrap

places = st.floats(-200, 200)


@given(x=places, y=places)
def test_a_straight_lane_projects_like_highway_envs(x, y):
    ours, theirs = Straight((3.0, 4.0), (40.0, -20.0)), StraightLane([3.0, 4.0], [40.0, -20.0])
    assert ours.local(x, y) == pytest.approx(theirs.local_coordinates([x, y]), abs=1e-9)
    assert ours.length == pytest.approx(theirs.length)


@given(x=places, y=places, clockwise=st.booleans())
def test_an_arc_projects_like_highway_envs(x, y, clockwise):
    end = 2.0 if clockwise else -1.0
    ours, theirs = (kind([5.0, 6.0], 20.0, 0.5, end, clockwise=clockwise) for kind in (Arc, CircularLane))
    assert ours.local(x, y) == pytest.approx(tuple(map(float, theirs.local_coordinates([x, y]))), abs=1e-9)


@given(st.floats(-50, 50))
def test_an_angle_is_wrapped_to_half_a_turn_either_way(angle):
    assert -math.pi <= wrap(angle) < math.pi
    assert math.sin(wrap(angle)) == pytest.approx(math.sin(angle), abs=1e-9)


def test_a_polyline_of_a_straight_is_its_two_ends_and_of_an_arc_follows_it():
    assert polyline(Straight((0.0, 0.0), (100.0, 0.0)), lateral=2.0) == [(0.0, 2.0), (100.0, 2.0)]
    points = polyline(Arc((0.0, 0.0), 10.0, 0.0, math.pi))
    assert all(math.hypot(x, y) == pytest.approx(10.0) for x, y in points)
    assert len(points) > 10
