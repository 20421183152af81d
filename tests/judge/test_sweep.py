"""The sweeper: what SQL says is to be judged and nobody is judging comes back into the queue."""

import os
import threading

import pytest
from sqlmodel import select

from judge import hosts, judgements, leases, ledger, opening
from judge.errors import StaleAttempt
from judge.models import Judgement, LedgerEntry, Meeting, Phase, QuotaUse
from judge.queue import Queue, judging, making, playing, tending
from judge.states import JudgementState, PhaseState
from judge.sweep import LOST_AFTER, STARTER_AFTER, STARTER_AGAIN, Sweeper, run
from sandbox.errors import EngineFailed
from sandbox.fake import FakeSandbox
from tests.judge.world import NOW, World, after


class Hints:
    """A queue in memory; `away` is Redis being so."""

    def play(self, meeting_id: int, *, attempt: int) -> bool:
        return self._take(playing(meeting_id, attempt=attempt))

    def tend_field(self, phase_id: int, *, due_at) -> bool:
        return self._take(tending(phase_id, due_at=due_at))

    def open_phase(self, phase_id: int) -> bool:
        return self._take(f"phase-{phase_id}")

    def make_starter(self, phase_id: int) -> bool:
        return self._take(making(phase_id))

    def _take(self, job_id: str) -> bool:
        self.asked.append(job_id)
        self.held |= set() if self.away else {job_id}
        return not self.away

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held: set[str] = set()
        self.away = False

    def judge(self, judgement_id: int, *, attempt: int) -> bool:
        return self._take(judging(judgement_id, attempt=attempt))

    def waiting(self) -> set[str] | None:
        return None if self.away else set(self.held)


def _one(sandbox: FakeSandbox):
    """Opens the same one every time."""
    return lambda: sandbox


@pytest.fixture
def sweeper(world: World) -> Sweeper:
    with world.db.write() as session:
        hosts.seen(session, name="h", sandbox="docker", isolated=True, image="", note="", now=NOW)
        for judgement in session.exec(select(Judgement).where(Judgement.state == JudgementState.QUEUED)):
            judgement.state = JudgementState.CANCELLED  # the noise that would be swept up too
    return Sweeper(world.settings, world.db, Hints(), world.storage, _one(FakeSandbox()))


@pytest.fixture
def receipt(world: World):
    contest, _ = world.contest()
    return world.upload(world.enrolled(contest)[0])


def seen(world: World, now, **facts) -> None:
    values = {"name": "h", "sandbox": "docker", "isolated": True, "image": "", "note": "", **facts}
    with world.db.write() as session:
        hosts.seen(session, now=now, **values)


# ---------------------------------------------------------------------------------------------------------------------
# Expired leases


def test_a_judgement_whose_worker_died_is_queued_again_and_its_leftovers_killed(world: World, sweeper, receipt):
    """Promise 1: the sweeper takes expired leases, kills what the old attempt left, and re-queues."""
    world.claim(receipt.judgement_id)
    sweeper.sweep(after(seconds=29))
    assert (sweeper.queue.asked, sweeper.sandbox().reaped) == ([], [])
    sweeper.sweep(after(seconds=30))
    assert sweeper.queue.asked == [judging(receipt.judgement_id, attempt=1)]
    assert sweeper.sandbox().reaped == [{"judgement": str(receipt.judgement_id), "attempt": "1"}]
    assert world.judgement(receipt).state == JudgementState.QUEUED


def test_within_a_minute_after_kill_9_it_is_in_the_queue_again(world: World, sweeper, receipt):
    """Promise 1: within 60 s, with the sweeper's own pace."""
    settings = world.settings
    assert settings.lease_seconds + settings.sweep_seconds + LOST_AFTER.total_seconds() < 60


def test_the_attempt_is_taken_before_anything_of_it_is_killed(world: World, sweeper, receipt):
    """Promise 4: a worker that is late, and renews, must not see its program die of us."""
    claim = world.claim(receipt.judgement_id)
    outcome = []

    class Late(FakeSandbox):
        def reap(self, **labels: str) -> int:
            try:
                with world.db.write() as session:
                    judgements.renew(session, claim, settings=world.settings, now=after(seconds=31))
                outcome.append("renewed: its program dies under it")
            except StaleAttempt:
                outcome.append("stale")
            return super().reap(**labels)

    Sweeper(world.settings, world.db, sweeper.queue, world.storage, Late).sweep(after(seconds=31))
    assert outcome == ["stale"]


