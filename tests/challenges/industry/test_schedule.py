import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.errors import InvalidEntry
from challenges.industry.instances import taillard
from challenges.industry.schedule import makespan, orders_of, timetable
from tests.challenges.industry.published import FT06, OR_TOOLS, ORB07, ORB07_STARTS

SMALL = [[(0, 3), (1, 2)], [(1, 2), (0, 4)]]


@pytest.mark.parametrize(
    "sequences",
    [
        # The two optimal schedules that Google's page has printed over the years: [0,3][3,5], [0,4][4,6][7,11] ...
        [[0, 1], [2, 0, 1], [1, 0, 2]],
        # ... and [0,2][2,5], [0,4][5,7][7,11], [2,3][4,7][7,9].
        [[1, 0], [2, 0, 1], [1, 2, 0]],
    ],
)
def test_the_optimal_schedules_of_or_tools_page_take_11(sequences):
    assert makespan(OR_TOOLS, sequences) == 11


def test_a_published_optimal_schedule_comes_out_start_by_start():
    sequences = [sorted(range(10), key=lambda job: ORB07_STARTS[job][machine]) for machine in range(10)]
    assert makespan(ORB07, sequences) == 397
    starts = timetable(ORB07, sequences)
    assert [[ORB07_STARTS[j][machine] for machine, _ in job] for j, job in enumerate(ORB07)] == starts


def test_an_optimal_order_of_ft06_takes_55():
    sequences = [
        [0, 3, 2, 5, 1, 4],
        [1, 3, 5, 0, 4, 2],
        [2, 0, 1, 4, 3, 5],
        [2, 5, 0, 3, 1, 4],
        [1, 4, 2, 3, 5, 0],
        [2, 5, 1, 0, 4, 3],
    ]
    assert makespan(FT06, sequences) == 55


def test_the_example_of_the_statement_takes_7():
    assert timetable(SMALL, [[0, 1], [1, 0]]) == [[0, 3], [0, 3]]
    assert makespan(SMALL, [[0, 1], [1, 0]]) == 7


def test_one_job_after_the_other_takes_the_sum_on_a_single_machine():
    assert makespan([[(0, 3)], [(0, 4)], [(0, 5)]], [[2, 0, 1]]) == 12


def test_nothing_to_do_takes_no_time():
    assert makespan([], []) == 0


def test_a_job_may_come_back_to_a_machine():
    assert makespan([[(0, 2), (1, 3), (0, 2)], [(0, 1)]], [[0, 1, 0], [0]]) == 7
    assert makespan([[(0, 2), (1, 3), (0, 2)], [(0, 1)]], [[0, 0, 1], [0]]) == 8


@pytest.mark.parametrize(
    ("sequences", "code"),
    [
        (None, "no_list"),
        ("01", "no_list"),
        ({"0": [0, 1]}, "no_list"),
        ([], "machine_count"),
        ([[0, 1]], "machine_count"),
        ([[0, 1], [1, 0], []], "machine_count"),
        ([[0, 1], None], "machine_no_list"),
        ([[0, 1], "10"], "machine_no_list"),
        ([[0, 1], 1], "machine_no_list"),
        ([[0, 1], [1, 0.0]], "no_index"),
        ([[0, 1], [True, False]], "no_index"),
        ([[0, True], [1, 0]], "no_index"),
        ([[0, 1], ["1", "0"]], "no_index"),
        ([[0, 1], [1, None]], "no_index"),
        ([[0, 1], [1, [0]]], "no_index"),
        ([[0, 1], [1, math.nan]], "no_index"),
        ([[0, 1], [1, 1e308]], "no_index"),
        ([[0, 1], [1, 2]], "unknown_job"),
        ([[0, -1], [1, 0]], "unknown_job"),
        ([[0, 10**400], [1, 0]], "unknown_job"),
        ([[0, 1], [1, 1]], "too_often"),
        ([[0, 1, 0], [1, 0]], "too_often"),
        ([[0, 1], [1]], "missing_job"),
        ([[], []], "missing_job"),
        ([[1, 0], [0, 1]], "deadlock"),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_reason(sequences, code):
    with pytest.raises(InvalidEntry) as caught:
        makespan(SMALL, sequences)
    assert caught.value.public.code == code
    assert all(isinstance(value, str | int) and abs(int(value)) < 100 for value in caught.value.public.params.values())


def test_a_job_that_skips_a_machine_may_not_stand_there():
    with pytest.raises(InvalidEntry) as caught:
        makespan(OR_TOOLS, [[0, 1, 2], [2, 0, 1], [1, 0, 2]])
    assert caught.value.public.params == {"machine": 0, "job": 2, "visits": 0}


def test_a_circle_names_an_operation_that_waits_in_it():
    with pytest.raises(InvalidEntry) as caught:
        makespan(SMALL, [[1, 0], [0, 1]])
    assert caught.value.public.params == {"machine": 0, "job": 1, "left": 4}


shops = st.builds(
    lambda seed, jobs, machines: taillard(seed, seed, jobs=jobs, machines=machines),
    st.integers(1, 2**31 - 2),
    st.integers(1, 7),
    st.integers(1, 6),
)


def played_at_random(jobs, chance):
    """Orders of a schedule that certainly exists: operations in a random order that keeps every job's own."""
    sequences = [[] for _ in jobs[0]]
    left = [iter(job) for job in jobs]
    turns = [number for number, job in enumerate(jobs) for _ in job]
    chance.shuffle(turns)
    for number in turns:
        sequences[next(left[number])[0]].append(number)
    return sequences


@given(jobs=shops, seed=st.integers(0, 2**32))
def test_a_timetable_breaks_no_rule_and_leaves_no_gap(jobs, seed):
    sequences = played_at_random(jobs, random.Random(seed))
    starts = timetable(jobs, sequences)
    ends = [[s + d for s, (_, d) in zip(row, job, strict=True)] for row, job in zip(starts, jobs, strict=True)]
    place = {(number, m): k for number, job in enumerate(jobs) for k, (m, _) in enumerate(job)}
    for number, job in enumerate(jobs):
        for k, (machine, _) in enumerate(job):
            order = sequences[machine]
            at = order.index(number)
            by_job = ends[number][k - 1] if k else 0
            by_machine = ends[order[at - 1]][place[order[at - 1], machine]] if at else 0
            assert starts[number][k] == max(by_job, by_machine)
    assert makespan(jobs, sequences) == max(map(max, ends))
    assert orders_of(jobs, starts) == sequences


@given(jobs=shops, seed=st.integers(0, 2**32))
def test_a_makespan_lies_between_the_longest_job_and_the_sum_of_all(jobs, seed):
    length = makespan(jobs, played_at_random(jobs, random.Random(seed)))
    assert max(sum(d for _, d in job) for job in jobs) <= length <= sum(d for job in jobs for _, d in job)


@given(jobs=shops, seed=st.integers(0, 2**32))
def test_any_orders_of_all_jobs_have_a_makespan_or_a_circle(jobs, seed):
    chance = random.Random(seed)
    sequences = [chance.sample(range(len(jobs)), len(jobs)) for _ in jobs[0]]
    try:
        assert makespan(jobs, sequences) > 0
    except InvalidEntry as error:
        assert error.public.code == "deadlock"  # noqa: PT017 - both ends are fine


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(value=json_values)
def test_whatever_json_can_be_is_a_schedule_or_refused(value):
    try:
        assert makespan(SMALL, value) in {7, 11}
    except InvalidEntry as error:
        assert error.public.code  # noqa: PT017
