"""Boards: what counts, in which order, and that a frozen one knows nothing that came later."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, delete, select

from judge import leaderboard, standings
from judge.leaderboard import PAGE
from judge.models import (
    Attempt,
    Board,
    Judgement,
    JudgementScore,
    Phase,
    QuotaUse,
    Run,
    RunSeat,
    Standing,
    Submission,
)
from judge.scoring import order_key
from judge.standings import Candidate, counting
from judge.states import PhaseState, SubmissionState
from tests.judge.world import NOW, World, after


def board(world: World, phase: Phase, *, now=NOW, page: int = 1):
    with world.db.read() as session:
        row = session.get_one(Phase, phase.id)
        return leaderboard.snapshot(session, phase=row, track="", now=now, page=page)


def version(world: World, phase: Phase, *, now=NOW) -> str:
    with world.db.read() as session:
        return leaderboard.version(session, session.get_one(Phase, phase.id), "", now=now)


def places(world: World, phase: Phase, **how) -> list[tuple[int, str, float]]:
    return [(row.rank, row.team, row.score) for row in board(world, phase, **how).rows]


# ---------------------------------------------------------------------------------------------------------------------
# What counts


def candidate(number: int, team: int, score: int, minute: int, chosen: bool) -> Candidate:
    at = NOW + timedelta(minutes=minute)
    return Candidate(team, number, number, order_key(score, (), at), at, at, chosen)


rows = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=12)


@given(rows=rows, rule=st.sampled_from(["best", "last", "chosen"]), most=st.integers(1, 3), order=st.randoms())
def test_the_rule_of_what_counts(rows, rule, most, order):
    """Promise 6: a pure function, whatever the order in which judgements ended."""
    entries = [candidate(number, *row) for number, row in enumerate(rows, 1)]
    shuffled = list(entries)
    order.shuffle(shuffled)
    got = counting(shuffled, rule=rule, chosen=most)
    assert set(got) == {entry.enrolment_id for entry in entries}
    for team, found in got.items():
        own = sorted((e for e in entries if e.enrolment_id == team), key=lambda e: (e.received_at, e.submission_id))
        if rule == "best":
            assert found.order_key == min(entry.order_key for entry in own)
        elif rule == "last":
            assert found == own[-1]
        else:
            pool = [entry for entry in own if entry.chosen] or own[-most:]
            assert found in pool
            assert found.order_key == min(entry.order_key for entry in pool)


# ---------------------------------------------------------------------------------------------------------------------
# Order and rank


def test_better_ranks_first_and_of_equals_the_earlier(world: World):
    contest, phase = world.contest()
    for name, score, minute in (("C", 70.0, 3), ("A", 90.0, 5), ("B", 70.0, 1)):
        world.judge(world.upload(world.enrolled(contest, name=name)[0], at=after(minutes=minute)), score=score)
    assert places(world, phase) == [(1, "A", 90.0), (2, "B", 70.0), (3, "C", 70.0)]
    assert board(world, phase).total == 3


def test_equal_in_everything_is_an_equal_rank_and_the_next_is_counted_on(world: World):
    contest, phase = world.contest()
    for name, score in (("A", 9.0), ("B", 9.0), ("C", 9.0), ("D", 8.0)):
        world.judge(world.upload(world.enrolled(contest, name=name)[0]), score=score)
    assert [rank for rank, _, _ in places(world, phase)] == [1, 1, 1, 4]


def test_tie_breakers_come_before_the_clock(one: World):
    contest, phase = one.contest()
    for name, tie, minute in (("late", 1.0, 9), ("early", 2.0, 1)):
        one.judge(one.upload(one.enrolled(contest, name=name)[0], at=after(minutes=minute)), score=5.0, ties=(tie,))
    assert [team for _, team, _ in places(one, phase)] == ["late", "early"]


def test_no_statistical_difference_is_said(one: World):
    contest, phase = one.contest()
    for name, score, low, high in (("A", 50.0, 45.0, 55.0), ("B", 48.0, 40.0, 56.0), ("C", 30.0, 29.0, 49.0)):
        one.judge(one.upload(one.enrolled(contest, name=name)[0]), score=score, interval=(low, high))
    assert [row.tied for row in board(one, phase).rows] == [False, True, False]
    assert board(one, phase).rows[0].interval == (45.0, 55.0)


def test_a_board_comes_in_pages(one: World, monkeypatch):
    monkeypatch.setattr(leaderboard, "PAGE", 2)
    contest, phase = one.contest()
    for number in range(5):
        one.judge(one.upload(one.enrolled(contest, name=f"T{number}")[0]), score=float(10 - number))
    pages = [places(one, phase, page=page) for page in (1, 2, 3, 4)]
    assert [[rank for rank, _, _ in page] for page in pages] == [[1, 2], [3, 4], [5], []]
    assert board(one, phase, page=3).total == 5
    assert PAGE == 100


def test_a_board_holds_its_own_phase_alone(world: World):
    """The noise has a team with 99 points in another contest."""
    _, phase = world.contest()
    assert places(world, phase) == []
    assert board(world, phase).total == 0
    assert board(world, world.all(select(Phase))[0]).total == 1


def test_final_scores_show_once_revealed_and_not_before(one: World):
    """Promise 8: private scores stay private."""
    contest, phase = one.contest(ends_at=after(hours=1))
    one.judge(one.upload(one.enrolled(contest)[0]), score=80.0, final=60.0)
    assert board(one, phase).rows[0].score == 80.0
    one.move(phase, PhaseState.CLOSED)
    assert board(one, phase).rows[0].score == 80.0
    one.move(phase, PhaseState.REVEALED)
    assert board(one, phase).rows[0].score == 60.0


def test_a_revealed_board_is_sorted_by_the_final_score(world: World):
    contest, phase = world.contest(ends_at=after(hours=1))
    for name, public, final in (("A", 80.0, 60.0), ("B", 70.0, 70.0), ("C", 60.0, 65.0)):
        world.judge(world.upload(world.enrolled(contest, name=name)[0]), score=public, final=final)
    assert places(world, phase) == [(1, "A", 80.0), (2, "B", 70.0), (3, "C", 60.0)]
    world.move(phase, PhaseState.CLOSED)
    closed = version(world, phase)
    world.move(phase, PhaseState.REVEALED)
    assert places(world, phase) == [(1, "B", 70.0), (2, "C", 65.0), (3, "A", 60.0)]
    assert version(world, phase) != closed


def test_equal_public_scores_are_no_equal_rank_once_the_final_ones_are_known(one: World):
    contest, phase = one.contest(ends_at=after(hours=1))
    for name, final in (("A", 1.0), ("B", 3.0), ("C", 3.0), ("D", 2.0)):
        one.judge(one.upload(one.enrolled(contest, name=name)[0]), score=5.0, final=final)
    assert [rank for rank, _, _ in places(one, phase)] == [1, 1, 1, 1]
    one.move(phase, PhaseState.CLOSED)
    one.move(phase, PhaseState.REVEALED)
    assert places(one, phase) == [(1, "B", 3.0), (1, "C", 3.0), (3, "D", 2.0), (4, "A", 1.0)]


def test_of_the_chosen_entries_the_best_by_the_final_score_counts_once_that_is_known(one: World):
    """What a team stands for with two chosen entries: not the one that the public part liked best."""
    contest, phase = one.contest(ends_at=after(hours=1), counts="chosen", chosen=2)
    user, _, enrolment = one.enrolled(contest, name="A")
    one.judge(one.upload(user), score=90.0, final=40.0)
    other = one.upload(user, at=after(minutes=5))
    one.judge(other, score=80.0, final=70.0)
    assert places(one, phase) == [(1, "A", 90.0)]
    one.move(phase, PhaseState.CLOSED)
    one.move(phase, PhaseState.REVEALED)
    assert places(one, phase) == [(1, "A", 70.0)]
    (row,) = one.all(select(Standing).where(Standing.enrolment_id == enrolment.id))
    assert row.judgement_id == other.judgement_id


def test_a_revealed_board_ties_by_the_final_scores_own_intervals(world: World):
    """A and B are a tie in public and none in the end; B and C the other way round."""
    contest, phase = world.contest(ends_at=after(hours=1))
    figures = (
        ("A", 50.0, (45.0, 55.0), 40.0, (38.0, 42.0)),
        ("B", 48.0, (43.0, 53.0), 20.0, (10.0, 30.0)),
        ("C", 30.0, (29.0, 31.0), 15.0, (5.0, 25.0)),
    )
    for name, public, interval, final, final_interval in figures:
        world.judge(
            world.upload(world.enrolled(contest, name=name)[0]),
            score=public,
            final=final,
            interval=interval,
            final_interval=final_interval,
        )
    assert [(row.interval, row.tied) for row in board(world, phase).rows] == [
        ((45.0, 55.0), False),
        ((43.0, 53.0), True),
        ((29.0, 31.0), False),
    ]
    world.move(phase, PhaseState.CLOSED)
    world.move(phase, PhaseState.REVEALED)
    assert [(row.interval, row.tied) for row in board(world, phase).rows] == [
        ((38.0, 42.0), False),
        ((10.0, 30.0), False),
        ((5.0, 25.0), True),
    ]


def test_equal_final_scores_are_ordered_by_their_own_tie_breakers(world: World):
    contest, phase = world.contest(ends_at=after(hours=1))
    for name, ties, final_ties in (("A", (0.3,), (0.9,)), ("B", (0.4,), (0.8,)), ("C", (0.5,), None)):
        receipt = world.upload(world.enrolled(contest, name=name)[0])
        world.judge(receipt, score=50.0, final=60.0, ties=ties, final_ties=final_ties)
    assert [team for _, team, _ in places(world, phase)] == ["A", "B", "C"]
    world.move(phase, PhaseState.CLOSED)
    world.move(phase, PhaseState.REVEALED)
    assert [team for _, team, _ in places(world, phase)] == ["C", "B", "A"]


def test_where_nothing_is_split_the_reveal_changes_no_interval(one: World):
    contest, phase = one.contest(ends_at=after(hours=1))
    one.judge(one.upload(one.enrolled(contest)[0]), score=50.0, interval=(45.0, 55.0))
    one.move(phase, PhaseState.CLOSED)
    one.move(phase, PhaseState.REVEALED)
    assert board(one, phase).rows[0].interval == (45.0, 55.0)


# ---------------------------------------------------------------------------------------------------------------------
# Versions


def test_a_version_changes_exactly_when_a_reader_could_see_a_difference(world: World):
    contest, phase = world.contest()
    user = world.enrolled(contest)[0]
    other = world.enrolled(contest)[0]
    seen = {}

    def look(what: str) -> None:
        snapshot = board(world, phase)
        content = (snapshot.rows, snapshot.frozen_at, world.get(Phase, phase.id).state)
        if snapshot.version in seen:
            assert seen[snapshot.version] == content, what
        else:
            assert content not in seen.values(), what
        seen[snapshot.version] = content
        assert version(world, phase) == snapshot.version

    look("nothing yet")
    receipt = world.upload(user)
    look("an upload")
    claim = world.claim(receipt.judgement_id)
    look("a claim")
    world.judge(receipt, score=5.0, claim=claim)
    look("a score")
    world.judge(world.upload(other), score=None)
    look("a failure")
    world.judge(world.upload(user), score=4.0)
    look("a worse entry is one entry more")
    world.judge(world.upload(other), score=5.0)
    look("another team")
    with world.db.write() as session:
        for track in ("", "ghost"):
            enrolment = session.get_one(Submission, receipt.submission.id).enrolment_id
            standings.refresh(session, phase=phase, track=track, enrolment_id=enrolment, now=NOW)
    look("a refresh for nothing")
    world.move(phase, PhaseState.PAUSED)
    look("a pause")
    world.move(phase, PhaseState.OPEN)
    look("back")
    assert len(seen) == 5


# ---------------------------------------------------------------------------------------------------------------------
# Frozen


def frozen(world: World):
    """One entry before the freeze, a better one after it, both judged."""
    contest, phase = world.contest(freeze_at=after(hours=1))
    user = world.enrolled(contest, name="A")[0]
    before, later = world.upload(user, at=after(minutes=59)), world.upload(user, at=after(hours=1))
    world.judge(before, score=10.0, now=after(minutes=59))
    world.move(phase, PhaseState.FROZEN, now=after(hours=1))
    return contest, phase, later


def test_a_frozen_board_knows_only_what_was_received_before_the_freeze(world: World):
    """Promise 6. Also a verdict that comes after the freeze for an entry from before it."""
    contest, phase, later = frozen(world)
    now = after(hours=3)
    other = world.enrolled(contest, name="B")[0]
    early = world.upload(other, at=after(minutes=30))
    mark = version(world, phase, now=now)
    world.judge(later, score=99.0, now=after(hours=2))
    assert places(world, phase, now=now) == [(1, "A", 10.0)]
    assert version(world, phase, now=now) == mark
    assert board(world, phase, now=now).frozen_at == after(hours=1)
    assert board(world, phase, now=now).rows[0].entries == 1
    world.judge(early, score=20.0, now=after(hours=2))
    assert places(world, phase, now=now) == [(1, "B", 20.0), (2, "A", 10.0)]
    assert version(world, phase, now=now) != mark


@pytest.mark.parametrize("state", [PhaseState.PAUSED, PhaseState.CLOSED])
def test_neither_a_pause_nor_the_end_lifts_a_freeze(one: World, state):
    """Promise 6: the reveal does."""
    _, phase, later = frozen(one)
    one.judge(later, score=99.0, now=after(hours=2))
    one.move(phase, state, now=after(hours=2))
    assert places(one, phase, now=after(hours=3)) == [(1, "A", 10.0)]
    if state == PhaseState.CLOSED:
        one.move(phase, PhaseState.REVEALED, now=after(hours=3))
        assert places(one, phase, now=after(hours=3)) == [(1, "A", 99.0)]


def test_a_late_sweeper_does_not_delay_a_freeze(one: World):
    """Promise 6."""
    contest, phase = one.contest(freeze_at=after(hours=1))
    user = one.enrolled(contest)[0]
    one.judge(one.upload(user, at=after(hours=1)), score=50.0)
    assert places(one, phase, now=after(minutes=59)) != []
    assert places(one, phase, now=after(hours=1)) == []


# ---------------------------------------------------------------------------------------------------------------------
# The living board is what a full recomputation gives

steps = st.lists(
    st.tuples(
        st.sampled_from(["score", "score", "score", "fail", "withdraw", "restore"]),
        st.integers(0, 2),
        st.sampled_from([0.0, 1.0, 1.0, 2.5]),
        st.integers(0, 59),
    ),
    min_size=1,
    max_size=8,
)


def clear(world: World, phase: Phase) -> None:
    with world.db.write() as session:
        mine = select(Judgement.id).where(Judgement.phase_id == phase.id)
        session.exec(delete(Standing).where(col(Standing.phase_id) == phase.id))
        session.exec(delete(Board).where(col(Board.phase_id) == phase.id))
        session.exec(delete(RunSeat).where(col(RunSeat.run_seq).in_(select(Run.seq).where(Run.phase_id == phase.id))))
        session.exec(delete(Run).where(col(Run.phase_id) == phase.id))
        session.exec(delete(JudgementScore).where(col(JudgementScore.judgement_id).in_(mine)))
        session.exec(delete(Attempt).where(col(Attempt.judgement_id).in_(mine)))
        session.exec(delete(Judgement).where(col(Judgement.phase_id) == phase.id))
        session.exec(delete(QuotaUse).where(col(QuotaUse.phase_id) == phase.id))
        session.exec(delete(Submission).where(col(Submission.phase_id) == phase.id))


@pytest.mark.parametrize("rule", ["best", "last", "chosen"])
def test_the_living_board_equals_a_full_recomputation(one: World, rule):
    """Promise 6: whatever happened, in whichever order, the board is what the stored judgements say."""
    contest, phase = one.contest(counts=rule, quota_per_day=100)
    users = [one.enrolled(contest) for _ in range(3)]

    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=steps)
    def check(history):
        clear(one, phase)
        receipts: list[tuple[int, int]] = []
        for number, (what, who, score, minute) in enumerate(history):
            user, _, enrolment = users[who]
            if what in {"score", "fail"}:
                receipt = one.upload(user, at=after(minutes=minute))
                with one.db.write() as session:
                    session.get_one(Submission, receipt.submission.id).chosen = score == 2.5
                one.judge(receipt, score=score if what == "score" else None, now=after(hours=1, minutes=number))
                receipts.append((who, receipt.submission.id))
                continue
            mine = [submission for team, submission in receipts if team == who]
            if not mine:
                continue
            with one.db.write() as session:
                row = session.get_one(Submission, mine[minute % len(mine)])
                row.state = SubmissionState.WITHDRAWN if what == "withdraw" else SubmissionState.ACTIVE
                session.add(row)
                session.flush()
                standings.refresh(session, phase=phase, track="", enrolment_id=enrolment.id, now=NOW)
        with one.db.read() as session:
            found = standings.candidates(session, phase, track="")
            living_page = leaderboard._living(session, phase, "", 1)
            past_page = leaderboard._past(session, phase, "", after(days=9), 1)
        living, total = living_page.standings, living_page.total
        past, past_total = past_page.standings, past_page.total
        best = counting(found, rule=rule)
        facts = [(row.enrolment_id, row.judgement_id, row.order_key, row.entries, row.improved_at) for row in living]
        assert facts == [
            (row.enrolment_id, row.judgement_id, row.order_key, row.entries, row.improved_at) for row in past
        ]
        assert total == past_total == len(best)
        assert {row[0]: row[1] for row in facts} == {team: entry.judgement_id for team, entry in best.items()}
        assert [row[2] for row in facts] == sorted(row[2] for row in facts)

    check()


def test_one_verdict_changes_one_standing(one: World):
    contest, _ = one.contest()
    users = [one.enrolled(contest) for _ in range(3)]
    for user, _, _ in users:
        one.judge(one.upload(user), score=1.0)
    before = {row.enrolment_id: row.model_dump() for row in one.all(select(Standing))}
    one.judge(one.upload(users[0][0]), score=7.0)
    later = {row.enrolment_id: row.model_dump() for row in one.all(select(Standing))}
    assert [key for key in before if before[key] != later[key]] == [users[0][2].id]
