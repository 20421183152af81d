"""`podium up`: everything on this machine. Starts what is needed, starts again what dies, and stops all of it.

Theory of operation. Each part is a child process in a session of its own, so that Ctrl-C reaches this process alone,
which then stops them in order: the portal first, then the workers (which give their leases back), the sweeper, Redis
last. Children are told by the kernel when this process dies. A worker that dies loses its leases at once, since nobody
knows better that it is dead. `up.json` in the run folder names the process ids.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from judge import accounts, checking, judgements, redis_server, web_server, zones
from judge.db import Database
from judge.errors import Misconfigured
from judge.parents import die_with
from judge.queue import connect
from judge.sandboxes import NO_ENGINE, choose, owner
from judge.settings import Settings
from judge.worker import worker_name
from sandbox.errors import SandboxError
from sandbox.interface import Sandbox

Say = Callable[[str], None]
START_SECONDS = 60
STOP_SECONDS = 20
RESTART_SECONDS = 1.0
ONE_USER = (
    "zones: none, since this is not root. Portal, workers and the referee's children are one user: a hole in one of "
    "them is a hole in all. Started as root, each gets a user and a world of its own."
)


@dataclass
class Part:
    """A child: how it is started, and what is to be done when it dies."""

    name: str
    command: list[str]
    worker: str | None = None
    process: subprocess.Popen[bytes] | None = None
    started: list[float] = field(default_factory=list)


class Up:
    """The whole installation on one machine, as a context manager: all parts run inside, none is left outside."""

    def __init__(self, settings: Settings, *, say: Say) -> None:
        self.settings, self._say = settings, say
        self._stop = threading.Event()
        self._parts: list[Part] = []
        self._lock_file: int | None = None
        self._guard = threading.Thread(target=self._keep_alive, name="guard", daemon=True)
        self.organiser_link: str | None = None
        self.sandbox: Sandbox | None = None

    def start(self) -> None:
        """Raises Misconfigured, naming the cure, for what stands in the way."""
        settings = self.settings
        settings.prepare_folders()
        self._lock()
        self._check_port()
        self.sandbox = sandbox = choose(settings, say=self._say)
        with contextlib.suppress(SandboxError):
            if left := sandbox.reap(owner=owner(settings)):
                self._say(f"removed {left} container(s) that an earlier run left behind")
        self._say(f"sandbox: {sandbox.describe()}")
        if sandbox.isolated and settings.workers:
            checking.ensure(settings, say=self._say, stop=self._stop)
        self._say(_zones(settings))
        if settings.own_redis:
            settings.redis_socket.unlink(missing_ok=True)
            zoned = [sys.executable, "-m", "judge.redis_server"]
            self._add("redis", zoned if zones.privileged() else redis_server.command(settings))
        self._wait_for_redis()
        self._database()
        self._add("web", [*_podium(), "web"])
        for number in range(1, settings.workers + 1):
            self._add(f"worker-{number}", [*_podium(), "worker", "--number", str(number)], worker=worker_name(number))
        self._add("sweep", [*_podium(), "sweep"])
        self._guard.start()
        self._wait_for_web()

    def _lock(self) -> None:
        self._lock_file = os.open(self.settings.run / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"Podium is up already on {self.settings.data}: stop it, or name another folder with PODIUM_DATA"
            ) from None

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.settings.host, self.settings.port))
            except OSError as error:
                raise Misconfigured(
                    f"{self.settings.host}:{self.settings.port} cannot be served ({error.strerror}): "
                    "stop what listens there, or choose another port with PODIUM_PORT"
                ) from None

    def _database(self) -> None:
        db = Database(self.settings.database_url)
        try:
            db.migrate()
            with db.write() as session:
                for number in range(1, self.settings.workers + 1):
                    judgements.expire_leases_of(session, worker=worker_name(number), now=datetime.now(UTC))
                token = accounts.organiser_link(session, now=datetime.now(UTC))
        finally:
            db.close()
        self.organiser_link = f"{self.settings.url}/en/organiser/claim/{token}" if token else None

    def _add(self, name: str, command: list[str], *, worker: str | None = None) -> None:
        part = Part(name, command, worker=worker)
        self._parts.append(part)
        self._launch(part)

    def _launch(self, part: Part) -> None:
        log = self.settings.data / "logs" / f"{part.name}.log"
        parent = os.getpid()
        with log.open("ab") as file:
            part.process = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(self._childrens_settings()),
                preexec_fn=lambda: die_with(parent),  # noqa: PLW1509 - before any thread of ours is started, or short
            )
        part.started.append(time.monotonic())
        self._write_pids()

    def _childrens_settings(self) -> Settings:
        """Where there is an engine now, a worker that starts while it is away waits for it, and never does without."""
        docker = self.sandbox is not None and self.sandbox.isolated
        return dataclasses.replace(self.settings, sandbox="docker") if docker else self.settings

    def _write_pids(self) -> None:
        pids = {part.name: part.process.pid for part in self._parts if part.process is not None}
        path = self.settings.run / "up.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"up": os.getpid(), **pids}), encoding="utf-8")
        fresh.replace(path)

    def _wait_for_redis(self) -> None:
        client = connect(self.settings.redis_url, timeout=2)
        for _ in _patience(START_SECONDS):
            with contextlib.suppress(Exception):
                if client.ping():
                    client.close()
                    return
        raise Misconfigured(f"Redis at {self.settings.redis_url} does not answer; see {self.settings.data / 'logs'}")

    def _wait_for_web(self) -> None:
        for _ in _patience(START_SECONDS):
            with contextlib.suppress(OSError), socket.create_connection((self.settings.host, self.settings.port), 1):
                return
        raise Misconfigured(f"the portal does not answer; see {self.settings.data / 'logs' / 'web.log'}")

    def _keep_alive(self) -> None:
        """Start again what dies; wait longer when it dies at once, again and again."""
        while not self._stop.wait(0.2):
            for part in self._parts:
                if part.process is None or part.process.poll() is None:
                    continue
                recent = [moment for moment in part.started if moment > time.monotonic() - 60]
                if time.monotonic() - part.started[-1] < min(30.0, RESTART_SECONDS * 2 ** max(0, len(recent) - 3)):
                    continue
                self._say(f"{part.name} ended with status {part.process.returncode}; starting it again")
                if part.worker is not None:
                    self._give_up_leases(part.worker)
                if not self._stop.is_set():
                    self._launch(part)

    def _give_up_leases(self, worker: str) -> None:
        db = Database(self.settings.database_url)
        try:
            with db.write() as session:
                judgements.expire_leases_of(session, worker=worker, now=datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - the lease ends by itself a little later
            self._say(f"could not end the leases of {worker}: {error}")
        finally:
            db.close()

    def wait(self) -> None:
        """Until a signal comes."""
        self._stop.wait()

    def interrupt(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        """End every part, in order, and clean up. Nothing is left: no process, no container, no socket."""
        self._stop.set()
        if self._guard.is_alive():
            self._guard.join()
        web = [part for part in self._parts if part.name == "web"]
        workers = [part for part in self._parts if part.name not in {"web", "redis"}]
        redis = [part for part in self._parts if part.name == "redis"]
        for group in (web, workers, redis):
            _end(group)
        if self.sandbox is not None:
            with contextlib.suppress(SandboxError):
                self.sandbox.reap(owner=owner(self.settings))
        if self._lock_file is not None:
            shutil.rmtree(self.settings.run, ignore_errors=True)
            os.close(self._lock_file)
            self._lock_file = None


def _end(parts: list[Part]) -> None:
    living = [part.process for part in parts if part.process is not None]
    for process in living:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in living:
        try:
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _patience(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)


def _zones(settings: Settings) -> str:
    """One line: what keeps the parts of this installation from each other."""
    if not zones.privileged():
        return ONE_USER
    user = zones.web_user(settings.web_user, settings.data)
    first, _ = zones.children_users(settings.referee_user, nursery=os.getpid())
    portal = zones.possible(web_server.world(settings), user)
    child = zones.possible(zones.referee_world(), first, process_ids=True)
    if portal.walls is child.walls is zones.Walls.WORLD:
        return f"zones: the portal is user {user.uid}, every referee's child another, each in a world of its own"
    return (
        f"zones: the portal has {portal.walls.value}, the referee's children have {child.walls.value} "
        f"({portal.reason or child.reason})"
    )


def _podium() -> list[str]:
    return [sys.executable, "-m", "judge.cli"]


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as every part must see them, and one thread for numerical libraries."""
    return {
        **os.environ,
        **settings.environment(),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "SDL_VIDEODRIVER": "dummy",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def running(settings: Settings, *, say: Say) -> Iterator[Up]:
    """`podium up` as a block: signals end it, and everything is stopped on the way out. Only in the main thread."""
    up = Up(settings, say=say)
    before = {number: signal.signal(number, up.interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        up.start()
        yield up
    finally:
        say("stopping")
        up.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def announce(up: Up, *, say: Say) -> None:
    """Say where to look."""
    say(f"the portal is at {up.settings.url}/")
    if up.organiser_link is not None:
        say(f"the first organiser's one-time link: {up.organiser_link}")
    if up.sandbox is not None and not up.sandbox.isolated:
        say(NO_ENGINE)
    say(f"logs are in {Path(up.settings.data) / 'logs'}; Ctrl-C stops everything")
