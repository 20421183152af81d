"""From the queue to the board, in this process: an equipped kit, the echo challenge, a stand-in sandbox and, once, real
processes."""

import dataclasses
import io
import json
import threading
import time
import zipfile

import pytest
from sqlmodel import col, select

from challenges.base import Case
from judge import jobs, leaderboard, plan, results
from judge.cores import Cores
from judge.errors import Misconfigured, PlatformFault
from judge.jobs import judge_submission, open_phase
from judge.kit import Kit, Lease, equip
from judge.models import (
    Attempt,
    Contest,
    Judgement,
    JudgementScore,
    LedgerEntry,
    Phase,
    QuotaUse,
    Run,
    RunSeat,
)
from judge.players import ReplayPlayer, seated
from judge.samples import is_sample, pack, samples_of
from judge.seeds import commitment, unseal
from judge.states import JudgementState, PhaseState
from sandbox.errors import EngineFailed, EngineUnavailable
from sandbox.fake import CRASHED, EXITED, FakeSandbox, Script
from sandbox.process import ProcessSandbox
from tests.echo.challenge import Echo
from tests.judge.world import NOW, Clock, World, after, kit_of, packed

BUILT = dataclasses.replace(EXITED, stdout="compiled\n", cpu_seconds=1.25)
GOOD = Script(act=lambda message: message["say"], build=BUILT)
KINDS = {
    b"good": GOOD,
    b"wrong": Script(act=lambda _: "hello"),
    b"crash": Script(act=lambda _: 1 / 0),
    b"garbage": Script(act=lambda _: b"{"),
    b"late": Script(act=lambda _: time.sleep(0.4)),
    b"engine": dataclasses.replace(GOOD, close_error=EngineFailed("the engine fell over")),
    b"unbuildable": Script(build=dataclasses.replace(CRASHED, stderr="main.cpp:1: error: no\n")),
    b"away": Script(open_error=EngineUnavailable("gone")),
    b"noisy": dataclasses.replace(GOOD, result=dataclasses.replace(CRASHED, stdout="printed", stderr="by it")),
}


def entry(kind: str, number: int = 0) -> bytes:
    """An upload whose script is `kind`."""
    return packed(f"# kind={kind} {number}\n".encode())


def script_of(program) -> Script:
    content = program.entry.read_bytes()
    return next(script for kind, script in KINDS.items() if b"kind=" + kind in content)


