"""The build step in real containers: what good builds leave, and what hostile ones come to."""

import os
import socket
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import build
from sandbox.build import Built
from sandbox.docker import DockerSandbox
from sandbox.types import Ending, Program, Result, Verdict
from sandbox.wire import Answered, Channel

pytestmark = pytest.mark.docker
LIMITS = replace(build.LIMITS, cpu_seconds=4.0, wall_seconds=20.0, memory_mib=256, output_kib=64, file_mib=64)
ECHO = """
#include <stdio.h>
int main(void) { static char l[9999]; while (fgets(l, 9999, stdin)) { fputs(l, stdout); fflush(stdout); } return 0; }
"""
SAYS_READY = "def act(message):\n    return open('made.txt').read()\n"
PYTHON = 'language = "python"\nbuild = ["python3", "make.py"]\n'

Build = Callable[..., Built]


@pytest.fixture
def built(docker_sandbox: DockerSandbox, tmp_path: Path, leaves_nothing: None) -> Build:
    """Builds an entry of these files, named by keyword, `_` for `.`; those with a path as a mapping."""

    def make(files: dict[str, str] | None = None, *, limits: object = LIMITS, **named: str) -> Built:
        entry = tmp_path / "entry"
        for name, text in {**(files or {}), **{name.replace("_", "."): text for name, text in named.items()}}.items():
            (entry / name).parent.mkdir(parents=True, exist_ok=True)
            (entry / name).write_text(text)
        return docker_sandbox.build(Program(entry), limits, to=tmp_path / build.FILENAME)  # type: ignore[arg-type]

    return make


@contextmanager
def playing(sandbox: DockerSandbox, program: Program | None) -> Iterator[Callable[[object], object]]:
    assert program is not None
    with sandbox.open(program, replace(LIMITS, cpu_seconds=2.0)) as session:
        channel = Channel(session.channel)

        def ask(message: object) -> object:
            answer = channel.exchange(message, 10.0)
            assert isinstance(answer, Answered), (answer, session.close())
            return answer.value

        assert ask({}) is not None
        yield ask
        channel.close()


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return sorted(info.name.removeprefix("./") for info in archive if info.isfile())


# ---------------------------------------------------------------------------------------------------------------------
# Good ones


def test_a_makefile_is_run_by_make_with_what_it_takes_for_granted(
    built: Build, docker_sandbox: DockerSandbox, tmp_path: Path
) -> None:
    makefile = (
        "agent: agent.o\n\tcc -o $@ $^\n\techo built | sed s/built/done/ | awk '{print $$1}'\n\trm -f *.o\n"
        "%.o: %.c\n\tcc -O1 -w -std=c89 -c $<\n"
    )
    made = built(entry_toml='language = "c"\nbuild = ["make", "agent"]\n', Makefile=makefile, agent_c=ECHO)
    assert made.why == "", made.log
    assert "\ndone\n" in made.log
    assert names(tmp_path / build.FILENAME) == ["Makefile", "agent", "agent.c", "entry.toml"]
    with playing(docker_sandbox, made.program) as ask:
        assert ask([1, "two"]) == [1, "two"]


def test_without_a_language_every_tool_is_there(built: Build, docker_sandbox: DockerSandbox) -> None:
    made = built(
        entry_toml='build = ["sh", "build.sh"]\nrun = ["./agent"]\n',
        build_sh="set -e\ngcc --version\nrustc --version\ncargo --version\npython3 -c 'import numpy'\n"
        "g++ -x c -o agent agent.c\n",
        agent_c=ECHO,
    )
    assert made.why == "", made.log
    assert "rustc 1." in made.log
    with playing(docker_sandbox, made.program) as ask:
        assert ask(3) == 3


def test_what_is_linked_dynamically_finds_its_libraries_where_it_is_run(
    built: Build, docker_sandbox: DockerSandbox
) -> None:
    source = (
        "#include <cmath>\n#include <iostream>\n#include <string>\n#include <thread>\n"
        "int main() { for (std::string l; std::getline(std::cin, l);) {\n"
        "  double root = 0; std::thread t([&] { root = std::sqrt(l.size()); }); t.join();\n"
        "  std::cout << root << std::endl; } }\n"
    )
    made = built(
        entry_toml='language = "cpp"\nbuild = ["g++", "-O2", "-o", "agent", "main.cpp", "-pthread"]\n', main_cpp=source
    )
    assert made.why == "", made.log
    with playing(docker_sandbox, made.program) as ask:
        assert ask(1234) == 2


