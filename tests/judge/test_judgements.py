"""A judgement under its lease: one worker at a time, and nobody who was believed dead can write."""

import threading

import pytest
from sqlmodel import col, select

from challenges.base import Message, Score
from judge import judgements, results
from judge.errors import PlatformFault, StaleAttempt
from judge.judgements import LOST_LEASES, Claim
from judge.models import Attempt, Judgement, JudgementScore, LedgerEntry, QuotaUse, Run
from judge.scoring import Judged
from judge.states import JudgementState
from sandbox.types import Verdict
from tests.judge.world import HERE, NOW, World, after, played_run

FAULT = PlatformFault("engine-failed", "the engine fell over")


@pytest.fixture
def queued(world: World):
    """A team with three uploads; their receipts."""
    contest, _ = world.contest()
    user, _, _ = world.enrolled(contest)
    return [world.upload(user) for _ in range(3)]


def fault(world: World, claim: Claim, now=NOW, error=FAULT) -> JudgementState:
    with world.db.write() as session:
        return judgements.fault(session, claim, error=error, settings=world.settings, now=now)


def requeue(world: World, now) -> list[int]:
    with world.db.write() as session:
        return [row.id for row in judgements.requeue_expired(session, settings=world.settings, now=now)]


def renew(world: World, claim: Claim, now=NOW) -> None:
    with world.db.write() as session:
        judgements.renew(session, claim, settings=world.settings, now=now)


def record(world: World, claim: Claim, score=1.0) -> JudgementState:
    run = played_run("echo-1", score)
    files = results.store_files(world.storage, run)
    judged = Judged(Verdict.AC, None, {"": Score(score, score)})
    with world.db.write() as session:
        return results.record(
            session, claim=claim, played=[run], files=[files], judged=judged, circumstances=HERE, now=NOW
        )


def test_a_claim_turns_a_judgement_to_running_under_a_lease(world: World, queued):
    """Promise 1: a lease of 30 s and an attempt number."""
    claim = world.claim(queued[0].judgement_id)
    row = world.judgement(queued[0])
    assert claim == Claim(row.id, 1, "w")
    assert (row.state, row.attempt, row.worker, row.started_at) == (JudgementState.RUNNING, 1, "w", NOW)
    assert row.lease_until == after(seconds=30)
    (attempt,) = world.all(select(Attempt).where(Attempt.judgement_id == row.id))
    assert (attempt.number, attempt.worker, attempt.ended_at) == (1, "w", None)
    assert world.judgement(queued[1]).state == JudgementState.QUEUED


def test_a_claim_of_many_workers_at_once_is_given_to_one(world: World, queued):
    """Promise 2: a judgement is judged once."""
    barrier, claims = threading.Barrier(6), []

    def run(number: int) -> None:
        barrier.wait()
        claims.append(world.claim(queued[0].judgement_id, worker=f"w{number}"))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(claim is not None for claim in claims) == 1
    assert world.judgement(queued[0]).attempt == 1


def test_a_team_has_one_entry_judged_at_a_time(world: World, queued):
    first = world.claim(queued[0].judgement_id)
    assert world.claim(queued[1].judgement_id) is None
    assert (world.judgement(queued[1]).state, world.judgement(queued[1]).attempt) == (JudgementState.QUEUED, 0)
    record(world, first)
    with world.db.read() as session:
        enrolment = world.judgement(queued[0]).enrolment_id
        assert judgements.next_of_team(session, enrolment_id=enrolment) == queued[1].judgement_id
    assert world.claim(queued[1].judgement_id) is not None


def test_other_teams_do_not_wait(world: World, queued):
    contest = queued[0].contest
    other = world.upload(world.enrolled(contest)[0])
    assert world.claim(queued[0].judgement_id)
    assert world.claim(other.judgement_id)


def test_what_is_not_queued_cannot_be_claimed(world: World, queued):
    claim = world.claim(queued[0].judgement_id)
    assert world.claim(queued[0].judgement_id) is None
    record(world, claim)
    assert world.claim(queued[0].judgement_id) is None
    assert world.claim(10**6) is None


def test_a_lease_is_renewed_by_its_owner_alone(world: World, queued):
    claim = world.claim(queued[0].judgement_id)
    renew(world, claim, after(seconds=20))
    assert world.judgement(queued[0]).lease_until == after(seconds=50)
    for other in (Claim(claim.id, 2, "w"), Claim(queued[1].judgement_id, 1, "w")):
        with pytest.raises(StaleAttempt):
            renew(world, other)


def test_an_attempt_that_was_given_up_can_write_nothing(world: World, queued):
    """Promise 1: every write says WHERE attempt = mine. Promise 2: nothing counts twice."""
    stale = world.claim(queued[0].judgement_id)
    assert requeue(world, after(seconds=30)) == [queued[0].judgement_id]
    for attempt in range(2):  # before and after another has taken it
        for write in (renew, record, fault):
            with pytest.raises(StaleAttempt):
                write(world, stale)
        if attempt == 0:
            fresh = world.claim(queued[0].judgement_id, now=after(seconds=31))
    with world.db.write() as session:
        judgements.hand_back(session, stale, now=after(seconds=32))
    row = world.judgement(queued[0])
    assert (row.state, row.attempt, row.lease_until) == (JudgementState.RUNNING, 2, after(seconds=61))
    assert world.all(select(Run).where(Run.judgement_id == row.id)) == []
    assert record(world, fresh, 3.0) == JudgementState.SCORED
    (score,) = world.all(select(JudgementScore).where(JudgementScore.judgement_id == row.id))
    assert score.public == 3.0


