"""What a program writes on stdout and stderr: kept up to a cap, counted beyond it."""

from collections.abc import Iterator

STDOUT, STDERR = 1, 2
_HEADER_BYTES = 8


class Logs:
    """Both streams of one program. The cap holds for each of them."""

    def __init__(self, cap_kib: int) -> None:
        self._cap = cap_kib * 1024
        self._kept = {STDOUT: bytearray(), STDERR: bytearray()}
        self.over = False
        """Whether more was written than the cap allows: the program is to be stopped."""
        self.written_bytes = 0

    def add(self, stream: int, data: bytes) -> None:
        self.written_bytes += len(data)
        kept = self._kept[stream]
        room = self._cap - len(kept)
        kept += data[:room]
        self.over = self.over or len(data) > room

    def text(self, stream: int) -> str:
        return self._kept[stream].decode(errors="replace")


class Frames:
    """The engine's attach stream: frames of eight header bytes and a payload, cut anywhere by the reads.

    A frame is handed on in the pieces in which it arrives, so that a large one is never collected.
    """

    def __init__(self, kinds: frozenset[int] = frozenset({STDOUT, STDERR})) -> None:
        self._kinds = kinds
        self._head = bytearray()
        self._stream, self._left = 0, 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Pairs of stream and payload. Raises ValueError on a header that is none."""
        view = memoryview(data)
        while view:
            if self._left == 0:
                take = _HEADER_BYTES - len(self._head)
                self._head += view[:take]
                view = view[take:]
                if len(self._head) < _HEADER_BYTES:
                    return
                self._stream, self._left = self._head[0], int.from_bytes(self._head[4:], "big")
                if self._stream not in self._kinds or any(self._head[1:4]):
                    raise ValueError(f"not a frame: {bytes(self._head)!r}")
                self._head.clear()
                continue
            piece = bytes(view[: self._left])
            view = view[len(piece) :]
            self._left -= len(piece)
            yield self._stream, piece
