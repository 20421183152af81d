"""From the order of jobs on each machine to a timetable.

Every operation starts as early as its job and its machine let it (the semi-active schedule of those orders), which is
the earliest for all of them at once: the makespan is the longest path through the graph of both kinds of precedence
(Roy and Sussmann's disjunctive graph). Where that graph has a cycle there is no schedule.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from challenges.errors import InvalidEntry
from challenges.industry.instances import Jobs


def makespan(jobs: Jobs, job_sequences: Any) -> int:
    """When the last operation ends, where machine i does the jobs in the order `job_sequences[i]`.

    `jobs[j][k]` = (machine, duration). A job that comes to a machine several times stands as often in its list. Raises
    InvalidEntry for anything infeasible, incomplete, duplicated or unknown; `job_sequences` may be any value at all."""
    starts = timetable(jobs, job_sequences)
    return max(
        (
            start + duration
            for job, row in zip(jobs, starts, strict=True)
            for (_, duration), start in zip(job, row, strict=True)
        ),
        default=0,
    )


def timetable(jobs: Jobs, job_sequences: Any) -> list[list[int]]:
    """When each operation starts: `starts[j][k]`. Raises InvalidEntry as `makespan` does."""
    orders = checked(jobs, job_sequences)
    starts: list[list[int]] = [[] for _ in jobs]
    free_at, ready_at, place = [0] * len(orders), [0] * len(jobs), [0] * len(orders)
    waiting = deque(range(len(orders)))
    left = sum(map(len, orders))
    while waiting:
        machine = waiting.popleft()
        while place[machine] < len(orders[machine]):
            job = orders[machine][place[machine]]
            done = len(starts[job])
            if jobs[job][done][0] != machine:
                break
            starts[job].append(max(free_at[machine], ready_at[job]))
            free_at[machine] = ready_at[job] = starts[job][-1] + jobs[job][done][1]
            place[machine] += 1
            left -= 1
            if done + 1 < len(jobs[job]):
                waiting.append(jobs[job][done + 1][0])
    if left:
        machine = next(i for i, order in enumerate(orders) if place[i] < len(order))
        raise InvalidEntry("deadlock", machine=machine, job=orders[machine][place[machine]], left=left)
    return starts


def checked(jobs: Jobs, job_sequences: Any) -> list[list[int]]:
    """The orders, every job in them as often as it comes to that machine. Raises InvalidEntry."""
    visits = expected(jobs)
    if not isinstance(job_sequences, list | tuple):
        raise InvalidEntry("no_list")
    if len(job_sequences) != len(visits):
        raise InvalidEntry("machine_count", given=len(job_sequences), machines=len(visits))
    return [_order(machine, sequence, visits[machine], len(jobs)) for machine, sequence in enumerate(job_sequences)]


def expected(jobs: Jobs) -> list[Counter[int]]:
    """How often each job comes to each machine."""
    visits: list[Counter[int]] = [
        Counter() for _ in range(1 + max((machine for job in jobs for machine, _ in job), default=-1))
    ]
    for number, job in enumerate(jobs):
        for machine, _ in job:
            visits[machine][number] += 1
    return visits


def _order(machine: int, sequence: Any, visits: Counter[int], jobs: int) -> list[int]:
    if not isinstance(sequence, list | tuple):
        raise InvalidEntry("machine_no_list", machine=machine)
    left = visits.copy()
    for place, job in enumerate(sequence):
        if type(job) is not int:  # a bool is an int to Python, but no index
            raise InvalidEntry("no_index", machine=machine, place=place)
        if not 0 <= job < jobs:
            raise InvalidEntry("unknown_job", machine=machine, place=place, last=jobs - 1)
        left[job] -= 1
        if left[job] < 0:
            raise InvalidEntry("too_often", machine=machine, job=job, visits=visits[job])
    missing = min((job for job, count in left.items() if count > 0), default=None)
    if missing is not None:
        raise InvalidEntry("missing_job", machine=machine, job=missing)
    return list(sequence)


def orders_of(jobs: Jobs, starts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The order of jobs on each machine in a timetable: what `timetable` was made from, where no duration is 0."""
    machines = len(expected(jobs))
    rows: list[list[tuple[int, int, int]]] = [[] for _ in range(machines)]
    for number, (job, row) in enumerate(zip(jobs, starts, strict=True)):
        for k, ((machine, _), start) in enumerate(zip(job, row, strict=True)):
            rows[machine].append((start, k, number))
    return [[number for _, _, number in sorted(row)] for row in rows]
