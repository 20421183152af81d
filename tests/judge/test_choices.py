"""Choosing entries: so many, by their own team, while the phase goes on."""

import pytest
from sqlmodel import select

from judge import choices, leaderboard
from judge.errors import Conflict
from judge.models import Contest, Enrolment, LedgerEntry, Phase, Submission, User
from judge.states import PhaseState, SubmissionState
from judge.submissions import Receipt
from tests.judge.world import NOW, World, after


@pytest.fixture
def chosen(world: World) -> tuple[Contest, Phase, User]:
    contest, phase = world.contest(ends_at=after(hours=4), counts="chosen", chosen=2, quota_per_day=5)
    return contest, phase, world.enrolled(contest, name="A")[0]


def enter(world: World, user: User, score: float, final: float | None = None, *, minute: int) -> Receipt:
    receipt = world.upload(user, at=after(minutes=minute))
    world.judge(receipt, score=score, final=final)
    return receipt


def choose(world: World, receipt: Receipt, user: User, *, yes: bool = True) -> None:
    with world.db.write() as session:
        found = session.get_one(Submission, receipt.submission.id)
        choices.choose(session, submission=found, chosen=yes, user=user, now=after(hours=1))


def top(world: World, phase: Phase) -> float:
    with world.db.read() as session:
        row = session.get_one(Phase, phase.id)
        return leaderboard.snapshot(session, phase=row, track="", now=NOW).rows[0].score


def test_the_best_of_the_chosen_counts_and_of_the_last_ones_where_none_is(world: World, chosen):
    _, phase, user = chosen
    first, second, third = (enter(world, user, s, minute=m) for m, s in enumerate((90.0, 50.0, 60.0)))
    assert top(world, phase) == 60.0, "the better of the last two"
    choose(world, second, user)
    assert top(world, phase) == 50.0
    choose(world, first, user)
    assert top(world, phase) == 90.0
    choose(world, first, user, yes=False)
    choose(world, second, user, yes=False)
    assert top(world, phase) == 60.0
    assert third.submission.id is not None


def test_the_final_score_decides_between_the_chosen_ones(world: World, chosen):
    _, phase, user = chosen
    for minute, (public, final) in enumerate(((90.0, 40.0), (80.0, 70.0), (60.0, 99.0))):
        receipt = enter(world, user, public, final, minute=minute)
        if final < 99:
            choose(world, receipt, user)
    world.move(phase, PhaseState.CLOSED)
    world.move(phase, PhaseState.REVEALED)
    assert top(world, phase) == 70.0


def test_no_more_are_chosen_than_may_be_and_withdrawn_ones_do_not_count(world: World, chosen):
    _, _, user = chosen
    entries = [enter(world, user, 50.0, minute=minute) for minute in range(3)]
    for receipt in entries[:2]:
        choose(world, receipt, user)
        choose(world, receipt, user)
    with pytest.raises(Conflict) as refused:
        choose(world, entries[2], user)
    assert (refused.value.public.code, refused.value.public.params) == ("choice-full", {"most": 2})
    with world.db.write() as session:
        session.get_one(Submission, entries[0].submission.id).state = SubmissionState.WITHDRAWN
    choose(world, entries[2], user)
    marks = [row.action for row in world.all(select(LedgerEntry)) if "chosen" in row.action]
    assert marks == ["chosen"] * 3


def test_another_teams_choices_take_no_room(world: World, chosen):
    contest, _, user = chosen
    other = world.enrolled(contest, name="B")[0]
    for minute, who in enumerate((user, user, other, other)):
        choose(world, enter(world, who, 50.0, minute=minute), who)
    assert len(world.all(select(Submission).where(Submission.chosen))) == 4
    assert len(world.all(select(Enrolment).where(Enrolment.contest_id == contest.id))) == 2


def test_nothing_is_chosen_where_the_best_counts_or_when_the_phase_is_over(world: World, chosen):
    _, phase, user = chosen
    receipt = enter(world, user, 50.0, minute=1)
    world.move(phase, PhaseState.CLOSED)
    with pytest.raises(Conflict, match="phase-over"):
        choose(world, receipt, user)
    contest, _ = world.contest("other")
    somebody = world.enrolled(contest)[0]
    plain = world.upload(somebody, contest="other")
    with pytest.raises(Conflict, match="choice-none"):
        choose(world, plain, somebody)
