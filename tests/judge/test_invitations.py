"""A final in which all play all: its cost is known before it starts, and the ladder's games do not count in it."""

import pytest
from sqlmodel import select

from judge import contests, derived, invitations, jobs
from judge.contests import PhasePlan
from judge.errors import BadInput, Conflict
from judge.kit import Kit
from judge.models import Contest, Judgement, LedgerEntry, Phase, RunSeat
from judge.states import PhaseState
from tests.judge.matchday import Field, opened
from tests.judge.world import NOW, World, after


@pytest.fixture
def ladder(world: World, worker: Kit) -> Field:
    """Four teams that have met, and one that did not qualify."""
    field = opened(world, worker, "duel", ends_at=after(days=9))
    for name, kind in (("A", "far"), ("B", "near"), ("C", "exact"), ("D", "near"), ("E", "flees")):
        field.send(name, kind)
    field.line.run()
    return field


def final_of(world: World, ladder: Field, *, opened_too: bool = True) -> Phase:
    with world.db.write() as session:
        phase = Phase(
            contest_id=ladder.contest.id,
            position=1,
            slug="final",
            starts_at=NOW,
            ends_at=after(days=9),
            cases=2,
            hidden=False,
            counts="last",
            meets="all",
        )
        session.add(phase)
    if opened_too:
        jobs.open_phase(phase.id)
    return world.get(Phase, phase.id)


def invite(world: World, ladder: Field, final: Phase, *, top: int) -> list[int]:
    with world.db.write() as session:
        made = invitations.invite(session, final=final, ladder=world.get(Phase, ladder.phase.id), top=top, now=NOW)
    ladder.line.judged += made
    return made


def test_the_cost_is_known_before(world: World, ladder: Field):
    """Games both ways round on every case, from what the ladder's took."""
    with world.db.write() as session:
        for seat in session.exec(select(RunSeat)):
            seat.cpu_seconds = 1.5
            session.add(seat)
        for judgement in session.exec(select(Judgement).where(Judgement.phase_id == ladder.phase.id)):
            judgement.core_seconds = 4.0
            session.add(judgement)
    final = final_of(world, ladder, opened_too=False)
    for _ in ("a draft, which has no cases yet", "open"):
        with world.db.read() as session:
            found = invitations.cost(session, final=final, ladder=ladder.phase, top=3)
        assert found == invitations.Cost(3, 3 * 2 * 2, 12 * 3.0 + 3 * 8.0, measured=True)
        jobs.open_phase(final.id)
        final = world.get(Phase, final.id)


def test_without_a_game_the_sheets_bounds_stand_for_it(world: World, worker: Kit):
    field = opened(world, worker, "duel")
    field.send("A", "exact")
    field.line.run()
    final = final_of(world, field)
    with world.db.read() as session:
        found = invitations.cost(session, final=final, ladder=field.phase, top=8)
    assert (found.entries, found.games, found.measured) == (1, 0, False)


def test_the_top_of_the_ladder_plays_all_against_all(world: World, ladder: Field):
    final = final_of(world, ladder)
    assert len(invite(world, ladder, final, top=3)) == 3
    played = ladder.line.run()
    assert played == 3 * 2 * 2
    field = Field(world, ladder.line, ladder.contest, final, ladder.users)
    rows = field.board()
    assert rows[0].team == "C"
    assert {row.team for row in rows} == {"B", "C", "D"}
    assert sum(row.score for row in rows) == pytest.approx(3 * derived.START, abs=1e-3)
    assert all(row.interval[0] < row.score < row.interval[1] for row in rows)
    (mark,) = world.all(select(LedgerEntry).where(LedgerEntry.action == "invited"))
    assert mark.subject == f"phase-{final.id}"
    assert ladder.places()[0] == "C", "the ladder stays as it was"


def test_inviting_twice_is_inviting_once(world: World, ladder: Field):
    final = final_of(world, ladder)
    invite(world, ladder, final, top=2)
    assert len(invite(world, ladder, final, top=3)) == 1
    assert invite(world, ladder, final, top=3) == []


def test_a_withdrawn_finalist_leaves_the_final_too(world: World, ladder: Field):
    final = final_of(world, ladder)
    invite(world, ladder, final, top=3)
    ladder.line.run()
    field = Field(world, ladder.line, ladder.contest, final, ladder.users)
    with world.db.read() as session:
        (entry,) = invitations.finalists(session, ladder=ladder.phase, track="", top=1)
    ladder.withdraw(entry, "C")
    ladder.line.tend_field(final.id, due_at=NOW)
    ladder.line.run()
    assert {row.team for row in field.board()} == {"B", "D"}
    assert {row.score for row in field.board()} == {derived.START}, "their games against C count no more"


def test_a_final_takes_no_uploads(world: World, ladder: Field):
    final = final_of(world, ladder)
    with pytest.raises(Conflict) as refused:
        world.upload(ladder.users["A"], contest="duel", phase=final.slug)
    assert refused.value.public.code == "phase-invited"
    assert not contests.takes_uploads(final, now=NOW)


def test_what_is_no_final_or_not_open_invites_nobody(world: World, ladder: Field):
    draft = final_of(world, ladder, opened_too=False)
    for phase, code in ((ladder.phase, "phase-no-final"), (draft, "final-not-open")):
        with pytest.raises(Conflict) as refused:
            invite(world, ladder, phase, top=2)
        assert refused.value.public.code == code


def test_a_ladder_that_still_plays_invites_nobody(world: World, ladder: Field):
    final = final_of(world, ladder)
    ladder.send("F", "exact")
    ladder.line.run(most=1)
    with pytest.raises(Conflict) as refused:
        invite(world, ladder, final, top=2)
    assert refused.value.public.code == "ladder-unfinished"


def test_only_matches_have_a_final_in_which_all_play_all(one: World):
    plan = PhasePlan(slug="final", starts_at=NOW, ends_at=after(days=1), cases=1, meets="all")
    with pytest.raises(BadInput) as refused, one.db.write() as session:
        contests.create(session, challenge="siege", slug="siege", phases=[plan], now=NOW)
    assert refused.value.public.code == "phase-meets"
    with one.db.write() as session:
        made = contests.create(session, challenge="duel", slug="duel", phases=[plan], now=NOW)
    assert one.get(Contest, made.id).state == PhaseState.DRAFT
