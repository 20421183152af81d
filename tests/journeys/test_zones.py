"""A running installation, started as root: a probe stands in the portal's own zone, and a challenge that is an enemy in
the referee's; each tries to reach the rest."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from judge import zones
from judge.samples import pack
from tests.echo.prober import TARGETS
from tests.known import CHALLENGES
from tests.prober import OPEN
from tests.system import ROOT, Person, System, patience, running

WHY_NOT = (
    "zones are for an installation that is started as root"
    if os.geteuid() != 0
    else zones.possible(zones.referee_world(), zones.User(65_521, 65_521), process_ids=True).reason
)
pytestmark = pytest.mark.skipif(
    bool(WHY_NOT) and os.environ.get("CI") != "true", reason=f"no whole zones here: {WHY_NOT}"
)

PROBE = '''"""Runs in every Python of this installation; in the portal's it forks a probe, which does as it is told."""
import os, sys
if "gunicorn" in sys.orig_argv and os.fork() == 0:
    import json, time
    from pathlib import Path
    from tests import prober
    here, portal = Path(os.environ["PODIUM_RUN"]) / "web", os.getppid()
    while not (here / "targets.json").exists():
        time.sleep(0.05)
        if os.getppid() != portal:
            os._exit(0)
    found = prober.attempt(json.loads((here / "targets.json").read_text()))
    found["user"], found["root"] = str(os.getuid()), ",".join(sorted(os.listdir("/")))
    (here / "found.new").write_text(json.dumps(found))
    (here / "found.new").rename(here / "found.json")
    os._exit(0)
