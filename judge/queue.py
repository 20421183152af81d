"""The queue. Redis is only a hint, and untrusted: what it holds may start one of the listed jobs with one integer, and
nothing else; everything that a job needs it reads from SQL.

An upload is acknowledged whether or not Redis answers; what Redis loses the sweeper finds in SQL and queues again. A
job id names the judgement and the attempt; whichever of two equal jobs comes second finds nothing left to do.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

import redis
from rq import Queue as RqQueue
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

QUEUE, MEETINGS = "podium", "podium-meetings"
"""Meetings wait behind everything else: a new entry is qualified before old ones go on meeting each other."""
_SECONDS = 2
"""How long an answer may take before a hint is given up."""
_AWAY = (redis.RedisError, OSError, ValueError)
"""Redis does not answer, or what it answers is nonsense."""
log = logging.getLogger(__name__)


class Refused(Exception):
    """A job that is not on the list."""


class ListedJob(Job):  # type: ignore[misc]  # RQ is not typed here
    """A job that can only be one of the listed functions with one integer: whatever else Redis says of it (callbacks,
    webhooks, retries, dependencies, groups) is dropped on reading."""

    listed: ClassVar[dict[str, Callable[[int], None]]] = {}

    def restore(self, raw_data: Any) -> Any:
        """Raises NoSuchJobError for what is no job: RQ then goes on to the next."""
        try:
            super().restore(raw_data)
        except Exception as error:
            raise NoSuchJobError(f"{self.id!r} is no job: {error}") from error
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks: list[Any] = []
        self._dependency_ids: list[str] = []
        self.group_id = None
        self.retries_left = self.number_of_retries = self.repeats_left = None
        self.rate_limit_key = None
        self.timeout = -1

    def _execute(self) -> None:
        if self.func_name not in self.listed or self.kwargs or self.instance is not None:
            raise Refused(f"{self.func_name!r} is not a job of ours")
        if len(self.args) != 1 or type(self.args[0]) is not int:
            raise Refused(f"{self.func_name!r} takes one whole number, not {self.args!r}")
        self.listed[self.func_name](self.args[0])


def judging(judgement_id: int, *, attempt: int) -> str:
    """The id of the job that makes the next attempt after `attempt`."""
    return f"judgement-{judgement_id}-{attempt + 1}"


def playing(meeting_id: int, *, attempt: int) -> str:
    """The same for a meeting."""
    return f"meeting-{meeting_id}-{attempt + 1}"


def tending(phase_id: int, *, due_at: datetime) -> str:
    """The id of the job that looks at a field that is due since then."""
    return f"field-{phase_id}-{int(due_at.timestamp() * 1_000_000)}"


def making(phase_id: int) -> str:
    """The id of the job that makes a phase's starter kit."""
    return f"starter-{phase_id}"


class Queue:
    """Hints to workers. Nothing here raises because Redis is away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._redis = connect(url, timeout=_SECONDS)
        self._queue, self._meetings = (
            RqQueue(name, connection=self._redis, serializer=JSONSerializer, job_class=ListedJob)
            for name in (QUEUE, MEETINGS)
        )

    def judge(self, judgement_id: int, *, attempt: int) -> bool:
        """Ask for an attempt (the one after `attempt`, that is) at a judgement; whether Redis took the hint."""
        return self._hint("judge.jobs.judge_submission", judgement_id, judging(judgement_id, attempt=attempt))

    def play(self, meeting_id: int, *, attempt: int) -> bool:
        """Ask for an attempt (the one after `attempt`) at a meeting."""
        job_id = playing(meeting_id, attempt=attempt)
        return self._hint("judge.jobs.play_meeting", meeting_id, job_id, queue=self._meetings)

    def tend_field(self, phase_id: int, *, due_at: datetime) -> bool:
        """Ask for a phase's field to be looked at."""
        return self._hint("judge.jobs.tend_field", phase_id, tending(phase_id, due_at=due_at))

    def open_phase(self, phase_id: int) -> bool:
        """Ask for a phase to be prepared and opened."""
        return self._hint("judge.jobs.open_phase", phase_id, f"phase-{phase_id}")

    def make_starter(self, phase_id: int) -> bool:
        """Ask for a phase's starter kit."""
        return self._hint("judge.jobs.make_starter", phase_id, making(phase_id))

    def _hint(self, function: str, number: int, job_id: str, *, queue: RqQueue | None = None) -> bool:
        try:
            (queue or self._queue).enqueue_call(
                function, args=(number,), job_id=job_id, timeout=-1, result_ttl=0, failure_ttl=0, ttl=None
            )
        except _AWAY as error:
            log.warning("Redis did not take %s: %s", job_id, error)
            return False
        return True

    def waiting(self) -> set[str] | None:
        """Ids of the jobs in the queue; None where Redis does not answer."""
        try:
            return {*self._queue.job_ids, *self._meetings.job_ids}
        except _AWAY:
            return None

    def length(self) -> int | None:
        """Jobs waiting; None where Redis does not answer."""
        try:
            return int(self._queue.count) + int(self._meetings.count)
        except _AWAY:
            return None

    def close(self) -> None:
        self._redis.close()


def connect(url: str, *, timeout: float | None = None) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=_SECONDS)
