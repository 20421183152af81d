"""A host judges strangers' entries when it has passed the check of its walls, or when somebody says in words that it
need not have."""

import contextlib
import dataclasses
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from judge import checking, doctor, proven, worker
from judge.cli import main
from judge.errors import Misconfigured
from judge.proven import WORDS
from judge.settings import Settings
from sandbox.check import Problem, Report
from sandbox.errors import EngineUnavailable
from sandbox.fake import FakeSandbox
from sandbox.host import Fact, Host
from sandbox.process import ProcessSandbox

BOUND = {"engine": "20.10", "kernel": "6.1", "runtime": "runc", "cgroups": "v2", "corpus": "c0", "walls": "a0"}
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(proven, "bound_to", lambda settings: dict(BOUND))
    found = Settings.from_environment({"PODIUM_DATA": str(tmp_path / "data"), "PODIUM_RUN": str(tmp_path / "run")})
    found.prepare_folders()
    return found


def report(*problems: Problem) -> Report:
    return Report(
        host=Host((Fact("engine", "Docker 20.10"),), {"engine": "20.10"}),
        image="i" * 64,
        corpus="c0",
        seconds=99.5,
        trials=(),
        fairness=None,
        spread=None,
        latency=None,
        throughput={},
        languages={},
        left=(),
        problems=problems,
    )


HOLE = Problem("fork_bomb", "TLE cpu_time", "AC exited", "do not judge here")


def test_a_host_that_never_passed_is_refused_with_the_cure_and_the_words(settings: Settings) -> None:
    assert proven.proof_of(settings).why_not
    with pytest.raises(Misconfigured) as refused:
        proven.require(settings)
    assert "podium sandbox check" in str(refused.value)
    assert f'PODIUM_UNPROVEN_HOST="{WORDS}"' in str(refused.value)


def test_a_host_that_passed_is_proven_and_says_when(settings: Settings) -> None:
    proven.record(settings, report(), now=NOW)
    assert proven.proof_of(settings) == proven.Proof("", "2026-05-01T12:00:00+00:00")
    assert "2026-05-01" in proven.require(settings)
    written = json.loads((settings.data / "keys" / "proven.json").read_text())
    assert (written["bound_to"], written["image"], written["seconds"]) == (BOUND, "i" * 64, 99.5)


@pytest.mark.parametrize("name", sorted(BOUND))
def test_whatever_a_wall_rests_upon_is_not_proven_once_it_is_another(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    proven.record(settings, report(), now=NOW)
    monkeypatch.setattr(proven, "bound_to", lambda settings: {**BOUND, name: "another"})
    with pytest.raises(Misconfigured, match=f"has changed: {name},"):
        proven.require(settings)


def test_a_check_that_fails_takes_the_proof_away(settings: Settings) -> None:
    proven.record(settings, report())
    proven.forget(settings)
    proven.forget(settings)
    assert proven.proof_of(settings).why_not


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"proven": 1}', '{"proven": "x", "bound_to": 3}', "\ufeff{}"])
def test_a_record_that_cannot_be_read_proves_nothing(settings: Settings, text: str) -> None:
    (settings.data / "keys" / "proven.json").write_text(text)
    assert "cannot be read" in proven.proof_of(settings).why_not


def test_an_engine_that_cannot_be_asked_proves_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    proven.record(settings, report(), now=NOW)

    def away(settings: Settings) -> dict[str, str]:
        raise EngineUnavailable("no engine")

    monkeypatch.setattr(proven, "bound_to", away)
    assert "cannot be asked" in proven.proof_of(settings).why_not


@pytest.mark.parametrize("words", ["1", "yes", "true", "i accept unproven walls", f"{WORDS}.", f" {WORDS}"])
def test_only_the_very_words_are_taken(settings: Settings, words: str) -> None:
    with pytest.raises(Misconfigured):
        proven.require(dataclasses.replace(settings, unproven_host=words))


