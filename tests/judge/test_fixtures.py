"""Fixtures: only missing ones, never a team's own, everybody catches up, and the cost is bounded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from judge import fixtures
from judge.derived import NEWCOMER
from judge.fixtures import Fixture
from judge.pairing import all_play_all, pair

fields = st.dictionaries(st.integers(1, 30), st.integers(1, 8), max_size=9)
"""entry -> team"""


def played(due, *, open_=False):
    return [Fixture(one.track, one.case, one.first, one.second, open=open_) for one in due]


@given(first=fields, second=fields, cases=st.lists(st.sampled_from("abc"), unique=True), upto=st.integers(0, 99))
def test_cross_play_plays_every_pair_once_but_a_teams_own(first, second, cases, upto):
    due = fixtures.cross(cases, first, second, [])
    assert {(one.case, one.first, one.second) for one in due} == {
        (case, a, b) for case in cases for a in first for b in second if first[a] != second[b]
    }
    assert len(due) == len(set(due))
    done, left = due[:upto], due[upto:]
    assert set(fixtures.cross(cases, first, second, played(done))) == set(left)


@given(first=fields, second=fields, newcomer=st.integers(31, 40))
def test_a_late_attack_meets_every_defence_and_nobody_plays_again(first, second, newcomer):
    before = fixtures.cross(["a"], first, second, [])
    late = fixtures.cross(["a"], {**first, newcomer: 99}, second, played(before))
    assert {(one.first, one.second) for one in late} == {(newcomer, defence) for defence in second}


def season(field, *, opponents, batch=3, cases=("a",)):
    """Play a ladder out, some games at a time; every fixture that it made."""
    made: list[Fixture] = []
    while True:
        ratings = dict.fromkeys(field, NEWCOMER)
        pairs = fixtures.ladder(field, ratings, made, seed=b"seed", opponents=opponents)
        made += fixtures.both_ways("", cases, pairs, field, made)
        waiting = [number for number, one in enumerate(made) if one.open]
        if not waiting:
            return made
        for number in waiting[:batch]:
            one = made[number]
            made[number] = Fixture(one.track, one.case, one.first, one.second, open=False)


def opponents_of(made, entry):
    return {one.first if one.second == entry else one.second for one in made if entry in (one.first, one.second)}


@settings(max_examples=40)
@given(field=fields, opponents=st.integers(1, 9), batch=st.integers(1, 5))
def test_a_ladder_gives_everybody_enough_opponents_and_asks_for_no_more(field, opponents, batch):
    made = season(field, opponents=opponents, batch=batch)
    assert len(made) == len(set(made)), "no game twice"
    pairs = {pair(one.first, one.second) for one in made}
    assert len(made) == 2 * len(pairs), "both ways round"
    for entry, team in field.items():
        met = opponents_of(made, entry)
        assert all(field[other] != team for other in met)
        others = sum(other != team for other in field.values())
        assert len(met) >= min(opponents, others)
    assert len(pairs) <= opponents * len(field)


@settings(max_examples=40)
@given(field=fields, opponents=st.integers(1, 9))
def test_a_late_entry_gets_its_opponents_and_plays_all_that_is_played_for_it(field, opponents):
    made = season(field, opponents=opponents)
    late = {**field, 99: 99}
    more = list(made)
    while True:
        pairs = fixtures.ladder(late, dict.fromkeys(late, NEWCOMER), more, seed=b"seed", opponents=opponents)
        if not pairs:
            break
        assert all(99 in one for one in pairs)
        more += played(fixtures.both_ways("", ["a"], pairs, late, more))
    lacked = sum(len(opponents_of(made, entry)) < opponents for entry in field)
    assert min(opponents, len(field)) <= len(opponents_of(more, 99)) <= opponents + lacked


def test_a_pair_that_was_broken_off_is_made_up_for():
    field = {1: 1, 2: 2}
    half = [Fixture("", "a", 1, 2, open=False)]
    assert fixtures.both_ways("", ["a"], [], field, half) == [Fixture("", "a", 2, 1)]
    assert fixtures.both_ways("", ["a"], [], {1: 1}, half) == []


@given(field=fields)
def test_in_a_final_all_play_all_both_ways_round(field):
    due = fixtures.both_ways("", ["a", "b"], all_play_all(field), field, [])
    assert {(one.case, one.first, one.second) for one in due} == {
        (case, a, b) for case in "ab" for a in field for b in field if a != b and field[a] != field[b]
    }
    assert fixtures.both_ways("", ["a", "b"], all_play_all(field), field, played(due)) == []


@given(field=fields, shuffle=st.randoms())
def test_whoever_is_listed_first_changes_nothing(field, shuffle):
    """Two workers that look at the same field make the same fixtures."""
    listed = list(field.items())
    shuffle.shuffle(listed)
    once, again = (
        fixtures.ladder(one, dict.fromkeys(one, NEWCOMER), [], seed=b"seed", opponents=4)
        for one in (field, dict(listed))
    )
    assert once == again