def test_a_lease_that_was_renewed_meanwhile_is_not_taken(world: World, sweeper, receipt):
    claim = world.claim(receipt.judgement_id)
    with world.db.write() as session:
        judgements.renew(session, claim, settings=world.settings, now=after(seconds=29))
    sweeper.sweep(after(seconds=31))
    assert (sweeper.queue.asked, sweeper.sandbox().reaped) == ([], [])


def test_an_engine_that_is_down_does_not_stop_the_sweep(one: World):
    class Down(FakeSandbox):
        def reap(self, **labels: str) -> int:
            raise EngineFailed("down")

    contest, _ = one.contest()
    receipt = one.upload(one.enrolled(contest)[0])
    one.claim(receipt.judgement_id)
    queue = Hints()
    Sweeper(one.settings, one.db, queue, one.storage, Down).sweep(after(seconds=31))
    assert judging(receipt.judgement_id, attempt=1) in queue.asked


def test_a_judgement_that_is_given_up_is_not_queued(one: World):
    """Promise 4."""
    contest, _ = one.contest()
    receipt = one.upload(one.enrolled(contest)[0])
    queue = Hints()
    sweeper = Sweeper(one.settings, one.db, queue, one.storage, FakeSandbox)
    for number in range(judgements.LOST_LEASES):
        one.claim(receipt.judgement_id, now=after(minutes=number))
        sweeper.sweep(after(minutes=number, seconds=30))
    assert len([job for job in queue.asked if job.startswith(f"judgement-{receipt.judgement_id}-")]) == 4
    (slot,) = one.all(select(QuotaUse).where(QuotaUse.submission_id == receipt.submission.id))
    assert slot.refunded_at is not None


# ---------------------------------------------------------------------------------------------------------------------
# Lost queue entries


def test_what_redis_lost_is_found_in_sql(world: World, sweeper, receipt):
    """Promise 1: Redis is only a hint."""
    sweeper.sweep(after(seconds=2))
    assert sweeper.queue.asked == []
    sweeper.sweep(after(seconds=3))
    assert sweeper.queue.asked == [judging(receipt.judgement_id, attempt=0)]
    sweeper.sweep(after(seconds=8))
    assert len(sweeper.queue.asked) == 1
    sweeper.queue.held.clear()
    sweeper.sweep(after(seconds=13))
    assert len(sweeper.queue.asked) == 2


def test_with_redis_away_nothing_is_lost_and_later_it_is_found(world: World, sweeper, receipt):
    """Promise 1: also a lease that ends while Redis is down."""
    sweeper.queue.away = True
    world.claim(receipt.judgement_id)
    sweeper.sweep(after(seconds=31))
    sweeper.queue.away, sweeper.queue.asked = False, []
    sweeper.sweep(after(seconds=36))
    assert sweeper.queue.asked == [judging(receipt.judgement_id, attempt=1)]


def test_a_real_redis_gets_each_lost_one_once(one: World, redis_url):
    contest, _ = one.contest()
    receipts = [one.upload(one.enrolled(contest)[0]) for _ in range(3)]
    seen(one, NOW)
    queue = Queue(redis_url)
    sweeper = Sweeper(one.settings, one.db, queue, one.storage, FakeSandbox)
    for seconds in (5, 10, 15):
        sweeper.sweep(after(seconds=seconds))
    expected = {judging(receipt.judgement_id, attempt=0) for receipt in receipts}
    assert queue.waiting() - expected == {next(iter(queue.waiting() - expected))}  # the noise has one
    assert queue.length() == 4
    queue.close()


def test_a_team_has_its_oldest_in_the_queue_and_none_while_one_runs(world: World, sweeper, receipt):
    contest = receipt.contest
    other, _, _ = world.enrolled(contest)
    first, second = world.upload(other), world.upload(other, at=after(seconds=1))
    sweeper.sweep(after(seconds=10))
    assert set(sweeper.queue.asked) == {judging(row.judgement_id, attempt=0) for row in (receipt, first)}
    world.claim(first.judgement_id, now=after(seconds=10))
    sweeper.queue.asked.clear()
    sweeper.queue.held.clear()
    sweeper.sweep(after(seconds=15))
    assert sweeper.queue.asked == [judging(receipt.judgement_id, attempt=0)]
    assert world.judgement(second).state == JudgementState.QUEUED


