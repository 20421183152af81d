import itertools
import math
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from judge.ratings import PRIOR_WINS, SCALE, bradley_terry, ladder_update, strength_intervals

CITATIONS = [[714, 730, 498, 221], [33, 425, 68, 17], [320, 813, 1072, 142], [284, 276, 325, 188]]
"""Citations among Biometrika, Communications in Statistics, JASA and JRSS-B (Stigler 1994; Agresti, Categorical Data
Analysis, 2nd ed., p. 448), as the R package BradleyTerry2 carries them; on the diagonal, a journal's of itself."""

CLUBS = ["Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore"]
WON_AT_HOME = [
    [0, 4, 4, 4, 6, 4, 6],
    [3, 0, 4, 4, 6, 6, 4],
    [2, 4, 0, 2, 4, 4, 6],
    [3, 5, 2, 0, 4, 4, 6],
    [5, 2, 3, 4, 0, 5, 6],
    [2, 3, 3, 4, 4, 0, 2],
    [2, 1, 1, 2, 1, 3, 0],
]
LOST_AT_HOME = [
    [0, 3, 2, 3, 1, 2, 0],
    [3, 0, 2, 3, 0, 1, 3],
    [5, 3, 0, 4, 3, 2, 0],
    [3, 1, 5, 0, 3, 2, 1],
    [1, 5, 3, 2, 0, 2, 0],
    [5, 3, 4, 3, 2, 0, 4],
    [5, 5, 6, 4, 6, 4, 0],
]
"""Rows at home, columns away: American League East, 1987 (Agresti, p. 438; data/baseball.csv of BradleyTerry2)."""

tables = st.integers(2, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 5), min_size=n, max_size=n), min_size=n, max_size=n)
)


def table_of(pairs, count):
    """wins[i][j] from a list of (winner, loser)."""
    wins = [[0] * count for _ in range(count)]
    for winner, loser in pairs:
        wins[winner][loser] += 1
    return wins


# ---------------------------------------------------------------------------------------------------------------------
# Bradley–Terry against published figures


def test_the_journals_have_the_abilities_that_bradleyterry2_prints():
    """tests/BTabilities.Rout.save of github.com/hturner/BradleyTerry2: sum-to-zero contrasts, with standard errors."""
    printed = [0.7899221, -2.1591504, 0.3103523, 1.0588761]
    errors = [0.04333047, 0.07257974, 0.04164102, 0.05304699]
    assert bradley_terry(CITATIONS) == pytest.approx(printed, abs=5e-8)
    for (low, high), centre, error in zip(strength_intervals(CITATIONS), printed, errors, strict=True):
        assert (low + high) / 2 == pytest.approx(SCALE * centre, abs=1e-4)
        assert (high - low) / 2 / 1.959964 / SCALE == pytest.approx(error, abs=2e-8)


def test_the_baseball_teams_have_the_abilities_that_agresti_and_r_print():
    """tests/baseball.Rout.save of BradleyTerry2, Baltimore 0; two digits in Agresti (2002), table 10.11, column 3."""
    wins = [[WON_AT_HOME[i][j] + LOST_AT_HOME[j][i] for j in range(7)] for i in range(7)]
    strengths = bradley_terry(wins)
    above = [strength - strengths[CLUBS.index("Baltimore")] for strength in strengths]
    assert above == pytest.approx([1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0.0], abs=5.1e-5)
    assert sorted(round(ability, 2) for ability in above[:-1]) == [0.68, 1.11, 1.25, 1.29, 1.44, 1.58]


@pytest.mark.parametrize(
    ("pairs", "estimate"),
    [
        ([(0, 1), (1, 2), (2, 0)], [1.0, 1.0, 1.0]),
        ([(0, 1), (0, 1), (1, 2), (2, 0)], [1.43586088, 0.62035049, 0.94378863]),
    ],
)
def test_choix_has_the_same_estimates(pairs, estimate):
    """tests/data/testcase-pairwise-1.json and -2.json of github.com/lucasmaystre/choix: exponentials with mean 1."""
    worth = [math.exp(strength) for strength in bradley_terry(table_of(pairs, 3))]
    assert [3 * value / sum(worth) for value in worth] == pytest.approx(estimate, abs=5e-8)


def test_four_teams_of_an_encyclopaedia_have_the_strengths_printed_there():
    """Wikipedia, Bradley–Terry model, worked example: geometric mean 1."""
    wins = [[0, 2, 0, 1], [3, 0, 5, 0], [0, 3, 0, 1], [4, 0, 3, 0]]
    printed = [0.640, 1.043, 0.660, 2.270]
    assert [math.exp(strength) for strength in bradley_terry(wins)] == pytest.approx(printed, abs=5.1e-4)
    with_prior = [math.exp(strength) for strength in bradley_terry(wins, prior=PRIOR_WINS)]
    assert with_prior == pytest.approx(printed, rel=0.01)  # the prior shows in the third digit
    assert with_prior[3] == pytest.approx(2.2545, abs=1e-4)


