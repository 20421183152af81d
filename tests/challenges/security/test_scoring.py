import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.security.scoring import cross_play, detection, detection_score

shares = st.floats(0, 1)


@st.composite
def grids(draw):
    width = draw(st.integers(1, 5))
    grid = draw(st.lists(st.lists(shares, min_size=width, max_size=width), min_size=1, max_size=5))
    pairs = [(a, d) for a in range(len(grid)) for d in range(width)]
    return grid, draw(st.sets(st.sampled_from(pairs)))


def test_totals_rank_as_the_sums_of_the_published_competition_do():
    """NIPS 2017's toolkit (cleverhans, examples/nips17_adversarial_competition/dev_toolkit/README.md): rows are
    attacks, columns defences; a defence's score is the number of images that are classified correctly in its column, an
    attack's the number that are classified wrongly in its row. Ours are those, divided by how many there are."""
    images, correct = 10, [[9, 5, 2], [7, 6, 1]]
    attacks, defences = cross_play([[count / images for count in row] for row in correct])
    assert attacks == pytest.approx([(1 + 5 + 8) / 30, (3 + 4 + 9) / 30])
    assert defences == pytest.approx([16 / 20, 11 / 20, 3 / 20])


def test_a_teams_own_pair_is_left_out_of_both_of_its_sums():
    attacks, defences = cross_play([[0.0, 0.5], [1.0, 0.25]], own=[(0, 0)])
    assert attacks == pytest.approx([0.5, (0.0 + 0.75) / 2])
    assert defences == pytest.approx([1.0, (0.5 + 0.25) / 2])


@given(grids())
def test_arrays_are_as_good_as_lists(found):
    grid, own = found
    expected = cross_play(grid, own=own)
    for pairs in (np.array(sorted(own), dtype=int).reshape(-1, 2), [list(pair) for pair in own]):
        assert cross_play(np.array(grid), own=pairs) == expected
        assert cross_play([np.array(row) for row in grid], own=pairs) == expected
    assert cross_play(np.empty((0, 0))) == ([], [])
    assert cross_play(np.array([[None, 0.4]], dtype=object)) == ([0.6], [0.0, 0.4])


def test_who_has_met_nobody_gets_nothing():
    assert cross_play([[0.3]], own=[(0, 0)]) == ([0.0], [0.0])
    assert cross_play([[None, 0.4], [None, None]]) == ([0.6, 0.0], [0.0, 0.4])
    assert cross_play([]) == ([], [])


@pytest.mark.parametrize("correct", [[[0.5], [0.5, 0.5]], [[1.1]], [[-0.1]], [[float("nan")]], [[float("inf")]]])
def test_what_is_no_grid_of_shares_is_refused(correct):
    with pytest.raises(ValueError, match=r"lengths|within"):
        cross_play(correct)


@pytest.mark.parametrize("own", [[(1, 0)], [(0, 1)], [(-1, 0)]])
def test_a_pair_that_is_not_there_is_refused(own):
    with pytest.raises(ValueError, match="outside"):
        cross_play([[0.5]], own=own)


@given(grids(), st.randoms())
def test_relabelling_changes_nothing(found, chance: random.Random):
    grid, own = found
    rows, columns = list(range(len(grid))), list(range(len(grid[0])))
    chance.shuffle(rows)
    chance.shuffle(columns)
    attacks, defences = cross_play(grid, own=own)
    moved = [[grid[a][d] for d in columns] for a in rows]
    others = cross_play(moved, own={(rows.index(a), columns.index(d)) for a, d in own})
    assert others[0] == pytest.approx([attacks[a] for a in rows])
    assert others[1] == pytest.approx([defences[d] for d in columns])
    assert all(0 <= total <= 1 for total in (*attacks, *defences))


@given(grids(), shares)
def test_an_own_pair_never_counts_whatever_it_holds(found, other):
    grid, own = found
    changed = [[other if (a, d) in own else share for d, share in enumerate(row)] for a, row in enumerate(grid)]
    assert cross_play(grid, own=own) == cross_play(changed, own=own)


def test_detection_is_what_scikit_learns_documentation_says():
    """The examples of sklearn.metrics.average_precision_score (0.83) and roc_curve (a true-positive rate of 0.5 without
    any false positive) have these labels and scores in common."""
    precision, caught = detection([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    assert precision == pytest.approx(0.8333333)
    assert caught == 0.5
    assert detection_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == pytest.approx(100 * (0.5 * 0.8333333 + 0.25))


def test_one_false_alarm_in_a_hundred_is_allowed_and_two_are_not():
    labels = [0] * 100 + [1] * 4
    one = [0.9, *[0.1] * 99, 0.95, 0.8, 0.8, 0.05]
    two = [0.9, 0.9, *[0.1] * 98, 0.95, 0.8, 0.8, 0.05]
    assert (detection(labels, one)[1], detection(labels, two)[1]) == (0.75, 0.25)


def test_a_constant_answer_finds_nothing():
    precision, caught = detection([0] * 85 + [1] * 15, [0.5] * 100)
    assert (precision, caught) == (pytest.approx(0.15), 0.0)
    json.dumps([precision, caught])
