"""A final in which all play all: what it would cost, and who is invited.

Its field is the ladder's top: their entries as they stand, judged anew in the final's phase, which has seeds of its own
and takes no uploads. That the ladder's games do not count is what makes it worth nothing to lose one for a friend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from sqlmodel import Session, col, func, select

from judge import catalogue, field, ledger
from judge.errors import Conflict
from judge.models import Contest, Judgement, Phase, Run, RunSeat, Standing, Submission, User
from judge.standings import of_board
from judge.states import SubmissionState


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a final of so many entries: games, and seconds on one core for all of it, qualifications too. `measured`: from
    what the ladder's games took; else from the bound in the contest's sheet."""

    entries: int
    games: int
    core_seconds: float
    measured: bool


def cost(session: Session, *, final: Phase, ladder: Phase, track: str = "", top: int) -> Cost:
    """Before it starts: what a final of the ladder's `top` would take."""
    contest = session.get_one(Contest, final.contest_id)
    about = catalogue.about(contest.challenge)
    entries = len(finalists(session, ladder=ladder, track=track, top=top))
    planned = [row for row in final.meeting_cases or ladder.meeting_cases if row["track"] in ("", track)]
    per_phase = max(1, final.cases) / max(1, ladder.cases) if not final.meeting_cases else 1.0
    games = round(entries * (entries - 1) * len(planned) * per_phase)
    mean_game = _mean_game(session, ladder)
    mean_alone = _mean_judgement(session, ladder)
    game = about.run_seconds if mean_game is None else mean_game
    alone = about.judgement_core_seconds if mean_alone is None else mean_alone * final.cases / ladder.cases
    return Cost(entries, games, round(games * game + entries * alone, 3), mean_game is not None)


def _mean_game(session: Session, phase: Phase) -> float | None:
    """What a game of a phase took of both players together, on average."""
    sums = (
        select(func.sum(RunSeat.cpu_seconds))
        .join(Run, col(Run.seq) == RunSeat.run_seq)
        .where(Run.phase_id == phase.id, col(Run.meeting_id).is_not(None))
        .group_by(col(Run.seq))
    )
    found = session.exec(sums).all()
    return fmean(found) if found else None


def _mean_judgement(session: Session, phase: Phase) -> float | None:
    query = select(func.avg(Judgement.core_seconds)).where(Judgement.phase_id == phase.id)
    found = session.exec(query).one()
    return None if found is None else float(found)


def finalists(session: Session, *, ladder: Phase, track: str, top: int) -> list[Submission]:
    """The entries at the top of a ladder, best first. Who shares the last place is in."""
    rows = list(session.exec(of_board(ladder, track).order_by(col(Standing.order_key), col(Standing.enrolment_id))))
    invited = rows[:top]
    invited += [row for row in rows[top:] if invited and row.order_key == invited[-1].order_key]
    judgements = [session.get_one(Judgement, row.judgement_id) for row in invited]
    return [session.get_one(Submission, judgement.submission_id) for judgement in judgements]


def invite(
    session: Session,
    *,
    final: Phase,
    ladder: Phase,
    top: int,
    now: datetime,
    track: str = "",
    actor: User | None = None,
) -> list[int]:
    """Put the ladder's top into a final that is open; the ids of the judgements that are queued by it, for the caller
    to tell the queue once this is committed. Inviting again invites those who are not in yet.

    Raises Conflict where the phase is no final, is not open, or is of another contest, and where a ladder's games are
    still to be played.
    """
    session.exec(select(Phase.id).where(Phase.id == final.id).with_for_update(key_share=True)).one()
    if final.meets != field.ALL or final.contest_id != ladder.contest_id:
        raise Conflict("phase-no-final")
    if not final.state.accepts_uploads:
        raise Conflict("final-not-open")
    if not field.settled(session, ladder):
        raise Conflict("ladder-unfinished")
    there = set(session.exec(select(Judgement.submission_id).where(Judgement.phase_id == final.id)).all())
    made = [
        Judgement(submission_id=entry.id, phase_id=final.id, enrolment_id=entry.enrolment_id, queued_at=now)
        for entry in finalists(session, ladder=ladder, track=track, top=top)
        if entry.id is not None and final.id is not None
        if entry.id not in there and entry.state == SubmissionState.ACTIVE
    ]
    session.add_all(made)
    session.flush()
    invited = _ids(made)
    ledger.mark(
        session,
        action="invited",
        subject=f"phase-{final.id}",
        actor=actor,
        now=now,
        facts={"submissions": [judgement.submission_id for judgement in made]},
    )
    return invited


def _ids(judgements: Sequence[Judgement]) -> list[int]:
    return [judgement.id for judgement in judgements if judgement.id is not None]
