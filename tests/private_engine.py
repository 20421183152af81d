"""A Docker engine of a test's own, which may be killed, stopped and started without anybody else noticing.

It has its own folder, socket and containerd, no network, and an image made of this machine's Python and the runner,
without libraries, which takes a second or two to load.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from sandbox import base_image, images
from sandbox.engine import Engine
from sandbox.errors import SandboxError

IMAGE = "podium-test:runner"
START_SECONDS = 40
PROC = Path("/proc")


def missing() -> str:
    """Why there can be none here; empty where there can."""
    if os.geteuid() != 0:
        return "only root can start an engine of its own"
    if shutil.which("dockerd") is None:
        return "there is no dockerd to start"
    return ""


class PrivateEngine:
    """Started by `start`, ended by `close`, which takes everything of it away."""

    def __init__(self, *options: str, settings: Mapping[str, object] | None = None, subordinate: str = "") -> None:
        """`settings` as in daemon.json; `subordinate` is what /etc/subuid and /etc/subgid say to this engine alone."""
        self.folder = Path(tempfile.mkdtemp(prefix="pe-", dir="/var/tmp"))
        self.folder.chmod(0o711)
        self.options = options
        self.url = f"unix://{self.folder}/engine.sock"
        self.log = self.folder / "log"
        (self.folder / "daemon.json").write_text(json.dumps(settings or {}))  # not the machine's own
        self._inside: list[str] = []
        if subordinate:
            (self.folder / "subordinate").write_text(subordinate)
            mounts = [f"mount --bind {self.folder}/subordinate /etc/{name}" for name in ("subuid", "subgid")]
            self._inside = ["unshare", "--mount", "--propagation", "slave", "sh", "-c",
                            " && ".join([*mounts, 'exec "$@"']), "sh"]  # fmt: skip
        self._daemon: subprocess.Popen[bytes] | None = None

    # -----------------------------------------------------------------------------------------------------------------

    def start(self, *more: str) -> None:
        """Start it, or start it again with other options; returns when it answers."""
        where = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        with self.log.open("ab") as log:
            self._daemon = subprocess.Popen(
                [*self._inside, "dockerd", "--config-file", str(self.folder / "daemon.json"), "-H", self.url,
                 "--bridge=none", "--iptables=false", "--ip6tables=false", *self.options, *more,
                 *(f"--{name}={self.folder / path}" for name, path in where.items())],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the engine does not come up: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            engine = Engine(self.url, call_seconds=2)
        except SandboxError:
            return False
        engine.close()
        return True

    def send(self, number: int) -> None:
        """A signal to the daemon; with one that ends it, until it has."""
        assert self._daemon is not None
        self._daemon.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self._daemon.wait(40)
            (self.folder / "pid").unlink(missing_ok=True)
        if number == signal.SIGKILL:  # it takes its containerd with it, and must not wait for a dead one afterwards
            deadline = time.monotonic() + 10
            while any(b"containerd-shim" not in command for command in self.processes().values()):
                assert time.monotonic() < deadline, "containerd outlives its engine"
                time.sleep(0.02)
            (self.folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)

    def kill_shims(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def reload(self, *options: str) -> None:
        """Let a running one take other options, of those that it can change."""
        settings = {name.removeprefix("--"): True for name in options}
        (self.folder / "daemon.json").write_text(json.dumps(settings))
        self.send(signal.SIGHUP)
        time.sleep(0.2)

    def load(self) -> None:
        """The runner's image, under a name of its own and as the player image that is looked for."""
        engine = Engine(self.url, call_seconds=60)
        recipe, content = images.recipe_hash(), "1" * 64
        labels = {"podium.recipe": recipe, "podium.content": content, "podium.contents": "a test's",
                  "podium.base": "host"}  # fmt: skip
        changes = [f"LABEL {name}={value!r}" for name, value in labels.items()]
        try:
            name, _, tag = IMAGE.partition(":")
            engine.api.import_image_from_file(str(root_file_system()), repository=name, tag=tag, changes=changes)
            engine.api.tag(IMAGE, images.REPOSITORY, content[:16])
        finally:
            engine.close()

    # -----------------------------------------------------------------------------------------------------------------

    def processes(self) -> dict[int, bytes]:
        """Daemon, containerd and shims: whatever was started with a path of this folder, and its command line."""
        found = {}
        for path in PROC.iterdir():
            with contextlib.suppress(OSError):
                if path.name.isdigit() and int(path.name) != os.getpid():
                    command = (path / "cmdline").read_bytes()
                    if str(self.folder).encode() in command:
                        found[int(path.name)] = command
        return found

    def mounts(self) -> list[str]:
        """Where something of it is mounted, in the order of mounting."""
        rows = (line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines())
        return [row[4] for row in rows if row[4].startswith(f"{self.folder}/")]

    def close(self) -> None:
        deadline = time.monotonic() + 20
        while pids := self.processes():
            assert time.monotonic() < deadline, f"processes of a private engine cannot be ended: {pids}"
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        if self._daemon is not None:
            self._daemon.wait()
        for mount in reversed(self.mounts()):
            subprocess.run(["umount", "-l", mount], check=False, capture_output=True)
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def private_engine(
    *options: str, settings: Mapping[str, object] | None = None, subordinate: str = ""
) -> Iterator[PrivateEngine]:
    """One that runs and has its images."""
    engine = PrivateEngine(*options, settings=settings, subordinate=subordinate)
    try:
        engine.start()
        engine.load()
        yield engine
    finally:
        engine.close()


@cache
def root_file_system() -> Path:
    """A tar of this machine's Python with the runner in it; made once for a test run, and removed with it."""
    folder = tempfile.TemporaryDirectory(prefix="podium-root-")
    _kept.append(folder)
    path = Path(folder.name) / "root.tar"
    with path.open("wb") as file:
        base_image.HostPython().write_tar(file, packages=[])
    with tarfile.open(path, "a") as tar, tempfile.TemporaryDirectory() as compiled:
        for name, source in {name: source for source, name in images._context(Path(compiled))}.items():
            tar.add(source, f"opt/{name}", filter=_readable)
    return path


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _readable(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.mode = 0o644
    return info
