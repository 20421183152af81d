"""Where this host and its engine share nothing, programs are talked to over the engine's own interface."""

import threading
from pathlib import Path
from typing import Any

import pytest

from sandbox import box
from sandbox.cgroups import Layout
from sandbox.container import Container, walls
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineFailed, EngineUnavailable
from sandbox.images import PlayerImage
from sandbox.reach import Reach
from sandbox.types import Program
from sandbox.wire import Answered, Channel
from tests.engine_proxy import Proxy
from tests.sandbox.conftest import OWNER, SMALL

LONG = b'[1,"' + b"x" * 100_000 + b'"]'
ECHO = "def act(observation):\n    return observation\n"


class Url:
    def __init__(self, *, local: bool) -> None:
        self.local = local


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "cgroup.controllers").touch()
    return Layout(2, "cgroupfs", tmp_path, may_own=True)


@pytest.mark.parametrize(
    ("local", "talk", "by_stream", "groups"),
    [
        (True, "auto", False, True),
        (True, "socket", False, True),
        (True, "attach", True, False),
        (False, "auto", True, False),
        (False, "socket", False, False),
    ],
)
def test_what_can_be_said_before_anything_was_tried(
    layout: Layout, local: bool, talk: str, by_stream: bool, groups: bool
) -> None:
    reach = Reach(Url(local=local), layout, talk)
    assert (reach.by_stream, reach.groups) == (by_stream, groups)


def test_the_first_that_does_not_come_up_is_tried_over_the_stream_and_that_is_remembered(layout: Layout) -> None:
    reach = Reach(Url(local=True), layout, "auto")
    tried: list[bool] = []

    def make() -> bool:
        tried.append(reach.by_stream)
        if not reach.by_stream:
            raise EngineFailed("the runner did not come up")
        return True

    assert [reach.try_out(make) for _ in range(3)] == [True] * 3
    assert tried == [False, True, True, True]


def test_what_worked_once_is_not_doubted_again(layout: Layout) -> None:
    reach = Reach(Url(local=True), layout, "auto")
    assert reach.try_out(lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        reach.try_out(lambda: 1 // 0)
    failing = iter([EngineFailed("now")])

    def fail() -> None:
        raise next(failing)

    with pytest.raises(EngineFailed, match="now"):
        reach.try_out(fail)
    assert not reach.by_stream


def test_where_nothing_works_the_first_reason_is_given_and_all_is_tried_again(layout: Layout) -> None:
    reach = Reach(Url(local=True), layout, "auto")

    def fail() -> None:
        raise EngineUnavailable("away") if reach.by_stream else EngineFailed("the socket")

    for _ in range(2):
        with pytest.raises(EngineFailed, match="the socket"):
            reach.try_out(fail)
        assert not reach.by_stream


def test_an_engine_that_is_away_says_nothing_about_sockets(layout: Layout) -> None:
    reach = Reach(Url(local=True), layout, "auto")
    with pytest.raises(EngineUnavailable):
        reach.try_out(lambda: (_ for _ in ()).throw(EngineUnavailable("away")))
    assert reach.try_out(lambda: reach.by_stream) is False


def test_several_threads_find_out_once(layout: Layout) -> None:
    reach = Reach(Url(local=True), layout, "auto")
    tried: list[bool] = []

    def make() -> None:
        tried.append(reach.by_stream)
        if not reach.by_stream:
            raise EngineFailed("no socket")

    threads = [threading.Thread(target=reach.try_out, args=(make,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tried) == [False, *[True] * 8]


def conversation(sandbox: DockerSandbox, folder: Path) -> None:
    (folder / "agent.py").write_text(ECHO)
    with sandbox.open(Program(folder / "agent.py"), SMALL) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 20.0)
        assert channel.exchange([1, "x" * 100_000], 5.0) == Answered([1, "x" * 100_000], LONG)
        assert session.close().verdict == "AC"
        channel.close()


def without_the_folder(*arguments: Any, **named: Any) -> dict[str, Any]:
    return walls(*arguments, **named | {"folder": None})


@pytest.mark.docker
@pytest.mark.usefixtures("leaves_nothing")
class TestAnEngine:
    def test_on_another_machine_is_talked_to_by_its_address(
        self, engine: Engine, player_image: PlayerImage, runtime_dir: Path, tmp_path: Path
    ) -> None:
        far = Proxy(None)
        sandbox = DockerSandbox(
            image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, engine_url=far.url, pool_size=1
        )
        try:
            for _ in range(2):
                conversation(sandbox, tmp_path)
        finally:
            sandbox.close()
            far.die()

    def test_whose_containers_cannot_reach_our_socket_is_talked_to_over_its_stream(
        self,
        player_image: PlayerImage,
        runtime_dir: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(box, "walls", without_the_folder)
        sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=OWNER)
        try:
            for _ in range(2):
                conversation(sandbox, tmp_path)
        finally:
            sandbox.close()
        assert [record.message for record in caplog.records if "stream is used" in record.message] != []

    def test_that_is_to_be_reached_by_a_socket_and_cannot_be_is_said(
        self, player_image: PlayerImage, runtime_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(box, "walls", without_the_folder)
        sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, talk="socket")
        with pytest.raises(EngineFailed, match="did not come up"):
            conversation(sandbox, tmp_path)
        sandbox.close()

    def test_leaves_no_group_of_a_container_that_ended_before_it_could_be_measured(
        self, player_image: PlayerImage, runtime_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start = Container.start

        def start_and_end(container: Container) -> None:
            start(container)
            container.wait_for_end()

        monkeypatch.setattr(Container, "start", start_and_end)
        monkeypatch.setattr(box, "walls", without_the_folder)
        sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, talk="socket")
        with pytest.raises(EngineFailed, match="did not come up"):
            conversation(sandbox, tmp_path)
        sandbox.close()
