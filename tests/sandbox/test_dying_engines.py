"""Engines that really die, stop, restart or fall silent under a run: no verdict comes of that, and nothing stays."""

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from docker.transport.unixconn import UnixHTTPConnection

from sandbox import cgroups
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineFailed, EngineUnavailable
from sandbox.handover import name_prefix
from sandbox.reach import Talk
from sandbox.types import Limits, Program
from sandbox.wire import Answered, Channel, Expired
from tests import private_engine
from tests.private_engine import IMAGE, PROC, PrivateEngine

pytestmark = [pytest.mark.docker, pytest.mark.own_engine, pytest.mark.kills]
OWNER = "podium-tests-dying"
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=40.0, memory_mib=64, file_mib=16)
ECHO = "def act(observation):\n    print('asked', flush=True)\n    return observation\n"
Way = Callable[[PrivateEngine], None]


def killed(engine: PrivateEngine) -> None:
    engine.reload()
    engine.send(signal.SIGKILL)
    engine.start()


def killed_with_all_its_helpers(engine: PrivateEngine) -> None:
    engine.reload()
    engine.send(signal.SIGKILL)
    engine.kill_shims()
    engine.start()


def stopped(engine: PrivateEngine) -> None:
    engine.reload()
    engine.send(signal.SIGTERM)
    engine.start()


def stopped_with_live_restore(engine: PrivateEngine) -> None:
    engine.reload("--live-restore")
    engine.send(signal.SIGTERM)
    engine.start()


def killed_with_live_restore(engine: PrivateEngine) -> None:
    engine.reload("--live-restore")
    engine.send(signal.SIGKILL)
    engine.start()


WAYS = [
    ("socket", killed_with_all_its_helpers),
    ("socket", stopped),
    ("socket", stopped_with_live_restore),
    ("socket", killed_with_live_restore),
    ("attach", killed),
    ("attach", stopped),
]


