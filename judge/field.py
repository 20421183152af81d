"""The field of a phase: which entries are in it, whom each still has to meet, what follows from those that they met.

A field holds one entry of each team and track: the one that counts by the phase's rule among those whose qualification
was scored. `tend` brings everything up to date with the rows, whatever has happened to them, in one transaction; what
makes it necessary marks the phase (`Phase.field_due_at`), so that a worker that dies before is made up for by the
sweeper.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from challenges.base import About, Challenge, Json, Score
from judge import catalogue, derived, fixtures, leaderboard, pairing, standings
from judge.derived import Entry, Met
from judge.errors import PlatformFault
from judge.fixtures import Fixture
from judge.models import Contest, Meeting, Phase, Run, RunSeat
from judge.standings import Candidate, Placing
from judge.states import JudgementState, PhaseState

ALL = "all"
"""`Phase.meets` of a final in which all play all."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who stands for a team, and how many entries of it were scored."""

    candidate: Candidate
    entries: int

    @property
    def entry(self) -> Entry:
        one = self.candidate
        return Entry(one.submission_id, one.enrolment_id, one.received_at.timestamp())


def entrants(session: Session, phase: Phase, track: str, *, before: datetime | None = None) -> list[Entrant]:
    """The field of a track; as it was at a moment, if one is given: who had been received and qualified by then, of
    those who are still in. In the order of their ids."""
    found = standings.candidates(session, phase, track=track, received_before=before, judged_before=before)
    counts = standings.counting(found, rule=phase.counts, chosen=phase.chosen)
    field = [Entrant(one, sum(other.enrolment_id == team for other in found)) for team, one in counts.items()]
    return sorted(field, key=lambda entrant: entrant.candidate.submission_id)


# ---------------------------------------------------------------------------------------------------------------------
# Tending


def tend(session: Session, *, phase_id: int, challenge: Challenge, now: datetime) -> list[int]:
    """Bring a phase's field up to date: whoever is not in it any more is not played, who has not met is queued, boards
    follow. The ids of the meetings that are new; the caller tells the queue once this is committed.

    One at a time in a phase. Raises PlatformFault where the challenge's totals are none.
    """
    phase = session.get_one(Phase, phase_id, with_for_update={"key_share": True}, populate_existing=True)
    about = challenge.about
    phase.field_due_at = None
    session.add(phase)
    fields = {track: entrants(session, phase, track) for track in catalogue.tracks_that_meet(about)}
    _cancel(session, phase, fields)
    made = [] if phase.state == PhaseState.REVEALED else _queue(session, phase, about, fields, now)
    living = _placings(session, phase, challenge, fields, met(session, phase))
    known: Mapping[str, list[Placing]] = {}
    frozen_at = leaderboard.frozen_since(phase, now=now)
    if frozen_at is not None:
        earlier = {track: entrants(session, phase, track, before=frozen_at) for track in fields}
        known = _placings(session, phase, challenge, earlier, met(session, phase, before=frozen_at))
    for track, placings in living.items():
        standings.place_both(session, phase=phase, track=track, living=placings, at_freeze=known.get(track), now=now)
    session.flush()
    return made


def columns_of(*columns: Any) -> Select[Any]:
    """More than the four columns that sqlmodel's `select` is typed for."""
    return sql_select(*columns)


def met(session: Session, phase: Phase, *, before: datetime | None = None) -> list[Met]:
    """The recorded meetings of a phase, in the order of the records."""
    query = (
        columns_of(Run.seq, Run.case, Meeting.first_id, RunSeat.submission_id, RunSeat.score, RunSeat.columns)
        .join(Meeting, col(Meeting.id) == Run.meeting_id)
        .join(RunSeat, col(RunSeat.run_seq) == Run.seq)
        .where(col(Run.phase_id) == phase.id, col(Run.superseded_by).is_(None))
        .order_by(col(Run.seq))
    )
    if before is not None:
        query = query.where(col(Run.recorded_at) < before)
    seats: dict[int, tuple[str, dict[bool, derived.Seat]]] = {}
    for seq, case, first, entry, score, columns in session.execute(query).all():
        seats.setdefault(seq, (case, {}))[1][entry == first] = derived.Seat(entry, score, columns)
    return [Met(seq, case, (both[True], both[False])) for seq, (case, both) in seats.items()]


