"""Built entries on a worker's host: built once, kept within bounds, and whose fault it is when they cannot be."""

import dataclasses
import os
import threading
import time
from pathlib import Path

import pytest

from judge.builds import LEFT_OVER_SECONDS, Builds, Work, complaint
from judge.errors import PlatformFault
from judge.referee import Stopping
from judge.sentences import _ENGLISH
from sandbox import build
from sandbox.errors import EngineFailed, EngineUnavailable, ImageMissing, NotClean, SandboxError
from sandbox.fake import CRASHED, EXITED, FakeSandbox, Script
from sandbox.types import Program

SAID = dataclasses.replace(EXITED, stdout="compiling\n", cpu_seconds=1.5)
NEVER = threading.Event()
C = Work("c", "a" * 64, NEVER)


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    (tmp_path / "entry.zip").write_bytes(b"sources")
    return tmp_path / "entry.zip"


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path / "builds", most_mib=1)


def files(builds: Builds) -> list[str]:
    return sorted(path.name for path in builds.folder.iterdir()) if builds.folder.exists() else []


def test_an_entry_that_needs_no_build_is_played_as_it_came(builds: Builds, entry: Path) -> None:
    sandbox = FakeSandbox(Script(build=SAID))
    with builds.entry(sandbox, Program(entry), Work(None, "a" * 64, NEVER)) as built:
        assert (built.program, built.builder, built.to_json()) == (Program(entry), None, None)
    assert sandbox.built == []
    assert files(builds) == []


def test_an_entry_is_built_once_for_all_its_judgements(builds: Builds, entry: Path) -> None:
    sandbox = FakeSandbox(Script(build=SAID))
    with builds.entry(sandbox, Program(entry, labels={"judgement": "1"}), C) as first:
        assert first.program is not None
        assert first.program.entry.read_bytes() == b"sources"
        assert (first.log, first.cpu_seconds, first.kept, first.builder) == ("compiling\n", 1.5, False, "fake")
    with builds.entry(sandbox, Program(entry, labels={"judgement": "2"}), C) as second:
        assert second.program is not None
        assert second.program.entry.read_bytes() == b"sources"
        assert second.program.labels == {"judgement": "2"}
        assert second.program.filename == build.FILENAME
        assert (second.log, second.cpu_seconds, second.kept) == ("compiling\n", 0.0, True)
    assert len(sandbox.built) == 1
    assert len(files(builds)) == 2
    assert builds.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["entry", "language", "player image", "builder"])
