"""What only the Docker backend does: its image, its labels, its clean-up after crashes, and engines that fail."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient
from docker.errors import APIError

from sandbox import cgroups, images
from sandbox.container import Container
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineFailed, EngineUnavailable, ImageMissing, NotClean
from sandbox.handover import record_of
from sandbox.images import PlayerImage
from sandbox.types import Limits, Program, Verdict
from sandbox.wire import Answered, Channel
from tests.engine_proxy import Proxy
from tests.sandbox.conftest import OWNER, SMALL, forgotten_socket, traces

ECHO = "def act(observation):\n    return observation\n"


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    (tmp_path / "agent.py").write_text(ECHO)
    return tmp_path / "agent.py"


@pytest.mark.docker
class TestTheImage:
    def test_that_is_there_is_not_made_again(self, engine: Engine, player_image: PlayerImage) -> None:
        said: list[str] = []
        assert images.ensure_player_image(engine.api, said.append) == player_image
        assert said == []

    def test_says_what_it_holds(self, player_image: PlayerImage) -> None:
        assert "CPython 3." in player_image.contents
        assert "numpy" in player_image.contents

    def test_is_found_by_its_content(self, docker_sandbox: DockerSandbox, player_image: PlayerImage) -> None:
        assert docker_sandbox.image == player_image.content
        assert len(player_image.content) == 64

    @pytest.mark.parametrize("image", ["0" * 64, "podium-player:nothing"])
    def test_that_is_missing_is_said(self, tmp_path: Path, image: str) -> None:
        with pytest.raises(ImageMissing):
            DockerSandbox(image=image, runtime_dir=tmp_path, owner=OWNER)

    def test_of_somebody_else_is_not_taken(self, engine: Engine, player_image: PlayerImage, tmp_path: Path) -> None:
        bases = [tag for image in engine.api.images("podium-base") for tag in image["RepoTags"] or ()]
        for base in bases[:1]:
            with pytest.raises(EngineFailed, match="not a player image"):
                DockerSandbox(image=base, runtime_dir=tmp_path, owner=OWNER)


@pytest.mark.docker
@pytest.mark.usefixtures("leaves_nothing")
class TestASandbox:
    def test_serves_many_threads_at_once(self, docker_sandbox: DockerSandbox, echo: Path) -> None:
        def play(number: int) -> object:
            with docker_sandbox.open(Program(echo), SMALL) as session:
                channel = Channel(session.channel)
                channel.exchange({}, 20.0)
                reply = channel.exchange(number, 10.0)
                session.close()
                channel.close()
                return reply

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(play, range(6))) == [Answered(n, str(n).encode()) for n in range(6)]
        assert not [thread for thread in threading.enumerate() if thread.name == "sandbox-monitor"]

    def test_hands_its_channel_to_another_process(self, docker_sandbox: DockerSandbox, echo: Path) -> None:
        code = (
            "import socket, sys\nfrom sandbox.wire import Channel\n"
            "channel = Channel(socket.socket(fileno=int(sys.argv[1])))\n"
            "print(channel.exchange({}, 10).value, channel.exchange(5, 5).value)\n"
        )
        with docker_sandbox.open(Program(echo), SMALL) as session:
            fd = session.channel.fileno()
            done = subprocess.run(
                [sys.executable, "-c", code, str(fd)], pass_fds=[fd], capture_output=True, text=True, check=True,
                cwd=Path(__file__).parents[2],
            )  # fmt: skip
            assert done.stdout == "{'ready': True} 5\n"
            session.channel.close()

    def test_labels_what_it_runs(
        self, docker_sandbox: DockerSandbox, engine: Engine, echo: Path, runtime_dir: Path
    ) -> None:
        docker_sandbox.settle()
        with docker_sandbox.open(Program(echo, labels={"submission": "7"}), SMALL) as session:
            (row,) = engine.api.containers(filters={"label": f"podium.owner={OWNER}"})
            record = record_of(runtime_dir / row["Labels"]["podium.session"])
            assert record is not None and record.labels == {"submission": "7"}
            assert record.deadline is not None and time.time() < record.deadline < time.time() + 200
            session.channel.close()

    def test_reaps_what_is_named_by_labels_and_nothing_else(
        self, docker_sandbox: DockerSandbox, echo: Path, runtime_dir: Path
    ) -> None:
        seventh = docker_sandbox.open(Program(echo, labels={"submission": "7"}), SMALL)
        eighth = docker_sandbox.open(Program(echo, labels={"submission": "8"}), SMALL)
        assert docker_sandbox.reap() == 0
        assert docker_sandbox.reap(submission="7") == 1
        with pytest.raises(EngineFailed):
            seventh.close()
        assert eighth.close().verdict == "AC"

    def test_whose_process_was_killed_is_reaped_by_the_next(
        self, docker_sandbox: DockerSandbox, engine: Engine, runtime_dir: Path, echo: Path, player_image: PlayerImage
    ) -> None:
        code = (
            "import sys, time\nfrom pathlib import Path\nfrom sandbox.docker import DockerSandbox\n"
            "from sandbox.types import Limits, Program\n"
            "sandbox = DockerSandbox(image=sys.argv[1], runtime_dir=Path(sys.argv[2]), owner=sys.argv[3])\n"
            "session = sandbox.open(Program(Path(sys.argv[4])), Limits())\nprint('open', flush=True)\ntime.sleep(60)\n"
        )
        arguments = [player_image.content, str(runtime_dir), OWNER, str(echo)]
        with subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
            process.send_signal(signal.SIGKILL)
        assert len(traces(engine, runtime_dir)) > 2
        assert docker_sandbox.reap() == 1
        assert docker_sandbox.reap() == 0

    def test_kills_what_outlives_a_container_and_says_so(
        self,
        docker_sandbox: DockerSandbox,
        engine: Engine,
        runtime_dir: Path,
        echo: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        facts = engine.facts()
        layout = cgroups.Layout(facts.cgroup_version, facts.cgroup_driver)
        session = docker_sandbox.open(Program(echo), SMALL)
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as survivor:
            docker_sandbox.settle()
            (folder,) = [path for path in runtime_dir.iterdir() if path.is_dir()]
            for group in layout.folders(folder.name):
                if group.exists() and "cpuset" not in group.parts:
                    (group / "cgroup.procs").write_text(str(survivor.pid))
            assert session.close().verdict == "AC"
            assert survivor.wait(5) == -signal.SIGKILL
        docker_sandbox.settle()
        assert "outlived container" in caplog.text
        assert "outlived container" in docker_sandbox.alarms.told()[-1]
        assert docker_sandbox.ready()

    def test_raises_an_alarm_for_what_cannot_be_removed(
        self, docker_sandbox: DockerSandbox, echo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = docker_sandbox.open(Program(echo), SMALL)

        def stuck(layout: cgroups.Layout, name: str, **_: str) -> int:
            raise NotClean(f"{name} stays")

        with monkeypatch.context() as patch:
            patch.setattr(cgroups, "remove", stuck)
            assert session.close().verdict == "AC"
            docker_sandbox.settle()
            with pytest.raises(NotClean):
                docker_sandbox.reap()
        assert not docker_sandbox.ready()
        with pytest.raises(NotClean, match="stays"):
            docker_sandbox.open(Program(echo), SMALL)
        assert docker_sandbox.reap() == 1
        assert docker_sandbox.ready()

    def test_takes_peak_memory_and_cpu_of_the_program(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("x = bytearray(40 << 20)\nfor _ in range(3_000_000): pass\n")
        result = docker_sandbox.run(Program(tmp_path / "a.py", command=("python3", "a.py")), SMALL)
        assert 40 < result.memory_mib <= 76
        assert 0.02 < result.cpu_seconds < 1.0

    def test_gives_a_fraction_of_a_processor(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("while True: pass")
        limits = replace(SMALL, cpus=0.25, wall_seconds=1.0)
        result = docker_sandbox.run(Program(tmp_path / "a.py", command=("python3", "a.py")), limits)
        assert result.verdict is Verdict.TLE
        assert result.cpu_seconds < 0.5

    def test_runs_an_executable_that_was_put_there(self, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
        (tmp_path / "tool").write_text("#!/bin/sh\necho $0 $1\n")
        result = docker_sandbox.run(Program(tmp_path / "tool", command=("./tool", "x")), SMALL)
        assert (result.verdict, result.stdout) == (Verdict.AC, "./tool x\n")


def test_an_engine_that_is_not_there_is_said_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"sh docker/engine\.sh"):
        DockerSandbox(image="x", runtime_dir=tmp_path, owner=OWNER, engine_url=f"unix://{tmp_path}/none.sock")


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path / "engine.sock")
    yield proxy
    proxy.die()


@pytest.fixture
def fragile(proxy: Proxy, player_image: PlayerImage, runtime_dir: Path) -> Iterator[DockerSandbox]:
    sandbox = DockerSandbox(
        image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, engine_url=proxy.url, call_seconds=1
    )
    yield sandbox
    sandbox.close()


@pytest.mark.docker
@forgotten_socket
@pytest.mark.usefixtures("leaves_nothing", "collect_garbage")
class TestAnEngineThatFails:
    def test_in_mid_run_is_our_fault_and_what_is_left_is_reaped(
        self, fragile: DockerSandbox, proxy: Proxy, docker_sandbox: DockerSandbox, echo: Path
    ) -> None:
        session = fragile.open(Program(echo), SMALL)
        proxy.die()
        for _ in range(2):
            with pytest.raises(EngineFailed):
                session.close()
        fragile.settle()
        session.channel.close()
        assert docker_sandbox.reap() == 1

    def test_by_falling_silent_does_not_hang_us(
        self, fragile: DockerSandbox, proxy: Proxy, docker_sandbox: DockerSandbox, echo: Path
    ) -> None:
        session = fragile.open(Program(echo), SMALL)
        proxy.silent = True
        began = time.monotonic()
        assert session.close().verdict == "AC"
        fragile.settle()
        assert time.monotonic() - began < 15
        session.channel.close()
        assert docker_sandbox.reap() == 1

    def test_while_a_container_is_made_is_our_fault_too(self, fragile: DockerSandbox, proxy: Proxy, echo: Path) -> None:
        assert fragile.ready()
        proxy.die()
        assert not fragile.ready()
        with pytest.raises(EngineUnavailable):
            fragile.open(Program(echo), SMALL)


@pytest.mark.docker
def test_a_container_that_the_engine_is_busy_with_is_removed_when_it_can_be(
    docker_sandbox: DockerSandbox, engine: Engine, echo: Path, leaves_nothing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = docker_sandbox.open(Program(echo), SMALL)
    remove, calls = APIClient.remove_container, []

    def busy(api: APIClient, *arguments: Any, **named: Any) -> None:
        calls.append(arguments)
        if len(calls) < 3:
            raise APIError("removal of container is already in progress")
        remove(api, *arguments, **named)

    monkeypatch.setattr(APIClient, "remove_container", busy)
    assert session.close().verdict == "AC"
    session.channel.close()
    docker_sandbox.settle()
    assert len(calls) == 3


@pytest.mark.docker
def test_a_container_removed_by_others_is_our_fault(
    docker_sandbox: DockerSandbox, engine: Engine, echo: Path, leaves_nothing: None
) -> None:
    session = docker_sandbox.open(Program(echo), Limits())
    for row in engine.api.containers(filters={"label": f"podium.owner={OWNER}"}):
        Container(engine, row["Id"]).remove()
    with pytest.raises(EngineFailed):
        session.close()
