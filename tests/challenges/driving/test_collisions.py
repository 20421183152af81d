import math
from types import SimpleNamespace

from hypothesis import assume, given
from hypothesis import strategies as st

from challenges.driving.collisions import at_fault, front_edge_meets


def car(x=0.0, y=0.0, heading=0.0, speed=10.0):
    return SimpleNamespace(x=x, y=y, heading=heading, speed=speed, LENGTH=5.0, WIDTH=2.0)


def test_driving_into_the_car_in_front_is_our_fault():
    assert at_fault(car(), car(x=4.8, speed=5.0), within_one_lane=True)


def test_being_hit_from_behind_is_not():
    assert not at_fault(car(speed=5.0), car(x=-4.8), within_one_lane=True)
    assert not at_fault(car(speed=5.0), car(x=-4.8, y=0.9), within_one_lane=False)


def test_who_stands_is_never_at_fault():
    assert not at_fault(car(speed=0.0), car(x=4.8), within_one_lane=False)
    assert not at_fault(car(speed=0.04), car(x=2.0, y=1.5, heading=1.5), within_one_lane=False)


def test_hitting_something_that_stands_is_our_fault_wherever_it_is():
    assert at_fault(car(), car(x=4.8, speed=0.0), within_one_lane=True)
    assert at_fault(car(), car(x=0.0, y=1.8, speed=0.0), within_one_lane=True)


def test_a_touch_sideways_is_our_fault_only_while_we_are_not_within_one_lane():
    beside = car(x=-1.0, y=1.9)
    assert at_fault(car(), beside, within_one_lane=False)
    assert not at_fault(car(), beside, within_one_lane=True)


def test_a_car_that_drives_into_our_flank_at_a_crossing_is_at_fault_itself():
    into_our_door = car(x=-0.5, y=3.2, heading=-math.pi / 2)
    assert not at_fault(car(), into_our_door, within_one_lane=True)


def test_driving_into_a_flank_at_a_crossing_is_our_fault():
    assert at_fault(car(), car(x=3.3, y=0.5, heading=math.pi / 2), within_one_lane=True)


@given(turn=st.floats(-7, 7), x=st.floats(-6, 6), y=st.floats(-4, 4), heading=st.floats(-3, 3), one_lane=st.booleans())
def test_fault_does_not_depend_on_where_north_is(turn, x, y, heading, one_lane):
    assume(math.hypot(x, y) > 0.5)  # two bodies are never in one place
    c, s = math.cos(turn), math.sin(turn)
    turned = car(x * c - y * s, x * s + y * c, heading + turn)
    plain = car(x, y, heading)
    near = abs(abs(math.atan2(y, x)) - math.radians(150)) < 1e-6
    edge = front_edge_meets(car(), plain) != front_edge_meets(car(heading=turn), turned)
    if not near and not edge:  # rounding may decide exact touches either way
        assert at_fault(car(), plain, within_one_lane=one_lane) == at_fault(
            car(heading=turn), turned, within_one_lane=one_lane
        )
