"""Control groups: what a run has used, and whether anything of it still lives.

Theory of operation. Each run gets a parent group of its own, in which the engine puts the container's. The parent
outlives the container, so that its counters can be read to the end; then it is removed, and a group that cannot be
removed means that something survived. Where the engine runs with cgroup version 1 there is such a group in every
hierarchy, with version 2 in the one. With the systemd driver groups are slices, which systemd itself removes as soon as
they are empty: there the last figures seen count. Without root, groups can be read but not removed: the run then lives
in the engine's own parent, and the container's group must be gone with it.
"""

import os
import signal
import subprocess
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
        return sorted(p for p in self.root.iterdir() if p.is_dir() and not p.is_symlink())

    def _inside(self, name: str) -> str:
        return f"{TOP}.slice/{TOP}-{name}.slice" if self.driver == "systemd" else f"{TOP}/{name}"

    def folders(self, name: str) -> list[Path]:
        """The run's parent group in every hierarchy."""
        return [hierarchy / self._inside(name) for hierarchy in self.hierarchies()]

    def measured(self, controller: str, name: str, container: str) -> Path:
        """Where the figures of a run are: its parent group, or else the container's own."""
        hierarchy = self.root if self.version == 2 else self.root / controller
        if self.parent(name) is not None:
            return hierarchy / self._inside(name)
        return hierarchy / self._container(container)

    def live(self, name: str, container: str) -> Path:
        """The container's own group, which is there as long as it runs."""
        hierarchy = self.root if self.version == 2 else self.root / "memory"
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
        self._live = layout.live(name, container)
        self._cpu_seconds = self._peak_bytes = 0.0
        self._kills = 0

    def cpu_seconds(self) -> float:
        """CPU time used so far, user and system, of everything that ever ran in it."""
        if self._layout.version == 1:
            used = _number(self._cpu / "cpuacct.usage") / 1e9
        else:
            used = _table(self._cpu / "cpu.stat").get("usage_usec", 0) / 1e6
        self._cpu_seconds = max(self._cpu_seconds, used)
        return self._cpu_seconds

    def peak_mib(self) -> float:
        """Peak memory, page cache and tmpfs included."""
        names = ("memory.max_usage_in_bytes",) if self._layout.version == 1 else ("memory.peak", "memory.current")
        self._peak_bytes = max(self._peak_bytes, *(_number(self._memory / name) for name in names))
        return self._peak_bytes / (1 << 20)

    def oom_kills(self) -> int:
        """How many processes the kernel killed for want of memory, as far as it was seen while they ran."""
        name = "memory.oom_control" if self._layout.version == 1 else "memory.events"
        self._kills = max(self._kills, _table(self._live / name).get("oom_kill", 0))
        return self._kills

    def populated(self) -> bool | None:
        """Whether a process of the container lives; None where groups cannot be seen."""
        if not self._layout.readable:
            return None
        return bool(pids_in(self._live))

    def remove(self) -> int:
        """Kill what is left and remove the group; returns how many processes had to be killed. Raises NotClean."""
        if self._layout.parent(self._name) is None:
            if pids_in(self._live):
                raise NotClean(f"processes outlived their container in {self._live}")
            return 0
        return remove(self._layout, self._name)


def remove(layout: Layout, name: str) -> int:
    """Kill and remove a run's group by its name. Raises NotClean where it stays."""
    folders = layout.folders(name)
    killed: set[int] = set()
    deadline = time.monotonic() + REMOVE_SECONDS
    while True:
        left = [folder for folder in folders if folder.exists() and not _remove_tree(folder)]
        if not left:
            return len(killed)
        for pid in {pid for folder in left for pid in pids_in(folder) if pid > 0}:
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
    try:
        for path in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
            path.rmdir()
        folder.rmdir()
    except FileNotFoundError:
        return not folder.exists()
    except OSError:
        return False
    return True


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
