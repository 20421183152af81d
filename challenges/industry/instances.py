"""Job-shop instances as Taillard generates them.

É. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational Research 64 (1993) 278-285:
Lehmer's generator with a = 16807 and m = 2^31 - 1 in Bratley, Fox and Schrage's integer form, one stream for durations
and one for the order of machines. Two published seeds give the published instance (ta01 to ta80).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from challenges.base import Case, Json, derive

MODULUS = 2**31 - 1
MULTIPLIER, QUOTIENT, REMAINDER = 16_807, 127_773, 2_836
SHORTEST, LONGEST = 1, 99
"""Of an operation's duration."""

Jobs = Sequence[Sequence[tuple[int, int]]]
"""`jobs[j][k]` = (machine, duration) of the k-th operation of job j; machines from 0."""


class Stream:
    """Taillard's generator of integers. Its state is the seed itself."""

    def __init__(self, seed: int) -> None:
        """Raises ValueError for a seed outside 1 .. 2^31 - 2, with which the generator would stand still."""
        if not 0 < seed < MODULUS:
            raise ValueError(f"a seed of Taillard's generator lies within 1 and {MODULUS - 1}, not {seed}")
        self._state = seed

    def uniform(self, low: int, high: int) -> int:
        """An integer within low and high, both included, through a double as in the published program."""
        ahead, rest = divmod(self._state, QUOTIENT)
        self._state = MULTIPLIER * rest - REMAINDER * ahead
        if self._state < 0:
            self._state += MODULUS
        return low + int(self._state / MODULUS * (high - low + 1))


def taillard(time_seed: int, machine_seed: int, *, jobs: int, machines: int) -> list[list[tuple[int, int]]]:
    """Taillard's job-shop instance of these two seeds: `jobs[j][k]` = (machine, duration), machines from 0, every job
    once on every machine. All durations are drawn first, job by job; then each job's machines are shuffled by swapping
    the k-th with one of the k-th to the last. Raises ValueError for a seed out of range."""
    times, order = Stream(time_seed), Stream(machine_seed)
    durations = [[times.uniform(SHORTEST, LONGEST) for _ in range(machines)] for _ in range(jobs)]
    routes = [_shuffled(order, machines) for _ in range(jobs)]
    return [list(zip(route, row, strict=True)) for route, row in zip(routes, durations, strict=True)]


def _shuffled(stream: Stream, count: int) -> list[int]:
    route = list(range(count))
    for k in range(count):
        other = stream.uniform(k, count - 1)
        route[k], route[other] = route[other], route[k]
    return route


# ---------------------------------------------------------------------------------------------------------------------
# Hidden instances


@dataclass(frozen=True, slots=True)
class Size:
    """How large the instances of a group are."""

    jobs: int
    machines: int

    @property
    def name(self) -> str:
        return f"{self.jobs}x{self.machines}"


SIZES = (Size(10, 5), Size(15, 10), Size(15, 15), Size(20, 20))
"""The groups of a phase, small to large."""
SHOWCASE_SIZE = SIZES[1]
_BY_NAME = {size.name: size for size in SIZES}


def instance(case: Case) -> list[list[tuple[int, int]]]:
    """The instance of a case: its group says how large, its secret seed which. Raises KeyError for an unknown group."""
    size = _BY_NAME[case.group]
    seeds = (1 + int.from_bytes(derive(case.seed, name)[:8], "big") % (MODULUS - 1) for name in ("times", "machines"))
    return taillard(next(seeds), next(seeds), jobs=size.jobs, machines=size.machines)


def message(jobs: Jobs, *, limit_seconds: float) -> Json:
    """What a player is told of an instance."""
    return {
        "machines": 1 + max(machine for job in jobs for machine, _ in job),
        "jobs": [[list(operation) for operation in job] for job in jobs],
        "limit_seconds": limit_seconds,
    }
