"""A whole installation for tests: `podium up` as a person would start it, on a data folder and a port of its own, and
people who use it over HTTP. Nothing of it is faked."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlmodel import select

from judge import contests, proven
from judge.contests import PhasePlan
from judge.db import Database
from judge.models import Judgement, Phase, Run, RunSeat, Submission
from judge.queue import Queue
from judge.sandboxes import owner
from judge.settings import Settings
from judge.states import PhaseState
from sandbox.engine import Engine
from sandbox.errors import EngineUnavailable
from tests.known import CHALLENGES

ROOT = Path(__file__).resolve().parents[1]
GOOD = "def act(observation):\n    return observation['say']\n"
SLOW = "import time\n\ndef reset(info):\n    time.sleep({seconds})\n\n" + GOOD
PASSWORD = "correct horse battery"
os.environ.setdefault("PODIUM_CHALLENGES", CHALLENGES)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def packed(agent: str) -> bytes:
    """An entry of one agent.py."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("agent.py", agent)
    return buffer.getvalue()


def environment(folder: Path, **more: str) -> dict[str, str]:
    port = free_port()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PODIUM_", "COV_"))},
        "PODIUM_DATA": str(folder),
        "PODIUM_PORT": str(port),
        "PODIUM_URL": f"http://127.0.0.1:{port}",
        "PODIUM_CHALLENGES": CHALLENGES,
        "PODIUM_UNPROVEN_HOST": proven.WORDS,
        "PYTHONPATH": str(ROOT),
        **more,
    }


@dataclass
class System:
    """A running `podium up`."""

    process: subprocess.Popen[str]
    env: dict[str, str]
    settings: Settings
    log: Path

    @property
    def url(self) -> str:
        return self.settings.url

    def pids(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.settings.run / "up.json").read_text())
        return found

    def kill(self, part: str) -> None:
        """kill -9, and wait until it is gone."""
        pid = self.pids()[part]
        os.kill(pid, signal.SIGKILL)
        for _ in patience(10, f"{part} does not die"):
            if not _alive(pid):
                return

    def database(self) -> Database:
        return Database(self.settings.database_url)

    def open_contest(self, challenge: str = "echo", *, quota: int = 50, hidden: bool = True, cases: int = 2) -> str:
        """A contest with an open practice phase; its slug."""
        db, queue = self.database(), Queue(self.settings.redis_url)
        now = datetime.now(UTC)
        with db.write() as session:
            contest = contests.create(
                session,
                challenge=challenge,
                slug=challenge,
                phases=[
                    PhasePlan(
                        slug="practice",
                        starts_at=now,
                        ends_at=now + timedelta(days=1),
                        cases=cases,
                        quota_per_day=quota,
                        hidden=hidden,
                    )
                ],
                now=now,
            )
            phase_id = contests.phases_of(session, contest)[0].id
        assert phase_id is not None
        queue.open_phase(phase_id)
        for _ in patience(60, "the phase does not open"):
            with db.read() as session:
                if session.get_one(Phase, phase_id).state == PhaseState.OPEN:
                    break
        queue.close()
        db.close()
        return challenge

    def judgements(self) -> list[Judgement]:
        db = self.database()
        try:
            with db.read() as session:
                return list(session.exec(select(Judgement).order_by(Judgement.id)))
        finally:
            db.close()

    def wait_judged(self, count: int, *, seconds: float = 60) -> list[Judgement]:
        """Until so many judgements are there and all are final."""
        for _ in patience(seconds, lambda: f"not judged: {[(j.id, j.state, j.attempt) for j in self.judgements()]}"):
            found = self.judgements()
            if len(found) == count and all(judgement.state.final for judgement in found):
                return found
        raise AssertionError

    def wait_running(self, *, seconds: float = 30) -> Judgement:
        for _ in patience(seconds, "nothing runs"):
            for judgement in self.judgements():
                if judgement.state == "running":
                    return judgement
        raise AssertionError

    def results_of(self, judgement_id: int) -> list[tuple[str, str]]:
        """(case, verdict) of every stored run of a judgement."""
        db = self.database()
        try:
            with db.read() as session:
                rows = session.exec(
                    select(Run.case, RunSeat.verdict)
                    .join(RunSeat, RunSeat.run_seq == Run.seq)  # type: ignore[arg-type]
                    .where(Run.judgement_id == judgement_id)
                    .order_by(Run.seq)  # type: ignore[arg-type]
                )
                return [(case, verdict) for case, verdict in rows]
        finally:
            db.close()

    def submissions(self) -> list[Submission]:
        db = self.database()
        try:
            with db.read() as session:
                return list(session.exec(select(Submission).order_by(Submission.id)))  # type: ignore[arg-type]
        finally:
            db.close()

    def leftovers(self) -> list[str]:
        """What is there of this installation besides its data folder."""
        left = [f"process {pid}" for pid in _processes_of(self.settings.data)]
        if self.settings.run.exists():
            left.append(f"folder {self.settings.run}")
        return left + [f"container {name}" for name in containers(f"podium.owner={owner(self.settings)}")]


