"""Zones of trust, from inside: a challenge that has gone over to the enemy tries to get out of the referee's child, and
whatever it tries is refused; without walls every one of its attempts succeeds."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from challenges.base import Case
from judge import enclosure, folders, zones
from judge.db import Database
from judge.errors import Misconfigured, PlatformFault
from judge.referee import Nursery, Referee
from judge.referee_child import PROCESSES
from judge.settings import Settings
from judge.storage import open_storage
from judge.zones import Found, User, Walls, World
from sandbox.fake import FakeSandbox, Script
from sandbox.types import Program
from tests.echo.challenge import Echo
from tests.judge.world import settings_in
from tests.prober import OPEN, VSOCK

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(pytest.__file__).parents[1]
LINES = "echo=tests.echo.challenge:Echo,prober=tests.echo.prober:Prober"


def lacking() -> str:
    """Why this machine has no whole zones."""
    if os.geteuid() != 0:
        return "zones are for an installation that is started as root"
    found = zones.possible(zones.referee_world(), User(65_521, 65_521), process_ids=True)
    return "" if found.walls is Walls.WORLD else f"this root may not make namespaces: {found.reason}"


WHY_NOT = lacking()
whole = pytest.mark.skipif(bool(WHY_NOT) and os.environ.get("CI") != "true", reason=WHY_NOT)
rooted = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture(scope="module")
def house() -> Iterator[Nursery]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODIUM_CHALLENGES", LINES)
        with Nursery(["echo", "prober"]) as nursery:
            nursery.start()
            yield nursery


@pytest.fixture
def program(tmp_path: Path) -> Program:
    path = tmp_path / "agent.py"
    path.write_text("def act(observation):\n    return observation['say']\n")
    return Program(path)


def played(nursery: Nursery, program: Program, **targets: Any) -> dict[str, str]:
    """What the challenge found from inside."""
    about = replace(Echo().about, slug="prober", run_seconds=30.0)
    sandbox = FakeSandbox(Script(act=lambda message: message["say"]))
    case = Case("probe", b"\1" * 32, params={"targets": json.dumps(targets)})
    run = Referee(about, sandbox, nursery, stop=threading.Event()).play(case, {"player": program}, {})
    assert run.view is not None
    return dict(run.view.data["rows"])


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Everything that must not be reached, all of it there: some of it open to any user of the machine, so that nothing
    but a world of its own keeps a process from it."""
    settings = settings_in(tmp_path, PODIUM_RUN=f"/run/podium-test-{os.getpid()}")
    settings.prepare_folders()
    settings.seed_key()
    settings.session_secret()
    Database(settings.database_url).migrate()
    (settings.run / "players" / "x").mkdir(parents=True)
    anybodys = Path(tempfile.mkdtemp(prefix="podium-anybodys-", dir="/var/tmp"))
    anybodys.chmod(0o777)
    (anybodys / "note").write_text("for everybody on this machine")
    with (
        socket.socket(socket.AF_UNIX) as engine,
        socket.create_server(("127.0.0.1", 0)) as listener,
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as victim,
    ):
        engine.bind(str(settings.run / "engine.sock"))
        (settings.run / "engine.sock").chmod(0o666)
        engine.listen()
        try:
            yield {
                "read": [
                    *(
                        str(settings.data / name)
                        for name in ("keys/seed.key", "web/session.key", "db/podium.db", "files")
                    ),
                    *(str(settings.run / name) for name in ("redis", "players/x")),
                    *map(str, (anybodys / "note", Path("/etc/passwd"), Path("/etc/shadow"), ROOT / "pyproject.toml")),
                    "/proc/self/environ",
                ],
                "write": list(
                    map(str, (settings.data, settings.run, anybodys, ROOT, ROOT / "judge", SITE, "/", "/dev"))
                ),
                "rename": [str(settings.data / "keys")],
                "sockets": [str(settings.run / "engine.sock")],
                "ports": [listener.getsockname()[1]],
                "processes": [victim.pid],
            }
        finally:
            victim.kill()
            shutil.rmtree(settings.run)
            shutil.rmtree(anybodys)


def still_open(found: dict[str, str]) -> list[str]:
    return [name for name, text in found.items() if text == OPEN]


