"""What went wrong with cleaning up on this host, for every process that uses the same runtime folder.

An alarm is a line in `alarms.log` beside the sessions' folders, and an error in the process's own log. Some only tell:
a process that outlived its container was found and killed. Others stop work on this host until `reap` has succeeded:
something is left that could not be removed, and the next run might meet it.
"""

import fcntl
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

_LOG = "alarms.log"
_STOPPED = "not-clean"


class Alarms:
    """Of one runtime folder. Usable from several threads and processes."""

    def __init__(self, runtime_dir: Path) -> None:
        self._log, self._stopped = runtime_dir / _LOG, runtime_dir / _STOPPED

    def tell(self, what: str) -> None:
        log.error("%s", what)
        self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        with self._log.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {what}\n")

    def stop_work(self, what: str) -> None:
        """Tell, and let no program be started here any more."""
        self.tell(what)
        descriptor = os.open(self._stopped, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, what.encode(), 0)
        finally:
            os.close(descriptor)

    def standing(self) -> str | None:
        """Why nothing may be started here; None where all is well."""
        try:
            return self._stopped.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def told(self) -> list[str]:
        """Every alarm so far, oldest first."""
        try:
            return self._log.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def all_clear(self) -> None:
        """Everything has been removed after all."""
        if self.standing() is not None:
            self.tell("all is clean again: work goes on")
            self._stopped.unlink(missing_ok=True)
