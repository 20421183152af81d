"""Every move that is legal, every one that is not, and that the database knows the same words."""

import itertools

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from judge.errors import Conflict
from judge.models import Role
from judge.states import (
    JUDGEMENT_MOVES,
    PHASE_MOVES,
    SUBMISSION_MOVES,
    JudgementState,
    PhaseState,
    SubmissionState,
    check_move,
)
from tests.judge.world import NOW

LEGAL = {
    JudgementState: {
        "queued": {"running", "cancelled"},
        "running": {"scored", "failed", "awaiting_panel", "platform_failed", "cancelled", "queued"},
        "awaiting_panel": {"scored", "cancelled"},
    },
    SubmissionState: {
        "active": {"withdrawn", "disqualified"},
        "withdrawn": {"active", "disqualified"},
        "disqualified": {"active"},
    },
    PhaseState: {
        "draft": {"open"},
        "open": {"frozen", "closed", "paused"},
        "paused": {"open", "frozen", "closed"},
        "frozen": {"open", "closed", "paused"},
        "closed": {"revealed", "open"},
    },
}
"""DESIGN, States, written down once more."""


@pytest.mark.parametrize("words", LEGAL, ids=lambda words: words.__name__)
def test_a_move_is_legal_exactly_where_the_design_says_so(words):
    for old, new in itertools.product(words, words):
        if new.value in LEGAL[words].get(old.value, set()):
            assert check_move(old, new) is new
        else:
            with pytest.raises(Conflict) as refused:
                check_move(old, new)
            assert refused.value.public.params == {"old": old.value, "new": new.value}


def test_what_is_final_cannot_be_left():
    for state in JudgementState:
        assert state.final == (not any(old == state for old, _ in JUDGEMENT_MOVES))


def test_a_revealed_phase_is_the_end_of_it():
    assert not any(old == PhaseState.REVEALED for old, _ in PHASE_MOVES)
    assert {state for state in PhaseState if state.over} == {PhaseState.CLOSED, PhaseState.REVEALED}
    assert {state for state in PhaseState if state.accepts_uploads} == {PhaseState.OPEN, PhaseState.FROZEN}


def test_no_move_leads_nowhere():
    assert all(old != new for old, new in JUDGEMENT_MOVES | SUBMISSION_MOVES | PHASE_MOVES)


WORDS = ["contest.state", "phase.state", "submission.state", "judgement.state", "phase.counts", "role.role"]


def test_the_database_refuses_a_word_that_is_no_state(world):
    user = world.user()
    world.add(Role(user_id=user.id, role="judge", created_at=NOW))
    for word in WORDS:
        table, column = word.split(".")
        with pytest.raises(DBAPIError, match=f"ck_{table}_{column}"), world.db.write() as session:
            session.execute(text(f"UPDATE {table} SET {column} = 'limbo'"))


def test_the_database_takes_every_word_that_is_one(one):
    tables = {"contest": PhaseState, "phase": PhaseState, "submission": SubmissionState, "judgement": JudgementState}
    with one.db.write() as session:
        for table, words in tables.items():
            first = session.execute(text(f"SELECT min(id) FROM {table} WHERE state <> 'running'")).scalar_one()
            for word in words:
                session.execute(
                    text(f"UPDATE {table} SET state = :word WHERE id = :id"), {"word": word.value, "id": first}
                )


def test_the_database_refuses_a_phase_that_cannot_be(world):
    for values in ("ends_at = starts_at", "quota_per_day = 0", "quota_total = 0", "cases = 0"):
        with pytest.raises(DBAPIError, match="ck_phase_"), world.db.write() as session:
            session.execute(text(f"UPDATE phase SET {values}"))


def test_what_no_machine_will_touch_is_settled():
    settled = {state for state in JudgementState if state.settled}
    assert settled == {state for state in JudgementState if state.final} | {JudgementState.AWAITING_PANEL}
