"""What every sandbox backend does. Contract tests run over all of them."""

import socket
from types import TracebackType
from typing import Protocol, Self

from sandbox.types import Limits, Program, Result


class Session(Protocol):
    """One live program. As a context manager it is closed on the way out."""

    channel: socket.socket
    """A connected stream to the program: newline-delimited JSON, see `sandbox.wire`. May be handed to another process
    (`fileno`); the program's prints never appear on it."""

    def close(self) -> Result:
        """End the program if it still lives, clean up, and say how it ended. Called again, it returns the same.

        Raises EngineFailed where the engine failed or vanished under it, NotClean where something is left.
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

    def open(self, program: Program, limits: Limits) -> Session:
        """Start an entry to be talked to. Returns as soon as the channel is connected or the program has ended.

        Raises EngineUnavailable, ImageMissing, EngineFailed, Refused; BadArchive where the entry is a folder that holds
        links or devices.
        """
        ...

    def run(self, program: Program, limits: Limits, *, stdin: bytes = b"") -> Result:
        """Run a program to its end, without a channel. Raises as `open` and `Session.close`."""
        ...

    def reap(self, **labels: str) -> int:
        """End and remove whatever earlier owners left that carries our label and all of these; how many there were.
        Nothing that is not ours is touched."""
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
