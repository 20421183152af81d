import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from challenges.datalake.copies import Pair, copies, packed, unpacked

DRAW = np.random.Generator(np.random.PCG64(3))
HONEST = DRAW.random(4000)
OTHER = HONEST + DRAW.normal(0, 0.05, 4000)


def pairs(found):
    return [(pair.one, pair.other) for pair in found]


def test_the_correlation_is_spearmans_of_the_published_example():
    # IQ and hours of television a week (Wikipedia, Spearman's rank correlation coefficient): −29/165.
    iq = [106, 86, 100, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 0, 27, 50, 28, 29, 20, 12, 6, 17]
    (pair,) = copies({"iq": iq, "tv": hours}, threshold=-1.0)
    assert pair == Pair("iq", "tv", round(-29 / 165, 9))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=40))
def test_the_correlation_is_scipys_where_values_are_equal(rows):
    one, other = zip(*rows, strict=True)
    if len(set(one)) > 1 and len(set(other)) > 1:
        (pair,) = copies({"a": one, "b": other}, threshold=-1.1)
        assert pair.correlation == pytest.approx(spearmanr(one, other).statistic, abs=1e-8)


def test_a_copy_is_found_and_so_is_one_pushed_through_a_rising_curve():
    field = {"first": HONEST, "copy": HONEST, "bent": HONEST**3 / 2 + 0.1, "honest": OTHER}
    assert pairs(copies(field)) == [("bent", "copy"), ("bent", "first"), ("copy", "first")]


def test_a_copy_with_a_little_noise_is_found():
    noisy = HONEST + DRAW.normal(0, 0.001, 4000)
    assert pairs(copies({"a": HONEST, "b": noisy})) == [("a", "b")]


def test_a_copy_turned_upside_down_is_no_copy():
    assert copies({"a": HONEST, "b": 1 - HONEST}) == []


def test_predictions_without_any_order_are_nobodys_copy():
    assert copies({"a": [0.3] * 50, "b": [0.3] * 50, "c": [0.7] * 50}) == []


def test_two_teams_that_hand_in_the_starter_kit_are_no_pair_but_their_own_model_is():
    field = {"a": HONEST, "b": HONEST, "c": OTHER, "d": OTHER}
    assert pairs(copies(field, known=[HONEST])) == [("c", "d")]


def test_the_order_of_teams_does_not_matter():
    field = {"z": HONEST, "a": HONEST, "m": OTHER}
    assert copies(field) == copies(dict(reversed(field.items())))


def test_one_team_alone_and_none_have_no_pairs():
    assert copies({}) == copies({"a": HONEST}) == copies({"a": [], "b": []}) == []


def test_different_numbers_of_rows_cannot_be_compared():
    with pytest.raises(ValueError, match="rows"):
        copies({"a": [0.1, 0.2], "b": [0.1]})
    with pytest.raises(ValueError, match="rows"):
        copies({"a": [0.1, 0.2], "b": [0.1, 0.4]}, known=[[0.1]])


@given(st.lists(st.floats(0, 1), max_size=30))
def test_what_is_packed_is_unpacked_as_it_was(predictions):
    assert unpacked(packed(np.array(predictions, dtype=np.float64))) == predictions


def test_what_is_no_row_of_numbers_is_refused():
    with pytest.raises(ValueError, match="buffer"):
        unpacked(b"seven b")
