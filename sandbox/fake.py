"""A stand-in for tests of others: the program is a Python function in a thread, and its end is scripted.

sandbox = FakeSandbox(Script(act=lambda message: message["speed"] + 1))
sandbox = FakeSandbox(lambda program: scripts[program.entry.name])
"""

import contextlib
import json
import shutil
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.build import Built, outcome
from sandbox.errors import ImageMissing, SandboxError
from sandbox.types import Ending, Limits, Program, Result, Verdict

STOPPED = Result(Verdict.AC, Ending.STOPPED, None, None, 0.0, 0.0, 0.0)
EXITED = Result(Verdict.AC, Ending.EXITED, 0, None, 0.0, 0.0, 0.0)
CRASHED = replace(EXITED, verdict=Verdict.RTE, exit_code=1, stderr="Traceback (most recent call last):\n")
OUT_OF_MEMORY = Result(Verdict.MLE, Ending.MEMORY, None, None, 0.0, 0.0, 256.0)

Act = Callable[[object], object]


@dataclass(frozen=True)
class Script:
    """What the program answers and how it ends. `act` gets each message after the hello; bytes that it returns are sent
    as they are, with a newline; None is an answer like another; raising `Quit` hangs up, anything else is a crash."""

    act: Act = lambda message: message
    ready: object = field(default_factory=lambda: {"ready": True})
    result: Result = STOPPED
    """How it ended, unless `act` crashed: then RTE."""
    build: Result = EXITED
    """How its build ended, where it is asked for."""
    open_error: SandboxError | None = None
    close_error: SandboxError | None = None


class Quit(Exception):
    """Raised by a script's `act`: the program hangs up without an answer."""


class FakeSession:
    def __init__(self, script: Script) -> None:
        self._script = script
        self._result = script.result
        self.channel, self._theirs = socket.socketpair()
        self._ours = self.channel.dup()
        self._thread = threading.Thread(target=self._serve, name="sandbox-fake", daemon=True)
        self._thread.start()
        self.closed = False

    def _serve(self) -> None:
        try:
            with self._theirs.makefile("rb") as lines:
                for number, line in enumerate(lines):
                    answer = self._script.ready if number == 0 else self._script.act(json.loads(line))
                    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                    self._theirs.sendall(raw + b"\n")
        except (Quit, OSError):
            pass
        except Exception as error:  # noqa: BLE001  a script may crash in any way: that is its purpose
            self._result = replace(CRASHED, stderr=f"{CRASHED.stderr}{type(error).__name__}: {error}\n")
        finally:
            self._theirs.close()

    def close(self) -> Result:
        if not self.closed:
            self.closed = True
            with contextlib.suppress(OSError):
                self._ours.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._ours.close()
            self.channel.close()
        if self._script.close_error is not None:
            raise self._script.close_error
        return self._result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FakeSandbox:
    """`opened` and `reaped` record what was asked of it; while `away` is set it is not ready;
    `lacking` are languages that it cannot build for."""

    name = "fake"
    cores = 0

    def __init__(
        self, script: Script | Callable[[Program], Script] | None = None, *, image: str = "", isolated: bool = True
    ) -> None:
        self.image, self.isolated = image, isolated
        self._script = script if script is not None else Script()
        self.opened: list[Program] = []
        self.sessions: list[FakeSession] = []
        self.reaped: list[dict[str, str]] = []
        self.away = False
        self.built: list[Program] = []
        self.lacking: set[str] = set()

    def open(self, program: Program, limits: Limits) -> FakeSession:  # noqa: ARG002  the interface's
        self.opened.append(program)
        session = FakeSession(self._started(program))
        self.sessions.append(session)
        return session

    def run(self, program: Program, limits: Limits, *, stdin: bytes = b"") -> Result:  # noqa: ARG002
        self.opened.append(program)
        script = self._started(program)
        if script.close_error is not None:
            raise script.close_error
        return EXITED if script.result is STOPPED else script.result

    def builder(self, toolchain: str) -> str | None:
        return None if toolchain in self.lacking else self.name

    def build(self, program: Program, limits: Limits, *, to: Path, toolchain: str | None = None) -> Built:  # noqa: ARG002
        """Builds where `toolchain` says so, and ends as the script's `build` does."""
        if toolchain is None:
            return Built(program)
        if toolchain in self.lacking:
            raise ImageMissing(f"no tools for {toolchain}")
        self.built.append(program)
        script = self._started(program)
        if script.build.verdict is Verdict.AC:
            shutil.copyfile(program.entry, to)
        return outcome(program, script.build, to)

    def _started(self, program: Program) -> Script:
        script = self._script if isinstance(self._script, Script) else self._script(program)
        if script.open_error is not None:
            raise script.open_error
        return script

    def reap(self, **labels: str) -> int:
        self.reaped.append(labels)
        return 0

    def expect(self, limits: Limits) -> None:
        """Nothing is kept waiting."""

    def settle(self) -> None:
        """Nothing is left for later."""

    def close(self) -> None:
        """Nothing to let go of."""

    def ready(self) -> bool:
        return not self.away

    def describe(self) -> str:
        return "fake"
