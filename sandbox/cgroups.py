"""Control groups: what a run has used, and whether anything of it still lives.

Theory of operation. Each run gets a parent group of its own, in which the engine puts the container's. The parent
outlives the container, so that its counters can be read to the end; then it is removed, and a group that cannot be
removed means that something survived. Where the engine runs with cgroup version 1 there is such a group in every
hierarchy, with version 2 in the one. With the systemd driver groups are slices, which systemd itself removes as soon as
they are empty: there the last figures seen count. Without root, groups can be read but not removed: the run then lives
in the engine's own parent, and the container's group must be gone with it.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import NotClean

ROOT = Path("/sys/fs/cgroup")
TOP = "podium"
REMOVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Layout:
    """How this host and its engine arrange groups."""

    version: int
    driver: str
    root: Path = ROOT
    may_own: bool = field(default_factory=lambda: os.geteuid() == 0)

    @property
    def readable(self) -> bool:
        """Whether the engine's groups are to be seen from here at all (with a remote engine they are not)."""
        return (self.root / ("cpuacct" if self.version == 1 else "cgroup.controllers")).exists()

    def parent(self, name: str) -> str | None:
        """What to tell the engine as `cgroup_parent`, if anything."""
        if not self.may_own or not self.readable:
            return None
        return f"{TOP}-{name}.slice" if self.driver == "systemd" else f"/{TOP}/{name}"

    def hierarchies(self) -> list[Path]:
        if self.version == 2:
            return [self.root]
        with os.scandir(self.root) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))

    def _inside(self, name: str) -> str:
        return f"{TOP}.slice/{TOP}-{name}.slice" if self.driver == "systemd" else f"{TOP}/{name}"

    def names(self, prefix: str) -> set[str]:
        """Every run that begins so and has a parent group here, whoever made it."""
        pattern = f"{TOP}.slice/{TOP}-{prefix}*.slice" if self.driver == "systemd" else f"{TOP}/{prefix}*"
        found = {path.name for hierarchy in self.hierarchies() for path in hierarchy.glob(pattern)}
        return {name.removeprefix(f"{TOP}-").removesuffix(".slice") for name in found}

    def folders(self, name: str) -> list[Path]:
        """The run's parent group in every hierarchy."""
        return [hierarchy / self._inside(name) for hierarchy in self.hierarchies()]

    def measured(self, controller: str, name: str, container: str) -> Path:
        """Where the figures of a run are: its parent group, or else the container's own."""
        hierarchy = self.root if self.version == 2 else self.root / controller
        if self.parent(name) is not None:
            return hierarchy / self._inside(name)
        return hierarchy / self._container(container)

    def live(self, controller: str, name: str, container: str) -> Path:
        """The container's own group, which is there as long as it runs."""
        hierarchy = self.root if self.version == 2 else self.root / controller
        leaf = f"docker-{container}.scope" if self.driver == "systemd" else container
        if self.parent(name) is not None:
            return hierarchy / self._inside(name) / leaf
        return hierarchy / self._container(container)

    def _container(self, container: str) -> str:
        return f"system.slice/docker-{container}.scope" if self.driver == "systemd" else f"docker/{container}"


