"""The check of a host: it passes where all holds, and notices each wall that is taken away."""

import ctypes
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import box, check, container, fairness, speed
from sandbox.check import Report, Where
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.exhibits import Exhibit, read_corpus
from sandbox.fairness import Fairness, loaded
from sandbox.images import PlayerImage
from sandbox.languages import by_slug
from sandbox.listener import Listener
from sandbox.traces import traces
from sandbox.trials import Surroundings, Trial, try_exhibit
from tests.sandbox.conftest import OWNER

pytestmark = pytest.mark.docker

Walls = dict[str, Any]
Change = Callable[[Walls], None]


def exhibit(name: str) -> Exhibit:
    return next(exhibit for exhibit in read_corpus() if exhibit.name == name)


@pytest.fixture
def where(engine: Engine, player_image: PlayerImage, tmp_path: Path) -> Where:
    def make(pool_size: int) -> DockerSandbox:
        return DockerSandbox(
            image=player_image.content, runtime_dir=tmp_path / "run", owner=f"{OWNER}-check", pool_size=pool_size
        )

    (tmp_path / "scratch").mkdir()
    return Where(engine, make, f"{OWNER}-check", tmp_path / "run", tmp_path / "scratch")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "SPREAD_RUNS", 2)
    monkeypatch.setattr(speed, "ROUNDS", 1)
    monkeypatch.setattr(speed, "AT_ONCE", {1: 1, 2: 2})


def checked(where: Where, *names: str, **more: Any) -> Report:
    python = by_slug("python")
    assert python is not None
    return check.check(
        where,
        progress=more.pop("progress", lambda *_: None),
        stop=more.pop("stop", threading.Event()),
        fair_runs=more.pop("fair_runs", 1),
        exhibits=[exhibit(name) for name in names],
        languages=[python],
    )


@pytest.mark.usefixtures("quick")
def test_a_host_where_all_holds_is_proven_and_told_in_figures(where: Where) -> None:
    told: list[tuple[str, int, int]] = []
    report = checked(where, "privileges", "network", progress=lambda *step: told.append(step))
    assert report.ok, report.problems
    document = json.loads(json.dumps(report.to_json()))
    assert document["ok"]
    assert [trial["name"] for trial in document["exhibits"]] == ["network", "privileges"]
    assert all(trial["ok"] and trial["tries"] and trial["must"] for trial in document["exhibits"])
    assert document["fairness"]["under_accepted"] == document["fairness"]["over_late"] == 1
    assert document["spread"]["least_seconds"] > 0
    assert document["latency"]["warm_ms"] > 0
    assert document["latency"]["cold_ms"] > 0
    assert set(document["throughput"]) == {"1", "2"}
    assert document["languages"] == [{"language": "python", "ok": True, "why": ""}]
    assert document["cleanup"] == {"ok": True, "left": []}
    assert {"engine", "kernel", "runtime", "cgroups", "facts"} <= set(document["host"])
    assert {"seccomp", "swap limit", "process limit"} <= {fact["name"] for fact in document["host"]["facts"]}
    assert {stage for stage, done, of in told if done == of} == {
        "corpus", "fairness", "languages", "speed", "clean-up",
    }  # fmt: skip


