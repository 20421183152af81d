"""The commands as a person types them, on real Docker: what they print, how they end, and that they leave nothing."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from challenges import registry, sheet
from judge.samples import pack
from judge.sandboxes import owner
from judge.settings import Settings
from sandbox.engine import Engine
from sandbox.traces import traces
from tests.judge import postgres
from tests.system import GOOD, ROOT, Person, System, containers, environment, packed, patience, running


def podium(*arguments: str, folder: Path, seconds: float = 240, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "judge.cli", *arguments],
        env=environment(folder, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def document(done: "subprocess.CompletedProcess[str]") -> Any:
    """Standard output as exactly one JSON document."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"no JSON on stdout:\n{done.stdout}\n{done.stderr}") from None


@pytest.mark.docker
def test_the_demo_plays_every_contest_in_docker_prints_one_document_and_leaves_nothing(tmp_path: Path) -> None:
    """Whatever sample does not get the verdict and the score that it is labelled with makes it fail."""
    done = podium(
        *("demo", *registry.CHALLENGES, "--once", "--json"),
        folder=tmp_path / "data",
        seconds=900,
        PODIUM_SANDBOX="docker",
    )
    assert done.returncode == 0, done.stderr
    printed = document(done)
    assert printed["portal"].startswith("http://127.0.0.1:")
    assert printed["seconds"] > 0
    assert list(printed["contests"]) == list(registry.CHALLENGES)
    for slug, contest in printed["contests"].items():
        about = sheet.about(slug)
        assert contest["submitted"] == contest["judged"] == len(sheet.samples(slug))
        assert ("matches" in contest) == (about.pairing in ("cross", "match"))
        for track in about.tracks:
            board = contest.get("boards", {track.name: contest["board"]})[track.name]
            assert len(board) >= 3
            assert [row["score"] for row in board] == sorted((row["score"] for row in board), reverse=True)
            assert [row["rank"] for row in board] == sorted(row["rank"] for row in board)
    assert "45 recorded reviews" in done.stderr
    startup = printed["contests"]["startup"]
    assert all(row["columns"]["reviews"] >= 5 for row in startup["board"])
    assert set(startup["categories"]) == {"public", "students", "overseas"}
    assert all([row["rank"] for row in rows] == [1, 2, 3] for rows in startup["categories"].values())
    settings = Settings.from_environment(environment(tmp_path / "data"))
    assert not settings.run.exists()
    assert not containers(f"podium.owner={owner(settings)}")


def test_without_an_engine_the_demo_plays_the_shipped_samples_and_says_so(tmp_path: Path) -> None:
    done = podium(
        *("demo", "echo", "--once", "--json"),
        folder=tmp_path / "data",
        PODIUM_SANDBOX="process",
        PODIUM_WORKERS="1",
    )
    assert done.returncode == 0, done.stderr
    echo = document(done)["contests"]["echo"]
    assert echo["submitted"] == echo["judged"] == len(echo["entries"]) > 1
    assert echo["board"][0]["score"] > echo["board"][-1]["score"]
    assert "No Docker engine" in done.stderr


@pytest.fixture(scope="module")
def engineless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """An installation on PostgreSQL that has no Docker engine."""
    folder = tmp_path_factory.mktemp("engineless") / "data"
    with postgres.server() as server:
        with contextlib.closing(postgres.connection(server)) as connection:
            connection.cursor().execute("CREATE DATABASE podium")
        settings = {
            "PODIUM_SANDBOX": "process",
            "PODIUM_WORKERS": "1",
            "PODIUM_SWEEP_SECONDS": "1",
            "PODIUM_DATABASE_URL": postgres.url(server, "podium"),
        }
        with running(folder, **settings) as system:
            yield system
    assert system.leftovers() == []
    assert not (folder / "db" / "podium.db").exists()


