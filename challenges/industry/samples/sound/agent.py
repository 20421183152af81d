"""The starter kit: dispatch by most work remaining, try it a few times with a little noise, keep the shortest schedule.

`act` is called once, with one instance:

    {"machines": 5, "jobs": [[[machine, duration], ...], ...], "limit_seconds": 20}

jobs[j] lists what job j must go through, in that order; machines and jobs are numbered from 0. It returns the order in
which each machine takes the jobs; the starting times follow from that, since everything starts as early as it can.

What it does not do: change a schedule that it has. Swapping two neighbours on the longest path of the best schedule,
over and over, is where to begin (look for "job shop", "disjunctive graph", "tabu search"). Of its 20
seconds it uses a blink.
"""

import random

TRIES = 10
NOISE = 0.25  # of the work remaining, up or down


def act(instance):
    jobs, machines = instance["jobs"], instance["machines"]
    chance = random.Random(7)  # the same instance gives the same answer
    best_length, best = dispatch(jobs, machines, lambda: 1.0)
    for _ in range(TRIES):
        length, sequences = dispatch(jobs, machines, lambda: chance.uniform(1 - NOISE, 1 + NOISE))
        if length < best_length:
            best_length, best = length, sequences
    return {"job_sequences": best}


def dispatch(jobs, machines, weight):
    """Simulate the shop: the operation that can start first is started; of those that can start at the same time, the
    one whose job has most work left (times `weight()`). Returns the length and the order on each machine."""
    sequences = [[] for _ in range(machines)]
    free_at = [0] * machines  # when each machine has done what it was given
    ready_at = [0] * len(jobs)  # when each job has left its last machine
    done = [0] * len(jobs)  # how many operations of each job have been placed
    work = [sum(duration for _, duration in job) for job in jobs]
    unfinished = [number for number, job in enumerate(jobs) if job]
    while unfinished:
        chosen = None
        for number in unfinished:
            machine, duration = jobs[number][done[number]]
            start = max(free_at[machine], ready_at[number])
            key = (start, -work[number] * weight(), number)
            if chosen is None or key < chosen:
                chosen = key
        start, _, number = chosen
        machine, duration = jobs[number][done[number]]
        sequences[machine].append(number)
        free_at[machine] = ready_at[number] = start + duration
        work[number] -= duration
        done[number] += 1
        if done[number] == len(jobs[number]):
            unfinished.remove(number)
    return max(ready_at), sequences
