"""Takes away what is left of boxes that have served, while others are served already.

A box that comes here holds no living process any more: its verdict does not wait for the engine to forget it. What
cannot be removed because the engine is away is left to `reap`; what stays although the engine says otherwise is an
alarm, which `box` raises.
"""

import logging
import queue
import threading

from sandbox.box import Box
from sandbox.errors import SandboxError

THREADS = 4
BACKLOG = 8
"""So many boxes may wait to be removed; then those who bring more wait too."""

log = logging.getLogger(__name__)


class Undertaker:
    """Threads are started with the first box and end in `close`."""

    def __init__(self) -> None:
        self._boxes: queue.Queue[Box | None] = queue.Queue(BACKLOG)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def bury(self, box: Box) -> None:
        with self._lock:
            if not self._threads:
                for number in range(THREADS):
                    thread = threading.Thread(target=self._work, name=f"sandbox-undertaker-{number}", daemon=True)
                    thread.start()
                    self._threads.append(thread)
        self._boxes.put(box)

    def _work(self) -> None:
        while (box := self._boxes.get()) is not None:
            try:
                box.destroy()
            except SandboxError as error:
                log.warning("left to be reaped: %s", str(error))
            finally:
                self._boxes.task_done()
        self._boxes.task_done()

    def settle(self) -> None:
        """Until everything brought so far is gone, or left to be reaped."""
        self._boxes.join()

    def close(self) -> None:
        """Settle, and end the threads. May be used again afterwards."""
        with self._lock:
            for _ in self._threads:
                self._boxes.put(None)
            for thread in self._threads:
                thread.join()
            self._threads.clear()
