"""What every backend does with entries, names and limits that nobody should come with: an answer or an error of its
own, never a hang, never something left."""

import contextlib
import os
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.errors import BadArchive, SandboxError
from sandbox.interface import Sandbox
from sandbox.process import ProcessSandbox
from sandbox.types import Ending, Limits, Program, Result, Verdict
from sandbox.wire import Answered, Channel

LIMITS = Limits(cpu_seconds=5.0, wall_seconds=20.0, memory_mib=128, output_kib=64, file_mib=16)
ECHO = "def act(observation):\n    return observation\n"
real = pytest.mark.parametrize("backend", [pytest.param("docker", marks=pytest.mark.docker), "process"])


@pytest.fixture
def sandbox(backend: str, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if backend == "docker":
        request.getfixturevalue("leaves_nothing")
        docker_sandbox: DockerSandbox = request.getfixturevalue("docker_sandbox")
        yield docker_sandbox
    else:
        yield ProcessSandbox()


def echoes(sandbox: Sandbox, program: Program, limits: Limits = LIMITS) -> bool:
    with sandbox.open(program, limits) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 15.0)
        reply = channel.exchange(7, 5.0)
        channel.close()
    return reply == Answered(7, b"7")


def refused(sandbox: Sandbox, program: Program) -> Result:
    """How an entry ended that breaks a rule of archives."""
    with sandbox.open(program, LIMITS) as session:
        session.channel.close()
    return session.close()


ODD = ["-rf.py", " .py", "näme 名前.py", "a;b$(c)'\".py", "line\nbreak.py", "x" * 250 + ".py", ".py", "%s%n.py"]


@real
@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_an_entry_may_have_any_name_that_a_file_can_have(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(ECHO)
    assert echoes(sandbox, Program(tmp_path / name))


@real
@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_program_is_put_under_its_own_name(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("import os\nprint(ascii(os.listdir()))")
    result = sandbox.run(Program(tmp_path / name, command=("python3", f"./{name}")), LIMITS)
    assert (result.verdict, result.stdout.strip()) == (Verdict.AC, ascii([name])), result


@real
@pytest.mark.parametrize("name", ["../../agent.py", "/etc/agent.py", "a/b/agent.py"])
def test_a_name_that_is_a_path_is_only_its_last_part(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    (tmp_path / "upload").write_text(ECHO)
    assert echoes(sandbox, Program(tmp_path / "upload", filename=name))
    program = Program(tmp_path / "upload", filename=name, command=("python3", "agent.py"))
    assert sandbox.run(program, LIMITS).verdict == Verdict.AC


@real
@pytest.mark.parametrize("name", ["entry", "entry.rar", "entry.zip.exe", "entry.7z", "..", "py"])
def test_a_file_of_no_known_kind_is_not_started(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    (tmp_path / "upload").write_text(ECHO)
    result = refused(sandbox, Program(tmp_path / "upload", filename=name))
    assert (result.verdict, result.ending) == (Verdict.RTE, Ending.NOT_STARTED), result


@real
@pytest.mark.parametrize("name", ["entry.zip", "entry.tar.gz", "entry.py"])
def test_an_entry_of_no_bytes_is_not_started(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    result = refused(sandbox, Program(tmp_path / name))
    assert (result.verdict, result.ending) == (Verdict.RTE, Ending.NOT_STARTED), result
    assert "empty" in result.stderr


@real
def test_a_folder_of_nothing_is_not_started(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "entry").mkdir()
    result = refused(sandbox, Program(tmp_path / "entry"))
    assert (result.verdict, result.ending) == (Verdict.RTE, Ending.NOT_STARTED), result


@real
def test_an_entry_that_is_not_there_is_an_error_of_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="entry cannot be"):
        sandbox.open(Program(tmp_path / "nothing.py"), LIMITS)


@real
@pytest.mark.parametrize("target", ["/etc/passwd", "agent.py", "/", "..", "nowhere", "link"])
def test_a_folder_of_links_is_refused_whatever_they_point_at(sandbox: Sandbox, tmp_path: Path, target: str) -> None:
    folder = tmp_path / "entry"
    folder.mkdir()
    (folder / "agent.py").write_text(ECHO)
    (folder / "link").symlink_to(target)
    with pytest.raises(BadArchive, match="link"):
        sandbox.open(Program(folder), LIMITS)


@real
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_folder_that_holds_no_files_but_devices_is_refused(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "entry"
    folder.mkdir()
    (folder / "agent.py").write_text(ECHO)
    with socket.socket(socket.AF_UNIX) as sock:
        if kind == "pipe":
            os.mkfifo(folder / "odd")
        else:
            sock.bind(str(folder / "odd"))
        with pytest.raises(BadArchive, match="device"):
            sandbox.open(Program(folder), LIMITS)


@real
def test_an_entry_of_a_hundred_megabytes_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    block = os.urandom(1 << 20)
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as archive:
        archive.writestr("agent.py", f"import os\nsize = os.path.getsize('model.bin')\n{ECHO}    # {{}}\n")
        with archive.open("model.bin", "w", force_zip64=True) as file:
            for _ in range(99):
                file.write(block)
    assert echoes(sandbox, Program(tmp_path / "large.zip"), replace(LIMITS, memory_mib=512, file_mib=128))


@real
def test_an_entry_larger_than_its_folder_is_not_started(sandbox: Sandbox, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as archive:
        archive.writestr("agent.py", ECHO)
        archive.writestr("model.bin", bytes(20 << 20))
    result = refused(sandbox, Program(tmp_path / "large.zip"))
    assert (result.verdict, result.ending) == (Verdict.RTE, Ending.NOT_STARTED), result


@real
def test_an_input_of_ten_megabytes_is_read_to_its_end(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "counts.py").write_text("import sys\nprint(len(sys.stdin.buffer.read()))")
    program = Program(tmp_path / "counts.py", command=("python3", "counts.py"))
    assert sandbox.run(program, LIMITS, stdin=b"x" * 10_000_000).stdout == "10000000\n"


@real
@pytest.mark.parametrize(
    "more",
    [
        {"memory_mib": 1 << 26}, {"processes": 1 << 22}, {"open_files": 1 << 30}, {"inodes": 1 << 31},
        {"file_mib": 1 << 30}, {"cpus": 4096.0}, {"core": 4095}, {"cpu_seconds": 1e9}, {"output_kib": 1 << 30},
    ],
    ids=str,
)  # fmt: skip
def test_limits_beyond_the_host_are_no_limits_or_an_error_of_ours(
    sandbox: Sandbox, tmp_path: Path, more: dict[str, float]
) -> None:
    (tmp_path / "fine.py").write_text("print('fine')")
    program = Program(tmp_path / "fine.py", command=("python3", "fine.py"))
    with contextlib.suppress(SandboxError):
        result = sandbox.run(program, replace(LIMITS, **more))
        assert (result.verdict, result.stdout) == (Verdict.AC, "fine\n"), result


@real
@pytest.mark.parametrize(
    "command", [(), ("",), ("python3", "-c", "print(1)\0"), ("python3", "-c", "x" * 40_000), (".",)]
)
def test_a_command_that_cannot_be_run_is_the_entrys_own(
    sandbox: Sandbox, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "agent.py").write_text(ECHO)
    assert sandbox.run(Program(tmp_path / "agent.py", command=command), LIMITS).verdict == Verdict.RTE
