"""The panel's board: what follows from reviews (DESIGN, promise 6).

`tend` brings a phase up to date with its reviews, whatever has happened to them, in one transaction, as `judge.field`
does for meetings: an entry that has been read by enough judges is scored, its score is what `judge.normalisation` makes
of all reviews of the field together, and boards follow. While a round that hides its scores is open nothing follows
from them at all, so that nothing can leak: the rows of a board come into being when the round has closed. In an open
round that shows them an entry counts once it has the rubric's number of reviews; once it is over, with any.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from sqlmodel import Session, col, select

from challenges.base import About, Score
from challenges.rubric import Rubric
from judge import leaderboard, ledger, standings
from judge.errors import PlatformFault
from judge.models import Judgement, JudgementScore, Phase, Review, Submission
from judge.normalisation import HIGHEST, LOWEST, Adjusted, adjusted
from judge.reviews import SCORED_BY_PEOPLE
from judge.scoring import kept, order_key
from judge.standings import Candidate, Placing, counting
from judge.states import JudgementState, SubmissionState, check_move

_Z95 = 1.959963984540054
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Said:
    """A review as the arithmetic sees it: ids, and scores by criterion."""

    judge: int
    entry: int
    scores: Mapping[str, float]
    at: datetime


def tend(session: Session, *, phase_id: int, about: About, now: datetime) -> None:
    """Bring a phase up to date with its reviews. One at a time in a phase. Raises PlatformFault where the phase was
    opened under another version of the rubric."""
    phase = session.get_one(Phase, phase_id, with_for_update={"key_share": True}, populate_existing=True)
    rubric = about.rubric
    if rubric is None or phase.challenge_version != about.version:
        raise PlatformFault("challenge-version", f"the phase has version {phase.challenge_version}'s rubric")
    phase.field_due_at = None
    session.add(phase)
    track = about.tracks[0].name
    scored = [] if secret(phase) else _placings(session, phase, rubric)
    for placing in scored:
        _score(session, placing, track, now=now)
    frozen_at = leaderboard.frozen_since(phase, now=now)
    known = None
    if frozen_at is not None:
        known = [] if secret(phase) else _placings(session, phase, rubric, before=frozen_at)
    standings.place_both(session, phase=phase, track=track, living=scored, at_freeze=known, now=now)
    session.flush()


def secret(phase: Phase) -> bool:
    """Whether nobody may know yet what judges said."""
    return phase.hidden and not phase.state.over


# ---------------------------------------------------------------------------------------------------------------------
# Who counts


def _placings(session: Session, phase: Phase, rubric: Rubric, *, before: datetime | None = None) -> list[Placing]:
    """What the board is to say; as it was at a moment, if one is given."""
    said = reviews_of(session, phase, before=before)
    enough = 1 if phase.state.over else rubric.reviews
    by_entry: dict[int, list[Said]] = {}
    for review in said:
        by_entry.setdefault(review.entry, []).append(review)
    read = _readable(session, phase, rubric, by_entry, before=before)
    complete = _counting(phase, [one for one in read if len(by_entry[one.submission_id]) >= enough])
    others = _counting(phase, [one for one in read if one.enrolment_id not in complete])
    field = {one.submission_id: one for one in [*complete.values(), *others.values()]}
    scores = scores_of(rubric, [review for review in said if review.entry in field])
    entries = {team: sum(one.enrolment_id == team for one in read) for team in complete}
    return [Placing(one, entries[team], scores[one.submission_id]) for team, one in complete.items()]


def _counting(phase: Phase, candidates: Iterable[Candidate]) -> dict[int, Candidate]:
    return counting(candidates, rule=phase.counts, chosen=phase.chosen)


def reviews_of(session: Session, phase: Phase, *, before: datetime | None = None) -> list[Said]:
    """The current reviews of a phase, or those that were current at a moment, in the order of the records."""
    rows = session.exec(select(Review).where(Review.phase_id == phase.id).order_by(col(Review.id))).all()
    known = [row for row in rows if before is None or row.recorded_at < before]
    ids = {row.id for row in known}
    return [
        Said(row.reviewer_id, row.submission_id, row.scores, row.recorded_at)
        for row in known
        if row.superseded_by not in ids
    ]


def _readable(
    session: Session, phase: Phase, rubric: Rubric, reviews: Mapping[int, Sequence[Said]], *, before: datetime | None
) -> list[Candidate]:
    """Entries that are in and have a review. Where the best counts, that is the best by the raw mean: which of a team's
    entries is compared with others must not depend on the others."""
    rows = session.exec(
        select(Submission, Judgement)
        .join(Judgement, col(Judgement.submission_id) == Submission.id)
        .where(
            Judgement.phase_id == phase.id,
            col(Judgement.current),
            col(Judgement.state).in_(SCORED_BY_PEOPLE),
            Submission.state == SubmissionState.ACTIVE,
        )
        .order_by(col(Submission.id))
    )
    found = []
    for submission, judgement in rows:
        said = reviews.get(submission.id or 0)
        if not said or (before is not None and submission.received_at >= before):
            continue
        key = order_key(fmean(rubric.total(review.scores) for review in said), (), submission.received_at)
        found.append(
            Candidate(
                enrolment_id=submission.enrolment_id,
                judgement_id=judgement.id or 0,
                submission_id=submission.id or 0,
                order_key=key,
                received_at=submission.received_at,
                finished_at=max(review.at for review in said),
                chosen=submission.chosen,
                final_key=key,
            )
        )
    return found


# ---------------------------------------------------------------------------------------------------------------------
# What they get


def scores_of(rubric: Rubric, said: Sequence[Said]) -> dict[int, Score]:
    """By entry, the adjusted score with its interval. Columns: the raw mean, the number of reviews, and the mean of
    each criterion. Ties are broken by what the score was before it was clipped, the rubric's criteria, and wins among
    the judges that tied entries have in common. Pure."""
    table = adjusted([(one.judge, one.entry, rubric.total(one.scores)) for one in said], method="additive")
    by_entry: dict[int, dict[int, Said]] = {row.entry: {} for row in table}
    for one in said:
        by_entry[one.entry][one.judge] = one
    columns, level = {}, {}
    for row in table:
        means = _means(rubric, by_entry[row.entry].values())
        columns[row.entry] = {"raw": round(row.raw, _DIGITS), "reviews": float(row.count), **means}
        level[row.entry] = (-round(row.unclipped, _DIGITS), *(-means[name] for name in rubric.ties))
    won = _wins(rubric, by_entry, level)
    return {
        row.entry: Score(
            public=round(row.adjusted, _DIGITS),
            final=round(row.adjusted, _DIGITS),
            interval=_interval(row),
            columns=columns[row.entry],
            ties=(*level[row.entry], -won[row.entry]),
        )
        for row in table
    }


def _means(rubric: Rubric, said: Iterable[Said]) -> dict[str, float]:
    """Of each criterion; summed from the smallest, whatever the order."""
    rows = list(said)
    return {name: round(fmean(sorted(one.scores[name] for one in rows)), _DIGITS) for name in rubric.names}


def _interval(row: Adjusted[int]) -> tuple[float, float] | None:
    if row.standard_error is None:
        return None
    half = _Z95 * row.standard_error
    low, high = max(LOWEST, row.adjusted - half), min(HIGHEST, row.adjusted + half)
    return round(low, _DIGITS), round(high, _DIGITS)


def _wins(
    rubric: Rubric, by_entry: Mapping[int, Mapping[int, Said]], level: Mapping[int, tuple[float, ...]]
) -> dict[int, float]:
    """By entry: how often a judge who scored it and another of its level put it first, less how often last."""
    tied: dict[tuple[float, ...], list[int]] = {}
    for entry, place in level.items():
        tied.setdefault(place, []).append(entry)
    won = dict.fromkeys(by_entry, 0.0)
    for one, other in (pair for group in tied.values() for pair in itertools.permutations(group, 2)):
        mine, theirs = by_entry[one], by_entry[other]
        for judge in mine.keys() & theirs.keys():
            ahead, behind = rubric.total(mine[judge].scores), rubric.total(theirs[judge].scores)
            won[one] += (ahead > behind) - (ahead < behind)
    return won


def _score(session: Session, placing: Placing, track: str, *, now: datetime) -> None:
    """awaiting_panel → scored, and what it is worth now."""
    judgement = session.get_one(Judgement, placing.entry.judgement_id)
    if judgement.state == JudgementState.AWAITING_PANEL:
        judgement.state = check_move(judgement.state, JudgementState.SCORED)
        judgement.verdict, judgement.finished_at = "AC", now
        session.add(judgement)
        ledger.mark(session, action="judged", subject=f"judgement-{judgement.id}", now=now, facts={"verdict": "AC"})
    query = select(JudgementScore).where(JudgementScore.judgement_id == judgement.id, JudgementScore.track == track)
    row = session.exec(query).first() or JudgementScore(
        judgement_id=placing.entry.judgement_id, track=track, public=0.0, final=0.0, order_key="", final_key=""
    )
    for name, value in kept(placing.score, placing.entry.received_at).items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
