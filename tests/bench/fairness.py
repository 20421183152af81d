"""Fair clocks on a busy machine: 100 entries that stop at 80 % of their CPU limit and 100 that go on to 120 %, while
every core is loaded by others at full weight; and what fixed work costs then, beside what it costs without load."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.fairness import LIMIT_SECONDS, fairness, loaded, spread
from sandbox.images import ensure_player_image
from tests.bench.table import Row

RUNS = 100
CORES = os.cpu_count() or 1


def rows(folder: Path) -> Iterator[Row]:
    engine = Engine()
    image = ensure_player_image(engine.api, print)
    engine.close()
    scratch = folder / "fairness"
    scratch.mkdir()
    sandbox = DockerSandbox(
        image=image.content, runtime_dir=folder / "players", owner=f"podium-bench-{os.getpid()}", pool_size=CORES
    )
    try:
        with loaded(CORES):
            fair = fairness(sandbox, scratch, runs=RUNS, at_once=CORES, done=lambda: None, stop=threading.Event())
            busy = spread(sandbox, scratch, done=lambda: None)
        quiet = spread(sandbox, scratch, done=lambda: None)
    finally:
        sandbox.close()
    low, high = fair.under_seconds
    yield Row(
        f"entries that stop at 80 % of {LIMIT_SECONDS} s, every core loaded", "accepted of 100",
        fair.under_accepted, "all", RUNS, goal=1.0, more_is_better=True, beside=f"counted {low:.3f} to {high:.3f} s",
    )  # fmt: skip
    low, high = fair.over_seconds
    yield Row(
        f"entries that go on to 120 % of {LIMIT_SECONDS} s, every core loaded", "late of 100",
        fair.over_late, "all", RUNS, goal=1.0, more_is_better=True, beside=f"counted {low:.3f} to {high:.3f} s",
    )  # fmt: skip
    yield Row(
        "fixed work, every core loaded", "ms of CPU", busy.median_seconds * 1000, "without load",
        quiet.median_seconds * 1000,
        beside=f"apart by {busy.percent:.1f} % of the median under load, {quiet.percent:.1f} % without",
    )  # fmt: skip
