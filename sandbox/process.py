"""The backend without walls: a program as a child process, for `podium try` on its owner's own machine.

It may read and write what its owner may. Held are: wall and CPU time, resident memory, output, open files, file size
(outside Linux only wall time and output); the number of processes is not, as the system only counts it per user. The
whole tree is killed afterwards. Without an engine it also serves shipped samples, known by their hash: then `allow`
says which those are.
"""

import contextlib
import dataclasses
import logging
import os
import resource
import secrets
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox import build, languages
from sandbox.errors import EngineFailed, ImageMissing, NotClean, Refused, SandboxError
from sandbox.handover import GO, order, place_entry, read_acknowledgement
from sandbox.logs import STDERR, STDOUT, Logs
from sandbox.processes import Tree
from sandbox.types import Ending, Limits, Program, Result, Verdict
from sandbox.verdict import End, Stop, decide

RUNNER = Path(__file__).resolve().parents[1] / "docker" / "player" / "runner.py"
BUILDER = RUNNER.with_name("build.py")
TICK_SECONDS = 0.05
DYING_SECONDS = 2.0
ORDER_SECONDS = 15.0
ADDRESS_SPACE_MIB = 4096
"""How far the address space may go beyond the memory limit: libraries reserve much that they never touch."""
MIB = 1 << 20
log = logging.getLogger(__name__)


