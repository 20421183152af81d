"""What may be seen of meetings. That two entries met, and what each got, is public once it is on the board: what came
after a freeze waits for the reveal. Columns, replay and logs are open as a run's are (`judge.columns`). A team sees all
of its own, also those that are still to come, and its own log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from challenges.base import About, Column, Message
from judge import columns, derived, field, leaderboard
from judge.derived import Shown
from judge.errors import NotFound
from judge.models import Enrolment, Judgement, Meeting, Phase, Run, RunSeat, Standing, Submission, Team
from judge.states import JudgementState

PAGE = 50
GRID = 60
"""So many entries of each side a grid shows."""


@dataclass(frozen=True, slots=True)
class Side:
    """An entry in a seat. `score` None: not played yet; columns only where the run is open; `won` None where the seats
    cannot be compared."""

    seat: str
    team: str
    team_slug: str
    submission_id: int
    score: float | None = None
    won: bool | None = None
    verdict: str | None = None
    message: Message | None = None
    columns: dict[str, float] | None = None
    log_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    """A meeting as it may be seen. `open`: with replay and figures."""

    id: int
    seq: int | None
    track: str
    case: str
    round: int
    state: str
    message: Message | None
    played_at: datetime | None
    open: bool
    view_sha256: str | None
    sides: tuple[Side, Side]

    def of(self, submission_id: int) -> tuple[Side, Side]:
        """An entry's own side first."""
        mine, other = self.sides
        return (mine, other) if mine.submission_id == submission_id else (other, mine)


def _recorded(phase: Phase, now: datetime) -> list[Any]:
    """Conditions on runs that the public may know of."""
    conditions: list[Any] = [
        col(Run.phase_id) == phase.id,
        col(Run.meeting_id).is_not(None),
        col(Run.superseded_by).is_(None),
    ]
    frozen_at = leaderboard.frozen_since(phase, now=now)
    if frozen_at is not None:
        conditions.append(col(Run.recorded_at) < frozen_at)
    return conditions


def count(session: Session, phase: Phase, *, now: datetime) -> int:
    """How many the public may know of."""
    return int(session.execute(sql_select(func.count()).select_from(Run).where(*_recorded(phase, now))).scalar_one())


def newest(session: Session, phase: Phase, *, now: datetime) -> int:
    """The number of the last record that the public may know of: changes exactly when there is one more."""
    found = session.execute(sql_select(func.max(Run.seq)).where(*_recorded(phase, now))).scalar_one()
    return int(found or 0)


def latest(session: Session, phase: Phase, about: About, *, now: datetime, page: int = 1) -> list[Encounter]:
    """One page of what was played, newest first."""
    query = sql_select(Meeting, Run).join(Run, col(Run.meeting_id) == Meeting.id).where(*_recorded(phase, now))
    rows = query.order_by(col(Run.seq).desc()).offset((page - 1) * PAGE).limit(PAGE)
    return _seen(session, phase, about, rows)


def one(session: Session, phase: Phase, about: About, *, meeting_id: int, now: datetime) -> Encounter:
    """Raises NotFound for what the public may not know of, whether it exists or not."""
    query = sql_select(Meeting, Run).join(Run, col(Run.meeting_id) == Meeting.id).where(*_recorded(phase, now))
    found = _seen(session, phase, about, query.where(col(Meeting.id) == meeting_id))
    if not found:
        raise NotFound("meeting-unknown")
    return found[0]


def of_submission(session: Session, submission: Submission, about: About) -> list[Encounter]:
    """For its own team: all that it plays and has played in any phase, the latest first, cancelled ones left out."""
    mine = [
        (col(Meeting.first_id) == submission.id) | (col(Meeting.second_id) == submission.id),
        col(Meeting.state) != JudgementState.CANCELLED,
    ]
    query = sql_select(Meeting, Run).outerjoin(Run, col(Run.meeting_id) == Meeting.id).where(*mine)
    found = []
    for phase in session.exec(select(Phase).where(col(Phase.id).in_(sql_select(col(Meeting.phase_id)).where(*mine)))):
        here = query.where(col(Meeting.phase_id) == phase.id)
        found += _seen(session, phase, about, here, own=submission.id)
    return sorted(found, key=lambda one: one.id, reverse=True)


def rating_history(
    session: Session, submission: Submission, phase: Phase, about: About, *, now: datetime
) -> list[Shown]:
    """How the rating came about that an entry has on a ladder, as far as the public may know: at a freeze no game that
    came after. Empty where entries are not rated so, or this one is not in the field."""
    if about.pairing != "match" or phase.meets == field.ALL or submission.id is None:
        return []
    frozen_at = leaderboard.frozen_since(phase, now=now)
    inside = field.entrants(session, phase, submission.track, before=frozen_at)
    games = field.met(session, phase, before=frozen_at)
    return derived.ladder_history([one.entry for one in inside], games, submission.id)


