"""Whether a container lives, and how to end it, without asking the engine each time.

Theory of operation. Where the engine runs on this host, the container's init is a process of this host: a descriptor of
it (a pidfd) tells in microseconds that it has ended, and with it, since it is the init of its own process namespace,
everything in the container. It also ends it, where we may; a process id by itself could have become somebody else's
meanwhile. With a remote engine, or one in a virtual machine, there is no such process here, and the engine is asked:
at once when the container's output has ended, which only its end can bring about, otherwise now and then.
"""

import contextlib
import os
import select
import signal
import time
from pathlib import Path
from typing import Self

from sandbox import cgroups
from sandbox.container import Container
from sandbox.errors import EngineFailed

INIT = "docker-init"
SOON_SECONDS = 0.05
ASK_SECONDS = 1.0


class Pulse:
    """Of one container. To be closed."""

    def __init__(self, container: Container, descriptor: int | None) -> None:
        self._container = container
        self._descriptor = descriptor
        self._asked_at = 0.0
        self._dead = False

    @classmethod
    def of(cls, container: Container, group: Path | None) -> Self:
        """`group` is the container's own control group, where it is to be seen: the init is found there, or else the
        engine is asked. The process is known to be the right one by its group. Raises EngineFailed."""
        pid = (group and _init_in(group)) or container.state().pid
        try:
            descriptor = os.pidfd_open(pid) if pid > 0 else None
        except OSError:
            return cls(container, None)
        if descriptor is not None and container.id not in _groups_of(pid):
            os.close(descriptor)
            descriptor = None
        return cls(container, descriptor)

    @property
    def descriptor(self) -> int | None:
        """Readable once the container has ended; None where that cannot be had."""
        return self._descriptor

    def has_ended(self, *, soon: bool = True) -> bool:
        """`soon`: something says that it has, or will any moment. Raises EngineFailed."""
        if not self._dead:
            if self._descriptor is not None:
                self._dead = _readable(self._descriptor, 0)
            elif (now := time.monotonic()) >= self._asked_at + (SOON_SECONDS if soon else ASK_SECONDS):
                self._asked_at = now
                self._dead = not self._container.state().running
        return self._dead

    def kill(self) -> None:
        """Raises EngineFailed where it cannot be killed, or does not end within the engine's own patience."""
        if self._descriptor is not None and _signalled(self._descriptor):
            if not _readable(self._descriptor, self._container.call_seconds):
                raise EngineFailed("a killed container does not end")
        else:
            self._container.kill()
            self._container.wait_for_end()
        self._dead = True

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _init_in(group: Path) -> int | None:
    """The engine's own init, process 1 of its container; other runtimes than runc have other processes there."""
    for pid in cgroups.pids_in(group):
        with contextlib.suppress(OSError):
            status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            if status["Name"].strip() == INIT and status.get("NSpid", "").split()[1:][-1:] == ["1"]:
                return pid
    return None


def _groups_of(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:  # noqa: PTH123  no path of ours
            return file.read()
    except OSError:
        return ""


def _signalled(descriptor: int) -> bool:
    """Whether it may be, and was or is dead already."""
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