@pytest.mark.usefixtures("quick")
def test_an_exhibit_that_comes_to_something_else_is_a_problem_with_a_cure(
    where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away(monkeypatch, lambda walls: walls.update(cap_drop=[]))
    report = checked(where, "privileges", fair_runs=0)
    assert not report.ok
    [problem] = report.problems
    assert problem.part == "privileges"
    assert "HOLE CapBnd" in problem.seen
    assert problem.cure


@pytest.mark.usefixtures("quick")
def test_what_is_left_is_a_problem(where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "traces", lambda *_, **__: ["container 0123456789ab (running)"])
    report = checked(where, fair_runs=0)
    assert [problem.part for problem in report.problems] == ["clean-up"]
    assert report.to_json()["cleanup"] == {"ok": False, "left": ["container 0123456789ab (running)"]}


@pytest.mark.usefixtures("quick")
def test_an_unfair_clock_is_a_problem(where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "UNDER", 1.3)
    report = checked(where)
    assert [problem.part for problem in report.problems] == ["fairness"]
    assert isinstance(report.fairness, Fairness)
    assert report.fairness.others == {"130% TLE": 1}


@pytest.mark.usefixtures("quick")
def test_a_runtime_that_the_engine_has_not_is_named(engine: Engine) -> None:
    from sandbox.host import look

    host = look(engine, runtime="no-such-runtime")
    assert [fact.name for fact in host.facts if not fact.ok] == ["runtime"]
    assert host.identity["runtime"] == "no-such-runtime"


@pytest.mark.usefixtures("quick")
def test_a_check_that_is_stopped_begins_nothing_more_and_leaves_nothing(where: Where) -> None:
    stop = threading.Event()
    stop.set()
    report = checked(where, "sleeps", "spins", stop=stop, fair_runs=50)
    assert report.trials == ()
    assert report.latency is None
    assert traces(where.engine, owner=where.owner, runtime_dir=where.runtime_dir) == []


def test_what_a_run_leaves_is_found_while_it_lives(where: Where, tmp_path: Path) -> None:
    from sandbox.types import Limits, Program

    (tmp_path / "agent.py").write_text("def act(observation):\n    return observation\n")
    sandbox = where.make(0)
    with sandbox.open(Program(tmp_path / "agent.py"), Limits()) as session:
        found = " ".join(traces(where.engine, owner=where.owner, runtime_dir=where.runtime_dir))
        session.channel.close()
    sandbox.close()
    for what in ("container", "folder", "process"):
        assert what in found
    assert traces(where.engine, owner=where.owner, runtime_dir=where.runtime_dir) == []


def test_load_is_there_only_inside_its_block() -> None:
    def children() -> int:
        return sum(
            "getppid() == parent" in line.read_text() for line in Path("/proc").glob("[0-9]*/cmdline") if alive(line)
        )

    def alive(path: Path) -> bool:
        try:
            return bool(path.read_text())
        except OSError:
            return False

    with loaded(2, nice=19):
        deadline = time.monotonic() + 10
        while children() < 2 and time.monotonic() < deadline:
            time.sleep(0.01)  # one that was only forked carries our own name yet
        assert children() == 2
    assert children() == 0


# ---------------------------------------------------------------------------------------------------------------------
# Holes


def take_away(monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    """Containers made from here on lack a wall."""
    whole = container.walls

    def walls(*arguments: Any, **more: Any) -> Walls:
        made = whole(*arguments, **more)
        change(made)
        return made

    monkeypatch.setattr(box, "walls", walls)


def no_inode_limit(walls: Walls) -> None:
    walls["tmpfs"] = {
        path: options.partition(",nr_inodes=")[0] + ",mode=1777" for path, options in walls["tmpfs"].items()
    }


def no_seccomp(walls: Walls) -> None:
    walls["security_opt"] = ["no-new-privileges", "seccomp=unconfined"]


def no_size_of_shared_memory(walls: Walls) -> None:
    walls["shm_size"] = 2 << 30
    walls["mem_limit"] = walls["memswap_limit"] = 4 << 30


def the_hosts_folder(walls: Walls) -> None:
    walls["binds"] = {**walls["binds"], "/etc": {"bind": "/home", "mode": "ro"}}


def a_shared_folder(walls: Walls) -> None:
    walls["binds"] = {**walls["binds"], "/tmp": {"bind": "/opt", "mode": "ro"}}


HOLES: list[tuple[str, Change, str]] = [
    ("fork_limit", lambda walls: walls.update(pids_limit=4096), "no limit of processes"),
    ("network", lambda walls: walls.update(network_mode="host"), "the host's network"),
    ("calls_forbidden", no_seccomp, "no seccomp profile"),
    ("writes_elsewhere", lambda walls: walls.update(read_only=False), "a writable root"),
    ("privileges", lambda walls: walls.update(cap_drop=[]), "all of Docker's capabilities"),
    ("memory_static", lambda walls: walls.update(mem_limit=4 << 30, memswap_limit=4 << 30), "too much memory"),
    ("memory_dev_shm", no_size_of_shared_memory, "shared memory without bounds"),
    ("inodes", no_inode_limit, "no limit of inodes"),
    ("pair_sockets", lambda walls: walls.update(ipc_mode="host"), "the host's System V objects"),
    ("reads_the_host", lambda walls: walls.update(pid_mode="host"), "the host's processes"),
    ("reads_the_host", the_hosts_folder, "a folder of the host"),
    ("pair_locks", a_shared_folder, "one file in two containers"),
]  # fmt: skip


@pytest.fixture
def try_one(engine: Engine, docker_sandbox: DockerSandbox, tmp_path: Path) -> Iterator[Callable[[str], Trial]]:
    with Listener(engine) as listener:
        yield lambda name: try_exhibit(exhibit(name), Surroundings(docker_sandbox, tmp_path, listener.said))
    docker_sandbox.settle()
    remove_segments()


def remove_segments() -> None:
    """What `pair_sockets` leaves where it was let into the host's own."""
    libc = ctypes.CDLL(None)
    for get, control, more in (
        (libc.shmget, libc.shmctl, (0, 0)),
        (libc.semget, libc.semctl, (0, 0)),
        (libc.msgget, libc.msgctl, (0,)),
    ):
        if (number := get(0x706F6469, *more)) >= 0:
            control(number, 0, *((0, 0) if get is libc.semget else (None,)))


@pytest.mark.parametrize(("name", "change"), [pytest.param(*hole[:2], id=f"{hole[2]}: {hole[0]}") for hole in HOLES])
def test_a_wall_that_is_taken_away_is_noticed(
    try_one: Callable[[str], Trial], monkeypatch: pytest.MonkeyPatch, name: str, change: Change
) -> None:
    assert try_one(name).ok
    take_away(monkeypatch, change)
    assert not try_one(name).ok


def test_root_is_noticed(try_one: Callable[[str], Trial], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "user_of", lambda name: 0)
    trial = try_one("privileges")
    assert "HOLE it is root" in trial.why
