"""Meetings from the qualification to the board, in this process: a worker's jobs, a stand-in sandbox, the contests that
only tests know."""

import dataclasses
import io
import json
import threading
import zipfile

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from judge import derived, jobs, judgements, kit, leases, meetings, results, standings
from judge.errors import PlatformFault, StaleAttempt
from judge.judgements import expire_leases_of
from judge.kit import Kit
from judge.models import Attempt, LedgerEntry, Meeting, Phase, Run, RunSeat, Standing, Submission
from judge.states import JudgementState, PhaseState
from sandbox.fake import CRASHED, FakeSandbox
from tests.judge.matchday import KINDS, Field, opened
from tests.judge.world import NOW, World, after, played_run
from tests.siege.challenge import Siege


@pytest.fixture
def duel(world: World, worker: Kit) -> Field:
    return opened(world, worker, "duel")


@pytest.fixture
def siege(world: World, worker: Kit) -> Field:
    return opened(world, worker, "siege")


# ---------------------------------------------------------------------------------------------------------------------
# The line from the upload to the board


def test_a_phase_that_opens_names_what_every_pairing_plays(duel: Field, siege: Field):
    assert duel.phase.meeting_cases == [{"case": "game-1", "track": ""}]
    assert siege.phase.meeting_cases == [{"case": "siege-1", "track": ""}]


def test_two_entries_qualify_meet_both_ways_round_and_stand_on_the_board(duel: Field):
    far, exact = duel.send("Far", "far"), duel.send("Exact", "exact")
    assert duel.line.run() == 2
    first, second = duel.runs()
    assert {first.pairing, second.pairing} == {f"{far.id}-{exact.id}", f"{exact.id}-{far.id}"}
    seats = duel.world.all(select(RunSeat).where(col(RunSeat.run_seq).in_([first.seq, second.seq])))
    assert {(seat.submission_id, seat.seat) for seat in seats} == {
        (entry.id, seat) for entry in (far, exact) for seat in ("left", "right")
    }
    assert all(seat.transcript_sha256 and seat.log_sha256 for seat in seats)
    rows = duel.board()
    assert [row.team for row in rows] == ["Exact", "Far"]
    assert rows[0].score > derived.START > rows[1].score
    assert rows[0].columns == {"wins": 2.0, "near": 6.0, "far": 0.0, "wide": 0.0}
    low, high = rows[0].interval
    assert low < rows[0].score < high
    assert duel.meetings(JudgementState.SCORED) == duel.meetings()
    marks = duel.world.all(select(LedgerEntry).where(LedgerEntry.action == "met"))
    assert next(json.loads(mark.facts)["scores"] for mark in marks).keys() == {"left", "right"}


def test_who_fails_the_qualification_is_not_in_the_field(duel: Field):
    duel.send("Exact", "exact")
    duel.send("Gone", "flees")
    assert duel.line.run() == 0
    assert duel.meetings() == []
    assert [(row.team, row.score) for row in duel.board()] == [("Exact", derived.START)]


def test_a_later_entry_of_a_team_takes_its_place(duel: Field):
    duel.send("A", "far")
    duel.send("B", "near")
    duel.line.run()
    assert duel.places() == ["B", "A"]
    duel.send("A", "exact")
    duel.line.run()
    assert duel.places() == ["A", "B"]
    assert duel.board()[0].columns["wins"] == 2.0
    assert duel.board()[0].entries == 2


def test_entries_of_one_team_never_meet(duel: Field):
    for kind in ("far", "near", "exact"):
        duel.send("A", kind)
    assert duel.line.run() == 0


def test_a_withdrawn_entry_leaves_and_every_figure_follows(duel: Field):
    duel.send("A", "exact")
    duel.send("B", "near")
    loser = duel.send("C", "far")
    duel.line.run()
    with_c = {row.team: row.score for row in duel.board()}
    duel.withdraw(loser, "C")
    assert duel.places() == ["A", "B"], "the row is gone at once"
    duel.line.run()
    rows = duel.board()
    assert [row.team for row in rows] == ["A", "B"]
    assert {row.team: row.score for row in rows}["B"] != with_c["B"]
    assert sum(row.columns["wins"] for row in rows) == 2.0