def test_without_walls_every_attempt_succeeds(targets: dict[str, Any]) -> None:
    """The probe's own test: what is refused in a zone is refused by the zone."""
    if os.geteuid() != 0:
        pytest.skip("only root reaches everything")
    probe = "import json, sys; from tests import prober; print(json.dumps(prober.attempt(json.load(sys.stdin))))"
    done = subprocess.run(
        [sys.executable, "-c", probe], input=json.dumps(targets), cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert len(found) > 30
    assert {name: text for name, text in found.items() if text != OPEN and name != VSOCK} == {}


# ---------------------------------------------------------------------------------------------------------------------
# The referee's child


@whole
def test_a_challenge_that_is_an_enemy_reaches_nothing(
    house: Nursery, program: Program, targets: dict[str, Any]
) -> None:
    """Engine, keys, database, Redis, other processes, the network, folders of others, root: none of it."""
    others = [os.getpid(), house._process.pid, os.getppid(), 1]
    found = played(house, program, **{**targets, "processes": targets["processes"] + others})
    own = {"signal 1", f"signal {house._process.pid}"} & set(found)
    assert still_open(found) == sorted({"signal 1"} & own)  # process 1 of its own ids is itself
    assert found["process"] == "1"
    assert house.walls is Walls.WORLD


@whole
def test_a_child_holds_its_sockets_and_nothing_else(house: Nursery, program: Program) -> None:
    found = played(house, program)
    assert found["descriptors"].split(",") == ["socket", "socket"]  # control, and one player
    variables = set(found["variables"].split(","))
    assert not any("KEY" in name or "TOKEN" in name or name in {"PODIUM_DATA", "PODIUM_RUN"} for name in variables)


@rooted
def test_no_two_children_are_the_same_user_and_none_is_root(house: Nursery, program: Program) -> None:
    users = [int(played(house, program)["user"]) for _ in range(3)]
    assert len(set(users)) == 3
    assert all(zones.CHILDREN_FROM <= user < zones.INSTALLATIONS_FROM for user in users)


@rooted
def test_a_fork_bomb_ends_at_its_own_bound_and_takes_nothing_from_another(house: Nursery, program: Program) -> None:
    results: list[dict[str, str]] = []
    threads = [
        threading.Thread(target=lambda: results.append(played(house, program, forks=True, stay=0.5))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [int(found["forks"]) for found in results] == [PROCESSES - 1] * 2


@whole
def test_what_a_challenge_starts_ends_with_it(house: Nursery, program: Program) -> None:
    seconds = "601.25"
    played(house, program, leave_behind=float(seconds))
    deadline = time.monotonic() + 5
    while living := [pid for pid in Path("/proc").iterdir() if pid.name.isdigit() and _child_of(house, pid)]:
        assert time.monotonic() < deadline, living
        time.sleep(0.02)


def _child_of(house: Nursery, process: Path) -> bool:
    """Whether it runs as one of the users that this nursery gives to its children."""
    try:
        user = _user(int(process.name))
    except OSError:
        return False
    first, count = zones.children_users("", nursery=house._process.pid)
    return first.uid <= user < first.uid + count


def _user(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("Uid:\t")[1].split()[0])


@whole
def test_a_run_leaves_no_file_for_the_next(house: Nursery, program: Program) -> None:
    """Its temporary folder is its own, and empty."""
    first = played(house, program, mark="left-by-one", marks=True)
    assert first["marks"] == "left-by-one"
    assert played(house, program, marks=True)["marks"] == ""


@whole
def test_two_children_cannot_see_each_other(house: Nursery, program: Program) -> None:
    staying = threading.Thread(target=played, args=(house, program), kwargs={"stay": 3})
    staying.start()
    try:
        other = _wait_for_child(house)
        for kind in ("net", "ipc", "mnt", "pid"):
            spaces = {
                str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for pid in (other, house._process.pid, os.getpid())
            }
            assert len(spaces) == (2 if kind == "pid" else 3), kind  # of process ids the nursery has this machine's
        found = played(house, program, processes=[other])
    finally:
        staying.join()
    assert still_open(found) == []


def _wait_for_child(house: Nursery) -> int:
    """The one child, when it stands where it is to stand."""
    path = Path(f"/proc/{house._process.pid}/task/{house._process.pid}/children")
    deadline = time.monotonic() + 10
    while True:
        assert time.monotonic() < deadline
        before = path.read_text().split()
        time.sleep(0.3)
        if len(before) == 1 and path.read_text().split() == before:
            return int(before[0])


@whole
def test_nobody_of_the_childs_user_can_look_into_a_child(house: Nursery, program: Program) -> None:
    staying = threading.Thread(target=played, args=(house, program), kwargs={"stay": 2})
    staying.start()
    try:
        child = _wait_for_child(house)
        user = _user(child)
        become = (
            f"import os; os.setgroups([]); os.setresgid({user}, {user}, {user}); os.setresuid({user}, {user}, {user})"
        )
        look = f"{become}; open('/proc/{child}/environ').read()"
        done = subprocess.run([sys.executable, "-Ic", look], capture_output=True, text=True, check=False)
        assert "PermissionError" in done.stderr
    finally:
        staying.join()


def test_without_root_a_child_still_gets_no_socket_and_no_tracing() -> None:
    """What a user may do to himself: refused system calls, in a process that is not root."""
    program = (
        "import os, sys; os.getuid() or os.setresuid(65521, 65521, 65521)\n"
        "from judge.zones import RefereeZone\n"
        "zone = RefereeZone(''); zone.enter([]); zone.enter_child()\n"
        "import json; from tests import prober\n"
        "print(json.dumps([zone.walls.name, prober.attempt({'ports': [1], 'processes': [os.getppid()]})]))"
    )
    # A user without rights cannot read every interpreter: everything is loaded before.
    loaded = "import judge.zones, tests.prober, json, socket, encodings.idna, encodings.ascii\n" + program
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    walls, found = json.loads(done.stdout)
    assert walls == "NONE"
    for name in (VSOCK, "connect to port 1", "make a user namespace", "gain by executing"):
        assert "not permitted" in found[name] or "no new privileges" in found[name], (name, found[name])


# ---------------------------------------------------------------------------------------------------------------------
# What a machine does not let us have


@rooted
def test_a_root_without_namespaces_gets_another_user_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(zones.kernel, "unshare", refuse)
    monkeypatch.setattr(zones.os, "access", lambda *_: True)
    found = zones.possible(World(seen=[]), User(65_521, 65_521))
    assert (found.walls, found.reason) == (Walls.USER, "[Errno 1] Operation not permitted")


@rooted
def test_an_interpreter_that_another_user_cannot_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    hidden = tmp_path / "os.py"
    hidden.touch()
    monkeypatch.setattr(zones.os, "__file__", str(hidden))
    found = zones.possible(World(seen=[]), User(65_521, 65_521))
    assert found.walls is Walls.NONE
    assert f"{hidden} cannot be read" in found.reason


def test_who_is_not_root_stays_who_he_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zones.os, "geteuid", lambda: 1000)
    assert zones.possible(World(seen=[]), User(1, 1)) == Found(Walls.NONE, "not started as root")
    assert zones.web_user("somebody", tmp_path).uid == 1000


@pytest.mark.parametrize("named", ["root", "0", "nobody-of-that-name", str(1 << 32)])
def test_a_user_that_cannot_be_is_refused_by_the_name_of_its_variable(named: str, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zones.os, "geteuid", lambda: 0)
    with pytest.raises(Misconfigured, match="PODIUM_WEB_USER"):
        zones.web_user(named, tmp_path)
    with pytest.raises(Misconfigured, match="PODIUM_REFEREE_USER"):
        zones.children_users(named, nursery=1)


def test_installations_and_nurseries_have_users_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zones.os, "geteuid", lambda: 0)
    monkeypatch.setattr(zones, "_mapped", lambda _: True)
    webs = {zones.web_user("", tmp_path / name).uid for name in "abc"}
    assert len(webs) == 3
    assert zones.web_user("", tmp_path / "a").uid in webs
    ranges = [zones.children_users("", nursery=pid) for pid in (1, 2, zones.CHILDREN_NURSERIES - 1)]
    numbers = [first.uid + n for first, count in ranges for n in range(count)]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < min(webs)
    assert zones.INSTALLATIONS_FROM + zones.INSTALLATIONS < 0x7FFF_0000
    monkeypatch.setattr(zones, "_mapped", lambda _: False)
    assert zones.web_user("", tmp_path).uid == zones.SMALL_PORTAL != zones.children_users("", nursery=1)[0].uid


@rooted
def test_a_referees_user_can_be_named(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIUM_CHALLENGES", LINES)
    with Nursery(["prober"], user="65521") as nursery:
        nursery.start()
        assert played(nursery, program)["user"] == "65521"


@rooted
def test_a_child_that_cannot_enter_its_zone_plays_nothing(house: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather no run than one without walls."""
    zone = zones.RefereeZone("")
    zone.walls = Walls.WORLD
    monkeypatch.setattr(zones.kernel, "unshare", lambda _: (_ for _ in ()).throw(PermissionError(1, "no")))
    with pytest.raises(PermissionError):
        zone.enter_child()


# ---------------------------------------------------------------------------------------------------------------------
# The root folder


@whole
def test_a_world_holds_what_is_named_at_its_path_and_links_still_lead_there(tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "real" / "deep" / "file").write_text("inside")
    (tmp_path / "real" / "other").write_text("outside")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "writable").mkdir()
    program = (
        "import sys, os; from pathlib import Path; from judge import enclosure\n"
        "base = Path(sys.argv[1])\n"
        "seen = [*enclosure.python(), base / 'link' / 'deep', base / 'nowhere']\n"
        "enclosure.enter(seen=seen, written=[base / 'writable'])\n"
        "assert (base / 'link' / 'deep' / 'file').read_text() == 'inside'\n"
        "assert os.listdir(base / 'real') == ['deep'] and sorted(os.listdir(base)) == ['link', 'real', 'writable']\n"
        "(base / 'writable' / 'new').write_text('x')\n"
        "for path in (base / 'real' / 'deep' / 'new', base / 'new', Path('/new')):\n"
        "    try: path.write_text('x')\n"
        "    except OSError: pass\n"
        "    else: sys.exit(f'{path} can be written')\n"
        "print(sorted(set(os.listdir('/dev')) - {'shm'}), os.path.exists('/proc/self'), os.path.exists('/run'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "TMPDIR": str(tmp_path / "writable")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['full', 'null', 'random', 'urandom', 'zero'] False False"
    assert [path.name for path in (tmp_path / "writable").iterdir()] == ["new"]


def test_of_a_plain_folder_on_the_path_only_modules_are_seen(tmp_path: Path) -> None:
    for name in ("package/__init__.py", "module.py", "data/podium.db", "secret.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = {path for path in enclosure.python([str(tmp_path)]) if tmp_path in path.parents}
    assert found == {tmp_path / "package", tmp_path / "module.py"}


def test_a_ring_of_links_is_an_error_and_not_for_ever(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="too many links"):
        enclosure._resolved(tmp_path / "a")


# ---------------------------------------------------------------------------------------------------------------------
# Files


@rooted
def test_root_is_not_led_out_of_the_portals_folder_by_a_link(tmp_path: Path) -> None:
    """A portal that is an enemy puts links where a worker reads and writes: no way past what the portal may itself."""
    settings = settings_in(tmp_path)
    settings.prepare_folders()
    key = settings.seed_key()
    storage = open_storage(settings)
    name = storage.keep_bytes(b"an entry")
    stored = settings.data / "files" / name[:2] / name
    stored.unlink()
    stored.symlink_to(settings.data / "keys" / "seed.key")
    for read in (storage.read, storage.open, storage.local_path):
        with pytest.raises(PermissionError):
            read(name)
    target = tmp_path / "somewhere"
    target.mkdir()
    other = b"what a contestant printed"
    shard = settings.data / "files" / hashlib.sha256(other).hexdigest()[:2]
    shard.symlink_to(target)
    with pytest.raises(PermissionError):
        storage.keep_bytes(other)
    assert list(target.iterdir()) == []
    assert settings.seed_key() == key


@rooted
def test_an_entry_that_was_exchanged_after_its_receipt_is_not_played(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.prepare_folders()
    storage = open_storage(settings)
    name = storage.keep_bytes(b"what was acknowledged")
    stored = settings.data / "files" / name[:2] / name
    stored.unlink()
    stored.write_bytes(b"what somebody would rather have")
    stored.chmod(0o444)
    with pytest.raises(PlatformFault, match="another content"):
        storage.local_path(name)
    assert list((settings.data / "copies").iterdir()) == []


@rooted
def test_what_root_makes_in_the_portals_folders_is_the_portals(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.prepare_folders()
    user = zones.web_user("", settings.data)
    open_storage(settings).keep_bytes(b"a log")
    db = Database(settings.database_url)
    db.migrate()
    with db.read() as session:
        session.connection().exec_driver_sql("SELECT id FROM account")
        made = [*(settings.data / "files").rglob("*"), *(settings.data / "db").iterdir()]
    assert len(made) >= 6
    assert {path.name: path.stat().st_uid for path in made if path.stat().st_uid != user.uid} == {}
    db.close()
    assert {(settings.data / name).stat().st_uid for name in ("keys", "logs", "copies")} == {0}


def test_a_data_folder_of_the_first_version_opens_and_keeps_everything(tmp_path: Path) -> None:
    """Yesterday's layout: database and keys in the folder itself, everything root's."""
    data = tmp_path / "data"
    (data / "files" / "ab").mkdir(parents=True)
    (data / "files" / "ab" / "entry").write_text("kept")
    old = Database(f"sqlite:///{data / 'podium.db'}")
    old.migrate()
    with old.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mark (x)")
    old.close()
    (data / "podium.db-wal").touch()
    for name in ("seed.key", "session.key"):
        (data / name).write_bytes(name.encode() * 8)
        (data / name).chmod(0o600)
    settings = settings_in(tmp_path)
    for _ in range(2):
        settings.prepare_folders()
        assert settings.seed_key() == b"seed.key" * 8
        assert settings.session_secret() == b"session.key" * 8
        db = Database(settings.database_url)
        db.migrate()
        with db.read() as session:
            assert session.connection().exec_driver_sql("SELECT count(*) FROM mark").scalar() == 0
        db.close()
    assert {path.name for path in data.iterdir()} == {"db", "web", "files", "keys", "copies", "builds", "logs"}
    user = zones.web_user("", settings.data)
    for name in ("db/podium.db", "web/session.key", "files/ab/entry"):
        assert (data / name).stat().st_uid == user.uid, name


def test_two_keys_are_one_too_many(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.prepare_folders()
    settings.seed_key()
    (settings.data / "seed.key").write_bytes(bytes(32))
    with pytest.raises(Misconfigured, match=r"there are both .*seed\.key"):
        settings.prepare_folders()


def test_a_database_that_was_named_is_not_moved(tmp_path: Path) -> None:
    named = settings_in(tmp_path, PODIUM_DATABASE_URL=f"sqlite:///{tmp_path}/data/podium.db")
    (tmp_path / "data").mkdir()
    Database(named.database_url).migrate()
    named.prepare_folders()
    assert (tmp_path / "data" / "podium.db").exists()


@rooted
def test_handing_a_folder_over_follows_no_link_and_takes_no_file_with_a_second_name(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (outside / "hard").touch()
    db = settings.data / "db"
    db.mkdir(parents=True)
    (db / "link").symlink_to(outside)
    (db / "file").symlink_to(outside / "file")
    (db / "hard").hardlink_to(outside / "hard")
    settings.prepare_folders()
    assert db.stat().st_uid == zones.web_user("", settings.data).uid
    assert {path.stat().st_uid for path in (outside, outside / "file", outside / "hard")} == {0}


def test_a_portal_in_its_zone_finds_its_folders_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path)
    settings.prepare_folders()
    monkeypatch.setattr(folders, "privileged", lambda: False)
    monkeypatch.setattr(folders.os, "geteuid", lambda: 12345)
    before = settings.data.stat().st_mode
    settings.data.chmod(0o700)
    Settings.prepare_folders(settings)
    assert settings.data.stat().st_mode != before
