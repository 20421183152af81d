"""Every contest's best sample, judged by a worker and tried at home: the same score, columns and views to the byte, and
again from the replies that were kept (DESIGN, promise 5)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from challenges import registry
from challenges.base import Case, Outcome
from challenges.base import Phase as Facts
from judge import plan
from judge.jobs import judge_submission
from judge.kit import equip
from judge.models import JudgementScore, Phase, Run, RunSeat
from judge.players import ReplayPlayer, seated
from judge.samples import is_sample, pack
from judge.seeds import seal
from judge.tryout import Tried, phase_seed, try_entry
from judge.views import stored_form
from sandbox.process import ProcessSandbox
from tests.challenges import sound
from tests.challenges.test_challenges import BY_TRACK
from tests.judge.test_jobs import Hints
from tests.judge.world import Clock, World, after, kit_of

SEED = 11


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[ProcessSandbox]:
    made = ProcessSandbox(allow=is_sample)
    yield made
    made.close()
    equip(None)


def opened(world: World, slug: str) -> Phase:
    """A phase of the seed that `podium try --seed` stands for, with one case of each discipline."""
    _, phase = world.contest(slug, challenge=slug, cases=1)
    challenge, seed = registry.load(slug), phase_seed(SEED)
    private = json.dumps(sound.prepared(challenge, Facts(seed, 1)).private).encode()
    with world.db.write() as session:
        row = session.get_one(Phase, phase.id)
        row.challenge_version = challenge.about.version
        row.sealed_seed = seal(seed, key=world.settings.seed_key(), context=plan.seal_context(row))
        row.sealed_materials = seal(private, key=world.settings.seed_key(), context=plan.seal_context(row))
        session.add(row)
    return row


def tried(slug: str, track: str, cases: int, sandbox: ProcessSandbox) -> Tried:
    sample = sound.samples(slug)[track]
    found = try_entry(
        slug, sample.path, sandbox=sandbox, seed=SEED, cases=cases, cores=2, say=lambda _: None, track=track
    )
    assert isinstance(found, Tried)
    return found


@pytest.mark.parametrize(
    ("slug", "track"), [*BY_TRACK, ("echo", ""), ("duel", ""), ("siege", "attack"), ("siege", "defence")]
)
def test_a_worker_gives_what_podium_try_gives_and_replies_give_it_again(
    one: World, nursery, sandbox: ProcessSandbox, tmp_path: Path, slug: str, track: str
):
    """Promise 5."""
    phase, challenge = opened(one, slug), registry.load(slug)
    user = one.enrolled(one.contest_of(phase), name="Sound")[0]
    receipt = one.upload(user, pack(sound.samples(slug)[track].path), contest=slug, track=track)
    equip(kit_of(one, nursery, tmp_path, queue=Hints(), sandbox=sandbox, clock=Clock(after(minutes=1))))
    judge_submission(receipt.judgement_id)
    judgement = one.judgement(receipt)
    assert judgement.verdict == "AC", judgement.message
    (score,) = one.all(select(JudgementScore).where(JudgementScore.judgement_id == judgement.id))
    query = select(Run).where(Run.judgement_id == judgement.id).order_by(col(Run.seq))
    runs = {run.case: run for run in one.all(query)}
    cases = {case.name: case for case in plan.cases_of(challenge, phase, settings=one.settings, track=track)}
    assert list(runs) == list(cases)

    hidden = [name for name, case in cases.items() if not case.showcase]
    at_home = tried(slug, track, len(hidden), sandbox)
    told = at_home.judged.scores[score.track]
    assert (told.public, told.final, dict(told.columns)) == (score.public, score.final, score.columns)
    assert told.interval == (None if score.interval_low is None else (score.interval_low, score.interval_high))
    home = {next(iter(run.records.values())).case.name: run for run in at_home.runs}
    assert list(home) == hidden
    for name, run in home.items():
        for seat, record in run.records.items():
            row = _seat(one, runs[name], seat)
            assert (record.outcome.score, dict(record.outcome.columns)) == (row.score, row.columns)
        assert stored_form(run.view) == _stored_view(one, runs[name])

    for name, case in cases.items():
        again = _replayed(one, challenge, runs[name], case, runs)
        for seat, outcome in again.seats.items():
            row = _seat(one, runs[name], seat)
            assert (outcome.score, dict(outcome.columns)) == (row.score, row.columns)
        assert stored_form(again.view) == _stored_view(one, runs[name])


def _seat(world: World, run: Run, seat: str) -> RunSeat:
    (row,) = world.all(select(RunSeat).where(RunSeat.run_seq == run.seq, RunSeat.seat == seat))
    return row


def _stored_view(world: World, run: Run) -> bytes | None:
    return world.storage.read(run.view_sha256) if run.view_sha256 else None


def _replayed(world: World, challenge, run: Run, case: Case, runs: dict[str, Run]) -> Outcome:
    """The run once more, from the replies that were kept and what earlier runs left."""
    seats = {row.seat: row for row in world.all(select(RunSeat).where(RunSeat.run_seq == run.seq))}
    players = {
        seat: ReplayPlayer.of(world.storage.read(row.transcript_sha256).decode(), challenge.about.clocks[seat])
        for seat, row in seats.items()
        if row.transcript_sha256
    }
    brought = {
        seat: world.storage.read(_seat(world, runs[name], seat).artefact_sha256) for seat, name in case.brings.items()
    }
    return challenge.play(case, seated(players), brought)
