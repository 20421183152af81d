"""Boxes that wait: which, how many, and what becomes of those that die while they do."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import pool as pools
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineFailed, EngineUnavailable
from sandbox.images import PlayerImage
from sandbox.pool import Pool
from sandbox.types import Limits, Program
from sandbox.wire import Answered, Channel
from tests.engine_proxy import Proxy
from tests.sandbox.conftest import OWNER, SMALL, forgotten_socket, traces

A, B = Limits(memory_mib=64), Limits(memory_mib=128)


class FakeBox:
    def __init__(self, cell: Limits) -> None:
        self.cell = cell
        self.alive = True

    def waits(self) -> bool:
        return self.alive


class Workshop:
    """Makes boxes, and remembers who made them and which were buried."""

    def __init__(self) -> None:
        self.made: list[FakeBox] = []
        self.buried: list[FakeBox] = []
        self.failure: Exception | None = None
        self.callers: list[str] = []

    def make(self, cell: Limits) -> FakeBox:
        self.callers.append(threading.current_thread().name)
        if self.failure is not None:
            raise self.failure
        box = FakeBox(cell)
        self.made.append(box)
        return box


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr(pools, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(pools, "PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(pools, "QUIET_SECONDS", 0.0)
    return Workshop()


@pytest.fixture
def pool(workshop: Workshop) -> Iterator[Pool]:
    pool = Pool(workshop.make, size=2, bury=workshop.buried.append)
    yield pool
    pool.close()


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)


def test_what_is_expected_waits_and_is_taken_without_making_another(pool: Pool, workshop: Workshop) -> None:
    pool.expect(A)
    eventually(lambda: pool.waiting() == 1)
    box = pool.take(A)
    assert box is workshop.made[0]
    assert threading.main_thread().name not in workshop.callers


def test_a_box_is_given_to_one_taker_only(pool: Pool, workshop: Workshop) -> None:
    taken = []
    for _ in range(5):
        eventually(lambda: not taken or pool.waiting() > 0)
        taken.append(pool.take(A))
    assert len(set(map(id, taken))) == 5


def test_what_nobody_made_yet_is_made_while_its_taker_waits(pool: Pool, workshop: Workshop) -> None:
    assert pool.take(A).cell == A
    assert workshop.callers[0] == threading.main_thread().name


def test_there_are_as_many_as_were_asked_for_lately_and_no_more(pool: Pool, workshop: Workshop) -> None:
    for _ in range(9):
        pool.expect(A)
    eventually(lambda: pool.waiting() == 2)
    time.sleep(0.1)
    assert len(workshop.made) == 2


def test_what_nobody_asks_for_any_more_is_let_go(pool: Pool, workshop: Workshop) -> None:
    pool.expect(A)
    pool.expect(A)
    eventually(lambda: pool.waiting() == 2)
    pool.expect(B)
    pool.expect(B)
    eventually(lambda: len(workshop.buried) == 2 and pool.waiting() == 2)
    assert {box.cell for box in workshop.buried} == {A}
    assert pool.take(B).cell == B


def test_a_box_that_died_while_it_waited_is_not_given_to_anybody(
    pool: Pool, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.expect(A)
    eventually(lambda: pool.waiting() == 1)
    workshop.made[0].alive = False
    box = pool.take(A)
    assert box is not workshop.made[0]
    assert workshop.made[0] in workshop.buried


def test_one_that_died_is_replaced_before_anybody_asks(pool: Pool, workshop: Workshop) -> None:
    pool.expect(A)
    eventually(lambda: pool.waiting() == 1)
    workshop.made[0].alive = False
    eventually(lambda: workshop.made[0] in workshop.buried and pool.waiting() == 1)


def test_while_none_can_be_made_the_pool_pauses_and_then_goes_on(pool: Pool, workshop: Workshop) -> None:
    workshop.failure = EngineFailed("away")
    pool.expect(A)
    time.sleep(0.3)
    assert 0 < len(workshop.callers) < 10
    workshop.failure = None
    eventually(lambda: pool.waiting() == 1)


def test_a_taker_is_told_why_none_can_be_made(pool: Pool, workshop: Workshop) -> None:
    workshop.failure = EngineFailed("away")
    with pytest.raises(EngineFailed, match="away"):
        pool.take(A)


def test_a_host_without_memory_keeps_none_waiting_but_serves(
    pool: Pool, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9999999 kB\nMemAvailable:  300000 kB\n")
    monkeypatch.setattr(pools, "MEMINFO", tmp_path / "meminfo")
    assert pools.available_mib() == 292
    pool.expect(A)
    time.sleep(0.2)
    assert pool.waiting() == 0
    assert pool.take(A).cell == A


def test_a_system_that_does_not_say_how_much_memory_it_has_can_bear_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MEMINFO", tmp_path / "none")
    assert pools.bearable(A)


def test_of_size_zero_nothing_waits_and_no_thread_is_started(workshop: Workshop) -> None:
    pool = Pool(workshop.make, size=0, bury=workshop.buried.append)
    pool.expect(A)
    assert pool.take(A).cell == A
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sandbox-pool")]
    pool.close()


def test_closing_lets_every_box_go_and_ends_the_threads(workshop: Workshop) -> None:
    pool = Pool(workshop.make, size=2, bury=workshop.buried.append)
    pool.expect(A)
    pool.expect(B)
    eventually(lambda: pool.waiting() == 2)
    pool.close()
    assert sorted(map(id, workshop.buried)) == sorted(map(id, workshop.made))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sandbox-pool")]


# ---------------------------------------------------------------------------------------------------------------------
# With real containers


ECHO = "def act(observation):\n    return observation\n"


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    (tmp_path / "agent.py").write_text(ECHO)
    return tmp_path / "agent.py"


@pytest.fixture
def warm(player_image: PlayerImage, runtime_dir: Path, leaves_nothing: None) -> Iterator[DockerSandbox]:
    sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, pool_size=1)
    sandbox.expect(SMALL)
    eventually(lambda: sandbox.waiting == 1)
    yield sandbox
    sandbox.close()


def play(sandbox: DockerSandbox, echo: Path) -> object:
    with sandbox.open(Program(echo), SMALL) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 20.0)
        reply = channel.exchange(7, 10.0)
        assert session.close().verdict == "AC"
        channel.close()
        return reply


@pytest.mark.docker
def test_a_waiting_container_serves_one_program_and_is_gone(
    warm: DockerSandbox, engine: Engine, echo: Path, runtime_dir: Path
) -> None:
    (before,) = ours(engine)
    assert play(warm, echo) == Answered(7, b"7")
    warm.settle()
    eventually(lambda: warm.waiting == 1)
    (after,) = ours(engine)
    assert after != before


@pytest.mark.docker
def test_limits_that_differ_only_in_time_and_output_share_a_container(warm: DockerSandbox, engine: Engine) -> None:
    (before,) = ours(engine)
    warm.expect(Limits(**{**{name: getattr(SMALL, name) for name in SMALL.__dataclass_fields__}, "cpu_seconds": 9.0}))
    time.sleep(0.2)
    assert ours(engine) == [before]


@pytest.mark.docker
def test_a_container_that_dies_while_it_waits_is_replaced(warm: DockerSandbox, engine: Engine, echo: Path) -> None:
    (before,) = ours(engine)
    engine.api.kill(before)
    assert play(warm, echo) == Answered(7, b"7")


@pytest.mark.docker
@forgotten_socket
@pytest.mark.usefixtures("collect_garbage")
def test_what_waited_under_an_engine_that_died_is_not_used(
    player_image: PlayerImage, runtime_dir: Path, tmp_path: Path, echo: Path, engine: Engine,
    docker_sandbox: DockerSandbox, leaves_nothing: None,
) -> None:  # fmt: skip
    proxy = Proxy(tmp_path / "engine.sock")
    sandbox = DockerSandbox(
        image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, pool_size=1, engine_url=proxy.url,
        call_seconds=1,
    )  # fmt: skip
    sandbox.expect(SMALL)
    eventually(lambda: sandbox.waiting == 1)
    proxy.die()
    with pytest.raises(EngineUnavailable):
        sandbox.open(Program(echo), SMALL)
    eventually(lambda: sandbox.waiting == 0)
    sandbox.close()
    docker_sandbox.reap()


@pytest.mark.docker
def test_a_pool_whose_process_is_killed_is_reaped_by_the_next(
    docker_sandbox: DockerSandbox, warm: DockerSandbox, engine: Engine, runtime_dir: Path
) -> None:
    assert docker_sandbox.reap() == 0
    assert len(ours(engine)) == 1
    assert docker_sandbox.reap(owner=OWNER) == 1
    eventually(lambda: warm.waiting == 1)


@pytest.mark.docker
def test_closing_a_sandbox_leaves_nothing_of_what_waited(
    player_image: PlayerImage, runtime_dir: Path, engine: Engine
) -> None:
    sandbox = DockerSandbox(image=player_image.content, runtime_dir=runtime_dir, owner=OWNER, pool_size=2)
    sandbox.expect(SMALL)
    sandbox.expect(SMALL)
    eventually(lambda: sandbox.waiting > 0)
    sandbox.close()
    assert traces(engine, runtime_dir) == []


def ours(engine: Engine) -> list[str]:
    return [row["Id"] for row in engine.api.containers(all=True, filters={"label": f"podium.owner={OWNER}"})]
