"""Which figures beside a score may be seen: one rule for boards, pages, calls and what commands print."""

from sqlmodel import Session

from challenges.base import About, Column
from judge import catalogue
from judge.models import Contest, Phase


def shown(about: About, phase: Phase, track: str) -> tuple[Column, ...]:
    """The columns of a track's board that may be seen now: every one once a phase is over or hides nothing; the public
    ones before."""
    everything = phase.state.over or not phase.hidden
    return tuple(column for column in about.columns_on(track) if everything or column.public)


def names_shown(session: Session, phase: Phase, track: str) -> frozenset[str]:
    """The same, by name."""
    contest = session.get_one(Contest, phase.contest_id)
    return frozenset(column.name for column in shown(catalogue.about(contest.challenge), phase, track))


def of_meeting(about: About, phase: Phase, track: str) -> tuple[Column, ...]:
    """Those of a meeting's sides: of its ladder, or in cross-play of both tracks, each name once."""
    tracks = about.seats if about.pairing == "cross" else (track,)
    found = {column.name: column for each in tracks for column in shown(about, phase, each)}
    return tuple(column for column in about.columns if found.get(column.name) is column)
