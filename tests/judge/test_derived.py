"""Figures that follow from meetings: pure, and fair whoever is called what."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from challenges.base import Score
from judge import derived
from judge.derived import NEWCOMER, START, Entry, Met, Seat
from judge.ratings import ladder_update
from judge.scoring import order_key
from tests.judge.world import NOW
from tests.siege.challenge import Siege

points = st.sampled_from([0.0, 0.5, 1.0])
COUNT = 5


def game(order, first, second, got, *, margin=0.0):
    return Met(
        order,
        "game-1",
        (
            Seat(first, got, {"near": margin, "wins": float(got == 1)}),
            Seat(second, 1 - got, {"near": 0.0, "wins": 0.0}),
        ),
    )


seasons = st.lists(
    st.tuples(st.integers(1, COUNT), st.integers(1, COUNT), points).filter(lambda row: row[0] != row[1]), max_size=25
).map(lambda rows: [game(order, *row) for order, row in enumerate(rows, 1)])
entries = [Entry(number, number, float(number)) for number in range(1, COUNT + 1)]


# ---------------------------------------------------------------------------------------------------------------------
# The ladder


def test_a_newcomer_begins_at_the_start_with_a_wide_interval():
    score = derived.ladder_scores(entries[:1], [])[1]
    assert score.public == score.final == START
    low, high = score.interval
    assert high - START == pytest.approx(START - low) == pytest.approx(1.96 * 25 / 3 * derived.POINTS, rel=1e-3)


@given(season=seasons, entry=st.integers(1, COUNT))
def test_a_history_begins_with_a_newcomer_and_ends_with_what_the_ladder_shows(season, entry):
    history = derived.ladder_history(entries, season[::-1], entry)
    assert len(history) == 1 + sum(entry in one.entries for one in season)
    newcomer, shown = derived.ladder_scores(entries[:1], [])[1], derived.ladder_scores(entries, season)[entry]
    assert history[0] == (newcomer.public, *newcomer.interval)
    assert history[-1] == (shown.public, *shown.interval)
    assert all(low < rating < high for rating, low, high in history)


def test_a_history_goes_up_with_a_win_and_down_with_a_defeat_and_its_band_narrows():
    season = [game(1, 1, 2, 1.0), game(2, 3, 4, 1.0), game(3, 2, 1, 1.0)]
    (start, *_), (won, *band), (lost, *narrower) = derived.ladder_history(entries, season, 1)
    assert start < won > lost
    assert narrower[1] - narrower[0] < band[1] - band[0]


def test_who_is_not_in_the_field_has_no_history():
    assert derived.ladder_history(entries[1:], [game(1, 1, 2, 1.0)], 1) == []
    assert len(derived.ladder_history(entries[1:], [game(1, 1, 2, 1.0)], 2)) == 1, "nor do games against it count"


def test_four_hundred_points_are_odds_of_ten_to_one():
    """Plackett–Luce of two, both certain: exp(difference / (√2 · beta))."""
    difference = 400 / derived.POINTS
    assert math.exp(difference / (math.sqrt(2) * 25 / 6)) == pytest.approx(10)


@given(season=seasons)
def test_the_ladder_is_the_fold_of_its_games_in_the_order_of_their_records(season):
    ratings = {entry.id: NEWCOMER for entry in entries}
    for one in season:
        a, b = one.entries
        (new_a,), (new_b,) = ladder_update([[ratings[a]], [ratings[b]]], [-seat.points for seat in one.seats])
        ratings[a], ratings[b] = new_a, new_b
    assert derived.ladder(entries, season) == ratings
    assert derived.ladder(entries, season[::-1]) == ratings


@given(season=seasons, winner=st.integers(1, COUNT), loser=st.integers(1, COUNT))
def test_a_win_never_lowers_the_winner(season, winner, loser):
    if winner == loser:
        return
    before = derived.ladder_scores(entries, season)[winner].public
    after = derived.ladder_scores(entries, [*season, game(99, winner, loser, 1.0)])[winner].public
    assert after >= before


@given(season=seasons, order=st.permutations(range(1, COUNT + 1)))
def test_names_change_nothing(season, order):
    renamed = dict(zip(range(1, COUNT + 1), order, strict=True))
    other = [
        Met(one.order, one.case, tuple(Seat(renamed[seat.entry], seat.score, seat.columns) for seat in one.seats))
        for one in season
    ]
    once, again = derived.ladder_scores(entries, season), derived.ladder_scores(entries, other)
    assert {renamed[entry]: score.public for entry, score in once.items()} == {
        entry: score.public for entry, score in again.items()
    }


@given(season=seasons, gone=st.integers(1, COUNT))
def test_who_has_left_counts_for_nobody(season, gone):
    """As if it had never played, in every figure of everybody else."""
    left = [entry for entry in entries if entry.id != gone]
    without = [one for one in season if gone not in one.entries]
    for scores in (
        derived.ladder_scores,
        lambda field, games: derived.final_scores(field, games, margin="near"),
    ):
        assert scores(left, season) == scores(left, without)


@given(season=seasons)
def test_a_teams_own_pair_never_counts(season):
    friends = [Entry(entry.id, 1 if entry.id <= 2 else entry.team, entry.received) for entry in entries]
    without = [one for one in season if set(one.entries) != {1, 2}]
    assert derived.ladder_scores(friends, season) == derived.ladder_scores(friends, without)
    assert derived.final_scores(friends, season, margin="") == derived.final_scores(friends, without, margin="")


def test_columns_are_sums_over_the_games():
    scores = derived.ladder_scores(entries[:2], [game(1, 1, 2, 1.0, margin=3.0), game(2, 1, 2, 0.5, margin=1.0)])
    assert scores[1].columns == {"near": 4.0, "wins": 1.0}


def test_a_seat_without_a_score_has_lost():
    lost = Met(1, "game-1", (Seat(1, None), Seat(2, 1.0)))
    scores = derived.ladder_scores(entries[:2], [lost])
    assert scores[1].public < START < scores[2].public


# ---------------------------------------------------------------------------------------------------------------------
# The final


@settings(max_examples=25)
@given(season=seasons, shuffle=st.randoms())
def test_the_order_of_the_games_cannot_change_the_final(season, shuffle):
    shuffled = list(season)
    shuffle.shuffle(shuffled)
    again = [Met(order, one.case, one.seats) for order, one in enumerate(shuffled)]
    once, later = (derived.final_scores(entries, games, margin="near") for games in (season, again))
    assert {entry: score.public for entry, score in once.items()} == pytest.approx(
        {entry: score.public for entry, score in later.items()}, abs=1e-5
    )


@settings(max_examples=25)
@given(season=seasons)
def test_a_board_sorts_a_final_as_its_table_does(season):
    scores = derived.final_scores(entries, season, margin="near")
    keys = {entry: order_key(score.public, score.ties, NOW) for entry, score in scores.items()}
    by_board = sorted(keys, key=lambda entry: (keys[entry], entry))
    by_table = sorted(scores, key=lambda entry: (scores[entry].ties, entry))
    assert by_board == by_table


def test_the_margin_breaks_a_tie_of_a_final():
    games = [game(1, 1, 2, 1.0, margin=1.0), game(2, 2, 3, 1.0, margin=5.0), game(3, 3, 1, 1.0, margin=2.0)]
    scores = derived.final_scores(entries[:3], games, margin="near")
    assert len({score.public for score in scores.values()}) == 1
    assert sorted(scores, key=lambda entry: scores[entry].ties) == [2, 1, 3]


# ---------------------------------------------------------------------------------------------------------------------
# Cross-play


def matrix(cells, *, cases=1, first=(1, 2), second=(3, 4), teams=None, columns=None):
    teams = teams or {}
    sides = [[Entry(entry, teams.get(entry, entry)) for entry in side] for side in (first, second)]
    columns = columns or [{}] * len(cells)
    alone = {entry: {"house": {"score": 50.0, "columns": {}}} for entry in (*first, *second)}
    met = [
        Met(order, case, (Seat(a, None if got is None else 100 - got, {"noise": 1.0}), Seat(b, got, columns[order])))
        for order, (a, b, case, got) in enumerate(cells)
    ]
    return sides, derived.matrix_of(*sides, met, cases=cases, alone=alone)


def test_a_cell_is_known_when_all_its_cases_were_played():
    _, found = matrix([(1, 3, "a", 40.0), (1, 3, "b", 60.0), (2, 4, "a", 10.0)], cases=2)
    assert found["scores"] == [[50.0, None], [None, None]]


def test_a_cell_has_the_means_of_the_second_seats_columns():
    cells = [(1, 3, "a", 40.0), (1, 3, "b", 60.0), (2, 4, "a", 10.0)]
    columns = [{"near": 1.0, "once": 5.0}, {"near": 4.0}, {"near": 9.0}]
    assert matrix(cells, cases=2, columns=columns)[1]["columns"] == [[{"near": 2.5}, None], [None, None]]
    own = matrix(cells, cases=2, columns=columns, teams={1: 7, 3: 7})[1]
    assert own["columns"] == [[None, None], [None, None]]


def test_a_teams_own_pair_has_no_cell():
    _, found = matrix([(1, 3, "a", 40.0), (1, 4, "a", 20.0)], teams={1: 7, 3: 7})
    assert (found["scores"][0], found["own"]) == ([None, 20.0], [[0, 0]])


def test_a_matrix_crosses_a_process_boundary():
    _, found = matrix([(1, 3, "a", 40.0)])
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_totals_are_the_challenges_own():
    (first, second), found = matrix([(1, 3, "a", 40.0), (2, 3, "a", 20.0)])
    attacks, defences = derived.cross_scores(Siege().field, first, second, found)
    assert {entry: score.public for entry, score in attacks.items()} == {1: 55.0, 2: 65.0}
    assert defences[3].public == pytest.approx((40 + 20 + 50) / 3)
    assert defences[4].public == 50.0


def test_who_has_no_total_yet_is_left_out_and_a_wrong_answer_is_said():
    (first, second), found = matrix([])
    one = Score(1.0, 1.0).to_json()
    attacks, defences = derived.cross_scores(
        lambda _: {"first": [one, None], "second": [None, None]}, first, second, found
    )
    assert (attacks, defences) == ({1: Score(1.0, 1.0)}, {})
    for wrong in ({"first": [one]}, {"first": [one], "second": []}, {"first": [3, 4], "second": [None, None]}):
        with pytest.raises((ValueError, KeyError, TypeError)):
            derived.cross_scores(lambda _, wrong=wrong: wrong, first, second, found)
