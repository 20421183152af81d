"""The panel's board: from decks and reviews to scores, categories, freezes and secrets."""

import dataclasses
import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from judge import catalogue, leaderboard, panel, submissions
from judge.errors import PlatformFault
from judge.kit import Kit
from judge.models import Judgement, JudgementScore, LedgerEntry, Phase, Review, Standing, Submission
from judge.normalisation import adjusted
from judge.panel import Said, scores_of
from judge.scoring import order_key
from judge.states import JudgementState, PhaseState
from tests.judge import panels
from tests.judge.panels import CRITERIA, DECK, RUBRIC, Panel, flat
from tests.judge.world import NOW, World, after

JUDGES = ("An", "Bo", "Chen", "Dai", "Evans")


@pytest.fixture
def field(world: World, worker: Kit) -> Panel:
    return panels.opened(world, worker)


@pytest.fixture
def secret(world: World, worker: Kit) -> Panel:
    """A round that hides its scores."""
    return panels.opened(world, worker, hidden=True)


def read(field: Panel, entry, *scores: float, judges=JUDGES) -> None:
    for judge, score in zip(judges, scores, strict=False):
        field.review(judge, entry, score)


def state(field: Panel, entry) -> tuple[str, str | None]:
    judgement = field.world.judgement(entry)
    return judgement.state.value, judgement.verdict


# ---------------------------------------------------------------------------------------------------------------------
# From the upload to the board


def test_a_deck_waits_for_the_panel_and_keeps_what_was_written_beside_it(field: Panel):
    entry = field.enter("Cranes")
    judgement = field.world.judgement(entry)
    assert (judgement.state, judgement.verdict, judgement.finished_at) == ("awaiting_panel", None, None)
    assert judgement.challenge_version == "1"
    assert field.world.submission(entry).pitch == {"summary": "We are Cranes.", "links": []}
    assert field.board() == []
    marks = field.world.all(select(LedgerEntry).where(LedgerEntry.subject == f"judgement-{judgement.id}"))
    assert [mark.action for mark in marks] == ["awaits-panel"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(DECK[:-30], "deck-cut-off"), (DECK.replace(b"/Root", b"/Encrypt 9 0 R /Root"), "deck-encrypted")],
)
def test_a_deck_that_cannot_be_read_fails_with_a_sentence_and_another_may_come(field: Panel, content, code):
    entry = field.enter("Cranes", content=content)
    judgement = field.world.judgement(entry)
    assert (judgement.state, judgement.verdict) == ("failed", "PE")
    assert judgement.message["code"] == code
    assert state(field, field.enter("Cranes")) == ("awaiting_panel", None)


def test_an_entry_is_scored_and_on_the_board_once_enough_judges_have_read_it(field: Panel):
    entry = field.enter("Cranes")
    read(field, entry, 5, 6, 7, 8)
    field.tend()
    assert (state(field, entry), field.board()) == (("awaiting_panel", None), [])
    assert field.world.all(select(JudgementScore).where(JudgementScore.judgement_id == entry.judgement_id)) == []
    field.review("Evans", entry, 9)
    field.tend()
    assert state(field, entry) == ("scored", "AC")
    (row,) = field.rows()
    assert (row.rank, row.team, row.score, row.category) == (1, "Cranes", 70.0, "public")
    assert row.columns == {"raw": 70.0, "reviews": 5.0, "product": 7.0}
    assert row.interval is not None
    assert row.interval[0] < 70 < row.interval[1]
    assert row.improved_at == after(hours=1)


def test_a_board_is_what_the_formula_makes_of_the_stored_reviews(field: Panel):
    """Promise 6."""
    entries = {name: field.enter(name) for name in ("Cranes", "Herons", "Egrets")}
    for number, entry in enumerate(entries.values()):
        read(field, entry, *(3 + number + (judge % 3) for judge in range(5)))
    field.tend()
    ids = {entry.submission.id: name for name, entry in entries.items()}
    rows = [row for row in field.world.all(select(Review)) if row.superseded_by is None]
    table = adjusted(
        [(row.reviewer_id, row.submission_id, RUBRIC.total(row.scores)) for row in rows], method="additive"
    )
    assert field.board() == [
        (place, ids[row.entry], pytest.approx(row.adjusted, abs=1e-5)) for place, row in enumerate(table, 1)
    ]


