"""Reviews: what one judge says of one entry, by the rubric of its contest (DESIGN, promises 2 and 7).

A review is never edited: whoever thinks again writes another, which supersedes the first. Scores stay in their rows;
the ledger gets ids. What follows from them is for `judge.panel`, which a worker is asked for by a mark on the phase.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from challenges.rubric import Rubric
from judge import accounts, catalogue, ledger, standings
from judge.errors import BadInput, Conflict, NotAllowed
from judge.models import Contest, Enrolment, Judgement, Membership, Phase, Review, Submission, User
from judge.states import JudgementState, SubmissionState

COMMENT_LENGTH = 4000
SCORED_BY_PEOPLE = (JudgementState.AWAITING_PANEL, JudgementState.SCORED)
"""States of an entry that judges may read."""


def record(
    session: Session,
    *,
    phase: Phase,
    submission: Submission,
    judge: User,
    scores: Mapping[str, Any],
    comment: str = "",
    comments: Mapping[str, str] | None = None,
    now: datetime,
) -> Review:
    """Take a review, in place of the judge's earlier one of this entry where there is one. `scores` by criterion;
    `comment` is on the whole, `comments` on single criteria.

    Raises NotAllowed for who is no judge of the contest or competes in it, Conflict where the round takes no scores
    now or the entry is not to be scored, BadInput for what the rubric does not know: nothing is written then. Reviews
    of a phase are taken one after the other, so what is sent twice at once is a review and its change. The caller tells
    the queue (`tend_field`) once this is committed.
    """
    contest = session.get_one(Contest, phase.contest_id)
    rubric = catalogue.about(contest.challenge).rubric
    if rubric is None:
        raise Conflict("review-no-rubric")
    _check_judge(session, contest, submission, judge)
    _check_round(session, phase, submission, now=now)
    review = Review(
        phase_id=_id(phase),
        submission_id=_id(submission),
        reviewer_id=_id(judge),
        scores=_checked(rubric, scores),
        comment=_text(comment),
        comments=_comments(rubric, comments or {}),
        recorded_at=now,
    )
    earlier = _store(session, review)
    ledger.mark(
        session,
        action="reviewed",
        subject=f"review-{review.id}",
        actor=judge,
        now=now,
        facts={"submission": submission.id, "phase": phase.id, "supersedes": earlier},
    )
    standings.mark_due(session, phase, now=now)
    return review


def _store(session: Session, review: Review) -> int | None:
    """Make this the judge's current review of the entry; the id of the one before."""
    before = session.exec(
        select(Review).where(
            Review.phase_id == review.phase_id,
            Review.submission_id == review.submission_id,
            Review.reviewer_id == review.reviewer_id,
            col(Review.superseded_by).is_(None),
        )
    ).first()
    if before is None:
        session.add(review)
        session.flush()
        return None
    before.superseded_by = before.id  # out of the way: there is one current review at any time
    session.add(before)
    session.flush()
    session.add(review)
    session.flush()
    before.superseded_by = review.id
    session.add(before)
    session.flush()
    return before.id


# ---------------------------------------------------------------------------------------------------------------------
# What is asked before


def _check_judge(session: Session, contest: Contest, submission: Submission, judge: User) -> None:
    if not accounts.has_role(session, user=judge, role="judge", contest_id=contest.id):
        raise NotAllowed("review-not-a-judge")
    mine = session.exec(
        select(Enrolment.id)
        .join(Membership, col(Membership.team_id) == Enrolment.team_id)
        .where(Enrolment.contest_id == contest.id, Membership.user_id == judge.id)
    ).all()
    if submission.enrolment_id in mine:
        raise NotAllowed("review-own-team")
    if mine:
        raise NotAllowed("review-competes")


def _check_round(session: Session, phase: Phase, submission: Submission, *, now: datetime) -> None:
    known = session.get_one(Phase, phase.id, with_for_update={"key_share": True}, populate_existing=True)
    if not known.state.accepts_uploads or not known.starts_at <= now < known.ends_at:
        raise Conflict("review-round-closed")
    entry = session.get_one(Submission, submission.id, populate_existing=True)
    state = session.exec(
        select(Judgement.state).where(
            Judgement.submission_id == entry.id, Judgement.phase_id == known.id, col(Judgement.current)
        )
    ).first()
    if entry.state != SubmissionState.ACTIVE:
        raise Conflict("review-entry-withdrawn")
    if state not in SCORED_BY_PEOPLE:
        raise Conflict("review-entry-unread")


def _checked(rubric: Rubric, scores: Mapping[str, Any]) -> dict[str, float]:
    """The scores in the rubric's order. Raises BadInput, naming the criterion."""
    if unknown := [name for name in scores if name not in rubric.names]:
        raise BadInput("review-criterion-unknown", criterion=str(unknown[0])[:40])
    found = {}
    for criterion in rubric.criteria:
        if criterion.name not in scores:
            raise BadInput("review-criterion-missing", criterion=criterion.name)
        score = scores[criterion.name]
        number = type(score) in (int, float) and (type(score) is int or math.isfinite(score))
        if not number or not criterion.low <= score <= criterion.high:
            raise BadInput("review-score", criterion=criterion.name, low=criterion.low, high=criterion.high)
        found[criterion.name] = float(score)
    return found


def _comments(rubric: Rubric, comments: Mapping[str, str]) -> dict[str, str]:
    if unknown := [name for name in comments if name not in rubric.names]:
        raise BadInput("review-criterion-unknown", criterion=str(unknown[0])[:40])
    said = {name: text for name in rubric.names if (text := _text(comments.get(name, "")))}
    for criterion in rubric.criteria:
        if criterion.comment and criterion.name not in said:
            raise BadInput("review-comment-missing", criterion=criterion.name)
    return said


def _text(comment: str) -> str:
    text = comment.strip()
    if len(text) > COMMENT_LENGTH:
        raise BadInput("field-too-long", field="comment", longest=COMMENT_LENGTH)
    if not accounts.storable(text):
        raise BadInput("field-characters", field="comment")
    return text


def _id(row: Phase | Submission | User) -> int:
    assert row.id is not None
    return row.id
