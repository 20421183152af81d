"""The referee and its child: whatever a challenge does, the worker gets an outcome or a fault, in time; and nothing of
the child is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from challenges.base import Case, Fault
from judge import referee as module
from judge.errors import PlatformFault
from judge.players import ReplayPlayer, seated
from judge.referee import Child, Nursery, Referee, Stopping
from judge.scoring import seat_verdict
from sandbox.errors import EngineFailed, EngineUnavailable, ImageMissing, NotClean
from sandbox.fake import CRASHED, FakeSandbox, Quit, Script
from sandbox.process import ProcessSandbox
from sandbox.types import Program, Verdict
from tests.echo.challenge import Echo, words
from tests.judge.world import GOOD

ROOT = Path(__file__).resolve().parents[2]
CASE = Case("echo-1", b"\1" * 32)
SAYS = Script(act=lambda message: message["say"])
LINES = ",".join(
    [
        "echo=tests.echo.challenge:Echo",
        "bad=tests.judge.bad_challenge:Bad",
        "garbled=tests.judge.bad_challenge:Garbled",
        "hostile=tests.judge.bad_challenge:Hostile",
    ]
)


@pytest.fixture(scope="module")
def house():
    """A nursery that has the bad ones too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODIUM_CHALLENGES", LINES)
        with Nursery(["echo", "bad", "garbled", "hostile"]) as nursery:
            nursery.start()
            yield nursery


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "agent.py"
    path.write_bytes(GOOD)
    return Program(path)


def referee(nursery, sandbox=None, *, slug="echo", run_seconds=30.0, stop=None):
    about = replace(Echo().about, slug=slug, run_seconds=run_seconds)
    return Referee(about, sandbox or FakeSandbox(SAYS), nursery, stop=stop or threading.Event())


def play(nursery, program, *, how=None, artefacts=None, **options):
    case = replace(CASE, params={"how": how}) if how else CASE
    return referee(nursery, **options).play(case, {"player": program}, artefacts or {})


def test_a_run_gives_what_the_challenge_saw_and_how_the_program_ended(house, program):
    sandbox = FakeSandbox(SAYS)
    run = play(house, program, sandbox=sandbox)
    record = run.records["player"]
    assert (record.outcome.score, record.outcome.columns) == (100.0, {"right": 3.0})
    assert seat_verdict(record.outcome, record.result) == Verdict.AC
    assert run.view.kind == "table"
    assert [session.closed for session in sandbox.sessions] == [True]


def test_the_transcript_replays_to_the_same_outcome_byte_for_byte(house, program):
    """Promise 5: anyone can replay a run."""
    for act in (SAYS.act, lambda message: {"say": 1.5}, lambda _: b"no json"):
        run = play(house, program, sandbox=FakeSandbox(Script(act=act)))
        player = ReplayPlayer.of(run.transcripts["player"].decode(), Echo().about.clocks["player"])
        again = Echo().play(CASE, seated({"player": player}), {})
        assert again.seats["player"] == run.records["player"].outcome
        assert again.view == run.view


def test_nothing_that_a_player_says_is_believed(house, program):
    """Promise 3: a reply is data; the challenge computes the score."""
    liar = Script(act=lambda _: {"score": 100, "outcome": {"seats": {"player": {"score": 100}}}})
    assert play(house, program, sandbox=FakeSandbox(liar)).records["player"].outcome.score == 0.0


def _quit(_):
    raise Quit


