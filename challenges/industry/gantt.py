"""A schedule as a Gantt chart (`challenges.views`, gantt)."""

from collections.abc import Sequence

from challenges.base import Json
from challenges.industry.instances import Jobs


def chart(jobs: Jobs, starts: Sequence[Sequence[int]], *, name: str, reference: int) -> Json:
    """The view of a timetable: `starts[j][k]` of the instance called `name`."""
    bars = sorted(
        (machine, start, start + duration, number)
        for number, (job, row) in enumerate(zip(jobs, starts, strict=True))
        for (machine, duration), start in zip(job, row, strict=True)
    )
    return {
        "version": 1,
        "title": {"en": f"Schedule of {name}", "zh": f"{name} 的排程", "ko": f"{name} 일정"},
        "machines": 1 + max(machine for machine, _, _, _ in bars),
        "jobs": len(jobs),
        "makespan": max(end for _, _, end, _ in bars),
        "reference": reference,
        "bars": [[job, machine, start, end] for machine, start, end, job in bars],
    }
