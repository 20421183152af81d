"""Which of its entries a team stands with, where a phase counts the chosen ones: so many, chosen while it goes on.
Where none is chosen the last ones may count (`judge.standings.counting`)."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from judge import ledger, standings
from judge.errors import Conflict
from judge.models import Enrolment, Judgement, JudgementScore, Phase, Submission, User
from judge.states import SubmissionState


@dataclass(frozen=True, slots=True)
class Choice:
    """What a team may say of an entry: whether it is chosen, and how many of `most` are."""

    chosen: bool
    used: int
    most: int

    @property
    def free(self) -> bool:
        return self.chosen or self.used < self.most


def of(session: Session, submission: Submission) -> Choice | None:
    """None where there is nothing to choose, or no more."""
    phase = session.get_one(Phase, submission.phase_id)
    if phase.counts != "chosen" or phase.state.over or submission.state != SubmissionState.ACTIVE:
        return None
    others = select(func.count()).where(
        Submission.enrolment_id == submission.enrolment_id,
        Submission.phase_id == submission.phase_id,
        Submission.track == submission.track,
        Submission.state == SubmissionState.ACTIVE,
        col(Submission.chosen),
    )
    return Choice(submission.chosen, session.exec(others).one(), phase.chosen)


def choose(session: Session, *, submission: Submission, chosen: bool, user: User, now: datetime) -> None:
    """Let an entry be one that may count, or no more. Saying the same twice is saying it once. Raises Conflict where
    nothing is to be chosen, the phase is over, or as many are chosen as may be."""
    session.exec(
        select(Enrolment.id).where(Enrolment.id == submission.enrolment_id).with_for_update(key_share=True)
    ).one()  # one after the other
    session.refresh(submission)
    phase = session.get_one(Phase, submission.phase_id)
    if phase.state.over:
        raise Conflict("phase-over", ended=phase.ends_at.isoformat())
    choice = of(session, submission)
    if choice is None:
        raise Conflict("choice-none")
    if submission.chosen == chosen:
        return
    if chosen and not choice.free:
        raise Conflict("choice-full", most=choice.most)
    submission.chosen = chosen
    session.add(submission)
    session.flush()
    action = "chosen" if chosen else "unchosen"
    ledger.mark(session, action=action, subject=f"submission-{submission.id}", actor=user, now=now)
    scores = select(JudgementScore.track).join(Judgement, col(Judgement.id) == JudgementScore.judgement_id)
    for track in session.exec(scores.where(Judgement.submission_id == submission.id).distinct()).all():
        standings.follow(session, phase=phase, track=track, enrolment_id=submission.enrolment_id, now=now)