def test_a_changed_review_changes_the_board_and_tending_twice_does_not(field: Panel):
    one, other = field.enter("Cranes"), field.enter("Herons")
    read(field, one, 5, 5, 5, 5, 5)
    read(field, other, 6, 6, 6, 6, 6)
    field.tend()
    assert [team for _, team, _ in field.board()] == ["Herons", "Cranes"]
    for judge in JUDGES:
        field.review(judge, one, 9, at=after(hours=1, minutes=5))
    field.tend()
    assert [team for _, team, _ in field.board()] == ["Cranes", "Herons"]
    before = field.rows()
    with field.world.db.read() as session:
        version = leaderboard.version(session, field.phase, "", now=after(hours=2))
    field.tend()
    with field.world.db.read() as session:
        assert leaderboard.version(session, field.phase, "", now=after(hours=2)) == version
    assert field.rows() == before


def test_the_last_deck_with_its_reviews_counts_and_earlier_ones_are_kept(field: Panel):
    first = field.enter("Cranes")
    read(field, first, 4, 4, 4, 4, 4)
    field.tend()
    second = field.enter("Cranes", at=after(minutes=30))
    read(field, second, 8, 8, 8, 8)
    field.tend()
    assert [score for *_, score in field.board()] == [pytest.approx(40)], "four of five: the first still counts"
    field.review("Evans", second, 8)
    field.tend()
    ((_, _, score),) = field.board()
    assert score == pytest.approx(80)
    assert field.rows()[0].entries == 2
    assert field.world.storage.read(first.submission.sha256) == DECK


def test_who_is_withdrawn_leaves_the_board_and_every_figure(field: Panel):
    one, other = field.enter("Cranes"), field.enter("Herons")
    read(field, one, 9, 9, 9, 2, 2)
    read(field, other, 5, 6, 5, 6, 5)
    field.tend()
    with field.world.db.write() as session:
        row = session.get_one(Submission, one.submission.id)
        (phase,) = submissions.withdraw(session, submission=row, user=field.teams["Cranes"], now=after(hours=1))
    assert phase.field_due_at is not None
    assert [team for _, team, _ in field.board()] == ["Herons"], "at once"
    field.tend()
    ((_, team, score),) = field.board()
    assert (team, score) == ("Herons", pytest.approx(54))


def test_a_phase_of_another_version_of_the_rubric_is_left_alone(field: Panel):
    changed = dataclasses.replace(catalogue.about("startup"), version="2")
    with field.world.db.write() as session, pytest.raises(PlatformFault):
        panel.tend(session, phase_id=field.phase.id, about=changed, now=NOW)


# ---------------------------------------------------------------------------------------------------------------------
# Categories


def test_each_category_is_ranked_by_itself_with_the_scores_of_all(field: Panel):
    ranking = [("Cranes", "public", 9), ("Herons", "students", 8), ("Egrets", "public", 7), ("Storks", "students", 6)]
    for name, category, score in ranking:
        read(field, field.enter(name, category=category), *[score] * 5)
    field.tend()
    everybody = {team: score for _, team, score in field.board()}
    assert list(everybody) == ["Cranes", "Herons", "Egrets", "Storks"]
    assert field.board(category="students") == [(1, "Herons", everybody["Herons"]), (2, "Storks", everybody["Storks"])]
    assert field.board(category="public") == [(1, "Cranes", everybody["Cranes"]), (2, "Egrets", everybody["Egrets"])]
    assert field.board(category="overseas") == []


# ---------------------------------------------------------------------------------------------------------------------
# Secrets and freezes


def test_while_a_round_that_hides_its_scores_is_open_nothing_follows_from_them(secret: Panel):
    """Promise 8: no row anywhere says anything of a review."""
    entry = secret.enter("Cranes")
    read(secret, entry, 5, 6, 7, 8, 9)
    secret.tend()
    assert state(secret, entry) == ("awaiting_panel", None)
    assert secret.board() == []
    for kind in (Standing, JudgementScore):
        rows = [row for row in secret.world.all(select(kind)) if row.judgement_id == entry.judgement_id]
        assert rows == []
    secret.world.move(secret.phase, PhaseState.FROZEN)
    secret.tend()
    assert secret.board() == []


