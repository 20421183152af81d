"""`podium try`: play an entry on this machine, without a server, through the same referee as a worker's."""

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from challenges import registry
from challenges.base import Challenge, Materials, Phase
from judge import scoring
from judge.builds import Build, Builds, Work
from judge.cores import Cores
from judge.errors import BadInput
from judge.plan import live_seats
from judge.referee import Nursery, Referee
from judge.results import PlayedRun
from judge.samples import pack
from judge.scoring import Judged, seat_verdict
from judge.submissions import check_file, track_of
from sandbox.interface import Sandbox
from sandbox.types import Program

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it."""

    challenge: Challenge
    judged: Judged
    runs: list[PlayedRun]
    seconds: float
    build: Build

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints; `seconds` is the only measured time in it."""
        score = next(iter(self.judged.scores.values()), None)
        records = [record for run in self.runs for record in run.records.values()]
        return {
            "challenge": self.challenge.about.slug,
            "verdict": self.judged.verdict.value,
            "score": score and score.public,
            "interval": score and score.interval and list(score.interval),
            "columns": dict(score.columns) if score else {},
            "build": self.build.to_json(),
            "runs": [
                {
                    "case": record.case.name,
                    "verdict": seat_verdict(record.outcome, record.result).value,
                    "score": record.outcome.score,
                    "columns": dict(record.outcome.columns),
                }
                for record in records
            ],
            "seconds": round(self.seconds, 3),
        }


def phase_seed(number: int) -> bytes:
    """The 32 bytes of a phase that `--seed N` stands for."""
    return hashlib.sha256(f"podium try {number}".encode()).digest()


def try_entry(
    slug: str,
    path: Path,
    *,
    sandbox: Sandbox,
    seed: int,
    cases: int | None,
    cores: int,
    say: Say,
    referee_user: str = "",
    track: str = "",
) -> Tried:
    """Play `cases` cases (the practice phase's where None) of one entry: a folder or an upload; of an entry that is to
    meet others its qualification. `referee_user` is PODIUM_REFEREE_USER; `track` what it is for, where a contest has
    several.

    Raises BadInput for an archive that the portal would refuse, KeyError for an unknown challenge, PlatformFault where
    this machine or the challenge fails.
    """
    challenge = registry.load(slug)
    about = challenge.about
    phase = Phase(seed=phase_seed(seed), cases=max(about.practice_cases, cases or 0), showcase=False)
    track = track_of(about, track)
    materials = Materials(private=challenge.prepare(phase.seed).private)
    planned = [case for case in challenge.cases(materials, phase) if case.track in ("", track)][:cases]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="podium-try-") as scratch:
        entry = _as_upload(path, Path(scratch))
        facts = check_file(entry, filename=entry.name, about=about)
        stop = threading.Event()
        work = Work(facts.manifest.toolchain if facts.manifest else None, "", stop)
        builds = Builds(Path(scratch) / "builds", 0)
        slots = Cores(Path(scratch) / "cores", cores, stop=stop)
        if work.toolchain is not None:
            say(f"building the entry ({work.toolchain})")
        with builds.entry(sandbox, Program(entry), work) as built, Nursery([slug], user=referee_user) as nursery:
            if built.program is None:
                return Tried(challenge, scoring.not_built(built.message), [], time.monotonic() - began, built)
            nursery.start()
            referee = Referee(about, sandbox, nursery, stop=stop)
            runs = []
            for number, case in enumerate(planned, 1):
                with slots.one():
                    runs.append(referee.play(case, dict.fromkeys(live_seats(about, case), built.program), {}))
                say(f"played {case.name} ({number} of {len(planned)})")
    records = [record for run in runs for record in run.records.values()]
    return Tried(challenge, scoring.judged(challenge, records), runs, time.monotonic() - began, built)


def _as_upload(path: Path, scratch: Path) -> Path:
    """A folder as the archive that its team would upload; a file as it is."""
    if not path.exists():
        raise BadInput("path-unknown", path=str(path))
    if not path.is_dir():
        return path
    packed = scratch / f"{path.resolve().name or 'entry'}.zip"
    packed.write_bytes(pack(path))
    return packed