def containers(*labels: str) -> list[str]:
    """Ids of the containers with all of these labels, running or not; none where there is no engine."""
    try:
        engine = Engine()
    except EngineUnavailable:
        return []
    try:
        return [row["Id"] for row in engine.api.containers(all=True, filters={"label": list(labels)})]
    finally:
        engine.close()


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _processes_of(data: Path) -> Iterator[int]:
    mark = f"PODIUM_DATA={data}".encode()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                yield int(entry.name)


def patience(seconds: float, complaint: Any) -> Iterator[None]:
    """Yield until the time is over, then fail with the complaint."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)
    raise AssertionError(complaint() if callable(complaint) else complaint)


@contextmanager
def running(folder: Path, *arguments: str, **more: str) -> Iterator[System]:
    """`podium up`, until the block ends: then Ctrl-C, and nothing may be left."""
    env = environment(folder, **more)
    settings = Settings.from_environment(env)
    log = folder.parent / f"{folder.name}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "judge.cli", *(arguments or ("up",))],
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            text=True,
        )
    system = System(process, env, settings, log)
    try:
        for _ in patience(120, lambda: f"podium up does not come up:\n{log.read_text()}"):
            assert process.poll() is None, f"podium up ended:\n{log.read_text()}"
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{settings.url}/health", timeout=5).status_code == 200:
                    break
        yield system
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


class Person:
    """Somebody with a browser, as far as HTTP goes."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.http = requests.Session()

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str) -> requests.Response:
        return self.http.get(f"{self.url}{path}", timeout=30)

    def form(self, path: str, *, page: str | None = None, **fields: str) -> requests.Response:
        """Fill in a form: its page is fetched first, for the signature that it carries."""
        return self.http.post(
            f"{self.url}{path}", data={"csrf_token": self.signature(page or path), **fields}, timeout=30
        )

    def signature(self, path: str) -> str:
        page = self.get(path)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert found, f"no form at {path} ({page.status_code}): {page.text[:500]}"
        return found[1]

    def join(self, contest: str) -> None:
        """Sign up, make a team and enter a contest."""
        signed_up = self.form("/en/sign-up", email=f"{self.name}@example.org", name=self.name, password=PASSWORD)
        assert signed_up.status_code == 200, signed_up.text
        made = self.form("/en/teams/new", team=f"Team {self.name}")
        assert made.status_code == 200, made.text
        page = self.get(f"/en/contests/{contest}/mine").text
        team = re.search(r'name="team"[^>]*value="([^"]+)"|<option value="([^"]+)"', page)
        assert team, page
        done = self.form(f"/en/contests/{contest}/mine", team=team[1] or team[2], terms="yes")
        assert done.status_code == 200, done.text

    def upload(
        self, contest: str, content: bytes, *, filename: str = "entry.zip", token: str = "", track: str = ""
    ) -> str:
        """Send an entry in; the path of its page."""
        path = f"/en/contests/{contest}/practice/upload"
        answer = self.http.post(
            f"{self.url}{path}",
            data={"csrf_token": self.signature(path), "form_token": token, **({"track": track} if track else {})},
            files={"entry": (filename, content)},
            headers={"Accept": "application/json"},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    def status(self, page: str) -> dict[str, Any]:
        public_id = page.rsplit("/", 1)[-1]
        answer = self.get(f"/api/submissions/{public_id}")
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        return status
