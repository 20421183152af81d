import itertools
import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from challenges import sheet
from challenges.base import (
    Answer,
    Case,
    Fault,
    Gone,
    Invalid,
    Late,
    Materials,
    Message,
    Phase,
    Played,
    Reply,
    SeatOutcome,
)
from challenges.errors import BrokenChallenge
from challenges.industry.challenge import Industry
from challenges.industry.dispatch import most_work_remaining
from challenges.industry.instances import SIZES, instance
from challenges.industry.references import quick
from challenges.views import validate_gantt
from judge.players import ReplayPlayer
from tests.challenges.fakes import Scripted, seats

NAMES = [size.name for size in SIZES]


def good(seen):
    return {"job_sequences": most_work_remaining(seen["jobs"])}


def played(group, number, score, **columns) -> Played:
    case = Case(f"{group}-{number}", bytes(32), group=group)
    return Played(case, "planner", SeatOutcome(score, {"ratio": 90.0, "feasible": 1.0} | columns))


def test_cases_take_turns_of_the_sizes(industry):
    names = [case.name for case in industry.cases(industry.prepare(b"", cases=0), Phase(bytes(32), 2))]
    assert names == [f"{name}-{i}" for i in (1, 2) for name in NAMES] + ["showcase"]


@pytest.fixture
def hasty(monkeypatch):
    """Searches of one step: for tests of what is searched, not of how well."""
    made = []

    def thorough(jobs):
        made.append(len(jobs))
        return replace(quick(jobs, steps=1), method="tabu")

    monkeypatch.setattr("challenges.industry.references.quick", lambda jobs: quick(jobs, steps=1))
    monkeypatch.setattr("challenges.industry.references.thorough", thorough)
    return made


@pytest.mark.usefixtures("hasty")
def test_prepare_makes_the_references_of_the_practice_phase_and_of_no_other_seed(industry):
    materials = industry.prepare(bytes(32), cases=2)
    assert list(materials.public) == ["taillard.json"]
    private = json.loads(json.dumps(materials.private))
    assert len(private["references"]) == 4 * industry.about.practice_cases + 1
    cases = industry.cases(Materials(private=private), Phase(bytes(32), 3))
    known = [case for case in cases if "reference" in case.params]
    assert [case.name for case in known] == [f"{name}-{i}" for i in (1, 2) for name in NAMES] + ["showcase"]
    assert all(case.params["reference"] == quick(instance(case), steps=1).makespan for case in known)
    strangers = industry.cases(materials, Phase(b"\x01" * 32, 2))
    assert [case.name for case in strangers if "reference" in case.params] == ["showcase"]


def test_a_phase_with_more_cases_than_practice_gets_thorough_references(industry, hasty):
    industry.prepare(bytes(32), cases=3)
    assert hasty == [10, 15, 15, 20] * 3
    hasty.clear()
    industry.prepare(bytes(32), cases=2)
    assert hasty == []


@pytest.mark.usefixtures("hasty")
def test_the_private_part_keeps_how_each_reference_came_about_and_a_worker_is_told(industry):
    for count, method in ((1, "quick"), (3, "tabu")):
        made = industry.prepare(bytes(32), cases=count)
        kept = list(made.private["references"].values())
        assert all(set(one) == {"makespan", "proven", "method"} for one in kept)
        assert [one["method"] for one in kept] == [method] * 4 * count + ["quick"]
        assert made.note.startswith(f"references: {4 * count} by {method}; ")


def test_a_hidden_case_that_was_not_prepared_is_our_fault_and_a_showcase_gets_its_quick_reference(plan, cases):
    bare = Case("10x5-1", cases["10x5"].seed, group="10x5")
    with pytest.raises(BrokenChallenge, match="10x5-1 has no reference"):
        plan(bare, good)
    shown = replace(bare, showcase=True)
    known = replace(shown, params={"reference": quick(instance(bare)).makespan})
    assert plan(shown, good)[0] == plan(known, good)[0]


def test_a_player_is_told_the_limit_then_one_instance(cases, plan):
    _, _, player = plan(cases["15x10"], good)
    assert player.hellos == [{"challenge": "industry", "limit_seconds": 20}]
    (seen,) = player.told
    assert list(seen) == ["machines", "jobs", "limit_seconds"]
    assert (seen["machines"], len(seen["jobs"]), seen["limit_seconds"]) == (10, 15, 20)
    assert seen["jobs"] == [[list(operation) for operation in job] for job in instance(cases["15x10"])]


def test_a_schedule_gets_its_score_its_ratio_and_its_chart(cases, plan):
    case = cases["15x15"]
    outcome, got, _ = plan(case, good)
    chart = outcome.view.data
    validate_gantt(chart)
    assert (chart["machines"], chart["jobs"], len(chart["bars"]), chart["reference"]) == (15, 15, 225, 1230)
    assert got.columns == {"ratio": pytest.approx(100 * 1230 / chart["makespan"], abs=1e-6), "feasible": 1.0}
    assert got.score == pytest.approx(100 * (1230 / chart["makespan"] - 0.7) / 0.3, abs=1e-6)
    assert got.fault is None


