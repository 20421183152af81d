"""A Docker sandbox of the test run's own, and the proof that it leaves nothing behind."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.images import PlayerImage, ensure_player_image
from sandbox.traces import traces as everything
from sandbox.types import Limits

OWNERS = "podium-tests-"
OWNER = f"{OWNERS}{os.getpid()}"
SMALL = Limits(cpu_seconds=1.0, wall_seconds=4.0, memory_mib=64, processes=16, output_kib=64, inodes=256, file_mib=16)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def player_image(engine: Engine) -> PlayerImage:
    return ensure_player_image(engine.api, lambda line: print(line, file=sys.stderr))


@pytest.fixture(scope="session")
def runtime_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox") / "run"


@pytest.fixture(scope="session")
def docker_sandbox(engine: Engine, player_image: PlayerImage, runtime_dir: Path) -> Iterator[DockerSandbox]:
    clear_up_after_killed_test_runs(engine, player_image, runtime_dir)
    sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=OWNER)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="session")
def attach_sandbox(
    docker_sandbox: DockerSandbox, player_image: PlayerImage, runtime_dir: Path
) -> Iterator[DockerSandbox]:
    """The same engine, used as one would be that runs elsewhere."""
    sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, talk="attach")
    yield sandbox
    sandbox.close()


def clear_up_after_killed_test_runs(engine: Engine, player_image: PlayerImage, runtime_dir: Path) -> None:
    owners = {
        row["Labels"]["podium.owner"] for row in engine.api.containers(all=True, filters={"label": "podium.owner"})
    }
    for owner in owners:
        process = owner.removeprefix(OWNERS).partition("-")[0]
        if owner.startswith(OWNERS) and not Path(f"/proc/{process}").exists():
            sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=owner)
            sandbox.reap()
            sandbox.close()


forgotten_socket = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)
"""The SDK forgets to close a socket with which it could not connect."""


@pytest.fixture
def collect_garbage() -> Iterator[None]:
    yield
    gc.collect()


def traces(engine: Engine, runtime_dir: Path) -> list[str]:
    """Whatever of this test run's programs is still on the host."""
    return everything(engine, owner=OWNER, runtime_dir=runtime_dir)


@pytest.fixture
def leaves_nothing(
    engine: Engine, runtime_dir: Path, docker_sandbox: DockerSandbox, attach_sandbox: DockerSandbox
) -> Iterator[None]:
    yield
    docker_sandbox.settle()
    attach_sandbox.settle()
    assert traces(engine, runtime_dir) == []
