"""What every sandbox backend does. Contract tests run over all of them."""

import socket
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from sandbox.build import Built
from sandbox.types import Limits, Program, Result


class Session(Protocol):
    """One live program. As a context manager it is closed on the way out."""

    channel: socket.socket
    """A connected stream to the program: newline-delimited JSON, see `sandbox.wire`. May be handed to another process
    (`fileno`); the program's prints never appear on it."""

    def close(self) -> Result:
        """End the program if it still lives, clean up, and say how it ended. Called again, it returns the same.

        No process of it lives any more when this returns. Raises EngineFailed where the engine failed or vanished under
        it, or where that cannot be said; NotClean where a process cannot be ended.
        """
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sandbox(Protocol):
    """Runs programs within limits, and says how they ended."""

    name: str
    """`docker`, `process` or `fake`."""
    image: str
    """Content hash of the player image; empty where there is none."""
    isolated: bool
    """Whether entries that nobody knows may be run."""
    cores: int
    """How many a program can be given one of, see `Limits.core`; 0 where it cannot."""

    def expect(self, limits: Limits) -> None:
        """Say that programs will be opened with such limits, so that what they need can be there. Raises nothing."""
        ...

    def open(self, program: Program, limits: Limits) -> Session:
        """Start an entry to be talked to. Returns as soon as the channel is connected or the program has ended.

        Raises EngineUnavailable, ImageMissing, EngineFailed; NotClean where this host does not start anything any more;
        Refused for a program that is not run here; BadArchive where the entry is a folder that holds links or devices.
        """
        ...

    def run(self, program: Program, limits: Limits, *, stdin: bytes = b"") -> Result:
        """Run a program to its end, without a channel. Raises as `open` and `Session.close`."""
        ...

    def builder(self, toolchain: str) -> str | None:
        """Where entries are built for a language, or for `languages.ANY`: the content hash of the image, or another
        word for it; None where they cannot be. What is not there yet is made, which may take a minute; where it cannot
        be had, the log says what to do. Raises nothing."""
        ...

    def build(self, program: Program, limits: Limits, *, to: Path, toolchain: str | None = None) -> Built:
        """Take an entry through the build step that its entry.toml asks for, and leave the file that is then to be run
        at `to`; an entry without one is given back as it is. `toolchain` is what `build.toolchain_of` says, where the
        caller knows; nothing of the entry is looked at out here then.

        Raises as `run`; ImageMissing where the tools are not there and cannot be had; BadArchive where the entry breaks
        a rule of the portal's.
        """
        ...

    def reap(self, **labels: str) -> int:
        """End and remove whatever earlier owners left that carries our label and all of these; how many there were.
        Nothing that is not ours is touched."""
        ...

    def settle(self) -> None:
        """Until whatever has ended so far is taken away, down to the last folder, or left to be reaped."""
        ...

    def ready(self) -> bool:
        """Whether programs can be started now: cheap, asked before each judgement. Raises nothing."""
        ...

    def describe(self) -> str:
        """The engine and its version, for the record of a judgement."""
        ...

    def close(self) -> None:
        """Let go of the engine. Sessions must have been closed before."""
        ...
