"""The figures against published examples and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from challenges.datalake.measures import mean_interval
from challenges.datalake.scoring import auc, auc_interval, calibration, log_loss, roc_curve, thinned


def arrays(labels, predictions):
    return np.array(labels), np.array(predictions, dtype=float)


@st.composite
def judged(draw):
    """Labels of both kinds, and predictions of which many are equal."""
    labels = [0, 1, *draw(st.lists(st.integers(0, 1), max_size=60))]
    chance = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
    return arrays(labels, draw(st.lists(chance, min_size=len(labels), max_size=len(labels))))


# scikit-learn's user guide and doctests: roc_auc_score and roc_curve on four rows.
FOUR = arrays([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])

# Hanley and McNeil, Radiology 143 (1982), table I: 109 CT images rated 1 to 5, area 0.893 with standard error 0.032.
RATINGS = arrays(
    np.repeat([0, 1], [58, 51]),
    np.concatenate([np.repeat([1, 2, 3, 4, 5], [33, 6, 6, 11, 2]), np.repeat([1, 2, 3, 4, 5], [3, 2, 2, 11, 33])]) / 5,
)


def test_the_area_of_scikit_learns_example_is_three_quarters():
    assert auc(*FOUR) == 0.75


def test_the_area_of_hanley_and_mcneils_images_is_893_thousandths():
    assert auc(*RATINGS) == pytest.approx(0.893, abs=5e-4)


def test_the_bootstrap_spreads_like_hanley_and_mcneils_standard_error():
    low, high = auc_interval(*RATINGS, np.random.Generator(np.random.PCG64(1)))
    assert (high - low) / (2 * 1.96) == pytest.approx(0.032, abs=0.004)
    assert low < 0.893 < high


def test_the_corners_are_those_of_scikit_learns_example():
    assert roc_curve(*FOUR) == [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]


def test_the_log_loss_of_scikit_learns_example():
    # log_loss(["spam", "ham", "ham", "spam"], [[.1, .9], [.9, .1], [.8, .2], [.35, .65]]): 0.21616
    assert log_loss(*arrays([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65])) == pytest.approx(0.21616, abs=5e-6)


def test_the_calibration_of_scikit_learns_example():
    # calibration_curve([0, 0, 0, 0, 1, 1, 1, 1, 1], [.1, .2, .3, .4, .65, .7, .8, .9, 1.], n_bins=3)
    bins = calibration(*arrays([0, 0, 0, 0, 1, 1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.65, 0.7, 0.8, 0.9, 1.0]), bins=3)
    assert [b.happened for b in bins] == [0.0, 0.5, 1.0]
    assert [b.predicted for b in bins] == pytest.approx([0.2, 0.525, 0.85])
    assert [b.rows for b in bins] == [3, 2, 4]


@given(judged())
def test_area_corners_loss_and_calibration_are_scikit_learns(rows):
    labels, predictions = rows
    assert auc(labels, predictions) == pytest.approx(metrics.roc_auc_score(labels, predictions), abs=1e-12)
    rates = metrics.roc_curve(labels, predictions, drop_intermediate=False)[:2]
    np.testing.assert_allclose(np.array(roc_curve(labels, predictions)).T, np.array(rates), atol=1e-12)
    assert log_loss(labels, predictions) == pytest.approx(metrics.log_loss(labels, predictions), rel=1e-9)
    happened, predicted = calibration_curve(labels, predictions, n_bins=10)
    bins = calibration(labels, predictions)
    assert [b.happened for b in bins] == pytest.approx(happened.tolist())
    assert [b.predicted for b in bins] == pytest.approx(predicted.tolist())


@given(judged(), st.data())
def test_a_weight_counts_a_row_as_often(rows, data):
    labels, predictions = rows
    weights = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(labels), max_size=len(labels))))
    repeated = auc(np.repeat(labels, weights), np.repeat(predictions, weights))
    assert auc(labels, predictions, weights) == pytest.approx(repeated, abs=1e-12)


@given(judged())
def test_turning_all_predictions_round_turns_the_area_round(rows):
    labels, predictions = rows
    assert auc(1 - labels, predictions) == pytest.approx(1 - auc(labels, predictions), abs=1e-12)


@given(judged(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_a_rising_curve_changes_the_area(rows, random):
    labels, predictions = rows
    order = list(range(len(labels)))
    random.shuffle(order)
    assert auc(labels[order], predictions[order]) == auc(labels, predictions)
    assert auc(labels, predictions * 8 - 4) <= 1  # values need not be chances
    coarse = np.round(predictions, 2)
    assert auc(labels, np.exp(coarse)) == auc(labels, coarse)


def test_equal_predictions_know_nothing():
    labels = np.array([0, 1, 1, 0, 1])
    assert auc(labels, np.full(5, 0.3)) == 0.5
    assert roc_curve(labels, np.full(5, 0.3)) == [(0.0, 0.0), (1.0, 1.0)]


def test_minus_zero_is_zero():
    assert auc(*arrays([0, 1], [-0.0, 0.0])) == 0.5


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_rows_of_one_label_have_no_area_and_no_curve(labels):
    rows = arrays(labels, [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="both labels"):
        auc(*rows)
    with pytest.raises(ValueError, match="both labels"):
        roc_curve(*rows)
    with pytest.raises(ValueError, match="both labels"):
        auc_interval(*rows, np.random.Generator(np.random.PCG64(0)))


@settings(max_examples=10)
@given(judged())
def test_an_interval_is_the_same_again_and_lies_within_the_scale(rows):
    ends = [auc_interval(*rows, np.random.Generator(np.random.PCG64(5))) for _ in range(2)]
    assert ends[0] == ends[1]
    assert 0 <= ends[0][0] <= ends[0][1] <= 1


def test_a_certain_prediction_that_fails_costs_much_and_not_everything():
    assert log_loss(*arrays([1, 0], [0.0, 1.0])) == pytest.approx(52 * np.log(2))


def test_the_interval_of_one_figure_is_its_own():
    assert mean_interval([73.0], [70.0], [75.0]) == (70.0, 75.0)


def test_the_interval_of_a_mean_narrows_with_the_root_of_the_count():
    low, high = mean_interval([70.0] * 4, [68.0] * 4, [71.0] * 4)
    assert (low, high) == pytest.approx((69.0, 70.5))


@given(st.integers(1, 50), st.integers(2, 400))
def test_a_thinned_curve_keeps_its_ends_and_its_direction(most, count):
    corners = [(i / count, i / count) for i in range(count)]
    kept = thinned(corners, most)
    assert len(kept) <= most + 1
    assert (kept[0], kept[-1]) == (corners[0], corners[-1])
    assert kept == sorted(kept)
