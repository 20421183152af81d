import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.driving.scoring import Measures, driving_score

shares = st.floats(0, 1)
counts = st.integers(0, 50)
faultless = {"completion": 1.0, "vehicle_collisions": 0, "static_collisions": 0}
faultless |= {"off_lane_share": 0.0, "overspeed_share": 0.0}


def measures(**changes) -> Measures:
    base = {"route_m": 100.0, "progress_m": 100.0, "driven_m": 100.0, "off_lane_m": 0.0, "seconds": 10.0}
    base |= {"overspeed_m": 0.0, "vehicle_collisions": 0, "static_collisions": 0, "jerk_sum": 0.0}
    return Measures(**(base | changes))


def test_a_faultless_drive_to_the_end_is_worth_a_hundred():
    assert driving_score(**faultless) == 100


@pytest.mark.parametrize(
    ("changes", "worth"),
    [
        # CARLA Leaderboard 2.1 leaves 1 / (1 + Σ coefficient · count): 0.7 for vehicles, 0.6 for static objects.
        ({"vehicle_collisions": 1}, 100 / 1.7),
        ({"static_collisions": 1}, 100 / 1.6),
        ({"vehicle_collisions": 2, "static_collisions": 1}, 100 / 3.0),
        ({"completion": 0.8, "vehicle_collisions": 1, "off_lane_share": 0.1}, 80 * 0.9 / 1.7),
        ({"completion": 0.5, "overspeed_share": 0.5, "off_lane_share": 0.5}, 12.5),
        ({"off_lane_share": 1.0}, 0.0),
        ({"completion": 0.0, "vehicle_collisions": 9}, 0.0),
    ],
)
def test_worked_examples(changes, worth):
    assert driving_score(**(faultless | changes)) == pytest.approx(worth)


@given(completion=shares, off=shares, over=shares, vehicle=counts, static=counts)
def test_a_score_lies_between_nothing_and_the_route_completed(completion, off, over, vehicle, static):
    score = driving_score(
        completion=completion,
        vehicle_collisions=vehicle,
        static_collisions=static,
        off_lane_share=off,
        overspeed_share=over,
    )
    assert 0 <= score <= 100 * completion


@given(completion=shares, off=shares, vehicle=counts, static=counts)
def test_every_further_infraction_costs_something(completion, off, vehicle, static):
    given_ = {"completion": completion, "off_lane_share": off, "overspeed_share": 0.0}
    now = driving_score(**given_, vehicle_collisions=vehicle, static_collisions=static)
    assert driving_score(**given_, vehicle_collisions=vehicle + 1, static_collisions=static) <= now
    assert driving_score(**given_, vehicle_collisions=vehicle, static_collisions=static + 1) <= now


@pytest.mark.parametrize("share", [-0.01, 1.01, math.nan, math.inf])
@pytest.mark.parametrize("name", ["completion", "off_lane_share", "overspeed_share"])
def test_a_share_outside_nothing_and_all_is_refused(name, share):
    with pytest.raises(ValueError, match="not within"):
        driving_score(**(faultless | {name: share}))


@pytest.mark.parametrize("count", [-1, 1.0, 1.5, math.nan, math.inf, True, False, "1", None])
@pytest.mark.parametrize("name", ["vehicle_collisions", "static_collisions"])
def test_a_number_of_collisions_that_is_no_whole_number_or_negative_is_refused(name, count):
    with pytest.raises(ValueError, match="whole number"):
        driving_score(**(faultless | {name: count}))


def test_five_miles_an_hour_too_fast_all_the_time_leaves_nothing():
    assert measures(overspeed_m=2.23 * 10).overspeed_share == pytest.approx(1)
    assert measures(overspeed_m=2.23 * 5).overspeed_share == pytest.approx(0.5)
    assert measures(overspeed_m=1000).overspeed_share == 1


def test_who_never_moved_has_no_shares_to_lose_and_nothing_to_gain():
    still = measures(progress_m=0, driven_m=0, seconds=0)
    assert (still.off_lane_share, still.overspeed_share, still.score()) == (0, 0, 0)
