import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.finals import Entrant, Game, final_table, wins_of

POINTS = {0: (1.0, 0.0), 1: (0.5, 0.5), 2: (0.0, 1.0), 3: (0.0, 0.0)}


@st.composite
def finals(draw):
    """A field, some of whose entries are of one team, and games among it and with entries that are not in it."""
    count = draw(st.integers(2, 6))
    field = [Entrant(i, team=draw(st.integers(1, 4)), received=float(draw(st.integers(0, 3)))) for i in range(count)]
    games = []
    for _ in range(draw(st.integers(0, 25))):
        pair = draw(st.permutations(range(count + 2)))[:2]  # the last two have withdrawn
        points = POINTS[draw(st.integers(0, 3))]
        goals = (draw(st.integers(0, 4)), draw(st.integers(0, 4)))
        games.append(Game((pair[0], pair[1]), points, goals))
    return field, games


def order(table):
    return [row.id for row in table]


def rank(table, entry):
    return next(row.rank for row in table if row.id == entry)


@given(final=finals(), draw=st.randoms(use_true_random=False))
def test_the_order_of_games_cannot_change_a_final(final, draw):
    field, games = final
    shuffled = list(games)
    draw.shuffle(shuffled)
    assert final_table(field, shuffled) == final_table(field, games)


@given(final=finals(), draw=st.randoms(use_true_random=False))
def test_relabelling_teams_and_entries_cannot_change_a_final(final, draw):
    field, games = final
    names = draw.sample(range(100, 200), 10)
    entrants = [Entrant(names[e.id], team=70 - e.team, received=e.received) for e in field]
    draw.shuffle(entrants)
    played = [Game((names[game.entries[0]], names[game.entries[1]]), game.points, game.goals) for game in games]
    before = {names[row.id]: row for row in final_table(field, games)}
    for row in final_table(entrants, played):
        assert row.rank == before[row.id].rank
        assert row.strength == pytest.approx(before[row.id].strength, abs=2e-6)
        assert (row.points, row.played) == (before[row.id].points, before[row.id].played)


@given(final=finals(), data=st.data())
def test_a_win_never_lowers_the_winners_place(final, data):
    field, games = final
    winner, loser = data.draw(st.permutations(range(len(field))))[:2]
    before = final_table(field, games)
    after = final_table(field, [*games, Game((winner, loser), (1.0, 0.0), (1, 0))])
    assert rank(after, winner) <= rank(before, winner)


@given(finals())
def test_a_teams_own_pair_and_withdrawn_entries_never_count(final):
    field, games = final
    team = {entrant.id: entrant.team for entrant in field}
    fair = [g for g in games if all(e in team for e in g.entries) and team[g.entries[0]] != team[g.entries[1]]]
    assert final_table(field, games) == final_table(field, fair)


@given(finals())
def test_which_of_two_is_named_first_does_not_matter(final):
    field, games = final
    turned = [Game(g.entries[::-1], g.points[::-1], g.goals[::-1]) for g in games]
    assert final_table(field, turned) == final_table(field, games)


@given(finals())
def test_a_table_has_everybody_once_in_the_order_of_strength(final):
    field, games = final
    table = final_table(field, games)
    assert sorted(order(table)) == sorted(entrant.id for entrant in field)
    assert all(above.strength > below.strength - 1e-5 for above, below in pairwise(table))
    assert [row.rank for row in table] == sorted(row.rank for row in table)
    for row in table:
        assert row.interval[0] <= row.strength <= row.interval[1]


FOUR = [Entrant(i, team=i, received=float(i)) for i in range(4)]


def played(*results):
    """`(first, second, goals, goals)`."""
    return [
        Game((a, b), (1.0, 0.0) if x > y else (0.0, 1.0) if x < y else (0.5, 0.5), (x, y)) for a, b, x, y in results
    ]


def test_an_unbeaten_team_is_first_with_a_finite_strength():
    table = final_table(FOUR[:3], played((2, 0, 1, 0), (2, 1, 1, 0), (0, 1, 1, 0)))
    assert order(table) == [2, 0, 1]
    assert 500 < table[0].strength < 2000


def test_goals_do_not_matter_where_strengths_differ():
    table = final_table(FOUR[:3], played((0, 1, 1, 0), (0, 2, 1, 0), (1, 2, 9, 0), (1, 2, 9, 0)))
    assert order(table)[0] == 0


def test_equal_strengths_are_parted_by_the_games_among_the_equals():
    """All play all, so equal wins are equal strengths. 3 has beaten 0, and 1 has beaten 2; goals say otherwise."""
    games = played((0, 1, 9, 0), (0, 2, 9, 0), (3, 0, 1, 0), (3, 1, 1, 0), (2, 3, 9, 0), (1, 2, 1, 0))
    table = final_table(FOUR, games)
    assert order(table) == [3, 0, 1, 2]
    row = {row.id: row for row in table}
    assert row[0].strength == pytest.approx(row[3].strength, abs=1e-5)
    assert row[1].strength == pytest.approx(row[2].strength, abs=1e-5)
    assert row[0].goals_for - row[0].goals_against > row[3].goals_for - row[3].goals_against


def test_goal_difference_then_the_earlier_entry_part_what_is_left():
    games = played((0, 1, 1, 1), (1, 2, 2, 2), (2, 0, 0, 0))
    assert order(final_table(FOUR[:3], games)) == [0, 1, 2]
    late = [Entrant(0, 0, 9.0), Entrant(1, 1, 5.0), Entrant(2, 2, 5.0)]
    table = final_table(late, games)
    assert [(row.id, row.rank) for row in table] == [(1, 1), (2, 1), (0, 3)]


def test_wins_count_draws_as_halves_and_a_double_forfeit_as_nothing():
    games = [
        Game((0, 1), (1.0, 0.0), (2, 1)),
        Game((1, 0), (0.5, 0.5), (1, 1)),
        Game((0, 1), (0.0, 0.0), (0, 0)),
    ]
    assert wins_of(FOUR[:2], games) == [[0.0, 1.5], [0.5, 0.0]]


def test_an_empty_field_has_an_empty_table():
    assert final_table([], []) == []


def test_a_thousand_games_of_thirty_entries_are_ranked_as_they_were_made():
    draw = random.Random(5)
    field = [Entrant(i, team=i, received=0.0) for i in range(30)]
    games = []
    for a in range(30):
        for b in range(a):
            for _ in range(6):
                won = draw.random() < 1 / (1 + 10 ** ((b - a) * 40 / 400))
                games.append(Game((a, b), (float(won), float(not won)), (int(won), int(not won))))
    table = final_table(field, games)
    inversions = sum(x < y for i, x in enumerate(order(table)) for y in order(table)[i + 1 :])
    assert inversions < 40  # of 435
    inside = sum(row.interval[0] <= (row.id - 14.5) * 40 <= row.interval[1] for row in table)
    assert inside >= 24
