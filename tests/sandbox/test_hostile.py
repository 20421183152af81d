"""Programs that mean harm, run for real: what each must come to, and nothing of it may be left afterwards."""

import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.types import Ending, Limits, Program, Verdict
from tests.sandbox.conftest import SMALL, Run

pytestmark = pytest.mark.docker

QUICK = dataclasses.replace(SMALL, wall_seconds=1.0)

FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
THREAD_BOMB = """
import threading, time
threads = []
while True:
    thread = threading.Thread(target=time.sleep, args=(60,))
    thread.start()
    threads.append(thread)
"""
MEMORY = """
held = []
while True:
    held.append(b"x" * 1_000_000)
"""
MEMORY_IN_CHILD = """
import os
if os.fork() == 0:
    held = []
    while True:
        held.append(b"x" * 1_000_000)
os.wait()
"""
TMPFS = """
with open("{folder}/full", "wb") as file:
    while True:
        file.write(b"x" * 1_000_000)
        file.flush()
"""
SHARED_MEMORY = """
number = 0
while True:
    with open(f"/dev/shm/{number}", "wb") as file:
        file.write(b"x" * 8_000_000)
    number += 1
"""
INODES = """
import errno
try:
    for number in range(100_000):
        open(f"/tmp/{number}", "w").close()
except OSError as error:
    assert error.errno == errno.ENOSPC, error
    print(number < 256)
"""
FLOOD = """
import sys
while True:
    sys.{stream}.write("x" * 10_000 + "\\n")
"""
HUGE_LINE = """
import sys
sys.stdout.write("x" * 30_000_000)
"""
IGNORES_SIGTERM = """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
time.sleep(60)
"""
CLOSES_STDOUT = """
import os, time
os.close(0); os.close(1); os.close(2)
time.sleep(60)
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
print("done")
"""
SPIN_IN_CHILDREN = """
import os
for _ in range(3):
    if os.fork() == 0:
        while True:
            pass
os.wait()
"""


@pytest.mark.parametrize(
    ("source", "limits", "verdict", "ending"),
    [
        pytest.param(FORK_BOMB, SMALL, Verdict.TLE, Ending.CPU_TIME, id="fork bomb"),
        pytest.param(MEMORY, SMALL, Verdict.MLE, Ending.MEMORY, id="memory"),
        pytest.param(MEMORY_IN_CHILD, SMALL, Verdict.MLE, Ending.MEMORY, id="memory in a child"),
        pytest.param(THREAD_BOMB, QUICK, Verdict.TLE, Ending.WALL_TIME, id="thread bomb"),
        pytest.param(TMPFS.format(folder="/tmp"), SMALL, Verdict.RTE, Ending.EXITED, id="filling /tmp"),
        pytest.param(TMPFS.format(folder="/work"), SMALL, Verdict.RTE, Ending.EXITED, id="filling /work"),
        pytest.param(SHARED_MEMORY, SMALL, Verdict.MLE, Ending.MEMORY, id="filling /dev/shm"),
        pytest.param(FLOOD.format(stream="stdout"), SMALL, Verdict.OLE, Ending.OUTPUT, id="flood on stdout"),
        pytest.param(FLOOD.format(stream="stderr"), SMALL, Verdict.OLE, Ending.OUTPUT, id="flood on stderr"),
        pytest.param(HUGE_LINE, Limits(output_kib=64), Verdict.OLE, Ending.OUTPUT, id="huge line"),
        pytest.param("import time; time.sleep(60)", QUICK, Verdict.TLE, Ending.WALL_TIME, id="sleeping"),
        pytest.param(IGNORES_SIGTERM, QUICK, Verdict.TLE, Ending.WALL_TIME, id="ignoring signals"),
        pytest.param(CLOSES_STDOUT, QUICK, Verdict.TLE, Ending.WALL_TIME, id="closing stdout and living on"),
        pytest.param("while True: pass", SMALL, Verdict.TLE, Ending.CPU_TIME, id="spinning"),
        pytest.param(SPIN_IN_CHILDREN, SMALL, Verdict.TLE, Ending.CPU_TIME, id="spinning in children"),
        pytest.param("import os; os._exit(137)", SMALL, Verdict.RTE, Ending.SIGNALLED, id="forged 137"),
        pytest.param("import os; os.kill(os.getpid(), 9)", SMALL, Verdict.RTE, Ending.SIGNALLED, id="killing itself"),
        pytest.param("import os; os.kill(1, 9); os.kill(1, 19)", SMALL, Verdict.AC, Ending.EXITED, id="killing init"),
        pytest.param(DAEMON, SMALL, Verdict.AC, Ending.EXITED, id="leaving a daemon"),
    ],
)
def test_a_hostile_program_comes_to_its_verdict(
    run_python: Run, source: str, limits: Limits, verdict: Verdict, ending: Ending
) -> None:
    result = run_python(source, limits)
    assert (result.verdict, result.ending) == (verdict, ending), result


