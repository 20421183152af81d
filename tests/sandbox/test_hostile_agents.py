"""Agents that misbehave on their channel, run for real: what the host hears, and how it ends."""

import time
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.types import Ending, Limits, Program, Result, Verdict
from sandbox.wire import Answered, Channel, Closed, Expired, Malformed
from tests.sandbox.conftest import SMALL

pytestmark = pytest.mark.docker


@pytest.fixture(params=["docker", "attach"])
def sandbox(request: pytest.FixtureRequest) -> DockerSandbox:
    """Talked to by a socket, and over the engine's stream."""
    found: DockerSandbox = request.getfixturevalue(f"{request.param}_sandbox")
    return found


def talk(sandbox: DockerSandbox, folder: Path, source: str, limits: Limits = SMALL) -> tuple[list[object], Result]:
    """Hello and two messages to an agent, each with a second's time; the answers and how it ended."""
    (folder / "agent.py").write_text(source)
    session = sandbox.open(Program(folder / "agent.py"), limits)
    channel = Channel(session.channel, max_bytes=10_000, max_depth=8)
    replies: list[object] = [channel.exchange({"hello": 1}, 5.0)]
    replies += [channel.exchange(message, 0.5) for message in (1, 2)]
    result = session.close()
    channel.close()
    return replies, result


CHANNEL = """
import fcntl, os, stat
def writes(number):
    try:
        kind, mode = os.fstat(number).st_mode, fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
    except OSError:
        return False
    return stat.S_ISSOCK(kind) or (stat.S_ISFIFO(kind) and mode == os.O_WRONLY)
channel = next(filter(writes, range(3, 32)))
"""
"""For an agent that speaks past what serves it."""


