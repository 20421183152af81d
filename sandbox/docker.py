"""The isolated backend: every program in a container of its own, never used again.

Theory of operation. A `Box` is a container with a control group and a folder of its own whose runner waits; it comes
from the `Pool`, or is made. At hand-over the entry is put into the folder and the runner gets its order; when it has
unpacked, the clocks start and the program begins. From the order on a `Monitor` watches. Closing ends the program,
judges by what was seen, and leaves the box to the `Undertaker`, who proves that nothing stays.
"""

import contextlib
import dataclasses
import select
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox import build, cgroups, images
from sandbox.alarms import Alarms
from sandbox.box import Box, Maker
from sandbox.builders import Builders
from sandbox.container import Container, cell_of
from sandbox.engine import CALL_SECONDS, Engine, Gone, translated
from sandbox.errors import EngineFailed, EngineUnavailable, ImageMissing, NotClean, SandboxError
from sandbox.handover import GO, Record, name_prefix, orphans, read_acknowledgement, record_of, remove_folder
from sandbox.heartbeat import Heartbeat
from sandbox.logs import STDERR, STDOUT
from sandbox.monitor import Monitor
from sandbox.pool import Pool
from sandbox.reach import Reach, Talk
from sandbox.types import Ending, Limits, Program, Result, Verdict
from sandbox.undertaker import Undertaker
from sandbox.verdict import End, decide, signal_of

ORDER_SECONDS = 60.0
"""For unpacking: the largest entry takes a few seconds on a busy machine."""
DYING_SECONDS = 2.0
"""How long a program that has hung up may take to end by itself before we end it: its exit code is its own."""
AFTERLIFE_SECONDS = 60.0
"""How long after its wall limit a container is certainly nobody's."""
READ_BYTES = 1 << 20


