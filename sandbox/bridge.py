"""A container that is reached by the engine's attach stream alone, made to look like one that is reached by a socket.

Theory of operation. The stream brings frames of the container's two outputs. Its stderr is the program's log; its
stdout is the runner's (see `docker/player/line.py`), a row of frames within the frames: what the program says, what it
prints, that it has hung up, and what the runner has seen it use. A thread takes all this apart: what is said goes to
`channel`, what is written goes as frames to `logs`, and what comes from `channel` goes into the container.

The stream is always drained, since a full one makes the engine hang. So what nobody reads is held here, up to a bound:
a program that says more than `HELD_BYTES` which nobody has asked for has written too much (`overflowed`), as on its
other outputs. Into the container only as much is taken as it reads: whoever talks to it waits, within their deadline.
What the runner sends is not to be believed once the program lives beside it: rubbish there ends the conversation.
"""

import contextlib
import select
import socket
import struct
import threading

from sandbox.logs import STDERR, STDOUT, Frames

SAID, HUNG_UP, USED = 3, 4, 5
HELD_BYTES = 8 << 20
LOG_HELD_BYTES = 16 << 20
"""Beyond any cap on a program's output: what comes on top while nobody reads is dropped."""
INWARD_BYTES = 65_536
READ_BYTES = 65_536
_HEAD = struct.Struct(">BxxxI")
_USED = struct.Struct(">QQ")


class Outlet:
    """A socket that takes what it can at once; the rest is held for it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.held = bytearray()
        self.open = True

    def push(self, data: bytes) -> None:
        self.held += data
        self.flush()

    def flush(self) -> None:
        while self.held:
            try:
                del self.held[: self.sock.send(self.held)]
            except BlockingIOError:
                return
            except OSError:  # that it is over is seen where it is read
                self.held.clear()

    def read(self) -> bytes | None:
        """None where there is nothing now, nothing at the end."""
        try:
            return self.sock.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""


class Bridge:
    """Between one container's stream, which it owns, and two sockets, which are closed by whoever uses them."""

    def __init__(self, stream: socket.socket) -> None:
        self.channel, talk = socket.socketpair()
        self.logs, log = socket.socketpair()
        self.logs.setblocking(False)
        self._engine, self._talk, self._log = Outlet(stream), Outlet(talk), Outlet(log)
        self._frames: Frames | None = Frames()
        self._inner: Frames | None = Frames(frozenset({STDOUT, SAID, HUNG_UP, USED}))
        self._hung_up = self._deaf = self._closed = False
        self._report = bytearray()
        self.used: tuple[float, int] | None = None
        """CPU seconds, and memory in bytes (what is held, the first time; then the peak), as the runner said last."""
        self.held_bytes = HELD_BYTES
        self.overflowed = False
        self._wake, self._waker = socket.socketpair()
        self._poll = select.poll()
        self._poll.register(self._wake, select.POLLIN)
        self._masks: dict[int, int] = {}
        self._thread = threading.Thread(target=self._run, name="sandbox-bridge", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of the stream. What has reached the two sockets by now can still be read from them."""
        if not self._closed:
            self._closed = True
            self._waker.send(b"x")
            self._thread.join()
            self._wake.close()
            self._waker.close()

    def _run(self) -> None:
        serve = {
            self._engine.sock.fileno(): self._serve_engine,
            self._talk.sock.fileno(): self._serve_talk,
            self._log.sock.fileno(): self._serve_log,
        }
        outlets = (self._engine, self._talk, self._log)
        while self._watch() and not self._closed:
            for number, event in self._poll.poll():
                if number in self._masks:
                    serve[number](event)
        for outlet in outlets:
            self._end(outlet)

    def _watch(self) -> bool:
        """Say what is waited for; False once nothing is."""
        engine, talk, log = self._engine, self._talk, self._log
        if not engine.open and not log.held:
            self._end(log)
        if (self._hung_up or not engine.open) and not talk.held:
            self._end(talk)
        if self._deaf and not engine.held:
            with contextlib.suppress(OSError):
                engine.sock.shutdown(socket.SHUT_WR)
        hears = select.POLLIN if not self._deaf and len(engine.held) < INWARD_BYTES else 0
        for outlet, listening in ((engine, select.POLLIN), (talk, hears), (log, 0)):
            mask = listening | (select.POLLOUT if outlet.held else 0)
            if outlet.open and self._masks.get(outlet.sock.fileno()) != mask:
                self._masks[outlet.sock.fileno()] = mask
                self._poll.register(outlet.sock, mask)
        return engine.open or talk.open or log.open

    def _end(self, outlet: Outlet) -> None:
        if outlet.open:
            outlet.open = False
            outlet.held.clear()
            if self._masks.pop(outlet.sock.fileno(), None) is not None:
                self._poll.unregister(outlet.sock)
            outlet.sock.close()

    def _serve_engine(self, event: int) -> None:
        if event & select.POLLOUT:
            self._engine.flush()
        if event & ~select.POLLOUT and (data := self._engine.read()) is not None:
            if data:
                self._take(data)
            else:
                self._end(self._engine)

    def _serve_talk(self, event: int) -> None:
        """What the host says. It has hung up where both ways are shut; one way shut is the end of what it says."""
        if event & select.POLLOUT:
            self._talk.flush()
        while event & (select.POLLIN | select.POLLHUP) and (data := self._talk.read()) is not None:
            if not data:
                self._deaf = True
                break
            self._inward(data)
            if not event & select.POLLHUP:
                break
        if event & (select.POLLHUP | select.POLLERR):
            self._deaf = True
            self._end(self._talk)

    def _inward(self, data: bytes) -> None:
        if self._engine.open:
            self._engine.push(data)

    def _serve_log(self, event: int) -> None:
        if event & select.POLLOUT:
            self._log.flush()
        if event & (select.POLLHUP | select.POLLERR):
            self._end(self._log)

    def _take(self, data: bytes) -> None:
        if self._frames is None:
            return
        try:
            for stream, piece in self._frames.feed(data):
                if stream == STDERR:
                    self._write(STDERR, piece)
                else:
                    self._hear(piece)
        except ValueError:
            self._frames = None
            if self._log.open:
                self._log.push(bytes(8))  # no frame either: whoever reads it says so

    def _hear(self, data: bytes) -> None:
        """The runner's own frames; after what is none, everything counts as printed."""
        if self._inner is None:
            self._write(STDOUT, data)
            return
        try:
            for kind, piece in self._inner.feed(data):
                if kind == STDOUT:
                    self._write(STDOUT, piece)
                elif kind == SAID:
                    self._say(piece)
                elif kind == HUNG_UP:
                    self._hung_up = True
                else:
                    self._note(piece)
        except ValueError:
            self._inner = None
            self._hung_up = True

    def _write(self, stream: int, piece: bytes) -> None:
        if self._log.open and len(self._log.held) < LOG_HELD_BYTES:
            self._log.push(_HEAD.pack(stream, len(piece)) + piece)

    def _say(self, piece: bytes) -> None:
        if self._talk.open and not self._hung_up:
            self._talk.push(piece)
            if len(self._talk.held) > self.held_bytes:
                self.overflowed = True
                self._end(self._talk)

    def _note(self, piece: bytes) -> None:
        self._report += piece
        while len(self._report) >= _USED.size:
            cpu_microseconds, memory_bytes = _USED.unpack_from(self._report)
            self.used = cpu_microseconds / 1e6, memory_bytes
            del self._report[: _USED.size]
