"""Cores as slots that every worker on a machine shares: a run takes one while it plays, so that no more run at once
than the machine can serve evenly. A slot is a locked file, so that the system gives it back when a worker dies."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from judge.referee import Stopping

_WAIT_SECONDS = 0.02


class Cores:
    """`count` slots below `folder`."""

    def __init__(self, folder: Path, count: int, *, stop: threading.Event) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._paths = [folder / f"core-{number}.lock" for number in range(count)]
        self._stop = stop

    @contextmanager
    def one(self) -> Iterator[int]:
        """Wait for a slot; its number. Raises Stopping."""
        number, descriptor = self._take()
        try:
            yield number
        finally:
            os.close(descriptor)

    def _take(self) -> tuple[int, int]:
        while not self._stop.is_set():
            for number, path in enumerate(self._paths):
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                else:
                    return number, descriptor
            time.sleep(_WAIT_SECONDS)
        raise Stopping