class DockerSession:
    """One program in one box."""

    def __init__(self, box: Box, limits: Limits, undertaker: Undertaker) -> None:
        self.channel = box.channel
        self._probe = box.channel.dup()
        self._box, self._limits, self._undertaker = box, limits, undertaker
        self._monitor = Monitor(box, limits)
        self._began: bool | None = None
        self._over = False
        self._result: Result | None = None
        self._failure: SandboxError | None = None

    def begin(self, program: Program, stdin: bytes | None, *, collect: bool) -> None:
        """Hand over; returns when the program is about to run or has ended. Raises EngineFailed, BadArchive."""
        box, core = self._box, self._limits.core
        deadline = time.time() + ORDER_SECONDS + self._limits.wall + AFTERLIFE_SECONDS
        try:
            box.handover.record(Record(program.labels, deadline))
            order, files = box.place(program, self._limits, stdin, collect=collect)
        except OSError as error:
            raise EngineFailed(f"the entry cannot be handed over: {error}") from error
        if core is not None and not box.group.pin(core):
            with contextlib.suppress(EngineFailed):  # it may be one that this engine has not: then it runs on any
                box.container.pin(core)
        self._monitor.start()
        self.channel.settimeout(ORDER_SECONDS)
        try:
            self.channel.sendall(order)
            for path in files:
                with path.open("rb") as file:
                    self.channel.sendfile(file)
            ready = select.poll()
            ready.register(self.channel, select.POLLIN)
            while not ready.poll(50) and not self._monitor.ended.is_set():
                pass
            self._began = read_acknowledgement(self.channel)
            if self._began:
                self._monitor.start_clocks()
                self.channel.sendall(GO)
        except TimeoutError as error:
            raise EngineFailed("the runner does not take its order") from error
        except OSError:
            self._began = None
        self.channel.setblocking(True)

    def wait(self) -> None:
        """Until the program has ended, by itself or by its limits."""
        self._monitor.ended.wait()

    def receive(self, to: Path, *, most_bytes: int) -> bool:
        """Everything that the program's end sends, into a file; False where it is more than that. Raises OSError."""
        with to.open("wb") as file, contextlib.suppress(ConnectionResetError):
            while data := self.channel.recv(READ_BYTES):
                if file.tell() + len(data) > most_bytes:
                    return False
                file.write(data)
        return True

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
        """End the program: no process of it lives when this returns. What else there is of it will be taken away.
        Raises EngineFailed. Called again, it does nothing."""
        if self._over:
            return
        self._over = True
        try:
            if self._monitor.started and (not self._began or self._hung_up()):
                self._monitor.ended.wait(DYING_SECONDS)
            self._monitor.finish()
            self._box.kill()
        finally:
            self._probe.close()
            self._undertaker.bury(self._box)

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._probe, 0)
        return bool(poll.poll(0))

    def _judge(self) -> Result:
        monitor, group, state = self._monitor, self._box.group, self._monitor.state
        if monitor.failure is not None:
            raise monitor.failure
        if state is None and not group.readable:
            state = self._box.container.wait_for_end()
        if state is not None and state.error:
            raise EngineFailed(f"the engine could not run the container: {state.error}")
        code = state.exit_code if state is not None and monitor.stop is None else None
        end = End(
            stop=monitor.stop,
            exit_code=code,
            cpu_seconds=group.cpu_seconds,
            cpu_limit_seconds=self._limits.cpu_seconds,
            out_of_memory=(state is not None and state.out_of_memory) or group.oom_kills > 0,
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
            memory_mib=group.peak_mib,
            stdout=monitor.logs.text(STDOUT),
            stderr=monitor.logs.text(STDERR),
            truncated=monitor.logs.over,
            written_bytes=monitor.logs.written_bytes,
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
        pool_size: int = 0,
        talk: Talk = "auto",
        cgroup_root: Path = cgroups.ROOT,
        call_seconds: int = CALL_SECONDS,
    ) -> None:
        """`image` is a reference or a content hash, see `images.ensure_player_image`; `owner` names this installation
        on its engine; `runtime_dir` must have the same path for the engine as for us; `pool_size` is how many boxes
        are kept waiting; `runtime` must be registered with the engine; `talk` is how programs are talked to, see
        `reach`: attach does without anything that this host and the engine's would have to share.

        Raises EngineUnavailable, ImageMissing, EngineFailed."""
        self._engine = Engine(engine_url, call_seconds=call_seconds)
        try:
            self._facts = self._engine.facts()
            player = images.inspect_player_image(self._engine.api, image)
            if runtime is not None and runtime not in self._facts.runtimes:
                raise EngineFailed(f"the engine has no runtime {runtime}, only {', '.join(self._facts.runtimes)}")
        except Gone as error:
            self._engine.close()
            raise ImageMissing(f"there is no player image {image}: python -m sandbox.images") from error
        except SandboxError:
            self._engine.close()
            raise
        self.image = player.content
        self._builders = Builders(player, engine_url)
        self.cores = self._facts.cpus
        self._owner, self._runtime_dir = owner, runtime_dir.resolve()
        self.alarms = Alarms(self._runtime_dir)
        self._layout = cgroups.Layout(self._facts.cgroup_version, self._facts.cgroup_driver, cgroup_root)
        self._reach = Reach(self._engine, self._layout, talk)
        self._maker = Maker(
            self._engine, self._layout, player.reference, self._runtime_dir, owner, self.alarms, self._reach,
            Heartbeat(self._engine), runtime,
        )  # fmt: skip
        self._undertaker = Undertaker()
        self._pool = Pool(self._maker.make, size=pool_size, bury=self._undertaker.bury)

    def expect(self, limits: Limits) -> None:
        self._pool.expect(cell_of(limits))

    @property
    def waiting(self) -> int:
        """How many containers wait for a program now."""
        return self._pool.waiting()

    def open(self, program: Program, limits: Limits) -> DockerSession:
        return self._begin(program, limits)

    def run(self, program: Program, limits: Limits, *, stdin: bytes = b"") -> Result:
        if program.command is None:
            raise ValueError("a program without a command is to be opened and talked to")
        with self._begin(program, limits, stdin=stdin) as session:
            session.channel.close()
            session.wait()
        return session.close()

    def collect(self, program: Program, limits: Limits, to: Path, *, image: str) -> Result:
        """As `run`, in another image; where the program ends with status 0 its folder is written to `to`, as a gzipped
        tar that nobody has looked into. More than `file_mib` of it is OLE. Raises as `run`, and OSError for `to`."""
        if program.command is None:
            raise ValueError("a program without a command is to be opened and talked to")
        with self._begin(program, limits, collect=True, image=image) as session:
            fits = session.receive(to, most_bytes=limits.file_mib << 20)
            if fits:
                session.wait()
        result = session.close()
        return result if fits else dataclasses.replace(result, verdict=Verdict.OLE, ending=Ending.OUTPUT)

    def builder(self, toolchain: str) -> str | None:
        return self._builders.content(toolchain)

    def build(self, program: Program, limits: Limits, *, to: Path, toolchain: str | None = None) -> build.Built:
        toolchain = toolchain or build.toolchain_of(program)
        if toolchain is None:
            return build.Built(program)
        image = self._builders.image(toolchain).reference
        return build.outcome(program, self.collect(build.step(program), limits, to, image=image), to)

    def _begin(
        self,
        program: Program,
        limits: Limits,
        *,
        stdin: bytes | None = None,
        collect: bool = False,
        image: str | None = None,
    ) -> DockerSession:
        if (trouble := self.alarms.standing()) is not None:
            raise NotClean(f"nothing is started on this host until it is clean again: {trouble}")
        cell = cell_of(limits)
        box = self._pool.take(cell) if image is None else self._maker.make(cell, image=image)
        session = DockerSession(box, limits, self._undertaker)
        try:
            session.begin(program, stdin, collect=collect)
        except BaseException:
            with contextlib.suppress(SandboxError):  # what came first says more
                session.end()
            raise
        return session

    def reap(self, **labels: str) -> int:
        """As in the interface. A run whose process still lives is left alone before its deadline, unless labels are
        given that name it. Raises EngineFailed, NotClean (and alarm)."""
        try:
            count = self._reap(labels)
        except NotClean as error:
            self.alarms.stop_work(str(error))
            raise
        if not labels:
            self.alarms.all_clear()
        return count

    def _reap(self, labels: dict[str, str]) -> int:
        with translated("listing our containers"):
            listed = self._engine.api.containers(all=True, filters={"label": f"podium.owner={self._owner}"})
        containers = {row["Labels"].get("podium.session", ""): Container(self._engine, row["Id"]) for row in listed}
        dead = set(orphans(self._runtime_dir))
        known = containers.keys() | dead | self._layout.names(name_prefix(self._owner))
        names = {name for name in known if self._is_to_go(name, labels, dead=name in dead)}
        for name in names:
            if name in containers:
                containers[name].remove()
            if survivors := cgroups.remove(self._layout, name):
                self.alarms.tell(f"{survivors} processes outlived container {name}; killed")
            remove_folder(self._runtime_dir / name)
        return len(names)

    def _is_to_go(self, name: str, labels: dict[str, str], *, dead: bool) -> bool:
        record = record_of(self._runtime_dir / name)
        if labels:
            known = {"owner": self._owner, **(record.labels if record is not None else {})}
            return labels.items() <= known.items()
        return dead or record is None or (record.deadline is not None and record.deadline < time.time())

    def settle(self) -> None:
        """Until everything that has ended so far is taken away, or left to be reaped."""
        self._undertaker.settle()

    def ready(self) -> bool:
        try:
            self._engine.ping()
        except SandboxError:
            return False
        return self.alarms.standing() is None

    def describe(self) -> str:
        facts = self._facts
        runtime = self._maker.runtime or facts.default_runtime
        groups = f"cgroup v{facts.cgroup_version} {facts.cgroup_driver}"
        users = [name for name in facts.security if name in {"userns", "rootless"}]
        return ", ".join([f"docker {facts.version}", runtime, groups, facts.storage_driver, *users])

    def close(self) -> None:
        """As in the interface."""
        self._pool.close()
        self._undertaker.close()
        self._engine.close()