def test_what_is_queued_with_somebody_who_left_is_cancelled_and_made_up_for_when_he_is_back(duel: Field):
    duel.send("A", "exact")
    old = duel.send("B", "near")
    duel.line.run(most=1)
    new = duel.send("B", "far")
    duel.line.run(most=0)
    assert [(row.state, {row.first_id, row.second_id} & {old.id, new.id}) for row in duel.meetings()] == [
        (JudgementState.SCORED, {old.id}),
        (JudgementState.CANCELLED, {old.id}),
        (JudgementState.QUEUED, {new.id}),
        (JudgementState.QUEUED, {new.id}),
    ]
    duel.withdraw(new, "B")
    duel.line.run()
    again = duel.meetings()[-1]
    assert (again.round, again.state) == (2, JudgementState.SCORED)
    assert len(duel.runs()) == 2
    assert duel.places() == ["A", "B"]


def test_a_late_entry_meets_as_many_as_the_others(duel: Field):
    for number in range(5):
        duel.send(f"T{number}", "near")
    duel.line.run()
    late = duel.send("Late", "exact")
    duel.line.run()
    mine = [row for row in duel.meetings() if late.id in (row.first_id, row.second_id)]
    assert len({row.pairing for row in mine}) == len(mine) == 2 * 4
    assert duel.places()[0] == "Late"


# ---------------------------------------------------------------------------------------------------------------------
# Cross-play


def test_every_attack_meets_every_defence_with_what_it_left_behind(siege: Field):
    ram = siege.send("Rams", "ram", track="attack")
    siege.send("Slings", "sling", track="attack")
    wall = siege.send("Walls", "wall", track="defence")
    opened_before = len(kit.equipped().sandbox.opened)
    assert siege.line.run() == 2
    assert len(kit.equipped().sandbox.opened) - opened_before == 3 + 2, "an attack runs once, a defence at each meeting"
    seats = siege.world.all(
        select(RunSeat).join(Run, col(Run.seq) == RunSeat.run_seq).where(Run.pairing == f"{ram.id}-{wall.id}")
    )
    found = {seat.seat: seat for seat in seats}
    assert (found["attack"].submission_id, found["defence"].submission_id) == (ram.id, wall.id)
    assert (found["attack"].score, found["defence"].score) == (100.0, 0.0)
    assert (found["attack"].transcript_sha256, found["attack"].log_sha256) == (None, None)
    assert found["defence"].transcript_sha256
    assert [(row.team, row.score) for row in siege.board("attack")] == [("Rams", 100.0), ("Slings", 33.333333)]
    (defended,) = siege.board("defence")
    assert defended.score == pytest.approx((0 + 200 / 3 + 200 / 3) / 3)


def test_a_team_never_meets_its_own(siege: Field):
    siege.send("Both", "ram", track="attack")
    siege.send("Both", "gate", track="defence")
    assert siege.line.run() == 0
    assert [(row.team, row.score) for row in siege.board("attack")] == [("Both", 100.0)]
    siege.send("Walls", "gate", track="defence")
    assert siege.line.run() == 1
    assert [(row.team, row.score) for row in siege.board("attack")] == [("Both", 50.0)]
    assert [row.score for row in siege.board("defence")] == [100.0, 100.0]


def test_only_missing_pairs_are_played(siege: Field):
    siege.send("Rams", "ram", track="attack")
    siege.send("Walls", "wall", track="defence")
    siege.line.run()
    siege.send("Gates", "gate", track="defence")
    assert siege.line.run() == 1
    siege.send("Slings", "sling", track="attack")
    assert siege.line.run() == 2
    assert len(siege.runs()) == 4


# ---------------------------------------------------------------------------------------------------------------------
# Promises