@pytest.mark.parametrize(
    ("image", "facts", "asked"),
    [
        (None, {}, True),
        ("sha256:a", {"image": "sha256:a"}, True),
        ("sha256:a", {"image": "sha256:b"}, False),
        (None, {"isolated": False}, False),
    ],
)
def test_only_what_a_living_worker_can_serve_is_queued(one: World, image, facts, asked):
    """Promise 5: a phase pins the image. An entry that nobody knows waits for real walls."""
    contest, phase = one.contest()
    receipt = one.upload(one.enrolled(contest)[0])
    with one.db.write() as session:
        session.get_one(Phase, phase.id).image = image
    seen(one, NOW, **facts)
    queue = Hints()
    sweeper = Sweeper(one.settings, one.db, queue, one.storage, FakeSandbox)
    sweeper.sweep(after(seconds=10))
    assert (judging(receipt.judgement_id, attempt=0) in queue.asked) == asked
    queue.asked.clear()
    queue.held.clear()
    sweeper.sweep(after(seconds=70))
    assert judging(receipt.judgement_id, attempt=0) not in queue.asked  # the host was not seen for a minute


def test_hosts_come_and_go(world: World):
    with world.db.write() as session:
        assert hosts.notice(session, now=NOW) == "no-worker"
        facts = {"sandbox": "process", "image": "", "note": "no engine"}
        hosts.seen(session, name="a", isolated=False, now=NOW, **facts)
        assert hosts.notice(session, now=NOW) == "no-engine"
        hosts.seen(session, name="b", isolated=True, now=after(seconds=30), **facts)
        assert hosts.notice(session, now=after(seconds=30)) is None
        hosts.seen(session, name="b", isolated=True, now=after(seconds=40), **facts)
        (first, second) = hosts.alive(session, now=after(seconds=59))
        assert (first.name, second.name, second.started_at) == ("a", "b", after(seconds=30))
        assert [host.name for host in hosts.alive(session, now=after(seconds=60))] == ["b"]
        hosts.seen(session, name="b", isolated=True, now=after(hours=1), **facts)
        assert hosts.alive(session, now=after(hours=1))[0].started_at == after(hours=1)
        hosts.gone(session, name="b")
        assert hosts.notice(session, now=after(hours=1)) == "no-worker"


# ---------------------------------------------------------------------------------------------------------------------
# The rest of a round


def test_a_round_keeps_the_calendar_seals_the_ledger_and_clears_scratch(world: World, sweeper):
    """Promise 7: the chain is sealed in batches."""
    import io

    _, phase = world.contest(ends_at=after(hours=1))
    old = world.storage.receive(io.BytesIO(b"x"))
    os.utime(old, (after(hours=-6).timestamp(),) * 2)
    sweeper.sweep(after(hours=1))
    assert not old.exists()
    assert world.get(Phase, phase.id).state == PhaseState.CLOSED
    assert all(entry.batch is not None for entry in world.all(select(LedgerEntry)))
    with world.db.read() as session:
        assert ledger.verify(session) is None
        assert ledger.head(session) != ledger.GENESIS


