"""Whether the clock that judges is the program's own: an entry that stops at 80 % of its limit, as it reads it itself,
is never late, one that goes on to 120 % always is; and what fixed work is said to have cost, from run to run.

All of it runs while every core is loaded by others: processes of ours that only spin.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from sandbox.interface import Sandbox
from sandbox.types import Limits, Program, Verdict

LIMIT_SECONDS = 0.2
UNDER, OVER = 0.8, 1.2
SPREAD_RUNS = 12
FAIR = Limits(
    cpu_seconds=LIMIT_SECONDS, wall_seconds=20.0, memory_mib=64, processes=16, output_kib=64, inodes=256, file_mib=16
)
SPINS = """\
import sys, time
until = float(sys.argv[1])
while time.process_time() < until:
    pass
"""
WORKS = """\
import hashlib
block = b"x" * 65536
for _ in range(900):
    block = hashlib.sha256(block).digest() * 2048
"""
LOAD = """\
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])}) if hasattr(os, "sched_setaffinity") else None
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(100000):
        pass
"""


@dataclass(frozen=True, slots=True)
class Fairness:
    """Of `runs` each: how many got what they must. `seen` counts every other verdict; seconds are what was counted."""

    runs: int
    under_accepted: int
    over_late: int
    under_seconds: tuple[float, float]
    over_seconds: tuple[float, float]
    others: dict[str, int]

    @property
    def ok(self) -> bool:
        return self.under_accepted == self.over_late == self.runs


@dataclass(frozen=True, slots=True)
class Spread:
    """CPU seconds of the same work, several times."""

    runs: int
    least_seconds: float
    median_seconds: float
    most_seconds: float

    @property
    def percent(self) -> float:
        """How far apart the two ends are, of the median."""
        return 100 * (self.most_seconds - self.least_seconds) / self.median_seconds if self.median_seconds else 0.0


@contextmanager
def loaded(cores: int, *, nice: int = 0) -> Iterator[None]:
    """Every core of this machine kept busy by a process of ours, each in a session of its own."""
    spinners = [
        subprocess.Popen([sys.executable, "-c", LOAD, str(core)], stdin=subprocess.DEVNULL, start_new_session=True)
        for core in range(cores)
    ]
    try:
        for spinner in spinners:
            _lower(spinner.pid, nice)
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def _lower(pid: int, nice: int) -> None:
    """Where the kernel groups processes by session, only the group's own niceness counts between groups."""
    if nice:
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def fairness(
    sandbox: Sandbox, scratch: Path, *, runs: int, at_once: int, done: Callable[[], None], stop: threading.Event
) -> Fairness:
    """`runs` times under and `runs` times over the limit, in turns. Raises as `Sandbox.run`."""
    path = scratch / "spins.py"
    path.write_text(SPINS)
    slots = count()

    def one(share: float) -> tuple[float, Verdict, float]:
        if stop.is_set():
            return share, Verdict.JE, 0.0
        command = ("python3", path.name, str(share * LIMIT_SECONDS))
        result = sandbox.run(Program(path, command=command, labels={"check": "fairness"}), FAIR)
        next(slots)
        done()
        return share, result.verdict, result.cpu_seconds

    with ThreadPoolExecutor(at_once) as pool:
        seen = list(pool.map(one, [UNDER, OVER] * runs))
    under = [(verdict, seconds) for share, verdict, seconds in seen if share == UNDER]
    over = [(verdict, seconds) for share, verdict, seconds in seen if share == OVER]
    wrong = [f"{UNDER:.0%} {verdict.value}" for verdict, _ in under if verdict is not Verdict.AC]
    wrong += [f"{OVER:.0%} {verdict.value}" for verdict, _ in over if verdict is not Verdict.TLE]
    return Fairness(
        runs=runs,
        under_accepted=sum(verdict is Verdict.AC for verdict, _ in under),
        over_late=sum(verdict is Verdict.TLE for verdict, _ in over),
        under_seconds=_range([seconds for _, seconds in under]),
        over_seconds=_range([seconds for _, seconds in over]),
        others={what: wrong.count(what) for what in sorted(set(wrong))},
    )


def spread(sandbox: Sandbox, scratch: Path, *, runs: int = SPREAD_RUNS, done: Callable[[], None]) -> Spread:
    """The same work, so many times. Raises as `Sandbox.run`."""
    path = scratch / "works.py"
    path.write_text(WORKS)
    limits = Limits(cpu_seconds=10.0, memory_mib=64, processes=16)
    seconds = []
    for _ in range(runs):
        program = Program(path, command=("python3", path.name), labels={"check": "spread"})
        seconds.append(sandbox.run(program, limits).cpu_seconds)
        done()
    return Spread(runs, round(min(seconds), 4), round(median(seconds), 4), round(max(seconds), 4))


def _range(values: list[float]) -> tuple[float, float]:
    return (round(min(values), 4), round(max(values), 4)) if values else (0.0, 0.0)
