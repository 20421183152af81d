"""Upload acknowledged → first GET that answers `final`, for a trivial Python entry on an idle machine; against one
`docker exec` and one plain Python in the same rounds."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox.engine import Engine
from sandbox.images import ensure_player_image
from tests.bench.table import Row
from tests.system import GOOD, Person, packed, patience, running

ROUNDS = 9


def rows(folder: Path) -> Iterator[Row]:
    ours, execs, plain = [], [], []
    with running(folder / "latency", PODIUM_SANDBOX="docker") as system, Person(system.url, "latency") as person:
        slug = system.open_contest(cases=1)
        person.join(slug)
        with Idle() as idle:
            for number in range(ROUNDS + 1):
                ours.append(_verdict(person, slug, number))
                execs.append(_timed(["docker", "exec", idle.container, idle.python, "-c", "pass"]))
                plain.append(_timed([sys.executable, "-c", "pass"]))
    ours, execs, plain = ours[1:], execs[1:], plain[1:]
    seconds = statistics.median(ours) * 1000
    work = "upload acknowledged to final, one trivial entry"
    yield Row(work, "ms", seconds, "one docker exec", statistics.median(execs) * 1000, goal=1.2)
    yield Row(work, "ms", seconds, "a plain python", statistics.median(plain) * 1000)


def _verdict(person: Person, slug: str, number: int) -> float:
    page = person.upload(slug, packed(GOOD + f"# latency {number}\n"))
    began = time.monotonic()
    public_id = page.rsplit("/", 1)[-1]
    for _ in patience(60, "not judged"):
        while time.monotonic() - began < 60:
            status = person.get(f"/api/submissions/{public_id}").json()
            if status["final"]:
                assert status["verdict"] == "AC", status
                return time.monotonic() - began
            time.sleep(0.002)
    raise AssertionError


def _timed(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


class Idle:
    """A container of the player image that does nothing, for `docker exec`."""

    python = "python3"

    def __enter__(self) -> "Idle":
        self._engine = Engine()
        image = ensure_player_image(self._engine.api, print)
        made = self._engine.api.create_container(
            image.reference, entrypoint=[self.python, "-c", "import time; time.sleep(600)"], network_disabled=True
        )
        self.container: str = made["Id"]
        self._engine.api.start(self.container)
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.api.remove_container(self.container, force=True)
        self._engine.close()
