"""How runs become a verdict, and scores an order. Pure."""

import itertools
import json
import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from challenges.base import Case, Fault, Message, Score, SeatOutcome
from judge.scoring import SeatRecord, judged, kept, order_key, seat_message, seat_verdict
from sandbox.fake import CRASHED, EXITED, OUT_OF_MEMORY, STOPPED
from sandbox.types import Ending, Result, Verdict

FLOODED = replace(EXITED, verdict=Verdict.OLE, ending=Ending.OUTPUT)
TOO_LONG = replace(EXITED, verdict=Verdict.TLE, ending=Ending.WALL_TIME)
OUR_FAULT = replace(EXITED, verdict=Verdict.JE)

numbers = st.floats(allow_nan=False)
times = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
entries = st.tuples(numbers, st.lists(numbers, min_size=2, max_size=2), times)


def as_a_reader_ranks(entry):
    score, ties, received_at = entry
    return (-score, *ties, received_at)


@settings(max_examples=400)
@given(one=entries, other=entries)
def test_keys_sort_as_text_by_score_then_ties_then_time(one, other):
    keys, facts = [order_key(*entry) for entry in (one, other)], [as_a_reader_ranks(entry) for entry in (one, other)]
    assert (keys[0] < keys[1]) == (facts[0] < facts[1])
    assert (keys[0] == keys[1]) == (facts[0] == facts[1])


@given(value=numbers, time=times)
def test_the_smallest_step_of_a_score_is_seen(value, time):
    above = math.nextafter(value, math.inf)
    if above != value:
        assert order_key(above, (), time) < order_key(value, (), time)


def test_minus_nothing_is_nothing():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert order_key(-0.0, (-0.0,), moment) == order_key(0.0, (0.0,), moment)


@pytest.mark.parametrize(("score", "tie"), [(math.nan, 0.0), (0.0, math.nan)])
def test_what_is_no_number_has_no_place(score, tie):
    with pytest.raises(ValueError, match="NaN"):
        order_key(score, (tie,), datetime(2026, 1, 1, tzinfo=UTC))


figures = st.floats(-1e6, 1e6)
pairs = st.none() | st.tuples(figures, figures)
some_ties = st.lists(figures, max_size=2).map(tuple)


@given(public=figures, final=figures, interval=pairs, own=pairs, ties=some_ties, own_ties=st.none() | some_ties)
def test_what_decides_has_figures_of_its_own_and_never_anothers_interval(public, final, interval, own, ties, own_ties):
    score = Score(public, final, interval, {}, ties, own, own_ties)
    assert (score.provisional.score, score.provisional.interval, score.provisional.ties) == (public, interval, ties)
    assert score.decides.score == final
    assert score.decides.interval == (own if own is not None else interval if public == final else None)
    assert score.decides.ties == (ties if own_ties is None else own_ties)
    assert Score.from_json(json.loads(json.dumps(score.to_json()))) == score


@given(public=figures, interval=pairs, ties=some_ties, at=times)
def test_where_nothing_is_split_both_figures_are_kept_alike(public, interval, ties, at):
    row = kept(Score(public, public, interval, {}, ties), at)
    assert (row["final"], row["final_low"], row["final_high"], row["final_key"]) == (
        row["public"],
        row["interval_low"],
        row["interval_high"],
        row["order_key"],
    )


@given(at=times, public=figures, ties=some_ties, others=st.lists(st.tuples(figures, pairs, some_ties), min_size=2))
def test_nothing_that_an_open_phase_is_sorted_by_or_shows_depends_on_the_final_figure(at, public, ties, others):
    """Promise 8."""
    rows = [kept(Score(public, final, None, {}, ties, own, own_ties), at) for final, own, own_ties in others]
    shown = ("public", "interval_low", "interval_high", "order_key")
    assert len({tuple(row[name] for name in shown) for row in rows}) == 1


def test_a_database_sorts_keys_as_we_do(world):
    """Whatever its collation: boards are ordered in SQL."""
    scores = [-math.inf, -1e300, -2.0, -1.0, -5e-324, 0.0, 5e-324, 0.1, 1 / 3, 1.0, 99.99, 100.0, 1e300, math.inf]
    moments = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)]
    keys = [order_key(score, (tie,), at) for score, tie, at in itertools.product(scores, (0.0, 1.5), moments)]
    with world.db.write() as session:
        session.execute(text("CREATE TEMPORARY TABLE sorted (k VARCHAR(200))"))
        session.execute(text("INSERT INTO sorted VALUES (:k)"), [{"k": key} for key in keys])
        found = session.execute(text("SELECT k FROM sorted ORDER BY k")).scalars().all()
        session.execute(text("DROP TABLE sorted"))
    assert found == sorted(keys)


