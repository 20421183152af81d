"""Redis is a hint, and whoever owns it can start nothing but what is listed. A real server."""

import json
import zlib
from typing import ClassVar

import pytest
from rq.serializers import JSONSerializer

from judge import queue as module
from judge.queue import QUEUE, ListedJob, Queue, connect, judging
from judge.worker import PodiumWorker

ran: list[tuple[str, int]] = []


def called_back(*_: object) -> None:
    ran.append(("callback", 0))


@pytest.fixture
def queue(redis_url):
    one = Queue(redis_url)
    yield one
    one.close()


@pytest.fixture
def redis(redis_url):
    client = connect(redis_url, timeout=5)
    yield client
    client.close()


@pytest.fixture
def work(redis, monkeypatch):
    """Lets a worker like ours do whatever is in the queue; what it ran."""
    import threading

    ran.clear()
    listed = {
        "judge.jobs.judge_submission": lambda number: ran.append(("judge", number)),
        "judge.jobs.open_phase": lambda number: ran.append(("open", number)),
    }
    monkeypatch.setattr(ListedJob, "listed", listed)

    def run() -> list[tuple[str, int]]:
        worker = PodiumWorker([QUEUE], connection=redis, serializer=JSONSerializer, job_class=ListedJob)
        worker.stop = threading.Event()
        worker.work(burst=True, logging_level="CRITICAL")
        return list(ran)

    return run


def test_a_hint_starts_the_job_with_its_number(queue, work):
    assert queue.judge(7, attempt=0)
    assert queue.judge(8, attempt=2)
    assert queue.open_phase(3)
    assert queue.length() == 3
    assert queue.waiting() == {"judgement-7-1", "judgement-8-3", "phase-3"}
    assert work() == [("judge", 7), ("judge", 8), ("open", 3)]
    assert queue.length() == 0


def test_a_job_id_names_the_judgement_and_the_attempt():
    assert judging(12, attempt=0) == "judgement-12-1"
    assert ":" not in judging(12, attempt=0)


def test_nothing_is_left_in_redis_of_a_job_that_is_done(queue, work, redis):
    queue.judge(7, attempt=0)
    work()
    assert not [key for key in redis.scan_iter() if b"judgement-7" in key]
    queue.judge(7, attempt=0)
    assert work() == [("judge", 7), ("judge", 7)]


def test_a_job_that_was_lost_on_the_way_can_be_asked_for_again(queue, work, redis):
    """Promise 1: a worker that died after it took the hint does not keep others from it."""
    queue.judge(7, attempt=0)
    redis.lpop(f"rq:queue:{QUEUE}")
    redis.hset("rq:job:judgement-7-1", "status", "started")
    assert queue.waiting() == set()
    assert queue.judge(7, attempt=0)
    assert work() == [("judge", 7)]


@pytest.mark.parametrize("url", ["unix:///nowhere/redis.sock", "redis://127.0.0.1:1/0"])
def test_nothing_raises_because_redis_is_away(url):
    """Promise 1: an upload is acknowledged whether or not Redis answers."""
    queue = Queue(url)
    assert queue.judge(1, attempt=0) is False
    assert queue.open_phase(1) is False
    assert queue.length() is None
    assert queue.waiting() is None
    queue.close()


def test_nothing_raises_because_redis_talks_nonsense(queue, redis, work):
    redis.rpush(f"rq:queue:{QUEUE}", b"\xff\xfe", "judgement-1-1")
    assert queue.waiting() is None
    redis.delete(f"rq:queue:{QUEUE}")
    redis.set(f"rq:queue:{QUEUE}", "no list")
    assert queue.waiting() is queue.length() is None
    assert queue.judge(1, attempt=0) is False


def test_a_job_never_ends_by_rqs_own_clock(queue, redis):
    """RQ's default raises an ordinary exception anywhere after 180 s."""
    queue.judge(1, attempt=0)
    job = ListedJob.fetch("judgement-1-1", connection=redis, serializer=JSONSerializer)
    assert job.timeout == -1


# ---------------------------------------------------------------------------------------------------------------------
# A hostile Redis


def plant(redis, data, **fields: object) -> None:
    """A job as whoever owns Redis could write it. `data`: (function, instance, args, kwargs)."""
    body = data if isinstance(data, bytes) else zlib.compress(json.dumps(data).encode())
    values = {"created_at": "2026-01-01T00:00:00.000000Z", "data": body, "origin": QUEUE, "status": "queued", **fields}
    redis.hset("rq:job:planted", mapping=values)
    redis.rpush(f"rq:queue:{QUEUE}", "planted")
    redis.sadd("rq:queues", f"rq:queue:{QUEUE}")