def test_whatever_it_depends_on_makes_another_build(
    builds: Builds, entry: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, work = FakeSandbox(Script(build=SAID), image="1"), C
    with builds.entry(sandbox, Program(entry), work):
        pass
    if change == "entry":
        work = dataclasses.replace(C, sha256="b" * 64)
    elif change == "language":
        work = dataclasses.replace(C, toolchain="cpp")
    elif change == "player image":
        sandbox.image = "2"
    else:
        monkeypatch.setattr(sandbox, "builder", lambda toolchain: "another")
    with builds.entry(sandbox, Program(entry), work):
        pass
    assert len(sandbox.built) == 2


def test_a_failed_build_is_told_and_not_kept(builds: Builds, entry: Path) -> None:
    sandbox = FakeSandbox(Script(build=dataclasses.replace(CRASHED, stderr="main.c:1: error", cpu_seconds=0.25)))
    for _ in range(2):
        with builds.entry(sandbox, Program(entry), C) as built:
            assert built.program is None
            assert built.message is not None
            assert built.message.code == "build-failed"
            assert built.to_json() == {
                "built": False,
                "message": {"code": "build-failed", "params": {}},
                "log": "main.c:1: error",
                "cpu_seconds": 0.25,
            }
    assert len(sandbox.built) == 2
    assert files(builds) == []


def test_what_was_not_used_for_longest_goes_first(builds: Builds, entry: Path) -> None:
    sandbox = FakeSandbox(Script(build=SAID))
    entry.write_bytes(os.urandom(400_000))
    for number, sha256 in enumerate("abc"):
        work = dataclasses.replace(C, sha256=sha256 * 64)
        with builds.entry(sandbox, Program(entry), work):
            pass
        for path in builds.folder.glob("*.tar.gz"):
            if path.stat().st_mtime > 1000:
                os.utime(path, (number, number))
    assert len(files(builds)) == 4
    with builds.entry(sandbox, Program(entry), dataclasses.replace(C, sha256="a" * 64)) as first:
        assert not first.kept
    with builds.entry(sandbox, Program(entry), dataclasses.replace(C, sha256="c" * 64)) as last:
        assert last.kept


def test_a_judgement_keeps_its_own_link_while_others_are_thrown_out(tmp_path: Path, entry: Path) -> None:
    builds, sandbox = Builds(tmp_path / "builds", most_mib=0), FakeSandbox(Script(build=SAID))
    with builds.entry(sandbox, Program(entry), C) as mine:
        with builds.entry(sandbox, Program(entry), dataclasses.replace(C, sha256="b" * 64)):
            pass
        assert mine.program is not None
        assert mine.program.entry.read_bytes() == b"sources"
    assert files(builds) == []


def test_what_a_dead_worker_left_is_taken_away_after_a_day(builds: Builds, entry: Path) -> None:
    builds.folder.mkdir()
    for name, age in (("used-1-old.tar.gz", LEFT_OVER_SECONDS + 60), ("used-1-new.tar.gz", 60)):
        (builds.folder / name).touch()
        os.utime(builds.folder / name, (time.time() - age, time.time() - age))
    with builds.entry(FakeSandbox(Script(build=SAID)), Program(entry), C):
        pass
    assert "used-1-new.tar.gz" in files(builds)
    assert "used-1-old.tar.gz" not in files(builds)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EngineUnavailable("gone"), "engine-failed"),
        (EngineFailed("fell over"), "engine-failed"),
        (ImageMissing("no tools"), "image-missing"),
        (NotClean("left"), "host-not-clean"),
    ],
)
def test_what_the_engine_does_wrong_is_our_fault(builds: Builds, entry: Path, error: SandboxError, code: str) -> None:
    """Promise 4."""
    sandbox = FakeSandbox(Script(open_error=error))
    with pytest.raises(PlatformFault) as fault, builds.entry(sandbox, Program(entry), C):
        pass
    assert fault.value.public.code == code
    assert files(builds) == []


def test_without_the_tools_it_is_our_fault_too(builds: Builds, entry: Path) -> None:
    """Promise 4."""
    sandbox = FakeSandbox()
    sandbox.lacking.add("c")
    with pytest.raises(PlatformFault, match="no tools for c"), builds.entry(sandbox, Program(entry), C):
        pass


def test_a_worker_that_is_told_to_stop_ends_the_build(builds: Builds, entry: Path) -> None:
    class Slow(FakeSandbox):
        def build(self, *arguments: object, **more: object) -> build.Built:
            stop.set()
            assert reaped.wait(10)
            raise EngineFailed("the container has gone")

        def reap(self, **labels: str) -> int:
            reaped.set()
            return super().reap(**labels)

    stop, reaped = threading.Event(), threading.Event()
    sandbox = Slow()
    program = Program(entry, labels={"judgement": "7", "attempt": "1"})
    with pytest.raises(Stopping), builds.entry(sandbox, program, dataclasses.replace(C, stop=stop)):
        pass
    assert {"judgement": "7", "attempt": "1"} in sandbox.reaped


@pytest.mark.parametrize("why", build.WHY)
def test_every_way_to_fail_has_a_sentence_everywhere_with_its_figures(why: str) -> None:
    message = complaint(build.Built(None, CRASHED, why), build.LIMITS)
    assert message.code in _ENGLISH
    for language in ("en", "zh", "ko"):
        catalogue = Path(__file__).parents[2] / "web" / "locale" / language / "LC_MESSAGES" / "messages.po"
        text = catalogue.read_text(encoding="utf-8").split(f'msgid "said.{message.code}"\nmsgstr "')[1].split('"\n')[0]
        assert text.format(**message.params)
        assert all(f"{{{name}}}" in text for name in message.params)
