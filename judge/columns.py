"""Which figures may be seen, and from when: one rule for boards, pages, calls and what commands print.

A column that is not public (`public = false` in `about.toml`) says something about the final score, so it opens with
that: at the reveal, not when a phase freezes or closes. So does every run's view in a contest that has such a column,
since it may draw what the column says; its log and its other figures open with its case, when the phase is over. A
phase that hides nothing hides no column. A figure that is not on the sheet is between `play` and `score`, and is never
shown.
"""

from collections.abc import Iterable, Mapping

from sqlmodel import Session

from challenges.base import About, Column
from judge import catalogue
from judge.models import Contest, Phase
from judge.states import PhaseState


def cases_open(phase: Phase) -> bool:
    """Whether what happened in a phase's cases may be seen."""
    return not phase.hidden or phase.state.over


def _all_open(phase: Phase) -> bool:
    return not phase.hidden or phase.state == PhaseState.REVEALED


def shown(about: About, phase: Phase, track: str) -> tuple[Column, ...]:
    """The columns of a track's board that may be seen now."""
    return tuple(column for column in about.columns_on(track) if column.public or _all_open(phase))


def of_meeting(about: About, phase: Phase, track: str) -> tuple[Column, ...]:
    """Those of a meeting's sides: of its ladder, or in cross-play of both tracks, each name once."""
    tracks = about.seats if about.pairing == "cross" else (track,)
    found = {column.name: column for each in tracks for column in shown(about, phase, each)}
    return tuple(column for column in about.columns if found.get(column.name) is column)


def views_open(about: About, phase: Phase) -> bool:
    """Whether a run that is no showcase may be looked at."""
    return _all_open(phase) or (cases_open(phase) and all(column.public for column in about.columns))


def only(figures: Mapping[str, float], columns: Iterable[Column]) -> dict[str, float]:
    """Of these figures those of these columns."""
    names = {column.name for column in columns}
    return {name: value for name, value in figures.items() if name in names}


def sheet_of(session: Session, phase: Phase) -> About:
    """The sheet of a phase's challenge."""
    return catalogue.about(session.get_one(Contest, phase.contest_id).challenge)
