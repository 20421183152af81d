"""Boards: a pure function of stored judgements (DESIGN, promise 6).

A living board is kept by `refresh`: one judgement changes one standing row under an index, and the board's version goes
up by one. A frozen board, and the board of a past moment, are computed from the judgements themselves: only submissions
received before the freeze are known to them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func, select

from judge import ledger
from judge.models import Board, Enrolment, Judgement, JudgementScore, Phase, Standing, Submission, Team
from judge.states import JudgementState, PhaseState, SubmissionState

PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """What anybody may see of a team on a board. `score` and `interval` are the public figures while a phase is open.
    `tied`: no statistical difference from the row above (their 95 % intervals overlap with each other's scores)."""

    rank: int
    team: str
    team_slug: str
    category: str
    score: float
    interval: tuple[float, float] | None
    columns: dict[str, float]
    entries: int
    improved_at: datetime
    tied: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A board as it is published: immutable, and known by its version."""

    phase_id: int
    track: str
    version: str
    computed_at: datetime
    frozen_at: datetime | None
    ledger_head: str
    rows: tuple[Row, ...]
    total: int
    """Teams on the whole board; `rows` is one page of it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scored judgement of an enrolment, as the rule of what counts sees it."""

    enrolment_id: int
    judgement_id: int
    submission_id: int
    order_key: str
    received_at: datetime
    finished_at: datetime
    chosen: bool


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
) -> list[Candidate]:
    """Every current scored judgement of active submissions in a phase."""
    query = (
        select(Submission, Judgement, JudgementScore.order_key)
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
    return [
        Candidate(
            enrolment_id=submission.enrolment_id,
            judgement_id=judgement.id or 0,
            submission_id=submission.id or 0,
            order_key=key,
            received_at=submission.received_at,
            finished_at=judgement.finished_at or judgement.queued_at,
            chosen=submission.chosen,
        )
        for submission, judgement, key in session.exec(query)
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The living board


def refresh(session: Session, *, phase: Phase, track: str, enrolment_id: int, now: datetime) -> bool:
    """Bring one team's standing up to date; whether a reader can see a difference."""
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
        _bump(session, phase=phase, track=track, now=now)
        return True
    counts = counting(found, rule=phase.counts, chosen=phase.chosen)[enrolment_id]
    assert phase.id is not None
    if standing is None:
        standing = Standing(
            phase_id=phase.id,
            track=track,
            enrolment_id=enrolment_id,
            judgement_id=0,
            order_key="",
            entries=0,
            improved_at=now,
        )
    before = (standing.judgement_id, standing.order_key, standing.entries)
    if standing.judgement_id != counts.judgement_id:
        standing.improved_at = counts.finished_at
    standing.judgement_id, standing.order_key, standing.entries = counts.judgement_id, counts.order_key, len(found)
    standing.category = session.get_one(Enrolment, enrolment_id).category
    session.add(standing)
    session.flush()
    changed = before != (standing.judgement_id, standing.order_key, standing.entries)
    if changed:
        _bump(session, phase=phase, track=track, now=now)
    return changed


def _bump(session: Session, *, phase: Phase, track: str, now: datetime) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Board).values(phase_id=phase.id, track=track, version=1, changed_at=now)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["phase_id", "track"], set_={"version": col(Board.version) + 1, "changed_at": now}
        )
    )


def version(session: Session, phase: Phase, track: str, *, now: datetime) -> str:
    """What changes whenever a reader could see a difference, and tells nothing else: cheap, for conditional requests. A
    frozen board's version knows only what the board does."""
    frozen_at = frozen_since(phase, now=now)
    if frozen_at is not None:
        known = sorted(
            entry.judgement_id for entry in candidates(session, phase, track=track, received_before=frozen_at)
        )
        mark = hashlib.sha256(repr(known).encode()).hexdigest()[:12]
        return f"{phase.id}-{track or 'all'}-frozen-{mark}-{phase.state.value}"
    board = session.exec(select(Board).where(Board.phase_id == phase.id, Board.track == track)).first()
    number = board.version if board else 0
    return f"{phase.id}-{track or 'all'}-{number}-{phase.state.value}"


def frozen_since(phase: Phase, *, now: datetime) -> datetime | None:
    """Since when the public board stands still: from the freeze until the reveal, whatever becomes of the phase."""
    if phase.state == PhaseState.REVEALED or phase.freeze_at is None or phase.freeze_at > now:
        return None
    return phase.freeze_at