def test_a_project_of_cargo_is_built_offline(built: Build, docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
    cargo = (
        '[package]\nname = "agent"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nsmall = { path = "small" }\n'
    )
    library = '[package]\nname = "small"\nversion = "0.1.0"\nedition = "2021"\n'
    main = (
        "use std::io::BufRead;\nfn main() { for line in std::io::stdin().lock().lines() "
        '{ println!("{}", small::twice(&line.unwrap())); } }\n'
    )
    made = built(
        {
            "entry.toml": 'language = "rust"\n',
            "Cargo.toml": cargo,
            "src/main.rs": main,
            "small/Cargo.toml": library,
            "small/src/lib.rs": 'pub fn twice(text: &str) -> String { format!("[{},{}]", text, text) }\n',
        },
        limits=replace(LIMITS, cpu_seconds=30.0, wall_seconds=90.0, memory_mib=768),
    )
    assert made.why == "", made.log
    assert "target" not in {name.split("/")[0] for name in names(tmp_path / build.FILENAME)}
    with playing(docker_sandbox, made.program) as ask:
        assert ask(5) == [5, 5]


def test_a_python_entry_may_prepare_files(built: Build, docker_sandbox: DockerSandbox) -> None:
    made = built(
        entry_toml=PYTHON,
        make_py="import numpy\nopen('made.txt', 'w').write(str(numpy.arange(3).sum()))",
        agent_py=SAYS_READY,
    )
    assert made.why == "", made.log
    with playing(docker_sandbox, made.program) as ask:
        assert ask(None) == "3"


def test_links_become_the_files_that_they_stand_for(
    built: Build, docker_sandbox: DockerSandbox, tmp_path: Path
) -> None:
    source = (
        "import os\n"
        "open('real.txt', 'w').write('here')\n"
        "os.symlink('real.txt', 'made.txt')\n"
        "os.link('real.txt', 'twin.txt')\n"
        "os.symlink('/etc/passwd', 'secret.txt')\n"
        "os.symlink('/', 'everything')\n"
        "os.symlink('nowhere', 'dangling')\n"
        "os.symlink('.', 'loop')\n"
    )
    made = built(entry_toml=PYTHON, make_py=source, agent_py=SAYS_READY)
    assert made.why == "", made.log
    kept = names(tmp_path / build.FILENAME)
    assert kept == ["agent.py", "entry.toml", "made.txt", "make.py", "real.txt", "twin.txt"]
    assert "secret.txt is a link to no file of the entry: left out" in made.log
    with playing(docker_sandbox, made.program) as ask:
        assert ask(None) == "here"


# ---------------------------------------------------------------------------------------------------------------------
# Bad ones


@pytest.mark.parametrize(
    ("language", "source", "message"),
    [
        ("c", "main.c", "error: expected"),
        ("cpp", "main.cpp", "error: "),
        ("rust", "main.rs", "error: expected"),
    ],
)
def test_a_compile_error_is_ce_with_what_the_compiler_says(
    built: Build, tmp_path: Path, language: str, source: str, message: str
) -> None:
    made = built({"entry.toml": f'language = "{language}"\n', source: "int main( { wrong }\n"})
    assert (made.program, made.why) == (None, "failed")
    assert made.result is not None
    assert made.result.verdict is Verdict.CE
    assert message in made.log
    assert source in made.log
    assert not (tmp_path / build.FILENAME).exists()


@pytest.mark.parametrize(
    ("source", "why", "ending"),
    [
        ("while True: pass", "time", Ending.CPU_TIME),
        ("import time; time.sleep(600)", "time", Ending.WALL_TIME),
        ("held = []\nwhile True: held.append(b'x' * 10 ** 7)", "memory", Ending.MEMORY),
        ("while True: print('x' * 1000)", "output", Ending.OUTPUT),
        ("import sys; sys.exit(9)", "failed", Ending.EXITED),
        ("import os; os.abort()", "failed", Ending.EXITED),
        ("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "failed", None),
        ("open('big', 'wb').write(bytes(80 << 20))", "failed", Ending.EXITED),
        ("for n in range(10 ** 6): open(f'{n}', 'w')", "failed", Ending.EXITED),
        ("for n in range(5000): open(f'{n}', 'w')", "unusable", Ending.EXITED),
        ("import os\nos.remove('agent.py')", "unusable", Ending.EXITED),
        ("import os\nos.remove('entry.toml')", "unusable", Ending.EXITED),
        ("import os\nwhile True: os.fork()", None, None),
    ],
    ids=["loops", "sleeps", "grows", "floods", "fails", "aborts", "kills its parent", "fills the disk",
         "fills the inodes", "many files", "no agent", "no manifest", "forks"],
)  # fmt: skip
def test_a_hostile_build_is_ce_within_its_limits(
    built: Build, tmp_path: Path, source: str, why: str | None, ending: Ending | None
) -> None:
    limits = replace(LIMITS, processes=32, inodes=8192, cpu_seconds=10.0, wall_seconds=30.0)
    if ending is Ending.CPU_TIME:
        limits = replace(limits, cpu_seconds=1.0)
    elif ending is Ending.WALL_TIME or why is None:
        limits = replace(limits, wall_seconds=3.0)
    made = built(entry_toml=PYTHON, make_py=source, agent_py=SAYS_READY, limits=limits)
    assert made.program is None
    assert made.result is not None
    assert made.result.verdict is Verdict.CE
    assert made.why == why or (why is None and made.why in build.WHY), made
    assert ending in (None, made.result.ending)
    assert made.result.wall_seconds < limits.wall + 2
    assert not (tmp_path / build.FILENAME).exists()


def test_a_sparse_bomb_is_measured_and_named(built: Build) -> None:
    source = "import os\nos.truncate(os.open('hole', os.O_CREAT | os.O_RDWR), 130 << 20)"
    made = built(entry_toml=PYTHON, make_py=source, agent_py=SAYS_READY, limits=replace(LIMITS, file_mib=256))
    assert made.why == "unusable"
    assert "the build left 130 MiB, and an entry holds 120 MiB at most" in made.log


def test_a_build_has_no_network_and_sees_nothing_but_the_entry(built: Build) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        port = listener.getsockname()[1]
        source = (
            "import os, socket\n"
            f"for host in ('127.0.0.1', '172.17.0.1'):\n"
            f"    try: socket.create_connection((host, {port}), 1); print('REACHED')\n"
            "    except OSError as error: print('no way:', error.strerror or error)\n"
            "print(sorted(os.listdir('/podium')))\n"
            "print(sorted(name for name in os.environ if 'PODIUM' in name or 'KEY' in name))\n"
            "print(os.getuid() > 10000, os.access('/', os.W_OK), os.access('/opt/podium', os.W_OK))\n"
            "open('made.txt', 'w')\n"
        )
        made = built(entry_toml=PYTHON, make_py=source, agent_py=SAYS_READY)
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert "REACHED" not in made.log
    assert made.log.count("no way") == 2
    assert made.log.endswith("['entry']\n[]\nTrue False False\n"), made.log


def test_a_daemon_that_a_build_leaves_is_gone_before_the_entry_is_run(built: Build) -> None:
    source = (
        "import os, time\n"
        "open('made.txt', 'w')\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(300)\n"
        "    os._exit(0)\n"
    )
    made = built(entry_toml=PYTHON, make_py=source, agent_py=SAYS_READY)
    assert made.why == "", made.log
    assert made.result is not None
    assert made.result.wall_seconds < 5


def test_bytes_that_are_no_archive_end_in_the_container_of_the_run(
    docker_sandbox: DockerSandbox, tmp_path: Path, leaves_nothing: None
) -> None:
    """A build that has taken over its container may send us anything: it is opened where nothing can be lost."""
    forged = tmp_path / build.FILENAME
    with tarfile.open(forged, "w:gz") as archive:
        link = tarfile.TarInfo("agent.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with docker_sandbox.open(Program(forged), LIMITS) as session:
        session.channel.close()
    assert session.close().ending is Ending.NOT_STARTED
    forged.write_bytes(os.urandom(1000))
    with docker_sandbox.open(Program(forged), LIMITS) as session:
        session.channel.close()
    assert session.close().ending is Ending.NOT_STARTED


def ended(verdict: Verdict, ending: Ending, *, truncated: bool = False) -> Result:
    return Result(verdict, ending, None, None, 1.0, 1.0, 1.0, stdout="said", truncated=truncated)


@pytest.mark.parametrize(
    ("result", "size", "why"),
    [
        (ended(Verdict.AC, Ending.EXITED), (build.LARGEST_MIB << 20) + 1, "too-large"),
        (ended(Verdict.AC, Ending.EXITED), 0, "too-large"),
        (ended(Verdict.OLE, Ending.OUTPUT), 99, "too-large"),
        (ended(Verdict.OLE, Ending.OUTPUT, truncated=True), 99, "output"),
        (ended(Verdict.RTE, Ending.NOT_STARTED), 0, "failed"),
        (ended(Verdict.AC, Ending.EXITED), None, "failed"),
    ],
)
def test_what_is_too_large_or_missing_is_not_run(tmp_path: Path, result: Result, size: int | None, why: str) -> None:
    to = tmp_path / build.FILENAME
    if size is not None:
        to.touch()
        os.truncate(to, size)
    outcome = build.outcome(Program(tmp_path), result, to)
    assert (outcome.program, outcome.why) == (None, why)
    assert outcome.result == replace(result, verdict=Verdict.CE)
    assert outcome.log.startswith("said")
    assert not to.exists()