def test_choix_agrees_on_random_tables():
    choix = pytest.importorskip("choix")
    draw = random.Random(3)
    for _ in range(10):
        count = draw.randint(3, 7)
        pairs = [(i, (i + 1) % count) for i in range(count)]  # a ring: the maximum exists
        pairs += [tuple(draw.sample(range(count), 2)) for _ in range(30)]
        theirs = choix.ilsr_pairwise(count, pairs)
        assert bradley_terry(table_of(pairs, count)) == pytest.approx(list(theirs - theirs.mean()), abs=1e-5)


# ---------------------------------------------------------------------------------------------------------------------
# Bradley–Terry's properties


def test_two_teams_have_the_odds_of_their_games():
    strengths = bradley_terry([[0, 3], [1, 0]])
    assert strengths[0] - strengths[1] == pytest.approx(math.log(3))
    strengths = bradley_terry([[0, 3], [1, 0]], prior=PRIOR_WINS)
    assert strengths[0] - strengths[1] == pytest.approx(math.log(3.01 / 1.01))


def test_an_unbeaten_team_has_a_finite_strength_that_its_prior_names():
    for strengths in (bradley_terry([[0, 2], [0, 0]]), bradley_terry([[0, 2], [0, 0]], prior=PRIOR_WINS)):
        assert strengths[0] - strengths[1] == pytest.approx(math.log(2.01 / 0.01))


def test_without_a_prior_a_table_that_has_no_maximum_is_refused():
    with pytest.raises(ValueError, match="prior"):
        bradley_terry([[0, 2], [0, 0]], prior=0)


@pytest.mark.parametrize(
    "bad", [[[0, 1]], [[0, 1], [1]], [[0, -1], [1, 0]], [[0, math.nan], [1, 0]], [[0, math.inf], [1, 0]]]
)
def test_a_table_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match=r"table|number"):
        bradley_terry(bad)


def test_nobody_and_one_alone_have_strengths_too():
    assert (bradley_terry([]), bradley_terry([[5]]), strength_intervals([[0]])) == ([], [0.0], [(0.0, 0.0)])


@given(tables)
def test_strengths_are_finite_have_mean_0_and_expect_the_wins_that_there_were(wins):
    """The likelihood's equations (Ford 1957): expected and real wins agree for everybody."""
    count = len(wins)
    strengths = bradley_terry(wins, prior=PRIOR_WINS)
    assert sum(strengths) == pytest.approx(0, abs=1e-6)
    for i in range(count):
        others = [j for j in range(count) if j != i]
        won = sum(wins[i][j] + PRIOR_WINS for j in others)
        expected = sum(
            (wins[i][j] + wins[j][i] + 2 * PRIOR_WINS) / (1 + math.exp(strengths[j] - strengths[i])) for j in others
        )
        assert expected == pytest.approx(won, abs=1e-7)


@given(tables, st.randoms(use_true_random=False))
def test_relabelling_teams_relabels_their_strengths_and_nothing_else(wins, draw):
    order = list(range(len(wins)))
    draw.shuffle(order)
    relabelled = [[wins[i][j] for j in order] for i in order]
    strengths = bradley_terry(wins, prior=PRIOR_WINS)
    assert bradley_terry(relabelled, prior=PRIOR_WINS) == pytest.approx([strengths[i] for i in order], abs=1e-8)
    intervals = strength_intervals(wins, prior=PRIOR_WINS)
    for got, i in zip(strength_intervals(relabelled, prior=PRIOR_WINS), order, strict=True):
        assert got == pytest.approx(intervals[i], rel=1e-6, abs=1e-4)


@given(tables, st.data())
def test_one_more_win_raises_the_winner_over_everybody(wins, data):
    winner, loser = data.draw(st.permutations(range(len(wins))))[:2]
    before = bradley_terry(wins, prior=PRIOR_WINS)
    wins[winner][loser] += 1
    after = bradley_terry(wins, prior=PRIOR_WINS)
    for other in range(len(wins)):
        assert after[winner] - after[other] >= before[winner] - before[other] - 1e-7


@given(tables)
def test_what_stands_on_the_diagonal_does_not_count(wins):
    without = [[0 if i == j else cell for j, cell in enumerate(row)] for i, row in enumerate(wins)]
    assert bradley_terry(wins, prior=PRIOR_WINS) == bradley_terry(without, prior=PRIOR_WINS)


def test_an_interval_is_narrower_where_there_are_more_games():
    few, many = ([[0, 2 * n, n], [n, 0, 2 * n], [n, n, 0]] for n in (1, 100))
    for (low, high), (left, right) in zip(strength_intervals(few), strength_intervals(many), strict=True):
        assert (high - low) == pytest.approx(10 * (right - left))


def test_400_points_are_odds_of_ten_to_one():
    low, high = strength_intervals([[0, 10], [1, 0]])
    assert (low[0] + low[1]) / 2 - (high[0] + high[1]) / 2 == pytest.approx(400)


