"""Plays the sound sample on the showcases, whose seeds are public, and keeps an example of everything that is said."""

import json
import logging
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from challenges import registry, sheet
from challenges.base import SHOWCASE_SEED, About, Case, Json, Materials, Phase
from judge.builds import Builds, Work
from judge.entries import check_file
from judge.errors import PlatformFault
from judge.examples import Examples
from judge.plan import live_seats
from judge.preparing import prepared
from judge.referee import Child, Nursery, Referee
from judge.samples import pack, sound_samples
from sandbox.interface import Sandbox
from sandbox.types import Program

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Where a contest's sound samples are played."""

    about: About
    sandbox: Sandbox
    nursery: Nursery
    stop: threading.Event

    def protocol(self, *, core: int | None = None) -> dict[str, bytes]:
        """`CASE/NUMBER-KIND.json` -> the message on one line, as it is sent. A case shows what its track has not shown
        in an earlier one; nothing where there is no sound sample for its track, or nothing is played. Raises
        PlatformFault, Stopping."""
        shown: dict[str, Examples] = {}
        files = {}
        for case in self._cases():
            examples = shown.setdefault(case.track, Examples())
            before = len(examples.told)
            for kind, value in self._told(case, core):
                examples.note(kind, value)
            for number, (kind, value) in enumerate(examples.told[before:], 1):
                files[f"{case.name}/{number:02}-{kind}.json"] = json.dumps(value, ensure_ascii=False).encode() + b"\n"
        return files

    def _cases(self) -> list[Case]:
        """The showcases; prepared for apart from every phase, so that nothing hidden is near."""
        slug = self.about.slug
        made = prepared(self.nursery, slug, SHOWCASE_SEED, cases=1, stop=self.stop, say=log.info)
        planned = registry.load(slug).cases(Materials(private=made.private), Phase(seed=SHOWCASE_SEED, cases=1))
        return [case for case in planned if case.showcase]

    def _told(self, case: Case, core: int | None) -> list[tuple[str, Json]]:
        sound = sound_samples(self.about.slug)
        sample = next((sample for sample in sound if case.track in ("", sample.track)), None)
        return [] if sample is None else self._retold(case, self._played(case, sample, core))

    def _played(self, case: Case, sample: sheet.Sample, core: int | None) -> dict[str, str]:
        """The transcripts of a run, by seat."""
        seats = live_seats(self.about, case)
        with tempfile.TemporaryDirectory(prefix="podium-kit-") as scratch:
            entry = Path(scratch) / f"{sample.name}.zip"
            entry.write_bytes(pack(sample.path))
            manifest = check_file(entry, filename=entry.name, about=self.about).manifest
            work = Work(manifest.toolchain if manifest else None, "", self.stop, core)
            with Builds(Path(scratch) / "builds", 0).entry(self.sandbox, Program(entry), work) as built:
                if built.program is None:
                    raise PlatformFault("challenge-failed", f"the sample {sample.name} cannot be built: {built.log}")
                referee = Referee(self.about, self.sandbox, self.nursery, stop=self.stop)
                played = referee.play(case, dict.fromkeys(seats, built.program), {}, cores=dict.fromkeys(seats, core))
        for record in played.records.values():
            if record.outcome.fault is not None or record.outcome.score is None:
                raise PlatformFault("challenge-failed", f"the sample {sample.name} did not play {case.name} well")
        return {seat: transcript.decode() for seat, transcript in played.transcripts.items()}

    def _retold(self, case: Case, transcripts: dict[str, str]) -> list[tuple[str, Json]]:
        """What was said in a run, from its transcripts: the same replies give the same run (DESIGN, promise 5)."""
        job = {
            "do": "retell",
            "slug": self.about.slug,
            "case": case.to_json(),
            "clocks": {seat: asdict(self.about.clocks[seat]) for seat in transcripts},
            "transcripts": transcripts,
            "run_seconds": self.about.run_seconds,
        }
        with Child(self.nursery, {}, deadline=time.monotonic() + self.about.run_seconds) as child:
            told = child.play(job, stop=self.stop)["told"]
        return [(kind, value) for kind, value in told]
