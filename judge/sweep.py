"""The sweeper: the only one that takes expired leases and lost queue entries (DESIGN, promise 1).

What the database says is to be judged and nobody is judging it puts back into the queue, whatever became of the web
server, a worker, Redis, the engine or the machine. It also keeps the calendar, seals the ledger and clears leftovers.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlmodel import Session, col, select

from judge import accounts, contests, hosts, judgements, leases, ledger, meetings, opening, starter
from judge.db import Database
from judge.errors import Misconfigured
from judge.models import Host, Judgement, Meeting, Phase, Submission
from judge.queue import Queue, judging, making, playing, tending
from judge.samples import known_hashes
from judge.sandboxes import choose
from judge.settings import Settings
from judge.states import JudgementState
from judge.storage import Storage, open_storage
from sandbox.errors import SandboxError
from sandbox.interface import Sandbox

LOST_AFTER = timedelta(seconds=3)
SCRATCH_HOURS = 6
STARTER_AFTER, STARTER_AGAIN = timedelta(minutes=1), timedelta(minutes=5)
"""A starter kit is asked for so long after its phase has opened, and again where it could not be made."""
MOST_MEETINGS = 1000
"""Looked for in the queue at once; more are further back in it anyway."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeper:
    settings: Settings
    db: Database
    queue: Queue
    storage: Storage
    sandbox: Callable[[], Sandbox]
    """Opens the sandbox when it is needed: a sweeper does its work also while there is no engine."""
    asked: dict[int, datetime] = field(default_factory=dict)
    """When a phase's starter kit was last asked for."""

    def sweep(self, now: datetime) -> None:
        """One round. Each part stands for itself: what fails in one is logged, and the others go on."""
        parts = (
            self.take_expired,
            self.take_expired_meetings,
            self.queue_lost,
            self.keep_calendar,
            self.tend_fields,
            self.open_abandoned,
            self.make_starters,
            self.seal_ledger,
            self.forget,
            self.clear_scratch,
        )
        for part in parts:
            try:
                part(now)
            except Exception:
                log.exception("%s", part.__name__)

    def take_expired(self, now: datetime) -> None:
        """Leases that are over: the judgement is taken first, since a worker that is late may still renew; then what
        that attempt left is killed, and the judgement is queued again."""
        with self.db.read() as session:
            expired = session.exec(
                select(Judgement.id).where(Judgement.state == JudgementState.RUNNING, col(Judgement.lease_until) <= now)
            ).first()
        if expired is None:
            return
        with self.db.write() as session:
            taken = judgements.requeue_expired(session, settings=self.settings, now=now)
        for judgement in taken:
            assert judgement.id is not None
            log.info("judgement %s is %s after attempt %s", judgement.id, judgement.state, judgement.attempt)
            self._reap(**judgements.labels(judgement.id, judgement.attempt))
            if judgement.state == JudgementState.QUEUED:
                self.queue.judge(judgement.id, attempt=judgement.attempt)

    def take_expired_meetings(self, now: datetime) -> None:
        """The same for meetings."""
        with self.db.read() as session:
            over = select(Meeting.id).where(Meeting.state == JudgementState.RUNNING, col(Meeting.lease_until) <= now)
            if session.exec(over).first() is None:
                return
        with self.db.write() as session:
            taken = meetings.requeue_expired(session, now=now)
        for meeting in taken:
            assert meeting.id is not None
            log.info("meeting %s is %s after attempt %s", meeting.id, meeting.state, meeting.attempt)
            self._reap(**leases.labels(Meeting, meeting.id, meeting.attempt))
            if meeting.state == JudgementState.QUEUED:
                self.queue.play(meeting.id, attempt=meeting.attempt)

    def _reap(self, **labels: str) -> None:
        try:
            if left := self.sandbox().reap(**labels):
                log.warning("ended %s container(s) left behind by %s", left, labels)
        except (SandboxError, Misconfigured) as error:
            log.warning("could not look for leftovers of %s: %s", labels, error)

    def queue_lost(self, now: datetime) -> None:
        """Judgements and meetings that are queued in SQL and in nobody's queue."""
        queued = self.queue.waiting()
        if queued is None:
            return
        with self.db.read() as session:
            lost = _waiting(session, before=now - LOST_AFTER, now=now)
            unplayed = _unplayed(session, before=now - LOST_AFTER, now=now)
        for judgement_id, attempt in lost:
            if judging(judgement_id, attempt=attempt) not in queued:
                self.queue.judge(judgement_id, attempt=attempt)
        for meeting_id, attempt in unplayed:
            if playing(meeting_id, attempt=attempt) not in queued:
                self.queue.play(meeting_id, attempt=attempt)

    def tend_fields(self, now: datetime) -> None:
        """Fields in which something has happened, and which nobody has looked at since."""
        queued = self.queue.waiting()
        if queued is None:
            return
        with self.db.read() as session:
            due = session.exec(select(Phase).where(col(Phase.field_due_at) <= now - LOST_AFTER)).all()
        for phase in due:
            assert phase.id is not None and phase.field_due_at is not None
            if tending(phase.id, due_at=phase.field_due_at) not in queued:
                self.queue.tend_field(phase.id, due_at=phase.field_due_at)

    def open_abandoned(self, now: datetime) -> None:
        """Drafts whose worker died while it prepared them."""
        with self.db.read() as session:
            phases = opening.abandoned(session, now=now)
        for phase_id in phases:
            self.queue.open_phase(phase_id)

    def make_starters(self, now: datetime) -> None:
        """Starter kits that are missing: their job was lost or failed, or an earlier version opened the phase."""
        queued = self.queue.waiting()
        if queued is None:
            return
        with self.db.read() as session:
            phases = starter.missing(session, before=now - STARTER_AFTER)
        for phase_id in phases:
            lost = making(phase_id) not in queued
            if lost and (phase_id not in self.asked or self.asked[phase_id] <= now - STARTER_AGAIN):
                self.asked[phase_id] = now
                self.queue.make_starter(phase_id)

    def keep_calendar(self, now: datetime) -> None:
        """Phases freeze and close at their times."""
        with self.db.write() as session:
            contests.keep_calendar(session, now=now)

    def seal_ledger(self, now: datetime) -> None:
        with self.db.write() as session:
            ledger.seal(session, now=now)

    def forget(self, now: datetime) -> None:
        """Failed sign-ins, after a day."""
        with self.db.write() as session:
            accounts.forget_tries(session, now=now)

    def clear_scratch(self, now: datetime) -> None:
        for path in self.storage.sweep_scratch(older_than=(now - timedelta(hours=SCRATCH_HOURS)).timestamp()):
            log.info("removed an upload that never ended: %s", path.name)