class ProcessSession:
    """One child process and whatever it starts. Made by `ProcessSandbox`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._folder = Path(tempfile.mkdtemp(prefix="podium-"))
        self._mark = f"PODIUM_SESSION={secrets.token_hex(8)}"
        self.channel, theirs = socket.socketpair()
        try:
            self._child = self._spawn(theirs)
        except OSError as error:
            self.channel.close()
            shutil.rmtree(self._folder)
            raise EngineFailed(f"cannot start a process: {error}") from error
        finally:
            theirs.close()
        self._probe = self.channel.dup()
        self._tree = Tree(self._child.pid, self._mark)
        self._logs = Logs(limits.output_kib)
        self._asked = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sandbox-process", daemon=True)
        self._stop: Stop | None = None
        self._out_of_memory = self._left = False
        self._status = 0
        self._cpu_seconds = self._memory_mib = self._before_seconds = 0.0
        self._began = self._ended_at = time.monotonic()
        self._started: bool | None = None
        self._result: Result | None = None
        self._failure: SandboxError | None = None

    def _spawn(self, channel: socket.socket) -> subprocess.Popen[bytes]:
        """The runner, waiting for its order; what it does not limit itself is limited before it gets one."""
        (self._folder / "work").mkdir()
        name, _, value = self._mark.partition("=")
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self._folder / "work"),
            "TMPDIR": str(self._folder),
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            name: value,
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
        }
        child = subprocess.Popen(
            [sys.executable, "-u", str(RUNNER), "--fd", str(channel.fileno())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            pass_fds=[channel.fileno()], start_new_session=True, env=environment,
        )  # fmt: skip
        limits = self._limits
        for kind, most in (
            (resource.RLIMIT_AS, (limits.memory_mib + ADDRESS_SPACE_MIB) * MIB),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            ceiling = most if hard == resource.RLIM_INFINITY else min(most, hard)
            if hasattr(resource, "prlimit"):
                resource.prlimit(child.pid, kind, (ceiling, ceiling))
        return child

    def begin(self, program: Program, stdin: bytes | None, *, collect: bool = False) -> None:
        """Give the runner its order. Raises EngineFailed, BadArchive."""
        entry = self._folder / "entry"
        if stdin:
            (self._folder / "stdin").write_bytes(stdin)
        try:
            filename = place_entry(program, entry)
        except OSError as error:
            raise EngineFailed(f"the entry cannot be read: {error}") from error
        line = order(
            program, self._limits, filename, entry=str(entry), into=str(self._folder / "work"),
            stdin=str(self._folder / "stdin") if stdin else None, collect=collect,
        )  # fmt: skip
        self._began = time.monotonic()
        self._thread.start()
        self.channel.settimeout(ORDER_SECONDS)
        try:
            self.channel.sendall(line)
            self._started = read_acknowledgement(self.channel)
            if self._started:
                self._before_seconds = self._tree.usage().cpu_seconds
                self._began = time.monotonic()
                self.channel.sendall(GO)
        except TimeoutError as error:
            raise EngineFailed("the runner does not take its order") from error
        except OSError:
            self._started = None
        self.channel.setblocking(True)

    def receive(self, to: Path, *, most_bytes: int) -> bool:
        """Everything that the program's end sends, into a file; False where it is more than that. Raises OSError."""
        with to.open("wb") as file, contextlib.suppress(ConnectionResetError):
            while data := self.channel.recv(65_536):
                if file.tell() + len(data) > most_bytes:
                    return False
                file.write(data)
        return True

    def wait(self) -> None:
        self._ended.wait()

    def close(self) -> Result:
        if self._result is None and self._failure is None:
            try:
                self.end()
                self._result = self._judge()
            except SandboxError as error:
                self._failure = error
        if self._failure is not None:
            raise self._failure
        assert self._result is not None
        return self._result

    def end(self) -> None:
        """End the program and whatever it started, and remove its folder. Raises NotClean."""
        if self._thread.ident is not None:
            with selectors.PollSelector() as poll:
                poll.register(self._probe, selectors.EVENT_READ)
                if not self._started or (poll.select(0) and not self._probe.recv(1, socket.MSG_PEEK)):
                    self._ended.wait(DYING_SECONDS)
            self._asked.set()
            self._thread.join()
        else:
            self._left = not self._tree.kill()
            self._child.wait()
        for stream in (self._probe, self.channel, self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.close()
        shutil.rmtree(self._folder)
        if self._left:
            raise NotClean(f"processes of session {self._child.pid} cannot be killed")

    def _judge(self) -> Result:
        code = os.waitstatus_to_exitcode(self._status) if self._stop is None else None
        signalled = -code if code is not None and code < 0 else None
        end = End(
            stop=self._stop,
            exit_code=None if signalled else code,
            cpu_seconds=self._cpu_seconds,
            cpu_limit_seconds=self._limits.cpu_seconds,
            out_of_memory=self._out_of_memory,
            started=bool(self._started),
            signal=signalled,
        )
        verdict, ending = decide(end)
        return Result(
            verdict=verdict,
            ending=ending,
            exit_code=end.exit_code,
            signal=signalled,
            wall_seconds=self._ended_at - self._began,
            cpu_seconds=self._cpu_seconds,
            memory_mib=self._memory_mib,
            stdout=self._logs.text(STDOUT),
            stderr=self._logs.text(STDERR),
            truncated=self._logs.over,
            written_bytes=self._logs.written_bytes,
        )

    def _watch(self) -> None:
        with selectors.DefaultSelector() as selector:
            for stream, number in ((self._child.stdout, STDOUT), (self._child.stderr, STDERR)):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
                    selector.register(stream, selectors.EVENT_READ, number)
            while self._stop is None and not self._gone():
                self._stop = self._why_stop()
                if self._stop is None:
                    self._read(selector, TICK_SECONDS)
            self._ended_at = time.monotonic()
            self._left = not self._tree.kill()
            if self._child.returncode is None:
                self._gone(wait=True)
            self._read(selector, 0)
            if self._logs.over and self._stop is not Stop.WALL:
                self._stop = Stop.OUTPUT
        self._ended.set()

    def _gone(self, *, wait: bool = False) -> bool:
        """Whether the child has ended; then it is waited for and its figures are taken."""
        pid, status, used = os.wait4(self._child.pid, 0 if wait else os.WNOHANG)
        if pid == 0:
            return False
        self._status, self._child.returncode = status, os.waitstatus_to_exitcode(status)
        self._cpu_seconds = max(self._cpu_seconds, used.ru_utime + used.ru_stime - self._before_seconds)
        if used.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
            # Below that it may be our own size, which a child has before it becomes another program.
            self._memory_mib = max(self._memory_mib, used.ru_maxrss / 1024)
        self._out_of_memory = self._out_of_memory or self._memory_mib > self._limits.memory_mib
        return True

    def _why_stop(self) -> Stop | None:
        usage = self._tree.usage()
        self._cpu_seconds = max(self._cpu_seconds, usage.cpu_seconds - self._before_seconds)
        self._memory_mib = max(self._memory_mib, usage.memory_mib)
        if self._logs.over:
            return Stop.OUTPUT
        if time.monotonic() - self._began >= self._limits.wall:
            return Stop.WALL
        if self._memory_mib > self._limits.memory_mib:
            self._out_of_memory = True
            return Stop.DONE
        if self._cpu_seconds > self._limits.cpu_seconds:
            return Stop.CPU
        return Stop.DONE if self._asked.is_set() else None

    def _read(self, selector: selectors.BaseSelector, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._logs.over and selector.get_map():
            ready = selector.select(min(0.01, max(0.0, until - time.monotonic())))
            for key, _ in ready:
                self._take(selector, key)
            if (not ready and self._asked.is_set()) or time.monotonic() >= until:
                return
        if not selector.get_map():
            time.sleep(min(seconds, 0.005))

    def _take(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(key.fd, 65_536)
            if data:
                self._logs.add(key.data, data)
            else:
                selector.unregister(key.fileobj)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ProcessSandbox:
    """Runs programs as children of this process."""

    name = "process"
    image = ""
    isolated = False
    cores = 0

    def __init__(self, *, allow: Callable[[Path], bool] | None = None) -> None:
        """`allow` says which entries may be run; None is for their owner's own machine."""
        self._allow = allow
        self._made: set[Path] = set()

    def open(self, program: Program, limits: Limits) -> ProcessSession:
        return self._begin(program, limits, None)

    def run(self, program: Program, limits: Limits, *, stdin: bytes = b"") -> Result:
        if program.command is None:
            raise ValueError("a program without a command is to be opened and talked to")
        with self._begin(program, limits, stdin) as session:
            session.wait()
        return session.close()

    def builder(self, toolchain: str) -> str | None:
        try:
            _check_tools(toolchain)
        except ImageMissing as error:
            log.warning("entries cannot be built here: %s", error)
            return None
        return self.name

    def build(self, program: Program, limits: Limits, *, to: Path, toolchain: str | None = None) -> build.Built:
        """With the tools that this machine has. Raises ImageMissing where it lacks them."""
        toolchain = toolchain or build.toolchain_of(program)
        if toolchain is None:
            return build.Built(program)
        _check_tools(toolchain)
        step = build.step(program, python=sys.executable, script=str(BUILDER))
        with self._begin(step, limits, None, collect=True) as session:
            fits = session.receive(to, most_bytes=limits.file_mib * MIB)
            if fits:
                session.wait()
        result = session.close()
        self._made.add(to)
        if not fits:
            result = dataclasses.replace(result, verdict=Verdict.OLE, ending=Ending.OUTPUT)
        return build.outcome(program, result, to)

    def _begin(self, program: Program, limits: Limits, stdin: bytes | None, *, collect: bool = False) -> ProcessSession:
        if self._allow is not None and program.entry not in self._made and not self._allow(program.entry):
            raise Refused(f"{program.entry.name} is not ours, and without a container only what is ours is run")
        session = ProcessSession(limits)
        try:
            session.begin(program, stdin, collect=collect)
        except BaseException:
            session.end()
            raise
        return session

    def reap(self, **labels: str) -> int:  # noqa: ARG002  the interface's
        """Nothing outlives us here: a program whose owner is gone reads the end of its channel."""
        return 0

    def expect(self, limits: Limits) -> None:
        """Nothing is kept waiting."""

    def settle(self) -> None:
        """Nothing is left for later."""

    def close(self) -> None:
        """Nothing to let go of."""

    def ready(self) -> bool:
        return True

    def describe(self) -> str:
        return f"process, {sys.implementation.name} {sys.version.split()[0]}, no isolation"


def _check_tools(toolchain: str) -> None:
    """Raises ImageMissing where this machine has no compiler for a language. What an entry without a language needs,
    only its build can tell."""
    tools = languages.tools(toolchain)[:1] if toolchain != languages.ANY else ()
    for tool in tools:
        if shutil.which(tool) is None:
            raise ImageMissing(
                f"this machine has no {tool}. To mend it: install {tool}, or start a Docker engine "
                "(sh docker/engine.sh), which builds in an image of its own"
            )
