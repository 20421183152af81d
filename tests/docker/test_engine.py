"""`docker/engine.sh` against commands that only pretend, and once against the engine that is really there."""

import os
import stat
import subprocess
import time
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "docker" / "engine.sh"
TOOLS = ("sh", "sed", "cat", "rm", "mkdir", "dirname", "grep", "tail", "timeout", "setsid", "nohup", "kill")
FULL, PLAIN = "000001ffffffffff", "00000000a80425fb"


class Machine:
    """A PATH with stubs, a /run and a /proc of its own. `calls` tells what was called, with its arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin, self.run_dir, self.up = folder / "bin", folder / "run", folder / "up"
        self.record = folder / "calls"
        for path in (self.bin, self.run_dir, folder / "proc" / "self"):
            path.mkdir(parents=True)
        self.capabilities(FULL)
        for tool in TOOLS:
            for place in ("/usr/bin", "/bin"):
                if (Path(place) / tool).exists():
                    (self.bin / tool).symlink_to(f"{place}/{tool}")
                    break
        self.stub("id", 'if [ "$1" = -u ]; then echo 0; else echo somebody; fi')
        self.stub("sleep", "exec /bin/sleep 0.05")
        self.stub("docker", f"[ -e {self.up} ] && echo 99.1")

    def stub(self, name: str, body: str) -> None:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.record}\n{body}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def capabilities(self, mask: str) -> None:
        (self.folder / "proc" / "self" / "status").write_text(f"Name:\tsh\nCapEff:\t{mask}\n")

    def not_root(self) -> None:
        self.stub("id", 'if [ "$1" = -u ]; then echo 1000; else echo somebody; fi')

    def dockerd(self, starts_if: str = "true") -> None:
        self.stub(
            "dockerd", f"if {starts_if}; then touch {self.up}; exec /bin/sleep 3; fi\necho failed: no such luck; exit 1"
        )
        (self.bin / "touch").symlink_to("/usr/bin/touch")

    def engine(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        settings = {
            "PATH": str(self.bin),
            "ENGINE_RUN": str(self.run_dir),
            "ENGINE_PROC": str(self.folder / "proc"),
            "ENGINE_LOG": str(self.folder / "log"),
            "ENGINE_WAIT": "3",
        }
        return subprocess.run(
            [self.bin / "sh", ENGINE, *arguments],
            env=settings | environment, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip

    def calls(self) -> list[str]:
        ignored = ("id ", "docker version", "sleep ")
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [line for line in lines if not line.startswith(ignored)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_engine_that_answers_is_left_alone(machine: Machine) -> None:
    machine.up.touch()
    machine.not_root()
    done = machine.engine()
    assert (done.returncode, machine.calls()) == (0, [])
    assert "99.1 answers" in done.stdout


def test_an_engine_is_installed_and_started_by_hand(machine: Machine) -> None:
    machine.stub("apt-get", f'case "$*" in *install*) cp {machine.bin}/dockerd.later {machine.bin}/dockerd;; esac')
    (machine.bin / "cp").symlink_to("/bin/cp")
    machine.dockerd()
    (machine.bin / "dockerd").rename(machine.bin / "dockerd.later")
    done = machine.engine()
    assert done.returncode == 0, done
    calls = machine.calls()
    assert [call.split()[0] for call in calls] == ["apt-get", "apt-get", "dockerd"]
    assert "--no-install-recommends docker.io iptables ca-certificates" in calls[1]


def test_what_is_installed_is_not_installed_again(machine: Machine) -> None:
    machine.dockerd()
    assert machine.engine().returncode == 0
    assert [call.split()[0] for call in machine.calls()] == ["dockerd"]


def test_without_iptables_the_engine_is_started_without_a_bridge(machine: Machine) -> None:
    machine.dockerd('case "$*" in *--bridge=none*) true;; *) false;; esac')
    done = machine.engine()
    assert done.returncode == 0
    assert len(machine.calls()) == 2
    assert "no such luck" in done.stdout


def test_without_overlay_the_engine_is_started_with_vfs(machine: Machine) -> None:
    machine.dockerd('case "$*" in *--storage-driver=vfs*) true;; *) false;; esac')
    assert machine.engine().returncode == 0
    assert machine.calls()[-1] == "dockerd --storage-driver=vfs"


def test_an_engine_that_will_not_start_is_a_failure_with_its_log(machine: Machine) -> None:
    machine.dockerd("false")
    done = machine.engine()
    assert done.returncode == 1
    assert len(machine.calls()) == 4
    assert str(machine.folder / "log") in done.stdout


def test_systemd_is_asked_where_it_is_the_init(machine: Machine) -> None:
    (machine.run_dir / "systemd" / "system").mkdir(parents=True)
    machine.dockerd("false")
    machine.stub("systemctl", f"touch {machine.up}")
    assert machine.engine().returncode == 0
    assert machine.calls() == ["systemctl start docker.service"]


def test_an_engine_that_is_starting_is_waited_for(machine: Machine) -> None:
    machine.dockerd("false")
    (machine.run_dir / "docker.pid").write_text(str(os.getpid()))
    machine.stub("docker", f"[ -e {machine.up} ] && echo 99.1 || {{ touch {machine.up}; false; }}")
    assert machine.engine().returncode == 0
    assert machine.calls() == []


@pytest.mark.parametrize("arguments", [(), ("--status",)])
def test_without_root_it_says_what_to_type(machine: Machine, arguments: tuple[str, ...]) -> None:
    machine.not_root()
    done = machine.engine(*arguments)
    assert (done.returncode, machine.calls()) == (3, [])
    assert "    sudo sh docker/engine.sh\n" in done.stdout


def test_in_a_plain_container_it_says_so_before_anything_is_installed(machine: Machine) -> None:
    machine.capabilities(PLAIN)
    machine.stub("apt-get", "exit 1")
    done = machine.engine()
    assert (done.returncode, machine.calls()) == (3, [])
    assert "--privileged" in done.stdout


def test_without_apt_get_it_says_where_to_look(machine: Machine) -> None:
    done = machine.engine()
    assert done.returncode == 3
    assert "docs.docker.com" in done.stdout


def test_without_a_network_it_says_what_to_type_within_seconds(machine: Machine) -> None:
    machine.stub("apt-get", "echo Temporary failure resolving; exit 100")
    began = time.monotonic()
    done = machine.engine()
    assert done.returncode == 3
    assert "    apt-get install --no-install-recommends docker.io iptables ca-certificates\n" in done.stdout
    assert time.monotonic() - began < 5


def test_a_remote_engine_is_not_ours_to_start(machine: Machine) -> None:
    machine.dockerd()
    done = machine.engine(DOCKER_HOST="tcp://192.0.2.1:2375")
    assert (done.returncode, machine.calls()) == (3, [])
    assert "unset DOCKER_HOST" in done.stdout


def test_status_starts_nothing(machine: Machine) -> None:
    machine.dockerd()
    done = machine.engine("--status")
    assert (done.returncode, machine.calls()) == (3, [])


def test_wrong_use_is_told_the_right_one(machine: Machine) -> None:
    done = machine.engine("--stauts")
    assert done.returncode == 2
    assert "--status" in done.stdout


@pytest.mark.docker
def test_the_real_engine_is_left_alone() -> None:
    done = subprocess.run(["sh", ENGINE], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, "nothing to do" in done.stdout) == (0, True)
