"""Building an entry before it is played, once on each worker host: what was built is kept for its next judgement.

The store is a folder of files that nobody here opens, named by everything that what is inside depends on. It is
bounded: what was not used for longest goes first. A judgement plays a link of its own, so that nothing is taken away
under it.
"""

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from challenges.base import Message
from judge.errors import PlatformFault
from judge.referee import Stopping
from sandbox import build
from sandbox.errors import EngineUnavailable, ImageMissing, NotClean, SandboxError
from sandbox.interface import Sandbox
from sandbox.types import Limits, Program

LEFT_OVER_SECONDS = 86_400
"""A link that is older belongs to nobody."""
WATCH_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Build:
    """What became of an entry. `program` is what is to be played, None where the build failed, and then `message` says
    why; `builder` is None where there was nothing to build; `kept` where it was built before."""

    program: Program | None
    message: Message | None = None
    builder: str | None = None
    log: str = ""
    cpu_seconds: float = 0.0
    kept: bool = False

    def to_json(self) -> dict[str, Any] | None:
        """What `podium try --json` prints of it."""
        if self.builder is None:
            return None
        return {
            "built": self.program is not None,
            "message": self.message.to_json() if self.message else None,
            "log": self.log,
            "cpu_seconds": round(self.cpu_seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Work:
    """An entry to be built, if `toolchain` (see `sandbox.build.toolchain_of`) is given; on a core of its own where one
    is. Whoever sets `stop` ends it."""

    toolchain: str | None
    sha256: str
    stop: threading.Event
    core: int | None = None


@dataclass(frozen=True, slots=True)
class Builds:
    """Several processes may share a folder."""

    folder: Path
    most_mib: int

    @contextmanager
    def entry(self, sandbox: Sandbox, program: Program, work: Work) -> Iterator[Build]:
        """The entry as it is to be played, while the context lasts. Raises PlatformFault with evidence on our side,
        Stopping."""
        if work.toolchain is None:
            yield Build(program)
            return
        builder = sandbox.builder(work.toolchain)
        if builder is None:
            raise PlatformFault("image-missing", f"no tools for {work.toolchain}; the worker's log says why")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        parts = (work.sha256, work.toolchain, sandbox.image, builder)
        name = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        mine = self.folder / f"used-{os.getpid()}-{secrets.token_hex(4)}.tar.gz"
        try:
            known = self._known(name, mine) if sandbox.isolated else None
            if known is not None:
                there = replace(program, entry=mine, filename=build.FILENAME)
                yield Build(there, builder=builder, log=known, kept=True)
            else:
                yield replace(self._built(sandbox, program, work, name, mine), builder=builder)
        finally:
            mine.unlink(missing_ok=True)
            self._tidy()

    def _known(self, name: str, mine: Path) -> str | None:
        """The log of a build that is kept, with a link to it made; None where there is none."""
        with suppress(FileNotFoundError, ValueError):
            said = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            os.link(self.folder / f"{name}.tar.gz", mine)
            os.utime(mine)
            return str(said["log"])
        return None

    def _built(self, sandbox: Sandbox, program: Program, work: Work, name: str, mine: Path) -> Build:
        """Built now; `builder` is left out."""
        limits = replace(build.LIMITS, core=work.core)
        with _ours(), _until(work.stop, sandbox, program.labels):
            built = sandbox.build(program, limits, to=mine, toolchain=work.toolchain)
        seconds = built.result.cpu_seconds if built.result else 0.0
        if built.program is None:
            return Build(None, complaint(built, limits), log=built.log, cpu_seconds=seconds)
        facts = mine.with_suffix(".json")
        facts.write_text(json.dumps({"log": built.log}), encoding="utf-8")
        facts.replace(self.folder / f"{name}.json")
        with suppress(FileExistsError):
            os.link(mine, self.folder / f"{name}.tar.gz")
        return Build(built.program, log=built.log, cpu_seconds=seconds)

    def _tidy(self) -> None:
        """Hold the folder to its bound, and take away what a dead worker left."""
        files = []
        for path in self.folder.glob("*.tar.gz"):
            with suppress(FileNotFoundError):
                files.append((path.stat().st_mtime, path.stat().st_size, path))
        total = sum(size for _, size, path in files if not path.name.startswith("used-"))
        for used_at, size, path in sorted(files):
            if path.name.startswith("used-"):
                if used_at < time.time() - LEFT_OVER_SECONDS:
                    path.unlink(missing_ok=True)
            elif total > self.most_mib << 20:
                total -= size
                path.unlink(missing_ok=True)
                path.with_name(f"{path.name.removesuffix('.tar.gz')}.json").unlink(missing_ok=True)


def complaint(built: build.Built, limits: Limits) -> Message:
    """The sentence for a build that failed, with the figure that decided it. Its log says the rest."""
    figures: dict[str, dict[str, float]] = {
        "time": {"cpu_seconds": limits.cpu_seconds, "wall_seconds": limits.wall},
        "memory": {"memory_mib": limits.memory_mib},
        "output": {"output_kib": limits.output_kib},
        "too-large": {"largest_mib": build.LARGEST_MIB},
    }
    return Message(f"build-{built.why}", dict(figures.get(built.why, {})))


@contextmanager
def _until(stop: threading.Event, sandbox: Sandbox, labels: Mapping[str, str]) -> Iterator[None]:
    """A build cannot be asked to end: where we are to stop, its container is taken away under it. Raises Stopping."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(WATCH_SECONDS):
            if stop.is_set() and labels:
                with suppress(SandboxError):
                    sandbox.reap(**labels)

    thread = threading.Thread(target=watch, name="build-watch", daemon=True)
    thread.start()
    try:
        yield
    except SandboxError:
        if stop.is_set():
            raise Stopping from None
        raise
    finally:
        done.set()
        thread.join()


@contextmanager
def _ours() -> Iterator[None]:
    """What the engine or this host does wrong is a fault of the platform."""
    try:
        yield
    except EngineUnavailable as error:
        raise PlatformFault("engine-failed", str(error)) from error
    except ImageMissing as error:
        raise PlatformFault("image-missing", str(error)) from error
    except NotClean as error:
        raise PlatformFault("host-not-clean", str(error)) from error
    except SandboxError as error:
        raise PlatformFault("engine-failed", f"{type(error).__name__}: {error}") from error
