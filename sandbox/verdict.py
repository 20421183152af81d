"""From what was seen of a program's end to its verdict: a pure function.

The order is part of the contract: our own stop for wall time or output, then memory, then CPU time, then how it ended
by itself. An exit code of 137 says nothing: anyone can exit with it. Death by SIGSYS, or an exit code that looks like
it, is `SV`: the kernel so ends whoever makes system calls by another machine's numbers, and nobody gains by pretending
it. Evidence against our own side never comes here: it is an exception.
"""

import signal
from dataclasses import dataclass
from enum import Enum, auto

from sandbox.types import Ending, Verdict

SIGNALS = 64


class Stop(Enum):
    """Why we killed a program that still lived."""

    WALL = auto()
    OUTPUT = auto()
    CPU = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class End:
    """What was seen. `exit_code` is None where nothing came to an end by itself; `signal` is given where the operating
    system told it apart from an exit code (under an init it does not)."""

    stop: Stop | None
    exit_code: int | None
    cpu_seconds: float
    cpu_limit_seconds: float
    out_of_memory: bool = False
    started: bool = True
    signal: int | None = None


def signal_of(exit_code: int | None) -> int | None:
    """An init turns death by signal n into exit code 128 + n; so may a program by itself."""
    if exit_code is not None and 128 < exit_code <= 128 + SIGNALS:
        return exit_code - 128
    return None


def decide(end: End) -> tuple[Verdict, Ending]:
    """Verdict and ending. PE is never given here: the referee alone knows the protocol."""
    killed_by = end.signal if end.signal is not None else signal_of(end.exit_code)
    rules = (
        (end.stop is Stop.WALL, Verdict.TLE, Ending.WALL_TIME),
        (end.stop is Stop.OUTPUT, Verdict.OLE, Ending.OUTPUT),
        (end.out_of_memory, Verdict.MLE, Ending.MEMORY),
        (end.stop is Stop.CPU or end.cpu_seconds > end.cpu_limit_seconds, Verdict.TLE, Ending.CPU_TIME),
        (not end.started, Verdict.RTE, Ending.NOT_STARTED),
        (end.stop is Stop.DONE, Verdict.AC, Ending.STOPPED),
        (killed_by == signal.SIGSYS, Verdict.SV, Ending.SIGNALLED),
        (killed_by is not None, Verdict.RTE, Ending.SIGNALLED),
        (end.exit_code != 0, Verdict.RTE, Ending.EXITED),
        (True, Verdict.AC, Ending.EXITED),
    )
    return next((verdict, ending) for holds, verdict, ending in rules if holds)
