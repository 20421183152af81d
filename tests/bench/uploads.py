"""Taking in a submission: signed in, checked, committed durably, queued; against a bare Flask view under the same
server with the same client."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import load
from tests.bench.table import Row
from tests.system import GOOD, ROOT, Person, free_port, patience, running

CONNECTIONS = 32
SECONDS = 4.0
ROUNDS = 3
BOUNDARY = "----podium-bench"


def rows(folder: Path) -> Iterator[Row]:
    with running(folder / "uploads", PODIUM_WORKERS="1", PODIUM_SANDBOX="process") as system:
        slug = system.open_contest(quota=100_000)
        requests = [_upload(system.url, slug, number) for number in range(CONNECTIONS)]
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
        options = ["--workers", "1", "--threads", "8", "--access-logfile", "/dev/null", "tests.bench.bare:app"]
        control = subprocess.Popen([*command, *options], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            bare = [load.Request("GET", "/")] * CONNECTIONS
            _wait(port)
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(load.run(system.url, requests, seconds=SECONDS))
                theirs.append(load.run(f"http://127.0.0.1:{port}", bare, seconds=SECONDS))
        finally:
            control.terminate()
            control.wait()
    refused = {status for outcome in ours for status in outcome.statuses} - {"201"}
    yield Row(
        "taking in a submission, 32 connections",
        "a second",
        statistics.median(outcome.per_second for outcome in ours),
        "a bare Flask view",
        statistics.median(outcome.per_second for outcome in theirs),
        goal=0.1,
        more_is_better=True,
        beside=f"p99 {statistics.median(outcome.p99_ms for outcome in ours):.0f} ms (goal 250); "
        f"other answers than 201: {sorted(refused) or 'none'}",
    )


def _upload(url: str, slug: str, number: int) -> load.Request:
    """One team's upload, with a cookie and a signature of its own; a new entry each time."""
    path = f"/en/contests/{slug}/practice/upload"
    with Person(url, f"bench-{number}") as person:
        person.join(slug)
        signature = person.signature(path)
        cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.http.cookies)
    entry = GOOD + f"# {number} {{n}}\n"
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{signature}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="entry"; filename="agent.py"\r\n'
        f"Content-Type: text/x-python\r\n\r\n{entry}\r\n--{BOUNDARY}--\r\n"
    )
    return load.Request(
        "POST",
        path,
        {
            "Cookie": cookie,
            "Accept": "application/json",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        },
        body,
    )


def _wait(port: int) -> None:
    for _ in patience(20, "the control does not come up"):
        try:
            load.run(f"http://127.0.0.1:{port}", [load.Request("GET", "/")], seconds=0.1)
        except subprocess.CalledProcessError:
            continue
        return
