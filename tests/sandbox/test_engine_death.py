"""A Docker engine of the test's own, killed in mid-run: our fault, told as such, and nothing is left once it is back."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import cgroups
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineFailed, EngineUnavailable
from sandbox.handover import name_prefix
from sandbox.images import ensure_player_image
from sandbox.types import Limits, Program
from sandbox.wire import Answered, Channel

OWNER = f"podium-dying-{os.getpid()}"
START_SECONDS = 30.0


class OwnEngine:
    """A dockerd with folders, socket and container runtime of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        folder = self.folder
        (folder / "pid").unlink(missing_ok=True)
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["dockerd", "--data-root", folder / "root", "--exec-root", folder / "exec", "--pidfile", folder / "pid",
                 "-H", self.url, "--bridge=none", "--iptables=false"],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                Engine(self.url).close()
            except EngineUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def die(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(30)


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[OwnEngine]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("a dockerd of one's own needs root and dockerd")
    engine = OwnEngine(tmp_path)
    engine.start()
    yield engine
    engine.die(signal.SIGTERM)
    shutil.rmtree(tmp_path)


@pytest.mark.docker
@pytest.mark.kills
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_dies_is_our_fault_and_what_it_left_is_reaped(own_engine: OwnEngine, tmp_path: Path) -> None:
    engine = Engine(own_engine.url)
    image = ensure_player_image(engine.api, lambda line: None, base="host")
    facts = engine.facts()
    engine.close()
    (tmp_path / "agent.py").write_text("def act(observation):\n    return observation\n")
    sandbox = DockerSandbox(
        image=image.content, runtime_dir=tmp_path / "run", owner=OWNER, engine_url=own_engine.url, call_seconds=3
    )
    for how in (signal.SIGTERM, signal.SIGKILL):
        session = sandbox.open(Program(tmp_path / "agent.py"), Limits())
        channel = Channel(session.channel)
        assert channel.exchange({}, 20.0) == Answered({"ready": True}, b'{"ready":true}')
        own_engine.die(how)
        with pytest.raises(EngineFailed):
            session.close()
        channel.close()
        own_engine.start()
        assert (sandbox.reap(), sandbox.reap()) == (1, 0)
    sandbox.close()
    layout = cgroups.Layout(facts.cgroup_version, facts.cgroup_driver)
    assert [path for top in layout.hierarchies() for path in top.glob(f"*/*{name_prefix(OWNER)}*")] == []
    assert list((tmp_path / "run").iterdir()) == []