@pytest.mark.postgres
def test_without_an_engine_a_strangers_upload_is_kept_but_only_a_shipped_sample_is_judged(engineless: System) -> None:
    """On PostgreSQL, through the portal; every page says how it is."""
    slug = engineless.open_contest()
    with Person(engineless.url, "stranger") as person, Person(engineless.url, "starter") as other:
        person.join(slug)
        theirs = person.upload(slug, packed(GOOD + "# nobody knows this entry\n"))
        other.join(slug)
        shipped = other.upload(slug, pack(ROOT / "tests" / "echo" / "samples" / "sound"))
        for _ in patience(30, "the sample is not judged"):
            if other.status(shipped)["final"]:
                break
        assert other.status(shipped)["verdict"] == "AC"
        assert person.status(theirs)["state"] == "queued"
        for page in ("/en/", f"/en/contests/{slug}", theirs):
            assert 'class="notice' in person.get(page).text, page


@pytest.mark.docker
def test_ctrl_c_in_mid_run_stops_everything_and_the_entry_is_judged_next_time(tmp_path: Path) -> None:
    """Promise 1: a person stops the machine while an entry plays; it is judged after the next start."""
    folder = tmp_path / "data"
    with running(folder, PODIUM_SANDBOX="docker", PODIUM_WORKERS="1") as system:
        slug = system.open_contest()
        with Person(system.url, "patient") as person:
            person.join(slug)
            person.upload(slug, packed("import time\n\ndef reset(info):\n    time.sleep(8)\n\n" + GOOD))
        system.wait_running()
        system.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        system.process.wait(timeout=60)
        assert time.monotonic() - began < 20
        assert system.process.returncode == 0, system.log.read_text()
        assert system.leftovers() == []
    with running(folder, PODIUM_SANDBOX="docker", PODIUM_WORKERS="1") as again:
        (judgement,) = again.wait_judged(1)
        assert judgement.verdict == "AC"
    assert again.leftovers() == []


@pytest.mark.docker
def test_try_plays_the_sound_sample_in_docker_and_as_a_process_with_the_same_result(tmp_path: Path) -> None:
    """Promise 5: the same replies give the same score, wherever they come from."""
    sound = ROOT / "challenges" / "driving" / "samples" / "sound"
    arguments = ("try", "driving", str(sound), "--json", "--seed", "3", "--cases", "1")
    inside = podium(*arguments, folder=tmp_path / "data")
    outside = podium(*arguments, "--no-sandbox", folder=tmp_path / "data")
    assert inside.returncode == outside.returncode == 0, inside.stderr + outside.stderr
    one, other = document(inside), document(outside)
    assert set(one) == {"challenge", "sha256", "verdict", "score", "interval", "columns", "build", "runs", "seconds"}
    assert one["build"] is None
    assert one["challenge"] == "driving"
    assert one["verdict"] == "AC"
    assert one["interval"] is None
    assert [run["case"] for run in one["runs"]] == ["avoid-1"]
    assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert "without a container" in outside.stderr


@pytest.mark.docker
def test_try_builds_an_entry_first_and_shows_what_the_compiler_said(tmp_path: Path) -> None:
    entry = tmp_path / "entry"
    entry.mkdir()
    (entry / "entry.toml").write_text('language = "c"\n')
    (entry / "main.c").write_text("int main(void) { return nonsense; }\n")
    arguments = ("try", "driving", str(entry), "--cases", "1")
    broken = podium(*arguments, "--json", folder=tmp_path / "data")
    assert broken.returncode == 0, broken.stderr
    printed = document(broken)
    assert (printed["verdict"], printed["score"], printed["runs"]) == ("CE", None, [])
    assert printed["build"]["message"]["code"] == "build-failed"
    assert "'nonsense' undeclared" in printed["build"]["log"].replace("‘", "'").replace("’", "'")
    assert "nonsense" in broken.stderr
    source = '#include <stdio.h>\nint main(void) { while (getchar() > 0) puts("{}"); }\n'
    (entry / "main.c").write_text(source)
    said = podium(*arguments, "--no-sandbox", folder=tmp_path / "data")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("driving: ")
    assert not said.stdout.startswith("driving: CE")


