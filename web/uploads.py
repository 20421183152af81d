"""Large bodies: taken to the disk that uploads go to, bounded, and read to the end where they are refused, so that the
browser can hear why."""

import errno
import io
import socket
import tempfile
import time
from datetime import datetime
from typing import IO, Any

from flask import Request, current_app, g, request
from werkzeug.exceptions import RequestTimeout

from judge.errors import StorageFull
from web.portal import portal

FORM_BYTES = 256 << 10
"""The largest body of a request that brings no file."""
SLACK_BYTES = 256 << 10
"""What a form with a file may hold beside the file."""
DRAINED_BYTES = 256 << 20
DRAINED_SECONDS = 30
"""How far, and for how long, a refused body is read away."""
SILENT_SECONDS = 60
WHOLE_SECONDS = 1800
"""A sender who says nothing for so long, or is not done after so long, is no longer waited for."""
_BLOCK = 1 << 20
_OPENED = "podium.opened"
_BODY = "podium.body"
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


class PodiumRequest(Request):
    """A request whose file parts go to the scratch folder of the storage."""

    max_form_memory_size = FORM_BYTES
    max_form_parts = 50

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        file = tempfile.TemporaryFile("w+b", dir=portal().storage.scratch, prefix="body-")  # noqa: SIM115 - lives on
        self.environ.setdefault(_OPENED, []).append(file)
        return file

    def _load_form_data(self) -> None:
        read = False
        try:
            super()._load_form_data()
            read = True
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise StorageFull("storage-full") from error
            raise
        finally:
            if not read:
                for file in self.environ.pop(_OPENED, []):
                    file.close()


class Counted(io.RawIOBase):
    """A body that knows how much of it was read: past its end, a server's own stream waits for ever. It gives up, with
    RequestTimeout, on a sender who falls silent or who is not done by `WHOLE_SECONDS`."""

    def __init__(self, stream: IO[bytes], connection: socket.socket | None) -> None:
        self._stream = stream
        self._connection = connection
        self._until = time.monotonic() + WHOLE_SECONDS
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if time.monotonic() > self._until:
            raise RequestTimeout
        if self._connection is not None:
            self._connection.settimeout(SILENT_SECONDS)
        try:
            block = self._stream.read(size)
        except TimeoutError:
            raise RequestTimeout from None
        finally:
            if self._connection is not None:
                self._connection.settimeout(None)
        self.count += len(block)
        return block

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        block = self.read(len(view))
        view[: len(block)] = block
        return len(block)


def arrive(now: datetime) -> None:
    """A request's headers are here. Before anything reads its body."""
    g.received_at = now
    body = Counted(request.environ["wsgi.input"], request.environ.get("gunicorn.socket"))
    request.environ[_BODY] = request.environ["wsgi.input"] = body


def received_at() -> datetime:
    """When this request's headers arrived."""
    moment: datetime = g.received_at
    return moment


def allow_file(most_mib: int) -> None:
    """Let this request bring a file of so many MiB. Raises StorageFull where there is no room, before it is read."""
    request.max_content_length = (most_mib << 20) + SLACK_BYTES
    portal().storage.check_room()


def drain() -> None:
    """Read a refused body away, within bounds: a connection closed in mid-upload shows the reader no page."""
    stream: Counted = request.environ[_BODY]
    left = min((request.content_length or 0) - stream.count, DRAINED_BYTES)
    until = time.monotonic() + DRAINED_SECONDS
    try:
        while left > 0 and time.monotonic() < until and (block := stream.read(min(_BLOCK, left))):
            left -= len(block)
    except (OSError, ValueError, RequestTimeout) as error:
        current_app.logger.info("a refused upload ended early: %s", error)
