"""The stream of a container taken apart, without a container: every way in which either side can stall or lie."""

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from sandbox import bridge as module
from sandbox.bridge import HUNG_UP, SAID, USED, Bridge
from sandbox.logs import STDERR, STDOUT, Frames


def frame(kind: int, data: bytes) -> bytes:
    return struct.pack(">BxxxI", kind, len(data)) + data


def said(data: bytes) -> bytes:
    return frame(STDOUT, frame(SAID, data))


class Container:
    """The engine's end of the stream."""

    def __init__(self) -> None:
        self.stream, theirs = socket.socketpair()
        self.stream.settimeout(5)
        self.bridge = Bridge(theirs)
        self.bridge.channel.settimeout(5)
        self.bridge.logs.settimeout(5)

    def end(self) -> None:
        self.stream.close()

    def log(self) -> list[tuple[int, bytes]]:
        """All of it, to its end."""
        frames, pieces = Frames(), []
        while data := self.bridge.logs.recv(65_536):
            pieces += frames.feed(data)
        return pieces

    def close(self) -> None:
        self.bridge.close()
        for sock in (self.stream, self.bridge.channel, self.bridge.logs):
            sock.close()


@pytest.fixture
def container() -> Iterator[Container]:
    container = Container()
    yield container
    container.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "sandbox-bridge"]


def hears(sock: socket.socket, seconds: float = 0.2) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def rest(sock: socket.socket) -> bytes:
    """Everything to its end."""
    return b"".join(iter(lambda: sock.recv(65_536), b""))


def until(holds: object, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_said_printed_and_complained_comes_out_apart(container: Container) -> None:
    container.stream.sendall(said(b"one\n") + frame(STDERR, b"oh\n") + frame(STDOUT, frame(STDOUT, b"print\n")))
    container.stream.sendall(said(b"two\n"))
    container.end()
    assert rest(container.bridge.channel) == b"one\ntwo\n"
    assert container.log() == [(STDERR, b"oh\n"), (STDOUT, b"print\n")]


def test_frames_cut_anywhere_are_put_together_again(container: Container) -> None:
    whole = said(b"one\n") + frame(STDOUT, frame(STDOUT, b"print")[:5]) + frame(STDOUT, frame(STDOUT, b"print")[5:])
    for byte in whole:
        container.stream.sendall(bytes([byte]))
        time.sleep(0.0005)
    container.end()
    assert rest(container.bridge.channel) == b"one\n"
    assert b"".join(piece for _, piece in container.log()) == b"print"


def test_what_the_host_says_goes_in_and_its_end_too(container: Container) -> None:
    container.bridge.channel.sendall(b"hello\n")
    container.bridge.channel.shutdown(socket.SHUT_WR)
    assert rest(container.stream) == b"hello\n"
    container.stream.sendall(said(b"bye\n"))
    assert container.bridge.channel.recv(100) == b"bye\n"


def test_a_host_that_hangs_up_is_the_end_of_what_comes_in_and_the_log_goes_on(container: Container) -> None:
    container.bridge.channel.sendall(b"last\n")
    container.bridge.channel.close()
    assert rest(container.stream) == b"last\n"
    container.stream.sendall(said(b"nobody hears\n") + frame(STDERR, b"still here"))
    container.end()
    assert container.log() == [(STDERR, b"still here")]


def test_a_program_that_hangs_up_is_heard_to_and_its_log_goes_on(container: Container) -> None:
    container.stream.sendall(said(b"last\n") + frame(STDOUT, frame(HUNG_UP, b"x")) + said(b"not this"))
    assert container.bridge.channel.recv(100) == b"last\n"
    assert container.bridge.channel.recv(100) == b""
    container.stream.sendall(frame(STDERR, b"lives"))
    container.end()
    assert container.log() == [(STDERR, b"lives")]


def test_a_program_that_never_reads_lets_the_host_wait_and_not_the_bridge(container: Container) -> None:
    container.bridge.channel.settimeout(0.2)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 64 << 20:
            sent += container.bridge.channel.send(b"x" * 65_536)
    assert sent < 4 << 20
    container.stream.sendall(frame(STDERR, b"meanwhile"))
    assert hears(container.bridge.logs)


def test_a_host_that_never_reads_what_is_said_stops_a_flood_and_the_log_is_drained(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.bridge.held_bytes = 1 << 20
    for _ in range(40):
        container.stream.sendall(said(b"x" * 65_536))
    until(lambda: container.bridge.overflowed)
    container.stream.sendall(frame(STDERR, b"drained"))
    container.end()
    assert container.log() == [(STDERR, b"drained")]


def test_a_host_that_reads_late_misses_nothing_within_the_bound(container: Container) -> None:
    data = bytes(range(256)) * 8192
    container.stream.sendall(said(data))
    container.end()
    time.sleep(0.1)
    assert rest(container.bridge.channel) == data
    assert not container.bridge.overflowed


def test_a_log_that_nobody_reads_is_drained_and_cut(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_HELD_BYTES", 1 << 20)
    for _ in range(100):
        container.stream.sendall(frame(STDERR, b"x" * 65_536))
    container.stream.sendall(said(b"still talking\n"))
    assert container.bridge.channel.recv(100) == b"still talking\n"
    container.end()
    assert 1 << 20 <= sum(len(piece) for _, piece in container.log()) < 3 << 20


def test_a_log_whose_reader_has_gone_is_drained_all_the_same(container: Container) -> None:
    container.bridge.logs.close()
    for _ in range(100):
        container.stream.sendall(frame(STDERR, b"x" * 65_536))
    container.stream.sendall(said(b"still talking\n"))
    assert container.bridge.channel.recv(100) == b"still talking\n"


@pytest.mark.parametrize("rubbish", [b"no frame at all", frame(9, b"x"), b"\x03\x01\0\0\0\0\0\1x"])
def test_frames_that_are_not_the_runners_end_the_conversation_and_count_as_printed(
    container: Container, rubbish: bytes
) -> None:
    container.stream.sendall(said(b"one\n") + frame(STDOUT, rubbish) + frame(STDOUT, b"more"))
    assert container.bridge.channel.recv(100) == b"one\n"
    assert container.bridge.channel.recv(100) == b""
    container.end()
    assert b"".join(piece for stream, piece in container.log() if stream == STDOUT) == b"more"


def test_frames_that_are_not_the_engines_are_handed_on_as_such(container: Container) -> None:
    container.stream.sendall(frame(7, b"what is this"))
    container.end()
    with pytest.raises(ValueError, match="not a frame"):
        container.log()


def test_what_the_runner_has_counted_is_known(container: Container) -> None:
    assert container.bridge.used is None
    container.stream.sendall(frame(STDOUT, frame(USED, struct.pack(">QQ", 1_500_000, 7))))
    container.stream.sendall(frame(STDOUT, frame(USED, struct.pack(">QQ", 2_500_000, 9)[:3])))
    until(lambda: container.bridge.used is not None)
    assert container.bridge.used == (1.5, 7)


def test_closing_it_twice_is_harmless(container: Container) -> None:
    container.bridge.close()
    container.bridge.close()
    assert container.stream.recv(1) == b""
