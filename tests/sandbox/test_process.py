"""What only the backend without walls does: it refuses strangers and kills whatever a program has started."""

import time
from pathlib import Path

import pytest

from sandbox.errors import Refused
from sandbox.process import ProcessSandbox
from sandbox.processes import Tree
from sandbox.types import Limits, Program, Verdict

LIMITS = Limits(cpu_seconds=1.0, wall_seconds=3.0, memory_mib=128, output_kib=16)

LEAVES_DAEMONS = """
import os, sys, time
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            time.sleep(60)
        os._exit(0)
time.sleep(0.3)
"""


def run(source: str, folder: Path, sandbox: ProcessSandbox | None = None) -> tuple[Verdict, str]:
    (folder / "program.py").write_text(source)
    program = Program(folder / "program.py", command=("python3", "program.py"))
    result = (sandbox or ProcessSandbox()).run(program, LIMITS)
    return result.verdict, result.stdout


def test_what_is_not_allowed_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    asked: list[Path] = []

    def allow(entry: Path) -> bool:
        asked.append(entry)
        return False

    sandbox = ProcessSandbox(allow=allow)
    with pytest.raises(Refused):
        run("print('ran')", tmp_path, sandbox)
    with pytest.raises(Refused):
        sandbox.open(Program(tmp_path / "program.py"), LIMITS)
    assert asked == [tmp_path / "program.py"] * 2


def test_what_is_allowed_is_run(tmp_path: Path) -> None:
    assert run("print('ran')", tmp_path, ProcessSandbox(allow=lambda entry: True)) == (Verdict.AC, "ran\n")


def test_daemons_in_sessions_of_their_own_are_killed(tmp_path: Path) -> None:
    verdict, stdout = run(LEAVES_DAEMONS, tmp_path)
    assert verdict == "AC"
    pids = stdout.split()
    assert len(pids) == 2
    time.sleep(0.1)
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists() and state(pid) != "Z"] == []


def state(pid: str) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_cpu_time_of_children_counts(tmp_path: Path) -> None:
    verdict, _ = run("import os\nos.fork()\nwhile True: pass", tmp_path)
    assert verdict == "TLE"


def test_the_folder_is_gone_afterwards(tmp_path: Path) -> None:
    verdict, stdout = run("import os; print(os.getcwd())", tmp_path)
    assert verdict == "AC"
    assert not Path(stdout.strip()).exists()


def test_a_name_that_leads_elsewhere_stays_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import os; print(sorted(os.listdir()))")
    target = tmp_path / "target.py"
    program = Program(tmp_path / "program.py", filename=str(target), command=("python3", "target.py"))
    assert ProcessSandbox().run(program, LIMITS).stdout == "['target.py']\n"
    assert not target.exists()


def test_a_tree_that_is_gone_uses_nothing_and_is_killed_at_once() -> None:
    tree = Tree(2**22 - 1, "PODIUM_SESSION=nobody")
    assert (tree.usage().processes, tree.members(), tree.kill()) == (0, [], True)
