import itertools
import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from challenges.industry import references
from challenges.industry.benchmark import PUBLISHED, file
from challenges.industry.dispatch import most_work_remaining
from challenges.industry.instances import taillard
from challenges.industry.references import Reference, lower_bound, quick, thorough
from challenges.industry.schedule import makespan
from challenges.industry.tabu import Search
from tests.challenges.industry.published import FT06, FT10, LA01, LA02, LA06, ORB07, TA01

METHODS = ("tabu", "cp-sat", "quick")


@pytest.mark.parametrize(
    ("jobs", "optimum", "worst"),
    [(FT06, 55, 55), (LA01, 666, 666), (LA02, 655, 662), (LA06, 926, 926), (ORB07, 397, 412), (FT10, 930, 980)],
    ids=["ft06", "la01", "la02", "la06", "orb07", "ft10"],
)
def test_a_quick_reference_comes_near_a_published_optimum_and_never_below_it(jobs, optimum, worst):
    found = quick(jobs)
    assert optimum <= found.makespan <= worst
    assert not found.proven or found.makespan == optimum


def test_a_quick_reference_of_ta01_is_within_three_percent_of_its_optimum():
    assert 1231 <= quick(TA01).makespan <= 1.03 * 1231


def test_an_optimum_that_meets_the_bound_is_known_to_be_one():
    assert quick(LA01) == Reference(666, proven=True, method="quick")
    assert quick(LA06) == Reference(926, proven=True, method="quick")


def test_the_lower_bound_is_taillards():
    """Taillard 1993, table 1 (15 x 15): the column of lower bounds."""
    rows = [row for row in PUBLISHED if row.jobs == 15]
    made = [taillard(row.time_seed, row.machine_seed, jobs=15, machines=15) for row in rows]
    assert [lower_bound(jobs) for jobs in made] == [1005, 953, 1036, 973, 940, 1134, 1103, 980, 1020, 940]


def brute_force(jobs):
    """The optimum, by trying all orders."""
    from challenges.errors import InvalidEntry

    best = None
    for sequences in itertools.product(itertools.permutations(range(len(jobs))), repeat=len(jobs[0])):
        try:
            length = makespan(jobs, sequences)
        except InvalidEntry:
            continue
        best = length if best is None else min(best, length)
    return best


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 2**31 - 2), machines=st.integers(1, 3))
def test_small_shops_are_solved_to_the_optimum_of_brute_force(seed, machines):
    jobs = taillard(seed, seed, jobs=3, machines=machines)
    optimum = brute_force(jobs)
    assert quick(jobs, steps=300).makespan == optimum
    assert lower_bound(jobs) <= optimum


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 2**31 - 2), jobs=st.integers(1, 8), machines=st.integers(1, 6), steps=st.integers(1, 200))
def test_a_search_claims_what_its_orders_take_and_never_loses_ground(seed, jobs, machines, steps):
    shop = taillard(seed, seed, jobs=jobs, machines=machines)
    start = most_work_remaining(shop)
    search = Search(shop, start)
    assert search.length == makespan(shop, start)
    assert search.run(steps) == makespan(shop, search.best_orders()) <= makespan(shop, start)


def test_every_step_leaves_a_schedule_with_true_heads_and_tails():
    search = Search(FT10, most_work_remaining(FT10))
    for step in range(1, 200):
        move = search._choose(step)
        search._forbid(move, step + 12)
        search._apply(move[0], behind=move[1])
        heads, tails, length = search.head.copy(), search.tail.copy(), search.length
        assert sorted(search.order) == list(range(100))
        search.order = search._sorted()
        assert len(search.order) == 100
        search._forward(0)
        search._backward(99)
        assert (search.head, search.tail, search._length()) == (heads, tails, length)
        search._kept = search._copy()
        assert makespan(FT10, search.best_orders()) == length
        for place, op in enumerate(search.order):
            search.place[op] = place


