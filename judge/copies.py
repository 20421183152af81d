"""Entries of two teams that look like one: the same file, or what the challenge itself calls alike of what their runs
left behind. For organisers alone; who copied whom is for people to find out.

Compared are the entries that count for each team, one by one with those of every other; files also of the entries that
do not count, across the phases of a contest. A sample that ships with us is nobody's copy, and neither are two entries
that are both like one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from challenges.base import Alike, Challenge
from judge import contests
from judge.models import Contest, Enrolment, Phase, Run, RunSeat, Standing, Submission, Team
from judge.samples import known_hashes
from judge.storage import Storage


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """An entry in question; the earlier of two stands first."""

    received_at: datetime
    submission: str
    team: str
    phase: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Two entries of different teams. `kind` is `file` or `alike`; `measure` is how alike the challenge finds what they
    left in a case, 1 for a file."""

    kind: str
    case: str
    measure: float
    first: Entry
    second: Entry

    def to_json(self) -> dict[str, Any]:
        sides = {
            name: {**asdict(entry), "received_at": entry.received_at.isoformat()}
            for name, entry in (("first", self.first), ("second", self.second))
        }
        return {"kind": self.kind, "case": self.case, "measure": self.measure, **sides}


@dataclass(frozen=True, slots=True)
class _Row:
    """A submission as it is compared."""

    id: int
    sha256: str
    entry: Entry


def find(session: Session, storage: Storage, *, contest: Contest, challenge: Challenge) -> list[Copy]:
    """Every pair of a contest: files first, then by case; each in the order in which the entries came."""
    rows = _rows(session, contest)
    found = _same_files(rows.values())
    if isinstance(challenge, Alike):
        for phase in contests.phases_of(session, contest):
            found += _alike(session, storage, phase, challenge, rows)
    return found


def _rows(session: Session, contest: Contest) -> dict[int, _Row]:
    query = (
        sql_select(Submission, Team.slug, Phase.slug)  # type: ignore[call-overload]
        .join(Enrolment, col(Enrolment.id) == Submission.enrolment_id)
        .join(Team, col(Team.id) == Enrolment.team_id)
        .join(Phase, col(Phase.id) == Submission.phase_id)
        .where(Enrolment.contest_id == contest.id)
    )
    return {
        one.id: _Row(one.id, one.sha256, Entry(one.received_at, one.public_id, team, phase))
        for one, team, phase in session.execute(query).all()
    }


def _same_files(rows: Iterable[_Row]) -> list[Copy]:
    """Of each file the first entry of every team."""
    by_file: dict[str, dict[str, Entry]] = {}
    for row in sorted(rows, key=lambda row: row.entry):
        if row.sha256 not in known_hashes():
            by_file.setdefault(row.sha256, {}).setdefault(row.entry.team, row.entry)
    pairs = [pair for entries in by_file.values() for pair in combinations(entries.values(), 2)]
    return [Copy("file", "", 1.0, *pair) for pair in sorted(pairs)]


def _alike(session: Session, storage: Storage, phase: Phase, challenge: Alike, rows: Mapping[int, _Row]) -> list[Copy]:
    found = []
    for case, left in _left_behind(session, phase).items():
        ids = sorted(left, key=lambda entry: rows[entry].entry)
        asked = [entry for entry in ids if rows[entry].sha256 not in known_hashes()]
        known = [storage.read(left[entry]) for entry in ids if entry not in asked]
        pairs = challenge.alike([storage.read(left[entry]) for entry in asked], known=known)
        found += _between_teams(case, pairs, [rows[entry].entry for entry in asked])
    return found


def _between_teams(case: str, pairs: Iterable[tuple[int, int, float]], entries: Sequence[Entry]) -> list[Copy]:
    copies = [Copy("alike", case, measure, *sorted((entries[i], entries[j]))) for i, j, measure in pairs]
    return sorted(
        (copy for copy in copies if copy.first.team != copy.second.team), key=lambda copy: (copy.first, copy.second)
    )


def _left_behind(session: Session, phase: Phase) -> dict[str, dict[int, str]]:
    """By case, what the runs of the entries that count left: submission -> SHA-256."""
    counting = select(Standing.judgement_id).where(Standing.phase_id == phase.id)
    query = (
        sql_select(Run.case, RunSeat.submission_id, RunSeat.artefact_sha256)  # type: ignore[call-overload]
        .join(Run, col(Run.seq) == RunSeat.run_seq)
        .where(
            col(Run.judgement_id).in_(counting),
            col(Run.showcase).is_(False),
            col(Run.superseded_by).is_(None),
            col(RunSeat.artefact_sha256).is_not(None),
        )
        .order_by(col(Run.seq))
    )
    left: dict[str, dict[int, str]] = {}
    for case, entry, sha256 in session.execute(query).all():
        left.setdefault(case, {})[entry] = sha256
    return left