'''


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """On a port that only root may open."""
    folder = tmp_path_factory.mktemp("zones")
    (folder / "path").mkdir()
    (folder / "path" / "sitecustomize.py").write_text(PROBE)
    more = {
        "PODIUM_SANDBOX": "process",
        "PODIUM_WORKERS": "2",
        "PODIUM_CHALLENGES": f"{CHALLENGES},prober=tests.echo.prober:Prober",
        "PYTHONPATH": f"{folder / 'path'}:{ROOT}",
        TARGETS: str(folder / "targets.json"),
    }
    with pytest.MonkeyPatch.context() as patch, running(folder / "data", **more) as up:
        patch.setenv("PODIUM_CHALLENGES", more["PODIUM_CHALLENGES"])
        (up.settings.run / "players" / "session").mkdir(parents=True, exist_ok=True)
        yield up
    assert up.leftovers() == []


@pytest.fixture(scope="module")
def targets(system: System) -> Iterator[dict[str, Any]]:
    """What neither zone may reach; of processes, all of the installation but the portal's own."""
    data, run = system.settings.data, system.settings.run
    system.settings.seed_key()
    pids = system.pids()
    keepers = [pid for part, pid in pids.items() if part.startswith(("up", "worker", "sweep"))]
    nurseries = [int(pid) for part, worker in pids.items() if part.startswith("worker") for pid in _children(worker)]
    assert len(nurseries) == 2
    engines = ["/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock"]
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(run / "engine.sock"))
        (run / "engine.sock").chmod(0o666)
        engine.listen()
        yield {
            "read": [
                *map(str, (data / "keys" / "seed.key", data / "keys", data / "logs", data / "copies")),
                *map(str, (run / "players", run / "players" / "session", run / "up.json", ROOT / "pyproject.toml")),
                *("/root", "/home", "/etc/shadow", "/proc/self/environ", "/sys"),
            ],
            "write": list(map(str, (data, run, ROOT, ROOT / "judge", "/", "/etc"))),
            "rename": [str(data / "keys"), str(data / "db")],
            "sockets": [str(run / "engine.sock"), *engines],
            "processes": sorted({*keepers, *nurseries, os.getpid()}),
        }


def _children(pid: int) -> list[str]:
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def still_open(found: dict[str, str]) -> list[str]:
    return [name for name, text in found.items() if text == OPEN]


def test_a_probe_in_the_portals_zone_reaches_neither_engine_nor_keys_nor_workers(
    system: System, targets: dict[str, Any]
) -> None:
    here = system.settings.run / "web"
    writable = [str(system.settings.data / name) for name in ("db", "files", "web")]
    own = {"read": [str(system.settings.data / "db" / "podium.db")], "write": writable}
    together = {**targets, **{name: [*targets[name], *more] for name, more in own.items()}}
    (here / "targets.new").write_text(json.dumps(together))
    (here / "targets.new").chmod(0o644)
    (here / "targets.new").rename(here / "targets.json")
    for _ in patience(30, "the probe says nothing"):
        if (here / "found.json").exists():
            break
    found = json.loads((here / "found.json").read_text())
    allowed = {f"read {own['read'][0]}", *(f"write in {folder}" for folder in writable), "read /root"}
    assert set(still_open(found)) - allowed == set()
    assert {name for name in allowed if name != "read /root"} <= set(still_open(found))
    assert int(found["user"]) == zones.web_user("", system.settings.data).uid
    assert not {"proc", "sys", "home", "var"} & set(found["root"].split(","))


def test_the_portal_and_redis_are_users_without_privileges(system: System) -> None:
    pids = system.pids()
    user = zones.web_user("", system.settings.data).uid
    for part in ("web", "redis"):
        status = Path(f"/proc/{pids[part]}/status").read_text()
        facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(facts["Uid"].split()) == set(facts["Gid"].split()) == {str(user)}
        assert facts["Groups"].strip() == ""
        assert {facts[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
        assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")
    assert "zones: the portal is user" in system.log.read_text()


def test_a_challenge_that_is_an_enemy_reaches_nothing_of_a_running_system(
    system: System, targets: dict[str, Any]
) -> None:
    settings = system.settings
    more = {
        "read": [str(settings.data / name) for name in ("db/podium.db", "web/session.key", "files")],
        "write": [str(settings.data / name) for name in ("db", "files", "web")],
        "sockets": [str(settings.redis_socket)],
        "processes": [system.pids()[part] for part in ("web", "redis")],
    }
    together = {**targets, **{name: [*targets[name], *paths] for name, paths in more.items()}}
    together["ports"] = [settings.port]
    Path(system.env[TARGETS]).write_text(json.dumps(together))
    slug = system.open_contest("prober", hidden=False, cases=1)
    with Person(system.url, "enemy") as person:
        person.join(slug)
        page = person.upload(slug, pack(ROOT / "tests" / "echo" / "samples" / "sound"))
        for _ in patience(60, lambda: person.status(page)):
            if person.status(page)["final"]:
                break
        assert person.status(page)["verdict"] == "AC", system.log.read_text()
        view = person.get(f"/api/submissions/{page.rsplit('/', 1)[-1]}/runs/0/view").json()
    found = dict(view["data"]["rows"])
    assert len(found) > 60
    assert set(still_open(found)) <= {"read /root"}
    assert zones.CHILDREN_FROM <= int(found["user"]) < zones.INSTALLATIONS_FROM
    assert found["process"] == "1"


def test_a_portal_opens_a_port_that_only_root_may(tmp_path: Path) -> None:
    with running(tmp_path / "data", PODIUM_SANDBOX="process", PODIUM_WORKERS="1", PODIUM_PORT="897",
                 PODIUM_URL="http://127.0.0.1:897") as up:  # fmt: skip
        assert _user(up.pids()["web"]) != 0
        up.kill("web")
        for _ in patience(30, "the portal does not come back"):
            try:
                with socket.create_connection(("127.0.0.1", 897), 1), Person(up.url, "x") as somebody:
                    if somebody.get("/health").status_code == 200:
                        break
            except OSError:
                continue
    assert up.leftovers() == []


def _user(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("Uid:\t")[1].split()[0])