class Hints:
    """A queue that only writes down what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.starters: list[int] = []

    def judge(self, judgement_id: int, *, attempt: int) -> bool:
        self.asked.append((judgement_id, attempt))
        return True

    def make_starter(self, phase_id: int) -> bool:
        self.starters.append(phase_id)
        return True


@pytest.fixture
def kit(one: World, nursery, tmp_path):
    """On SQLite; equipped."""
    made = kit_of(one, nursery, tmp_path, queue=Hints(), sandbox=FakeSandbox(script_of), clock=Clock(after(minutes=1)))
    equip(made)
    yield made
    equip(None)


def equip_with(kit: Kit, **changes) -> Kit:
    other = dataclasses.replace(kit, **changes)
    equip(other)
    return other


@pytest.fixture
def opened(one: World, kit: Kit):
    """A contest whose phase a worker has opened, and somebody in it."""
    contest, phase = one.contest(state=PhaseState.DRAFT)
    open_phase(phase.id)
    contest, phase = one.get(Contest, contest.id), one.get(Phase, phase.id)
    user, _, _ = one.enrolled(contest)
    return contest, phase, user


def judged(one: World, receipt) -> Judgement:
    judge_submission(receipt.judgement_id)
    return one.judgement(receipt)


def runs_of(one: World, receipt) -> list[tuple[Run, RunSeat]]:
    return one.all(
        select(Run, RunSeat)
        .join(RunSeat, col(RunSeat.run_seq) == Run.seq)
        .where(Run.judgement_id == receipt.judgement_id)
        .order_by(col(Run.seq))
    )


# ---------------------------------------------------------------------------------------------------------------------
# Opening a phase


def test_opening_draws_a_seed_and_publishes_what_binds_it(one: World, kit, opened):
    """Promise 8."""
    contest, phase, _ = opened
    seed = unseal(phase.sealed_seed, key=one.settings.seed_key(), context=plan.seal_context(phase))
    assert len(seed) == 32
    assert phase.commitment == commitment(
        contest=contest.slug, phase=phase.slug, challenge_version="1", image="", seed=seed
    )
    assert (phase.state, contest.state, phase.image, phase.challenge_version) == ("open", "open", "", "1")
    assert phase.seed_hex is None
    assert one.storage.read(phase.materials["words.txt"]) == b"words are 16 hex digits\n"
    private = unseal(phase.sealed_materials, key=one.settings.seed_key(), context=plan.seal_context(phase))
    assert json.loads(private) == {"check": seed.hex()[:8]}
    dump = json.dumps([row.model_dump(mode="json") for row in one.all(select(Phase))])
    assert seed.hex() not in dump
    assert seed.hex()[:8] not in dump
    marks = one.all(select(LedgerEntry).where(LedgerEntry.subject == f"phase-{phase.id}"))
    assert [mark.action for mark in marks] == ["phase-moved", "seed-committed"]


def test_opening_twice_changes_nothing(one: World, kit, opened):
    """Promise 2: what was published stays."""
    phase = opened[1]
    open_phase(phase.id)
    open_phase(10**6)
    assert one.get(Phase, phase.id).model_dump() == phase.model_dump()


def test_two_workers_that_open_at_once_publish_one_commitment(world: World, nursery, tmp_path):
    stop = threading.Event()
    _, phase = world.contest(state=PhaseState.DRAFT)
    cores = Cores(tmp_path / "cores", 2, stop=stop)
    equip(Kit(world.settings, world.db, world.storage, Hints(), FakeSandbox(), nursery, cores, "w", stop, Clock()))
    threads = [threading.Thread(target=open_phase, args=(phase.id,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equip(None)
    marks = world.all(select(LedgerEntry).where(LedgerEntry.action == "seed-committed"))
    assert [json.loads(mark.facts)["sha256"] for mark in marks] == [world.get(Phase, phase.id).commitment]


def test_a_process_that_is_no_worker_does_no_jobs():
    with pytest.raises(PlatformFault):
        judge_submission(1)


# ---------------------------------------------------------------------------------------------------------------------
# Judging


def test_a_good_entry_is_scored_and_stands_on_the_board(one: World, kit, opened):
    """Promises 1 and 5: everything that a judgement came about under is on record."""
    _, phase, user = opened
    receipt = one.upload(user, entry("good"))
    row = judged(one, receipt)
    assert (row.state, row.verdict, row.message) == (JudgementState.SCORED, "AC", None)
    assert (row.image, row.challenge_version, row.engine) == ("", "1", "fake")
    assert row.cpu_model
    assert (row.finished_at, row.lease_until, row.attempt) == (after(minutes=1), None, 1)
    (score,) = one.all(select(JudgementScore).where(JudgementScore.judgement_id == row.id))
    assert (score.track, score.public, score.final, score.columns) == ("", 100.0, 100.0, {"right": 6.0})
    rows = runs_of(one, receipt)
    assert [(run.case, run.showcase, seat.verdict, seat.score) for run, seat in rows] == [
        ("echo-1", False, "AC", 100.0),
        ("echo-2", False, "AC", 100.0),
        ("showcase", True, "AC", 100.0),
    ]
    assert {seat.submission_id for _, seat in rows} == {receipt.submission.id}
    with one.db.read() as session:
        (place,) = leaderboard.snapshot(session, phase=phase, track="", now=NOW).rows
    assert (place.rank, place.score, place.entries, place.improved_at) == (1, 100.0, 1, after(minutes=1))
    (attempt,) = one.all(select(Attempt).where(Attempt.judgement_id == row.id))
    assert (attempt.ended_at, attempt.message) == (after(minutes=1), None)


def test_a_stored_transcript_replays_to_the_stored_outcome(one: World, kit, opened):
    """Promise 5: same replies, same score, byte for byte."""
    _, phase, user = opened
    for kind in ("good", "wrong"):
        receipt = one.upload(user, entry(kind))
        judged(one, receipt)
        cases = {case.name: case for case in plan.cases_of(Echo(), phase, settings=one.settings)}
        for run, seat in runs_of(one, receipt):
            transcript = one.storage.read(seat.transcript_sha256).decode()
            player = ReplayPlayer.of(transcript, Echo().about.clocks["player"])
            again = Echo().play(cases[run.case], seated({"player": player}), {})
            assert (again.seats["player"].score, dict(again.seats["player"].columns)) == (seat.score, seat.columns)
            view = {"kind": again.view.kind, "data": again.view.data}
            written = json.dumps(view, separators=(",", ":"), ensure_ascii=False)
            assert one.storage.read(run.view_sha256) == written.encode()


def test_the_cases_of_a_judgement_run_side_by_side_on_as_many_cores_as_there_are(one: World, kit, opened):
    _, _, user = opened
    lock, now, most = threading.Lock(), 0, 0

    def act(message):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return message["say"]

    equip_with(kit, sandbox=FakeSandbox(lambda _: Script(act=act)))
    assert judged(one, one.upload(user, entry("good"))).verdict == "AC"
    assert most == 2


@pytest.mark.parametrize(("kind", "verdict"), [("crash", "RTE"), ("garbage", "PE"), ("late", "TLE")])
def test_a_program_that_fails_fails_by_itself(one: World, kit, opened, kind, verdict, monkeypatch):
    """Promise 4: without evidence on our side it is the program's own, and no slot comes back."""
    quick = Echo()
    clocks = {"player": dataclasses.replace(quick.about.clocks["player"], reserve_seconds=0.1)}
    quick.about = dataclasses.replace(quick.about, clocks=clocks)
    monkeypatch.setattr(jobs.registry, "load", lambda _: quick)
    receipt = one.upload(opened[2], entry(kind))
    row = judged(one, receipt)
    assert (row.state, row.verdict, row.faults) == (JudgementState.FAILED, verdict, 0)
    assert row.message is not None
    assert one.all(select(JudgementScore).where(JudgementScore.judgement_id == row.id)) == []
    (slot,) = one.all(select(QuotaUse).where(QuotaUse.submission_id == receipt.submission.id))
    assert slot.refunded_at is None