@pytest.mark.parametrize(
    ("script", "fault", "verdict"),
    [
        (Script(act=lambda _: 1 / 0), Fault.GONE, "RTE"),
        (Script(act=_quit), Fault.GONE, "PE"),
        (Script(act=lambda _: b"not json"), Fault.INVALID, "PE"),
        (Script(act=lambda _: b"1" * 5000), Fault.INVALID, "PE"),
        (Script(act=lambda _: time.sleep(0.5)), Fault.LATE, "TLE"),
        (Script(act=_quit, result=CRASHED), Fault.GONE, "RTE"),
    ],
)
def test_a_program_that_fails_is_a_value(house, program, script, fault, verdict, monkeypatch):
    about = Echo().about
    quick = {"player": replace(about.clocks["player"], reserve_seconds=0.0, per_message_seconds=0.2)}
    sandbox = FakeSandbox(script)
    record = (
        Referee(replace(about, clocks=quick), sandbox, house, stop=threading.Event())
        .play(CASE, {"player": program}, {})
        .records["player"]
    )
    assert (record.outcome.score, record.outcome.fault) == (None, fault)
    assert seat_verdict(record.outcome, record.result) == Verdict(verdict)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EngineUnavailable("gone"), "engine-failed"),
        (EngineFailed("broke"), "engine-failed"),
        (ImageMissing("no image"), "image-missing"),
        (NotClean("something is left"), "host-not-clean"),
    ],
)
@pytest.mark.parametrize("when", ["open_error", "close_error"])
def test_a_sandbox_that_fails_is_our_fault(house, program, error, code, when):
    """Promise 4: with evidence on our side."""
    with pytest.raises(PlatformFault) as fault:
        play(house, program, sandbox=FakeSandbox(replace(SAYS, **{when: error})))
    assert fault.value.public.code == code


# ---------------------------------------------------------------------------------------------------------------------
# Challenges that go wrong


@pytest.mark.parametrize("how", ["raises", "dies", "exits", "grows", "forks"])
def test_a_challenge_that_fails_is_our_fault(house, program, how):
    """Promise 4."""
    began = time.monotonic()
    with pytest.raises(PlatformFault) as fault:
        play(house, program, slug="bad", how=how)
    assert fault.value.public.code == "challenge-failed"
    assert time.monotonic() - began < 10
    if how == "raises":
        assert "the challenge's own mistake" in fault.value.detail


@pytest.mark.parametrize("how", ["hangs", "spins"])
def test_a_challenge_that_hangs_is_ended_at_its_own_bound(house, program, how):
    began = time.monotonic()
    with pytest.raises(PlatformFault) as fault:
        play(house, program, slug="bad", how=how, run_seconds=0.3)
    assert fault.value.public.code == "challenge-timeout"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("how", ["nan", "other_seat", "none"])
def test_an_outcome_that_is_none_is_our_fault(house, program, how):
    with pytest.raises(PlatformFault) as fault:
        play(house, program, slug="garbled", how=how)
    assert fault.value.public.code == "challenge-failed"


@pytest.mark.parametrize("how", ["view of sets", "deep view", "large view"])
def test_a_view_that_cannot_be_sent_costs_nobody_the_score(house, program, how, caplog):
    """Promise 4."""
    run = play(house, program, slug="garbled", how=how)
    assert run.records["player"].outcome.score == 1.0
    assert run.view is None
    assert "is left away" in caplog.text