def test_a_meeting_is_played_once_however_often_it_is_asked_for(duel: Field):
    """Promise 2."""
    duel.send("A", "exact")
    duel.send("B", "near")
    duel.line.run(most=0)
    asked = [row.id for row in duel.meetings()]
    for _ in range(3):
        for meeting_id in asked:
            jobs.play_meeting(meeting_id)
    jobs.play_meeting(10**6)
    assert len(duel.runs()) == len(asked) == 2
    assert [row.attempt for row in duel.meetings()] == [1, 1]


def test_two_workers_at_once_play_each_meeting_once_and_agree_on_the_board(duel: Field):
    """Promise 2: UNIQUE keys hold, and no update of the board is lost."""
    for name, kind in (("A", "exact"), ("B", "near"), ("C", "far"), ("D", "near")):
        duel.send(name, kind)
    duel.line.run(most=0)
    asked = [row.id for row in duel.meetings()]
    barrier = threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        for meeting_id in asked:
            jobs.play_meeting(meeting_id)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    duel.line.run()
    assert len(duel.runs()) == len(duel.meetings()) == 12
    rows = duel.board()
    assert sum(row.columns["wins"] for row in rows) == sum(
        seat.score == 1
        for seat in duel.world.all(select(RunSeat).where(col(RunSeat.run_seq).in_([run.seq for run in duel.runs()])))
    )
    scores = {row.team: row.score for row in rows}
    with duel.world.db.write() as session:
        phase = session.get_one(Phase, duel.phase.id)
        phase.field_due_at = NOW
        session.add(phase)
    jobs.tend_field(duel.phase.id)
    assert {row.team: row.score for row in duel.board()} == scores


def test_our_fault_is_tried_again_and_then_counts_for_nobody(duel: Field):
    """Promise 4."""
    duel.send("A", "exact")
    duel.send("B", "near")
    duel.line.run(most=0)
    (meeting, _) = duel.meetings()
    worker = kit.equipped()
    kit.equip(dataclasses.replace(worker, sandbox=FakeSandbox(KINDS[b"broken"])))
    for number in range(1, 4):
        jobs.play_meeting(meeting.id)
        row = duel.world.get(Meeting, meeting.id)
        assert row.faults == number
        with duel.world.db.write() as session:
            meetings.requeue_expired(session, now=worker.clock())
    assert (row.state, row.message["code"]) == (JudgementState.PLATFORM_FAILED, "engine-failed")
    attempts = duel.world.all(select(Attempt).where(Attempt.meeting_id == meeting.id))
    assert [attempt.message["code"] for attempt in attempts] == ["engine-failed"] * 3
    kit.equip(worker)
    duel.line.due.append(duel.phase.id)
    duel.line.run()
    assert duel.world.get(Phase, duel.phase.id).field_due_at is None
    assert len(duel.runs()) == 1
    assert sum(row.columns["wins"] for row in duel.board()) == 1.0


def test_a_worker_that_died_can_write_nothing_more(duel: Field):
    """Promise 1."""
    duel.send("A", "exact")
    duel.send("B", "near")
    duel.line.run(most=0)
    meeting, _ = duel.meetings()
    with duel.world.db.write() as session:
        claim = leases.claim(
            session, kind=Meeting, work_id=meeting.id, worker="dead", settings=duel.world.settings, now=NOW
        )
    assert claim is not None
    assert claim.labels == {"meeting": str(meeting.id), "attempt": "1"}
    with duel.world.db.write() as session:
        assert expire_leases_of(session, worker="dead", now=NOW) == 1
        assert [row.id for row in meetings.requeue_expired(session, now=NOW)] == [meeting.id]
    for write in (
        lambda session: leases.renew(session, claim, settings=duel.world.settings, now=NOW),
        lambda session: leases.owned(session, claim, Meeting),
        lambda session: meetings.fault(session, claim, error=PlatformFault("x"), settings=duel.world.settings, now=NOW),
    ):
        with pytest.raises(StaleAttempt), duel.world.db.write() as session:
            write(session)
    duel.line.run()
    assert len(duel.runs()) == 2
    assert duel.world.get(Meeting, meeting.id).attempt == 2


