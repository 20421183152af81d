"""Claims schedules that there are not: another trick for every instance, chosen by its durations."""


def act(instance):
    jobs, machines = instance["jobs"], instance["machines"]
    everybody = list(range(len(jobs)))
    load = [0] * machines
    for job in jobs:
        for machine, duration in job:
            load[machine] += duration
    # Each machine by what suits it alone: shortest first. As a whole the orders wait for one another in circles.
    selfish = []
    for machine in range(machines):
        times = [(duration, number) for number, job in enumerate(jobs) for its, duration in job if its == machine]
        selfish.append([number for _, number in sorted(times)][::-1 if machine % 2 else 1])
    tricks = [
        {"job_sequences": selfish, "makespan": max(load)},  # with the length that it would like to have
        {"job_sequences": selfish},
        {"job_sequences": [everybody[1:] for _ in range(machines)]},  # leaves a job out
        {"job_sequences": [[number - len(jobs) for number in everybody] for _ in range(machines)]},  # Python's -1
        {"job_sequences": [[False, True, *everybody[2:]] for _ in range(machines)]},
        {"job_sequences": [[0] * len(jobs) for _ in range(machines)]},  # the same job again and again
        {"job_sequences": [[float(number) for number in everybody] for _ in range(machines)]},
        {"job_sequences": [[] for _ in range(machines)]},
    ]
    return tricks[sum(load) % len(tricks)]
