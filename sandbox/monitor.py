"""The thread that watches one container: drains its output, holds it to its limits, sees it end.

Theory of operation. The engine's attach stream must always be drained: a full one makes kill, inspect and remove hang.
So one thread polls it, and on every tick reads the CPU counter and the clock. The end of the stream is not the end of
the program (it may have closed its stdout and live on, or the engine may have died): the container's control group and
then `inspect` decide. While a program is killed its stream is still drained, or closed first where it said too much.
"""

import select
import socket
import threading
import time

from sandbox.cgroups import Group
from sandbox.container import Container, State
from sandbox.errors import EngineFailed, SandboxError
from sandbox.logs import Frames, Logs
from sandbox.types import Limits
from sandbox.verdict import Stop

TICK_SECONDS = 0.02
INSPECT_SECONDS = 0.05
DYING_SECONDS = 15.0
ENGINE_CODES = frozenset({137, 143})
"""With these a container ends when its engine is shut down or it is removed by others: a moment later, then, it is
looked at again, and where that fails it was not the program's own doing."""
SECOND_LOOK_SECONDS = 0.3
READ_BYTES = 65_536
DRAIN_SECONDS = 1.0


class Monitor:
    """Watches from `start` to the end; `ended` is set then, and `state` or `failure`."""

    def __init__(self, container: Container, stream: socket.socket, group: Group, limits: Limits) -> None:
        self._container, self._stream, self._group = container, stream, group
        self._limits = limits
        self._frames = Frames()
        self._open = True
        self._poll = select.poll()
        self._poll.register(stream, select.POLLIN)
        self._wake, self._waker = socket.socketpair()
        self._poll.register(self._wake, select.POLLIN)
        self._asked = False
        self._next_inspection = 0.0
        self.logs = Logs(limits.output_kib)
        self.began = self.ended_at = time.monotonic()
        self.cpu_before_seconds = 0.0
        self.stop: Stop | None = None
        self.state: State | None = None
        self.failure: SandboxError | None = None
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-monitor", daemon=True)

    def start(self) -> None:
        """Start watching and the program's clocks: what was used up to now does not count."""
        self.began = time.monotonic()
        self.cpu_before_seconds = self._group.cpu_seconds()
        self._thread.start()

    @property
    def started(self) -> bool:
        return self._thread.ident is not None

    def finish(self) -> None:
        """End the program if it lives, and wait for the thread. Safe where it never started."""
        self._asked = True
        if self.started:
            self._waker.send(b"x")
            self._thread.join()
        for sock in (self._wake, self._waker, self._stream):
            sock.close()

    def cpu_seconds(self) -> float:
        return max(0.0, self._group.cpu_seconds() - self.cpu_before_seconds)

    def _run(self) -> None:
        try:
            self.stop = self._watch()
            self.ended_at = time.monotonic()
            if self.stop is None:
                self._drain()
            else:
                self._kill()
            if self.logs.over and self.stop is not Stop.WALL:
                self.stop = Stop.OUTPUT
            self.state = self._wait_for_death()
            if self.stop is None and self.state.exit_code in ENGINE_CODES and not self.state.out_of_memory:
                time.sleep(SECOND_LOOK_SECONDS)
                self.state = self._container.state()
        except SandboxError as error:
            self.failure = error
        finally:
            self._stream.close()
            self.ended.set()

    def _watch(self) -> Stop | None:
        """Why it must be stopped, or None when it has ended by itself."""
        deadline = self.began + self._limits.wall
        while True:
            now = time.monotonic()
            if self.logs.over:
                return Stop.OUTPUT
            if now >= deadline:
                return Stop.WALL
            self._group.oom_kills()
            self._group.peak_mib()
            if self.cpu_seconds() > self._limits.cpu_seconds:
                return Stop.CPU
            if self._has_ended(now):
                return None
            if self._asked:
                return Stop.DONE
            self._take(now + TICK_SECONDS)

    def _take(self, until: float) -> None:
        """Read output for the rest of a tick, so that a flood does not mean reading the counters all the time."""
        while not self.logs.over and not self._asked and (left := until - time.monotonic()) > 0:
            if not self._poll.poll(left * 1000):
                return
            if self._open and not self._read():
                return

    def _read(self) -> bool:
        """One read; False where there was nothing, or the stream has ended."""
        try:
            data = self._stream.recv(READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._open = False
            self._poll.unregister(self._stream)
            return False
        try:
            for stream, piece in self._frames.feed(data):
                self.logs.add(stream, piece)
        except ValueError as error:
            raise EngineFailed(f"the engine's output stream is broken: {error}") from error
        return True

    def _kill(self) -> None:
        """Kill the container while its output is still read: what it wrote before may be on its way to us."""
        failures: list[SandboxError] = []

        def kill() -> None:
            try:
                self._container.kill()
            except SandboxError as error:
                failures.append(error)

        if self.stop is Stop.OUTPUT:
            self._stream.close()
        thread = threading.Thread(target=kill, name="sandbox-kill", daemon=True)
        thread.start()
        self._drain()
        thread.join()
        if failures:
            raise failures[0]

    def _drain(self) -> None:
        """Read the output to its end, bounded by the cap and by a second, and let go of the stream."""
        until = time.monotonic() + DRAIN_SECONDS
        quiet = select.poll()
        if self._open and self._stream.fileno() >= 0:
            quiet.register(self._stream, select.POLLIN)
            while self._open and not self.logs.over and (left := until - time.monotonic()) > 0:
                if quiet.poll(left * 1000):
                    self._read()
        self._stream.close()

    def _has_ended(self, now: float) -> bool:
        """The stream ends with the container, but also when the program closes its output or the engine dies."""
        if self._open or now < self._next_inspection or self._group.populated():
            return False
        self._next_inspection = now + INSPECT_SECONDS
        return not self._container.state().running

    def _wait_for_death(self) -> State:
        deadline = time.monotonic() + DYING_SECONDS
        pause = 0.002
        while (state := self._container.state()).running:
            if time.monotonic() > deadline:
                raise EngineFailed("the engine says that a killed container still runs")
            time.sleep(pause)
            pause = min(2 * pause, 0.1)
        return state