def test_what_a_program_printed_is_kept_as_its_log(one: World, kit, opened):
    receipt = one.upload(opened[2], entry("noisy"))
    judged(one, receipt)
    (_, seat), *_ = runs_of(one, receipt)
    assert one.storage.read(seat.log_sha256) == b"printed\nby it"


def requeue(one: World, kit: Kit) -> None:
    from judge import judgements

    with one.db.write() as session:
        judgements.requeue_expired(session, settings=one.settings, now=kit.clock())


def test_our_fault_is_tried_again_and_then_refunded(one: World, kit, opened):
    """Promise 4."""
    receipt = one.upload(opened[2], entry("engine"))
    for number in range(1, 4):
        row = judged(one, receipt)
        assert row.faults == number
        requeue(one, kit)
    assert (row.state, row.verdict, row.message["code"]) == (JudgementState.PLATFORM_FAILED, "JE", "engine-failed")
    (slot,) = one.all(select(QuotaUse).where(QuotaUse.submission_id == receipt.submission.id))
    assert slot.refunded_at is not None
    assert runs_of(one, receipt) == []


class Unscored(Echo):
    def play(self, case: Case, players, artefacts):
        raise AssertionError("plays in the child")

    def score(self, played):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("score", "internal"),
        ("key", "internal"),
        ("version", "challenge-version"),
        ("full", "storage-full"),
        ("none", "challenge-no-score"),
    ],
)
def test_whatever_goes_wrong_on_our_side_is_je_with_its_reason(one: World, kit, opened, what, code, monkeypatch):
    """Promise 4: a challenge, a key, a version, a disk of ours."""
    from judge.errors import StorageFull

    def raises(*_, **__):
        raise StorageFull("storage-full")

    if what == "score":
        monkeypatch.setattr(jobs.registry, "load", lambda _: Unscored())
    elif what == "key":
        (one.settings.data / "keys" / "seed.key").write_bytes(bytes(32))
        with pytest.raises(Misconfigured):
            plan.cases_of(Echo(), opened[1], settings=one.settings)
    elif what == "version":
        with one.db.write() as session:
            session.get_one(Phase, opened[1].id).challenge_version = "0"
    elif what == "full":
        monkeypatch.setattr(one.storage, "keep_bytes", raises)
    else:
        monkeypatch.setattr(
            jobs.scoring, "judged", lambda *_: jobs.scoring.Judged("JE", jobs.scoring.Message(code), {})
        )
    receipt = one.upload(opened[2], entry("good"))
    row = judged(one, receipt)
    assert (row.state, row.faults) == (JudgementState.RUNNING, 1)
    (attempt,) = one.all(select(Attempt).where(Attempt.judgement_id == row.id))
    assert attempt.message["code"] == code


