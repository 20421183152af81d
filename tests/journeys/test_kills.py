"""Promise 1 and 2, with tests that really kill: whatever part gets `kill -9` while entries run, every acknowledged
submission is judged exactly once afterwards, without anyone's help, within 60 s of the parts being back."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from judge.sandboxes import owner
from tests import private_engine
from tests.engine_proxy import Proxy
from tests.system import GOOD, ROOT, SLOW, Person, System, containers, free_port, packed, patience, running

pytestmark = [pytest.mark.docker, pytest.mark.kills]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One installation for the whole file: what one test kills is back for the next."""
    with running(tmp_path_factory.mktemp("kills") / "data", PODIUM_SANDBOX="docker") as up:
        up.open_contest(hidden=False)
        yield up
    assert up.process.returncode == 0, up.log.read_text()
    assert up.leftovers() == []


@pytest.fixture
def person(system: System, request: pytest.FixtureRequest) -> Iterator[Person]:
    with Person(system.url, request.node.name.replace("_", "-")[:50]) as somebody:
        somebody.join("echo")
        yield somebody


def judged_once(system: System, page: str, person: Person, *, seconds: float = 60) -> dict[str, object]:
    """Wait for the end of one submission, and see that its results stand exactly once."""
    for _ in patience(seconds, lambda: f"{person.status(page)}\n{system.log.read_text()[-2000:]}"):
        status = person.status(page)
        if status["final"]:
            break
    (submission,) = (row for row in system.submissions() if row.public_id == page.rsplit("/", 1)[-1])
    mine = [judgement for judgement in system.judgements() if judgement.submission_id == submission.id]
    assert len(mine) == 1
    cases = [case for case, _ in system.results_of(mine[0].id or 0)]
    assert len(cases) == len(set(cases)) >= 2
    return status


def test_a_worker_killed_in_mid_run_loses_nothing(system: System, person: Person) -> None:
    """Promise 1: kill -9 of every worker while an entry plays."""
    page = person.upload("echo", packed(SLOW.format(seconds=4)))
    judgement = system.wait_running()
    for part in [name for name in system.pids() if name.startswith("worker")]:
        system.kill(part)
    status = judged_once(system, page, person)
    assert status["verdict"] == "AC"
    assert status["attempt"] == judgement.attempt + 1
    assert not containers(f"podium.owner={owner(system.settings)}", f"podium.judgement={judgement.id}")


def test_redis_killed_with_jobs_queued_loses_nothing(system: System, person: Person) -> None:
    """Promise 1: kill -9 of Redis while one entry plays and others wait."""
    pages = [person.upload("echo", packed(SLOW.format(seconds=2) + f"# {number}\n")) for number in range(3)]
    system.wait_running()
    system.kill("redis")
    for page in pages:
        assert judged_once(system, page, person)["verdict"] == "AC"


def test_an_upload_is_taken_while_redis_is_away(system: System, person: Person) -> None:
    """Promise 1: Redis is only a hint; it is stopped here, so that it answers nothing at all."""
    redis = system.pids()["redis"]
    os.kill(redis, signal.SIGSTOP)
    try:
        page = person.upload("echo", packed(GOOD + "# redis away\n"))
        assert person.status(page)["state"] == "queued"
    finally:
        os.kill(redis, signal.SIGCONT)
    assert judged_once(system, page, person)["verdict"] == "AC"


def test_a_web_server_killed_between_commit_and_enqueue_loses_nothing(system: System, person: Person) -> None:
    """Promise 1: a portal that dies by kill -9 at the very moment when it would tell the queue."""
    before = {row.id for row in system.submissions()}
    port = free_port()
    env = {**system.env, "PODIUM_PORT": str(port), "PODIUM_URL": f"http://127.0.0.1:{port}"}
    web = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "tests.journeys.dying_web", "run", "--port", str(port)],
        env=env,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        dying = Person(env["PODIUM_URL"], person.name)
        dying.http.cookies.update(person.http.cookies)
        for _ in patience(30, "the second portal does not come up"):
            try:
                if dying.get("/health").status_code == 200:
                    break
            except requests.ConnectionError:
                continue
        with pytest.raises(requests.ConnectionError):
            dying.upload("echo", packed(GOOD + "# dying web\n"))
        assert web.wait(timeout=10) == -signal.SIGKILL
    finally:
        web.kill()
        web.wait()
        dying.http.close()
    (committed,) = (row for row in system.submissions() if row.id not in before)
    assert judged_once(system, committed.public_id, person)["verdict"] == "AC"


