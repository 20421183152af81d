"""What is stored of a judgement, and who may see how much of it."""

import dataclasses

import pytest
from sqlmodel import col, select

from challenges.base import Fault, Message, Score, View
from judge import results, views
from judge.errors import StaleAttempt
from judge.judgements import Claim
from judge.models import JudgementScore, LedgerEntry, Phase, Run, RunSeat
from judge.scoring import Judged
from judge.states import JudgementState, PhaseState
from sandbox.fake import CRASHED
from sandbox.types import Verdict
from tests.judge.world import HERE, NOW, World, played_run

NAMED = {"en": "Calls", "zh": "数", "ko": "수"}
TABLE = {"title": NAMED, "columns": [{"title": NAMED}], "rows": []}


def runs():
    """A hidden case with everything in it, and the showcase."""
    said = Message("invalid", {"number": 17})
    hidden = played_run("echo-1", 40.0, fault=Fault.INVALID, message=said)
    shown = played_run("showcase", 60.0, showcase=True, fault=Fault.INVALID, message=said)
    return [dataclasses.replace(run, view=View("table", TABLE)) for run in (hidden, shown)]


def record(world: World, receipt, claim, played=None):
    played = played if played is not None else runs()
    files = [results.store_files(world.storage, run) for run in played]
    judged = Judged(Verdict.AC, None, {"": Score(40.0, 30.0, (35.0, 45.0), {"right": 1.0})})
    with world.db.write() as session:
        return results.record(
            session, claim=claim, played=played, files=files, judged=judged, circumstances=HERE, now=NOW
        )


@pytest.fixture
def entered(world: World):
    contest, phase = world.contest()
    user, _, _ = world.enrolled(contest)
    return phase, world.upload(user)


def visible(world: World, phase: Phase, receipt):
    with world.db.read() as session:
        row = session.get_one(Phase, phase.id)
        return results.visible_runs(session, judgement=world.judgement(receipt), phase=row)


def test_everything_is_stored_once_by_the_attempt_that_owns_it(world: World, entered):
    """Promise 2."""
    phase, receipt = entered
    claim = world.claim(receipt.judgement_id)
    for stale in (Claim(claim.id, 2, "w"), Claim(claim.id, 0, "w")):
        with pytest.raises(StaleAttempt):
            record(world, receipt, stale)
    assert record(world, receipt, claim) == JudgementState.SCORED
    with pytest.raises(StaleAttempt):
        record(world, receipt, claim)
    rows = world.all(select(Run).where(Run.judgement_id == receipt.judgement_id).order_by(col(Run.seq)))
    assert [(run.case, run.showcase, run.pairing, run.round) for run in rows] == [
        ("echo-1", False, f"judgement-{receipt.judgement_id}", 1),
        ("showcase", True, f"judgement-{receipt.judgement_id}", 1),
    ]
    (score,) = world.all(select(JudgementScore).where(JudgementScore.judgement_id == receipt.judgement_id))
    assert (score.public, score.final, score.interval_low, score.interval_high) == (40.0, 30.0, 35.0, 45.0)
    marks = world.all(select(LedgerEntry).where(LedgerEntry.subject == f"judgement-{receipt.judgement_id}"))
    assert [(mark.action, mark.facts) for mark in marks] == [("judged", '{"scores": {"": 40.0}, "verdict": "AC"}')]
    assert phase.id == rows[0].phase_id


def test_a_recording_that_fails_half_way_leaves_nothing(world: World, entered):
    """Promise 2: one transaction."""
    receipt = entered[1]
    claim = world.claim(receipt.judgement_id)
    same = runs()[0]
    with pytest.raises(Exception, match=r"(?i)unique"):
        record(world, receipt, claim, [same, same])
    assert world.all(select(Run).where(Run.judgement_id == receipt.judgement_id)) == []
    assert world.judgement(receipt).state == JudgementState.RUNNING
    assert record(world, receipt, claim) == JudgementState.SCORED


def test_of_hidden_cases_a_team_sees_that_they_were_played_and_their_verdict(world: World, entered):
    """Promise 8: the log and view of a showcase, and nothing of the rest until the phase closes. A message's figures
    are a way to carry hidden data out too."""
    phase, receipt = entered
    record(world, receipt, world.claim(receipt.judgement_id))
    hidden, shown = visible(world, phase, receipt)
    assert hidden == results.VisibleRun(
        case="echo-1",
        showcase=False,
        verdict="PE",
        message=None,
        open=False,
        score=None,
        columns={},
        log_sha256=None,
        view_sha256=None,
        wall_seconds=None,
        cpu_seconds=None,
        memory_mib=None,
    )
    assert (shown.open, shown.score, shown.message.params) == (True, 60.0, {"number": 17})
    assert world.storage.read(shown.log_sha256) == b"showcase"
    assert shown.view_sha256 is not None