def test_only_expired_leases_are_taken(world: World, queued):
    """Promise 1: the sweeper alone takes expired leases."""
    world.claim(queued[0].judgement_id)
    assert requeue(world, after(seconds=29.999)) == []
    assert requeue(world, after(seconds=30)) == [queued[0].judgement_id]
    row = world.judgement(queued[0])
    assert (row.state, row.attempt, row.lease_until, row.worker) == (JudgementState.QUEUED, 1, None, None)
    assert requeue(world, after(seconds=31)) == []


def test_two_sweepers_at_once_take_a_lease_once(world: World, queued):
    world.claim(queued[0].judgement_id)
    barrier, taken = threading.Barrier(4), []

    def run() -> None:
        barrier.wait()
        taken.extend(requeue(world, after(seconds=31)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [queued[0].judgement_id]


def test_our_fault_is_tried_again_twice_and_then_refunded(world: World, queued):
    """Promise 4: two re-runs by itself, then `JE` with the reason, and the slot given back."""
    receipt = queued[0]
    states = []
    for number in range(3):
        claim = world.claim(receipt.judgement_id, now=after(minutes=number))
        states.append(fault(world, claim, after(minutes=number)).value)
        requeue(world, after(minutes=number))
    assert states == ["running", "running", "platform_failed"]
    row = world.judgement(receipt)
    assert (row.verdict, row.faults, row.attempt, row.lease_until) == ("JE", 3, 3, None)
    assert row.message == Message("engine-failed").to_json()
    (slot,) = world.all(select(QuotaUse).where(QuotaUse.submission_id == receipt.submission.id))
    assert slot.refunded_at == after(minutes=2)
    attempts = world.all(select(Attempt).where(Attempt.judgement_id == row.id).order_by(col(Attempt.number)))
    assert [(a.number, a.detail, a.ended_at) for a in attempts] == [
        (n, "the engine fell over", after(minutes=n - 1)) for n in (1, 2, 3)
    ]
    other = world.all(select(QuotaUse).where(QuotaUse.submission_id == queued[1].submission.id))[0]
    assert other.refunded_at is None
    marks = world.all(select(LedgerEntry).where(LedgerEntry.subject == f"judgement-{row.id}"))
    assert [mark.facts for mark in marks] == ['{"verdict": "JE"}']


def test_a_fault_frees_the_judgement_at_once(one: World):
    contest, _ = one.contest()
    receipt = one.upload(one.enrolled(contest)[0])
    claim = one.claim(receipt.judgement_id)
    fault(one, claim, after(seconds=1), PlatformFault("internal", "x" * 5000))
    assert requeue(one, after(seconds=1)) == [receipt.judgement_id]
    (attempt,) = one.all(select(Attempt).where(Attempt.judgement_id == receipt.judgement_id))
    assert len(attempt.detail) == 2000


def test_workers_that_keep_vanishing_are_our_fault_too(world: World, queued):
    """Promise 4: whatever kills workers must not go on for ever, and costs the team nothing."""
    receipt = queued[0]
    for number in range(LOST_LEASES):
        assert world.judgement(receipt).state == JudgementState.QUEUED
        world.claim(receipt.judgement_id, now=after(minutes=number))
        requeue(world, after(minutes=number, seconds=30))
    row = world.judgement(receipt)
    assert (row.state, row.verdict, row.message["code"]) == (JudgementState.PLATFORM_FAILED, "JE", "worker-lost")
    (slot,) = world.all(select(QuotaUse).where(QuotaUse.submission_id == receipt.submission.id))
    assert slot.refunded_at is not None


def test_a_worker_that_stops_in_good_order_did_not_vanish(one: World):
    """A restart for each of many deployments does not end a long judgement."""
    contest, _ = one.contest()
    receipt = one.upload(one.enrolled(contest)[0])
    for number in range(LOST_LEASES + 2):
        claim = one.claim(receipt.judgement_id, now=after(minutes=number))
        with one.db.write() as session:
            judgements.hand_back(session, claim, now=after(minutes=number))
        assert one.judgement(receipt).lease_until == after(minutes=number)
        assert requeue(one, after(minutes=number)) == [receipt.judgement_id]
    assert one.judgement(receipt).state == JudgementState.QUEUED
    attempts = one.all(select(Attempt).where(Attempt.judgement_id == receipt.judgement_id))
    assert {attempt.message["code"] for attempt in attempts} == {"worker-stopped"}


def test_a_worker_that_is_known_to_be_dead_loses_its_leases_and_no_others(world: World, queued):
    contest = queued[0].contest
    mine = world.upload(world.enrolled(contest)[0])
    world.claim(queued[0].judgement_id, worker="dead")
    world.claim(mine.judgement_id, worker="alive")
    with world.db.write() as session:
        assert judgements.expire_leases_of(session, worker="dead", now=after(seconds=1)) == 1
    assert requeue(world, after(seconds=1)) == [queued[0].judgement_id]
    assert world.judgement(mine).state == JudgementState.RUNNING


def test_the_queue_of_a_team_is_by_age(one: World):
    contest, _ = one.contest()
    user, _, enrolment = one.enrolled(contest)
    late = one.upload(user, at=after(minutes=5))
    early = one.upload(user, at=after(minutes=1))
    with one.db.read() as session:
        assert judgements.next_of_team(session, enrolment_id=enrolment.id) == early.judgement_id
        assert judgements.next_of_team(session, enrolment_id=10**6) is None
    assert late.judgement_id < early.judgement_id


def test_programs_of_an_attempt_are_found_by_its_labels():
    assert judgements.labels(7, 2) == {"judgement": "7", "attempt": "2"}


def test_the_noise_keeps_running(world: World, queued):
    """Nothing above touched a judgement that is not its own."""
    world.claim(queued[0].judgement_id)
    requeue(world, after(seconds=31))
    assert len(world.all(select(Judgement).where(Judgement.state == JudgementState.RUNNING))) == 1