def _waiting(session: Session, *, before: datetime, now: datetime) -> list[tuple[int, int]]:
    """(id, attempt) of queued judgements that a living worker can serve and whose team has none running; the oldest of
    each team, since a team has one judged at a time."""
    running = select(Judgement.enrolment_id).where(Judgement.state == JudgementState.RUNNING)
    rows = session.exec(
        select(Judgement, Submission.sha256, Phase.image)
        .join(Submission, col(Submission.id) == Judgement.submission_id)
        .join(Phase, col(Phase.id) == Judgement.phase_id)
        .where(
            Judgement.state == JudgementState.QUEUED,
            col(Judgement.queued_at) <= before,
            col(Judgement.enrolment_id).not_in(running),
        )
        .order_by(col(Judgement.queued_at), col(Judgement.id))
    ).all()
    alive = hosts.alive(session, now=now)
    oldest: dict[int, tuple[int, int]] = {}
    for judgement, sha256, image in rows:
        if _served(alive, image, [sha256]) and judgement.id is not None:
            oldest.setdefault(judgement.enrolment_id, (judgement.id, judgement.attempt))
    return list(oldest.values())


def _unplayed(session: Session, *, before: datetime, now: datetime) -> list[tuple[int, int]]:
    """(id, attempt) of queued meetings that a living worker can serve."""
    alive = hosts.alive(session, now=now)
    return [
        (meeting.id, meeting.attempt)
        for meeting, phase, entries in meetings.waiting(session, before=before, most=MOST_MEETINGS)
        if meeting.id is not None and _served(alive, phase.image, [entry.sha256 for entry in entries])
    ]


def _served(alive: Sequence[Host], image: str | None, sha256s: Sequence[str]) -> bool:
    """Whether one of these hosts may play these entries."""
    return any(
        host.image == (image if image is not None else host.image)
        and (host.isolated or all(sha256 in known_hashes() for sha256 in sha256s))
        for host in alive
    )


def run(sweeper: Sweeper, *, stop: threading.Event) -> None:
    """Sweep until told to stop."""
    while not stop.is_set():
        sweeper.sweep(datetime.now(UTC))
        stop.wait(sweeper.settings.sweep_seconds)


def main(settings: Settings, *, stop: threading.Event) -> None:
    """The process of `podium sweep`."""
    db = Database(settings.database_url)
    queue = Queue(settings.redis_url)
    try:
        sweeper = Sweeper(settings, db, queue, open_storage(settings), cache(lambda: choose(settings, say=log.info)))
        run(sweeper, stop=stop)
    finally:
        queue.close()
        db.close()
