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
from challenges.base import About, Case, Challenge, Materials, Message, Phase
from judge import decks, scoring
from judge.builds import Build, Builds, Work
from judge.cores import Cores
from judge.entries import check_file, track_of
from judge.errors import BadInput
from judge.pitches import pitch_of
from judge.plan import live_seats
from judge.preparing import prepared
from judge.referee import Nursery, Referee
from judge.results import PlayedRun
from judge.samples import deck_in, pack
from judge.scoring import Judged, seat_verdict
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
    sha256: str
    """Of the entry as it would be uploaded."""

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints; `seconds` is the only measured time in it."""
        score = next(iter(self.judged.scores.values()), None)
        records = [record for run in self.runs for record in run.records.values()]
        return {
            "challenge": self.challenge.about.slug,
            "sha256": self.sha256,
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
    """Play `cases` cases (the practice phase's where None) of one entry: its folder, an unpacked starter kit, or an
    upload; of an entry that is to meet others its qualification. `referee_user` is PODIUM_REFEREE_USER; `track` what it
    is for, where a contest has several.

    Raises BadInput for an archive that the portal would refuse, KeyError for an unknown challenge, PlatformFault where
    this machine or the challenge fails.
    """
    challenge = registry.load(slug)
    about = challenge.about
    track = track_of(about, track)
    with (
        tempfile.TemporaryDirectory(prefix="podium-try-") as scratch,
        Nursery([slug], user=referee_user) as nursery,
    ):
        meant = entry_in(path, track)
        if meant != path:
            say(f"the entry is {meant}")
        entry = _as_upload(meant, Path(scratch))
        sha256 = hashlib.sha256(entry.read_bytes()).hexdigest()
        facts = check_file(entry, filename=entry.name, about=about)
        stop = threading.Event()
        planned = drawn(challenge, nursery, seed=phase_seed(seed), track=track, most=cases, stop=stop, say=say)
        began = time.monotonic()
        work = Work(facts.manifest.toolchain if facts.manifest else None, "", stop)
        builds = Builds(Path(scratch) / "builds", 0)
        slots = Cores(Path(scratch) / "cores", cores, stop=stop)
        if work.toolchain is not None:
            say(f"building the entry ({work.toolchain})")
        with builds.entry(sandbox, Program(entry), work) as built:
            if built.program is None:
                return Tried(challenge, scoring.not_built(built.message), [], time.monotonic() - began, built, sha256)
            referee = Referee(about, sandbox, nursery, stop=stop)
            runs = []
            for number, case in enumerate(planned, 1):
                with slots.one():
                    runs.append(referee.play(case, dict.fromkeys(live_seats(about, case), built.program), {}))
                say(f"played {case.name} ({number} of {len(planned)})")
    records = [record for run in runs for record in run.records.values()]
    return Tried(challenge, scoring.judged(challenge, records), runs, time.monotonic() - began, built, sha256)


def drawn(
    challenge: Challenge,
    nursery: Nursery,
    *,
    seed: bytes,
    track: str,
    most: int | None,
    stop: threading.Event,
    say: Say,
) -> list[Case]:
    """The first `most` cases of a track (the practice phase's where None), of the smallest phase that has so many,
    prepared as a worker would."""
    count = challenge.about.practice_cases
    say("preparing the cases")
    while True:
        private = prepared(nursery, challenge.about.slug, seed, cases=count, stop=stop, say=say).private
        planned = challenge.cases(Materials(private=private), Phase(seed=seed, cases=count, showcase=False))
        mine = [case for case in planned if case.track in ("", track)]
        if len(mine) >= (most or 0) or not mine:
            return mine[:most]
        count = max(count + 1, -(-count * (most or 0) // len(mine)))
        say(f"drawing a phase of {count} case(s) of each kind, which is more than practice has")


def entry_in(path: Path, track: str) -> Path:
    """The entry that is meant by a path: in an unpacked starter kit its `entry-TRACK` or `entry`, unless the folder is
    an entry itself."""
    if path.is_dir() and not _is_entry(path):
        return next((found for name in (f"entry-{track}", "entry") if _is_entry(found := path / name)), path)
    return path


def _is_entry(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("agent.py", "entry.toml")) or any(folder.glob("*.pdf"))


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What can be told at home of a deck, which people score: whether it would be taken, and read."""

    about: About
    sha256: str
    size_bytes: int
    complaint: Message | None

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "challenge": self.about.slug,
            "verdict": "PE" if self.complaint else None,
            "state": "failed" if self.complaint else "awaiting_panel",
            "message": self.complaint and self.complaint.to_json(),
            "score": None,
            "criteria": {each.name: each.weight for each in self.about.rubric.criteria} if self.about.rubric else {},
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
        }


def look_at(about: About, path: Path) -> LookedAt:
    """A deck as portal and worker would look at it: a file, or a folder with what is written beside it. Raises BadInput
    or TooMuch where the portal would refuse it."""
    deck = path = entry_in(path, "")
    if path.is_dir():
        try:
            sent = deck_in(path)
        except (OSError, UnicodeDecodeError):
            raise BadInput("deck-folder") from None
        pitch_of(about, summary=sent.summary, links=sent.links)
        deck = path / sent.filename
    decks.check_file(deck, about=about)
    content = deck.read_bytes()
    return LookedAt(about, hashlib.sha256(content).hexdigest(), len(content), decks.complaint(deck))


def _as_upload(path: Path, scratch: Path) -> Path:
    """A folder as the archive that its team would upload; a file as it is."""
    if not path.exists():
        raise BadInput("path-unknown", path=str(path))
    if not path.is_dir():
        return path
    packed = scratch / f"{path.resolve().name or 'entry'}.zip"
    packed.write_bytes(pack(path))
    return packed
