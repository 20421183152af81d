"""The thread that watches one container: drains its output, holds it to its limits, sees it end.

Theory of operation. The engine's attach stream must always be drained: a full one makes kill, inspect and remove hang.
So one thread polls it together with the container's pulse, and on every tick reads the counters and the clock. The end
of the stream is not the end of the program, and neither is the engine's death: an engine that died under a run means
that what the run came to is not known. While a program is killed its stream is still drained, or closed first where it
said too much. Only how a program ended by itself is asked of the engine.
"""

import contextlib
import select
import socket
import threading
import time

from sandbox.box import Box
from sandbox.container import State
from sandbox.errors import EngineFailed, SandboxError
from sandbox.logs import Frames, Logs
from sandbox.types import Limits
from sandbox.verdict import Stop

TICK_SECONDS = 0.02
ENGINE_CODES = frozenset({137, 143})
"""With these a container ends when its engine is shut down or it is removed by others: a moment later, then, it is
looked at again, and where that fails, or the engine has sent it a signal, it was not the program's own doing."""
SECOND_LOOK_SECONDS = 0.3
READ_BYTES = 65_536
DRAIN_SECONDS = 1.0


class Monitor:
    """Watches from `start` to the end; `ended` is set then. After it `state` is how the program ended by itself, or
    `stop` why it was ended, or `failure` why neither is known."""

    def __init__(self, box: Box, limits: Limits) -> None:
        self._box, self._limits = box, limits
        self._stream, self._group = box.stream, box.group
        self._frames = Frames()
        self._open = True
        self._poll = select.poll()
        self._poll.register(self._stream, select.POLLIN)
        self._wake, self._waker = socket.socketpair()
        self._poll.register(self._wake, select.POLLIN)
        if box.pulse.descriptor is not None:
            self._poll.register(box.pulse.descriptor, select.POLLIN)
        self._asked = False
        self.logs = Logs(limits.output_kib)
        self.began = self.ended_at = time.monotonic()
        self.stop: Stop | None = None
        self.state: State | None = None
        self.failure: SandboxError | None = None
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-monitor", daemon=True)

    def start(self) -> None:
        """Start watching: the entry is being unpacked."""
        self.start_clocks()
        self._box.heartbeat.listen()
        self._thread.start()

    def start_clocks(self) -> None:
        """The program begins: what was used up to now does not count."""
        self._group.begin()
        self.began = time.monotonic()

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

    def _run(self) -> None:
        try:
            self.stop = self._watch()
            self.ended_at = time.monotonic()
            if self.stop is None:
                self._drain()
                self.state = self._own_end()
            else:
                self._kill()
            if (self.logs.over or self._box.overflowed) and self.stop is not Stop.WALL:
                self.stop = Stop.OUTPUT
            self._see_the_engine()
        except SandboxError as error:
            self.failure = error
            self._stream.close()
            with contextlib.suppress(SandboxError):  # so that nobody goes on talking to it
                self._box.kill()
        finally:
            self._box.heartbeat.leave()
            self._stream.close()
            self.ended.set()

    def _see_the_engine(self) -> None:
        """Raises EngineFailed where it is not the one any more under which the program began, or was away meanwhile."""
        if self._box.engine_has_died():
            raise EngineFailed("the engine has died under a run")
        if self._box.engine_has_stalled(self.began, self.logs.written_bytes):
            raise EngineFailed("the engine did not answer for a while under a run")

    def _watch(self) -> Stop | None:
        """Why it must be stopped, or None when it has ended by itself. Raises EngineFailed."""
        while True:
            now = time.monotonic()
            self._see_the_engine()
            if self.logs.over or self._box.overflowed:
                return Stop.OUTPUT
            if now >= self.began + self._limits.wall:
                return Stop.WALL
            self._group.look()
            if self._group.cpu_seconds > self._limits.cpu_seconds:
                return Stop.CPU
            if self._box.pulse.has_ended(soon=not self._open):
                return None
            if self._asked:
                return Stop.DONE
            self._take(now + TICK_SECONDS)

    def _take(self, until: float) -> None:
        """Read output for the rest of a tick, so that a flood does not mean reading the counters all the time."""
        while not self.logs.over and not self._asked and (left := until - time.monotonic()) > 0:
            events = dict(self._poll.poll(left * 1000))
            if not events or self._box.pulse.descriptor in events:
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
                self._box.kill()
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

    def _own_end(self) -> State:
        """How it ended by itself, as the engine says. Raises EngineFailed."""
        state = self._box.container.wait_for_end()
        if state.exit_code in ENGINE_CODES and not state.out_of_memory:
            time.sleep(SECOND_LOOK_SECONDS)
            state = self._box.container.state()
            if self._box.container.was_sent_signals(state):
                raise EngineFailed("a container was ended by its engine or by others")
        return state