@pytest.mark.docker
def test_sandbox_run_builds_an_entry_first(tmp_path: Path) -> None:
    (tmp_path / "entry.toml").write_text('language = "cpp"\n')
    (tmp_path / "main.cpp").write_text('#include <iostream>\nint main() { std::cout << "built and run\\n"; }\n')
    printed = document(podium("sandbox", "run", str(tmp_path), "--json", folder=tmp_path.parent / "data"))
    assert (printed["verdict"], printed["stdout"]) == ("AC", "built and run\n")
    (tmp_path / "main.cpp").write_text("nonsense\n")
    printed = document(podium("sandbox", "run", str(tmp_path), "--json", folder=tmp_path.parent / "data"))
    assert (printed["verdict"], printed["ending"]) == ("CE", "exited")
    assert "main.cpp:1:1: error" in printed["stderr"]


@pytest.mark.docker
def test_doctor_says_what_the_images_hold(tmp_path: Path) -> None:
    checks = {
        check["name"]: check for check in document(podium("doctor", "--json", folder=tmp_path / "data"))["checks"]
    }
    assert "onnxruntime" in checks["player image"]["found"]
    assert {"builder: c", "builder: rust"} <= set(checks)
    for name in ("builder: c", "builder: rust"):
        assert checks[name]["found"].startswith(("gcc", "made when the first entry needs it"))


@pytest.mark.docker
def test_a_kit_is_tried_as_it_is_in_docker_and_as_a_process(tmp_path: Path) -> None:
    """Issue 4, 9: what is in the kit works as it is."""
    folder = tmp_path / "my echo"
    made = podium("kit", "echo", str(folder), "--json", folder=tmp_path / "data")
    assert made.returncode == 0, made.stderr
    assert set(document(made)["files"]) == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
    inside = document(podium("try", "echo", str(folder), "--json", folder=tmp_path / "data"))
    outside = document(podium("try", "echo", str(folder), "--json", "--no-sandbox", folder=tmp_path / "data"))
    assert {**inside, "seconds": 0} == {**outside, "seconds": 0}
    assert (inside["verdict"], inside["score"]) == ("AC", 100.0)
    packing = subprocess.run([sys.executable, "pack.py"], cwd=folder, capture_output=True, text=True, check=True)
    assert inside["sha256"] in packing.stdout


def test_a_kit_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "agent.py").write_text("mine")
    for where in ("mine", "mine/agent.py"):
        refused = podium("kit", "echo", str(tmp_path / where), folder=tmp_path / "data")
        assert refused.returncode == 2
        assert "is there already" in refused.stderr
    assert (tmp_path / "mine" / "agent.py").read_text() == "mine"
    unknown = podium("kit", "chess", str(tmp_path / "new"), folder=tmp_path / "data")
    assert unknown.returncode == 2
    assert "there is no challenge 'chess'" in unknown.stderr
    assert not (tmp_path / "new").exists()


def test_try_names_what_is_wrong_with_an_entry(tmp_path: Path) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "readme.txt").write_text("no agent here")
    refused = podium("try", "echo", str(tmp_path / "entry"), "--no-sandbox", folder=tmp_path / "data")
    assert refused.returncode == 1
    assert "neither agent.py nor entry.toml" in refused.stderr
    assert "Traceback" not in refused.stderr
    unknown = podium("try", "chess", str(tmp_path), folder=tmp_path / "data")
    assert unknown.returncode == 2
    assert "there is no challenge 'chess'" in unknown.stderr
    nothing = podium("try", "echo", str(tmp_path / "nowhere"), folder=tmp_path / "data")
    assert nothing.returncode == 2
    assert "there is nothing at" in nothing.stderr