def test_a_claim_on_a_meeting_is_none_on_a_judgement(duel: Field):
    """Their ids are counted apart."""
    duel.send("A", "exact")
    duel.send("B", "near")
    duel.line.run(most=0)
    meeting, _ = duel.meetings()
    with duel.world.db.write() as session:
        claim = leases.claim(
            session, kind=Meeting, work_id=meeting.id, worker="w", settings=duel.world.settings, now=NOW
        )
        assert claim is not None
        assert "meeting" in claim.name
        with pytest.raises(StaleAttempt):
            judgements.owned(session, claim)


# ---------------------------------------------------------------------------------------------------------------------
# Frozen and revealed


def test_a_frozen_ladder_knows_only_runs_recorded_before(world: World, worker: Kit):
    """Promise 6."""
    duel = opened(world, worker, "duel", freeze_at=after(hours=3), ends_at=after(hours=9))
    duel.send("A", "near")
    duel.send("B", "far")
    duel.line.run()
    worker.clock.now = after(hours=4)
    frozen = duel.places()
    mark = duel.version()
    assert frozen == ["A", "B"]
    duel.send("B", "exact", minute=239)
    duel.send("C", "exact", minute=238)
    duel.line.run()
    assert duel.places() == frozen
    assert duel.version() == mark
    (living,) = {row.team for row in duel.board(now=after(hours=2))} - {"A", "B"}
    assert living == "C", "the living board goes on behind it"
    duel.withdraw(duel.world.all(select(Submission).where(Submission.phase_id == duel.phase.id))[0], "A")
    duel.line.run()
    assert duel.places() == ["B"]
    assert duel.version() != mark


def test_a_board_that_was_empty_at_the_freeze_stays_empty_until_the_reveal(world: World, worker: Kit):
    """Promise 6."""
    duel = opened(world, worker, "duel", freeze_at=after(hours=3), ends_at=after(hours=9))
    worker.clock.now = after(hours=4)
    duel.send("A", "near", minute=200)
    duel.send("B", "exact", minute=201)
    duel.line.run()
    assert duel.places() == []
    duel.world.move(duel.phase, PhaseState.CLOSED, now=after(hours=5))
    duel.world.move(duel.phase, PhaseState.REVEALED, now=after(hours=6))
    duel.line.tend_field(duel.phase.id, due_at=NOW)
    duel.line.run()
    assert duel.places() == ["B", "A"]


def test_a_board_that_is_revealed_shows_all_that_was_played(world: World, worker: Kit):
    duel = opened(world, worker, "duel", freeze_at=after(hours=3), ends_at=after(hours=9))
    duel.send("A", "near")
    duel.line.run()
    worker.clock.now = after(hours=4)
    duel.send("B", "exact", minute=239)
    duel.line.run()
    assert duel.places() == ["A"]
    duel.world.move(duel.phase, PhaseState.CLOSED, now=after(hours=5))
    duel.world.move(duel.phase, PhaseState.REVEALED, now=after(hours=6))
    assert duel.places() == ["B", "A"]
    duel.line.tend_field(duel.phase.id, due_at=NOW)
    duel.line.run()
    assert duel.places() == ["B", "A"]
    assert duel.world.all(select(Standing).where(col(Standing.frozen).is_(True))) == []


# ---------------------------------------------------------------------------------------------------------------------
# What a meeting needs