@pytest.mark.usefixtures("leaves_nothing")
class TestAnAgent:
    def test_that_never_reads_does_not_hang_us(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        (tmp_path / "agent.py").write_text("import time; time.sleep(60)\ndef act(o): return o")
        with sandbox.open(Program(tmp_path / "agent.py"), SMALL) as session:
            channel = Channel(session.channel)
            began = time.monotonic()
            assert channel.exchange("x" * 8_000_000, 0.3) == Expired()
            assert channel.exchange(1, 0.3) == Expired()
            assert time.monotonic() - began < 1.0
            channel.close()

    def test_whose_prints_imitate_frames_does_not_reach_the_channel(
        self, sandbox: DockerSandbox, tmp_path: Path
    ) -> None:
        source = """
import os, sys
def act(observation):
    sys.stdout.buffer.write(b'\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x05"lie"\\n\\x02\\x00\\x00\\x00\\xff\\xff\\xff\\xff')
    os.write(1, b'{"ready":true}\\n"lie"\\n')
    os.write(2, b'"lie"\\n')
    return "truth"
"""
        replies, result = talk(sandbox, tmp_path, source)
        assert replies[1:] == [Answered("truth", b'"truth"')] * 2
        assert result.verdict == "AC"
        assert result.stdout.count('"lie"') == 4
        assert result.stderr.count('"lie"') == 2

    def test_that_answers_with_a_huge_line_is_cut_off(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        replies, _ = talk(sandbox, tmp_path, "def act(o): return 'x' * 2_000_000")
        assert replies[1:] == [Malformed("too_long", {"bytes": 10_000}), Closed()]

    def test_that_answers_with_depth_or_nan_is_malformed(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        source = "def act(o): return [[[[[[[[[1]]]]]]]]] if o == 1 else float('nan')"
        replies, _ = talk(sandbox, tmp_path, source)
        assert replies[1:] == [Malformed("too_deep", {"depth": 8}), Malformed("not_finite")]

    def test_that_raises_leaves_a_traceback_in_its_log(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        replies, result = talk(sandbox, tmp_path, "def act(o): return 1 / 0")
        assert replies[1:] == [Closed(), Closed()]
        assert (result.verdict, result.ending, result.exit_code) == (Verdict.RTE, Ending.EXITED, 1)
        assert "ZeroDivisionError" in result.stderr

    def test_that_hangs_up_and_lives_on_is_ended(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        source = "import os, time\ndef act(o):\n    os.closerange(3, 64)\n    time.sleep(60)"
        replies, result = talk(sandbox, tmp_path, source)
        assert replies[1:] == [Closed(), Closed()]
        assert (result.verdict, result.ending) == (Verdict.AC, Ending.STOPPED)

    def test_that_uses_up_its_memory_while_playing_is_mle(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        replies, result = talk(sandbox, tmp_path, "held = []\ndef act(o):\n    held.append(bytearray(10**9))")
        assert replies[1:] == [Closed(), Closed()]
        assert result.verdict == "MLE"

    def test_whose_archive_breaks_a_rule_is_not_started(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        (tmp_path / "agent.zip").write_bytes(b"no zip at all")
        with sandbox.open(Program(tmp_path / "agent.zip"), SMALL) as session:
            session.wait()
        result = session.close()
        assert (result.verdict, result.ending) == (Verdict.RTE, Ending.NOT_STARTED)
        assert "not_readable" in result.stderr

    def test_that_passes_descriptors_and_talks_unasked_is_only_read_when_asked(
        self, sandbox: DockerSandbox, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        if sandbox is request.getfixturevalue("attach_sandbox"):
            pytest.skip("there is no socket over which descriptors could be passed")
        source = """
import os, socket
def act(observation):
    channel = socket.socket(fileno=os.dup(3)) if os.path.exists("/proc/self/fd/3") else None
    for fd in range(3, 16):
        try:
            channel = socket.socket(fileno=os.dup(fd))
            socket.send_fds(channel, [b'"passed"\\n'], [1, 2])
            break
        except OSError:
            continue
    for number in range(1000):
        channel.sendall(b'"unasked"\\n')
    return "asked"
"""
        sandbox.settle()
        before = len(list(Path("/proc/self/fd").iterdir()))
        replies, result = talk(sandbox, tmp_path, source)
        assert [reply.value for reply in replies[1:] if isinstance(reply, Answered)] == ["passed", "unasked"]
        assert result.verdict == "AC"
        sandbox.settle()
        assert len(list(Path("/proc/self/fd").iterdir())) <= before

    def test_that_ends_in_the_middle_of_a_line_has_said_nothing(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        source = f"{CHANNEL}\ndef act(o):\n    os.write(channel, b'[1, 2')\n    os._exit(0)"
        replies, result = talk(sandbox, tmp_path, source)
        assert replies[1:] == [Closed(), Closed()]
        assert (result.verdict, result.ending, result.exit_code) == (Verdict.AC, Ending.EXITED, 0)

    def test_that_floods_its_log_is_ole_while_it_plays(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        source = "def act(o):\n    while True: print('x' * 100_000)"
        replies, result = talk(sandbox, tmp_path, source)
        assert replies[1:] in ([Closed(), Closed()], [Expired(), Closed()], [Expired(), Expired()])
        assert (result.verdict, result.ending, result.truncated) == (Verdict.OLE, Ending.OUTPUT, True)

    def test_that_floods_its_channel_does_not_hang_us(self, sandbox: DockerSandbox, tmp_path: Path) -> None:
        source = f"{CHANNEL}\ndef act(o):\n    while True: os.write(channel, b'[0]' * 20_000)"
        (tmp_path / "agent.py").write_text(source)
        with sandbox.open(Program(tmp_path / "agent.py"), SMALL) as session:
            channel = Channel(session.channel)
            channel.exchange({}, 5.0)
            assert channel.send(1, 1.0) is None
            time.sleep(1.0)
            began = time.monotonic()
            result = session.close()
            assert time.monotonic() - began < 5.0
            assert channel.exchange(2, 1.0) in (Closed(), Malformed("too_long", {"bytes": 1 << 20}))
            channel.close()
        assert (result.verdict, result.ending) in ((Verdict.AC, Ending.STOPPED), (Verdict.OLE, Ending.OUTPUT))


@pytest.mark.usefixtures("leaves_nothing")
class TestAnAgentBehindTheEnginesStream:
    """Its runner, which shares its user with it, passes on what it says: that is all it can spoil."""

    def test_that_forges_the_runners_frames_ends_its_own_conversation(
        self, attach_sandbox: DockerSandbox, tmp_path: Path
    ) -> None:
        source = """
import os
def act(observation):
    with open("/proc/1/fd/1", "wb", buffering=0) as out:
        out.write(b"no frame at all")
    return "truth"
"""
        replies, result = talk(attach_sandbox, tmp_path, source)
        assert replies[1:] == [Closed(), Closed()]
        assert (result.verdict, result.ending) == (Verdict.AC, Ending.STOPPED)

    def test_that_kills_its_runner_is_its_own_run_time_error(
        self, attach_sandbox: DockerSandbox, tmp_path: Path
    ) -> None:
        source = "import os, signal\ndef act(o):\n    os.kill(os.getppid(), signal.SIGKILL)"
        replies, result = talk(attach_sandbox, tmp_path, source)
        assert replies[1:] == [Closed(), Closed()]
        assert (result.verdict, result.ending, result.signal) == (Verdict.RTE, Ending.SIGNALLED, 9)

    def test_that_stops_its_runner_says_nothing_any_more_and_is_ended(
        self, attach_sandbox: DockerSandbox, tmp_path: Path
    ) -> None:
        source = "import os, signal\ndef act(o):\n    os.kill(os.getppid(), signal.SIGSTOP)\n    return o"
        replies, result = talk(attach_sandbox, tmp_path, source)
        assert replies[1:] == [Expired(), Expired()]
        assert (result.verdict, result.ending) == (Verdict.AC, Ending.STOPPED)
