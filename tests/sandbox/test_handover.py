"""The folder between host and container."""

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import EngineFailed, NotClean
from sandbox.handover import Handover, Record, name_prefix, orphans, read_acknowledgement, record_of, remove_folder
from sandbox.types import Limits, Program


def test_only_the_owner_may_enter_and_the_container_may_read(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text("x = 1")
    (tmp_path / "agent.py").chmod(0o600)
    handover = Handover(tmp_path / "run", "me")
    handover.place(Program(tmp_path / "agent.py"), Limits(), b"input")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in handover.share.iterdir()}
    assert modes == {"socket": 0o666, "entry": 0o644, "stdin": 0o644}
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o711
    assert stat.S_IMODE(handover.folder.stat().st_mode) == 0o711
    assert stat.S_IMODE(handover.share.stat().st_mode) == 0o755
    assert handover.name.startswith(name_prefix("me"))
    handover.close()
    handover.close()
    assert list((tmp_path / "run").iterdir()) == []


def test_the_entry_is_a_copy_that_shares_nothing_with_the_stored_file(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text("x = 1")
    handover = Handover(tmp_path / "run", "me")
    handover.place(Program(tmp_path / "agent.py"), Limits(), None)
    assert (handover.share / "entry").stat().st_ino != (tmp_path / "agent.py").stat().st_ino
    handover.close()


def test_one_connection_is_accepted_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handover = Handover(tmp_path / ("deep" * 40), "me")
    monkeypatch.chdir(handover.share)
    first, second = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    first.connect("socket")
    channel = handover.accept()
    with pytest.raises(FileNotFoundError):
        second.connect("socket")
    for sock in (first, second, channel):
        sock.close()
    handover.close()


@pytest.mark.parametrize(
    ("program", "plain", "filename"),
    [
        (Program(Path("bot.zip")), False, "bot.zip"),
        (Program(Path("0f34"), filename="bot.py"), False, "bot.py"),
        (Program(Path("tool.py"), command=("python3", "tool.py")), True, "tool.py"),
        (Program(Path("tool.zip"), command=("make",)), False, "tool.zip"),
        (Program(Path("x"), filename="../../etc/x.py", command=("a",)), True, "x.py"),
    ],
)
def test_the_order_says_what_to_do(tmp_path: Path, program: Program, plain: bool, filename: str) -> None:
    (tmp_path / program.entry).write_bytes(b"content")
    handover = Handover(tmp_path / "run", "me")
    located = Program(tmp_path / program.entry, filename=program.filename, command=program.command)
    order = json.loads(handover.place(located, Limits(file_mib=3), None))
    handover.close()
    assert (order["plain"], order["filename"], order["stdin"]) == (plain, filename, None)
    assert order["archive"]["unpacked_bytes"] == 3 << 20


@pytest.mark.parametrize(
    ("said", "heard"),
    [(b'{"prepared": true}\nrest', True), (b'{"refused": "bomb"}\n', False), (b'{"star', None), (b"", None)],
)
def test_the_runner_says_one_line_and_what_follows_is_the_programs(said: bytes, heard: bool | None) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        assert read_acknowledgement(ours) is heard
        assert ours.recv(10) == said.partition(b"\n")[2]


def test_a_runner_that_speaks_without_end_is_not_ours() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"x" * 10_000)
        with pytest.raises(EngineFailed):
            read_acknowledgement(ours)


def test_a_folder_tells_whose_session_it_is(tmp_path: Path) -> None:
    handover = Handover(tmp_path, "me")
    assert record_of(handover.folder) == Record()
    handover.record(Record({"judgement": "7"}, 12.5))
    assert record_of(handover.folder) == Record({"judgement": "7"}, 12.5)
    assert not (handover.share / "record.json").exists()
    handover.close()
    assert record_of(handover.folder) is None


def test_a_record_that_is_half_written_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text('{"lab')
    assert record_of(tmp_path) == Record()


def test_a_folder_whose_process_is_gone_is_an_orphan(tmp_path: Path) -> None:
    mine = Handover(tmp_path, "me")
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom sandbox.handover import Handover\n"
        "print(Handover(Path(sys.argv[1]), 'me').name, flush=True)\nos._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert orphans(tmp_path) == [done.stdout.strip()]
    mine.let_go()
    assert sorted(orphans(tmp_path)) == sorted([done.stdout.strip(), mine.name])
    assert orphans(tmp_path / "nowhere") == []


def test_removing_what_is_not_there_is_harmless_and_what_stays_is_an_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_folder(tmp_path / "nothing")

    def stuck(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("shutil.rmtree", stuck)
    with pytest.raises(NotClean):
        remove_folder(tmp_path)