def test_when_it_has_closed_the_board_is_there_also_for_those_whom_few_have_read(secret: Panel):
    one, other = secret.enter("Cranes"), secret.enter("Herons")
    read(secret, one, 5, 6, 7, 8, 9)
    read(secret, other, 9)
    unread = secret.enter("Egrets")
    secret.tend()
    secret.world.move(secret.phase, PhaseState.CLOSED)
    assert secret.world.get(Phase, secret.phase.id).field_due_at is not None, "a worker is asked for"
    secret.tend()
    assert {team for _, team, _ in secret.board()} == {"Cranes", "Herons"}
    assert state(secret, other) == ("scored", "AC")
    assert state(secret, unread) == ("awaiting_panel", None)
    secret.world.move(secret.phase, PhaseState.REVEALED)
    secret.tend()
    assert {team for _, team, _ in secret.board()} == {"Cranes", "Herons"}


def test_a_round_that_opens_again_is_secret_again(secret: Panel):
    read(secret, secret.enter("Cranes"), 5, 6, 7, 8, 9)
    secret.world.move(secret.phase, PhaseState.CLOSED)
    secret.tend()
    assert len(secret.board()) == 1
    secret.world.move(secret.phase, PhaseState.OPEN)
    secret.tend()
    assert secret.board() == []


def test_a_frozen_board_knows_only_reviews_that_were_recorded_before(field: Panel):
    """Promise 6."""
    one, other = field.enter("Cranes"), field.enter("Herons")
    read(field, one, 5, 5, 5, 5, 5)
    read(field, other, 6, 6, 6, 6, 6)
    field.tend()
    freeze(field, after(hours=2))
    before = field.board(now=after(hours=3))
    for judge in JUDGES:
        field.review(judge, one, 10, at=after(hours=4))
    read(field, field.enter("Egrets", at=after(hours=3)), 9, 9, 9, 9, 9)
    field.world.clock.forward(hours=5)
    field.tend()
    assert field.board(now=after(hours=6)) == before
    assert [team for _, team, _ in before] == ["Herons", "Cranes"]
    field.world.move(field.phase, PhaseState.CLOSED, now=after(hours=7))
    field.world.move(field.phase, PhaseState.REVEALED, now=after(hours=8))
    field.tend()
    first, *others = field.board(now=after(hours=9))
    assert (first[1], len(others)) == ("Cranes", 2)


def test_a_board_that_was_empty_at_the_freeze_stays_empty_until_the_reveal(field: Panel):
    """Promise 6."""
    entry = field.enter("Cranes")
    read(field, entry, 5, 5, 5)
    freeze(field, after(hours=2))
    for judge in JUDGES:
        field.review(judge, entry, 8, at=after(hours=3))
    field.world.clock.forward(hours=4)
    field.tend()
    assert field.board(now=after(hours=6)) == []
    field.world.move(field.phase, PhaseState.CLOSED, now=after(hours=7))
    field.tend()
    assert [score for *_, score in field.board(now=after(hours=7))] == [pytest.approx(50)], "any review counts, of then"
    field.world.move(field.phase, PhaseState.REVEALED, now=after(hours=8))
    field.tend()
    assert [score for *_, score in field.board(now=after(hours=9))] == [pytest.approx(80)]


def freeze(field: Panel, moment: datetime) -> None:
    field.world.move(field.phase, PhaseState.FROZEN, now=moment)


# ---------------------------------------------------------------------------------------------------------------------
# The figures, pure


def said(judge: int, entry: int, scores) -> Said:
    return Said(judge, entry, scores if isinstance(scores, dict) else flat(float(scores)), NOW)


def order(scores) -> list[int]:
    return sorted(scores, key=lambda entry: order_key(scores[entry].public, scores[entry].ties, NOW))


