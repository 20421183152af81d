"""Standings: which entry counts for a team, and the row that a living board keeps of it.

One judgement changes one row under an index, and the board's version goes up by one. Where figures follow from meetings
or reviews the field as a whole is due to be looked at, and a worker places all of its rows at once (`judge.field`,
`judge.panel`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from challenges.base import Score
from judge import catalogue
from judge.models import Board, Contest, Enrolment, Judgement, JudgementScore, Phase, Standing, Submission
from judge.scoring import kept
from judge.states import JudgementState, PhaseState, SubmissionState


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scored judgement of an enrolment, as the rule of what counts sees it: by the final score once that is known, by
    the public one before."""

    enrolment_id: int
    judgement_id: int
    submission_id: int
    order_key: str
    received_at: datetime
    finished_at: datetime
    chosen: bool
    final_key: str = ""


def counting(candidates: Iterable[Candidate], *, rule: str, chosen: int = 1) -> dict[int, Candidate]:
    """By enrolment, the judgement that counts: the best, the last one received, or the best of the `chosen` ones (of
    the last `chosen` where a team chose none). Pure."""
    by_team: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        by_team.setdefault(candidate.enrolment_id, []).append(candidate)
    best = {}
    for enrolment_id, entries in by_team.items():
        entries.sort(key=lambda entry: (entry.received_at, entry.submission_id))
        if rule == "last":
            pool = entries[-1:]
        elif rule == "chosen":
            pool = [entry for entry in entries if entry.chosen] or entries[-chosen:]
        else:
            pool = entries
        best[enrolment_id] = min(pool, key=lambda entry: entry.order_key)
    return best


