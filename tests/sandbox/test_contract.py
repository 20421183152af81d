"""What every backend does alike."""

import hashlib
import json
import random
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import build
from sandbox.build import Built
from sandbox.docker import DockerSandbox
from sandbox.errors import BadArchive, ImageMissing, Refused
from sandbox.fake import CRASHED, FakeSandbox, Script
from sandbox.interface import Sandbox
from sandbox.process import ProcessSandbox
from sandbox.types import Ending, Limits, Program, Verdict
from sandbox.wire import Answered, Channel, Closed, Expired

LIMITS = Limits(cpu_seconds=2.0, wall_seconds=8.0, memory_mib=128, output_kib=64, file_mib=16)
docker = pytest.param("docker", marks=pytest.mark.docker)
attach = pytest.param("attach", marks=pytest.mark.docker)
"""Docker on this machine, by a socket and the kernel's own counters; and by nothing but the engine's interface."""
every = pytest.mark.parametrize("backend", [docker, attach, "process", "fake"])
real = pytest.mark.parametrize("backend", [docker, attach, "process"])

AGENT = """
import sys
print("hello from the log")
seen = []
def reset(info):
    seen.append(info)
def act(observation):
    print("asked", observation, file=sys.stderr)
    return {"seen": seen, "observation": observation}
"""