class Group:
    """The control group of one run. Figures that have vanished stay at what was seen last."""

    def __init__(self, layout: Layout, name: str, container: str) -> None:
        self._layout, self._name = layout, name
        self._cpu = layout.measured("cpuacct", name, container)
        self._memory = layout.measured("memory", name, container)
        self._live = layout.live("memory", name, container)
        self._cpuset = layout.live("cpuset", name, container)
        self._cpu_before_seconds = self._cpu_seconds = 0.0
        self._bytes_before = self._peak_bytes = self._kills = 0
        self._peak_since: int | None = None
        self._setup_peak_bytes = 0
        self._lock = threading.Lock()

    def lives(self) -> bool:
        """Whether the container's own group is to be seen from here."""
        return self._live.is_dir()

    def begin(self) -> None:
        """From here on it counts: what was used before is not the program's. Called again, it counts anew."""
        with self._lock:
            self._begin()

    def _begin(self) -> None:
        self._cpu_seconds = 0.0
        self._peak_bytes = 0
        self._cpu_before_seconds = self._used_seconds()
        self._bytes_before = _number(self._memory / self._file("memory.usage_in_bytes", "memory.current"))
        self._setup_peak_bytes = 0
        if self._layout.version == 1:
            with contextlib.suppress(OSError):
                (self._memory / "memory.max_usage_in_bytes").write_text("0")
        else:
            self._reset_peak()

    def _reset_peak(self) -> None:
        """With version 2 a peak begins anew for the descriptor that asks for it, since Linux 6.12. Before that there is
        one peak for all time, since 5.19, which says something once it is higher than that of the set-up."""
        self.close()
        try:
            self._peak_since = os.open(self._memory / "memory.peak", os.O_RDWR | os.O_CLOEXEC)
            os.write(self._peak_since, b"reset")
        except OSError:
            self.close()
            self._setup_peak_bytes = _number(self._memory / "memory.peak")

    def pin(self, core: int) -> bool:
        """Let it run on this core alone; whether that could be done from here."""
        try:
            with (self._cpuset / "cpuset.cpus").open("r+") as file:  # there only where that controller is switched on
                file.write(str(core))
        except OSError:
            return False
        return True

    def look(self) -> None:
        """Read every counter."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        self._cpu_seconds = max(self._cpu_seconds, self._used_seconds() - self._cpu_before_seconds)
        self._peak_bytes = max(self._peak_bytes, self._used_bytes() - self._bytes_before)
        name = self._file("memory.oom_control", "memory.events")
        groups = (self._live,) if self._layout.version == 1 else (self._live, self._memory)
        # With version 2 the parent counts for its children, unless cgroups are mounted with memory_localevents.
        self._kills = max(self._kills, *(_table(group / name).get("oom_kill", 0) for group in groups))

    @property
    def cpu_seconds(self) -> float:
        """CPU time since it began, user and system, of everything that ever ran in it."""
        return self._cpu_seconds

    @property
    def peak_mib(self) -> float:
        """Peak memory since it began over what stood there before, page cache and tmpfs included."""
        return self._peak_bytes / (1 << 20)

    @property
    def oom_kills(self) -> int:
        """How many processes the kernel killed for want of memory; with version 1 as far as it was seen in life."""
        return self._kills

    @property
    def readable(self) -> bool:
        return self._layout.readable

    def _file(self, version_1: str, version_2: str) -> str:
        return version_1 if self._layout.version == 1 else version_2

    def _used_seconds(self) -> float:
        if self._layout.version == 1:
            return _number(self._cpu / "cpuacct.usage") / 1e9
        return _table(self._cpu / "cpu.stat").get("usage_usec", 0) / 1e6

    def _used_bytes(self) -> int:
        if self._peak_since is not None:
            with contextlib.suppress(OSError, ValueError):
                return int(os.pread(self._peak_since, 64, 0))
        peak = _number(self._memory / self._file("memory.max_usage_in_bytes", "memory.peak"))
        if peak > self._setup_peak_bytes:
            return peak
        return _number(self._memory / self._file("memory.usage_in_bytes", "memory.current"))

    def close(self) -> None:
        """Nothing is read any more."""
        if self._peak_since is not None:
            os.close(self._peak_since)
            self._peak_since = None


def remove(layout: Layout, name: str, *, container: str = "") -> int:
    """Kill what is left of a run, by its name, and remove its groups; how many processes had to be killed. Where
    there are none of ours, nothing may live in its container's. Raises NotClean where something stays."""
    if layout.parent(name) is None:
        if container and pids_in(group := layout.live("memory", name, container)):
            raise NotClean(f"processes outlived their container in {group}")
        return 0
    folders = layout.folders(name)
    killed: set[int] = set()
    deadline = time.monotonic() + REMOVE_SECONDS
    while True:
        left = [folder for folder in folders if not _remove_tree(folder)]
        if not left:
            return len(killed)
        found = {pid for folder in left for pid in pids_in(folder) if pid > 0}
        for folder in left:
            _kill_all(folder)
        for pid in found:
            killed.add(pid)
            _kill(pid)
        if time.monotonic() > deadline:
            raise NotClean(f"control groups that cannot be removed: {', '.join(map(str, left))}")
        if layout.driver == "systemd":
            subprocess.run(["systemctl", "stop", f"{TOP}-{name}.slice"], check=False, capture_output=True, timeout=10)
        time.sleep(0.01)


def pids_in(folder: Path) -> list[int]:
    """Every process in a group and the groups below it, any of which may vanish meanwhile."""
    return [int(line) for path, _, _ in os.walk(folder) for line in _read(Path(path) / "cgroup.procs").split()]


def _remove_tree(folder: Path) -> bool:
    """Whether it is gone now; with version 1 most hierarchies have nothing below it, and many have not even it."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return _remove_from_below(folder)
    return True


def _remove_from_below(folder: Path) -> bool:
    try:
        for path in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
            path.rmdir()
        folder.rmdir()
    except FileNotFoundError:
        return not folder.exists()
    except OSError:
        return False
    return True


def _kill_all(folder: Path) -> None:
    """Everything in a group at once, whatever it forks meanwhile: with version 2, since Linux 5.14."""
    with contextlib.suppress(OSError), (folder / "cgroup.kill").open("r+") as file:
        file.write("1")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError as error:
        raise NotClean(f"process {pid} outlived its container and may not be killed") from error


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _number(path: Path) -> int:
    text = _read(path).strip()
    return int(text) if text.isdigit() else 0


def _table(path: Path) -> dict[str, int]:
    rows = (line.split() for line in _read(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