def _seen(session: Session, phase: Phase, about: About, query: Any, *, own: int | None = None) -> list[Encounter]:
    rows: list[tuple[Meeting, Run | None]] = [(meeting, run) for meeting, run in session.execute(query).all()]
    teams = _teams(session, {entry for meeting, _ in rows for entry in (meeting.first_id, meeting.second_id)})
    seats: dict[int, dict[str, RunSeat]] = {}
    for seat in session.exec(select(RunSeat).where(col(RunSeat.run_seq).in_([run.seq for _, run in rows if run]))):
        seats.setdefault(seat.run_seq, {})[seat.seat] = seat
    shown, looked_at = columns.cases_open(phase), columns.views_open(about, phase)
    found = []
    for meeting, run in rows:
        known = seats.get(run.seq or 0, {}) if run else {}
        entries = (meeting.first_id, meeting.second_id)
        first, second = (
            _side(seat, entry, teams[entry], known, about, own=own, shown=_figures(phase, about, meeting, seat))
            for seat, entry in zip(about.seats, entries, strict=True)
        )
        found.append(
            Encounter(
                id=meeting.id or 0,
                seq=run.seq if run else None,
                track=meeting.track,
                case=meeting.case,
                round=meeting.round,
                state=meeting.state.value,
                message=Message.from_json(meeting.message) if meeting.message else None,
                played_at=run.recorded_at if run else None,
                open=shown and run is not None,
                view_sha256=run.view_sha256 if run and looked_at else None,
                sides=(first, second),
            )
        )
    return found


def _figures(phase: Phase, about: About, meeting: Meeting, seat: str) -> Sequence[Column] | None:
    """The columns of a side that may be seen; None where its case is hidden."""
    if not columns.cases_open(phase):
        return None
    return columns.shown(about, phase, seat if about.pairing == "cross" else meeting.track)


def _side(
    seat: str,
    entry: int,
    team: Team,
    known: dict[str, RunSeat],
    about: About,
    *,
    shown: Sequence[Column] | None,
    own: int | None,
) -> Side:
    """`shown` None: only who met whom, and what each got."""
    row, other = known.get(seat), next((row for name, row in known.items() if name != seat), None)
    if row is None:
        return Side(seat, team.name, team.slug, entry)
    mine, theirs = row.score or 0.0, (other.score or 0.0) if other else 0.0
    return Side(
        seat=seat,
        team=team.name,
        team_slug=team.slug,
        submission_id=entry,
        score=mine,
        won=None if about.pairing != "match" or mine == theirs else mine > theirs,
        verdict=row.verdict,
        message=Message.from_json(row.message) if row.message and shown is not None else None,
        columns=None if shown is None else columns.only(row.columns, shown),
        log_sha256=row.log_sha256 if shown is not None and entry == own else None,
    )


def _teams(session: Session, entries: set[int]) -> dict[int, Team]:
    rows = session.exec(
        select(Submission.id, Team)
        .join(Enrolment, col(Enrolment.id) == Submission.enrolment_id)
        .join(Team, col(Team.id) == Enrolment.team_id)
        .where(col(Submission.id).in_(entries))
    )
    return {entry: team for entry, team in rows.all() if entry is not None}


# ---------------------------------------------------------------------------------------------------------------------
# Cross-play at a glance


@dataclass(frozen=True, slots=True)
class Margin:
    """An entry at the edge of a grid, with its total."""

    team: str
    team_slug: str
    total: float


@dataclass(frozen=True, slots=True)
class Grid:
    """`cells[i][j]`: what the second seat's entry j got against the first seat's entry i, the mean over the cases; None
    where they have not met, `own` where they are one team's. Both edges in the order of their boards; `more` entries
    are left out."""

    seats: tuple[str, ...]
    first: tuple[Margin, ...]
    second: tuple[Margin, ...]
    cells: tuple[tuple[float | None, ...], ...]
    own: frozenset[tuple[int, int]]
    more: int


def grid(session: Session, phase: Phase, about: About, *, now: datetime) -> Grid:
    """Of what the public may know."""
    boards = {seat: leaderboard.snapshot(session, phase=phase, track=seat, now=now) for seat in about.seats}
    first, second = (boards[seat].rows[:GRID] for seat in about.seats)
    scores: dict[tuple[str, str], list[float]] = {}
    frozen_at = leaderboard.frozen_since(phase, now=now)
    results = field.met(session, phase, before=frozen_at)
    teams = _teams(session, {entry for one in results for entry in one.entries})
    standing = _standing_entries(session, phase, about)
    for one in results:
        if standing.issuperset(one.entries):
            pair = (teams[one.entries[0]].slug, teams[one.entries[1]].slug)
            scores.setdefault(pair, []).append(one.seats[1].points)
    return Grid(
        seats=about.seats,
        first=tuple(Margin(row.team, row.team_slug, row.score) for row in first),
        second=tuple(Margin(row.team, row.team_slug, row.score) for row in second),
        cells=tuple(tuple(_mean(scores.get((a.team_slug, b.team_slug))) for b in second) for a in first),
        own=frozenset((i, j) for i, a in enumerate(first) for j, b in enumerate(second) if a.team_slug == b.team_slug),
        more=sum(board.total for board in boards.values()) - len(first) - len(second),
    )


def _standing_entries(session: Session, phase: Phase, about: About) -> set[int]:
    """Those whose meetings the boards' figures follow from; at a freeze also those who have taken their place since,
    of whose meetings nothing is asked."""
    rows = session.exec(
        select(Judgement.submission_id)
        .join(Standing, col(Standing.judgement_id) == Judgement.id)
        .where(Standing.phase_id == phase.id, col(Standing.track).in_(about.seats))
    )
    return set(rows.all())


def _mean(scores: Sequence[float] | None) -> float | None:
    return sum(scores) / len(scores) if scores else None