def test_a_schedule_better_than_the_reference_gets_100_and_its_ratio_says_so(cases, plan):
    case = Case("x", cases["10x5"].seed, group="10x5", params={"reference": 5_000})
    _, got, _ = plan(case, good)
    assert got.score == 100
    assert got.columns["ratio"] > 100


ALL_TEN = list(range(10))


@pytest.mark.parametrize(
    ("answer", "fault", "code"),
    [
        (Late(), Fault.LATE, "late"),
        (Invalid(Message("reply-too-long")), Fault.INVALID, "unreadable"),
        (None, Fault.INVALID, "wrong_keys"),
        ([], Fault.INVALID, "wrong_keys"),
        ([[0]], Fault.INVALID, "wrong_keys"),
        ({}, Fault.INVALID, "wrong_keys"),
        ({"job_sequences": [], "makespan": 1}, Fault.INVALID, "wrong_keys"),
        ({"Job_sequences": []}, Fault.INVALID, "wrong_keys"),
        ({"job_sequences": None}, Fault.INVALID, "no_list"),
        ({"job_sequences": []}, Fault.INVALID, "machine_count"),
        ({"job_sequences": [ALL_TEN] * 4}, Fault.INVALID, "machine_count"),
        ({"job_sequences": [ALL_TEN] * 4 + [None]}, Fault.INVALID, "machine_no_list"),
        ({"job_sequences": [ALL_TEN] * 4 + [ALL_TEN[1:]]}, Fault.INVALID, "missing_job"),
        ({"job_sequences": [[*ALL_TEN, 0]] * 5}, Fault.INVALID, "too_often"),
        ({"job_sequences": [[float(job) for job in ALL_TEN]] * 5}, Fault.INVALID, "no_index"),
        ({"job_sequences": [[False, True, *ALL_TEN[2:]]] * 5}, Fault.INVALID, "no_index"),
        ({"job_sequences": [[job - 10 for job in ALL_TEN]] * 5}, Fault.INVALID, "unknown_job"),
        ({"job_sequences": [[*ALL_TEN[1:], 10]] * 5}, Fault.INVALID, "unknown_job"),
        ({"job_sequences": [ALL_TEN, ALL_TEN[::-1]] * 2 + [ALL_TEN]}, Fault.INVALID, "deadlock"),
    ],
)
def test_what_is_no_schedule_in_time_scores_0_and_says_why(cases, plan, answer, fault, code):
    outcome, got, _ = plan(cases["10x5"], lambda _: answer)
    assert (got.score, got.fault, got.message.code) == (0.0, fault, code)
    assert got.columns == {"ratio": 0.0, "feasible": 0.0}
    assert outcome.view is None
    for language in sheet.LANGUAGES:
        assert sheet.sentence("industry", got.message, language)


def test_a_program_that_ends_has_no_score(cases, plan):
    _, got, _ = plan(cases["10x5"], lambda _: Gone())
    assert (got.score, got.fault, got.message) == (None, Fault.GONE, Message("gone"))


@pytest.mark.parametrize(
    ("greeting", "fault"),
    [(Late(), Fault.LATE), (Invalid(Message("x")), Fault.INVALID), (Gone(), Fault.GONE)],
)
def test_who_does_not_say_hello_sees_no_instance(cases, plan, greeting, fault):
    _, got, player = plan(cases["10x5"], good, greeting)
    assert (got.score, got.fault, got.message.code, player.told) == (None, fault, f"hello_{fault}", [])


def test_a_schedule_of_another_instance_is_no_schedule_here(cases, plan):
    other = Case("x", b"\x09" * 32, group="20x20", params={"reference": 1600})
    answer = {"job_sequences": most_work_remaining(instance(other))}
    assert plan(other, lambda _: answer)[1].score > 0
    _, got, _ = plan(cases["20x20"], lambda _: answer)
    assert (got.score, got.message.code) == (0.0, "deadlock")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
