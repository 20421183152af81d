"""A challenge that has gone over to the enemy: instead of asking its player it tries to get out of the referee's child.
Its targets stand in the case; what it found is its view."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from challenges import sheet
from challenges.base import Case, Materials, Outcome, Phase, Players, SeatOutcome, View
from tests import prober
from tests.echo.challenge import SEAT, Echo

TARGETS = "PODIUM_TEST_TARGETS"
"""For the worker, which makes the cases: a file with the targets."""


class Prober(Echo):
    def __init__(self) -> None:
        self.about = sheet.about("prober")

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        targets = Path(os.environ[TARGETS]).read_text(encoding="utf-8")
        return [replace(case, params={"targets": targets}) for case in super().cases(materials, phase)]

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:
        players[SEAT].hello({})
        targets = json.loads(str(case.params["targets"]))
        found = {
            "descriptors": ",".join(prober.descriptors()),
            "user": str(os.getuid()),
            "process": str(os.getpid()),
            "variables": ",".join(sorted(os.environ)),
            **prober.attempt(targets),
        }
        if targets.get("forks"):
            found["forks"] = str(prober.attempt_forks())
        if mark := targets.get("mark"):
            _leave(mark)
        if targets.get("marks"):
            found["marks"] = ",".join(path.name for path in Path(os.environ["TMPDIR"]).iterdir())
        if left := targets.get("leave_behind"):
            found["left"] = str(_leave_behind(float(left)))
        time.sleep(float(targets.get("stay", 0)))
        rows = [[name, text] for name, text in found.items()]
        title = dict.fromkeys(("en", "zh", "ko"), "Probe")
        columns = [{"title": title, "unit": "", "digits": 0}] * 2
        return Outcome(
            {SEAT: SeatOutcome(100.0, {"right": 0.0})},
            View("table", {"title": title, "columns": columns, "rows": rows}),
        )


def _leave(mark: str) -> None:
    Path(os.environ["TMPDIR"]).joinpath(mark).write_text(mark)


def _leave_behind(seconds: float) -> int:
    """A process of a session of its own, which nobody waits for."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(seconds)
        os._exit(0)
    os.waitpid(pid, 0)
    return pid