def snapshot(session: Session, *, phase: Phase, track: str, now: datetime, page: int = 1) -> Snapshot:
    """One page of a board as the public may see it now: frozen where the phase is."""
    board = session.exec(select(Board).where(Board.phase_id == phase.id, Board.track == track)).first()
    frozen_at = frozen_since(phase, now=now)
    if frozen_at is not None:
        shown = _past(session, phase, track, frozen_at, page)
        computed_at = frozen_at
    else:
        shown = _living(session, phase, track, page)
        computed_at = board.changed_at if board else phase.opened_at or now
    return Snapshot(
        phase_id=phase.id or 0,
        track=track,
        version=version(session, phase, track, now=now),
        computed_at=computed_at,
        frozen_at=frozen_at,
        ledger_head=ledger.head(session),
        rows=_rows(session, phase, track, shown),
        total=shown.total,
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """Standings of one page, in order. `above`: the one before the first, for what the two share. `first_rank`: one
    more than there are strictly better ones than the first."""

    standings: list[Standing]
    above: Standing | None
    first_rank: int
    skipped: int
    total: int


def _living(session: Session, phase: Phase, track: str, number: int) -> _Page:
    query = select(Standing).where(Standing.phase_id == phase.id, Standing.track == track)
    ordered = query.order_by(col(Standing.order_key), col(Standing.enrolment_id))
    skipped = (number - 1) * PAGE
    found = list(session.exec(ordered.offset(max(0, skipped - 1)).limit(PAGE + (skipped > 0))))
    above = found.pop(0) if skipped and found else None
    better = 0
    if above is not None and found:
        ahead = query.where(col(Standing.order_key) < found[0].order_key)
        better = session.exec(select(func.count()).select_from(ahead.subquery())).one()
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    return _Page(found, above, better + 1, skipped, total)


def _past(session: Session, phase: Phase, track: str, moment: datetime, number: int) -> _Page:
    found = candidates(session, phase, track=track, received_before=moment)
    best = counting(found, rule=phase.counts, chosen=phase.chosen)
    standings = [
        Standing(
            phase_id=phase.id or 0,
            track=track,
            category=session.get_one(Enrolment, enrolment_id).category,
            enrolment_id=enrolment_id,
            judgement_id=entry.judgement_id,
            order_key=entry.order_key,
            entries=sum(other.enrolment_id == enrolment_id for other in found),
            improved_at=entry.finished_at,
        )
        for enrolment_id, entry in best.items()
    ]
    standings.sort(key=lambda standing: (standing.order_key, standing.enrolment_id))
    skipped = (number - 1) * PAGE
    shown = standings[skipped : skipped + PAGE]
    better = sum(standing.order_key < shown[0].order_key for standing in standings) if shown else 0
    return _Page(shown, standings[skipped - 1] if skipped and shown else None, better + 1, skipped, len(standings))


def _rows(session: Session, phase: Phase, track: str, page: _Page) -> tuple[Row, ...]:
    standings = page.standings
    judgements = [standing.judgement_id for standing in [*standings, *([page.above] if page.above else [])]]
    scores = {
        score.judgement_id: score
        for score in session.exec(
            select(JudgementScore).where(
                col(JudgementScore.judgement_id).in_(judgements), JudgementScore.track == track
            )
        )
    }
    enrolments = [standing.enrolment_id for standing in standings]
    teams = dict(
        session.exec(
            select(Enrolment.id, Team)
            .join(Team, col(Team.id) == Enrolment.team_id)
            .where(col(Enrolment.id).in_(enrolments))
        ).all()
    )
    rows: list[Row] = []
    previous = page.above
    place = page.first_rank
    for number, standing in enumerate(standings):
        score, team = scores[standing.judgement_id], teams[standing.enrolment_id]
        if rows and (previous is None or previous.order_key != standing.order_key):
            place = page.skipped + number + 1
        rows.append(
            Row(
                rank=place,
                team=team.name,
                team_slug=team.slug,
                category=standing.category,
                score=score.final if phase.state == PhaseState.REVEALED else score.public,
                interval=_interval(score),
                columns=dict(score.columns),
                entries=standing.entries,
                improved_at=standing.improved_at,
                tied=previous is not None and _tied(scores[previous.judgement_id], score),
            )
        )
        previous = standing
    return tuple(rows)


def _interval(score: JudgementScore) -> tuple[float, float] | None:
    if score.interval_low is None or score.interval_high is None:
        return None
    return score.interval_low, score.interval_high


def _tied(above: JudgementScore, below: JudgementScore) -> bool:
    """Each score lies inside the other's interval."""
    upper, lower = _interval(above), _interval(below)
    if upper is None or lower is None:
        return above.public == below.public
    return upper[0] <= below.public <= upper[1] and lower[0] <= above.public <= lower[1]
