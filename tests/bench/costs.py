"""What a judgement of each contest's sound sample costs on one core, in a practice and in a public phase: the worker's
side, the entry's processes, and the evaluator, every case and the showcase one after the other; beside the goals of
the contests (15 and 60 core-seconds), and what the sheet says is most."""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from challenges import registry, sheet
from challenges.base import Phase
from judge.plan import live_seats
from judge.players import ReplayPlayer, seated
from judge.referee import Nursery, Referee
from judge.samples import is_sample, pack
from sandbox.process import ProcessSandbox
from sandbox.types import Program
from tests.bench.table import Row
from tests.challenges import sound

GOALS = {"practice": 15.0, "public": 60.0}
"""Core-seconds, by phase."""


def rows(folder: Path) -> Iterator[Row]:
    """In the process sandbox, so that what a container costs (`sandbox`) is left out."""
    for slug in registry.CHALLENGES:
        about = sheet.about(slug)
        if about.pairing == "none":
            continue
        for track in sound.samples(slug):
            for kind, goal in GOALS.items():
                count = about.practice_cases if kind == "practice" else about.public_cases
                cases, core_seconds, wall_seconds = judgement(slug, track, count, folder)
                most, what = about.judgement_core_seconds, f"{slug} {track}".strip()
                yield Row(
                    f"{what}: a judgement of the sound sample in a {kind} phase", "core-seconds", core_seconds,
                    "goal", goal, goal=1.0,
                    beside=f"{cases} runs, {wall_seconds:.1f} s on one core; the sheet allows {most:.0f} core-seconds",
                )  # fmt: skip


def judgement(slug: str, track: str, count: int, folder: Path) -> tuple[int, float, float]:
    """How many runs, core-seconds, and seconds on one core. The evaluator's children end with their own accounts, so
    its part is taken from playing again, in this process, what the entry answered."""
    challenge = registry.load(slug)
    about, phase = challenge.about, Phase(sound.SEED, count)
    planned = challenge.cases(sound.prepared(challenge, phase), phase)
    cases = [case for case in planned if case.track in ("", track)]
    entry = Path(tempfile.mkdtemp(dir=folder)) / "entry.zip"
    entry.write_bytes(pack(sound.samples(slug)[track].path))
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    sandbox = ProcessSandbox(allow=is_sample)
    try:
        with Nursery([slug]) as nursery:
            nursery.start()
            referee = Referee(about, sandbox, nursery, stop=threading.Event())
            own, began = time.process_time(), time.monotonic()
            runs = [referee.play(case, dict.fromkeys(live_seats(about, case), Program(entry)), {}) for case in cases]
            wall_seconds, core_seconds = time.monotonic() - began, time.process_time() - own
    finally:
        sandbox.close()
        os.sched_setaffinity(0, everywhere)
    core_seconds += sum(record.result.cpu_seconds for run in runs for record in run.records.values())
    again = time.process_time()
    for case, run in zip(cases, runs, strict=True):
        players = {
            seat: ReplayPlayer.of(transcript.decode(), about.clocks[seat])
            for seat, transcript in run.transcripts.items()
        }
        challenge.play(case, seated(players), {})
    return len(cases), core_seconds + time.process_time() - again, wall_seconds
