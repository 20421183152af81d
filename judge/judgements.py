"""A judgement's life under a lease (DESIGN, promises 1, 2 and 4).

A worker claims a queued judgement: the row turns to running with an attempt number of its own and a lease, which the
worker renews while it plays. Every later write of that attempt says `WHERE attempt = mine`: a worker that was believed
dead and comes back can change nothing. Only the sweeper puts a judgement back into the queue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, Update, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from challenges.base import Message
from judge import ledger, submissions
from judge.errors import PlatformFault, StaleAttempt
from judge.models import Attempt, Judgement
from judge.settings import Settings
from judge.states import JudgementState, check_move

LOST_LEASES = 5
"""Times that a worker may vanish under one judgement before it is given up as our fault."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Which attempt of which judgement, by which worker."""

    judgement_id: int
    attempt: int
    worker: str


def labels(judgement_id: int, attempt: int) -> dict[str, str]:
    """What an attempt's programs are labelled with, so that they can be found when it is over."""
    return {"judgement": str(judgement_id), "attempt": str(attempt)}


def _changed(session: Session, statement: Update) -> bool:
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def claim(session: Session, *, judgement_id: int, worker: str, settings: Settings, now: datetime) -> Claim | None:
    """queued → running, for one worker only; None where it is not queued any more, or another entry of the same team is
    being judged (it waits, and is queued again when that one ends)."""
    lease = now + timedelta(seconds=settings.lease_seconds)
    try:
        with session.begin_nested():
            claimed = _changed(
                session,
                update(Judgement)
                .where(col(Judgement.id) == judgement_id, col(Judgement.state) == JudgementState.QUEUED)
                .values(
                    state=JudgementState.RUNNING,
                    attempt=Judgement.attempt + 1,
                    worker=worker,
                    lease_until=lease,
                    started_at=now,
                ),
            )
    except IntegrityError:  # uq_judgement_running: one at a time for a team
        return None
    if not claimed:
        return None
    attempt = session.exec(select(Judgement.attempt).where(Judgement.id == judgement_id)).one()
    session.add(Attempt(judgement_id=judgement_id, number=attempt, worker=worker, started_at=now))
    session.flush()
    return Claim(judgement_id, attempt, worker)


def _mine(claim: Claim) -> Update:
    return update(Judgement).where(
        col(Judgement.id) == claim.judgement_id,
        col(Judgement.attempt) == claim.attempt,
        col(Judgement.state) == JudgementState.RUNNING,
    )


def renew(session: Session, claim: Claim, *, settings: Settings, now: datetime) -> None:
    """Raises StaleAttempt where the judgement is another's by now."""
    if not _changed(session, _mine(claim).values(lease_until=now + timedelta(seconds=settings.lease_seconds))):
        raise StaleAttempt(f"judgement {claim.judgement_id} is past attempt {claim.attempt}")


def owned(session: Session, claim: Claim) -> Judgement:
    """The row, locked for this transaction, if the claim still holds. Raises StaleAttempt."""
    if not _changed(session, _mine(claim).values(worker=claim.worker)):
        raise StaleAttempt(f"judgement {claim.judgement_id} is past attempt {claim.attempt}")
    return session.get_one(Judgement, claim.judgement_id, populate_existing=True)


def end_attempt(
    session: Session, claim: Claim, *, now: datetime, message: Message | None = None, detail: str | None = None
) -> None:
    """Write down what became of an attempt."""
    attempt = session.exec(
        select(Attempt).where(Attempt.judgement_id == claim.judgement_id, Attempt.number == claim.attempt)
    ).one()
    attempt.ended_at = now
    attempt.message = message.to_json() if message else None
    attempt.detail = detail
    session.add(attempt)
    session.flush()


def hand_back(session: Session, claim: Claim, *, now: datetime) -> None:
    """A worker that is told to stop gives up its lease; the sweeper queues the judgement again."""
    end_attempt(session, claim, message=Message("worker-stopped"), now=now)
    _changed(session, _mine(claim).values(lease_until=now))


def fault(session: Session, claim: Claim, *, error: PlatformFault, settings: Settings, now: datetime) -> JudgementState:
    """Our side failed: the lease ends at once, so that the sweeper queues the next attempt; after `settings.attempts`
    faults the judgement ends as `JE` and the team's slot is given back. Raises StaleAttempt."""
    judgement = owned(session, claim)
    end_attempt(session, claim, message=error.public, detail=error.detail[:2000], now=now)
    judgement.faults += 1
    judgement.lease_until = now
    if judgement.faults >= settings.attempts:
        give_up(session, judgement, message=error.public, settings=settings, now=now)
    session.add(judgement)
    session.flush()
    return judgement.state


def give_up(session: Session, judgement: Judgement, *, message: Message, settings: Settings, now: datetime) -> None:
    """running → platform_failed, with the reason for the team, and the slot refunded."""
    judgement.state = check_move(judgement.state, JudgementState.PLATFORM_FAILED)
    judgement.verdict = "JE"
    judgement.message = message.to_json()
    judgement.finished_at, judgement.lease_until = now, None
    session.add(judgement)
    session.flush()
    ledger.mark(session, action="judged", subject=f"judgement-{judgement.id}", now=now, facts={"verdict": "JE"})
    submissions.refund(session, submission_id=judgement.submission_id, most=settings.refunds, now=now)


def requeue_expired(session: Session, *, settings: Settings, now: datetime) -> list[Judgement]:
    """The sweeper's half: running judgements whose lease is over go back to the queue, or end as `JE` where workers
    keep vanishing under them. The rows, as they are now."""
    expired = session.exec(
        select(Judgement)
        .where(Judgement.state == JudgementState.RUNNING, col(Judgement.lease_until) <= now)
        .with_for_update(skip_locked=True)
    ).all()
    for judgement in expired:
        if _lost_leases(session, judgement) >= LOST_LEASES:
            give_up(session, judgement, message=Message("worker-lost"), settings=settings, now=now)
            continue
        judgement.state = check_move(judgement.state, JudgementState.QUEUED)
        judgement.lease_until, judgement.worker = None, None
        session.add(judgement)
    session.flush()
    return list(expired)


def _lost_leases(session: Session, judgement: Judgement) -> int:
    """Attempts that nobody ended: neither by a result, nor by a fault, nor by handing them back."""
    query = select(func.count()).select_from(Attempt)
    return session.exec(query.where(Attempt.judgement_id == judgement.id, col(Attempt.ended_at).is_(None))).one()


def expire_leases_of(session: Session, *, worker: str, now: datetime) -> int:
    """A worker is known to be dead: its leases end now instead of later. How many."""
    result = session.execute(
        update(Judgement)
        .where(col(Judgement.worker) == worker, col(Judgement.state) == JudgementState.RUNNING)
        .values(lease_until=now)
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def next_of_team(session: Session, *, enrolment_id: int) -> int | None:
    """The team's oldest queued judgement, to be queued when another of its own has ended."""
    return session.exec(
        select(Judgement.id)
        .where(Judgement.enrolment_id == enrolment_id, Judgement.state == JudgementState.QUEUED)
        .order_by(col(Judgement.queued_at), col(Judgement.id))
    ).first()