def test_who_accepts_it_in_words_is_told_what_was_accepted(settings: Settings) -> None:
    said = proven.require(dataclasses.replace(settings, unproven_host=WORDS))
    assert "accepted in words" in said
    assert "podium sandbox check" in said


# ---------------------------------------------------------------------------------------------------------------------
# Who asks


def checks(monkeypatch: pytest.MonkeyPatch, *problems: Problem) -> list[Settings]:
    """`checking.run` as if it had found these; the settings with which it was called."""
    called: list[Settings] = []

    def run(settings: Settings, **_: Any) -> Report:
        called.append(settings)
        if not problems:
            proven.record(settings, report())
        return report(*problems)

    monkeypatch.setattr(checking, "run", run)
    return called


def test_up_checks_a_host_that_never_passed_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    called, said = checks(monkeypatch), []
    for _ in range(2):
        checking.ensure(settings, say=said.append, stop=threading.Event())
    assert len(called) == 1
    assert "two minutes" in said[0]
    assert "proven" in said[-1]


def test_up_does_not_come_up_on_a_host_that_does_not_pass(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks(monkeypatch, HOLE)
    with pytest.raises(Misconfigured, match="judges nothing"):
        checking.ensure(settings, say=lambda line: None, stop=threading.Event())
    printed = capsys.readouterr()
    assert "fork_bomb" in printed.err
    assert printed.out == ""


def test_up_does_not_check_what_was_accepted_in_words(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    called = checks(monkeypatch, HOLE)
    accepted = dataclasses.replace(settings, unproven_host=WORDS)
    checking.ensure(accepted, say=lambda line: None, stop=threading.Event())
    assert called == []


def test_up_that_is_stopped_while_it_checks_stops(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    checks(monkeypatch, HOLE)
    stop = threading.Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        checking.ensure(settings, say=lambda line: None, stop=stop)


def test_a_worker_refuses_a_host_that_never_passed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "choose", lambda *_, **__: FakeSandbox(isolated=True))
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    with pytest.raises(Misconfigured, match="podium sandbox check"):
        worker.run(settings)


def test_a_worker_without_an_engine_needs_no_proof(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It plays the samples that ship with us and nothing else."""

    class Went(Exception):
        pass

    def database(url: str) -> None:
        raise Went

    monkeypatch.setattr(worker, "choose", lambda *_, **__: ProcessSandbox())
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    monkeypatch.setattr(worker, "Database", database)
    with pytest.raises(Went):
        worker.run(settings)


def test_the_doctor_names_a_host_that_is_not_proven(settings: Settings) -> None:
    [check] = doctor._walls(settings)
    assert (check.name, check.ok, "podium sandbox check" in check.cure) == ("walls", False, True)
    [accepted] = doctor._walls(dataclasses.replace(settings, unproven_host=WORDS))
    assert accepted.ok
    assert "accepted in words" in accepted.found
    proven.record(settings, report(), now=NOW)
    [well] = doctor._walls(settings)
    assert (well.ok, well.found) == (True, "proven (2026-05-01T12:00:00+00:00)")


@pytest.mark.parametrize(("problems", "code"), [((), 0), ((HOLE,), 1)])
def test_the_command_says_by_its_exit_code_whether_all_holds(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, problems: tuple[Problem, ...], code: int
) -> None:
    checks(monkeypatch, *problems)
    monkeypatch.setattr("judge.cli.engine", lambda settings: None)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(main, ["sandbox", "check", "--json"])
    assert done.exit_code == code, done.output
    document = json.loads(done.stdout)
    assert document["ok"] == (code == 0)
    assert [problem["part"] for problem in document["problems"]] == ["fork_bomb"] * code
    plain = CliRunner().invoke(main, ["sandbox", "check"])
    assert plain.exit_code == code
    assert ("NOT proven" in plain.stdout) == bool(code)
    with contextlib.suppress(StopIteration):
        line = next(line for line in plain.stdout.splitlines() if "fork_bomb" in line)
        assert "TLE" in line
