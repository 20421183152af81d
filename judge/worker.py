"""A worker process: takes judgements from the queue, one at a time, and plays them.

It runs its jobs in its own process (no fork for each): the simulators live in the referee's nursery, the entries in
containers, and what is left here only waits. On SIGTERM it stops in mid-run, gives its lease back and cleans up.
"""

import logging
import os
import signal
import socket
import threading
import time
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from rq import SimpleWorker
from rq.exceptions import InvalidJobOperation, NoSuchJobError, StopRequested
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from challenges import registry, sheet
from judge import hosts, jobs, proven
from judge.cores import Cores
from judge.db import Database
from judge.kit import Kit, equip
from judge.queue import MEETINGS, QUEUE, ListedJob, Queue, connect
from judge.referee import Nursery, limits_of
from judge.sandboxes import choose
from judge.settings import Settings
from judge.storage import open_storage
from sandbox.errors import SandboxError
from sandbox.interface import Sandbox

SEEN_SECONDS = 5
REAP_SECONDS = 60
log = logging.getLogger(__name__)


class PodiumWorker(SimpleWorker):  # type: ignore[misc]  # RQ is not typed here
    """An RQ worker that admits listed jobs only and takes no commands from Redis."""

    job_class = ListedJob
    stop: threading.Event

    def execute_job(self, job: Any, queue: Any) -> None:
        """What RQ writes down about a job afterwards is of no use to us: where it cannot, the work still stands."""
        try:
            super().execute_job(job, queue)
        except (InvalidJobOperation, NoSuchJobError) as error:
            log.info("Redis has lost %s meanwhile: %s", job.id, error)
            self.set_state(WorkerStatus.IDLE)

    def subscribe(self) -> None:
        """Redis is untrusted: nobody commands a worker through it."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        self.stop.set()
        self._stop_requested = True
        if self._state != WorkerStatus.BUSY:
            raise StopRequested

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        self.request_stop(signum, frame)


def worker_name(number: int) -> str:
    return f"{socket.gethostname()}-{number}"


def run(settings: Settings, *, number: int = 1) -> None:
    """Work until told to stop. Raises Misconfigured on a host that is not proven to hold what it judges."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(message)s")
    logging.getLogger("rq").setLevel(logging.WARNING)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    ListedJob.listed = {
        "judge.jobs.judge_submission": jobs.judge_submission,
        "judge.jobs.make_starter": jobs.make_starter,
        "judge.jobs.open_phase": jobs.open_phase,
        "judge.jobs.play_meeting": jobs.play_meeting,
        "judge.jobs.tend_field": jobs.tend_field,
    }
    name = worker_name(number)
    sandbox = choose(settings, say=log.info, pool_size=settings.pool)
    if sandbox.isolated:
        log.info("%s", proven.require(settings))
    db = Database(settings.database_url)
    with Nursery(registry.names(), user=settings.referee_user) as nursery:
        nursery.start()
        log.info("the referee's children have %s", nursery.walls.value)
        equip(
            Kit(
                settings=settings,
                db=db,
                storage=open_storage(settings),
                queue=Queue(settings.redis_url),
                sandbox=sandbox,
                nursery=nursery,
                cores=Cores(settings.run / "cores", settings.cores, stop=stop),
                worker=name,
                stop=stop,
            )
        )
        presence = Presence(db, name=name, sandbox=sandbox)
        presence.start()
        for _ in range(settings.pool):
            for slug in registry.names():
                if sheet.about(slug).pairing != "none":
                    sandbox.expect(limits_of(sheet.about(slug)))
        try:
            _work(settings, name=f"{name}-{os.getpid()}", stop=stop)
        finally:
            stop.set()
            jobs.settle()
            presence.stop()
            sandbox.close()
            db.close()


def _work(settings: Settings, *, name: str, stop: threading.Event) -> None:
    if stop.is_set():
        return
    worker = PodiumWorker(
        [QUEUE, MEETINGS],
        name=name,
        connection=connect(settings.redis_url),
        serializer=JSONSerializer,
        job_class=ListedJob,
    )
    worker.stop = stop
    worker.work(logging_level="CRITICAL")


class Presence:
    """Says every few seconds that this worker is there, and with which sandbox; or that its engine is away or its host
    not clean, and that nothing is to be sent to it. Every minute it clears what workers that died have left here."""

    def __init__(self, db: Database, *, name: str, sandbox: Sandbox) -> None:
        self._db, self._name, self._sandbox = db, name, sandbox
        self._facts: dict[str, Any] = {
            "sandbox": sandbox.name,
            "isolated": sandbox.isolated,
            "image": sandbox.image,
            "note": sandbox.describe(),
        }
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="presence", daemon=True)

    def start(self) -> None:
        self._say()
        self._thread.start()

    def _tell(self) -> None:
        reaped_at = 0.0
        while not self._done.wait(SEEN_SECONDS):
            try:
                self._say()
                if time.monotonic() - reaped_at > REAP_SECONDS:
                    reaped_at = time.monotonic()
                    self._reap()
            except Exception:
                log.exception("could not say that this worker is alive")

    def _reap(self) -> None:
        try:
            if left := self._sandbox.reap():
                log.warning("removed what %s run(s) had left behind", left)
        except SandboxError as error:
            log.warning("cannot clean up: %s", error)

    def _say(self) -> None:
        ready = self._sandbox.ready()
        with self._db.write() as session:
            if ready:
                hosts.seen(session, name=self._name, now=datetime.now(UTC), **self._facts)
            else:
                hosts.gone(session, name=self._name)

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
        with self._db.write() as session:
            hosts.gone(session, name=self._name)
