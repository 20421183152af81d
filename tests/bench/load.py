"""A bounded load from a second process, to loopback only: so many connections, so many seconds, and what came of it.

`python -m tests.bench.load` reads one JSON request list on standard input and prints one JSON document.
"""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from tests.system import ROOT


@dataclass(frozen=True, slots=True)
class Request:
    """What one connection sends, again and again. `body` is latin-1 text; `{n}` in it is the number of the request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


def run(url: str, requests: list[Request], *, seconds: float) -> Outcome:
    """One connection for each request, all at once, for so many seconds."""
    asked = {"url": url, "seconds": seconds, "requests": [asdict(request) for request in requests]}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=seconds + 60,
    )
    return Outcome(**json.loads(done.stdout))


def _connection(host: str, request: Request, until: float, took: list[float], statuses: Counter[str]) -> None:
    connection = http.client.HTTPConnection(host, timeout=30)
    number = 0
    while time.monotonic() < until:
        number += 1
        body = request.body.replace("{n}", f"{number:08d}").encode("latin-1")
        began = time.monotonic()
        try:
            connection.request(request.method, request.path, body=body or None, headers=request.headers)
            answer = connection.getresponse()
            answer.read()
            statuses[str(answer.status)] += 1
        except OSError as error:
            statuses[type(error).__name__] += 1
            connection.close()
        took.append(time.monotonic() - began)
    connection.close()


def main() -> None:
    asked = json.load(sys.stdin)
    host = urlsplit(asked["url"]).netloc
    assert host.startswith("127.0.0.1:"), "load goes to loopback only"
    took: list[float] = []
    statuses: Counter[str] = Counter()
    began = time.monotonic()
    until = began + min(60.0, asked["seconds"])
    threads = [
        threading.Thread(target=_connection, args=(host, Request(**request), until, took, statuses))
        for request in asked["requests"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    quantiles = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    outcome = Outcome(
        per_second=len(took) / (time.monotonic() - began),
        p50_ms=quantiles[49] * 1000,
        p99_ms=quantiles[98] * 1000,
        statuses=dict(statuses),
    )
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
