"""Newline-delimited JSON over a connected stream socket: what a program says is data, in time or not at all.

Theory of operation. Line *k* that the program writes is its answer to message *k*, whatever the timing: `Channel`
counts what it has sent and what it has read, so that an answer which comes too late is dropped when it arrives and
never taken as the answer of the next message, and one that comes too early waits for its message. The socket is non-
blocking; every wait is a `poll` bounded by a deadline on the monotonic clock, for sending too. A message of which
only a part could be sent is finished before the next one begins, and while it cannot be finished nothing more is
queued: at most one message is ever held.

A line is judged in this order: length, UTF-8, depth, JSON. The length is capped while reading; depth is counted on the
bytes before the parser, which recurses, sees them. NaN, infinities and numbers that overflow a double are `not_finite`,
integers of 19 digits or more are `number_too_long`, lone surrogates are `not_utf8`; of duplicate keys the last one
counts. A line that is too long ends the conversation: it is `Malformed` once and everything after it is `Closed`.
"""

import json
import re
import select
import socket
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

READ_BYTES = 65_536
DEEPEST = 200
"""No channel may allow more: the parser recurses."""

_BRACKETS_AND_STRINGS = re.compile(rb'[\[{]|[\]}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_SUSPECT_NUMBER = re.compile(r"\d{19}|[eE]\+?\d{3}")


@dataclass(frozen=True, slots=True)
class Answered:
    value: object
    raw: bytes
    """The line as it came, without its newline."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Nothing came in time; what comes later is dropped."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Codes: too_long (bytes), not_utf8, too_deep (depth), not_json (position), not_finite, number_too_long."""

    code: str
    params: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Closed:
    """The program has closed its end, or is gone."""


Reply = Answered | Expired | Malformed | Closed


class _RuleBrokenError(Exception):
    """With the code of the rule and its figures."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.malformed = Malformed(code, params)


def _no_constant(_name: str) -> NoReturn:
    raise _RuleBrokenError("not_finite")


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0.0:
        raise _RuleBrokenError("not_finite")
    return number


def _short(text: str) -> int:
    if len(text.lstrip("-")) > 18:
        raise _RuleBrokenError("number_too_long")
    return int(text)


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_QUICK = json.JSONDecoder(parse_constant=_no_constant)
_CAREFUL = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, parse_int=_short)


def depth_of(raw: bytes, ceiling: int) -> int:
    """How deep arrays and objects are nested, brackets in strings aside; counting stops above the ceiling."""
    if raw.count(b"[") + raw.count(b"{") <= ceiling:
        return 0
    depth = deepest = 0
    for match in _BRACKETS_AND_STRINGS.finditer(raw):
        first = raw[match.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > ceiling:
                break
        elif first in b"]}":
            depth -= 1
    return deepest


def _hold_depth(raw: bytes, max_depth: int) -> None:
    if depth_of(raw, max_depth) > max_depth:
        raise _RuleBrokenError("too_deep", depth=max_depth)


def parse(raw: bytes, *, max_depth: int) -> Answered | Malformed:
    """One line, without its newline, as JSON. Raises nothing on any bytes."""
    try:
        text = raw.decode()
        _hold_depth(raw, max_depth)
        value = (_CAREFUL if _SUSPECT_NUMBER.search(text) else _QUICK).decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        return Malformed("not_utf8")
    except json.JSONDecodeError as error:
        return Malformed("not_json", {"position": error.pos})
    except _RuleBrokenError as error:
        return error.malformed
    return Answered(value, raw)


class Channel:
    """The trusted end of a conversation. Owns the socket: `close` closes it. Not for use by several threads at once."""

    def __init__(self, sock: socket.socket, *, max_bytes: int = 1 << 20, max_depth: int = 32) -> None:
        """Raises ValueError where max_bytes is not positive or max_depth is not between 1 and 200."""
        if max_bytes < 1 or not 1 <= max_depth <= DEEPEST:
            raise ValueError(f"max_bytes={max_bytes}, max_depth={max_depth}")
        sock.setblocking(False)
        self._sock = sock
        self._max_bytes, self._max_depth = max_bytes, max_depth
        self._readable = select.poll()
        self._readable.register(sock, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sock, select.POLLOUT)
        self._unsent = b""
        self._owed = 0
        self._lines: deque[bytes] = deque()
        self._partial = bytearray()
        self._ended = self._overlong = self._spent = False

    def exchange(self, value: object, timeout_seconds: float) -> Reply:
        """Send a message and wait for its answer, both within the timeout. Raises as `send`."""
        deadline = time.monotonic() + timeout_seconds
        failed = self.send(value, timeout_seconds)
        return failed if isinstance(failed, Expired) else self.receive(deadline - time.monotonic())

    def send(self, value: object, timeout_seconds: float) -> Expired | Closed | None:
        """None once the whole message is handed to the system. After `Expired` its answer, if any part of it was sent,
        is owed and will be dropped. After `Closed` there may still be a line to `receive`, written before the end.
        Raises ValueError or TypeError where the value is not finite JSON: that is our own mistake."""
        message = _ENCODER.encode(value).encode() + b"\n"
        deadline = time.monotonic() + timeout_seconds
        if self._spent:
            return Closed()
        if self._unsent:
            failed = self._flush(deadline)
            if failed is not None:
                return failed
        self._unsent = message
        failed = self._flush(deadline)
        if isinstance(failed, Expired) and self._unsent == message:
            self._unsent = b""
        else:
            self._owed += 1
        return failed

    def receive(self, timeout_seconds: float) -> Reply:
        """The answer to the last message sent. Without one outstanding it is the next line that comes."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            while self._lines:
                line = self._lines.popleft()
                self._owed = max(0, self._owed - 1)
                if self._owed == 0:
                    return parse(line, max_depth=self._max_depth)
            if self._overlong and not self._spent:
                self._spent = True
                return Malformed("too_long", {"bytes": self._max_bytes})
            if self._ended or self._overlong:
                self._spent = True
                return Closed()
            if not self._read(deadline):
                return Expired()

    def close(self) -> None:
        self._spent = self._ended = True
        self._lines.clear()
        self._sock.close()

    def _flush(self, deadline: float) -> Expired | Closed | None:
        while self._unsent:
            try:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
            except BlockingIOError:
                if not self._writable.poll(_milliseconds(deadline)):
                    return Expired()
            except OSError:
                self._unsent = b""
                return Closed()
        return None

    def _read(self, deadline: float) -> bool:
        """Wait for bytes and take in what there is; False when the deadline passes first."""
        if not self._readable.poll(_milliseconds(deadline)):
            return False
        try:
            chunk = self._sock.recv(READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            chunk = b""
        if not chunk:
            self._ended = True
            return True
        self._split(chunk)
        return bool(self._lines) or self._overlong or time.monotonic() < deadline

    def _split(self, chunk: bytes) -> None:
        first, *others = chunk.split(b"\n")
        self._partial += first
        for piece in others:
            if len(self._partial) > self._max_bytes:
                break
            self._lines.append(bytes(self._partial))
            self._partial = bytearray(piece)
        if len(self._partial) > self._max_bytes:
            self._overlong = True
            self._partial.clear()


def _milliseconds(deadline: float) -> float:
    return max(0.0, (deadline - time.monotonic()) * 1000)
