"""What `podium sandbox run PATH` runs, and what it says."""

from pathlib import Path

import pytest

from sandbox.command import program_for, result_json
from sandbox.errors import BadArchive
from sandbox.types import Ending, Result, Verdict


def test_a_file_is_run_by_its_ending(tmp_path: Path) -> None:
    for name, command in (("a.py", ("python3", "a.py")), ("a.sh", ("/bin/sh", "a.sh"))):
        (tmp_path / name).touch()
        assert program_for(tmp_path / name).command == command


def test_an_executable_is_run_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "bot").touch(mode=0o755)
    assert program_for(tmp_path / "bot").command == ("./bot",)


def test_a_folder_is_run_by_its_manifest_or_else_its_agent(tmp_path: Path) -> None:
    (tmp_path / "agent.py").touch()
    assert program_for(tmp_path).command == ("python3", "agent.py")
    (tmp_path / "entry.toml").write_text("run = './bot --fast'")
    assert program_for(tmp_path).command == ("./bot", "--fast")


def test_what_cannot_be_run_is_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch(mode=0o644)
    with pytest.raises(BadArchive, match="wrong_type"):
        program_for(tmp_path / "notes.txt")
    with pytest.raises(BadArchive, match="no_entry_point"):
        program_for(tmp_path)
    with pytest.raises(FileNotFoundError):
        program_for(tmp_path / "nothing")


def test_a_result_has_exactly_the_promised_keys() -> None:
    result = Result(
        Verdict.TLE, Ending.WALL_TIME, None, None, 2.00049, 0.1, 12.34, "o", "e", truncated=True, written_bytes=6
    )
    assert result_json(result) == {
        "verdict": "TLE",
        "ending": "wall_time",
        "exit_code": None,
        "signal": None,
        "wall_seconds": 2.0,
        "cpu_seconds": 0.1,
        "memory_mib": 12.3,
        "stdout": "o",
        "stderr": "e",
        "truncated": True,
        "written_bytes": 6,
    }