def test_running_a_job_twice_is_harmless(one: World, kit, opened):
    """Promise 2."""
    receipt = one.upload(opened[2], entry("good"))
    judged(one, receipt)
    before = [
        row.model_dump()
        for kind in (Judgement, Run, RunSeat, JudgementScore, LedgerEntry)
        for row in one.all(select(kind))
    ]
    judge_submission(receipt.judgement_id)
    judge_submission(10**6)
    after_ = [
        row.model_dump()
        for kind in (Judgement, Run, RunSeat, JudgementScore, LedgerEntry)
        for row in one.all(select(kind))
    ]
    assert before == after_


def test_the_same_job_in_many_workers_at_once_is_judged_once(one: World, kit, opened):
    """Promise 2: results are stored once."""
    receipt = one.upload(opened[2], entry("good"))
    threads = [threading.Thread(target=judge_submission, args=(receipt.judgement_id,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.judgement(receipt).attempt == 1
    assert len(runs_of(one, receipt)) == 3
    assert len(kit.sandbox.opened) == 3


def test_a_second_entry_of_a_team_waits_and_is_judged_after_the_first(one: World, kit, opened):
    first, second = (one.upload(opened[2], entry("good", number)) for number in (1, 2))
    assert one.claim(first.judgement_id) is not None
    assert judged(one, second).state == JudgementState.QUEUED
    requeue_at = after(minutes=2)
    kit.clock.now = requeue_at
    requeue(one, kit)
    judged(one, first)
    assert kit.queue.asked[-1] == (second.judgement_id, 0)
    assert judged(one, second).state == JudgementState.SCORED


def test_an_attempt_that_lost_its_lease_in_mid_run_writes_nothing(one: World, kit, opened):
    """Promise 1: a worker that was believed dead comes back, and changes nothing."""
    receipt = one.upload(opened[2], entry("good"))
    fake = FakeSandbox(script_of)

    class Slow(FakeSandbox):
        def open(self, program, limits):
            if not self.opened:
                kit.clock.forward(minutes=5)
                requeue(one, kit)
            return super().open(program, limits)

    equip_with(kit, sandbox=Slow(script_of))
    assert judged(one, receipt).state == JudgementState.QUEUED
    assert runs_of(one, receipt) == []
    equip_with(kit, sandbox=fake)
    row = judged(one, receipt)
    assert (row.state, row.attempt) == (JudgementState.SCORED, 2)
    assert len(runs_of(one, receipt)) == 3


def test_a_worker_that_is_told_to_stop_gives_its_lease_back(one: World, kit, opened):
    receipt = one.upload(opened[2], entry("good"))

    class Stopper(FakeSandbox):
        def open(self, program, limits):
            kit.stop.set()
            return super().open(program, limits)

    slow = {b"good": Script(act=lambda _: time.sleep(0.4))}
    equip_with(kit, sandbox=Stopper(lambda _: slow[b"good"]))
    row = judged(one, receipt)
    assert (row.state, row.lease_until) == (JudgementState.RUNNING, after(minutes=1))
    (attempt,) = one.all(select(Attempt).where(Attempt.judgement_id == row.id))
    assert attempt.message["code"] == "worker-stopped"


def test_a_worker_without_the_phases_image_does_not_take_its_jobs(one: World, kit, opened):
    """Promise 5: a phase pins the image."""
    receipt = one.upload(opened[2], entry("good"))
    equip_with(kit, sandbox=FakeSandbox(script_of, image="sha256:other"))
    assert judged(one, receipt).attempt == 0


def test_while_the_engine_is_away_no_attempt_is_spent(one: World, kit, opened):
    """Promise 1 and 4: an engine that is away for an hour costs nobody an attempt; the entry waits."""
    receipt = one.upload(opened[2], entry("good"))
    sandbox = FakeSandbox(script_of)
    sandbox.away = True
    equip_with(kit, sandbox=sandbox)
    for _ in range(5):
        row = judged(one, receipt)
    assert (row.state, row.attempt, row.faults) == (JudgementState.QUEUED, 0, 0)
    sandbox.away = False
    assert judged(one, receipt).state == JudgementState.SCORED


def test_without_walls_nothing_but_our_own_samples_is_played(one: World, kit, opened):
    """Promise 3, zones of trust."""
    stranger = one.upload(opened[2], entry("good"))
    sandbox = ProcessSandbox(allow=is_sample)
    equip_with(kit, sandbox=sandbox)
    assert judged(one, stranger).attempt == 0
    (weak,) = [sample for sample in samples_of("echo") if sample.name == "weak"]
    ours = one.upload(one.enrolled(opened[0])[0], pack(weak.path))
    row = judged(one, ours)
    (score,) = one.all(select(JudgementScore).where(JudgementScore.judgement_id == row.id))
    assert weak.holds(row.verdict, score.public)
    assert row.engine.startswith("process")


def test_an_entry_whose_file_is_lost_is_our_fault_and_not_a_loop(one: World, kit, opened):
    """Promise 4."""
    receipt = one.upload(opened[2], entry("good"))
    sha256 = receipt.submission.sha256
    (one.settings.data / "files" / sha256[:2] / sha256).unlink()
    row = judged(one, receipt)
    assert (row.faults, row.state) == (1, JudgementState.RUNNING)


def test_programs_carry_the_label_of_their_attempt(one: World, kit, opened):
    receipt = one.upload(opened[2], entry("good"))
    judged(one, receipt)
    labels = {tuple(sorted(program.labels.items())) for program in kit.sandbox.opened}
    assert labels == {(("attempt", "1"), ("judgement", str(receipt.judgement_id)))}


def test_a_lease_is_renewed_while_an_attempt_plays(one: World, kit, opened):
    """Promise 1: a lease is renewed."""
    receipt = one.upload(opened[2], entry("good"))
    claim = one.claim(receipt.judgement_id)
    other = equip_with(kit, settings=dataclasses.replace(one.settings, lease_seconds=0.03))
    with Lease(other, claim):
        deadline = time.monotonic() + 5
        while one.judgement(receipt).lease_until < after(minutes=1):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_log_is_marked_where_it_was_cut():
    from judge.scoring import SeatRecord

    cut = dataclasses.replace(CRASHED, stdout="a", stderr="", truncated=True)
    assert results.log_text(SeatRecord(Case("x", b""), "player", None, cut)).endswith("[…]\n")


def test_every_sample_of_echo_is_known_by_its_hash(one: World):
    for sample in samples_of("echo"):
        content = pack(sample.path)
        path = one.storage.local_path(one.storage.keep_bytes(content))
        assert is_sample(path)
        assert path.read_bytes() == content


# ---------------------------------------------------------------------------------------------------------------------
# Building


def sources(kind: str, manifest: str = 'language = "cpp"') -> bytes:
    """An upload that is to be built, whose script is `kind`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("entry.toml", manifest)
        archive.writestr("main.cpp", f"// kind={kind}")
    return buffer.getvalue()


def test_an_entry_is_built_before_its_first_run_and_once_for_all(one: World, kit, opened):
    receipt = one.upload(opened[2], sources("good"))
    assert receipt.submission.toolchain == "cpp"
    row = judged(one, receipt)
    assert (row.state, row.verdict, row.builder) == (JudgementState.SCORED, "AC", "fake")
    assert len(kit.sandbox.built) == 1
    assert {program.filename for program in kit.sandbox.opened} == {"built.tar.gz"}
    assert len(kit.sandbox.opened) > 2
    assert kit.sandbox.built[0].labels == kit.sandbox.opened[0].labels
    assert one.storage.read(row.build_log_sha256) == b"compiled\n"
    assert row.core_seconds >= 1.25


def test_an_entry_without_a_build_step_says_nothing_of_one(one: World, kit, opened):
    receipt = one.upload(opened[2], entry("good"))
    row = judged(one, receipt)
    assert (receipt.submission.toolchain, row.builder, row.build_log_sha256) == (None, None, None)


def test_a_build_that_fails_is_ce_and_nothing_is_played(one: World, kit, opened):
    receipt = one.upload(opened[2], sources("unbuildable"))
    row = judged(one, receipt)
    assert (row.state, row.verdict, row.attempt, row.faults) == (JudgementState.FAILED, "CE", 1, 0)
    assert row.message == {"code": "build-failed", "params": {}}
    assert one.storage.read(row.build_log_sha256) == b"main.cpp:1: error: no\n"
    assert kit.sandbox.opened == []
    assert runs_of(one, receipt) == []
    assert one.all(select(JudgementScore).where(JudgementScore.judgement_id == row.id)) == []
    (use,) = one.all(select(QuotaUse).where(QuotaUse.submission_id == receipt.submission.id))
    assert use.refunded_at is None


def test_an_engine_that_fails_in_a_build_is_our_fault(one: World, kit, opened):
    """Promise 4."""
    receipt = one.upload(opened[2], sources("away"))
    row = judged(one, receipt)
    assert (row.verdict, row.faults) == (None, 1)
    (attempt,) = one.all(select(Attempt).where(Attempt.judgement_id == row.id))
    assert attempt.message["code"] == "engine-failed"


def test_a_worker_without_the_tools_leaves_such_an_entry_to_others(one: World, kit, opened):
    """Promise 4: nobody is blamed, and no attempt is spent."""
    receipt, plain = one.upload(opened[2], sources("good")), one.upload(opened[2], entry("good"))
    kit.sandbox.lacking.add("cpp")
    assert (judged(one, receipt).state, judged(one, receipt).attempt) == (JudgementState.QUEUED, 0)
    assert judged(one, plain).verdict == "AC"
    kit.sandbox.lacking.clear()
    assert judged(one, receipt).verdict == "AC"


@pytest.mark.parametrize(
    ("manifest", "toolchain"),
    [('build = ["make"]\nrun = ["./a"]', "any"), ('run = ["./a"]', None), ('language = "rust"', "rust")],
)
def test_an_upload_is_remembered_by_what_it_is_built_with(one: World, kit, opened, manifest: str, toolchain):
    assert one.upload(opened[2], sources("good", manifest)).submission.toolchain == toolchain
