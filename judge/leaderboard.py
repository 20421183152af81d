"""Boards: a pure function of stored judgements, meetings and reviews (DESIGN, promise 6).

A living board is a page of standings. A frozen board, and the board of a past moment, are computed from the judgements
themselves: only submissions received before the freeze are known to them. Where figures follow from meetings or
reviews a worker keeps the standings of both (`judge.field`, `judge.panel`). A revealed board counts and sorts by the
final score.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from judge import columns, ledger
from judge.models import Board, Enrolment, JudgementScore, Phase, Standing, Team
from judge.standings import candidates, counting, derived, of_board
from judge.states import PhaseState

PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """What anybody may see of a team on a board. `score` and `interval` are the public figures while a phase is open;
    `columns` those of the board's track that may be seen (`judge.columns`).
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


def version(session: Session, phase: Phase, track: str, *, now: datetime) -> str:
    """What changes whenever a reader could see a difference, and tells nothing else: cheap, for conditional requests. A
    frozen board's version knows only what the board does."""
    frozen_at = frozen_since(phase, now=now)
    if frozen_at is not None:
        if derived(session, phase, track):
            rows = of_board(phase, track, frozen=_is_kept(session, phase, track))
            known = sorted(
                (row.judgement_id, row.entries, f"{row.order_key} {row.columns}") for row in session.exec(rows)
            )
        else:
            found = candidates(session, phase, track=track, received_before=frozen_at)
            known = sorted((entry.judgement_id, 0, "") for entry in found)
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


def snapshot(
    session: Session, *, phase: Phase, track: str, now: datetime, page: int = 1, category: str | None = None
) -> Snapshot:
    """One page of a board as the public may see it now: frozen where the phase is. With a `category` its teams alone,
    ranked among themselves."""
    board = session.exec(select(Board).where(Board.phase_id == phase.id, Board.track == track)).first()
    frozen_at = frozen_since(phase, now=now)
    if frozen_at is not None and derived(session, phase, track):
        kept = _is_kept(session, phase, track)
        shown = _living(session, phase, track, page, frozen=kept, category=category)
        computed_at = frozen_at
    elif frozen_at is not None:
        shown = _past(session, phase, track, frozen_at, page, category=category)
        computed_at = frozen_at
    else:
        shown = _living(session, phase, track, page, category=category)
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


def _is_kept(session: Session, phase: Phase, track: str) -> bool:
    """Whether the board at the freeze has been kept. Until it is, the living one is that board: whoever adds to it
    after the freeze keeps the other first."""
    return session.exec(of_board(phase, track, frozen=True).limit(1)).first() is not None


def _place_of(standing: Standing, phase: Phase) -> str:
    """What a board is sorted by."""
    return standing.final_key if phase.state == PhaseState.REVEALED else standing.order_key


def _living(
    session: Session, phase: Phase, track: str, number: int, *, frozen: bool = False, category: str | None = None
) -> _Page:
    query = of_board(phase, track, frozen=frozen)
    if category is not None:
        query = query.where(Standing.category == category)
    key = col(Standing.final_key if phase.state == PhaseState.REVEALED else Standing.order_key)
    ordered = query.order_by(key, col(Standing.enrolment_id))
    skipped = (number - 1) * PAGE
    found = list(session.exec(ordered.offset(max(0, skipped - 1)).limit(PAGE + (skipped > 0))))
    above = found.pop(0) if skipped and found else None
    better = 0
    if above is not None and found:
        ahead = query.where(key < _place_of(found[0], phase))
        better = session.exec(select(func.count()).select_from(ahead.subquery())).one()
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    return _Page(found, above, better + 1, skipped, total)


def _past(
    session: Session, phase: Phase, track: str, moment: datetime, number: int, *, category: str | None = None
) -> _Page:
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
            final_key=entry.final_key,
            entries=sum(other.enrolment_id == enrolment_id for other in found),
            improved_at=entry.finished_at,
        )
        for enrolment_id, entry in best.items()
    ]
    if category is not None:
        standings = [standing for standing in standings if standing.category == category]
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
    revealed = phase.state == PhaseState.REVEALED
    shown = columns.shown(columns.sheet_of(session, phase), phase, track)
    figures = {standing.enrolment_id: _figures(standing, scores, revealed=revealed) for standing in standings}
    above = _figures(page.above, scores, revealed=revealed) if page.above else None
    for number, standing in enumerate(standings):
        figure, team = figures[standing.enrolment_id], teams[standing.enrolment_id]
        if rows and (previous is None or _place_of(previous, phase) != _place_of(standing, phase)):
            place = page.skipped + number + 1
        rows.append(
            Row(
                rank=place,
                team=team.name,
                team_slug=team.slug,
                category=standing.category,
                score=figure.score,
                interval=figure.interval,
                columns=columns.only(figure.columns, shown),
                entries=standing.entries,
                improved_at=standing.improved_at,
                tied=above is not None and _tied(above, figure),
            )
        )
        previous, above = standing, figure
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Figures:
    """What a row shows: the standing's own figures, or its judgement's."""

    score: float
    interval: tuple[float, float] | None
    columns: dict[str, float]


def _figures(standing: Standing, scores: Mapping[int, JudgementScore], *, revealed: bool) -> _Figures:
    """The public score with its interval; once revealed the final one with its own."""
    source = standing if standing.public is not None else scores[standing.judgement_id]
    score, interval = figure_of(source, revealed=revealed)
    return _Figures(score, interval, dict(source.columns or {}))


def figure_of(source: Standing | JudgementScore, *, revealed: bool) -> tuple[float, tuple[float, float] | None]:
    """The score that counts now, with its 95 % interval."""
    score = source.final if revealed else source.public
    low, high = (source.final_low, source.final_high) if revealed else (source.interval_low, source.interval_high)
    assert score is not None
    return score, None if low is None or high is None else (low, high)


def _tied(above: _Figures, below: _Figures) -> bool:
    """Each score lies inside the other's interval."""
    if above.interval is None or below.interval is None:
        return above.score == below.score
    (low, high), (lower, higher) = above.interval, below.interval
    return low <= below.score <= high and lower <= above.score <= higher
