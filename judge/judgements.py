"""A judgement's life under its lease (`judge.leases`): a team has one judged at a time, and what our own faults end is
refunded."""

from datetime import datetime

from sqlmodel import Session, col, select

from challenges.base import Message
from judge import leases, ledger, submissions
from judge.errors import PlatformFault
from judge.leases import LOST_LEASES, Claim, end_attempt, hand_back, renew
from judge.models import Judgement
from judge.settings import Settings
from judge.states import JudgementState

__all__ = ["LOST_LEASES", "Claim", "end_attempt", "hand_back", "renew"]


def labels(judgement_id: int, attempt: int) -> dict[str, str]:
    """What an attempt's programs are labelled with, so that they can be found when it is over."""
    return leases.labels(Judgement, judgement_id, attempt)


def claim(session: Session, *, judgement_id: int, worker: str, settings: Settings, now: datetime) -> Claim | None:
    """queued → running, for one worker only; None where it is not queued any more, or another entry of the same team is
    being judged (it waits, and is queued again when that one ends)."""
    return leases.claim(session, kind=Judgement, work_id=judgement_id, worker=worker, settings=settings, now=now)


def owned(session: Session, claim: Claim) -> Judgement:
    """The row, locked for this transaction, if the claim still holds. Raises StaleAttempt."""
    return leases.owned(session, claim, Judgement)


def fault(session: Session, claim: Claim, *, error: PlatformFault, settings: Settings, now: datetime) -> JudgementState:
    """Our side failed: the lease ends at once, so that the sweeper queues the next attempt; after `settings.attempts`
    faults the judgement ends as `JE` and the team's slot is given back. Raises StaleAttempt."""
    return leases.fault(
        session, claim, Judgement, error=error, settings=settings, now=now, give_up=_give_up(settings, now)
    )


def _give_up(settings: Settings, now: datetime) -> leases.GiveUp[Judgement]:
    def give_up(session: Session, judgement: Judgement, message: Message) -> None:
        leases.end_as_ours(judgement, message=message, now=now)
        judgement.verdict = "JE"
        session.add(judgement)
        session.flush()
        ledger.mark(session, action="judged", subject=f"judgement-{judgement.id}", now=now, facts={"verdict": "JE"})
        submissions.refund(session, submission_id=judgement.submission_id, most=settings.refunds, now=now)

    return give_up


def requeue_expired(session: Session, *, settings: Settings, now: datetime) -> list[Judgement]:
    """The sweeper's half: running judgements whose lease is over go back to the queue, or end as `JE` where workers
    keep vanishing under them. The rows, as they are now."""
    return leases.requeue_expired(session, Judgement, now=now, give_up=_give_up(settings, now))


def expire_leases_of(session: Session, *, worker: str, now: datetime) -> int:
    """A worker is known to be dead: its leases, on meetings too, end now instead of later. How many."""
    return leases.expire_of(session, worker=worker, now=now)


def next_of_team(session: Session, *, enrolment_id: int) -> int | None:
    """The team's oldest queued judgement, to be queued when another of its own has ended."""
    return session.exec(
        select(Judgement.id)
        .where(Judgement.enrolment_id == enrolment_id, Judgement.state == JudgementState.QUEUED)
        .order_by(col(Judgement.queued_at), col(Judgement.id))
    ).first()
