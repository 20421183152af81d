"""One container: how it is walled in, and the few things one does to it. Every failure is an EngineFailed."""

import math
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.engine import Engine, Gone, translated
from sandbox.errors import EngineFailed, ImageMissing
from sandbox.handover import MOUNT, PYTHON, WORK
from sandbox.types import Limits

USER_ID = 10_001
RUNNER = "/opt/podium/runner.py"
SECCOMP = (Path(__file__).parent / "seccomp.json").read_text()
MIB = 1 << 20
SHARED_MEMORY_MIB = 64
ENVIRONMENT = {
    "HOME": WORK,
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


def walls(limits: Limits, *, folder: Path, cgroup_parent: str | None, runtime: str | None) -> dict[str, Any]:
    """Everything that holds a program in, as arguments of the SDK's `create_host_config`.

    Both tmpfs folders hold `file_mib` and `inodes`, and what is in them counts as memory. RLIMIT_CPU counts per
    process and is only a back-up: the session's monitor sums up over all of them.
    """
    cpu_seconds = math.ceil(limits.cpu_seconds) + 2
    tmpfs = f"rw,exec,nosuid,nodev,size={limits.file_mib}m,nr_inodes={limits.inodes},uid={USER_ID},gid={USER_ID}"
    memory_bytes = limits.memory_mib * MIB
    config: dict[str, Any] = {
        "network_mode": "none",
        "ipc_mode": "private",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges", f"seccomp={SECCOMP}"],
        "init": True,
        "pids_limit": limits.processes,
        "mem_limit": memory_bytes,
        "memswap_limit": memory_bytes,
        "cpu_period": 100_000,
        "cpu_quota": max(1_000, round(limits.cpus * 100_000)),
        "shm_size": min(SHARED_MEMORY_MIB, limits.memory_mib) * MIB,
        "tmpfs": {WORK: f"{tmpfs},mode=0700", "/tmp": f"{tmpfs},mode=1777"},  # noqa: S108  inside the container
        "binds": {str(folder): {"bind": MOUNT, "mode": "ro"}},
        "log_config": {"Type": "none"},
        "ulimits": [
            {"Name": "nofile", "Soft": limits.open_files, "Hard": limits.open_files},
            {"Name": "fsize", "Soft": limits.file_mib * MIB, "Hard": limits.file_mib * MIB},
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "cpu", "Soft": cpu_seconds, "Hard": cpu_seconds + 1},
        ],
    }
    if cgroup_parent is not None:
        config["cgroup_parent"] = cgroup_parent
    if runtime is not None:
        config["runtime"] = runtime
    return config


class Container:
    """A container of ours, by its id."""

    def __init__(self, engine: Engine, container_id: str) -> None:
        self._api = engine.api
        self.id = container_id

    @classmethod
    def create(cls, engine: Engine, *, image: str, labels: Mapping[str, str], config: Mapping[str, Any]) -> "Container":
        """Made, not started. Raises ImageMissing, EngineFailed."""
        try:
            with translated("creating a container"):
                made = engine.api.create_container(
                    image=image,
                    command=[PYTHON, "-I", RUNNER, "--socket", f"{MOUNT}/socket"],
                    user=f"{USER_ID}:{USER_ID}",
                    working_dir=WORK,
                    hostname="player",
                    environment=dict(ENVIRONMENT),
                    labels=dict(labels),
                    host_config=engine.api.create_host_config(**config),
                )
        except Gone as error:
            raise ImageMissing(f"there is no image {image}") from error
        return cls(engine, made["Id"])

    def attach(self) -> socket.socket:
        """Its stdout and stderr as the engine's stream of frames; to be called before `start`. Raises EngineFailed."""
        with translated("attaching to a container"):
            stream = self._api.attach_socket(self.id, {"stdout": 1, "stderr": 1, "stream": 1})
            raw = getattr(stream, "_sock", stream)
            own = socket.socket(fileno=os.dup(raw.fileno()))
            stream._response.close()  # noqa: SLF001  the SDK keeps it there and would leave it open
            raw.close()
        own.setblocking(False)
        return own

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
        )

    def kill(self) -> None:
        """Kill it; that it has ended by itself meanwhile is no failure. Raises EngineFailed."""
        try:
            with translated("killing a container"):
                self._api.kill(self.id)
        except EngineFailed:
            if self.state().running:
                raise

    def remove(self) -> None:
        """Remove it, running or not; that it is gone already is no failure. Raises EngineFailed."""
        try:
            with translated("removing a container"):
                self._api.remove_container(self.id, v=True, force=True)
        except Gone:
            return
        except EngineFailed:
            if self.exists():
                raise

    def exists(self) -> bool:
        try:
            self.state()
        except Gone:
            return False
        return True