def test_an_entry_with_a_build_step_is_built_once_for_all_that_it_plays(duel: Field, worker: Kit):
    def sources(kind: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("main.cpp", "int main() {}\n")
            archive.writestr("entry.toml", 'language = "cpp"\nbuild = "make"\nrun = "./player"\n')
            archive.writestr("kind.txt", f"kind={kind}\n")
        return buffer.getvalue()

    for name, kind in (("A", "exact"), ("B", "near")):
        receipt = duel.world.upload(duel.team(name), sources(kind), contest="duel")
        assert receipt.submission.toolchain == "cpp"
        duel.line.judge(receipt.judgement_id, attempt=0)
    assert duel.line.run() == 2
    assert len(worker.sandbox.built) == 2
    assert duel.places() == ["A", "B"]


def test_an_entry_that_cannot_be_built_any_more_is_our_fault(duel: Field, worker: Kit):
    """Promise 4: it could be when it qualified."""
    duel.send("A", "exact")
    other = duel.send("B", "near")
    duel.line.run(most=0)
    with duel.world.db.write() as session:
        session.get_one(Submission, other.id).toolchain = "cpp"
    broken = dataclasses.replace(KINDS[b"near"], build=CRASHED)
    kit.equip(dataclasses.replace(worker, sandbox=FakeSandbox(broken)))
    meeting, _ = duel.meetings()
    jobs.play_meeting(meeting.id)
    row = duel.world.get(Meeting, meeting.id)
    assert (row.faults, row.state) == (1, JudgementState.RUNNING)
    (attempt,) = duel.world.all(select(Attempt).where(Attempt.meeting_id == meeting.id))
    assert attempt.message["code"] == "build-changed"


def test_what_an_attack_left_must_be_there(siege: Field):
    siege.send("Rams", "ram", track="attack")
    siege.send("Walls", "wall", track="defence")
    siege.line.run(most=0)
    with siege.world.db.write() as session:
        for seat in session.exec(select(RunSeat).where(RunSeat.seat == "attack")):
            seat.artefact_sha256 = None
            session.add(seat)
    (meeting,) = siege.meetings()
    jobs.play_meeting(meeting.id)
    (attempt,) = siege.world.all(select(Attempt).where(Attempt.meeting_id == meeting.id))
    assert "has left nothing" in attempt.detail


def test_an_artefact_that_is_too_large_is_the_challenges_fault(one: World, monkeypatch):
    monkeypatch.setattr(results, "ARTEFACT_BYTES", 3)
    run = played_run("echo-1")
    kept = results.store_files(one.storage, dataclasses.replace(run, artefacts={"player": b"abc"}))
    assert one.storage.read(kept["artefact player"]) == b"abc"
    with pytest.raises(PlatformFault):
        results.store_files(one.storage, dataclasses.replace(run, artefacts={"player": b"abcd"}))


def test_a_worker_that_may_not_play_both_leaves_a_meeting_alone(duel: Field, worker: Kit):
    """Zones of trust: without walls an entry that nobody knows is not played, whoever its opponent is."""
    duel.send("A", "exact")
    duel.send("B", "near")
    duel.line.run(most=0)
    kit.equip(dataclasses.replace(worker, sandbox=FakeSandbox(KINDS[b"near"], isolated=False)))
    for meeting in duel.meetings():
        jobs.play_meeting(meeting.id)
    assert {row.attempt for row in duel.meetings()} == {0}


def test_totals_that_are_none_are_the_challenges_fault_and_nothing_is_lost(siege: Field, monkeypatch):
    """Promise 4: the run is played again when the challenge is mended."""
    siege.send("Rams", "ram", track="attack")
    siege.send("Walls", "wall", track="defence")
    siege.line.run(most=0)
    (meeting,) = siege.meetings()
    with monkeypatch.context() as patch:
        patch.setattr(Siege, "field", lambda self, matrix: {"first": []})
        jobs.play_meeting(meeting.id)
    assert siege.runs() == []
    assert siege.world.get(Meeting, meeting.id).faults == 1
    with siege.world.db.write() as session:
        meetings.requeue_expired(session, now=after(hours=3))
    jobs.play_meeting(meeting.id)
    assert len(siege.runs()) == 1
    assert [row.team for row in siege.board("defence")] == ["Walls"]


def test_a_mark_on_a_field_is_written_whatever_this_transaction_believes(world: World):
    """Promise 1: who looked at the field meanwhile has taken the mark away."""
    _, phase = world.contest("duel", challenge="duel")
    with world.db.write() as session:
        standings.mark_due(session, session.get_one(Phase, phase.id), now=NOW)
    with world.db.write() as session:
        row = session.get_one(Phase, phase.id)
        assert row.field_due_at == NOW
        session.connection().execute(update(Phase).values(field_due_at=None))
        standings.mark_due(session, row, now=NOW)
    assert world.get(Phase, phase.id).field_due_at == NOW
