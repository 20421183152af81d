"""Opening a phase: what is prepared for long blocks nobody, and is not lost."""

import threading
import time

import pytest
from sqlmodel import col, select, update

from judge import jobs, opening, preparing
from judge.db import Database
from judge.errors import NotFound, PlatformFault
from judge.kit import equip
from judge.models import Contest, Phase
from judge.opening import CLAIM, abandoned, claim
from judge.referee import Nursery
from judge.states import PhaseState
from sandbox.fake import FakeSandbox
from tests.echo import slow
from tests.judge.matchday import Line
from tests.judge.world import NOW, Clock, World, after, kit_of
from tests.known import CHALLENGES


@pytest.fixture(scope="module")
def house():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODIUM_CHALLENGES", f"{CHALLENGES},slow=tests.echo.slow:Slow")
        with Nursery(["slow"]) as nursery:
            nursery.start()
            yield nursery


@pytest.fixture
def kit(one: World, house, tmp_path):
    made = kit_of(one, house, tmp_path, queue=Line(), sandbox=FakeSandbox(), clock=Clock(after(minutes=1)))
    equip(made)
    yield made
    made.stop.set()
    equip(None)


def draft(world: World, cases: int, *, slug: str = "slow") -> Phase:
    return world.contest(slug, challenge="slow", state=PhaseState.DRAFT, cases=cases)[1]


def state(world: World, phase: Phase) -> PhaseState:
    return world.get(Phase, phase.id).state


def wait_until(true, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_challenge_prepares_for_as_many_cases_as_the_phase_has(one: World, kit, caplog):
    phase = draft(one, slow.TELLS)
    with caplog.at_level("INFO", "judge.opening"):
        jobs.open_phase(phase.id)
    assert f"slow/{phase.slug}: {slow.NOTE}" in caplog.messages
    assert (state(one, phase), set(one.get(Phase, phase.id).materials)) == (PhaseState.OPEN, {"facts.json"})


def test_a_worker_goes_on_with_other_jobs_while_a_phase_is_prepared(one: World, kit, monkeypatch):
    monkeypatch.setattr(jobs, "QUICK_SECONDS", 0.05)
    phase = draft(one, slow.TAKES_TIME)
    began = time.monotonic()
    jobs.open_phase(phase.id)
    assert state(one, phase) == PhaseState.DRAFT
    wait_until(lambda: state(one, phase) == PhaseState.OPEN)
    assert time.monotonic() - began > slow.SECONDS
    assert one.get(Contest, phase.contest_id).state == PhaseState.OPEN
    assert one.get(Phase, phase.id).opening_at is None


def test_nothing_is_locked_meanwhile_and_nobody_can_upload_yet(one: World, kit, monkeypatch):
    """No transaction is open while a phase is prepared: others write."""
    monkeypatch.setattr(jobs, "QUICK_SECONDS", 0.05)
    phase = draft(one, slow.TAKES_TIME)
    jobs.open_phase(phase.id)
    user = one.user()
    with pytest.raises(NotFound):
        one.upload(user, contest="slow")
    assert state(one, phase) == PhaseState.DRAFT
    wait_until(lambda: state(one, phase) == PhaseState.OPEN)


def test_two_workers_do_not_prepare_the_same_phase(one: World, kit, monkeypatch):
    phase, made = draft(one, slow.TAKES_TIME), []
    prepared = opening.prepared
    monkeypatch.setattr(opening, "prepared", lambda *args, **more: made.append(1) or prepared(*args, **more))
    threads = [threading.Thread(target=jobs.open_phase, args=(phase.id,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, state(one, phase)) == ([1], PhaseState.OPEN)


def test_a_challenge_that_cannot_prepare_leaves_a_draft_that_can_be_opened_again(one: World, kit):
    phase = draft(one, slow.FAILS)
    with pytest.raises(PlatformFault):
        opening.open_phase(kit, phase.id)
    assert (state(one, phase), one.get(Phase, phase.id).opening_at) == (PhaseState.DRAFT, None)
    jobs.open_phase(phase.id)  # a job only writes it into the log
    with one.db.write() as session:
        session.exec(update(Phase).where(col(Phase.id) == phase.id).values(cases=6))
    jobs.open_phase(phase.id)
    assert state(one, phase) == PhaseState.OPEN


def test_what_a_worker_that_is_told_to_stop_was_preparing_is_taken_over_at_once(one: World, kit, monkeypatch):
    monkeypatch.setattr(jobs, "QUICK_SECONDS", 0.3)
    phase = draft(one, slow.NEVER_ENDS)
    jobs.open_phase(phase.id)
    kit.stop.set()
    jobs.settle()
    with one.db.read() as session:
        assert abandoned(session, now=kit.clock()) == [phase.id]
    with one.db.write() as session:
        assert claim(session, phase.id, now=kit.clock()) is not None


def test_a_claim_of_somebody_who_vanished_runs_out(one: World, kit):
    phase = draft(one, slow.NEVER_ENDS)
    with one.db.write() as session:
        assert claim(session, phase.id, now=kit.clock()) is not None
    with one.db.read() as session:
        assert abandoned(session, now=kit.clock()) == []
        assert abandoned(session, now=kit.clock() + CLAIM) == [phase.id]
    with one.db.write() as session:
        assert claim(session, phase.id, now=kit.clock()) is None
        assert claim(session, phase.id, now=kit.clock() + CLAIM) is not None


def test_a_claim_is_renewed_while_it_lasts(one: World, kit, monkeypatch):
    monkeypatch.setattr(preparing, "TELL_SECONDS", 0.1)
    monkeypatch.setattr(jobs, "QUICK_SECONDS", 0.05)
    phase = draft(one, slow.NEVER_ENDS)
    jobs.open_phase(phase.id)
    kit.clock.forward(hours=1)
    wait_until(lambda: one.get(Phase, phase.id).opening_at == kit.clock())
    with one.db.read() as session:
        assert abandoned(session, now=kit.clock()) == []


def test_a_claim_that_cannot_be_renewed_undoes_nothing(one: World, kit, monkeypatch):
    monkeypatch.setattr(preparing, "TELL_SECONDS", 0.1)
    phase, write = draft(one, slow.TAKES_TIME), Database.write
    failed = []

    def away(self):
        if (
            threading.current_thread().name.startswith("opening")
            and len(failed) < 2
            and kit.clock.now != after(minutes=1)
        ):
            failed.append(1)
            raise OSError("away")
        return write(self)

    monkeypatch.setattr(Database, "write", away)
    threading.Timer(0.2, lambda: kit.clock.forward(seconds=1)).start()
    jobs.open_phase(phase.id)
    assert (failed, state(one, phase)) == ([1, 1], PhaseState.OPEN)


def test_only_drafts_that_somebody_was_at_count_as_abandoned(world: World):
    for slug in ("one", "two", "three"):
        _, phase = world.contest(slug, state=PhaseState.DRAFT if slug != "three" else PhaseState.OPEN)
        if slug != "one":
            with world.db.write() as session:
                session.exec(update(Phase).where(col(Phase.id) == phase.id).values(opening_at=NOW))
    with world.db.read() as session:
        found = [session.get_one(Phase, phase_id) for phase_id in abandoned(session, now=NOW + CLAIM)]
        slugs = [session.exec(select(Contest.slug).where(Contest.id == phase.contest_id)).one() for phase in found]
    assert slugs == ["two"]