# ---------------------------------------------------------------------------------------------------------------------
# OpenSkill against its own fixtures

MU, SIGMA = 31.321989232514305, 11.379964801443018
FIXTURES = [
    # tests/models/data/plackettluce.json of github.com/vivekjoshy/openskill.py: model, ranks, (mu, sigma) by team
    ([1, 2], [1, 2], [(36.48967347401391, 11.237778601372977), (26.154304991014694, 11.17822477763209)]),
    ([1, 2], [2, 1], [(30.19454401757094, 11.237778601372977), (32.44943444745767, 11.17822477763209)]),
    (
        [1, 2, 3],
        [1, 2, 1],
        [
            (33.21874815457553, 11.354896725884002),
            (30.27713112192334, 11.291328826858104),
            (30.470088421044046, 11.249240904583088),
        ],
    ),
    (
        [1, 2, 3],
        [2, 1, 3],
        [
            (35.008962716922355, 11.322612945836939),
            (34.774820565754936, 11.291328826858104),
            (24.182184414865624, 11.192736898569162),
        ],
    ),
]


@pytest.mark.parametrize(("sizes", "ranks", "expected"), FIXTURES)
def test_the_ladder_gives_what_openskill_gives(sizes, ranks, expected):
    teams = [[(MU, SIGMA)] * size for size in sizes]
    after = ladder_update(teams, ranks)
    assert [len(team) for team in after] == sizes
    for team, rating in zip(after, expected, strict=True):
        for member in team:
            assert member == pytest.approx(rating, rel=1e-9)


def test_two_newcomers_get_what_the_paper_works_out():
    """Weng and Lin (2011), algorithm 4, for two equals; tau 25/300 is added to sigma first."""
    variance, beta = (25 / 3) ** 2 + (25 / 300) ** 2, 25 / 6
    c = math.sqrt(2 * (variance + beta**2))
    step, gamma = variance / c / 2, math.sqrt(variance) / c
    sigma = math.sqrt(variance * (1 - gamma * variance / c**2 / 4))
    (winner,), (loser,) = ladder_update([[(25.0, 25 / 3)], [(25.0, 25 / 3)]], [1, 2])
    assert winner == pytest.approx((25 + step, sigma), rel=1e-12)
    assert loser == pytest.approx((25 - step, sigma), rel=1e-12)


ratings = st.tuples(st.floats(-10, 60), st.floats(0.5, 12))


@given(one=ratings, other=ratings)
def test_a_win_never_lowers_the_winners_mu_nor_raises_the_losers(one, other):
    (winner,), (loser,) = ladder_update([[one], [other]], [1, 2])
    assert winner[0] >= one[0]
    assert loser[0] <= other[0]


@given(one=ratings, other=ratings)
def test_a_draw_moves_two_ratings_towards_each_other_or_not_at_all(one, other):
    assume(one[0] > other[0])
    (first,), (second,) = ladder_update([[one], [other]], [1, 1])
    assert first[0] <= one[0] + 1e-9
    assert second[0] >= other[0] - 1e-9


@settings(max_examples=30)
@given(teams=st.lists(st.lists(ratings, min_size=1, max_size=3), min_size=2, max_size=4), data=st.data())
def test_the_order_in_which_teams_are_named_does_not_matter(teams, data):
    ranks = data.draw(st.lists(st.integers(1, 4), min_size=len(teams), max_size=len(teams)))
    order = data.draw(st.permutations(range(len(teams))))
    plain = ladder_update(teams, ranks)
    named = ladder_update([teams[i] for i in order], [ranks[i] for i in order])
    for got, i in zip(named, order, strict=True):
        for member, expected in zip(got, plain[i], strict=True):
            assert member == pytest.approx(expected, rel=1e-9)


def test_what_came_in_is_not_changed():
    teams = [[(25.0, 8.0)], [(30.0, 4.0)]]
    ladder_update(teams, [1, 2])
    assert teams == [[(25.0, 8.0)], [(30.0, 4.0)]]


@pytest.mark.parametrize(
    ("teams", "ranks"), [([[(25, 8)]], [1]), ([[(25, 8)], [(25, 8)]], [1]), ([[(25, 8)], []], [1, 2]), ([], [])]
)
def test_a_game_that_is_none_is_refused(teams, ranks):
    with pytest.raises(ValueError, match="teams"):
        ladder_update(teams, ranks)


def test_the_order_of_games_changes_a_ladder_but_not_a_final():
    """Why there are both."""
    games = [(0, 1), (1, 2), (2, 0), (0, 1)]
    ladders, finals = set(), set()
    for order in itertools.permutations(games):
        rated = [(25.0, 25 / 3)] * 3
        for winner, loser in order:
            ((rated[winner],), (rated[loser],)) = ladder_update([[rated[winner]], [rated[loser]]], [1, 2])
        ladders.add(tuple(rated))
        finals.add(tuple(bradley_terry(table_of(order, 3), prior=PRIOR_WINS)))
    assert len(ladders) > 1
    assert len(finals) == 1