orders = st.lists(st.lists(json_values | st.integers(0, 9), max_size=12) | json_values, max_size=6)
answers = st.one_of(
    json_values.map(Reply),
    (orders | json_values).map(lambda value: Reply({"job_sequences": value})),
    st.permutations(range(10)).map(lambda order: Reply({"job_sequences": [list(order)] * 5})),
    st.sampled_from([Late(), Gone(), Invalid(Message("reply-not-json"))]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=answers, greeting=answers)
def test_whatever_comes_ends_in_a_score_or_a_fault_with_a_sentence(industry, cases, answer, greeting):
    case = cases["10x5"]
    outcome = industry.play(case, seats(planner=Scripted(lambda _: answer, greeting)), {})
    got = outcome.seats["planner"]
    json.dumps(outcome.to_json(), allow_nan=False)
    assert (got.fault is None) == (got.message is None)
    assert got.fault is not None or got.score is not None
    assert got.score is None or 0 <= got.score <= 100
    if got.message is not None:
        assert sheet.sentence("industry", got.message, "en")


def test_a_kept_transcript_gives_the_same_bytes(industry, cases):
    for case, answer in itertools.product(cases.values(), (good, lambda _: {"job_sequences": [[0]]})):
        texts = []

        def told(seen, texts=texts, answer=answer):
            texts.append(json.dumps(answer(seen)))
            return json.loads(texts[-1])

        outcome = industry.play(case, seats(planner=Scripted(told)), {})
        lines = "".join(json.dumps({"reply": text}) + "\n" for text in ("null", *texts))
        clock = industry.about.clocks["planner"]
        again = industry.play(case, seats(planner=ReplayPlayer.of(lines, clock)), {})
        assert json.dumps(again.to_json()) == json.dumps(outcome.to_json())


def test_a_line_cut_short_and_two_answers_in_one_are_replied_to_with_a_sentence(industry, cases):
    clock = industry.about.clocks["planner"]
    for line in ('{"job_sequences": [[0, 1', '{"job_sequences": []} {"job_sequences": []}', "", "NaN", "[" * 40):
        transcript = "".join(json.dumps({"reply": text}) + "\n" for text in ("null", line))
        got = industry.play(cases["10x5"], seats(planner=ReplayPlayer.of(transcript, clock)), {}).seats["planner"]
        assert (got.score, got.fault, got.message.code) == (0.0, Fault.INVALID, "unreadable")


def test_the_longest_honest_reply_fits(industry):
    clock = industry.about.clocks["planner"]
    assert len(json.dumps({"job_sequences": [list(range(20))] * 20}, indent=1)) < clock.reply_bytes
    assert clock.reply_depth >= 3
    assert clock.per_message_seconds == 20


def test_a_score_is_the_mean_over_instances_then_over_sizes(industry):
    rows = [
        played("10x5", 1, 10.0, ratio=80.0),
        played("10x5", 2, 30.0, ratio=90.0),
        played("15x10", 1, 40.0, ratio=100.0),
        played("20x20", 1, 90.0, ratio=101.0, feasible=0.0),
    ]
    score = industry.score(rows)[""]
    assert score.public == score.final == 50.0
    assert score.columns == {
        "size_10x5": 20,
        "size_15x10": 40,
        "size_20x20": 90,
        "ratio": pytest.approx((85 + 100 + 101) / 3, abs=1e-6),
        "feasible": 3,
    }
    assert score.ties == (-score.columns["ratio"],)
    assert score.interval is None


def test_two_instances_of_each_size_give_an_interval_within_the_scale(industry):
    low, high = industry.score([played(g, n, s) for g in NAMES for n, s in ((1, 90.0), (2, 99.0))])[""].interval
    assert 0 <= low < 94.5 < high <= 100


def test_a_score_does_not_depend_on_the_order_of_runs(industry):
    draw = random.Random(4)
    rows = [played(g, n, draw.uniform(0, 100), ratio=draw.uniform(60, 101)) for g in NAMES for n in range(1, 4)]
    assert len({repr(industry.score(draw.sample(rows, len(rows)))) for _ in range(10)}) == 1


def test_runs_without_a_score_and_no_runs_cannot_be_scored(industry):
    for rows in ([], [played("10x5", 1, None)]):
        with pytest.raises(BrokenChallenge):
            industry.score(rows)


def test_nobody_meets_anybody(industry):
    assert industry.meetings(industry.prepare(b"", cases=0), Phase(bytes(32), 2)) == []
    with pytest.raises(BrokenChallenge):
        industry.field({})


PROGRAM = """
import hashlib, json
from tests.challenges.fakes import Scripted, seats
from challenges.base import Case
from challenges.industry.challenge import Industry
from challenges.industry.dispatch import most_work_remaining
industry = Industry()
for size in ("10x5", "15x10", "20x20"):
    plan = lambda seen: {"job_sequences": most_work_remaining(seen["jobs"])}
    params = {} if size == "10x5" else {"reference": 1000}
    case = Case(size, bytes(32), group=size, params=params, showcase=not params)
    outcome = industry.play(case, seats(planner=Scripted(plan)), {})
    print(hashlib.sha256(json.dumps(outcome.to_json()).encode()).hexdigest())
"""


def test_two_processes_get_the_same_bytes():
    line = {"PODIUM_CHALLENGES": "industry=challenges.industry.challenge:Industry", "PYTHONPATH": "."}
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**line, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(set(runs[0].stdout.split())) == 3
    assert runs[0].stderr == runs[1].stderr == ""


def test_answers_of_all_kinds_are_told_apart():
    """`Answer` has four members; `read` must know them all."""
    assert set(Answer.__args__) == {Reply, Late, Invalid, Gone}
    assert Industry().about.seats == ("planner",)
