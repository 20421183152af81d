"""The shortest operation first: whenever a machine is free, it takes the waiting job that is done soonest."""


def act(instance):
    jobs = instance["jobs"]
    sequences = [[] for _ in range(instance["machines"])]
    free_at, ready_at, done = [0] * instance["machines"], [0] * len(jobs), [0] * len(jobs)
    for _ in range(sum(map(len, jobs))):
        waiting = []
        for number, job in enumerate(jobs):
            if done[number] < len(job):
                machine, duration = job[done[number]]
                waiting.append((max(free_at[machine], ready_at[number]), duration, number))
        start, duration, number = min(waiting)
        machine = jobs[number][done[number]][0]
        sequences[machine].append(number)
        free_at[machine] = ready_at[number] = start + duration
        done[number] += 1
    return {"job_sequences": sequences}
