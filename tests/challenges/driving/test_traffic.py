"""What the evaluator's fast paths say is what highway-env's plain ones say, one by one and over whole episodes."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from highway_env.road.lane import AbstractLane
from highway_env.utils import are_polygons_intersecting, rotated_rectangles_intersect
from highway_env.vehicle.controller import ControlledVehicle
from hypothesis import given
from hypothesis import strategies as st

from challenges.driving import traffic
from challenges.driving.lanes import Arc, Straight
from challenges.driving.traffic import REACH_M, WRECK_SECONDS, Traffic, touch
from challenges.driving.vehicles import LENGTH_M, WIDTH_M, Blockage, Driver
from tests.challenges.driving.test_samples import SAMPLES
from tests.challenges.fakes import Entry, seats

offsets, angles = st.floats(-6, 6), st.floats(-math.pi, math.pi)
LANES = [
    Straight((3.0, 4.0), (40.0, -20.0)),
    Arc((5.0, 6.0), 20.0, 0.5, 2.0),
    Arc((5.0, 6.0), 20.0, 0.5, -1.0, clockwise=False),
]


def body(x: float, y: float, heading: float) -> Blockage:
    return Blockage(None, (x, y), heading)


def plainly_touch(one, other) -> bool:
    if math.hypot(one.x - other.x, one.y - other.y) > REACH_M:
        return False
    still = np.zeros(2)
    return bool(are_polygons_intersecting(one.polygon(), other.polygon(), still, still)[0])


def plainly_meet(one, way, other, other_way) -> bool:
    for p, h, q, k in zip(way[0], way[1], other_way[0], other_way[1], strict=True):
        if math.hypot(p[0] - q[0], p[1] - q[1]) > LENGTH_M:
            continue
        mine = (np.array(p), 1.5 * one.LENGTH, 0.9 * one.WIDTH, h)
        if rotated_rectangles_intersect(mine, (np.array(q), 1.5 * other.LENGTH, 0.9 * other.WIDTH, k)):
            return True
    return False


@given(x=offsets, y=offsets, heading=angles, other=angles)
def test_two_bodies_touch_where_highway_env_says_so(x, y, heading, other):
    one, two = body(100.0, 50.0, heading), body(100.0 + x, 50.0 + y, other)
    assert touch(one, two) == plainly_touch(one, two)


@given(x=offsets, y=offsets, heading=angles, other=angles)
def test_two_ways_meet_where_highway_env_says_so(x, y, heading, other):
    one = SimpleNamespace(LENGTH=LENGTH_M, WIDTH=WIDTH_M)
    ways = ([(10.0, 20.0)], [heading]), ([(10.0 + x, 20.0 + y)], [other])
    assert traffic._ways_meet(one, ways[0], one, ways[1]) == plainly_meet(one, ways[0], one, ways[1])


@pytest.mark.parametrize("lane", LANES)
@given(along=st.floats(-50, 80))
def test_a_point_of_a_lane_is_highway_envs(lane, along):
    assert lane.point(along) == pytest.approx(tuple(map(float, lane.position(along, 0.0))), abs=1e-9)


@pytest.mark.parametrize("lane", LANES)
@given(x=st.floats(-60, 60), y=st.floats(-60, 60), most=st.floats(0, 40))
def test_what_is_beside_a_lane_is_where_it_is_unless_it_is_too_far_off(lane, x, y, most):
    place = lane.local(x, y)
    assert lane.beside(x, y, most) == (place if abs(place[1]) <= most else None)


def plain_cost(lane, x, y, heading, most):
    return float(AbstractLane.distance_with_heading(lane, np.array([x, y]), heading))


def plain_crashes(road: Traffic) -> None:
    """Every pair."""
    drivers = [vehicle for vehicle in road.vehicles if isinstance(vehicle, Driver)]
    for i, one in enumerate(drivers):
        for other in drivers[i + 1 :] + road.objects:
            if plainly_touch(one, other):
                for wreck in (one, other):
                    wreck.crashed = True
                    wreck.gone_at = wreck.gone_at or road.seconds + WRECK_SECONDS
    for one in drivers:
        if one.gone_at is not None and one.gone_at <= road.seconds:
            road.remove(one)


@pytest.mark.parametrize("discipline", ["avoid", "race", "urban"])
@pytest.mark.parametrize("name", ["sound", "weak"])
def test_an_episode_is_the_same_to_the_byte_the_plain_way(driving, cases, monkeypatch, discipline, name):
    """Promise 5. Every lane is measured, every pair of bodies tried, with highway-env's own functions."""

    def outcome() -> str:
        played = driving.play(cases[discipline], seats(driver=Entry(SAMPLES[name].path)), {})
        return json.dumps(played.to_json())

    fast = outcome()
    called = set()

    def plain(which, function):
        return lambda *args: called.add(which) or function(*args)

    monkeypatch.setattr(traffic, "_cost", plain("cost", plain_cost))
    monkeypatch.setattr(traffic, "touch", plain("touch", plainly_touch))
    monkeypatch.setattr(traffic, "_ways_meet", plain("meet", plainly_meet))
    monkeypatch.setattr(Traffic, "_crash_traffic", plain("crash", plain_crashes))
    monkeypatch.setattr(Driver, "follow_road", plain("follow", ControlledVehicle.follow_road))
    assert outcome() == fast
    assert called >= {"cost", "touch", "crash", "follow"}
    assert ("meet" in called) == (discipline == "urban")
