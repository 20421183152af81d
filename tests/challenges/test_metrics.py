import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.metrics import stratified_interval

values = st.lists(st.floats(0, 100), min_size=2, max_size=8)


def test_one_stratum_gives_students_interval():
    # The sleep data of Student (1908), second drug: mean 2.33, 95 % interval 0.90 to 3.76.
    sleep = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    assert stratified_interval({"": sleep}) == pytest.approx((0.8977, 3.7623), abs=1e-3)


def test_two_strata_give_half_of_welchs_interval_about_the_mean_of_their_means():
    interval = stratified_interval({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0, 4.0]})
    assert interval == pytest.approx((2.5 - 2.4469 * 0.4564, 2.5 + 2.4469 * 0.4564), abs=1e-3)


def test_a_single_value_says_nothing_of_the_spread():
    assert stratified_interval({"a": [1.0]}) is None
    assert stratified_interval({"a": [1.0, 2.0], "b": [3.0]}) is None
    assert stratified_interval({}) is None


@given(st.dictionaries(st.text(max_size=3), values, min_size=1, max_size=4))
def test_the_mean_lies_in_its_interval(strata):
    interval = stratified_interval(strata)
    assert interval is not None
    centre = sum(sum(v) / len(v) for v in strata.values()) / len(strata)
    assert interval[0] - 1e-6 <= centre <= interval[1] + 1e-6
