"""What a makespan is measured against: the shortest schedule that we know of an instance.

Two ways to find one, and both are reproducible: no clock decides when they stop.

quick     one tabu search with a number of steps by size: about a second for the largest instance. Plain Python, so that
          a practice phase, `podium try` and a machine without the extra get the same figure.
thorough  four longer tabu searches from other random streams; then, where ortools is installed (`podium[prepare]`),
          CP-SAT with one worker, a fixed seed and a limit in its own deterministic time, which begins with the best of
          them and often proves the optimum. Up to ten minutes for an instance of 20 x 20.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from challenges.industry.dispatch import most_work_remaining
from challenges.industry.instances import Jobs
from challenges.industry.schedule import makespan, timetable
from challenges.industry.tabu import Search

QUICK_STEPS, QUICK_FEWEST_STEPS = 20, 2_000
"""For each operation; and at least."""
THOROUGH_STEPS, THOROUGH_STREAMS = 400, 4
DETERMINISTIC_SECONDS = 100.0
"""CP-SAT's own measure of work; a unit took between two and five seconds on the machine that this was written on."""


Method = Literal["quick", "tabu", "cp-sat"]
"""quick; thorough by the searches alone; thorough, with CP-SAT after them."""
WITHOUT = "ortools is not installed here, so CP-SAT tried none of them: pip install 'podium[prepare]'"


@dataclass(frozen=True, slots=True)
class Reference:
    """The shortest schedule known of an instance, whether none can be shorter, and what found it."""

    makespan: int
    proven: bool
    method: Method


def quick(jobs: Jobs, *, steps: int | None = None) -> Reference:
    """About a second; see above. `steps` instead of the number by size."""
    count = sum(map(len, jobs))
    orders = _searched(jobs, stream=1, steps=steps or max(QUICK_FEWEST_STEPS, QUICK_STEPS * count))
    return _reference(jobs, orders, "quick")


def thorough(
    jobs: Jobs, *, steps: int | None = None, deterministic_seconds: float = DETERMINISTIC_SECONDS
) -> Reference:
    """Up to ten minutes; see above. `steps` of each tabu search instead of the number by size."""
    steps = steps or THOROUGH_STEPS * sum(map(len, jobs))
    orders = min(
        (_searched(jobs, stream=stream, steps=steps) for stream in range(1, THOROUGH_STREAMS + 1)),
        key=lambda found: makespan(jobs, found),
    )
    known = _reference(jobs, orders, "tabu")
    if known.proven or not _has_ortools():
        return known
    return _constraint_programming(jobs, orders, known, deterministic_seconds)


def note(found: Sequence[Reference]) -> str:
    """A sentence for the operator: by what method, and what is missing for a better one."""
    methods = Counter(reference.method for reference in found)
    by = ", ".join(f"{count} by {method}" for method, count in sorted(methods.items()))
    proven = sum(reference.proven for reference in found)
    alone = set(methods) == {"tabu"} and not _has_ortools()
    return f"references: {by}; {proven} of {len(found)} proven optimal" + (f"; {WITHOUT}" if alone else "")


def _has_ortools() -> bool:
    return find_spec("ortools") is not None


def lower_bound(jobs: Jobs) -> int:
    """No schedule is shorter than the longest job, nor than what the busiest machine has to do with the least that must
    come before and after it (Taillard 1993, section 4)."""
    machines = 1 + max(machine for job in jobs for machine, _ in job)
    load, before, after = [0] * machines, [1 << 60] * machines, [1 << 60] * machines
    longest = 0
    for job in jobs:
        total = sum(duration for _, duration in job)
        longest, done = max(longest, total), 0
        for machine, duration in job:
            load[machine] += duration
            before[machine] = min(before[machine], done)
            done += duration
            after[machine] = min(after[machine], total - done)
    return max(longest, *(load[i] + before[i] + after[i] for i in range(machines) if load[i]))


def _searched(jobs: Jobs, *, stream: int, steps: int) -> list[list[int]]:
    search = Search(jobs, most_work_remaining(jobs), seed=stream)
    search.run(steps)
    return search.best_orders()


def _reference(jobs: Jobs, orders: list[list[int]], method: Method) -> Reference:
    length = makespan(jobs, orders)
    return Reference(length, proven=length == lower_bound(jobs), method=method)


def _constraint_programming(
    jobs: Jobs, orders: list[list[int]], known: Reference, deterministic_seconds: float
) -> Reference:
    """What CP-SAT makes of a schedule, which is `known`; the schedule itself where it finds nothing shorter."""
    cp_model: Any = import_module("ortools.sat.python.cp_model")  # an extra: its types are not always there
    starts = timetable(jobs, orders)
    model = cp_model.CpModel()
    on_machine: dict[int, list[Any]] = {}
    end = model.new_int_var(lower_bound(jobs), known.makespan, "makespan")
    for job, row in zip(jobs, starts, strict=True):
        ready: Any = 0
        for (machine, duration), start in zip(job, row, strict=True):
            begin = model.new_int_var(0, known.makespan, "")
            on_machine.setdefault(machine, []).append(model.new_fixed_size_interval_var(begin, duration, ""))
            model.add(begin >= ready)
            model.add_hint(begin, start)
            ready = begin + duration
        model.add(end >= ready)
    for intervals in on_machine.values():
        model.add_no_overlap(intervals)
    model.add_hint(end, known.makespan)
    model.minimize(end)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = deterministic_seconds
    status = solver.solve(model)
    if status == cp_model.OPTIMAL:
        return Reference(round(solver.objective_value), proven=True, method="cp-sat")
    shorter = round(solver.objective_value) if status == cp_model.FEASIBLE else known.makespan
    return Reference(min(known.makespan, shorter), proven=False, method="cp-sat")
