"""Boxes that wait for their program: one is taken by each run and never comes back.

Theory of operation. What was asked for last will be asked for next: the pool remembers the last `size` requests and
keeps as many boxes of each cell (see `container.cell_of`) waiting as there are requests for it among them. Threads of
its own make what is lacking and let go of what is not wanted any more, as far as the host can bear it. A waiting box
whose engine or runner has died is seen by its sockets, in microseconds, when it is taken and once a second: so the pool
is right after an engine's restart too. Where none waits, one is made while the caller waits: the pool only saves time.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

from sandbox.box import Box
from sandbox.errors import SandboxError
from sandbox.types import Limits

THREADS = 4
"""How many boxes are made at once: the engine gains nothing from more."""
CHECK_SECONDS = 1.0
QUIET_SECONDS = 0.05
"""So long after a box was taken no other is begun: making one takes a core, and a hand-over a few milliseconds."""
PAUSE_SECONDS = 2.0
RESERVE_MIB = 256
"""Memory that must be left on the host, beside what the box may come to use, for one more to be made in advance."""
MEMINFO = Path("/proc/meminfo")

log = logging.getLogger(__name__)


class Pool:
    """Usable from several threads. Its own threads start with the first request."""

    def __init__(self, make: Callable[[Limits], Box], *, size: int, bury: Callable[[Box], None]) -> None:
        """`make` as `box.Maker.make`; `bury` takes boxes that are not wanted any more; `size` 0 keeps none waiting."""
        self._make, self._bury = make, bury
        self._wanted: deque[Limits] = deque(maxlen=size)
        self._waiting: dict[Limits, deque[Box]] = {}
        self._making: Counter[Limits] = Counter()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._taken_at = 0.0

    def expect(self, cell: Limits) -> None:
        """Such a box will be asked for."""
        with self._changed:
            self._remember(cell)

    def take(self, cell: Limits) -> Box:
        """A box of this cell, the caller's from now on. Raises as `make`."""
        with self._changed:
            self._remember(cell)
            self._taken_at = time.monotonic()
            box = self._pop(cell)
        return box if box is not None else self._make(cell)

    def waiting(self) -> int:
        """How many boxes wait now."""
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def close(self) -> None:
        """Let go of every box; nothing is made any more. Boxes that were taken are their takers' to end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for boxes in self._waiting.values():
            while boxes:
                self._bury(boxes.popleft())

    def _remember(self, cell: Limits) -> None:
        self._wanted.append(cell)
        if self._wanted and not self._threads and not self._closed:
            for number in range(min(THREADS, self._wanted.maxlen or 0)):
                thread = threading.Thread(target=self._work, name=f"sandbox-pool-{number}", daemon=True)
                thread.start()
                self._threads.append(thread)
        self._changed.notify_all()

    def _pop(self, cell: Limits) -> Box | None:
        boxes = self._waiting.get(cell, deque())
        while boxes:
            box = boxes.popleft()
            if box.waits():
                return box
            self._bury(box)
        return None

    def _work(self) -> None:
        pause = CHECK_SECONDS
        while (cell := self._next(pause)) is not None or not self._closed:
            pause = CHECK_SECONDS
            if cell is None:
                continue
            box = None
            try:
                box = self._make(cell)
            except SandboxError as error:
                log.warning("no box could be made in advance: %s", str(error))
                pause = PAUSE_SECONDS
            with self._changed:
                self._making[cell] -= 1
                if box is not None:
                    self._waiting.setdefault(cell, deque()).append(box)

    def _next(self, pause: float) -> Limits | None:
        """A cell of which one more is to be made, announced as being made; None where that is not so for now. After a
        failure the pause is kept, otherwise it ends with a request."""
        with self._changed:
            if pause > CHECK_SECONDS:
                self._changed.wait_for(lambda: self._closed, pause)
            self._sort_out()
            cell = self._lacking()
            if cell is None:
                self._changed.wait(CHECK_SECONDS)
                while (left := self._taken_at + QUIET_SECONDS - time.monotonic()) > 0 and not self._closed:
                    self._changed.wait(left)
                cell = self._lacking()
            if cell is not None:
                self._making[cell] += 1
            return cell

    def _sort_out(self) -> None:
        """Bury what is dead and what nobody has asked for lately."""
        counts = Counter(self._wanted)
        for cell, boxes in self._waiting.items():
            for box in [box for box in boxes if not box.waits()]:
                boxes.remove(box)
                self._bury(box)
            while len(boxes) > counts[cell]:
                self._bury(boxes.popleft())

    def _lacking(self) -> Limits | None:
        if self._closed:
            return None
        for cell, count in Counter(self._wanted).items():
            if len(self._waiting.get(cell, ())) + self._making[cell] < count and bearable(cell):
                return cell
        return None


def bearable(cell: Limits) -> bool:
    """Whether this host has memory for one more of these beside what it does."""
    available = available_mib()
    return available is None or available >= cell.memory_mib + RESERVE_MIB


def available_mib() -> int | None:
    """Memory that can be had without swapping; None where the system does not say."""
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("MemAvailable:")), None)
