"""Reviews: who may say what, when; and that what was said stays."""

import dataclasses
import json
import math

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from challenges.rubric import Rubric
from judge import accounts, catalogue, ledger, submissions
from judge.errors import BadInput, Conflict, NotAllowed, Refusal
from judge.kit import Kit
from judge.models import LedgerEntry, Phase, Review, Submission
from judge.states import PhaseState
from tests.judge import panels
from tests.judge.panels import CRITERIA, DECK, Panel, flat
from tests.judge.world import NOW, World, after


@pytest.fixture
def panel(world: World, worker: Kit) -> Panel:
    return panels.opened(world, worker)


@pytest.fixture
def entry(panel: Panel):
    return panel.enter("Cranes")


def refused(panel: Panel, *arguments, kind: type[Refusal], **more) -> str:
    """The code; nothing was written."""
    before = len(panel.world.all(select(Review)))
    with pytest.raises(kind) as refusal:
        panel.review(*arguments, **more)
    assert len(panel.world.all(select(Review))) == before
    return refusal.value.public.code


def test_a_review_is_kept_as_it_was_said(panel: Panel, entry):
    said = panel.review("An", entry, flat(5, product=10), comment=" Good. ", comments={"team": "Four of them."})
    row = panel.world.get(Review, said.id)
    assert (row.phase_id, row.submission_id, row.reviewer_id) == (
        panel.phase.id,
        entry.submission.id,
        panel.judges["An"].id,
    )
    assert row.scores == flat(5.0, product=10.0)
    assert (row.comment, row.comments) == ("Good.", {"team": "Four of them."})
    assert (row.recorded_at, row.superseded_by) == (after(hours=1), None)


def test_a_change_supersedes_and_leaves_the_first_as_it_was(panel: Panel, entry):
    """Promise 2: a result is never changed."""
    first = panel.review("An", entry, 3)
    second = panel.review("An", entry, 8, at=after(hours=2))
    third = panel.review("An", entry, 7, at=after(hours=3))
    rows = panel.world.all(select(Review).order_by(col(Review.id)))
    assert [(row.id, row.superseded_by, row.scores["team"]) for row in rows] == [
        (first.id, second.id, 3.0),
        (second.id, third.id, 8.0),
        (third.id, None, 7.0),
    ]


def test_a_judge_has_one_current_review_of_an_entry_whatever_is_tried(panel: Panel, entry):
    """The database itself holds it."""
    row = panel.review("An", entry, 3)
    panel.review("Bo", entry, 3)
    twice = Review(**row.model_dump(exclude={"id"}))
    with pytest.raises(IntegrityError):
        panel.world.add(twice)


def test_every_review_leaves_a_mark_with_ids_alone(panel: Panel, entry):
    """Promise 7."""
    first = panel.review("An", entry, 3, comment="secret words")
    second = panel.review("An", entry, 9)
    marks = panel.world.all(select(LedgerEntry).where(LedgerEntry.action == "reviewed").order_by(col(LedgerEntry.seq)))
    assert [(mark.subject, mark.actor_id) for mark in marks] == [
        (f"review-{first.id}", panel.judges["An"].id),
        (f"review-{second.id}", panel.judges["An"].id),
    ]
    assert [json.loads(mark.facts) for mark in marks] == [
        {"phase": panel.phase.id, "submission": entry.submission.id, "supersedes": None},
        {"phase": panel.phase.id, "submission": entry.submission.id, "supersedes": first.id},
    ]
    with panel.world.db.write() as session:
        ledger.seal(session, now=NOW)
        assert ledger.verify(session) is None


def test_a_review_marks_the_phase_for_a_worker(panel: Panel, entry):
    panel.tend()
    assert panel.world.get(Phase, panel.phase.id).field_due_at is None
    panel.review("An", entry, 3)
    assert panel.world.get(Phase, panel.phase.id).field_due_at == after(hours=1)


# ---------------------------------------------------------------------------------------------------------------------
# Who


def test_only_a_judge_of_this_contest_may_score(panel: Panel, entry):
    somebody = panel.world.user("Somebody")
    assert refused(panel, somebody, entry, 5, kind=NotAllowed) == "review-not-a-judge"
    other, _ = panel.world.contest("other", challenge="startup", cases=1)
    with panel.world.db.write() as session:
        accounts.appoint(session, user=somebody, role="judge", contest_id=other.id, now=NOW)
        accounts.appoint(session, user=somebody, role="organiser", contest_id=panel.contest.id, now=NOW)
    assert refused(panel, somebody, entry, 5, kind=NotAllowed) == "review-not-a-judge"
    with panel.world.db.write() as session:
        accounts.appoint(session, user=somebody, role="judge", contest_id=None, now=NOW)
        accounts.appoint(session, user=somebody, role="judge", contest_id=None, now=NOW)
    panel.review(somebody, entry, 5)