def test_the_estimate_of_a_swap_is_a_path_that_is_there_afterwards():
    """Taillard (ORSA Journal on Computing 6 (1994) 108-117): of two neighbours, the estimate is exact for the longest
    path through either."""
    search, swaps = Search(FT10, most_work_remaining(FT10)), 0
    for step in range(1, 300):
        moves = search._moves()
        ops, behind = moves[step % len(moves)]
        estimate = search._estimate_behind(ops) if behind else search._estimate_before(ops)
        search._apply(ops, behind=behind)
        if len(ops) == 2:
            swaps += 1
            assert max(search.head[op] + search.tail[op] - search.duration[op] for op in ops) == estimate
            assert search.length >= estimate
    assert swaps > 50


def test_thorough_is_no_worse_than_quick_with_as_many_steps():
    assert thorough(LA02, steps=1_000, deterministic_seconds=1.0).makespan <= quick(LA02, steps=1_000).makespan


def test_without_ortools_a_thorough_reference_is_the_best_of_four_searches(monkeypatch):
    """Also where ortools is installed: what a machine without it gets is tested on every machine."""
    monkeypatch.setattr(references, "find_spec", lambda _: None)
    monkeypatch.setattr(references, "import_module", None)
    found = thorough(LA02, steps=300)
    searched = []
    for stream in range(1, 5):
        search = Search(LA02, most_work_remaining(LA02), seed=stream)
        search.run(300)
        searched.append(search.best)
    assert found.makespan == min(searched)
    assert 655 <= found.makespan <= quick(LA02, steps=300).makespan
    assert found == thorough(LA02, steps=300)
    assert found.method == "tabu"


def test_an_operator_is_told_by_what_method_and_how_to_get_a_better_one(monkeypatch):
    searched, solved, fast = (Reference(9, proven=method == "cp-sat", method=method) for method in METHODS)
    monkeypatch.setattr(references, "find_spec", lambda _: None)
    assert references.note([searched] * 3).startswith("references: 3 by tabu; 0 of 3 proven optimal; ortools is not")
    assert "pip install 'podium[prepare]'" in references.note([searched])
    assert references.note([fast]) == "references: 1 by quick; 0 of 1 proven optimal"
    monkeypatch.setattr(references, "find_spec", lambda _: "there")
    assert references.note([solved, searched]) == "references: 1 by cp-sat, 1 by tabu; 1 of 2 proven optimal"
    assert "pip" not in references.note([searched])


with_ortools = pytest.mark.skipif(
    find_spec("ortools") is None,
    reason="without the extra podium[prepare] nothing is left to CP-SAT; the searches alone are tested above",
)
"""An ortools that is installed and does not work fails these tests, it does not skip them."""


@with_ortools
@pytest.mark.parametrize(("jobs", "optimum"), [(FT06, 55), (LA02, 655)], ids=["ft06", "la02"])
def test_with_ortools_a_thorough_reference_of_a_small_shop_is_the_proven_optimum(jobs, optimum):
    assert thorough(jobs, steps=20, deterministic_seconds=20.0) == Reference(optimum, proven=True, method="cp-sat")


@with_ortools
def test_with_ortools_work_and_not_time_says_when_to_stop():
    found = [thorough(FT10, steps=50, deterministic_seconds=1.0) for _ in range(2)]
    assert found[0] == found[1]
    assert 930 <= found[0].makespan < quick(FT10, steps=50).makespan


PROGRAM = """
from challenges.industry.instances import taillard
from challenges.industry.references import quick
print([quick(taillard(seed, seed, jobs=10, machines=10), steps=800).makespan for seed in (1, 2, 3)])
"""


def test_two_processes_find_the_same():
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]


def test_the_public_file_has_published_instances_as_the_message_shows_them():
    instances = json.loads(file())
    assert len(instances) == 30
    assert instances["ta01"]["jobs"] == [[list(operation) for operation in job] for job in TA01]
    assert instances["ta01"]["best_known"] == 1231
    for row in instances.values():
        jobs = [[tuple(operation) for operation in job] for job in row["jobs"]]
        assert {len(job) for job in jobs} == {row["machines"]}
        assert lower_bound(jobs) <= row["best_known"] <= makespan(jobs, most_work_remaining(jobs))