def test_what_fails_in_one_part_does_not_stop_the_others(one: World, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("broken")

    monkeypatch.setattr(judgements, "requeue_expired", broken)
    contest, phase = one.contest(ends_at=after(seconds=31))
    one.claim(one.upload(one.enrolled(contest)[0]).judgement_id)
    Sweeper(one.settings, one.db, Hints(), one.storage, FakeSandbox).sweep(after(seconds=31))
    assert one.get(Phase, phase.id).state == PhaseState.CLOSED


def test_sweeping_ends_when_it_is_told_to(one: World):
    stop, rounds = threading.Event(), []

    class Counting(Sweeper):
        def sweep(self, now) -> None:
            rounds.append(now)
            stop.set()

    run(Counting(one.settings, one.db, Hints(), one.storage, FakeSandbox), stop=stop)
    assert len(rounds) == 1


# ---------------------------------------------------------------------------------------------------------------------
# Meetings and fields


@pytest.fixture
def meeting(world: World):
    contest, phase = world.contest()
    first, second = (world.upload(world.enrolled(contest)[0]) for _ in range(2))
    for receipt in (first, second):
        world.judge(receipt)
    row = Meeting(
        phase_id=phase.id,
        case="game-1",
        pairing=f"{first.submission.id}-{second.submission.id}",
        first_id=first.submission.id,
        second_id=second.submission.id,
        queued_at=NOW,
    )
    return world.add(row)


def test_a_meeting_that_redis_lost_is_found_in_sql(world: World, sweeper, meeting):
    """Promise 1."""
    sweeper.sweep(after(seconds=2))
    assert sweeper.queue.asked == []
    sweeper.sweep(after(seconds=3))
    sweeper.sweep(after(seconds=8))
    assert sweeper.queue.asked == [playing(meeting.id, attempt=0)]


def test_a_meeting_whose_worker_died_is_queued_again_and_its_leftovers_killed(world: World, sweeper, meeting):
    """Promise 1."""
    with world.db.write() as session:
        leases.claim(session, kind=Meeting, work_id=meeting.id, worker="dead", settings=world.settings, now=NOW)
    sweeper.sweep(after(seconds=29))
    assert sweeper.queue.asked == []
    sweeper.sweep(after(seconds=30))
    assert sweeper.queue.asked == [playing(meeting.id, attempt=1)]
    assert sweeper.sandbox().reaped == [{"meeting": str(meeting.id), "attempt": "1"}]


def test_a_meeting_under_which_workers_keep_vanishing_is_void(world: World, sweeper, meeting):
    """Promise 4: nobody loses by it, and the field is looked at once more."""
    for number in range(leases.LOST_LEASES):
        with world.db.write() as session:
            leases.claim(
                session,
                kind=Meeting,
                work_id=meeting.id,
                worker="dead",
                settings=world.settings,
                now=after(minutes=number),
            )
        sweeper.sweep(after(minutes=number, seconds=30))
    row = world.get(Meeting, meeting.id)
    assert (row.state, row.message) == (JudgementState.PLATFORM_FAILED, {"code": "worker-lost", "params": {}})
    assert world.get(Phase, meeting.phase_id).field_due_at == after(minutes=4, seconds=30)


def test_a_meeting_waits_for_a_host_that_may_play_both(world: World, sweeper, meeting):
    seen(world, NOW, isolated=False)
    sweeper.sweep(after(seconds=5))
    assert sweeper.queue.asked == []


def test_a_field_that_nobody_has_looked_at_is_asked_for(world: World, sweeper, meeting):
    """Promise 1: also when the worker died between a result and what follows from it."""
    with world.db.write() as session:
        phase = session.get_one(Phase, meeting.phase_id)
        phase.field_due_at = NOW
        session.get_one(Meeting, meeting.id).state = JudgementState.CANCELLED
    sweeper.sweep(after(seconds=2))
    assert sweeper.queue.asked == []
    for seconds in (3, 8):
        sweeper.sweep(after(seconds=seconds))
    assert sweeper.queue.asked == [tending(meeting.phase_id, due_at=NOW)]


# ---------------------------------------------------------------------------------------------------------------------
# Phases


def test_a_phase_whose_worker_died_while_it_was_prepared_is_asked_for_again(world: World, sweeper):
    _, draft = world.contest("later", state=PhaseState.DRAFT)
    sweeper.open_abandoned(after(days=1))
    assert sweeper.queue.asked == []
    with world.db.write() as session:
        opening.claim(session, draft.id, now=NOW)
    sweeper.open_abandoned(NOW)
    assert sweeper.queue.asked == []
    sweeper.open_abandoned(NOW + opening.CLAIM)
    assert sweeper.queue.asked == [f"phase-{draft.id}"]


@pytest.fixture
def kitless(world: World) -> Phase:
    """Open, and without a starter kit; what the noise has not got is left out."""
    _, phase = world.contest()
    with world.db.write() as session:
        session.get_one(Phase, phase.id).opened_at = NOW
    return phase


def test_a_starter_kit_that_is_missing_is_asked_for_and_again_after_a_while(world: World, sweeper, kitless: Phase):
    sweeper.make_starters(NOW)
    assert sweeper.queue.asked == []
    late = NOW + STARTER_AFTER
    for now in (late, late, late + STARTER_AGAIN / 2):
        sweeper.make_starters(now)
    assert sweeper.queue.asked == [making(kitless.id)]
    sweeper.queue.held.clear()
    sweeper.make_starters(late + STARTER_AGAIN)
    assert sweeper.queue.asked == [making(kitless.id)] * 2
    sweeper.make_starters(late + 3 * STARTER_AGAIN)  # it is in the queue still
    assert sweeper.queue.asked == [making(kitless.id)] * 2


def test_with_redis_away_no_starter_kit_counts_as_asked_for(world: World, sweeper, kitless: Phase):
    sweeper.queue.away = True
    sweeper.make_starters(NOW + STARTER_AFTER)
    sweeper.queue.away = False
    sweeper.make_starters(NOW + STARTER_AFTER)
    assert sweeper.queue.asked == [making(kitless.id)]