def test_nobody_scores_the_own_team_nor_anything_in_a_contest_in_which_he_competes(panel: Panel, entry):
    """CONTESTS, startup: the cheats."""
    member, other = panel.teams["Cranes"], panel.enter("Herons")
    with panel.world.db.write() as session:
        accounts.appoint(session, user=member, role="judge", contest_id=panel.contest.id, now=NOW)
    assert refused(panel, member, entry, 10, kind=NotAllowed) == "review-own-team"
    assert refused(panel, member, other, 0, kind=NotAllowed) == "review-competes"


# ---------------------------------------------------------------------------------------------------------------------
# When


@pytest.mark.parametrize("state", [PhaseState.CLOSED, PhaseState.PAUSED, PhaseState.REVEALED])
def test_a_round_that_is_not_open_takes_no_score(panel: Panel, entry, state: PhaseState):
    panel.review("An", entry, 4)
    for step in [PhaseState.CLOSED, state] if state == PhaseState.REVEALED else [state]:
        panel.world.move(panel.phase, step)
    assert refused(panel, "An", entry, 5, kind=Conflict) == "review-round-closed"


def test_a_round_takes_scores_between_its_times_alone(panel: Panel, entry):
    assert refused(panel, "An", entry, 5, kind=Conflict, at=after(hours=-2)) == "review-round-closed"
    assert refused(panel, "An", entry, 5, kind=Conflict, at=after(days=30)) == "review-round-closed"
    panel.review("An", entry, 5, at=after(days=29))


def test_a_frozen_round_goes_on(panel: Panel, entry):
    panel.world.move(panel.phase, PhaseState.FROZEN)
    panel.review("An", entry, 5)


def test_what_is_withdrawn_unread_or_elsewhere_is_not_scored(panel: Panel, entry):
    broken = panel.enter("Broken", content=DECK[:-30])
    assert refused(panel, "An", broken, 5, kind=Conflict) == "review-entry-unread"
    with panel.world.db.write() as session:
        row = session.get_one(Submission, entry.submission.id)
        submissions.withdraw(session, submission=row, user=panel.teams["Cranes"], now=NOW)
    assert refused(panel, "An", entry, 5, kind=Conflict) == "review-entry-withdrawn"
    noise = panel.world.all(select(Submission).where(Submission.phase_id != panel.phase.id))[0]
    elsewhere = dataclasses.replace(entry, submission=noise)
    assert refused(panel, "An", elsewhere, 5, kind=Conflict) == "review-entry-unread"


def test_where_there_is_no_rubric_nobody_scores(world: World, worker: Kit):
    contest, phase = world.contest()
    user, _, _ = world.enrolled(contest)
    receipt = world.upload(user)
    panel = Panel(world, worker, contest, phase)
    assert refused(panel, "An", receipt, 5, kind=Conflict) == "review-no-rubric"


# ---------------------------------------------------------------------------------------------------------------------
# What


@pytest.mark.parametrize(
    "bad", [-0.1, 10.1, 11, math.nan, math.inf, -math.inf, "5", None, True, [5], {"team": 5}, 10**400]
)
def test_a_score_is_a_number_within_its_range(panel: Panel, entry, bad):
    assert refused(panel, "An", entry, flat(5) | {"market": bad}, kind=BadInput) == "review-score"


@pytest.mark.parametrize("good", [0, 10, 7.5, 0.0])
def test_the_ends_of_a_range_and_what_lies_between_are_scores(panel: Panel, entry, good):
    assert panel.review("An", entry, flat(5) | {"market": good}).scores["market"] == good


def test_exactly_the_criteria_of_the_rubric_are_scored(panel: Panel, entry):
    scores = flat(5)
    assert refused(panel, "An", entry, scores | {"luck": 5}, kind=BadInput) == "review-criterion-unknown"
    assert refused(panel, "An", entry, scores | {7: 5}, kind=BadInput) == "review-criterion-unknown"
    del scores["team"]
    assert refused(panel, "An", entry, scores, kind=BadInput) == "review-criterion-missing"
    assert refused(panel, "An", entry, {}, kind=BadInput) == "review-criterion-missing"
    assert refused(panel, "An", entry, 5, comments={"luck": "x"}, kind=BadInput) == "review-criterion-unknown"


@pytest.mark.parametrize(("comment", "code"), [("x" * 4001, "field-too-long"), ("\x00", "field-characters")])
def test_a_comment_is_text_of_bounded_length(panel: Panel, entry, comment, code):
    assert refused(panel, "An", entry, 5, comment=comment, kind=BadInput) == code
    assert refused(panel, "An", entry, 5, comments={"team": comment}, kind=BadInput) == code


def test_a_word_that_is_required_must_be_there(panel: Panel, entry, monkeypatch):
    sheet = catalogue.about("startup")
    strict = tuple(dataclasses.replace(one, comment=one.name == "team") for one in sheet.rubric.criteria)
    changed = dataclasses.replace(sheet, rubric=Rubric(strict, ("product",), 5))
    monkeypatch.setattr(catalogue, "about", lambda slug: changed)
    assert refused(panel, "An", entry, 5, kind=BadInput) == "review-comment-missing"
    assert refused(panel, "An", entry, 5, comments={"team": "  "}, kind=BadInput) == "review-comment-missing"
    panel.review("An", entry, 5, comments={"team": "Good."})
    assert set(CRITERIA) == set(flat(5))
