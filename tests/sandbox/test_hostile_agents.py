"""Agents that misbehave on their channel, run for real: what the host hears, and how it ends."""

import time
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.types import Ending, Limits, Program, Result, Verdict
from sandbox.wire import Answered, Channel, Closed, Expired, Malformed
from tests.sandbox.conftest import SMALL

pytestmark = pytest.mark.docker


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


@pytest.mark.usefixtures("leaves_nothing")
class TestAnAgent:
    def test_that_never_reads_does_not_hang_us(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        (tmp_path / "agent.py").write_text("import time; time.sleep(60)\ndef act(o): return o")
        with docker_sandbox.open(Program(tmp_path / "agent.py"), SMALL) as session:
            channel = Channel(session.channel)
            began = time.monotonic()
            assert channel.exchange("x" * 8_000_000, 0.3) == Expired()
            assert channel.exchange(1, 0.3) == Expired()
            assert time.monotonic() - began < 1.0
            channel.close()

    def test_whose_prints_imitate_frames_does_not_reach_the_channel(
        self, docker_sandbox: DockerSandbox, tmp_path: Path
    ) -> None:
        source = """
import os, sys
def act(observation):
    sys.stdout.buffer.write(b'\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x05"lie"\\n\\x02\\x00\\x00\\x00\\xff\\xff\\xff\\xff')
    os.write(1, b'{"ready":true}\\n"lie"\\n')
    os.write(2, b'"lie"\\n')
    return "truth"
"""
        replies, result = talk(docker_sandbox, tmp_path, source)
        assert replies[1:] == [Answered("truth", b'"truth"')] * 2
        assert result.verdict == "AC"
        assert result.stdout.count('"lie"') == 4
        assert result.stderr.count('"lie"') == 2

    def test_that_answers_with_a_huge_line_is_cut_off(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        replies, _ = talk(docker_sandbox, tmp_path, "def act(o): return 'x' * 2_000_000")
        assert replies[1:] == [Malformed("too_long", {"bytes": 10_000}), Closed()]

    def test_that_answers_with_depth_or_nan_is_malformed(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        source = "def act(o): return [[[[[[[[[1]]]]]]]]] if o == 1 else float('nan')"
        replies, _ = talk(docker_sandbox, tmp_path, source)
        assert replies[1:] == [Malformed("too_deep", {"depth": 8}), Malformed("not_finite")]

    def test_that_raises_leaves_a_traceback_in_its_log(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        replies, result = talk(docker_sandbox, tmp_path, "def act(o): return 1 / 0")
        assert replies[1:] == [Closed(), Closed()]
        assert (result.verdict, result.ending, result.exit_code) == (Verdict.RTE, Ending.EXITED, 1)
        assert "ZeroDivisionError" in result.stderr

    def test_that_hangs_up_and_lives_on_is_ended(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        source = "import os, time\ndef act(o):\n    os.closerange(3, 64)\n    time.sleep(60)"
        replies, result = talk(docker_sandbox, tmp_path, source)
        assert replies[1:] == [Closed(), Closed()]
        assert (result.verdict, result.ending) == (Verdict.AC, Ending.STOPPED)

    def test_that_uses_up_its_memory_while_playing_is_mle(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        replies, result = talk(docker_sandbox, tmp_path, "held = []\ndef act(o):\n    held.append(bytearray(10**9))")
        assert replies[1:] == [Closed(), Closed()]
        assert result.verdict == "MLE"

    def test_whose_archive_breaks_a_rule_is_not_started(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        (tmp_path / "agent.zip").write_bytes(b"no zip at all")
        with docker_sandbox.open(Program(tmp_path / "agent.zip"), SMALL) as session:
            session.wait()
        result = session.close()
        assert (result.verdict, result.ending) == (Verdict.RTE, Ending.NOT_STARTED)
        assert "not_readable" in result.stderr

    def test_that_passes_descriptors_and_talks_unasked_is_only_read_when_asked(
        self, docker_sandbox: DockerSandbox, tmp_path: Path
    ) -> None:
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
        before = len(list(Path("/proc/self/fd").iterdir()))
        replies, result = talk(docker_sandbox, tmp_path, source)
        assert [reply.value for reply in replies[1:] if isinstance(reply, Answered)] == ["passed", "unasked"]
        assert result.verdict == "AC"
        assert len(list(Path("/proc/self/fd").iterdir())) <= before