JUDGE = "judge.jobs.judge_submission"
HOSTILE = [
    ["os.system", None, ["touch /tmp/owned"], {}],
    ["builtins.eval", None, ["1"], {}],
    ["judge.jobs.equip", None, [1], {}],
    ["tests.judge.test_queue.called_back", None, [1], {}],
    [JUDGE, None, [1, 2], {}],
    [JUDGE, None, [], {}],
    [JUDGE, None, ["1"], {}],
    [JUDGE, None, [1.0], {}],
    [JUDGE, None, [True], {}],
    [JUDGE, None, [None], {}],
    [JUDGE, None, [[1]], {}],
    [JUDGE, None, [1], {"kit": 1}],
    [JUDGE, None, [], {"judgement_id": 1}],
    [JUDGE, "instance", [1], {}],
    [None, None, [1], {}],
    [["a"], None, [1], {}],
    [JUDGE, None, 1, {}],
    [JUDGE],
    "text",
    7,
    None,
    {},
]


@pytest.mark.parametrize("data", HOSTILE, ids=str)
def test_only_listed_functions_with_one_integer_run(queue, work, redis, data):
    """Promise 3, zones of trust: Redis can start nothing else, and the worker goes on with the next."""
    plant(redis, data)
    queue.judge(7, attempt=0)
    assert work() == [("judge", 7)]


@pytest.mark.parametrize("data", [b"", b"\x80\x04\x95", b"x\x9c\xff", zlib.compress(b"[" * 5000)])
def test_bytes_that_are_no_job_are_passed_over(queue, work, redis, data):
    plant(redis, data)
    queue.judge(7, attempt=0)
    assert work() == [("judge", 7)]


@pytest.mark.parametrize(
    "fields",
    [
        {"created_at": "yesterday"},
        {"timeout": "soon"},
        {"status": "divine"},
        {"result_ttl": "x"},
        {"retries_left": "many"},
        {"worker_name": b"\xff"},
        {"dependency_ids": "{"},
        {"origin": b"\xff"},
    ],
    ids=str,
)
def test_fields_that_are_nonsense_do_not_stop_a_worker(queue, work, redis, fields):
    plant(redis, [JUDGE, None, [5], {}], **fields)
    queue.judge(7, attempt=0)
    assert ("judge", 7) in work()


CALLBACK = "tests.judge.test_queue.called_back"


class Web:
    called: ClassVar[list[str]] = []


@pytest.mark.parametrize("data", [[JUDGE, None, [5], {}], ["os.getcwd", None, [5], {}]])
def test_callbacks_webhooks_retries_and_the_rest_are_dropped(queue, work, redis, data, monkeypatch):
    """Promise 3: nothing that Redis says of a job but its name and number is believed."""
    import rq.webhook

    monkeypatch.setattr(rq.webhook.Webhook, "send", lambda *_, **__: Web.called.append("web"), raising=False)
    plant(
        redis,
        data,
        success_callback_name=CALLBACK,
        failure_callback_name=CALLBACK,
        stopped_callback_name=CALLBACK,
        webhooks=json.dumps([{"url": "http://127.0.0.1:1/", "events": ["finished", "failed"]}]),
        retries_left="5",
        number_of_retries="5",
        retry_intervals="[0]",
        repeats_left="5",
        repeat_intervals="[0]",
        group_id="g",
        rate_limit_key="k",
        rate_limit_concurrency="1",
        timeout="1",
    )
    queue.judge(7, attempt=0)
    got = work()
    assert "callback" not in {name for name, _ in got}
    assert Web.called == []
    assert got.count(("judge", 5)) == (data[0] == JUDGE)
    assert got.count(("judge", 7)) == 1


def test_what_is_dropped_is_every_field_by_which_rq_calls_something():
    """A new version of RQ with a new kind of call must be looked at."""
    plain = ListedJob.create("judge.jobs.judge_submission", args=(1,), connection=connect("redis://127.0.0.1:1"))
    suspects = {
        name
        for name in vars(plain)
        if any(word in name for word in ("callback_name", "webhook", "depend", "retr", "repeat", "group", "rate"))
    }
    assert suspects == {
        "_dependency_ids",
        "_failure_callback_name",
        "_stopped_callback_name",
        "_success_callback_name",
        "allow_dependency_failures",
        "enqueue_at_front_on_retry",
        "group_id",
        "number_of_retries",
        "rate_limit_concurrency",
        "rate_limit_key",
        "repeat_intervals",
        "repeats_left",
        "retries_left",
        "retry_intervals",
        "webhooks",
    }
    assert module.QUEUE == "podium"
