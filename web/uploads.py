"""Large bodies: taken to the disk that uploads go to, bounded, and read to the end where they are refused, so that the
browser can hear why."""

import errno
import io
import tempfile
import time
from datetime import datetime
from typing import IO

from flask import Request, current_app, g, request
from typing_extensions import Buffer

from judge.errors import StorageFull
from judge.submissions import BODY_SECONDS
from web.portal import portal

FORM_BYTES = 256 << 10
"""The largest body of a request that brings no file."""
SLACK_BYTES = 256 << 10
"""What a form with a file may hold beside the file."""
DRAINED_BYTES = 512 << 20
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
    """A body that knows how much of it was read: past its end, a server's own stream waits for ever."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self.count += len(block)
        return block

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        block = self.read(len(view))
        view[: len(block)] = block
        return len(block)


def arrive(now: datetime) -> None:
    """A request's headers are here. Before anything reads its body."""
    g.received_at = now
    request.environ[_BODY] = request.environ["wsgi.input"] = Counted(request.environ["wsgi.input"])


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
    until = time.monotonic() + BODY_SECONDS
    try:
        while left > 0 and time.monotonic() < until and (block := stream.read(min(_BLOCK, left))):
            left -= len(block)
    except (OSError, ValueError) as error:
        current_app.logger.info("a refused upload ended early: %s", error)
