"""The isolated backend: every program in a container of its own, never used again.

Theory of operation. `box` makes a container with a control group and a folder of its own and waits until its runner has
connected. At hand-over the entry is put into the folder, the clocks start and the runner gets its order; from then on a
`Monitor` watches. Closing ends the program, destroys the box and judges by what was seen.
"""

import select
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox import cgroups, images
from sandbox.box import AFTERLIFE_SECONDS, Box, Maker
from sandbox.container import Container
from sandbox.engine import CALL_SECONDS, Engine, Gone, translated
from sandbox.errors import EngineFailed, EngineUnavailable, ImageMissing, SandboxError
from sandbox.handover import orphans, read_acknowledgement, remove_folder
from sandbox.logs import STDERR, STDOUT
from sandbox.monitor import Monitor
from sandbox.types import Limits, Program, Result
from sandbox.verdict import End, decide, signal_of

ORDER_SECONDS = 15.0
DYING_SECONDS = 2.0
"""How long a program that has hung up may take to end by itself before we end it: its exit code is its own."""


class DockerSession:
    """One program in one box."""

    def __init__(self, box: Box, limits: Limits) -> None:
        self.channel = box.channel
        self._probe = box.channel.dup()
        self._box, self._limits = box, limits
        self._monitor = Monitor(box.container, box.stream, box.group, limits)
        self._began: bool | None = None
        self._result: Result | None = None
        self._failure: SandboxError | None = None

    def begin(self, program: Program, stdin: bytes | None = None) -> None:
        """Hand over; returns when the program is about to run or has ended. Raises EngineFailed, BadArchive."""
        try:
            order = self._box.handover.place(program, self._limits, stdin)
        except OSError as error:
            raise EngineFailed(f"the entry cannot be handed over: {error}") from error
        self._monitor.start()
        self.channel.settimeout(ORDER_SECONDS)
        try:
            self.channel.sendall(order)
            ready = select.poll()
            ready.register(self.channel, select.POLLIN)
            while not ready.poll(50) and not self._monitor.ended.is_set():
                pass
            self._began = read_acknowledgement(self.channel)
        except TimeoutError as error:
            raise EngineFailed("the runner does not take its order") from error
        except OSError:
            self._began = None
        self.channel.setblocking(True)

    def wait(self) -> None:
        """Until the program has ended, by itself or by its limits."""
        self._monitor.ended.wait()

    def close(self) -> Result:
        if self._result is None and self._failure is None:
            try:
                self.end()
                self._result = self._judge()
            except EngineUnavailable as error:
                self._failure = EngineFailed(f"the engine vanished under a run: {error.reason}")
            except SandboxError as error:
                self._failure = error
        if self._failure is not None:
            raise self._failure
        assert self._result is not None
        return self._result

    def end(self) -> None:
        """End the program and leave nothing of it. Raises EngineFailed, NotClean."""
        try:
            if self._monitor.started and (not self._began or self._hung_up()):
                self._monitor.ended.wait(DYING_SECONDS)
            self._monitor.finish()
        finally:
            self._probe.close()
            self._box.destroy()

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._probe, 0)
        return bool(poll.poll(0))

    def _judge(self) -> Result:
        monitor, state = self._monitor, self._monitor.state
        if monitor.failure is not None or state is None:
            raise monitor.failure or EngineFailed("the container's end was not seen")
        if state.error:
            raise EngineFailed(f"the engine could not run the container: {state.error}")
        code = state.exit_code if monitor.stop is None else None
        end = End(
            stop=monitor.stop,
            exit_code=code,
            cpu_seconds=monitor.cpu_seconds(),
            cpu_limit_seconds=self._limits.cpu_seconds,
            out_of_memory=state.out_of_memory or self._box.group.oom_kills() > 0,
            started=bool(self._began),
        )
        verdict, ending = decide(end)
        return Result(
            verdict=verdict,
            ending=ending,
            exit_code=code,
            signal=signal_of(code),
            wall_seconds=monitor.ended_at - monitor.began,
            cpu_seconds=end.cpu_seconds,
            memory_mib=self._box.group.peak_mib(),
            stdout=monitor.logs.text(STDOUT),
            stderr=monitor.logs.text(STDERR),
            truncated=monitor.logs.over,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class DockerSandbox:
    """Runs programs on a Docker engine. Usable from several threads."""

    name = "docker"
    isolated = True

    def __init__(
        self,
        *,
        image: str,
        runtime_dir: Path,
        owner: str,
        engine_url: str | None = None,
        runtime: str | None = None,
        cgroup_root: Path = cgroups.ROOT,
        call_seconds: int = CALL_SECONDS,
    ) -> None:
        """`image` is a reference or a content hash, see `images.ensure_player_image`; `owner` names this installation
        on its engine; `runtime_dir` must have the same path for the engine as for us.

        Raises EngineUnavailable, ImageMissing, EngineFailed."""
        self._engine = Engine(engine_url, call_seconds=call_seconds)
        try:
            self._facts = self._engine.facts()
            player = images.inspect_player_image(self._engine.api, image)
        except Gone as error:
            self._engine.close()
            raise ImageMissing(f"there is no player image {image}: python -m sandbox.images") from error
        except SandboxError:
            self._engine.close()
            raise
        self.image = player.content
        self._owner, self._runtime_dir = owner, runtime_dir.resolve()
        self._layout = cgroups.Layout(self._facts.cgroup_version, self._facts.cgroup_driver, cgroup_root)
        self._maker = Maker(self._engine, self._layout, player.reference, self._runtime_dir, owner, runtime)

    def open(self, program: Program, limits: Limits) -> DockerSession:
        return self._begin(program, limits, None)

    def run(self, program: Program, limits: Limits, *, stdin: bytes = b"") -> Result:
        if program.command is None:
            raise ValueError("a program without a command is to be opened and talked to")
        with self._begin(program, limits, stdin) as session:
            session.channel.close()
            session.wait()
        return session.close()

    def _begin(self, program: Program, limits: Limits, stdin: bytes | None) -> DockerSession:
        deadline = time.time() + limits.wall + AFTERLIFE_SECONDS
        box = self._maker.make(limits, program.labels, deadline=deadline)
        session = DockerSession(box, limits)
        try:
            session.begin(program, stdin)
        except BaseException:
            session.end()
            raise
        return session

    def reap(self, **labels: str) -> int:
        """As in the interface. A run whose process still lives is left alone before its deadline, unless labels are
        given that name it. Raises EngineFailed, NotClean."""
        wanted = [f"podium.owner={self._owner}", *(f"podium.{key}={value}" for key, value in labels.items())]
        with translated("listing our containers"):
            listed = self._engine.api.containers(all=True, filters={"label": wanted})
        dead = set(orphans(self._runtime_dir))
        names = set()
        for row in listed:
            name = row["Labels"].get("podium.session", "")
            overdue = int(row["Labels"].get("podium.deadline", "0")) < time.time()
            if not labels and not overdue and name not in dead and (self._runtime_dir / name).exists():
                continue
            Container(self._engine, row["Id"]).remove()
            names.add(name)
        for name in names | (dead if not labels else set()):
            cgroups.remove(self._layout, name)
            remove_folder(self._runtime_dir / name)
        return len(names)

    def ready(self) -> bool:
        try:
            self._engine.ping()
        except SandboxError:
            return False
        return True

    def describe(self) -> str:
        facts = self._facts
        runtime = self._maker.runtime or facts.default_runtime
        groups = f"cgroup v{facts.cgroup_version} {facts.cgroup_driver}"
        return f"docker {facts.version}, {runtime}, {groups}, {facts.storage_driver}"

    def close(self) -> None:
        """As in the interface."""
        self._engine.close()