@pytest.mark.docker
@pytest.mark.parametrize(
    ("program", "options", "verdict", "ending"),
    [
        ("print('hello')", (), "AC", "exited"),
        ("raise SystemExit(3)", (), "RTE", "exited"),
        ("while True: pass", ("--cpu-seconds", "0.3"), "TLE", "cpu_time"),
        ("import time; time.sleep(60)", ("--wall-seconds", "0.5"), "TLE", "wall_time"),
        ("x = bytearray(10**9)", ("--memory-mib", "64"), "MLE", "memory"),
        ("print('x' * 10**6)", ("--output-kib", "16"), "OLE", "output"),
    ],
)
def test_sandbox_run_says_how_a_program_ended(
    program: str, options: tuple[str, ...], verdict: str, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / "program.py"
    path.write_text(program)
    done = podium("sandbox", "run", str(path), "--json", *options, folder=tmp_path / "data")
    assert done.returncode == 0, done.stderr
    printed = document(done)
    assert set(printed) == {
        *("verdict", "ending", "exit_code", "signal", "wall_seconds", "cpu_seconds", "memory_mib"),
        *("stdout", "stderr", "truncated", "written_bytes"),
    }
    assert (printed["verdict"], printed["ending"]) == (verdict, ending)
    assert left_by_commands(tmp_path / "data") == []


def left_by_commands(data: Path) -> list[str]:
    """Whatever single commands have left of what they ran."""
    settings = Settings.from_environment(environment(data))
    run = settings.run.with_name(f"{settings.run.name}-once")
    engine = Engine()
    try:
        return traces(engine, owner=run.name, runtime_dir=run / "players")
    finally:
        engine.close()


@pytest.mark.docker
def test_what_a_command_that_was_killed_has_left_the_next_one_takes_away(tmp_path: Path) -> None:
    (tmp_path / "sleeper.py").write_text("import time; time.sleep(60)")
    command = [sys.executable, "-m", "judge.cli", "sandbox", "run", str(tmp_path / "sleeper.py")]
    with subprocess.Popen(
        command, env=environment(tmp_path / "data"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as killed:
        for _ in patience(60, "the program did not start"):
            if any(left.startswith("process") for left in left_by_commands(tmp_path / "data")):
                break
        killed.kill()
    assert left_by_commands(tmp_path / "data") != []
    (tmp_path / "sleeper.py").write_text("pass")
    done = podium("sandbox", "run", str(tmp_path / "sleeper.py"), "--json", folder=tmp_path / "data")
    assert document(done)["verdict"] == "AC"
    assert left_by_commands(tmp_path / "data") == []


@pytest.mark.docker
def test_sandbox_run_feeds_standard_input_and_shows_what_was_printed(tmp_path: Path) -> None:
    (tmp_path / "upper.sh").write_text('#!/bin/sh\nwhile read line; do echo "got $line"; done\n')
    (tmp_path / "words").write_text("one\ntwo\n")
    done = podium(
        "sandbox",
        "run",
        str(tmp_path / "upper.sh"),
        "--json",
        "--stdin",
        str(tmp_path / "words"),
        folder=tmp_path / "d",
    )
    assert document(done)["stdout"] == "got one\ngot two\n"


def test_sandbox_run_refuses_limits_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("pass")
    done = podium("sandbox", "run", str(tmp_path / "p.py"), "--memory-mib", "0", folder=tmp_path / "data")
    assert done.returncode == 2
    assert "memory_mib must be positive" in done.stderr


def test_doctor_names_what_is_missing_and_the_cure(tmp_path: Path) -> None:
    done = podium("doctor", "--json", folder=tmp_path / "data", PODIUM_DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode == 1
    printed = document(done)
    assert printed["ok"] is False
    checks = {check["name"]: check for check in printed["checks"]}
    assert checks["python"]["ok"]
    assert checks["redis"]["ok"]
    assert not checks["docker engine"]["ok"]
    assert "engine.sh" in checks["docker engine"]["cure"]


@pytest.mark.postgres
def test_a_port_or_a_data_folder_that_is_taken_is_named_with_its_cure(engineless: System, tmp_path: Path) -> None:
    port, data = str(engineless.settings.port), engineless.settings.data
    done = podium("up", folder=tmp_path / "second", PODIUM_SANDBOX="process", PODIUM_PORT=port)
    assert done.returncode == 1
    assert "PODIUM_PORT" in done.stderr
    assert "Traceback" not in done.stderr
    same = podium("up", folder=data, PODIUM_SANDBOX="process")
    assert same.returncode == 1
    assert "is up already" in same.stderr


def test_a_setting_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    done = podium("doctor", folder=tmp_path / "data", PODIUM_PORT="eighty")
    assert done.returncode == 1
    assert "PODIUM_PORT must be a whole number" in done.stderr