def test_a_verdict_comes_soon_after_the_limit(run_python: Run) -> None:
    began = time.monotonic()
    result = run_python(IGNORES_SIGTERM, QUICK)
    assert 1.0 <= result.wall_seconds < 1.5
    assert time.monotonic() - began < 4.0


def test_cpu_time_is_counted_over_all_processes_and_stopped_near_the_limit(run_python: Run) -> None:
    result = run_python(SPIN_IN_CHILDREN)
    assert 1.0 <= result.cpu_seconds < 1.6


def test_an_output_flood_is_kept_up_to_the_cap_and_said_to_be_cut(run_python: Run) -> None:
    result = run_python(FLOOD.format(stream="stdout"))
    assert len(result.stdout) == 64 * 1024
    assert result.truncated


def test_output_of_exactly_the_cap_is_allowed(run_python: Run) -> None:
    result = run_python("import sys; sys.stdout.write('x' * 65536); sys.stderr.write('y' * 65536)")
    assert (result.verdict, result.truncated, len(result.stdout), len(result.stderr)) == (
        Verdict.AC,
        False,
        65536,
        65536,
    )


def test_inodes_run_out_before_the_host_notices(run_python: Run) -> None:
    result = run_python(INODES)
    assert (result.verdict, result.stdout) == (Verdict.AC, "True\n"), result


def test_nothing_outside_its_folders_can_be_written(run_python: Run) -> None:
    result = run_python(
        """
import os
for place in ("/", "/etc", "/usr", "/opt/podium", "/podium", "/proc/1", "/sys", "/sys/fs/cgroup", "/dev", "/var"):
    try:
        with open(f"{place}/x", "w"):
            print("wrote", place)
    except OSError:
        pass
for place in ("/podium/entry", "/opt/podium/runner.py", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger"):
    try:
        os.open(place, os.O_WRONLY)
        print("opened", place)
    except OSError:
        pass
for attempt in (lambda: os.setuid(0), lambda: os.chroot("/"), lambda: os.mknod("/tmp/d", 0o60600, 0x801)):
    try:
        attempt()
        print("did it")
    except OSError:
        pass
"""
    )
    assert (result.verdict, result.stdout) == (Verdict.AC, ""), result


FORBIDDEN = """
import ctypes, errno, os, platform
libc = ctypes.CDLL(None, use_errno=True)
calls = {
    "ptrace TRACEME": (101, 0), "io_uring_setup": (425, 8, 0), "vsock": (41, 40, 1, 0), "netlink": (41, 16, 3, 0),
    "packet": (41, 17, 3, 0), "keyctl": (250, 0, -3, 0), "add_key": (248, 0, 0, 0, 0, 0), "bpf": (321, 0, 0, 0),
    "userfaultfd": (323, 0), "unshare": (272, 0x10000000), "setns": (308, 0, 0), "mount": (165, 0, 0, 0, 0, 0),
    "perf_event_open": (298, 0, 0, 0, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0), "kcmp": (312, 1, 1, 0, 0, 0),
    "clone NEWUSER": (56, 0x10000000 | 17, 0, 0, 0, 0), "pidfd_getfd": (438, 0, 0, 0), "seccomp": (317, 1, 8, 0),
    "open_by_handle_at": (304, 0, 0, 0), "quotactl": (179, 0, 0, 0, 0), "syslog": (103, 3, 0, 0), "swapon": (167, 0, 0),
    "init_module": (175, 0, 0, 0), "kexec_load": (246, 0, 0, 0, 0), "clock_settime": (227, 0, 0),
    "personality": (135, 0x0040000),
}
if platform.machine() == "x86_64":
    for name, (number, *arguments) in calls.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, *[ctypes.c_long(a) for a in arguments])
        if result == 0 and name == "clone NEWUSER":
            os._exit(0)
        if result != -1 or ctypes.get_errno() != errno.EPERM:
            print(name, result, ctypes.get_errno())
    libc.syscall(435, 0, 0)
    print(ctypes.get_errno() == errno.ENOSYS)
else:
    print(True)
"""


