from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from judge.pairing import PLACED_AFTER, Contender, all_play_all, ladder_pairs, missing_pairs, opponents_for, pair

SEED = b"a phase's seed"


@st.composite
def fields(draw, least=0):
    """Entries of several teams, some of which have more than one."""
    ids = draw(st.lists(st.integers(1, 60), min_size=least, max_size=12, unique=True))
    return [
        Contender(
            i,
            team=draw(st.integers(1, 8)),
            mu=draw(st.floats(0, 50)),
            sigma=draw(st.floats(1, 25 / 3)),
            opponents=draw(st.integers(0, 12)),
        )
        for i in ids
    ]


teams_of = st.dictionaries(st.integers(1, 40), st.integers(1, 6), max_size=10)


@given(teams_of)
def test_in_a_final_everybody_meets_everybody_of_another_team_once(field):
    pairs = all_play_all(field)
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == {(a, b) for a in field for b in field if a < b and field[a] != field[b]}


@given(teams_of)
def test_a_final_does_not_depend_on_the_order_in_which_entries_are_listed(field):
    assert all_play_all(dict(reversed(field.items()))) == all_play_all(field)


@given(first=teams_of, second=teams_of, data=st.data())
def test_cross_play_plays_what_is_missing_and_nothing_else(first, second, data):
    everything = {(a, b) for a in first for b in second if first[a] != second[b]}
    met = data.draw(st.sets(st.sampled_from(sorted(everything)))) if everything else set()
    missing = missing_pairs(first, second, met)
    assert len(set(missing)) == len(missing)
    assert set(missing) == everything - met
    assert missing_pairs(first, second, met | set(missing)) == []


@given(first=teams_of, second=teams_of)
def test_a_teams_own_pair_is_never_played(first, second):
    assert all(first[a] != second[b] for a, b in missing_pairs(first, second, set()))


def test_a_late_entry_meets_everybody_that_is_there():
    first, second = {1: 1, 2: 2}, {11: 1, 12: 2}
    met = set(missing_pairs(first, second, set()))
    assert missing_pairs({**first, 3: 3}, second, met) == [(3, 11), (3, 12)]


@given(field=fields(), round_number=st.integers(0, 50), most=st.integers(0, 8), draw=st.randoms(use_true_random=False))
def test_a_round_of_the_ladder_is_fair_small_and_the_same_wherever_it_is_made(field, round_number, most, draw):
    pairs = ladder_pairs(field, {}, seed=SEED, round_number=round_number, most=most)
    team = {one.id: one.team for one in field}
    busy = [entry for both in pairs for entry in both]
    assert len(pairs) <= most
    assert len(set(busy)) == len(busy)
    assert all(team[a] != team[b] and a < b for a, b in pairs)
    shuffled = list(field)
    draw.shuffle(shuffled)
    assert ladder_pairs(shuffled, {}, seed=SEED, round_number=round_number, most=most) == pairs


@given(fields(least=2))
def test_a_round_is_empty_only_where_nobody_can_meet(field):
    pairs = ladder_pairs(field, {}, seed=SEED, round_number=1, most=1)
    assert bool(pairs) == (len({one.team for one in field}) > 1)


def test_the_least_known_plays_first_against_somebody_close():
    field = [Contender(i, i, mu=10.0 * i, sigma=2.0, opponents=20) for i in range(1, 6)]
    field[2] = Contender(3, 3, mu=30.0, sigma=7.0, opponents=20)
    ((a, b),) = ladder_pairs(field, {}, seed=SEED, round_number=0, most=1)
    assert 3 in (a, b)
    assert {a, b} & {2, 4}


def test_a_newcomer_plays_before_those_who_are_placed_however_sure_it_seems():
    field = [Contender(i, i, mu=25.0, sigma=5.0, opponents=PLACED_AFTER + i) for i in range(1, 6)]
    newcomer = Contender(9, 9, mu=25.0, sigma=1.0, opponents=0)
    ((a, b),) = ladder_pairs([*field, newcomer], {}, seed=SEED, round_number=0, most=1)
    assert 9 in (a, b)


def test_between_alike_opponents_the_one_seldom_met_is_chosen():
    field = [Contender(i, i, mu=25.0, sigma=3.0, opponents=9) for i in (1, 2, 3)]
    field[0] = Contender(1, 1, mu=25.0, sigma=4.0, opponents=9)
    pairs = ladder_pairs(field, {(1, 2): 3}, seed=SEED, round_number=0, most=1)
    assert pairs == [(1, 3)]


def test_over_many_rounds_everybody_plays_about_equally_often():
    field = [Contender(i, i, mu=25.0 + i, sigma=3.0, opponents=9) for i in range(1, 10)]
    played, met = dict.fromkeys(range(1, 10), 0), {}
    for round_number in range(90):
        for both in ladder_pairs(field, met, seed=SEED, round_number=round_number, most=4):
            met[both] = met.get(both, 0) + 1
            for entry in both:
                played[entry] += 1
    assert min(played.values()) > 0.7 * max(played.values())
    assert len(met) == 9 * 8 / 2


@given(field=fields(), newcomer=st.integers(100, 110), opponents=st.integers(0, 10))
def test_a_newcomer_gets_several_opponents_at_once_none_twice_and_none_of_its_own(field, newcomer, opponents):
    new = Contender(newcomer, team=3, mu=25.0, sigma=25 / 3, opponents=opponents)
    met = {pair(new.id, one.id): 1 for one in field[:2]}
    pairs = opponents_for(new, field, met, seed=SEED)
    possible = [one.id for one in field if one.team != new.team and pair(new.id, one.id) not in met]
    assert len(pairs) == min(max(0, PLACED_AFTER - opponents), len(possible))
    assert len(set(pairs)) == len(pairs)
    assert all(newcomer in both and (set(both) - {newcomer}) <= set(possible) for both in pairs)
    assert opponents_for(new, field[::-1], met, seed=SEED) == pairs


def test_a_newcomers_opponents_are_spread_over_the_ladder():
    field = [Contender(i, i, mu=float(i), sigma=2.0, opponents=9) for i in range(1, 31)]
    new = Contender(99, 99, mu=25.0, sigma=25 / 3)
    met = sorted(min(both) for both in opponents_for(new, field, {}, seed=SEED))
    assert len(met) == PLACED_AFTER
    assert met[0] <= 5
    assert met[-1] >= 26
    assert all(later - earlier <= 6 for earlier, later in pairwise(met))