def test_ties_are_broken_by_product_then_by_wins_among_common_judges():
    """Totals are equal; entry 2 is better in product, and so in front. Of 3 and 4, whose products are equal too, 4 won
    with two of three judges."""
    better = flat(5.0, product=9.0, team=0.0)
    rows = [said(judge, entry, 5) for judge in (1, 2, 3) for entry in (1,)]
    rows += [said(judge, 2, better) for judge in (1, 2, 3)]
    assert RUBRIC.total(better) == RUBRIC.total(flat(5.0))
    for judge, (three, four) in {1: (7, 6), 2: (5, 5.5), 3: (5, 5.5)}.items():
        rows += [said(judge, 3, float(three)), said(judge, 4, float(four))]
    scores = scores_of(RUBRIC, rows)
    assert scores[1].public == scores[2].public
    assert order({name: scores[name] for name in (1, 2)}) == [2, 1]
    assert scores[3].public == scores[4].public
    assert scores[3].ties[:2] == scores[4].ties[:2]
    assert (scores[3].ties[2], scores[4].ties[2]) == (1, -1)
    assert order({name: scores[name] for name in (3, 4)}) == [4, 3]


def test_what_is_clipped_keeps_its_order():
    scores = scores_of(RUBRIC, [said(judge, entry, 10) for judge in (1, 2, 3) for entry in (1, 2)])
    assert {score.public for score in scores.values()} == {100.0}
    rows = [said(judge, entry, value) for entry, value in ((1, 10), (2, 9.8), (3, 0), (4, 0)) for judge in (1, 2, 3)]
    rows += [said(9, 1, 3), said(9, 2, 3), said(9, 5, 0), said(9, 6, 0)]
    scores = scores_of(RUBRIC, rows)
    assert all(0 <= score.public <= 100 for score in scores.values())
    assert order(scores)[:2] == [1, 2]


@settings(max_examples=40, deadline=None)
@given(
    table=st.dictionaries(
        st.tuples(st.integers(1, 5), st.integers(1, 6)),
        st.fixed_dictionaries({name: st.integers(0, 10).map(float) for name in CRITERIA}),
        min_size=1,
        max_size=25,
    ),
    data=st.data(),
)
def test_neither_the_order_of_reviews_nor_their_ids_change_a_figure(table, data):
    rows = [Said(judge, entry, scores, NOW) for (judge, entry), scores in table.items()]
    plain = scores_of(RUBRIC, rows)
    turned = [Said(99 - row.judge, row.entry + 70, row.scores, NOW) for row in data.draw(st.permutations(rows))]
    again = scores_of(RUBRIC, turned)
    for entry, score in plain.items():
        other = again[entry + 70]
        assert other.public == pytest.approx(score.public, abs=2e-6)
        assert other.columns == pytest.approx(score.columns, abs=2e-6)
        assert 0 <= score.public <= 100
        if score.interval is not None:
            assert other.interval == pytest.approx(score.interval, abs=1e-4)
            assert 0 <= score.interval[0] <= score.public <= score.interval[1] <= 100


def test_reviews_of_a_past_moment_are_those_that_were_current_then(field: Panel):
    entry = field.enter("Cranes")
    for number, score in enumerate((3, 6, 9)):
        field.review("An", entry, score, at=after(hours=1 + number))
    with field.world.db.read() as session:
        for number, known in enumerate(([], [3.0], [6.0], [9.0])):
            seen = panel.reviews_of(session, field.phase, before=after(hours=number, minutes=30))
            assert [row.scores["team"] for row in seen] == known
        assert [row.scores["team"] for row in panel.reviews_of(session, field.phase)] == [9.0]


def test_nothing_a_judge_said_is_in_the_ledger_or_on_the_board(field: Panel):
    entry = field.enter("Cranes")
    for judge in JUDGES:
        field.review(judge, entry, 5, comment=f"secret of {judge}")
    field.tend()
    dump = json.dumps([row.model_dump(mode="json") for row in field.world.all(select(LedgerEntry))])
    dump += repr(field.rows())
    assert "secret" not in dump
    assert not any(judge in dump for judge in JUDGES)
    assert field.world.get(Judgement, entry.judgement_id).state == JudgementState.SCORED