@pytest.mark.parametrize("state", [PhaseState.FROZEN, PhaseState.PAUSED])
def test_a_phase_that_is_not_over_stays_shut(one: World, state):
    """Promise 8."""
    contest, phase = one.contest()
    receipt = one.upload(one.enrolled(contest)[0])
    record(one, receipt, one.claim(receipt.judgement_id))
    one.move(phase, state)
    assert [run.open for run in visible(one, phase, receipt)] == [False, True]


def test_everything_opens_when_the_phase_closes(world: World, entered):
    """Promise 8: the rest opens when the phase closes."""
    phase, receipt = entered
    record(world, receipt, world.claim(receipt.judgement_id))
    world.move(phase, PhaseState.CLOSED)
    opened = visible(world, phase, receipt)
    assert [(run.case, run.open, run.score) for run in opened] == [("echo-1", True, 40.0), ("showcase", True, 60.0)]
    assert world.storage.read(opened[0].log_sha256) == b"echo-1"
    assert opened[0].message == Message("invalid", {"number": 17})


def test_a_phase_that_hides_nothing_shows_all(one: World):
    contest, phase = one.contest(hidden=False)
    receipt = one.upload(one.enrolled(contest)[0])
    record(one, receipt, one.claim(receipt.judgement_id))
    assert [run.open for run in visible(one, phase, receipt)] == [True, True]


def test_only_the_runs_of_this_judgement_are_shown(world: World, entered):
    phase, receipt = entered
    other = world.upload(world.enrolled(receipt.contest)[0])
    world.judge(other)
    assert visible(world, phase, receipt) == []
    record(world, receipt, world.claim(receipt.judgement_id))
    assert len(visible(world, phase, receipt)) == 2


def test_figures_of_a_seat_are_those_of_its_program(one: World):
    contest, _ = one.contest()
    receipt = one.upload(one.enrolled(contest)[0])
    result = dataclasses.replace(CRASHED, wall_seconds=3.0, cpu_seconds=2.0, memory_mib=7.0)
    run = played_run("echo-1", None, fault=Fault.GONE)
    run = dataclasses.replace(run, records={"player": dataclasses.replace(run.records["player"], result=result)})
    record(one, receipt, one.claim(receipt.judgement_id), [run])
    ((_, seat),) = one.all(select(Run, RunSeat).join(RunSeat).where(Run.judgement_id == receipt.judgement_id))
    assert (seat.verdict, seat.wall_seconds, seat.cpu_seconds, seat.memory_mib) == ("RTE", 3.0, 2.0, 7.0)
    assert seat.message["code"] == "ended-rte"
    assert one.judgement(receipt).core_seconds == 2.0


@pytest.mark.parametrize(
    "view",
    [
        View("table", {**TABLE, "rows": [["x" * 1_000_000]]}),
        View("table", {**TABLE, "rows": [["x" * 200]] * 5_000}),
        View("table", {"rows": []}),
        View("gantt", TABLE),
        View("table", {**TABLE, "rows": [[float("nan")]]}),
        View("table", {**TABLE, "rows": [["\ud800"]]}),
        View("table", {**TABLE, "rows": [[object()]]}),
        View("hologram", TABLE),
        View(["table"], TABLE),
        View("table", None),
    ],
)
def test_a_view_that_is_not_of_its_shape_is_left_away_and_the_run_still_counts(
    one: World, caplog: pytest.LogCaptureFixture, view: View
):
    run = played_run("echo-1", 40.0)
    assert "view" in results.store_files(one.storage, dataclasses.replace(run, view=View("table", TABLE)))
    assert not caplog.records
    files = results.store_files(one.storage, dataclasses.replace(run, view=view))
    assert "view" not in files
    assert "transcript player" in files
    assert "a view is left away" in caplog.text


def test_a_view_is_stored_as_it_is_read_again(one: World):
    run = dataclasses.replace(played_run("echo-1", 40.0), view=View("table", TABLE))
    kept = one.storage.read(results.store_files(one.storage, run)["view"])
    assert views.read(kept) == run.view
    assert "数".encode() in kept


def test_while_cases_are_hidden_a_teams_sentence_carries_no_figure_that_its_entry_chose(world: World, entered):
    """Promise 8: an exit code is chosen by the entry, which has seen the hidden case."""
    phase, receipt = entered
    judgement = world.judgement(receipt)
    judgement.message = Message("ended-rte", {"exit_code": 77}).to_json()
    assert results.said(judgement, phase) == Message("ended-rte-hidden")
    phase.state = PhaseState.CLOSED
    assert results.said(judgement, phase) == Message("ended-rte", {"exit_code": 77})
