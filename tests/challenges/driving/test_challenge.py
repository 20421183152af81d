import itertools
import math
import random

import pytest

from challenges.base import Case, Fault, Gone, Invalid, Late, Message, Phase, Played, SeatOutcome
from challenges.driving.challenge import hello
from challenges.driving.scenarios import build
from challenges.errors import BrokenChallenge

STILL = {"accel": -1.0, "steer": 0.0}
GO = {"accel": 0.3, "steer": 0.0}
DISCIPLINES = ("avoid", "race", "urban")


def played(group, number, score, **columns) -> Played:
    base = {"collisions": 0.0, "seconds": 30.0, "jerk": 1.0, "completion": 50.0}
    case = Case(f"{group}-{number}", bytes(32), group=group)
    return Played(case, "driver", SeatOutcome(score, base | columns))


def test_cases_take_turns_of_the_disciplines(driving):
    names = [case.name for case in driving.cases(driving.prepare(b"", cases=1), Phase(bytes(32), 2))]
    assert names == ["avoid-1", "race-1", "urban-1", "avoid-2", "race-2", "urban-2", "showcase"]


def test_the_showcase_is_the_same_in_every_phase(driving):
    one, other = (driving.cases(driving.prepare(b"", cases=1), Phase(bytes([i]) * 32, 1))[-1] for i in (1, 2))
    assert one == other
    assert one.showcase


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_an_observation_is_exactly_what_the_statement_says(drive, cases, discipline):
    _, _, player = drive(cases[discipline], lambda seen: GO if seen["t"] < 12 else None)
    assert len(player.hellos) == 1
    assert player.hellos[0]["discipline"] == discipline
    for tick, seen in enumerate(player.told):
        assert list(seen) == ["t", "speed", "limit", "route", "left_m", "vehicles"]
        assert seen["t"] == pytest.approx(0.2 * tick)
        assert len(seen["route"]) == 20
        assert len(seen["vehicles"]) <= 12
        assert all(list(vehicle) == ["xy", "heading", "speed"] for vehicle in seen["vehicles"])
        distances = [math.hypot(*vehicle["xy"]) for vehicle in seen["vehicles"]]
        assert distances == sorted(distances)
        assert all(distance <= 80.001 for distance in distances)
        assert 0 <= seen["speed"] <= 40


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_the_route_begins_three_metres_ahead_in_the_middle_of_the_lane(cases, discipline, drive):
    _, _, player = drive(cases[discipline], lambda _: Gone())
    first = player.told[0]["route"]
    assert first[0] == pytest.approx([3.0, 0.0], abs=0.05)
    assert first[1] == pytest.approx([6.0, 0.0], abs=0.05)


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_standing_still_earns_next_to_nothing_and_is_never_at_fault(drive, cases, discipline):
    _, got, _ = drive(cases[discipline], lambda _: STILL)
    assert got.score < 6
    assert got.columns["collisions"] == 0
    assert got.fault is None


@pytest.mark.parametrize("fault", [Late(), Invalid(Message("not_json"))])
def test_two_faults_are_forgiven(drive, cases, fault):
    answers = iter([GO, fault, GO, fault])
    _, got, player = drive(cases["avoid"], lambda _: next(answers, GO))
    assert got.fault is None
    assert got.score is not None
    assert len(player.told) > 100


def test_the_third_fault_ends_the_run_with_the_completion_so_far(drive, cases):
    answers = iter([GO] * 20 + [Late(), "nonsense", Late()])
    outcome, got, player = drive(cases["avoid"], lambda _: next(answers))
    assert len(player.told) == 23
    assert got.fault is Fault.LATE
    assert got.message == Message("late", {"tick": 22})
    assert 0 < got.score < 30
    assert got.columns["seconds"] == pytest.approx(22 * 0.2)
    assert [mark["kind"] for mark in outcome.view.data["marks"]].count("fault") == 3


def test_a_program_that_ends_has_no_score(drive, cases):
    answers = iter([GO] * 5 + [Gone()])
    _, got, _ = drive(cases["race"], lambda _: next(answers))
    assert (got.score, got.fault) == (None, Fault.GONE)
    assert got.message == Message("gone", {"tick": 5})


@pytest.mark.parametrize(
    ("greeting", "fault"),
    [(Late(), Fault.LATE), (Invalid(Message("x")), Fault.INVALID), (Gone(), Fault.GONE)],
)
def test_who_does_not_say_hello_is_asked_nothing(drive, cases, greeting, fault):
    _, got, player = drive(cases["avoid"], lambda _: GO, greeting)
    assert (got.score, got.fault, player.told) == (None, fault, [])


def test_a_score_is_the_mean_over_cases_then_over_disciplines(driving):
    rows = [played("avoid", 1, 10.0), played("avoid", 2, 30.0), played("race", 1, 40.0), played("urban", 1, 90.0)]
    score = driving.score(rows)[""]
    assert score.public == score.final == pytest.approx((20 + 40 + 90) / 3)
    assert (score.columns["avoid"], score.columns["race"], score.columns["urban"]) == (20, 40, 90)
    assert score.interval is None


def test_a_score_does_not_depend_on_the_order_of_runs(driving):
    draw = random.Random(4)
    rows = [played(g, n, draw.uniform(0, 100), jerk=draw.random()) for g in DISCIPLINES for n in range(1, 4)]
    scores = set()
    for order in itertools.islice(itertools.permutations(rows), 0, 5000, 500):
        scores.add(repr(driving.score(list(order))))
    assert len(scores) == 1


def test_two_cases_of_each_discipline_give_an_interval_within_the_scale(driving):
    score = driving.score([played(g, n, s) for g in DISCIPLINES for n, s in ((1, 90.0), (2, 99.0))])[""]
    assert score.interval is not None
    low, high = score.interval
    assert 0 <= low < score.public < high <= 100


def test_a_single_case_has_a_score_and_no_interval(driving):
    score = driving.score([played("avoid", 1, 42.0)])[""]
    assert (score.public, score.interval) == (42.0, None)
    assert "race" not in score.columns


def test_ties_are_broken_by_collisions_in_all_then_time_then_jerk(driving):
    rows = [played("avoid", 1, 50.0, collisions=2.0), played("race", 1, 50.0, collisions=1.0, seconds=20.0, jerk=3.0)]
    assert driving.score(rows)[""].ties == (3.0, 25.0, 2.0)


def test_a_run_without_a_score_cannot_be_scored(driving):
    with pytest.raises(BrokenChallenge):
        driving.score([played("avoid", 1, None)])


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_the_first_message_says_what_holds_for_the_episode(cases, discipline):
    info = hello(build(cases[discipline]))
    assert info["challenge"] == "driving"
    assert info["step_seconds"] == 0.2
    assert info["vehicle"] == {"length": 5.0, "width": 2.0}
    assert info["limits"]["accel"] == [-6.0, 4.0]
    assert info["limits"]["steer"] == [-0.6, 0.6]
