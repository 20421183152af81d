"""Dispatching: schedules without search, to start one from."""

from challenges.industry.instances import Jobs


def most_work_remaining(jobs: Jobs) -> list[list[int]]:
    """The jobs in order on each machine where nothing waits that could start: the operation that can start first is
    started; of those that can start together, the one whose job has most work left; equals by number."""
    machines = 1 + max(machine for job in jobs for machine, _ in job)
    sequences: list[list[int]] = [[] for _ in range(machines)]
    free_at, ready_at, done = [0] * machines, [0] * len(jobs), [0] * len(jobs)
    work = [sum(duration for _, duration in job) for job in jobs]
    for _ in range(sum(map(len, jobs))):
        start, _, chosen = min(
            (max(free_at[job[done[number]][0]], ready_at[number]), -work[number], number)
            for number, job in enumerate(jobs)
            if done[number] < len(job)
        )
        machine, duration = jobs[chosen][done[chosen]]
        sequences[machine].append(chosen)
        free_at[machine] = ready_at[chosen] = start + duration
        work[chosen] -= duration
        done[chosen] += 1
    return sequences
