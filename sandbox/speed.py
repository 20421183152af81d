"""How fast this host judges: from opening an entry to its first answer, cold and warm, and verdicts a second."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sandbox.interface import Sandbox
from sandbox.types import Limits, Program
from sandbox.wire import Answered, Channel

ECHO = "def act(observation):\n    return observation\n"
NOTHING = "pass\n"
LIMITS = Limits(cpu_seconds=5.0, memory_mib=128, processes=16)
ROUNDS = 5
REFILL_SECONDS = 0.8
ANSWER_SECONDS = 30.0
AT_ONCE = {1: 6, 2: 10, 4: 16}
"""Runs by how many of them at once."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from `open` to the first answer: medians, and the slowest."""

    cold_ms: float
    warm_ms: float
    slowest_cold_ms: float
    slowest_warm_ms: float


def latency(cold: Sandbox, warm: Sandbox, scratch: Path, *, done: Callable[[], None]) -> Latency:
    """`cold` keeps no containers waiting, `warm` does. Raises as `Sandbox.open`, TimeoutError without an answer."""
    path = scratch / "agent.py"
    path.write_text(ECHO)
    warm.expect(LIMITS)
    measured: dict[str, list[float]] = {"cold": [], "warm": []}
    for _ in range(ROUNDS):
        for name, sandbox in (("cold", cold), ("warm", warm)):
            if name == "warm":
                time.sleep(REFILL_SECONDS)
            measured[name].append(_first_answer(sandbox, path))
            done()
    return Latency(
        cold_ms=round(median(measured["cold"]), 1),
        warm_ms=round(median(measured["warm"]), 1),
        slowest_cold_ms=round(max(measured["cold"]), 1),
        slowest_warm_ms=round(max(measured["warm"]), 1),
    )


def _first_answer(sandbox: Sandbox, path: Path) -> float:
    began = time.monotonic()
    with sandbox.open(Program(path, labels={"check": "latency"}), LIMITS) as session:
        channel = Channel(session.channel)
        reply = channel.exchange({}, ANSWER_SECONDS)
        seconds = time.monotonic() - began
        session.close()
        channel.close()
    if not isinstance(reply, Answered):
        raise TimeoutError(f"an entry that only echoes gave {reply} to its hello")
    return seconds * 1000


def throughput(sandbox: Sandbox, scratch: Path, *, done: Callable[[], None]) -> dict[int, float]:
    """Verdicts a second of programs that do nothing, by how many run at once. Raises as `Sandbox.run`."""
    path = scratch / "nothing.py"
    path.write_text(NOTHING)

    def one(_: int) -> None:
        sandbox.run(Program(path, command=("python3", path.name), labels={"check": "throughput"}), LIMITS)
        done()

    rates = {}
    for at_once, runs in AT_ONCE.items():
        began = time.monotonic()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(one, range(runs)))
        rates[at_once] = round(runs / (time.monotonic() - began), 2)
    return rates
