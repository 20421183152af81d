"""One container: how it is walled in, and the few things one does to it. Every failure is an EngineFailed."""

import json
import socket
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import docker.utils

from sandbox.engine import Engine, Gone, translated
from sandbox.errors import EngineFailed, ImageMissing
from sandbox.handover import MOUNT, WORK
from sandbox.types import Limits

USER_ID, USERS = 10_001, 50_000
PYTHON = "python3"
RUNNER = "import sys; sys.path[0] = '/opt/podium'; import runner; runner.main(sys.argv[1:])"
"""As a module, so that it is compiled already; without `site` (-S), which is loaded for those entries that see it."""
SECCOMP = (Path(__file__).parent / "seccomp.json").read_text()
MIB = 1 << 20
SHARED_MEMORY_MIB = 64
OUR_MEMORY_MIB = 12
OUR_PROCESSES = 2
PLAIN_RUNTIMES = frozenset({None, "runc", "crun", "io.containerd.runc.v2"})
KERNEL_MEMORY_MIB, KERNEL_PROCESSES = 64, 128
"""What other runtimes, which bring a kernel of their own (gVisor's), take beside their program in the same groups."""
DYING_SECONDS = 15.0
REMOVE_SECONDS = 5.0
"""So long the engine may say that somebody else removes it, or that a mount of it is busy."""
EVENT_SECONDS = 0.2
"""So long after a container's end the engine may still write down why it ended."""
ENVIRONMENT = {
    "HOME": WORK,
    "USER": "player",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONPATH": "/opt/packages",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class State:
    """What the engine says of a container."""

    running: bool
    exit_code: int
    out_of_memory: bool
    error: str
    pid: int
    """Of its init on the engine's host; 0 where it does not run."""
    finished_at: float = 0.0
    """Seconds since the epoch, by the engine's clock."""


def cell_of(limits: Limits) -> Limits:
    """What of a program's limits its container is made with; the rest is put upon it at hand-over. Two programs with
    the same cell may get the same waiting container."""
    kept = ("memory_mib", "processes", "inodes", "file_mib", "cpus")
    return Limits(**{name: getattr(limits, name) for name in kept})


def user_of(name: str) -> int:
    """The user of a session's container, by the session's name: another for each. The kernel counts much by user (pages
    of pipes, descriptors under way, watches, queues), and what one run takes another would lack, and see."""
    return USER_ID + zlib.crc32(name.encode()) % USERS


def walls(
    limits: Limits, *, folder: Path | None, cgroup_parent: str | None, runtime: str | None, user: int = USER_ID
) -> dict[str, Any]:
    """Everything that holds a program in, as arguments of the SDK's `create_host_config`. `folder` is shared with it,
    read-only; `user` owns the folders that it may write.

    Both tmpfs folders hold `file_mib` and `inodes`, and what is in them counts as memory. Init and runner are ours:
    what they take is added to the limits. Open files, file size and CPU time per process are put on by the runner.
    """
    tmpfs = f"rw,exec,nosuid,nodev,size={limits.file_mib}m,nr_inodes={limits.inodes},uid={user},gid={user}"
    own_kernel = runtime not in PLAIN_RUNTIMES
    memory_bytes = (limits.memory_mib + OUR_MEMORY_MIB + own_kernel * KERNEL_MEMORY_MIB) * MIB
    config: dict[str, Any] = {
        "network_mode": "none",
        "ipc_mode": "private",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges", f"seccomp={SECCOMP}"],
        "init": True,
        "pids_limit": limits.processes + OUR_PROCESSES + own_kernel * KERNEL_PROCESSES,
        "mem_limit": memory_bytes,
        "memswap_limit": memory_bytes,
        "cpu_period": 100_000,
        "cpu_quota": max(1_000, round(limits.cpus * 100_000)),
        "shm_size": min(SHARED_MEMORY_MIB, limits.memory_mib) * MIB,
        "tmpfs": {WORK: f"{tmpfs},mode=0700", "/tmp": f"{tmpfs},mode=1777"},  # noqa: S108  inside the container
        "log_config": {"Type": "none"},
        "ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
    }
    if folder is not None:
        config["binds"] = {str(folder): {"bind": MOUNT, "mode": "ro"}}
    if cgroup_parent is not None:
        config["cgroup_parent"] = cgroup_parent
    if runtime is not None:
        config["runtime"] = runtime
    return config


class Container:
    """A container of ours, by its id."""

    def __init__(self, engine: Engine, container_id: str) -> None:
        self._engine, self._api = engine, engine.api
        self.id = container_id
        self.call_seconds = engine.call_seconds

    @classmethod
    def create(
        cls,
        engine: Engine,
        *,
        image: str,
        labels: Mapping[str, str],
        config: Mapping[str, Any],
        by_stream: bool,
        user: int = USER_ID,
    ) -> "Container":
        """Made, not started; it runs as that user. Its runner talks on its standard streams, or on the socket in the
        folder that it shares. Raises ImageMissing, EngineFailed."""
        way = ["--stdio"] if by_stream else ["--socket", f"{MOUNT}/socket"]
        try:
            with translated("creating a container"):
                made = engine.api.create_container(
                    image=image,
                    command=[PYTHON, "-S", "-u", "-c", RUNNER, *way],
                    stdin_open=by_stream,
                    user=f"{user}:{user}",
                    working_dir=WORK,
                    hostname="player",
                    environment=dict(ENVIRONMENT),
                    labels=dict(labels),
                    host_config=engine.api.create_host_config(**config),
                )
        except Gone as error:
            raise ImageMissing(f"there is no image {image}") from error
        return cls(engine, made["Id"])

    def attach(self, *, stdin: bool = False) -> socket.socket:
        """Its stdout and stderr as the engine's stream of frames, and with `stdin` the way to its stdin; to be called
        before `start`. Raises EngineFailed."""
        return self._engine.hijack(
            f"/containers/{self.id}/attach?stream=1&stdout=1&stderr=1" + ("&stdin=1" if stdin else "")
        )

    def start(self) -> None:
        with translated("starting a container"):
            self._api.start(self.id)

    def state(self) -> State:
        """Raises Gone where it has been removed, EngineFailed."""
        with translated("inspecting a container"):
            state = self._api.inspect_container(self.id)["State"]
        return State(
            running=bool(state["Running"] or state.get("Restarting") or state.get("Paused")),
            exit_code=int(state["ExitCode"]),
            out_of_memory=bool(state.get("OOMKilled")),
            error=str(state.get("Error") or ""),
            pid=int(state.get("Pid") or 0),
            finished_at=_seconds(state.get("FinishedAt")),
        )

    def wait_for_end(self) -> State:
        """Its state once it does not run any more. Raises EngineFailed where it goes on running."""
        deadline = time.monotonic() + DYING_SECONDS
        pause = 0.002
        while (state := self.state()).running:
            if time.monotonic() > deadline:
                raise EngineFailed("the engine says that a container that has ended still runs")
            time.sleep(pause)
            pause = min(2 * pause, 0.1)
        return state

    def was_sent_signals(self, state: State) -> bool:
        """Whether the engine sent it any before it ended: because somebody asked for it, or since it is shutting down.
        To be called a moment after that end. Raises EngineFailed."""
        wanted = {
            "since": "0",
            "until": f"{state.finished_at + EVENT_SECONDS:.9f}",
            "filters": json.dumps({"container": [self.id], "event": ["kill"]}),
        }
        with translated("asking what has become of a container"):  # the SDK's own call would wait for ever
            url = f"{self._api.base_url}/v{self._api.api_version}/events"
            answer = self._api.get(url, params=wanted, timeout=self.call_seconds)
            answer.raise_for_status()
            return bool(answer.content.strip())

    def kill(self) -> None:
        """Kill it; that it has ended by itself meanwhile is no failure. Raises EngineFailed."""
        try:
            with translated("killing a container"):
                self._api.kill(self.id)
        except EngineFailed:
            if self.state().running:
                raise

    def remove(self) -> None:
        """Remove it, running or not, again while the engine is busy with it; that it is gone already is no failure.
        Raises EngineFailed."""
        deadline = time.monotonic() + REMOVE_SECONDS
        while True:
            try:
                with translated("removing a container"):
                    self._api.remove_container(self.id, v=True, force=True)
            except Gone:
                return
            except EngineFailed:
                if not self.exists():
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(REMOVE_SECONDS / 50)
            else:
                return

    def pin(self, core: int) -> None:
        """Let it run on one core alone. Raises EngineFailed."""
        with translated("giving a container its core"):
            self._api.update_container(self.id, cpuset_cpus=str(core))

    def usage(self) -> tuple[float, int]:
        """CPU seconds and memory in bytes as the engine counts them, zeros once it has ended. Takes up to a second.
        Raises EngineFailed."""
        once = {"one_shot": True} if docker.utils.version_gte(self._api.api_version, "1.41") else {}
        with translated("asking what a container uses"):
            stats = self._api.stats(self.id, stream=False, **once)
        cpu_nanoseconds = stats["cpu_stats"]["cpu_usage"].get("total_usage") or 0
        return cpu_nanoseconds / 1e9, int(stats["memory_stats"].get("usage") or 0)

    def exists(self) -> bool:
        try:
            self.state()
        except Gone:
            return False
        return True


def _seconds(moment: str | None) -> float:
    """Of the engine's clock; 0 where there is none."""
    try:
        return datetime.fromisoformat(moment or "").timestamp()
    except (ValueError, OverflowError):
        return 0.0