@pytest.mark.parametrize(
    ("fault", "result", "verdict"),
    [
        # no fault: it did what was asked, however it went afterwards
        (None, STOPPED, "AC"),
        (None, CRASHED, "AC"),
        (None, OUT_OF_MEMORY, "AC"),
        # gone before its time: the way it went
        (Fault.GONE, CRASHED, "RTE"),
        (Fault.GONE, OUT_OF_MEMORY, "MLE"),
        (Fault.GONE, FLOODED, "OLE"),
        (Fault.GONE, TOO_LONG, "TLE"),
        (Fault.GONE, OUR_FAULT, "JE"),
        (Fault.GONE, EXITED, "PE"),
        (Fault.GONE, STOPPED, "PE"),
        # late or wrong, and alive
        (Fault.LATE, STOPPED, "TLE"),
        (Fault.INVALID, STOPPED, "PE"),
        # late or wrong because it was being killed
        (Fault.LATE, OUT_OF_MEMORY, "MLE"),
        (Fault.INVALID, FLOODED, "OLE"),
        (Fault.LATE, OUR_FAULT, "JE"),
        # late or wrong, then crashed by itself: the first thing counts
        (Fault.LATE, CRASHED, "TLE"),
        (Fault.INVALID, CRASHED, "PE"),
    ],
)
def test_the_table_of_verdicts(fault, result: Result, verdict):
    """Promise 4: without evidence on our side the end is the program's own; with it, it is `JE`."""
    outcome = SeatOutcome(None if fault else 1.0, fault=fault, message=fault and Message("said"))
    assert seat_verdict(outcome, result) == Verdict(verdict)
    said = seat_message(outcome, result)
    if verdict == "AC":
        assert said is None
    elif fault == Fault.GONE or verdict in {"MLE", "OLE", "JE"}:
        assert said is not None
        assert said.code == f"ended-{verdict.lower()}"
    else:
        assert said == Message("said")


class Sum:
    def score(self, played):
        assert not any(row.case.showcase for row in played)
        total = sum(row.outcome.score for row in played)
        return {"": Score(total, total)}


def record(name, score, *, fault=None, result=STOPPED, showcase=False):
    message = fault and Message(f"{name}-{fault.value}")
    return SeatRecord(
        Case(name, b"", showcase=showcase), "player", SeatOutcome(score, fault=fault, message=message), result
    )


def test_a_judgement_is_scored_when_every_case_has_a_score():
    got = judged(Sum(), [record("a", 1.0), record("b", 2.0, fault=Fault.LATE)])
    assert (got.verdict, got.message, got.scores[""].public) == (Verdict.AC, None, 3.0)


def test_a_showcase_has_no_points_and_no_say():
    """Promise 8: what everybody may see counts for nothing."""
    crashed = record("s", None, fault=Fault.GONE, result=CRASHED, showcase=True)
    got = judged(Sum(), [record("a", 1.0), crashed])
    assert (got.verdict, got.scores[""].public) == (Verdict.AC, 1.0)
    assert judged(Sum(), [crashed]).verdict == Verdict.JE


def test_a_failed_judgement_has_the_first_other_verdict_in_case_order():
    rows = [
        record("a", 1.0),
        record("b", 2.0, fault=Fault.LATE),
        record("c", None, fault=Fault.INVALID),
        record("d", None, fault=Fault.GONE, result=CRASHED),
    ]
    got = judged(Sum(), rows)
    assert (got.verdict, got.message, got.scores) == (Verdict.TLE, Message("b-late"), {})
    assert judged(Sum(), rows[::-1]).verdict == Verdict.RTE


def test_a_challenge_that_gives_neither_score_nor_fault_is_our_fault():
    """Promise 4."""
    got = judged(Sum(), [record("a", None)])
    assert (got.verdict, got.message) == (Verdict.JE, Message("challenge-no-score"))
    assert judged(Sum(), []).verdict == Verdict.JE
