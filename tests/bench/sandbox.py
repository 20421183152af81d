"""The sandbox beside the engine it stands on: hand-over, talk, verdicts a second, memory."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox.container import ENVIRONMENT, USER_ID, cell_of, walls
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.images import ensure_player_image
from sandbox.types import Limits, Program, Verdict
from sandbox.wire import Answered, Channel
from tests.bench.table import Row

LIMITS = Limits(cpu_seconds=10.0, memory_mib=128)
AGENT = "def act(observation):\n    return observation\n"
PIPE = """
import json, sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(json.dumps(json.loads(line), separators=(",", ":")).encode() + b"\\n")
    sys.stdout.buffer.flush()
"""
MESSAGE = {"text": "x" * 189}
ROUNDS = 15
EXCHANGES = 5_000
OWNER = f"podium-bench-{os.getpid()}"
AT_ONCE = (1, 2, 4, 8)
PROGRAMS = 24
WAITING = 8


def rows(folder: Path) -> Iterator[Row]:
    entry, script = folder / "agent.py", folder / "pass.py"
    entry.write_text(AGENT)
    script.write_text("pass\n")
    engine = Engine()
    image = ensure_player_image(engine.api, lambda line: print(line, file=sys.stderr))

    def sandbox(pool_size: int) -> DockerSandbox:
        return DockerSandbox(
            image=image.content, runtime_dir=Path(tempfile.mkdtemp(dir=folder)), owner=OWNER,
            pool_size=pool_size,
        )  # fmt: skip

    with Closing(sandbox(0)) as cold, Closing(sandbox(1)) as warm:
        yield from _hand_over(cold, warm, entry)
        yield from _talk(cold, entry)
    for count in AT_ONCE:
        with Closing(sandbox(count)) as many:
            yield _verdicts(many, engine, image.reference, script, count)
    with Closing(sandbox(WAITING)) as idle:
        yield _memory(idle, engine, entry)
    engine.close()


class Closing:
    """A sandbox as a context manager."""

    def __init__(self, sandbox: DockerSandbox) -> None:
        self._sandbox = sandbox

    def __enter__(self) -> DockerSandbox:
        return self._sandbox

    def __exit__(self, *_: object) -> None:
        self._sandbox.close()


def _hand_over(cold: DockerSandbox, warm: DockerSandbox, entry: Path) -> Iterator[Row]:
    """From `open` to the first line that the entry has written itself."""
    seconds: dict[str, list[float]] = {"cold": [], "warm": []}
    for _ in range(ROUNDS):
        seconds["cold"].append(_first_line(cold, entry))
        warm.expect(LIMITS)
        _until(lambda: warm.waiting == 1)
        time.sleep(0.2)  # it has waited: what it may need is loaded
        seconds["warm"].append(_first_line(warm, entry))
    ours, control = (statistics.median(seconds[kind]) * 1000 for kind in ("warm", "cold"))
    yield Row("hand-over to first line, a container that waited", "ms", ours, "a cold start", control, goal=0.05)


def _first_line(sandbox: DockerSandbox, entry: Path) -> float:
    sandbox.settle()
    began = time.perf_counter()
    with sandbox.open(Program(entry), LIMITS) as session:
        channel = Channel(session.channel)
        assert isinstance(channel.exchange({}, 20.0), Answered)
        seconds = time.perf_counter() - began
        channel.close()
    return seconds


def _talk(sandbox: DockerSandbox, entry: Path) -> Iterator[Row]:
    """Messages of 200 bytes there and back, against the same through a plain pipe on the host."""
    ours, control = [], []
    for _ in range(5):
        with sandbox.open(Program(entry), LIMITS) as session:
            channel = Channel(session.channel)
            channel.exchange({}, 20.0)

            def through_the_sandbox(channel: Channel = channel) -> None:
                assert isinstance(channel.exchange(MESSAGE, 5.0), Answered)

            ours.append(_per_second(through_the_sandbox))
            channel.close()
        with subprocess.Popen([sys.executable, "-c", PIPE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            stdin, stdout = child.stdin, child.stdout
            assert stdin is not None and stdout is not None

            def through_the_pipe(stdin: object = stdin, stdout: object = stdout) -> None:
                stdin.write(json.dumps(MESSAGE, separators=(",", ":")).encode() + b"\n")
                stdin.flush()
                assert json.loads(stdout.readline()) == MESSAGE

            control.append(_per_second(through_the_pipe))
            stdin.close()
    yield Row(
        "round trips of 200 bytes, checked and timed", "/s", statistics.median(ours), "a plain pipe",
        statistics.median(control), goal=0.5, more_is_better=True,
    )  # fmt: skip


def _per_second(exchange: Callable[[], object]) -> float:
    for _ in range(200):
        exchange()
    began = time.perf_counter()
    for _ in range(EXCHANGES):
        exchange()
    return EXCHANGES / (time.perf_counter() - began)


def _verdicts(sandbox: DockerSandbox, engine: Engine, image: str, script: Path, count: int) -> Row:
    """Programs that do nothing, so many at once; against the engine alone with the same containers. Each round begins
    and ends with as many containers waiting, so that each program has cost the making of one."""
    program = Program(script, command=("python3", "pass.py"))

    def ours(_: int) -> None:
        assert sandbox.run(program, LIMITS).verdict == Verdict.AC

    def control(_: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            made = engine.api.create_container(
                image=image, command=["python3", "-c", "pass"], user=f"{USER_ID}:{USER_ID}", environment=ENVIRONMENT,
                host_config=engine.api.create_host_config(
                    **walls(cell_of(LIMITS), folder=Path(folder), cgroup_parent=None, runtime=None)
                ),
            )  # fmt: skip
            engine.api.start(made["Id"])
            assert engine.api.wait(made["Id"])["StatusCode"] == 0
            engine.api.remove_container(made["Id"], v=True)

    rates: dict[str, list[float]] = {"ours": [], "control": []}
    for _ in range(2):
        for name, work in (("ours", ours), ("control", control)):
            for _ in range(count):
                sandbox.expect(LIMITS)
            _until(lambda: sandbox.waiting == count)
            began = time.perf_counter()
            with ThreadPoolExecutor(count) as pool:
                list(pool.map(work, range(PROGRAMS)))
            _until(lambda: sandbox.waiting == count)
            sandbox.settle()
            rates[name].append(PROGRAMS / (time.perf_counter() - began))
    return Row(
        f"verdicts, {count} at a time, all removed", "/s", statistics.median(rates["ours"]),
        "the engine's own containers", statistics.median(rates["control"]), goal=0.9, more_is_better=True,
    )  # fmt: skip


def _memory(sandbox: DockerSandbox, engine: Engine, entry: Path) -> Row:
    """What the host holds for each container that waits: the proportional set size of its processes and its shim."""
    for _ in range(WAITING):
        sandbox.expect(LIMITS)
    _until(lambda: sandbox.waiting == WAITING)
    time.sleep(0.5)  # they have waited: what they may need is loaded
    ids = [row["Id"] for row in engine.api.containers(filters={"label": f"podium.owner={OWNER}"})]
    held_kib = sum(_resident_kib(process) for process in Path("/proc").glob("[0-9]*") if _is_of(process, ids))
    with sandbox.open(Program(entry), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 20.0)
        channel.exchange(MESSAGE, 5.0)
        channel.close()
    program = session.close().memory_mib
    return Row(
        "memory of a container that waits, with its shim", "MiB", held_kib / 1024 / len(ids),
        "its limit", float(LIMITS.memory_mib), beside=f"a running one-line agent: {program:.1f} MiB more",
    )  # fmt: skip


def _is_of(process: Path, ids: list[str]) -> bool:
    """Whether a process is in one of these containers, or is the shim of one."""
    try:
        told = (process / "cgroup").read_text() + (process / "cmdline").read_text()
    except OSError:  # it is gone
        return False
    return any(container in told for container in ids)


def _resident_kib(process: Path) -> int:
    try:
        rows = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
    except OSError:
        return 0
    return int(rows["Pss"].split()[0])


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)