@pytest.fixture
def sandbox(backend: str, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if backend in {"docker", "attach"}:
        request.getfixturevalue("leaves_nothing")
        docker_sandbox: DockerSandbox = request.getfixturevalue(f"{backend}_sandbox")
        yield docker_sandbox
    elif backend == "process":
        yield ProcessSandbox()
    else:
        yield FakeSandbox(Script(act=lambda message: {"seen": [{"rules": 1}], "observation": message}))


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    (tmp_path / "agent.py").write_text(AGENT)
    return tmp_path / "agent.py"


@every
def test_an_agent_says_ready_and_then_answers_line_by_line(sandbox: Sandbox, agent: Path) -> None:
    with sandbox.open(Program(agent, labels={"submission": "7"}), LIMITS) as session:
        channel = Channel(session.channel)
        assert channel.exchange({"rules": 1}, 10.0) == Answered({"ready": True}, channel_line(sandbox))
        for message in (1, "two", None, [3.5, {"x": True}]):
            reply = channel.exchange(message, 5.0)
            assert isinstance(reply, Answered)
            assert reply.value == {"seen": [{"rules": 1}], "observation": message}
        channel.close()
    result = session.close()
    assert (result.verdict, result.ending) == (Verdict.AC, Ending.STOPPED)


def channel_line(sandbox: Sandbox) -> bytes:
    return json.dumps({"ready": True}, separators=(", ", ": ") if sandbox.name == "fake" else (",", ":")).encode()


@every
def test_closing_twice_gives_the_same_result(sandbox: Sandbox, agent: Path) -> None:
    session = sandbox.open(Program(agent), LIMITS)
    assert session.close() is session.close()


@every
def test_a_backend_says_what_it_is(sandbox: Sandbox) -> None:
    assert sandbox.name in sandbox.describe()
    assert sandbox.isolated == (sandbox.name != "process")
    assert (sandbox.name == "docker") == bool(sandbox.image)


@every
def test_reaping_where_nothing_is_left_finds_nothing(sandbox: Sandbox) -> None:
    assert sandbox.reap(submission="none") == 0


@real
def test_prints_are_in_the_log_and_not_on_the_channel(sandbox: Sandbox, agent: Path) -> None:
    with sandbox.open(Program(agent), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange(None, 10.0)
        channel.exchange("x", 5.0)
        result = session.close()
        channel.close()
    assert (result.stdout, result.stderr) == ("hello from the log\n", "asked x\n")


@real
def test_a_crash_leaves_its_traceback_and_exit_code_1(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text("def act(observation):\n    return {}[observation]\n")
    with sandbox.open(Program(tmp_path / "agent.py"), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange(None, 10.0)
        assert channel.exchange("missing", 5.0) == Closed()
        result = session.close()
        channel.close()
    assert (result.verdict, result.ending, result.exit_code) == (Verdict.RTE, Ending.EXITED, 1)
    assert "KeyError: 'missing'" in result.stderr


@real
@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("numpy.float64(0.5)", b"0.5"),
        ("numpy.arange(3)", b"[0,1,2]"),
        ("{'a': (numpy.int32(1), numpy.bool_(True))}", b'{"a":[1,true]}'),
    ],
)
def test_numbers_of_numpy_are_plain_numbers(sandbox: Sandbox, tmp_path: Path, answer: str, line: bytes) -> None:
    (tmp_path / "agent.py").write_text(f"import numpy\ndef act(observation):\n    return {answer}\n")
    with sandbox.open(Program(tmp_path / "agent.py"), replace(LIMITS, memory_mib=256)) as session:
        channel = Channel(session.channel)
        channel.exchange(None, 10.0)
        reply = channel.exchange(None, 5.0)
        assert isinstance(reply, Answered)
        assert reply.raw == line
        channel.close()


@real
def test_an_answer_that_is_no_json_is_a_crash(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text("def act(observation):\n    return {1, 2}\n")
    with sandbox.open(Program(tmp_path / "agent.py"), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange(None, 10.0)
        assert channel.exchange(None, 5.0) == Closed()
        result = session.close()
        channel.close()
    assert (result.verdict, result.exit_code) == (Verdict.RTE, 1)
    assert "TypeError" in result.stderr


@real
def test_another_language_speaks_on_its_standard_streams(sandbox: Sandbox, tmp_path: Path) -> None:
    script = '#!/bin/sh\necho started >&2\nread hello\necho \'"ready"\'\nwhile read line; do echo "[$line]"; done\n'
    with zipfile.ZipFile(tmp_path / "entry.zip", "w") as archive:
        archive.writestr("bot/entry.toml", 'run = ["./bot.sh"]')
        archive.writestr("bot/bot.sh", script)
    with sandbox.open(Program(tmp_path / "entry.zip"), LIMITS) as session:
        channel = Channel(session.channel)
        assert channel.exchange({}, 10.0) == Answered("ready", b'"ready"')
        assert channel.exchange(5, 5.0) == Answered([5], b"[5]")
        result = session.close()
        channel.close()
    assert (result.stdout, result.stderr) == ("", "started\n")


@real
def test_a_folder_is_an_entry_too(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "entry" / "lib").mkdir(parents=True)
    (tmp_path / "entry" / "lib" / "helper.py").write_text("value = 42\n")
    (tmp_path / "entry" / "agent.py").write_text("from lib.helper import value\ndef act(o):\n    return value\n")
    with sandbox.open(Program(tmp_path / "entry"), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 10.0)
        assert channel.exchange(1, 5.0) == Answered(42, b"42")
        channel.close()


@real
def test_a_folder_with_links_is_refused_and_leaves_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "agent.py").symlink_to("/etc/passwd")
    with pytest.raises(BadArchive, match="link"):
        sandbox.open(Program(tmp_path / "entry"), LIMITS)


@real
def test_an_archive_that_breaks_a_rule_is_not_started(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "entry.tar.gz").write_bytes(b"not packed")
    session = sandbox.open(Program(tmp_path / "entry.tar.gz"), LIMITS)
    result = session.close()
    assert (result.verdict, result.ending) == (Verdict.RTE, Ending.NOT_STARTED)


@real
def test_a_late_answer_is_not_the_next_one(sandbox: Sandbox, tmp_path: Path) -> None:
    source = "import time\ndef act(o):\n    time.sleep(o)\n    return o\n"
    (tmp_path / "agent.py").write_text(source)
    with sandbox.open(Program(tmp_path / "agent.py"), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 10.0)
        assert channel.exchange(0.4, 0.1) == Expired()
        assert channel.exchange(0, 5.0) == Answered(0, b"0")
        channel.close()


@real
@pytest.mark.parametrize(
    ("source", "verdict", "ending", "code"),
    [
        ("import sys; sys.exit(0)", Verdict.AC, Ending.EXITED, 0),
        ("import sys; sys.exit(3)", Verdict.RTE, Ending.EXITED, 3),
        ("while True: pass", Verdict.TLE, Ending.CPU_TIME, None),
        ("import time; time.sleep(60)", Verdict.TLE, Ending.WALL_TIME, None),
        ("held = []\nwhile True: held.append(b'x' * 10 ** 6)", Verdict.MLE, Ending.MEMORY, None),
        ("while True: print('x' * 1000)", Verdict.OLE, Ending.OUTPUT, None),
    ],
    ids=["well", "exit code", "cpu", "wall", "memory", "output"],
)
def test_a_program_ends_as_it_deserves(
    sandbox: Sandbox, tmp_path: Path, source: str, verdict: Verdict, ending: Ending, code: int | None
) -> None:
    (tmp_path / "program.py").write_text(source)
    limits = replace(LIMITS, cpu_seconds=1.0, wall_seconds=1.8 if ending == Ending.WALL_TIME else 20.0)
    result = sandbox.run(Program(tmp_path / "program.py", command=("python3", "program.py")), limits)
    assert (result.verdict, result.ending) == (verdict, ending), result
    assert result.exit_code == code or verdict == "MLE"


@real
def test_a_byte_over_the_output_cap_is_too_much_even_if_the_program_ends_by_itself(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text("import sys; sys.stderr.write('x' * 65537)")
    result = sandbox.run(Program(tmp_path / "program.py", command=("python3", "program.py")), LIMITS)
    assert (result.verdict, result.truncated, len(result.stderr)) == (Verdict.OLE, True, 65536)


@real
def test_a_signal_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import os; os.abort()")
    result = sandbox.run(Program(tmp_path / "program.py", command=("python3", "program.py")), LIMITS)
    assert (result.verdict, result.ending, result.signal) == (Verdict.RTE, Ending.SIGNALLED, 6)


@real
def test_a_command_reads_what_it_is_given_and_its_figures_are_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "program.sh").write_text("cat=$(cat 2>/dev/null || while read l; do echo $l; done); echo got $cat\n")
    program = Program(tmp_path / "program.sh", command=("/bin/sh", "program.sh"))
    result = sandbox.run(program, LIMITS, stdin=b"one\ntwo\n")
    assert (result.verdict, result.stdout) == (Verdict.AC, "got one two\n"), result
    assert 0 < result.wall_seconds < 5
    assert 0 <= result.cpu_seconds < 1
    assert 0 < result.memory_mib < 128


@real
def test_a_command_that_is_not_there_is_a_run_time_error(sandbox: Sandbox, agent: Path) -> None:
    result = sandbox.run(Program(agent, command=("no-such-command",)), LIMITS)
    assert (result.verdict, result.ending, result.exit_code) == (Verdict.RTE, Ending.EXITED, 127)
    assert "no-such-command" in result.stderr


@real
def test_running_an_entry_without_a_command_is_a_mistake_of_ours(sandbox: Sandbox, agent: Path) -> None:
    with pytest.raises(ValueError, match="command"):
        sandbox.run(Program(agent), LIMITS)


@real
def test_a_session_that_is_closed_at_once_leaves_nothing(sandbox: Sandbox, agent: Path) -> None:
    began = time.monotonic()
    with sandbox.open(Program(agent), LIMITS) as session:
        session.channel.close()
    assert session.close().ending is Ending.STOPPED
    assert time.monotonic() - began < 5


# ---------------------------------------------------------------------------------------------------------------------
# The build step

BUILD = replace(build.LIMITS, cpu_seconds=5.0, wall_seconds=30.0, memory_mib=256)


@pytest.fixture
def to_be_built(tmp_path: Path) -> Path:
    """An entry whose build makes its agent.py out of another file."""
    with zipfile.ZipFile(tmp_path / "entry.zip", "w") as archive:
        archive.writestr("entry.toml", 'language = "python"\nbuild = ["python3", "make.py"]')
        archive.writestr("make.py", "print('making')\nopen('agent.py', 'w').write(open('agent.txt').read())")
        archive.writestr(
            "agent.txt", "def act(message):\n    return {'seen': [{'rules': 1}], 'observation': message}\n"
        )
    return tmp_path / "entry.zip"


@every
def test_an_entry_without_a_build_step_passes_untouched(sandbox: Sandbox, agent: Path, tmp_path: Path) -> None:
    program = Program(agent, labels={"submission": "7"})
    assert sandbox.build(program, BUILD, to=tmp_path / "built") == Built(program)
    assert not (tmp_path / "built").exists()


@every
def test_what_was_built_is_played_and_the_entry_stays_as_it_was(
    sandbox: Sandbox, to_be_built: Path, tmp_path: Path
) -> None:
    before = to_be_built.read_bytes()
    built = sandbox.build(Program(to_be_built, labels={"a": "b"}), BUILD, to=tmp_path / "b.tar.gz", toolchain="python")
    assert built.why == "", built.log
    assert built.result is not None
    assert built.result.verdict is Verdict.AC
    assert built.program == Program(tmp_path / "b.tar.gz", filename=build.FILENAME, labels={"a": "b"})
    assert sandbox.name == "fake" or built.log == "making\n"
    with sandbox.open(built.program, LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange({"rules": 1}, 10.0)
        reply = channel.exchange(5, 5.0)
        assert isinstance(reply, Answered)
        assert reply.value == {"seen": [{"rules": 1}], "observation": 5}
        channel.close()
    assert to_be_built.read_bytes() == before


@real
def test_the_archive_says_what_is_to_be_built_where_the_caller_does_not(
    sandbox: Sandbox, to_be_built: Path, tmp_path: Path
) -> None:
    built = sandbox.build(Program(to_be_built), BUILD, to=tmp_path / "built.tar.gz")
    assert built.log == "making\n"
    (tmp_path / "broken.zip").write_bytes(b"not packed")
    with pytest.raises(BadArchive, match="not_readable"):
        sandbox.build(Program(tmp_path / "broken.zip"), BUILD, to=tmp_path / "built.tar.gz")


@real
def test_a_build_that_fails_is_ce_with_its_log_and_leaves_no_file(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "entry.toml").write_text('build = ["sh", "-c", "echo broken >&2; exit 3"]\nrun = ["./a"]')
    built = sandbox.build(Program(tmp_path / "entry"), BUILD, to=tmp_path / "built.tar.gz", toolchain="python")
    assert (built.program, built.why) == (None, "failed")
    assert built.result is not None
    assert built.result.verdict is Verdict.CE
    assert built.log == "broken\n[build] sh ended with status 3\n"
    assert not (tmp_path / "built.tar.gz").exists()


@every
def test_whoever_builds_says_what_with(sandbox: Sandbox) -> None:
    assert sandbox.builder("python")


def test_the_stand_in_fails_as_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "entry.zip").write_bytes(b"x")
    fake = FakeSandbox(Script(build=replace(CRASHED, stderr="no semicolon")))
    built = fake.build(Program(tmp_path / "entry.zip"), BUILD, to=tmp_path / "built", toolchain="c")
    assert (built.program, built.why, built.log) == (None, "failed", "no semicolon")
    fake.lacking.add("c")
    assert fake.builder("c") is None
    with pytest.raises(ImageMissing):
        fake.build(Program(tmp_path / "entry.zip"), BUILD, to=tmp_path / "built", toolchain="c")


def test_a_machine_without_a_compiler_says_so_and_blames_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "entry.toml").write_text('language = "rust"')
    monkeypatch.setenv("PATH", "/nowhere")
    sandbox = ProcessSandbox()
    assert sandbox.builder("rust") is None
    with pytest.raises(ImageMissing, match=r"this machine has no rustc. To mend it: install rustc, or start a Docker"):
        sandbox.build(Program(tmp_path / "entry"), BUILD, to=tmp_path / "built.tar.gz")


def test_what_was_built_of_an_entry_that_may_be_run_may_be_run(tmp_path: Path, to_be_built: Path) -> None:
    sandbox = ProcessSandbox(allow=lambda path: path == to_be_built)
    built = sandbox.build(Program(to_be_built), BUILD, to=tmp_path / "built.tar.gz")
    assert built.program is not None
    sandbox.open(built.program, LIMITS).close()
    with pytest.raises(Refused):
        sandbox.open(Program(tmp_path / "other.py"), LIMITS)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "entry.toml").write_text('language = "c"')
    with pytest.raises(Refused):
        sandbox.build(Program(tmp_path / "other"), BUILD, to=tmp_path / "built.tar.gz", toolchain="python")


@real
def test_a_large_entry_comes_out_of_its_build_and_into_its_run_byte_for_byte(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "entry.toml").write_text('language = "python"\nbuild = ["python3", "make.py"]')
    (tmp_path / "entry" / "make.py").write_text(
        "import random\nopen('large', 'wb').write(random.Random(1).randbytes(24 << 20))"
    )
    (tmp_path / "entry" / "agent.py").write_text(
        "import hashlib\ndef act(o):\n    return hashlib.sha256(open('large', 'rb').read()).hexdigest()"
    )
    built = sandbox.build(Program(tmp_path / "entry"), BUILD, to=tmp_path / "built.tar.gz")
    assert built.program is not None, built.log
    with sandbox.open(built.program, replace(LIMITS, file_mib=64, memory_mib=256, cpu_seconds=5.0)) as session:
        channel = Channel(session.channel)
        channel.exchange(None, 20.0)
        reply = channel.exchange(None, 10.0)
        assert isinstance(reply, Answered)
        assert reply.value == hashlib.sha256(random.Random(1).randbytes(24 << 20)).hexdigest()
        channel.close()