@pytest.fixture(autouse=True)
def nothing_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK forgets to close a socket with which it could not connect."""

    def connect(self: UnixHTTPConnection) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self.unix_socket)
        except OSError:
            self.sock.close()
            raise

    monkeypatch.setattr(UnixHTTPConnection, "connect", connect)


@pytest.fixture(scope="module")
def mortal() -> Iterator[PrivateEngine]:
    with private_engine.private_engine() as engine:
        yield engine


@pytest.fixture
def foreign(mortal: PrivateEngine) -> Iterator[set[str]]:
    """Containers of others, one of them another installation of ours."""
    made = set()
    engine = Engine(mortal.url)
    for labels in ({}, {"podium.owner": "somebody-else", "podium.session": "x"}):
        container = engine.api.create_container(
            image=IMAGE, command=["python3", "-c", "import time; time.sleep(600)"], labels=labels,
            host_config=engine.api.create_host_config(network_mode="none", init=True),
        )  # fmt: skip
        engine.api.start(container["Id"])
        made.add(container["Id"])
    engine.close()
    yield made
    engine = Engine(mortal.url)
    there = {row["Id"] for row in engine.api.containers(all=True)}
    for container_id in made & there:
        engine.api.remove_container(container_id, force=True)
    engine.close()
    assert made <= there, "what is not ours was removed"


@pytest.fixture
def sandbox(mortal: PrivateEngine, talk: Talk, foreign: set[str]) -> Iterator[DockerSandbox]:
    run = mortal.folder / "run"
    sandbox = DockerSandbox(
        image=IMAGE, runtime_dir=run, owner=OWNER, engine_url=mortal.url, talk=talk, call_seconds=5, pool_size=1
    )
    yield sandbox
    sandbox.close()
    sweeper = DockerSandbox(image=IMAGE, runtime_dir=run, owner=OWNER, engine_url=mortal.url)
    sweeper.reap()
    assert sweeper.alarms.standing() is None
    sweeper.close()
    assert left_on_host(mortal, foreign) == []


def left_on_host(mortal: PrivateEngine, foreign: set[str]) -> list[str]:
    """Whatever of a run is still there: containers, processes, groups, mounts, folders."""
    engine = Engine(mortal.url)
    facts = engine.facts()
    layout = cgroups.Layout(facts.cgroup_version, facts.cgroup_driver)
    rows = engine.api.containers(all=True)
    engine.close()
    prefix = name_prefix(OWNER)
    left = [f"container {row['Id']}" for row in rows if row["Id"] not in foreign]
    left += [f"group {path}" for top in layout.hierarchies() for path in top.glob(f"*/*{prefix}*")]
    left += [f"folder {folder}" for folder in (mortal.folder / "run").iterdir() if folder.is_dir()]
    for path in PROC.iterdir():
        with contextlib.suppress(OSError):
            if path.name.isdigit() and prefix in (path / "cgroup").read_text():
                left.append(f"process {path.name}")
    shims = [command.decode().split("\0") for command in mortal.processes().values()]
    named = {line[line.index("-id") + 1] for line in shims if "-id" in line}
    left += [f"shim {name}" for name in named - foreign]
    left += [f"mount {mount}" for mount in mortal.mounts() if mount.endswith("/merged") and not foreign]
    return left


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    (tmp_path / "agent.py").write_text(ECHO)
    return tmp_path / "agent.py"


def plays(sandbox: DockerSandbox, echo: Path) -> None:
    """A run that works, once the engine does again."""
    with sandbox.open(Program(echo), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 20.0)
        assert channel.exchange(1, 5.0) == Answered(1, b"1")
        assert session.close().verdict == "AC"
        channel.close()


@pytest.mark.parametrize(("talk", "die"), WAYS)
def test_an_engine_that_dies_leaves_no_verdict_and_no_trace_and_the_next_run_works(
    mortal: PrivateEngine, sandbox: DockerSandbox, echo: Path, tmp_path: Path, die: Way
) -> None:
    """One agent in conversation, one program on its own, and one box that waits."""
    session = sandbox.open(Program(echo), LIMITS)
    channel = Channel(session.channel)
    channel.exchange({}, 20.0)
    assert channel.exchange(0, 5.0) == Answered(0, b"0")
    (tmp_path / "a.py").write_text("import time\ntime.sleep(60)\n")
    with ThreadPoolExecutor(2) as threads:
        lonely = threads.submit(sandbox.run, Program(tmp_path / "a.py", command=("python3", "a.py")), LIMITS)
        until(lambda: len(running(mortal, sandbox)) == 3, "a box waits and two programs run")
        dying = threads.submit(die, mortal)
        number = 0
        while not dying.done():
            channel.exchange(number := number + 1, 1.0)
        dying.result()
        with pytest.raises((EngineFailed, EngineUnavailable)):
            lonely.result()
    with pytest.raises(EngineFailed):
        session.close()
    channel.close()
    for _ in range(2):
        plays(sandbox, echo)


def running(mortal: PrivateEngine, sandbox: DockerSandbox) -> list[str]:
    engine = Engine(mortal.url)
    rows = engine.api.containers(filters={"label": f"podium.owner={OWNER}"})
    engine.close()
    return [row["Id"] for row in rows]


def until(holds: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s: {what}"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("talk", "prints", "judged"),
    [("socket", "", True), ("socket", "print('x' * 100_000)", False), ("attach", "", False)],
)
def test_an_engine_that_is_away_for_a_while_makes_nobody_late(
    mortal: PrivateEngine, sandbox: DockerSandbox, tmp_path: Path, prints: str, judged: bool
) -> None:
    """By the socket an agent does not notice, unless it waits until its log is taken; by the stream it does."""
    (tmp_path / "agent.py").write_text(f"def act(observation):\n    {prints}\n    return observation\n")
    session = sandbox.open(Program(tmp_path / "agent.py"), replace(LIMITS, output_kib=8192))
    channel = Channel(session.channel)
    channel.exchange({}, 20.0)
    mortal.send(signal.SIGSTOP)
    again = threading.Timer(3.5, mortal.send, [signal.SIGCONT])
    again.start()
    try:
        replies = [channel.exchange(number, 1.0) for number in range(5)]
    finally:
        again.join()
    if judged:
        assert replies == [Answered(number, str(number).encode()) for number in range(5)]
        assert session.close().verdict == "AC"
    else:
        assert Expired() in replies
        with pytest.raises(EngineFailed):
            session.close()
    channel.close()
    plays(sandbox, tmp_path / "agent.py")
