"""Contests, phases, enrolments, and the calendar."""

import threading
from dataclasses import replace

import pytest
from sqlmodel import select

from judge import contests, demo
from judge.contests import PhasePlan
from judge.errors import BadInput, Conflict, NotFound
from judge.models import Contest, Enrolment, LedgerEntry, Phase
from judge.states import PhaseState
from tests.judge.world import NOW, World, after

PLAN = PhasePlan("practice", NOW, after(days=1), cases=2)


def create(world: World, *plans: PhasePlan, **facts):
    values = {"challenge": "echo", "slug": "cup", "phases": plans or [PLAN], "now": NOW, **facts}
    with world.db.write() as session:
        return contests.create(session, **values)


def test_a_contest_begins_as_a_draft_that_nobody_sees(world: World):
    contest = create(world, PLAN, replace(PLAN, slug="final", hidden=True, counts="chosen", chosen=2))
    with world.db.read() as session:
        assert [contest.slug for contest in contests.all_public(session)] == ["noise"]
        with pytest.raises(NotFound):
            contests.by_slug(session, "cup")
        phases = contests.phases_of(session, contest)
    assert [(phase.slug, phase.position, phase.state.value) for phase in phases] == [
        ("practice", 0, "draft"),
        ("final", 1, "draft"),
    ]
    assert phases[1].sealed_seed is phases[1].commitment is phases[1].seed_hex is None


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone-unknown"),
        ({"timezone": ""}, "timezone-unknown"),
        ({"timezone": "America"}, "timezone-unknown"),
        ({"timezone": "../../etc/passwd"}, "timezone-unknown"),
        ({"timezone": "a\x00b"}, "timezone-unknown"),
        ({"timezone": "x" * 300}, "timezone-unknown"),
        ({"challenge": "chess"}, "challenge-unknown"),
        ({"slug": ""}, "slug-malformed"),
        ({"slug": "a/b"}, "slug-malformed"),
        ({"slug": "Cup"}, "slug-malformed"),
        ({"slug": "-cup"}, "slug-malformed"),
        ({"slug": "x" * 61}, "slug-malformed"),
        ({"phases": []}, "phases-missing"),
        ({"phases": [PLAN, PLAN]}, "slug-malformed"),
        ({"phases": [replace(PLAN, slug="x" * 41)]}, "slug-malformed"),
        ({"phases": [replace(PLAN, ends_at=NOW)]}, "phase-window"),
        ({"phases": [replace(PLAN, freeze_at=after(days=2))]}, "phase-freeze"),
        ({"phases": [replace(PLAN, counts="worst")]}, "phase-counts"),
        ({"phases": [replace(PLAN, cases=0)]}, "phase-figures"),
        ({"phases": [replace(PLAN, quota_per_day=0)]}, "phase-figures"),
        ({"phases": [replace(PLAN, quota_total=-1)]}, "phase-figures"),
        ({"phases": [replace(PLAN, chosen=0)]}, "phase-figures"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_together_is_refused_in_words(one: World, facts, code):
    with pytest.raises(BadInput) as refused:
        create(one, **facts)
    assert refused.value.public.code == code
    assert len(one.all(select(Contest))) == 1


def test_a_slug_is_taken_once(world: World):
    create(world)
    with pytest.raises(Conflict) as refused:
        create(world)
    assert refused.value.public.code == "contest-taken"


def test_the_practice_plan_follows_the_sheet():
    plan = contests.practice_plan("echo", now=NOW, days=3)
    assert (plan.slug, plan.cases, plan.starts_at, plan.ends_at) == ("practice", 2, NOW, after(days=3))


@pytest.mark.parametrize(("slug", "cases"), [("practice", 2), ("public", 3), ("final", 4), ("another", 3)])
def test_a_phase_has_the_cases_that_the_sheet_names_for_it(slug, cases):
    assert contests.plan("echo", slug, starts_at=NOW, ends_at=after(days=1)).cases == cases


def test_a_phase_has_the_quota_of_the_sheet_and_the_rule_that_goes_with_it():
    plans = {slug: contests.plan(slug, "public", starts_at=NOW, ends_at=after(days=1)) for slug in ("datalake", "echo")}
    lake, echo = plans["datalake"], plans["echo"]
    assert (lake.quota_per_day, lake.quota_total, lake.counts, lake.chosen) == (5, 100, "chosen", 2)
    assert (echo.quota_per_day, echo.quota_total, echo.counts, echo.chosen) == (20, 100, "best", 1)
    duel = contests.plan("duel", "public", starts_at=NOW, ends_at=after(days=1))
    assert (duel.counts, duel.hidden) == ("last", False)


def test_another_demo_finds_no_room_where_a_team_has_used_its_quota(world: World):
    contest, phase = world.contest(quota_per_day=2)
    users = [world.enrolled(contest)[0] for _ in range(2)]

    def room() -> bool:
        with world.db.read() as session:
            return demo.room_left(session, contest, phase, now=NOW)

    assert room()
    for _ in range(2):
        world.judge(world.upload(users[0], at=NOW), now=NOW)
    assert not room()


# ---------------------------------------------------------------------------------------------------------------------
# Enrolment


def enrol(world: World, contest, user, team, *, terms=True):
    with world.db.write() as session:
        return contests.enrol(session, contest=contest, user=user, team_slug=team.slug, terms=terms, now=NOW)


def test_a_team_enters_once(world: World):
    contest, _ = world.contest()
    user, team, _ = world.enrolled(contest)
    with world.db.read() as session:
        assert contests.enrolled_count(session, contest) == 1
    with pytest.raises(Conflict) as refused:
        enrol(world, contest, user, team)
    assert refused.value.public.code == "enrolled-already"


def test_the_wrong_person_the_wrong_time_and_no_consent_are_refused(world: World):
    contest, _ = world.contest()
    user = world.user()
    team = world.team(user)
    with pytest.raises(BadInput):
        enrol(world, contest, user, team, terms=False)
    with pytest.raises(NotFound):
        enrol(world, contest, world.user(), team)
    for state in (PhaseState.CLOSED, PhaseState.REVEALED):
        with pytest.raises(Conflict) as refused:
            enrol(world, Contest(**{**contest.model_dump(), "state": state}), user, team)
        assert refused.value.public.code == "contest-over"
    assert world.all(select(Enrolment).where(Enrolment.contest_id == contest.id)) == []


def test_nobody_is_in_with_two_teams(world: World):
    contest, _ = world.contest()
    other, _ = world.contest("other")
    user, friend = world.user(), world.user()
    first, second = world.team(user), world.team(friend, user)
    enrol(world, contest, user, first)
    with pytest.raises(Conflict) as refused:
        enrol(world, contest, friend, second)
    assert refused.value.public.params == {"team": first.name}
    enrol(world, other, friend, second)


def test_two_teams_of_one_person_that_enter_at_once_do_not_both_get_in(world: World):
    contest, _ = world.contest()
    user = world.user()
    teams = [world.team(user) for _ in range(3)]
    barrier, codes = threading.Barrier(3), []

    def run(team) -> None:
        barrier.wait()
        try:
            enrol(world, contest, user, team)
        except Conflict as refused:
            codes.append(refused.public.code)

    threads = [threading.Thread(target=run, args=(team,)) for team in teams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["enrolled-already"] * 2
    assert len(world.all(select(Enrolment).where(Enrolment.contest_id == contest.id))) == 1


# ---------------------------------------------------------------------------------------------------------------------
# The calendar


def calendar(world: World, now) -> None:
    with world.db.write() as session:
        contests.keep_calendar(session, now=now)


def test_a_phase_freezes_and_closes_at_its_times(world: World):
    _, phase = world.contest(freeze_at=after(hours=1), ends_at=after(hours=2))
    _, other = world.contest("other")
    _, draft = world.contest("draft", state=PhaseState.DRAFT, ends_at=after(hours=1))
    states = []
    for moment in (after(minutes=59), after(hours=1), after(minutes=119), after(hours=2), after(hours=3)):
        calendar(world, moment)
        states.append(world.get(Phase, phase.id).state.value)
    assert states == ["open", "frozen", "frozen", "closed", "closed"]
    assert world.get(Phase, other.id).state == PhaseState.OPEN
    assert world.get(Phase, draft.id).state == PhaseState.DRAFT


def test_a_missed_freeze_does_not_keep_a_phase_open(world: World):
    _, phase = world.contest(freeze_at=after(hours=1), ends_at=after(hours=2))
    calendar(world, after(days=1))
    assert world.get(Phase, phase.id).state == PhaseState.CLOSED


def test_a_paused_phase_waits_for_a_person(world: World):
    _, phase = world.contest(ends_at=after(hours=2), state=PhaseState.PAUSED)
    calendar(world, after(days=1))
    assert world.get(Phase, phase.id).state == PhaseState.PAUSED


def test_a_freeze_by_hand_says_since_when(one: World):
    _, phase = one.contest(freeze_at=after(days=3))
    one.move(phase, PhaseState.FROZEN, now=after(hours=1))
    assert one.get(Phase, phase.id).freeze_at == after(hours=1)
    one.move(phase, PhaseState.OPEN, now=after(hours=2))
    calendar(one, after(hours=3))
    assert one.get(Phase, phase.id).state == PhaseState.OPEN


def test_a_phase_whose_seed_is_known_is_never_opened_again(world: World):
    """Promise 8: a revealed phase cannot be extended."""
    _, phase = world.contest(state=PhaseState.CLOSED)
    with world.db.write() as session:
        session.get_one(Phase, phase.id).seed_hex = "ab" * 32
    with pytest.raises(Conflict) as refused:
        world.move(phase, PhaseState.OPEN)
    assert refused.value.public.code == "phase-revealed"


def test_every_move_of_a_phase_is_on_record(one: World):
    """Promise 7."""
    _, phase = one.contest(state=PhaseState.PAUSED)
    facts = [
        entry.facts
        for entry in one.all(select(LedgerEntry).where(LedgerEntry.subject == f"phase-{phase.id}"))
        if entry.action == "phase-moved"
    ]
    assert facts == ['{"new": "open", "old": "draft"}', '{"new": "paused", "old": "open"}']


def test_the_phase_to_show_is_the_one_that_takes_uploads(one: World):
    plans = [
        replace(PLAN, slug="a", starts_at=after(days=-2), ends_at=after(days=-1)),
        replace(PLAN, slug="b", starts_at=after(days=-1), ends_at=after(days=1)),
        replace(PLAN, slug="c", starts_at=after(days=1), ends_at=after(days=2)),
    ]
    contest = create(one, *plans)
    with one.db.write() as session:
        assert contests.current_phase(session, contest, now=NOW) is None
        phases = contests.phases_of(session, contest)
        for phase in phases:
            contests.move_phase(session, phase, PhaseState.OPEN, now=NOW)
        shown = [
            found.slug
            for days in (-3, -1.5, 0, 1.5, 3)
            if (found := contests.current_phase(session, contest, now=after(days=days)))
        ]
    assert shown == ["a", "a", "b", "c", "c"]


def test_a_category_is_one_of_the_contests_and_none_where_it_has_none(one: World):
    grouped, _ = one.contest("startup", challenge="startup")
    plain, _ = one.contest("echo")
    for contest, category, code in (
        (grouped, "", "category-missing"),
        (grouped, "friends", "category-unknown"),
        (plain, "public", "category-unknown"),
    ):
        with pytest.raises(BadInput) as refused:
            one.enrolled(contest, category=category)
        assert refused.value.public.code == code
    for contest, category in ((grouped, "overseas"), (plain, "")):
        assert one.enrolled(contest, category=category)[2].category == category


def test_the_practice_of_a_contest_that_people_score_counts_the_last_deck_and_shows_scores():
    plan = contests.practice_plan("startup", now=NOW)
    assert (plan.counts, plan.hidden, plan.cases) == ("last", False, 1)
    assert (contests.practice_plan("echo", now=NOW).counts, contests.practice_plan("echo", now=NOW).hidden) == (
        "best",
        True,
    )
