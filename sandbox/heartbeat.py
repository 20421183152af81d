"""Whether the engine was there all the time while a program ran.

An engine that is stopped for seconds breaks nothing, so nobody would notice; but what a program says over its stream
comes late, or it waits itself until its log is taken, and that is not the program's doing. So as long as programs run
somebody asks the engine twice a second whether it is there, and remembers when it did not say.
"""

import contextlib
import threading
import time

from sandbox.engine import Engine
from sandbox.errors import SandboxError

ASK_SECONDS = 0.5
STALL_SECONDS = 2.0
"""So long a healthy engine never takes to say that it is there, however busy its host."""


class Heartbeat:
    """Of one engine. Usable from several threads; its own lives while somebody listens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._listeners = 0
        self._runs = False
        self._asked_at: float | None = None
        self._stalled_until = 0.0

    def listen(self) -> None:
        with self._lock:
            self._listeners += 1
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._ask, name="sandbox-heartbeat", daemon=True).start()

    def leave(self) -> None:
        with self._lock:
            self._listeners -= 1

    def stalled_since(self, moment: float) -> bool:
        """Whether it has kept us waiting for too long at any time after a moment of the monotonic clock."""
        asked_at = self._asked_at
        waiting = asked_at is not None and time.monotonic() - asked_at > STALL_SECONDS
        return waiting or self._stalled_until > moment

    def _wanted(self) -> bool:
        with self._lock:
            self._runs = self._listeners > 0
            return self._runs

    def _ask(self) -> None:
        while self._wanted():
            self._asked_at = began = time.monotonic()
            with contextlib.suppress(SandboxError):  # whether it has died is seen by others
                self._engine.ping()
            if (ended := time.monotonic()) - began > STALL_SECONDS:
                self._stalled_until = ended
            self._asked_at = None
            time.sleep(ASK_SECONDS)
