"""What a worker process works with, and what its jobs share: the lease that is renewed, the entry that is built, the
core that goes with a slot."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from judge import leases
from judge.builds import Build, Builds, Work
from judge.cores import Cores
from judge.db import Database
from judge.errors import PlatformFault, StaleAttempt
from judge.leases import Claim
from judge.models import Phase, Submission
from judge.queue import Queue
from judge.referee import Nursery
from judge.results import Circumstances
from judge.samples import known_hashes
from judge.settings import Settings
from judge.storage import Storage
from sandbox.interface import Sandbox
from sandbox.types import Program

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kit:
    """Made once when a worker starts."""

    settings: Settings
    db: Database
    storage: Storage
    queue: Queue
    sandbox: Sandbox
    nursery: Nursery
    cores: Cores
    worker: str
    stop: threading.Event
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def builds(self) -> Builds:
        return Builds(self.settings.data / "builds", self.settings.builds_mib)

    def able(self, phase: Phase, *entries: Submission) -> bool:
        """Whether this worker may take it: its engine answers (an attempt is not spent on one that is away), the
        phase's image is here, an entry that nobody knows gets real walls, and one that is to be built the tools for
        it."""
        if not self.sandbox.ready():
            return False
        if phase.image is not None and phase.image != self.sandbox.image:
            return False
        if not (self.sandbox.isolated or all(entry.sha256 in known_hashes() for entry in entries)):
            return False
        toolchains = {entry.toolchain for entry in entries} - {None}
        return all(self.sandbox.builder(toolchain) is not None for toolchain in toolchains if toolchain is not None)

    def core(self, number: int) -> int | None:
        """The core that goes with a free slot, where the engine has one for each of them."""
        return number if self.settings.cores <= self.sandbox.cores else None

    @contextmanager
    def built(self, claim: Claim, entry: Submission) -> Iterator[Build]:
        """An entry as it is to be played, built first where its manifest says so."""
        program = Program(self.storage.local_path(entry.sha256), filename=entry.filename, labels=claim.labels)
        with ExitStack() as stack:
            if entry.toolchain is None:
                yield stack.enter_context(self.builds.entry(self.sandbox, program, Work(None, entry.sha256, self.stop)))
                return
            with self.cores.one() as number:
                work = Work(entry.toolchain, entry.sha256, self.stop, self.core(number))
                built = stack.enter_context(self.builds.entry(self.sandbox, program, work))
            yield built

    def circumstances(self, version: str, build: Build | None = None) -> Circumstances:
        """Under which something is played here, now; and built, where it was."""
        made = build is not None and build.builder is not None
        return Circumstances(
            image=self.sandbox.image,
            challenge_version=version,
            cpu_model=cpu_model(),
            engine=self.sandbox.describe(),
            builder=build.builder if build else None,
            build_log_sha256=self.storage.keep_bytes(build.log.encode()) if build and made else None,
            build_core_seconds=build.cpu_seconds if build else 0.0,
        )


class Lease:
    """Renews a claim in the background while its attempt plays."""

    def __init__(self, kit: Kit, claim: Claim) -> None:
        self._kit, self._claim = kit, claim
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{claim.name}", daemon=True)

    def _renew(self) -> None:
        while not self._done.wait(self._kit.settings.lease_seconds / 3):
            try:
                with self._kit.db.write() as session:
                    leases.renew(session, self._claim, settings=self._kit.settings, now=self._kit.clock())
            except StaleAttempt:
                return
            except Exception:
                log.exception("the lease of %s could not be renewed", self._claim.name)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def cpu_model() -> str:
    """What the kernel calls this machine's processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()[:120]
    return "unknown"


_kit: Kit | None = None


def equip(kit: Kit | None) -> None:
    """Called once by a worker, before its first job."""
    global _kit  # noqa: PLW0603 - the queue calls jobs by name, with one integer and nothing else
    _kit = kit


def equipped() -> Kit:
    """Raises PlatformFault in a process that is no worker."""
    if _kit is None:
        raise PlatformFault("internal", "this process is not a worker")
    return _kit
