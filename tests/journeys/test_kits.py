"""From a starter kit to the board: what is in it works as it is, in every contest that is played."""

import io
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from sqlmodel import select

from challenges import registry, sheet
from challenges.base import Phase as PhaseFacts
from judge import jobs, opening, starter
from judge.cores import Cores
from judge.db import Database
from judge.jobs import judge_submission, make_starter, open_phase
from judge.kit import Kit, equip
from judge.models import Contest, JudgementScore, Phase, Run, RunSeat
from judge.queue import Queue
from judge.referee import Nursery
from judge.samples import is_sample
from judge.settings import Settings
from judge.states import PhaseState
from judge.storage import open_storage
from judge.tryout import phase_seed, try_entry
from sandbox.process import ProcessSandbox
from tests.judge.world import Clock, World, after, settings_in

PLAYED = [slug for slug in registry.names() if sheet.about(slug).pairing != "none"]
TRACKS = [(slug, track.name) for slug in PLAYED for track in sheet.about(slug).tracks]


class House:
    """A worker with a database of its own; the samples play without walls, since they are known."""

    def __init__(self, settings: Settings) -> None:
        settings.prepare_folders()
        self.stop = threading.Event()
        self.settings, self.nursery = settings, Nursery(PLAYED)
        self.sandbox = ProcessSandbox(allow=is_sample)
        db = Database(settings.database_url)
        db.migrate()
        self.world = World(db, open_storage(settings), settings)
        equip(
            Kit(
                settings, db, self.world.storage, Queue("redis://127.0.0.1:1"), self.sandbox, self.nursery,
                Cores(settings.run / "cores", 2, stop=self.stop), "w", self.stop, Clock(after(minutes=1)),
            )
        )  # fmt: skip
        self.nursery.start()
        self.phases: dict[str, Phase] = {}

    def phase(self, slug: str, monkeypatch: pytest.MonkeyPatch) -> Phase:
        """A contest's smallest phase, open, with the seed that `podium try` draws from and with its kit."""
        if slug not in self.phases:
            monkeypatch.setattr(opening, "new_seed", lambda: phase_seed(0))
            monkeypatch.setattr(jobs, "QUICK_SECONDS", 300)
            _, phase = self.world.contest(slug, challenge=slug, cases=1, quota_per_day=9, state=PhaseState.DRAFT)
            open_phase(phase.id)
            make_starter(phase.id)
            self.phases[slug] = self.world.get(Phase, phase.id)
        return self.phases[slug]

    def close(self) -> None:
        self.stop.set()
        equip(None)
        self.nursery.close()
        self.world.db.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory):
    one = House(settings_in(tmp_path_factory.mktemp("house")))
    yield one
    one.close()


def unpacked(content: bytes, into: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(into)
    (folder,) = into.iterdir()
    return folder


@pytest.mark.parametrize(("slug", "track"), TRACKS, ids=["-".join(filter(None, pair)) for pair in TRACKS])
def test_unpack_try_upload_same_score(house: House, tmp_path: Path, monkeypatch, slug: str, track: str) -> None:
    """Issue 4, 9: kit → `podium try` → upload, and the score is the same to the last digit, run by run."""
    world, phase = house.world, house.phase(slug, monkeypatch)
    assert phase.starter_sha256 is not None
    folder = unpacked(world.storage.read(phase.starter_sha256), tmp_path)

    challenge = registry.load(slug)
    private = challenge.prepare(phase_seed(0), cases=1)
    planned = challenge.cases(private, PhaseFacts(seed=phase_seed(0), cases=1, showcase=False))
    count = sum(case.track in ("", track) for case in planned)
    tried = try_entry(
        slug, folder, sandbox=house.sandbox, seed=0, cases=count, cores=2, say=lambda _: None, track=track
    ).to_json()

    entry = folder / (f"entry-{track}" if (folder / f"entry-{track}").is_dir() else "entry")
    subprocess.run([sys.executable, folder / "pack.py", entry], check=True, capture_output=True)
    upload = entry.with_suffix(".zip").read_bytes()
    user, _, _ = world.enrolled(world.get(Contest, phase.contest_id))
    receipt = world.upload(user, upload, contest=slug, track=track)
    assert receipt.submission.sha256 == tried["sha256"]
    judge_submission(receipt.judgement_id)

    judgement = world.judgement(receipt)
    assert (judgement.verdict, tried["verdict"]) == ("AC", "AC")
    (score,) = world.all(select(JudgementScore).where(JudgementScore.judgement_id == judgement.id))
    assert (score.public, score.columns) == (tried["score"], tried["columns"])
    rows = world.all(
        select(Run.case, RunSeat.score).join(RunSeat).where(Run.judgement_id == judgement.id).order_by(Run.seq)
    )
    shared = {run["case"]: run["score"] for run in tried["runs"]}
    assert {case: figure for case, figure in rows if case in shared} == shared
    assert len(shared) == count


@pytest.mark.parametrize("slug", PLAYED)
def test_a_kit_has_an_example_of_both_sides_of_every_track(house: House, monkeypatch, slug: str) -> None:
    phase = house.phase(slug, monkeypatch)
    with zipfile.ZipFile(io.BytesIO(house.world.storage.read(phase.starter_sha256))) as archive:
        examples = [name.split("/")[2:] for name in archive.namelist() if name.startswith(f"{slug}-kit/protocol/")]
    challenge, ours = registry.load(slug), PhaseFacts(bytes(32), 1)
    shown = {case.name for case in challenge.cases(challenge.prepare(bytes(32), cases=1), ours) if case.showcase}
    assert {case for case, _ in examples} == shown
    for case in {case for case, _ in examples}:
        kinds = [name[3:-5] for found, name in examples if found == case]
        assert kinds[:2] == ["hello", "ready"] or case != examples[0][0]
        assert {"message", "reply"} <= set(kinds)


@pytest.mark.parametrize("slug", PLAYED)
def test_two_kits_of_a_phase_are_the_same_bytes(house: House, monkeypatch, slug: str) -> None:
    phase = house.phase(slug, monkeypatch)
    with house.world.db.write() as session:
        session.get_one(Phase, phase.id).starter_sha256 = None
    make_starter(phase.id)
    assert house.world.get(Phase, phase.id).starter_sha256 == phase.starter_sha256


def test_every_contest_that_is_played_is_tried_here() -> None:
    assert {slug for slug, _ in TRACKS} == set(PLAYED)
    assert len(PLAYED) >= 4
    assert all(starter.entries(slug) for slug in registry.names())