@pytest.mark.parametrize(
    "how", ["garbage", "number", "text", "list", "empty", "seat", "no_seat", "outcome", "deep", "half", "long"]
)
def test_whatever_a_child_writes_the_worker_only_loses_the_run(house, program, how, monkeypatch):
    """Zones of trust: the worker reads bytes with a length, and a deadline for the whole message."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(PlatformFault) as fault:
        play(house, program, slug="hostile", how=how)
    assert fault.value.public.code == "challenge-failed"
    assert time.monotonic() - began < 5
    assert play(house, program).records["player"].outcome.score == 100.0


def test_a_fresh_process_of_the_same_entry_can_be_asked_for(house, program):
    sandbox = FakeSandbox(SAYS)
    run = play(house, program, slug="garbled", how="fresh", sandbox=sandbox)
    assert run.records["player"].outcome.score == 1.0
    assert [opened.entry for opened in sandbox.opened] == [program.entry] * 2
    assert all(session.closed for session in sandbox.sessions)
    assert '{"fresh":true}' in run.transcripts["player"].decode()


def test_a_crash_of_an_earlier_process_is_not_forgotten(house, program):
    sandbox = FakeSandbox(iter_scripts(replace(SAYS, result=CRASHED), SAYS))
    run = play(house, program, slug="garbled", how="fresh", sandbox=sandbox)
    assert run.records["player"].result.verdict == Verdict.RTE


def iter_scripts(*scripts: Script):
    left = iter(scripts)
    return lambda _: next(left)


def test_artefacts_reach_the_challenge(house, program):
    run = play(house, program, slug="garbled", how="artefacts", artefacts={"model": b"\x00\xff" * 5})
    assert run.records["player"].outcome.score == 10.0


# ---------------------------------------------------------------------------------------------------------------------
# Ends


def test_a_worker_that_is_told_to_stop_stops_in_mid_run(house, program):
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Stopping):
        play(house, program, slug="bad", how="hangs", stop=stop)
    assert time.monotonic() - began < 3


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def wait_until(holds, seconds=5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_no_child_is_left_after_a_run(house, program):
    for how in ("hangs", "forks"):
        with pytest.raises(PlatformFault):
            play(house, program, slug="bad", how=how, run_seconds=0.2)
    wait_until(lambda: children(house._process.pid) == [])


def test_a_nursery_that_is_killed_is_started_again(house, program):
    before = house._process.pid
    os.kill(before, signal.SIGKILL)
    house._process.wait()
    assert play(house, program).records["player"].outcome.score == 100.0
    assert house._process.pid != before


def test_a_challenge_that_cannot_be_loaded_is_our_fault(monkeypatch):
    monkeypatch.setenv("PODIUM_CHALLENGES", "nothing=tests.judge.nothing:Nothing")
    with Nursery(["nothing"]) as nursery, pytest.raises(PlatformFault) as fault:
        nursery.start()
    assert fault.value.public.code == "challenge-failed"


def test_a_child_knows_no_secret_of_the_worker(house, monkeypatch):
    """Promise 8: what is in the worker's environment is not in the child's."""
    monkeypatch.setenv("PODIUM_DATABASE_URL", "postgresql://user:secret@host/db")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "secret" not in str(module._clean_environment())
    assert "PODIUM_DATA" not in module._clean_environment()


PARALLEL = """
import os, joblib
from joblib import _multiprocessing_helpers
import sklearn.metrics
pids = joblib.Parallel(n_jobs=2)(joblib.delayed(os.getpid)() for _ in range(4))
print(_multiprocessing_helpers.mp, set(pids) == {os.getpid()})
"""


def test_scikit_learn_starts_no_process_in_a_child_and_touches_no_semaphore():
    """joblib makes a named semaphore as it is imported, and workers where it is asked to, unless it is told not to."""
    said = subprocess.run(
        [sys.executable, "-c", PARALLEL], env=module._clean_environment(), capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["None", "True"]


WORKER = """
import socket, sys, threading, time
from challenges.base import Case
from judge.referee import Child, Nursery
with Nursery(["bad"]) as nursery:
    nursery.start()
    ours, theirs = socket.socketpair()
    child = Child(nursery, {"player": theirs}, deadline=time.monotonic() + 600)
    from judge.referee_child import send_message
    case = Case("x", b"", params={"how": "hangs"}).to_json()
    clock = {"startup_seconds": 0.01, "per_message_seconds": 1, "reserve_seconds": 1, "reply_bytes": 9,
             "reply_depth": 4}
    send_message(child._control, {"slug": "bad", "case": case, "seats": ["player"], "clocks": {"player": clock},
                                  "artefacts": {}, "run_seconds": 600})
    ours.recv(100)
    print(nursery._process.pid, flush=True)
    time.sleep(600)
"""


def test_nursery_and_child_die_with_their_worker():
    """Promise 1: `kill -9` of a worker leaves no referee behind."""
    environment = {**os.environ, "PODIUM_CHALLENGES": LINES, "PYTHONPATH": str(ROOT)}
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    nursery = int(worker.stdout.readline())
    (child,) = children(nursery)
    worker.kill()
    worker.wait()
    worker.stdout.close()
    wait_until(lambda: not _lives(nursery) and not _lives(child))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_runs_side_by_side_do_not_mix(house, program):
    def script_for(number: int) -> Script:
        return SAYS if number % 2 == 0 else Script(act=lambda _: "no")

    scores: dict[int, float] = {}

    def run(number: int) -> None:
        case = Case(f"echo-{number}", bytes([number]) * 32)
        sandbox = FakeSandbox(script_for(number))
        played = referee(house, sandbox).play(case, {"player": program}, {})
        scores[number] = played.records["player"].outcome.score

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scores == {number: 100.0 if number % 2 == 0 else 0.0 for number in range(6)}


def test_a_real_entry_in_a_real_process_is_played_the_same(house, program):
    run = play(house, program, sandbox=ProcessSandbox())
    assert run.records["player"].outcome.score == 100.0
    assert all(word in run.transcripts["player"].decode() for word in words(CASE))
    assert Child.__name__ == "Child"