def candidates(
    session: Session,
    phase: Phase,
    *,
    track: str,
    enrolment_id: int | None = None,
    received_before: datetime | None = None,
    judged_before: datetime | None = None,
) -> list[Candidate]:
    """Every current scored judgement of active submissions in a phase."""
    query = (
        select(Submission, Judgement, JudgementScore.order_key, JudgementScore.final_key)
        .join(Judgement, col(Judgement.submission_id) == Submission.id)
        .join(JudgementScore, col(JudgementScore.judgement_id) == Judgement.id)
        .where(
            Judgement.phase_id == phase.id,
            col(Judgement.current),
            Judgement.state == JudgementState.SCORED,
            Submission.state == SubmissionState.ACTIVE,
            JudgementScore.track == track,
        )
    )
    if enrolment_id is not None:
        query = query.where(Submission.enrolment_id == enrolment_id)
    if received_before is not None:
        query = query.where(col(Submission.received_at) < received_before)
    if judged_before is not None:
        query = query.where(col(Judgement.finished_at) < judged_before)
    revealed = phase.state == PhaseState.REVEALED
    return [
        Candidate(
            enrolment_id=submission.enrolment_id,
            judgement_id=judgement.id or 0,
            submission_id=submission.id or 0,
            order_key=final_key if revealed else key,
            received_at=submission.received_at,
            finished_at=judgement.finished_at or judgement.queued_at,
            chosen=submission.chosen,
            final_key=final_key,
        )
        for submission, judgement, key, final_key in session.exec(query)
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Keeping them


def follow(session: Session, *, phase: Phase, track: str, enrolment_id: int, now: datetime) -> None:
    """Something has changed in what counts for a team: its standing is brought up to date, or, where figures follow
    from meetings or reviews, its entry leaves the board if it counts no more, and the field is due to be looked at."""
    if not derived(session, phase, track):
        refresh(session, phase=phase, track=track, enrolment_id=enrolment_id, now=now)
        return
    mark_due(session, phase, now=now)
    found = candidates(session, phase, track=track, enrolment_id=enrolment_id)
    counts = counting(found, rule=phase.counts, chosen=phase.chosen).get(enrolment_id)
    mine = select(Standing).where(
        Standing.phase_id == phase.id, Standing.track == track, Standing.enrolment_id == enrolment_id
    )
    still = {entry.judgement_id for entry in found}
    gone = [row for row in session.exec(mine) if counts is None or row.judgement_id not in still]
    for row in gone:
        session.delete(row)
    session.flush()
    if gone:
        bump(session, phase=phase, track=track, now=now)


def mark_due(session: Session, phase: Phase, *, now: datetime) -> None:
    """Something has changed in a phase's field that a worker is to look at. Written in any case: whoever looks takes
    the mark away, and what this transaction knows of it may be older."""
    session.flush()
    session.execute(update(Phase).where(col(Phase.id) == phase.id).values(field_due_at=now))


def derived(session: Session, phase: Phase, track: str) -> bool:
    """Whether a board's figures follow from meetings or reviews."""
    contest = session.get_one(Contest, phase.contest_id)
    return track in catalogue.tracks_that_follow(catalogue.about(contest.challenge))


def refresh(session: Session, *, phase: Phase, track: str, enrolment_id: int, now: datetime) -> bool:
    """Bring one team's standing up to date with its judgements; whether a reader can see a difference."""
    found = candidates(session, phase, track=track, enrolment_id=enrolment_id)
    standing = session.exec(
        select(Standing).where(
            Standing.phase_id == phase.id, Standing.track == track, Standing.enrolment_id == enrolment_id
        )
    ).first()
    if not found:
        if standing is None:
            return False
        session.delete(standing)
        session.flush()
        bump(session, phase=phase, track=track, now=now)
        return True
    counts = counting(found, rule=phase.counts, chosen=phase.chosen)[enrolment_id]
    score = session.exec(
        select(JudgementScore).where(JudgementScore.judgement_id == counts.judgement_id, JudgementScore.track == track)
    ).one()
    if standing is None:
        standing = _new(phase, track, enrolment_id, now)
    before = (standing.judgement_id, standing.order_key, standing.final_key, standing.entries)
    if standing.judgement_id != counts.judgement_id:
        standing.improved_at = counts.finished_at
    standing.judgement_id, standing.entries = counts.judgement_id, len(found)
    standing.order_key, standing.final_key = score.order_key, score.final_key
    standing.category = session.get_one(Enrolment, enrolment_id).category
    session.add(standing)
    session.flush()
    changed = before != (standing.judgement_id, standing.order_key, standing.final_key, standing.entries)
    if changed:
        bump(session, phase=phase, track=track, now=now)
    return changed


def refresh_all(session: Session, *, phase: Phase, now: datetime) -> None:
    """Every standing of a phase anew: what counts may be another entry once final scores are known."""
    rows = select(Standing.track, Standing.enrolment_id).where(Standing.phase_id == phase.id).distinct()
    for track, enrolment_id in session.exec(rows).all():
        follow(session, phase=phase, track=track, enrolment_id=enrolment_id, now=now)


def of_board(phase: Phase, track: str, *, frozen: bool = False) -> SelectOfScalar[Standing]:
    """The rows of a board; `frozen`: as it was at the freeze."""
    return select(Standing).where(
        Standing.phase_id == phase.id, Standing.track == track, col(Standing.frozen).is_(frozen)
    )


def _new(phase: Phase, track: str, enrolment_id: int, now: datetime, *, frozen: bool = False) -> Standing:
    assert phase.id is not None
    return Standing(
        phase_id=phase.id,
        track=track,
        enrolment_id=enrolment_id,
        judgement_id=0,
        order_key="",
        final_key="",
        entries=0,
        improved_at=now,
        frozen=frozen,
    )


@dataclass(frozen=True, slots=True)
class Placing:
    """What a team's standing is to say, where its figures follow from meetings or reviews."""

    entry: Candidate
    entries: int
    score: Score


def place_both(
    session: Session,
    *,
    phase: Phase,
    track: str,
    living: Sequence[Placing],
    at_freeze: Sequence[Placing] | None,
    now: datetime,
) -> None:
    """The living board, and the one that the public sees of a frozen phase (None where it is not frozen). Where nothing
    was known at the freeze no row says so, and living rows would be taken for that board: they wait for the reveal."""
    place(session, phase=phase, track=track, placings=at_freeze or [], now=now, frozen=True)
    shown = living if at_freeze or at_freeze is None else []
    place(session, phase=phase, track=track, placings=shown, now=now)


def place(
    session: Session, *, phase: Phase, track: str, placings: Sequence[Placing], now: datetime, frozen: bool = False
) -> bool:
    """Make these the standings of a board, all of them; whether a reader can see a difference. `frozen`: of the board
    as it was at the freeze."""
    there = {
        row.enrolment_id: row
        for row in session.exec(
            select(Standing).where(
                Standing.phase_id == phase.id, Standing.track == track, col(Standing.frozen).is_(frozen)
            )
        )
    }
    teams = [placing.entry.enrolment_id for placing in placings]
    categories = dict(session.exec(select(Enrolment.id, Enrolment.category).where(col(Enrolment.id).in_(teams))).all())
    changed = False
    for placing in placings:
        team = placing.entry.enrolment_id
        row = there.pop(team, None) or _new(phase, track, team, now, frozen=frozen)
        said = {
            "judgement_id": placing.entry.judgement_id,
            "improved_at": placing.entry.finished_at,
            "category": categories[team],
            "entries": placing.entries,
            **kept(placing.score, placing.entry.received_at),
        }
        if any(getattr(row, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(row, name, value)
            session.add(row)
            changed = True
    for row in there.values():
        session.delete(row)
        changed = True
    session.flush()
    if changed and not frozen:
        bump(session, phase=phase, track=track, now=now)
    return changed


def bump(session: Session, *, phase: Phase, track: str, now: datetime) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Board).values(phase_id=phase.id, track=track, version=1, changed_at=now)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["phase_id", "track"], set_={"version": col(Board.version) + 1, "changed_at": now}
        )
    )