def test_forbidden_system_calls_answer_eperm_and_clone3_enosys(run_python: Run) -> None:
    result = run_python(FORBIDDEN)
    assert (result.verdict, result.stdout) == (Verdict.AC, "True\n"), result


def test_tracing_itself_does_not_let_a_program_survive(docker_sandbox: DockerSandbox, run_python: Run) -> None:
    source = """
import ctypes, os
libc = ctypes.CDLL(None)
libc.syscall(101, 0, 0, 0, 0)
os.kill(os.getpid(), 19)
"""
    result = run_python(source, QUICK)
    assert (result.verdict, result.ending) == (Verdict.TLE, Ending.WALL_TIME)


def test_ordinary_libraries_run_under_the_profile(run_python: Run) -> None:
    result = run_python(
        """
import asyncio, multiprocessing, sqlite3, subprocess, sys, threading, ssl, hashlib
import numpy
async def child():
    process = await asyncio.create_subprocess_exec("/bin/sh", "-c", "echo shell", stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0]
if __name__ == "__main__":
    print(asyncio.run(child()))
    with multiprocessing.Pool(2) as pool:
        print(pool.map(abs, [-1, -2]))
    sqlite3.connect("/tmp/db").execute("create table t (x)")
    thread = threading.Thread(target=lambda: print(numpy.linalg.inv(numpy.eye(2)).sum()))
    thread.start()
    thread.join()
    print(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True).stdout)
""",
        Limits(),
    )
    assert result.verdict == "AC", result
    assert result.stdout == "b'shell\\n'\n[1, 2]\n2.0\n1\n\n"


@pytest.fixture
def listener(engine: Engine) -> Iterator[tuple[list[str], int, list[object]]]:
    """A server of the test's own on this machine's loopback and, if there is one, the engine's bridge."""
    hosts = ["127.0.0.1"]
    bridge = engine.api.inspect_network("bridge") if "bridge" in [n["Name"] for n in engine.api.networks()] else {}
    for config in bridge.get("IPAM", {}).get("Config") or []:
        if "Gateway" in config:
            hosts.append(config["Gateway"])
    caught: list[object] = []
    with socket.socket() as server:
        server.bind(("", 0))
        server.listen()
        server.settimeout(0.1)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                connection.close()
                caught.append(address)

        thread = threading.Thread(target=accept)
        thread.start()
        yield hosts, server.getsockname()[1], caught
        stop.set()
        thread.join()


def test_no_network_is_to_be_reached(run_python: Run, listener: tuple[list[str], int, list[object]]) -> None:
    hosts, port, caught = listener
    result = run_python(
        f"""
import socket
for host in {hosts!r}:
    try:
        socket.create_connection((host, {port}), timeout=1)
        print("reached", host)
    except OSError:
        pass
import os
print(os.listdir('/sys/class/net'))
"""
    )
    assert (result.verdict, result.stdout, caught) == (Verdict.AC, "['lo']\n", []), result


def test_a_program_sees_nothing_of_others_and_no_secret(
    docker_sandbox: DockerSandbox, run_python: Run, tmp_path: Path
) -> None:
    other = tmp_path / "agent.py"
    other.write_text("def act(observation):\n    return 'secret of the other'\n")
    with docker_sandbox.open(Program(other, labels={"submission": "1"}), SMALL) as session:
        result = run_python(
            """
import os
print(sorted(os.listdir("/podium")), sorted(os.listdir("/work")), sorted(os.listdir("/tmp")))
print(sorted(name for name in os.listdir("/proc") if name.isdigit()) < ["9"], os.getuid(), os.uname().nodename)
print(sorted(os.environ))
try:
    import socket
    socket.socket(socket.AF_UNIX).connect("/podium/socket")
    print("connected")
except OSError as error:
    print(type(error).__name__)
""",
        )
        session.channel.close()
    lines = result.stdout.splitlines()
    assert lines[0] == "['entry'] ['hostile.py'] []"
    assert lines[1].endswith("10001 player")
    assert lines[3] == "FileNotFoundError"
    assert "PODIUM" not in lines[2]
