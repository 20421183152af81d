"""Engines that are set up otherwise, with user namespaces and with gVisor: programs end there as they deserve."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.types import Ending, Limits, Program, Verdict
from sandbox.wire import Answered, Channel, Closed
from tests import private_engine
from tests.private_engine import IMAGE

pytestmark = [pytest.mark.docker, pytest.mark.own_engine, pytest.mark.kills]
OWNER = "podium-tests-walls"
LIMITS = Limits(cpu_seconds=1.0, wall_seconds=20.0, memory_mib=64, output_kib=64, file_mib=16)
SUBORDINATE = "nobody:100000:65536\nnogroup:100000:65536\n"
RUNSC = shutil.which("runsc")
KINDS = [
    "userns",
    pytest.param(
        "runsc", marks=pytest.mark.skipif(RUNSC is None, reason="gVisor is not here: apt-get install runsc brings it")
    ),
]
AGENT = """
import os, sys
def act(observation):
    print("asked")
    print(os.stat(".").st_uid == os.getuid(), file=sys.stderr)
    with open("written", "w") as file: file.write("x")
    return {}[observation] if observation == "crash" else observation
"""


@pytest.fixture(scope="module", params=KINDS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[DockerSandbox]:
    userns, runtime = ["--userns-remap=nobody:nogroup"], None
    settings: dict[str, object] = {}
    if request.param == "runsc":
        userns, runtime = [], "runsc"
        settings = {"runtimes": {"runsc": {"path": RUNSC, "runtimeArgs": ["--platform=ptrace", "--network=none"]}}}
    with private_engine.private_engine(*userns, settings=settings, subordinate=SUBORDINATE if userns else "") as engine:
        sandbox = DockerSandbox(
            image=IMAGE, runtime_dir=engine.folder / "run", owner=OWNER, engine_url=engine.url, runtime=runtime
        )
        yield sandbox
        sandbox.settle()
        assert sandbox.alarms.told() == []
        assert [path for path in (engine.folder / "run").iterdir() if path.is_dir()] == []
        assert sandbox._engine.api.containers(all=True) == []
        sandbox.close()


def test_what_it_is_goes_into_the_record_of_a_judgement(sandbox: DockerSandbox) -> None:
    kind = "runsc" if sandbox._maker.runtime else "userns"
    assert kind in sandbox.describe().split(", ")


def test_an_agent_is_talked_to_and_owns_its_folder(sandbox: DockerSandbox, tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(AGENT)
    with sandbox.open(Program(tmp_path / "agent.py"), LIMITS) as session:
        channel = Channel(session.channel)
        channel.exchange({}, 20.0)
        assert channel.exchange([1, "two"], 5.0) == Answered([1, "two"], b'[1,"two"]')
        assert channel.exchange("crash", 5.0) == Closed()
        result = session.close()
        channel.close()
    assert (result.verdict, result.exit_code, result.stdout) == (Verdict.RTE, 1, "asked\nasked\n")
    assert result.stderr.startswith("True\n") and "KeyError" in result.stderr
    assert 0 < result.cpu_seconds < 1 and 0 < result.memory_mib < 64


def test_an_agent_that_is_not_needed_any_more_is_ended(sandbox: DockerSandbox, tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(AGENT)
    with sandbox.open(Program(tmp_path / "agent.py"), LIMITS) as session:
        session.channel.close()
    assert session.close().ending is Ending.STOPPED


@pytest.mark.parametrize(
    ("source", "verdict", "ending"),
    [
        ("print(input())", Verdict.AC, Ending.EXITED),
        ("import sys; sys.exit(3)", Verdict.RTE, Ending.EXITED),
        ("import os; os.abort()", Verdict.RTE, Ending.SIGNALLED),
        ("while True: pass", Verdict.TLE, Ending.CPU_TIME),
        ("import time; time.sleep(60)", Verdict.TLE, Ending.WALL_TIME),
        ("held = []\nwhile True: held.append(b'x' * 10 ** 6)", Verdict.MLE, Ending.MEMORY),
        ("while True: print('x' * 1000)", Verdict.OLE, Ending.OUTPUT),
    ],
    ids=["well", "exit code", "signal", "cpu", "wall", "memory", "output"],
)
def test_a_program_ends_as_it_deserves(
    sandbox: DockerSandbox, tmp_path: Path, source: str, verdict: Verdict, ending: Ending
) -> None:
    (tmp_path / "a.py").write_text(source)
    limits = replace(LIMITS, wall_seconds=1.5) if ending is Ending.WALL_TIME else LIMITS
    result = sandbox.run(Program(tmp_path / "a.py", command=("python3", "a.py")), limits, stdin=b"given\n")
    assert (result.verdict, result.ending) == (verdict, ending), result
    assert result.stdout.startswith("given") == (verdict is Verdict.AC)
