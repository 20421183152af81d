"""What a run has used, where its control groups are not to be seen: on another machine, or in a virtual one.

The engine is asked about once a second, which is as often as it counts; that is what limits are held by. In between,
and for what ended before it was asked, the runner's own word is taken where it is more: it reads the very same groups
from inside, but shares its user with the program, which can make it say too much or nothing, at its own cost.
"""

import contextlib
import threading
import time
from typing import Protocol

from sandbox.bridge import Bridge
from sandbox.container import Container
from sandbox.errors import SandboxError

ASK_SECONDS = 0.25
"""Between two questions; the engine takes up to a second for an answer."""

MOST_CORES = 1024
"""More than that no engine has: a container that has used more CPU time since it was made was counted wrongly."""


class Figures(Protocol):
    """What a program uses from `begin` on: a `cgroups.Group`, or a `Meter`."""

    def begin(self) -> None: ...
    def look(self) -> None: ...
    def pin(self, core: int) -> bool: ...
    def close(self) -> None: ...
    @property
    def cpu_seconds(self) -> float: ...
    @property
    def peak_mib(self) -> float: ...
    @property
    def oom_kills(self) -> int: ...
    @property
    def readable(self) -> bool: ...


class Meter:
    """The figures of one container, by a thread of its own. `bridge` brings the runner's word, where there is one."""

    oom_kills = 0
    """The engine tells with the container's state."""
    readable = False

    def __init__(self, container: Container, bridge: Bridge | None) -> None:
        self._container, self._bridge = container, bridge
        self._made_at = time.monotonic()
        self._told_before: tuple[float, int] | None = None
        self._asked_before: tuple[float, int] | None = None
        self._asked: tuple[float, int] = (0.0, 0)
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._ask, name="sandbox-meter", daemon=True)
            self._thread.start()
        self._asked = 0.0, 0
        self._asked_before = self._told_before = self._bridge.used if self._bridge is not None else None

    def look(self) -> None:
        """Nothing is read here: the figures come by themselves."""

    def pin(self, core: int) -> bool:  # noqa: ARG002  as a group's
        return False

    @property
    def cpu_seconds(self) -> float:
        return self._over(0)

    @property
    def peak_mib(self) -> float:
        return self._over(1) / (1 << 20)

    def close(self) -> None:
        self._done.set()

    def _over(self, which: int) -> float:
        used = 0.0
        if self._asked_before is not None:
            used = self._asked[which] - self._asked_before[which]
        if self._told_before is not None and self._bridge is not None and self._bridge.used is not None:
            used = max(used, self._bridge.used[which] - self._told_before[which])
        return max(0.0, used)

    def _ask(self) -> None:
        while not self._done.is_set():
            with contextlib.suppress(SandboxError):
                cpu_seconds, memory_bytes = self._container.usage()
                if cpu_seconds > (time.monotonic() - self._made_at + 1) * MOST_CORES:
                    return  # a runtime that counts the whole machine's
                if self._asked_before is None:
                    self._asked_before = cpu_seconds, memory_bytes
                self._asked = max(self._asked[0], cpu_seconds), max(self._asked[1], memory_bytes)
            self._done.wait(ASK_SECONDS)
