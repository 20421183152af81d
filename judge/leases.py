"""Work under a lease: a judgement or a meeting (DESIGN, promises 1, 2 and 4).

A worker claims what is queued: the row turns to running with an attempt number of its own and a lease, which the worker
renews while it plays. Every later write of that attempt says `WHERE attempt = mine`: a worker that was believed dead
and comes back can change nothing. Only the sweeper puts work back into the queue.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Update, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from challenges.base import Message
from judge.errors import PlatformFault, StaleAttempt
from judge.models import Attempt, Judgement, Meeting
from judge.settings import Settings
from judge.states import JudgementState, check_move

LOST_LEASES = 5
"""Times that a worker may vanish under one piece of work before it is given up as our fault."""

W = TypeVar("W", Judgement, Meeting)


@dataclass(frozen=True, slots=True)
class Claim:
    """Which attempt of which judgement or meeting, by which worker."""

    id: int
    attempt: int
    worker: str
    kind: type[Judgement] | type[Meeting] = Judgement

    @property
    def name(self) -> str:
        return f"{self.kind.__tablename__} {self.id}"

    @property
    def labels(self) -> dict[str, str]:
        """What an attempt's programs are labelled with, so that they can be found when it is over."""
        return labels(self.kind, self.id, self.attempt)


def labels(kind: type[Judgement] | type[Meeting], work_id: int, attempt: int) -> dict[str, str]:
    return {str(kind.__tablename__): str(work_id), "attempt": str(attempt)}


def _changed(session: Session, statement: Update) -> int:
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def claim(
    session: Session, *, kind: type[W], work_id: int, worker: str, settings: Settings, now: datetime
) -> Claim | None:
    """queued → running, for one worker only; None where it is not queued any more, or the database allows no other of
    its kind to run now."""
    lease = now + timedelta(seconds=settings.lease_seconds)
    try:
        with session.begin_nested():
            claimed = _changed(
                session,
                update(kind)
                .where(col(kind.id) == work_id, col(kind.state) == JudgementState.QUEUED)
                .values(
                    state=JudgementState.RUNNING,
                    attempt=kind.attempt + 1,
                    worker=worker,
                    lease_until=lease,
                    started_at=now,
                ),
            )
    except IntegrityError:
        return None
    if not claimed:
        return None
    attempt = session.exec(select(kind.attempt).where(kind.id == work_id)).one()
    session.add(Attempt(**_whose(kind, work_id), number=attempt, worker=worker, started_at=now))
    session.flush()
    return Claim(work_id, attempt, worker, kind)


def _whose(kind: type[Judgement] | type[Meeting], work_id: int | None) -> dict[str, Any]:
    return {f"{kind.__tablename__}_id": work_id}


def _mine(claim: Claim) -> Update:
    kind = claim.kind
    return update(kind).where(
        col(kind.id) == claim.id,
        col(kind.attempt) == claim.attempt,
        col(kind.state) == JudgementState.RUNNING,
    )


def renew(session: Session, claim: Claim, *, settings: Settings, now: datetime) -> None:
    """Raises StaleAttempt where the work is another's by now."""
    if not _changed(session, _mine(claim).values(lease_until=now + timedelta(seconds=settings.lease_seconds))):
        raise StaleAttempt(f"{claim.name} is past attempt {claim.attempt}")


def owned(session: Session, claim: Claim, kind: type[W]) -> W:
    """The row, locked for this transaction, if the claim still holds. Raises StaleAttempt."""
    if claim.kind is not kind or not _changed(session, _mine(claim).values(worker=claim.worker)):
        raise StaleAttempt(f"{claim.name} is past attempt {claim.attempt}")
    return session.get_one(kind, claim.id, populate_existing=True)


def end_attempt(
    session: Session, claim: Claim, *, now: datetime, message: Message | None = None, detail: str | None = None
) -> None:
    """Write down what became of an attempt."""
    query = select(Attempt).filter_by(**_whose(claim.kind, claim.id), number=claim.attempt)
    attempt = session.exec(query).one()
    attempt.ended_at = now
    attempt.message = message.to_json() if message else None
    attempt.detail = detail
    session.add(attempt)
    session.flush()


def hand_back(session: Session, claim: Claim, *, now: datetime) -> None:
    """A worker that is told to stop gives up its lease; the sweeper queues the work again."""
    end_attempt(session, claim, message=Message("worker-stopped"), now=now)
    _changed(session, _mine(claim).values(lease_until=now))


GiveUp = Callable[[Session, W, Message], None]
"""running → platform_failed, with whatever else follows from it."""


def fault(
    session: Session,
    claim: Claim,
    kind: type[W],
    *,
    error: PlatformFault,
    settings: Settings,
    now: datetime,
    give_up: GiveUp[W],
) -> JudgementState:
    """Our side failed: the lease ends at once, so that the sweeper queues the next attempt; after `settings.attempts`
    faults the work is given up. Raises StaleAttempt."""
    work = owned(session, claim, kind)
    end_attempt(session, claim, message=error.public, detail=error.detail[:2000], now=now)
    work.faults += 1
    work.lease_until = now
    if work.faults >= settings.attempts:
        give_up(session, work, error.public)
    session.add(work)
    session.flush()
    return work.state


def end_as_ours(work: Judgement | Meeting, *, message: Message, now: datetime) -> None:
    """running → platform_failed, with the reason."""
    work.state = check_move(work.state, JudgementState.PLATFORM_FAILED)
    work.message = message.to_json()
    work.finished_at, work.lease_until = now, None


def requeue_expired(session: Session, kind: type[W], *, now: datetime, give_up: GiveUp[W]) -> list[W]:
    """The sweeper's half: running work whose lease is over goes back to the queue, or is given up where workers keep
    vanishing under it. The rows, as they are now."""
    expired = session.exec(
        select(kind)
        .where(kind.state == JudgementState.RUNNING, col(kind.lease_until) <= now)
        .with_for_update(skip_locked=True)
    ).all()
    for work in expired:
        if _lost_leases(session, kind, work) >= LOST_LEASES:
            give_up(session, work, Message("worker-lost"))
            continue
        work.state = check_move(work.state, JudgementState.QUEUED)
        work.lease_until, work.worker = None, None
        session.add(work)
    session.flush()
    return list(expired)


def _lost_leases(session: Session, kind: type[W], work: W) -> int:
    """Attempts that nobody ended: neither by a result, nor by a fault, nor by handing them back."""
    query = select(func.count()).select_from(Attempt).filter_by(**_whose(kind, work.id))
    return session.exec(query.where(col(Attempt.ended_at).is_(None))).one()


def expire_of(session: Session, *, worker: str, now: datetime) -> int:
    """A worker is known to be dead: its leases end now instead of later. How many."""
    return sum(
        _changed(
            session,
            update(kind)
            .where(col(kind.worker) == worker, col(kind.state) == JudgementState.RUNNING)
            .values(lease_until=now),
        )
        for kind in (Judgement, Meeting)
    )
