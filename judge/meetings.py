"""A meeting of two entries, from the queue to its run. Its life under a lease is in `judge.leases`; who meets whom says
`judge.field`. What our own faults end is void: nobody wins by it, and the record says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from challenges.base import About, Case, Message
from judge import leases, ledger, results, standings
from judge.errors import PlatformFault
from judge.leases import Claim
from judge.models import Contest, Judgement, Meeting, Phase, Run, RunSeat, Submission
from judge.results import Circumstances, PlayedRun
from judge.settings import Settings
from judge.states import JudgementState, check_move


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everything that playing a meeting needs to know, read in one go; no transaction stays open behind it."""

    meeting: Meeting
    phase: Phase
    contest: Contest
    entries: tuple[Submission, Submission]

    def seated(self, about: About) -> dict[str, Submission]:
        """By seat, in the order of the sheet."""
        return dict(zip(about.seats, self.entries, strict=True))


def assignment(session: Session, meeting_id: int) -> Assignment | None:
    """None where there is no such meeting."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        return None
    phase = session.get_one(Phase, meeting.phase_id)
    entries = (session.get_one(Submission, meeting.first_id), session.get_one(Submission, meeting.second_id))
    return Assignment(meeting, phase, session.get_one(Contest, phase.contest_id), entries)


def brought(session: Session, work: Assignment, case: Case, about: About) -> dict[str, str]:
    """By seat that is filled with what its entry left in an earlier run: the artefact's SHA-256. Raises PlatformFault
    where there is none."""
    seated = work.seated(about)
    found = {}
    for seat, earlier in case.brings.items():
        sha256 = session.exec(
            select(RunSeat.artefact_sha256)
            .join(Run, col(Run.seq) == RunSeat.run_seq)
            .join(Judgement, col(Judgement.id) == Run.judgement_id)
            .where(
                Judgement.submission_id == seated[seat].id,
                Judgement.phase_id == work.phase.id,
                col(Judgement.current),
                Run.case == earlier,
                RunSeat.seat == seat,
            )
        ).first()
        if sha256 is None:
            raise PlatformFault("challenge-failed", f"{seat} has left nothing in the case {earlier}")
        found[seat] = sha256
    return found


def record(
    session: Session,
    *,
    claim: Claim,
    played: PlayedRun,
    files: Mapping[str, str],
    circumstances: Circumstances,
    seats: Mapping[str, int],
    now: datetime,
) -> Meeting:
    """Store the run that a meeting gave, if `claim` still owns it; `files` names what it left in the storage, `seats`
    who sat where. The caller tends the field in the same transaction. Raises StaleAttempt."""
    meeting = leases.owned(session, claim, Meeting)
    leases.end_attempt(session, claim, now=now)
    session.exec(select(Phase.id).where(Phase.id == meeting.phase_id).with_for_update(key_share=True)).one()
    run = Run(
        phase_id=meeting.phase_id,
        meeting_id=meeting.id,
        challenge_version=circumstances.challenge_version,
        image=circumstances.image,
        case=meeting.case,
        pairing=meeting.pairing,
        round=meeting.round,
        view_sha256=files.get("view"),
        recorded_at=now,
    )
    results.store_run(session, run, played, files, submissions=seats)
    meeting.state = check_move(meeting.state, JudgementState.SCORED)
    meeting.finished_at, meeting.lease_until = now, None
    session.add(meeting)
    session.flush()
    scores = {seat: row.outcome.score for seat, row in played.records.items()}
    ledger.mark(session, action="met", subject=f"meeting-{meeting.id}", now=now, facts={"scores": scores})
    return meeting


def fault(session: Session, claim: Claim, *, error: PlatformFault, settings: Settings, now: datetime) -> JudgementState:
    """Our side failed: tried again by the sweeper, void after `settings.attempts` faults. Raises StaleAttempt."""
    return leases.fault(session, claim, Meeting, error=error, settings=settings, now=now, give_up=_void(now))


def requeue_expired(session: Session, *, now: datetime) -> list[Meeting]:
    """The sweeper's half; the rows, as they are now."""
    return leases.requeue_expired(session, Meeting, now=now, give_up=_void(now))


def _void(now: datetime) -> leases.GiveUp[Meeting]:
    def void(session: Session, meeting: Meeting, message: Message) -> None:
        leases.end_as_ours(meeting, message=message, now=now)
        session.add(meeting)
        # who waited for this one gets another opponent
        standings.mark_due(session, session.get_one(Phase, meeting.phase_id), now=now)
        ledger.mark(session, action="voided", subject=f"meeting-{meeting.id}", now=now, facts={"code": message.code})

    return void


def waiting(session: Session, *, before: datetime, most: int) -> Sequence[tuple[Meeting, Phase, Sequence[Submission]]]:
    """Queued meetings, the oldest first, with what decides on which host they can be played."""
    rows = session.exec(
        select(Meeting, Phase)
        .join(Phase, col(Phase.id) == Meeting.phase_id)
        .where(Meeting.state == JudgementState.QUEUED, col(Meeting.queued_at) <= before)
        .order_by(col(Meeting.queued_at), col(Meeting.id))
        .limit(most)
    ).all()
    ids = {entry for meeting, _ in rows for entry in (meeting.first_id, meeting.second_id)}
    entries = {row.id: row for row in session.exec(select(Submission).where(col(Submission.id).in_(ids)))}
    return [(meeting, phase, [entries[meeting.first_id], entries[meeting.second_id]]) for meeting, phase in rows]