def _cancel(session: Session, phase: Phase, fields: Mapping[str, Sequence[Entrant]]) -> None:
    """What is queued with somebody who is not in the field."""
    inside = [entrant.candidate.submission_id for field in fields.values() for entrant in field]
    session.execute(
        update(Meeting)
        .where(
            col(Meeting.phase_id) == phase.id,
            col(Meeting.state) == JudgementState.QUEUED,
            col(Meeting.first_id).not_in(inside) | col(Meeting.second_id).not_in(inside),
        )
        .values(state=JudgementState.CANCELLED)
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far fields are. `over`: everybody has met whom he is to meet, and the boards say so."""

    played: int
    total: int
    over: bool


def progress(session: Session, *, contests: Sequence[str]) -> Progress:
    """Of these contests, by their slugs, in all phases."""
    mine = select(Phase.id).join(Contest, col(Contest.id) == Phase.contest_id).where(col(Contest.slug).in_(contests))
    rows = columns_of(Meeting.state, func.count()).where(col(Meeting.phase_id).in_(mine)).group_by(col(Meeting.state))
    states = {state: number for state, number in session.execute(rows).all() if state != JudgementState.CANCELLED}
    due = select(Phase.id).where(col(Phase.id).in_(mine), col(Phase.field_due_at).is_not(None))
    played = sum(number for state, number in states.items() if state.final)
    total = sum(states.values())
    return Progress(played, total, played == total and session.exec(due).first() is None)


def settled(session: Session, phase: Phase) -> bool:
    """Whether nothing is left to play in a phase, or to be looked at."""
    waiting = select(Meeting.id).where(
        Meeting.phase_id == phase.id, col(Meeting.state).in_([JudgementState.QUEUED, JudgementState.RUNNING])
    )
    due = select(Phase.field_due_at).where(Phase.id == phase.id)
    return session.exec(waiting.limit(1)).first() is None and session.exec(due).one() is None


# ---------------------------------------------------------------------------------------------------------------------
# Who has still to meet


def _queue(
    session: Session, phase: Phase, about: About, fields: Mapping[str, Sequence[Entrant]], now: datetime
) -> list[int]:
    """Make the meetings that are missing; their ids, in the order in which they are to be played."""
    query = columns_of(Meeting.track, Meeting.case, Meeting.first_id, Meeting.second_id, Meeting.state).where(
        col(Meeting.phase_id) == phase.id, col(Meeting.state) != JudgementState.CANCELLED
    )
    planned = [
        Fixture(track, case, first, second, open=not state.final)
        for track, case, first, second, state in session.execute(query).all()
    ]
    if about.pairing == "cross":
        cases = [row["case"] for row in phase.meeting_cases]
        first, second = (_teams(fields[seat]) for seat in about.seats)
        due = fixtures.cross(cases, first, second, planned)
    else:
        results = met(session, phase)
        due = [one for track in fields for one in _matches(phase, about, track, fields[track], planned, results)]
    rows = []
    rounds = _cancelled_rounds(session, phase) if due else {}
    for one in due:
        name = f"{one.first}-{one.second}"
        rows.append(
            Meeting(
                phase_id=phase.id or 0,
                track=one.track,
                case=one.case,
                pairing=name,
                round=rounds.get((one.case, name), 0) + 1,
                first_id=one.first,
                second_id=one.second,
                queued_at=now,
            )
        )
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows if row.id is not None]


def _matches(  # noqa: PLR0917 - a field, and everything that is known of it
    phase: Phase,
    about: About,
    track: str,
    field: Sequence[Entrant],
    planned: Sequence[Fixture],
    results: Sequence[Met],
) -> list[Fixture]:
    cases = [row["case"] for row in phase.meeting_cases if row["track"] in ("", track)]
    mine = [one for one in planned if one.track == track]
    teams = _teams(field)
    if phase.meets == ALL:
        pairs = pairing.all_play_all(teams)
    else:
        pairs = fixtures.ladder(
            teams,
            derived.ladder([entrant.entry for entrant in field], results),
            mine,
            seed=f"{phase.commitment} {track}".encode(),
            opponents=about.meeting_opponents,
        )
    return fixtures.both_ways(track, cases, pairs, teams, mine)


def _cancelled_rounds(session: Session, phase: Phase) -> dict[tuple[str, str], int]:
    """By case and pairing, the last round that was cancelled."""
    query = (
        columns_of(Meeting.case, Meeting.pairing, func.max(Meeting.round))
        .where(col(Meeting.phase_id) == phase.id, col(Meeting.state) == JudgementState.CANCELLED)
        .group_by(col(Meeting.case), col(Meeting.pairing))
    )
    return {(case, name): last for case, name, last in session.execute(query).all()}


def _teams(field: Iterable[Entrant]) -> dict[int, int]:
    """entry -> team"""
    return {entrant.candidate.submission_id: entrant.candidate.enrolment_id for entrant in field}


# ---------------------------------------------------------------------------------------------------------------------
# What follows


def _placings(
    session: Session,
    phase: Phase,
    challenge: Challenge,
    fields: Mapping[str, Sequence[Entrant]],
    results: Sequence[Met],
) -> dict[str, list[Placing]]:
    """By track."""
    if challenge.about.pairing == "cross":
        scores = _cross(session, phase, challenge, fields, results)
    else:
        scores = {track: _rated(phase, challenge.about, field, results) for track, field in fields.items()}
    return {
        track: [
            Placing(entrant.candidate, entrant.entries, score)
            for entrant in field
            if (score := scores[track].get(entrant.candidate.submission_id)) is not None
        ]
        for track, field in fields.items()
    }


def _rated(phase: Phase, about: About, field: Sequence[Entrant], results: Sequence[Met]) -> dict[int, Score]:
    entries = [entrant.entry for entrant in field]
    if phase.meets == ALL:
        return derived.final_scores(entries, results, margin=about.meeting_margin)
    return derived.ladder_scores(entries, results)


def _cross(
    session: Session,
    phase: Phase,
    challenge: Challenge,
    fields: Mapping[str, Sequence[Entrant]],
    results: Sequence[Met],
) -> dict[str, dict[int, Score]]:
    first, second = ([entrant.entry for entrant in fields[seat]] for seat in challenge.about.seats)
    judgements = [entrant.candidate.judgement_id for field in fields.values() for entrant in field]
    matrix = derived.matrix_of(
        first, second, results, cases=len(phase.meeting_cases), alone=_alone(session, judgements)
    )
    try:
        totals = derived.cross_scores(challenge.field, first, second, matrix)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise PlatformFault("challenge-failed", f"the totals of a field are none: {error!r}") from error
    return dict(zip(challenge.about.seats, totals, strict=True))


def _alone(session: Session, judgement_ids: Sequence[int]) -> dict[int, dict[str, Json]]:
    """By submission, what each got in its qualification."""
    query = (
        columns_of(RunSeat.submission_id, Run.case, RunSeat.score, RunSeat.columns)
        .join(Run, col(Run.seq) == RunSeat.run_seq)
        .where(col(Run.judgement_id).in_(judgement_ids), col(Run.showcase).is_(False))
        .order_by(col(Run.seq))
    )
    alone: dict[int, dict[str, Json]] = {}
    for entry, case, score, columns in session.execute(query).all():
        alone.setdefault(entry, {})[case] = {"score": score, "columns": columns}
    return alone
