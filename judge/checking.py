"""`podium sandbox check`: the check of `sandbox`, with this installation's settings, told to a person."""

import contextlib
import dataclasses
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from rich import progress as rich
from rich.console import Console
from rich.table import Table

from judge import proven
from judge.errors import Misconfigured
from judge.sandboxes import owner
from judge.settings import Settings
from sandbox.check import FAIR_RUNS, Progress, Report, Where, check
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineUnavailable
from sandbox.images import ensure_player_image
from sandbox.reach import Talk

Say = Callable[[str], None]


def ensure(settings: Settings, *, say: Say, stop: threading.Event) -> None:
    """Before strangers' entries are judged here: a host that has not passed is checked now, unless that was accepted in
    words. Raises Misconfigured where it does not pass, KeyboardInterrupt where it is stopped meanwhile."""
    proof = proven.proof_of(settings)
    if proof.why_not and settings.unproven_host != proven.WORDS:
        say(f"{proof.why_not}: checking it now, which takes about two minutes")
        report = run(settings, say=say, stop=stop)
        if stop.is_set():
            raise KeyboardInterrupt
        if not report.ok:
            show(report, to=sys.stderr)
    say(proven.require(settings))


def run(settings: Settings, *, say: Say, stop: threading.Event | None = None, fair_runs: int = FAIR_RUNS) -> Report:
    """Check this host, in a runtime folder of the check's own, and record that it is proven where all holds. Progress
    goes to stderr; when `stop` is set it ends soon, and nothing is recorded. Raises Misconfigured where there is no
    engine."""
    stop = stop or threading.Event()
    try:
        engine = Engine(settings.docker_host or None)
    except EngineUnavailable as error:
        raise Misconfigured(f"there is nothing to check: {error}") from error
    with contextlib.closing(engine), tempfile.TemporaryDirectory(prefix="podium-check-") as scratch:
        image = ensure_player_image(engine.api, say)
        here = dataclasses.replace(settings, run=settings.run.with_name(f"{settings.run.name}-check"))

        def make(pool_size: int) -> DockerSandbox:
            return DockerSandbox(
                image=image.reference,
                runtime_dir=here.run / "players",
                owner=owner(here),
                engine_url=settings.docker_host or None,
                runtime=settings.runtime or None,
                talk=cast("Talk", settings.talk),
                pool_size=pool_size,
            )

        where = Where(engine, make, owner(here), here.run / "players", Path(scratch), settings.runtime or None)
        with contextlib.closing(make(0)) as before:
            before.reap()  # what a check that was killed has left behind
        with _bars() as progress:
            report = check(where, progress=progress, stop=stop, fair_runs=fair_runs)
        shutil.rmtree(here.run, ignore_errors=True)
    if stop.is_set():
        return report
    if report.ok:
        proven.record(settings, report)
    else:
        proven.forget(settings)
    return report


@contextmanager
def _bars() -> Iterator[Progress]:
    """A bar for each stage on stderr, where that is a terminal; otherwise a line when a stage ends."""
    console = Console(stderr=True)
    began = time.monotonic()
    columns = (
        rich.TextColumn("{task.description:<12}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, rich.TaskID] = {}
        lock = threading.Lock()

        def tell(stage: str, done: int, of: int) -> None:
            with lock:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=of)
            bars.update(tasks[stage], completed=done)
            if not console.is_terminal and done == of:
                print(f"{stage}: {done} of {of} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)

        yield tell


def show(report: Report, *, to: TextIO | None = None) -> None:
    """What a person wants to read: the figures, then what failed and what to do."""
    to = to or sys.stdout
    console = Console(file=to, width=None if to.isatty() else 120)
    for fact in report.host.facts:
        console.print(f"{'ok  ' if fact.ok else 'FAIL'} {fact.name:<16} {fact.found}", highlight=False, markup=False)
    good = sum(trial.ok for trial in report.trials)
    lines = [f"corpus           {good} of {len(report.trials)} exhibits got what they must"]
    if (fair := report.fairness) is not None:
        lines.append(
            f"fairness         {fair.under_accepted} of {fair.runs} accepted at 80 % of the limit "
            f"({fair.under_seconds[0]:.3f} to {fair.under_seconds[1]:.3f} s), {fair.over_late} of {fair.runs} late at "
            f"120 % ({fair.over_seconds[0]:.3f} to {fair.over_seconds[1]:.3f} s)"
        )
    if (even := report.spread) is not None:
        lines.append(
            f"fixed work       {even.least_seconds:.3f} to {even.most_seconds:.3f} s of CPU in {even.runs} runs "
            f"({even.percent:.0f} % apart)"
        )
    if (fast := report.latency) is not None:
        lines.append(f"first answer     {fast.warm_ms:.0f} ms warm, {fast.cold_ms:.0f} ms cold")
    if report.throughput:
        rates = ", ".join(f"{rate:.1f} with {at_once} at once" for at_once, rate in report.throughput.items())
        lines.append(f"verdicts/second  {rates}")
    for slug, why in report.languages.items():
        lines.append(f"language         {slug}: {why or 'ok'}")
    lines.append(f"clean-up         {'; '.join(report.left) or 'nothing is left'}")
    for line in lines:
        console.print(f"     {line}", highlight=False, markup=False)
    if report.problems:
        table = Table("what", "expected", "seen", "what to do", show_lines=True)
        for problem in report.problems:
            table.add_row(*(text.replace("[", r"\[") for text in dataclasses.astuple(problem)))
        console.print(table)
    verdict = "proven" if report.ok else f"NOT proven: {len(report.problems)} problem(s)"
    console.print(f"This host is {verdict} ({report.seconds:.0f} s).", highlight=False, markup=False)
