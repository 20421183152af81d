import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.driving.lanes import Arc, Straight
from challenges.driving.route import Route


def bent() -> Route:
    """East for 100 m, a right turn of radius 20 m, south for 200 m."""
    lanes = [Straight((0.0, 0.0), (100.0, 0.0)), Arc((100.0, 20.0), 20.0, -math.pi / 2, 0.0)]
    return Route([*lanes, Straight((120.0, 20.0), (120.0, 220.0), speed_limit=7.0)], 10.0, 200.0)


@given(st.floats(0, 200))
def test_a_point_of_the_route_projects_to_where_it_is(s):
    route = bent()
    assert route.project(*route.position(s), near=s) == pytest.approx(s, abs=0.02)


def test_what_lies_beyond_a_short_cut_is_not_driven():
    route = bent()
    assert route.project(*route.position(150.0), near=60.0) < 70.0


def test_there_are_always_twenty_points_three_metres_apart_even_at_the_end():
    route = bent()
    for s in (0.0, 90.0, 200.0):
        ahead = route.ahead(s)
        assert len(ahead) == 20
        for (x, y), (u, v) in itertools.pairwise(ahead):
            assert math.hypot(u - x, v - y) == pytest.approx(3.0, abs=0.05)


def test_the_limit_is_that_of_the_lane():
    route = bent()
    assert route.limit(0.0) == 20
    assert route.limit(150.0) == 7


def test_a_route_longer_than_its_lanes_is_refused():
    with pytest.raises(ValueError, match="too short"):
        Route([Straight((0.0, 0.0), (100.0, 0.0))], 0.0, 90.0)
