"""Paths and figures of both versions and both drivers, read from folders that only look like control groups."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import cgroups
from sandbox.cgroups import Group, Layout
from sandbox.errors import NotClean


def seen(group: Group) -> tuple[float, float, int]:
    group.look()
    return group.cpu_seconds, group.peak_mib, group.oom_kills


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def v1(tmp_path: Path) -> Layout:
    for name in ("cpuacct", "memory", "pids"):
        (tmp_path / name).mkdir()
    return Layout(1, "cgroupfs", tmp_path, may_own=True)


@pytest.fixture
def v2(tmp_path: Path) -> Layout:
    write(tmp_path / "cgroup.controllers", "cpu memory pids\n")
    return Layout(2, "cgroupfs", tmp_path, may_own=True)


def test_under_version_1_the_parent_is_read_in_its_hierarchies(v1: Layout) -> None:
    write(v1.root / "cpuacct/podium/run/cpuacct.usage", "1500000000\n")
    write(v1.root / "memory/podium/run/memory.max_usage_in_bytes", f"{64 << 20}\n")
    write(v1.root / "memory/podium/run/c1/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert v1.parent("run") == "/podium/run"
    assert seen(Group(v1, "run", "c1")) == (1.5, 64.0, 2)
    assert [path.relative_to(v1.root).parts[0] for path in v1.folders("run")] == ["cpuacct", "memory", "pids"]


def test_under_version_2_the_parent_is_read_in_the_one_hierarchy(v2: Layout) -> None:
    write(v2.root / "podium/run/cpu.stat", "usage_usec 250000\nuser_usec 1\n")
    write(v2.root / "podium/run/memory.peak", f"{3 << 20}\n")
    write(v2.root / "podium/run/memory.events", "low 0\noom 1\noom_kill 1\n")
    assert seen(Group(v2, "run", "c1")) == (0.25, 3.0, 1)


def test_what_was_used_before_a_program_began_is_not_its_own(v1: Layout, v2: Layout) -> None:
    write(v1.root / "cpuacct/podium/run/cpuacct.usage", "1500000000\n")
    write(v1.root / "memory/podium/run/memory.usage_in_bytes", f"{10 << 20}\n")
    write(v1.root / "memory/podium/run/memory.max_usage_in_bytes", f"{64 << 20}\n")
    group = Group(v1, "run", "c1")
    group.begin()
    assert (v1.root / "memory/podium/run/memory.max_usage_in_bytes").read_text() == "0"
    assert seen(group) == (0.0, 0.0, 0)
    write(v1.root / "cpuacct/podium/run/cpuacct.usage", "1750000000\n")
    write(v1.root / "memory/podium/run/memory.max_usage_in_bytes", f"{12 << 20}\n")
    assert seen(group) == (0.25, 2.0, 0)
    group.begin()
    assert seen(group)[0] == 0.0


def test_a_run_is_given_its_core_where_that_may_be(v1: Layout, v2: Layout) -> None:
    write(v1.root / "cpuset/podium/run/c1/cpuset.cpus", "0-7")
    assert Group(v1, "run", "c1").pin(1)
    assert (v1.root / "cpuset/podium/run/c1/cpuset.cpus").read_text().startswith("1")
    assert not Group(v1, "another", "c1").pin(1)


def test_runs_that_nobody_remembers_are_found_by_how_their_names_begin(v1: Layout, v2: Layout) -> None:
    for name in ("aabbcc01", "aabbcc02", "ddeeff01"):
        (v1.root / "memory/podium" / name).mkdir(parents=True)
        (v2.root / f"podium.slice/podium-{name}.slice").mkdir(parents=True)
    assert v1.names("aabbcc") == {"aabbcc01", "aabbcc02"}
    assert Layout(2, "systemd", v2.root, may_own=True).names("aabbcc") == {"aabbcc01", "aabbcc02"}


def test_with_the_systemd_driver_groups_are_slices_and_scopes(v2: Layout) -> None:
    layout = Layout(2, "systemd", v2.root, may_own=True)
    folder = v2.root / "podium.slice/podium-run.slice"
    write(folder / "cpu.stat", "usage_usec 1000000\n")
    write(folder / "docker-c1.scope/cpuset.cpus", "")
    group = Group(layout, "run", "c1")
    assert layout.parent("run") == "podium-run.slice"
    assert seen(group)[0] == 1.0
    assert group.pin(0)
    assert (folder / "docker-c1.scope/cpuset.cpus").read_text() == "0"


def test_without_root_the_container_is_read_where_the_engine_put_it(v2: Layout) -> None:
    layout = Layout(2, "systemd", v2.root, may_own=False)
    write(v2.root / "system.slice/docker-c1.scope/cpu.stat", "usage_usec 2000000\n")
    group = Group(layout, "run", "c1")
    assert layout.parent("run") is None
    assert seen(group)[0] == 2.0
    assert cgroups.remove(layout, "run", container="c1") == 0


def test_without_root_a_process_that_outlives_its_container_is_an_alarm(v2: Layout) -> None:
    layout = Layout(2, "cgroupfs", v2.root, may_own=False)
    write(v2.root / "docker/c1/cgroup.procs", "9\n")
    with pytest.raises(NotClean):
        cgroups.remove(layout, "run", container="c1")


def test_an_engine_whose_groups_cannot_be_seen_says_nothing(tmp_path: Path) -> None:
    layout = Layout(2, "cgroupfs", tmp_path, may_own=True)
    group = Group(layout, "run", "c1")
    assert layout.parent("run") is None
    assert not group.readable
    assert seen(group) == (0.0, 0.0, 0)


def test_figures_that_vanish_stay_at_what_was_seen_last(v2: Layout) -> None:
    write(v2.root / "podium/run/cpu.stat", "usage_usec 250000\n")
    write(v2.root / "podium/run/memory.current", f"{2 << 20}\n")
    group = Group(v2, "run", "c1")
    assert seen(group) == (0.25, 2.0, 0)
    (v2.root / "podium/run/cpu.stat").unlink()
    (v2.root / "podium/run/memory.current").unlink()
    assert seen(group) == (0.25, 2.0, 0)


def test_removing_takes_inner_groups_first_and_twice_is_harmless(v1: Layout) -> None:
    for hierarchy in ("cpuacct", "memory"):
        (v1.root / hierarchy / "podium/run/c1/inner").mkdir(parents=True)
        (v1.root / hierarchy / "podium/other").mkdir()
    assert cgroups.remove(v1, "run") == 0
    assert cgroups.remove(v1, "run") == 0
    assert [path.name for path in (v1.root / "memory/podium").iterdir()] == ["other"]


def test_what_lives_in_a_group_is_killed_and_a_group_that_stays_is_an_alarm(
    v2: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "REMOVE_SECONDS", 0.2)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        write(v2.root / "podium/run/c1/cgroup.procs", f"0\n{process.pid}\n")
        with pytest.raises(NotClean, match="cannot be removed"):
            cgroups.remove(v2, "run")
        assert process.wait(5) == -9


def test_a_core_is_the_engines_to_give_where_that_controller_is_off(v2: Layout) -> None:
    (v2.root / "podium/run/c1").mkdir(parents=True)
    assert not Group(v2, "run", "c1").pin(1)
    assert not (v2.root / "podium/run/c1/cpuset.cpus").exists()


def test_kills_are_counted_where_a_parent_does_not_count_for_its_children(v2: Layout) -> None:
    write(v2.root / "podium/run/memory.events", "oom_kill 0\n")
    write(v2.root / "podium/run/c1/memory.events", "oom_kill 2\n")
    assert seen(Group(v2, "run", "c1"))[2] == 2


def test_a_peak_that_cannot_be_reset_counts_once_it_is_over_that_of_the_set_up(
    v2: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux 5.19 to 6.11: root may open memory.peak for writing, and is refused when it writes."""

    def refused(descriptor: int, data: bytes) -> int:
        raise OSError(22, "Invalid argument")

    write(v2.root / "podium/run/memory.peak", f"{40 << 20}\n")
    write(v2.root / "podium/run/memory.current", f"{10 << 20}\n")
    monkeypatch.setattr(cgroups.os, "write", refused)
    group = Group(v2, "run", "c1")
    group.begin()
    write(v2.root / "podium/run/memory.current", f"{12 << 20}\n")
    assert seen(group)[1] == 2.0
    write(v2.root / "podium/run/memory.peak", f"{45 << 20}\n")
    assert seen(group)[1] == 35.0


def test_a_group_is_killed_as_a_whole_where_the_kernel_can(v2: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "REMOVE_SECONDS", 0.05)
    write(v2.root / "podium/run/c1/cgroup.procs", "0\n")
    write(v2.root / "podium/run/cgroup.kill", "")
    with pytest.raises(NotClean):
        cgroups.remove(v2, "run")
    assert (v2.root / "podium/run/cgroup.kill").read_text() == "1"


def test_a_container_that_is_elsewhere_is_not_seen(v2: Layout) -> None:
    assert not Group(v2, "run", "c1").lives()
    (v2.root / "podium/run/c1").mkdir(parents=True)
    assert Group(v2, "run", "c1").lives()
