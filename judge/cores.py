"""Cores as slots that every worker on a machine shares: a run takes one while it plays, so that no more run at once
than the machine can serve evenly. A slot is a locked file, so that the system gives it back when a worker dies."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from judge.referee import Stopping

_WAIT_SECONDS = 0.02


class Cores:
    """`count` slots below `folder`."""

    def __init__(self, folder: Path, count: int, *, stop: threading.Event) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._paths = [folder / f"core-{number}.lock" for number in range(count)]
        self._gate = folder / "several.lock"
        self._stop = stop

    @contextmanager
    def one(self) -> Iterator[int]:
        """Wait for a slot; its number. Raises Stopping."""
        number, descriptor = self._take(self._paths)
        try:
            yield number
        finally:
            os.close(descriptor)

    @contextmanager
    def several(self, count: int) -> Iterator[list[int]]:
        """Wait for so many slots, or for one where there are fewer in all; their numbers. Raises Stopping.

        Only one at a time collects several: it keeps what it has while it waits for the rest, and everybody whom it
        waits for is playing, so it waits for nobody who waits for it."""
        with ExitStack() as held:
            if not 1 < count <= len(self._paths):
                yield [held.enter_context(self.one())]
                return
            with ExitStack() as gate:
                gate.callback(os.close, self._take([self._gate])[1])
                slots = [held.enter_context(self.one()) for _ in range(count)]
            yield slots

    def _take(self, paths: Sequence[Path]) -> tuple[int, int]:
        while not self._stop.is_set():
            for number, path in enumerate(paths):
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                else:
                    return number, descriptor
            time.sleep(_WAIT_SECONDS)
        raise Stopping
