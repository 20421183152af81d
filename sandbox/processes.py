"""Everything that descends from one program on this machine: found, measured and killed, whatever it forked.

A process belongs to a program if it is in its session or carries its mark in the environment that it was started with,
which children inherit. Linux only; elsewhere only the process group is known.
"""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
KILL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Usage:
    processes: int = 0
    cpu_seconds: float = 0.0
    memory_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class Tree:
    """`root` is the process id of a session's leader; `mark` a string `NAME=value` of its environment."""

    root: int
    mark: str

    def usage(self) -> Usage:
        """Summed over the living; CPU time of children that have been waited for is their parent's."""
        count, cpu, memory = 0, 0.0, 0.0
        for pid in _pids():
            fields = _stat(pid)
            if fields and (pid == self.root or int(fields[3]) == self.root):
                count += 1
                cpu += sum(map(int, fields[11:15])) / TICKS_PER_SECOND
                memory += int(fields[21]) * PAGE_BYTES / (1 << 20)
        return Usage(count, cpu, memory)

    def members(self) -> list[int]:
        mark = self.mark.encode()
        found = []
        for pid in _pids():
            fields = _stat(pid)
            if not fields or fields[0] == "Z" or pid == os.getpid():
                continue
            if int(fields[3]) == self.root or mark in _environment(pid):
                found.append(pid)
        return found

    def kill(self) -> bool:
        """SIGKILL to all, again until none is left; whether that succeeded."""
        deadline = time.monotonic() + KILL_SECONDS
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.root, signal.SIGKILL)
        while members := self.members():
            if time.monotonic() > deadline:
                return False
            for pid in members:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.005)
        return True


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()] if PROC.is_dir() else []


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on: 0 state, 1 parent, 2 group, 3 session, 11-14 times, 21 resident."""
    try:
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