def test_the_portal_killed_while_entries_play_comes_back(system: System, person: Person) -> None:
    """Promise 1: kill -9 of the web server's master; the entry is judged meanwhile, and the page is there again."""
    page = person.upload("echo", packed(SLOW.format(seconds=2) + "# web\n"))
    system.kill("web")
    well = 0  # the killed master's own worker may answer a last time before it notices
    for _ in patience(40, "the portal does not come back"):
        try:
            well = well + 1 if person.get("/health").status_code == 200 else 0
        except requests.ConnectionError:
            well = 0
        if well == 40:
            break
    assert judged_once(system, page, person)["verdict"] == "AC"


def test_the_sweeper_killed_comes_back(system: System, person: Person) -> None:
    system.kill("sweep")
    page = person.upload("echo", packed(GOOD + "# sweeper\n"))
    assert judged_once(system, page, person)["verdict"] == "AC"


def test_uploads_in_a_storm_of_kills_are_each_judged_once(system: System, person: Person) -> None:
    """Promise 2: workers and Redis die again and again while entries come in; each is judged, and counted once."""
    done = threading.Event()

    def storm() -> None:
        for part in ("worker-1", "redis", "worker-2", "sweep"):
            if done.wait(1.5):
                return
            system.kill(part)

    killer = threading.Thread(target=storm)
    killer.start()
    try:
        pages = [person.upload("echo", packed(SLOW.format(seconds=0.5) + f"# storm {n}\n")) for n in range(4)]
        killer.join()
    finally:
        done.set()
        killer.join()
    began = time.monotonic()
    for page in pages:
        assert judged_once(system, page, person, seconds=90)["verdict"] == "AC"
    assert time.monotonic() - began < 90
    board = person.get("/api/contests/echo/practice/board").json()
    (row,) = (row for row in board["rows"] if row["team"] == f"Team {person.name}")
    assert row["entries"] == 4


def test_an_engine_that_is_away_for_long_costs_nobody_an_attempt(tmp_path: Path) -> None:
    """Promises 1 and 4: the engine vanishes in mid-run and stays away for longer than three attempts would take; what
    was acknowledged before and meanwhile is judged when it is back."""
    path = tmp_path / "engine.sock"
    engine = Proxy(path)
    settings = {"PODIUM_SANDBOX": "docker", "PODIUM_DOCKER_HOST": engine.url, "PODIUM_SWEEP_SECONDS": "1"}
    try:
        with (
            running(tmp_path / "data", **settings) as system,
            Person(system.url, "before") as one,
            Person(system.url, "meanwhile") as two,
        ):
            slug = system.open_contest(hidden=False)
            one.join(slug)
            two.join(slug)
            first = one.upload(slug, packed(SLOW.format(seconds=3)))
            system.wait_running()
            engine.die()
            path.unlink()
            second = two.upload(slug, packed(GOOD))
            time.sleep(15)
            assert not one.status(first)["final"]
            assert not two.status(second)["final"]
            engine = Proxy(path)
            assert judged_once(system, first, one)["verdict"] == "AC"
            assert judged_once(system, second, two)["verdict"] == "AC"
    finally:
        engine.die()
    assert system.leftovers() == []


@pytest.mark.own_engine
def test_a_real_engine_that_is_killed_stopped_and_started_costs_nobody_a_verdict(tmp_path: Path) -> None:
    """Promises 1 and 4: an engine of the test's own dies by kill -9, and is restarted in an orderly way, each time
    while an entry plays on it."""
    with private_engine.private_engine() as engine:
        settings = {"PODIUM_SANDBOX": "docker", "PODIUM_DOCKER_HOST": engine.url, "PODIUM_SWEEP_SECONDS": "1"}
        with running(tmp_path / "data", **settings) as system:
            slug = system.open_contest(hidden=False)
            for name, ending in (("killed", signal.SIGKILL), ("stopped", signal.SIGTERM)):
                with Person(system.url, name) as somebody:
                    somebody.join(slug)
                    page = somebody.upload(slug, packed(SLOW.format(seconds=3) + f"# {name}\n"))
                    system.wait_running()
                    time.sleep(1)
                    engine.send(ending)
                    engine.start()
                    status = judged_once(system, page, somebody)
                    assert status["verdict"] == "AC"
                    assert status["attempt"] > 1
