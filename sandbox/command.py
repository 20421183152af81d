"""One program from the command line: what to run for a path, and the JSON that says how it ended."""

import os
import tempfile
from pathlib import Path

from sandbox import build
from sandbox.errors import BadArchive
from sandbox.interface import Sandbox
from sandbox.manifest import read_manifest
from sandbox.types import Limits, Program, Result

INTERPRETERS = {".py": "python3", ".sh": "/bin/sh"}


def program_for(path: Path) -> Program:
    """A .py or .sh file under its interpreter, any other file that may be executed as it is, a folder by the `run`
    command of its entry.toml, or by its agent.py as a plain script. The program gets no channel.

    Raises FileNotFoundError where there is no such path, BadArchive where there is nothing in it to run: wrong_type,
    no_entry_point, bad_entry_toml (reason)."""
    if path.is_dir():
        return Program(entry=path, command=_command_of(path))
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}")
    interpreter = INTERPRETERS.get(path.suffix)
    if interpreter is not None:
        return Program(entry=path, command=(interpreter, path.name))
    if not os.access(path, os.X_OK):
        raise BadArchive("wrong_type")
    return Program(entry=path, command=(f"./{path.name}",))


def build_and_run(sandbox: Sandbox, program: Program, limits: Limits, *, stdin: bytes) -> Result:
    """Run it to its end, or say how its build failed. Raises as `Sandbox.build` and `Sandbox.run`."""
    if not program.entry.is_dir():
        return sandbox.run(program, limits, stdin=stdin)
    with tempfile.TemporaryDirectory(prefix="podium-build-") as scratch:
        built = sandbox.build(program, build.LIMITS, to=Path(scratch) / build.FILENAME)
        if built.program is None:
            assert built.result is not None
            return built.result
        return sandbox.run(built.program, limits, stdin=stdin)


def _command_of(folder: Path) -> tuple[str, ...]:
    manifest = folder / "entry.toml"
    if manifest.is_file() and (run := read_manifest(manifest.read_bytes()).run):
        return run
    if (folder / "agent.py").is_file():
        return ("python3", "agent.py")
    raise BadArchive("no_entry_point")


def result_json(result: Result) -> dict[str, object]:
    """The shape of `podium sandbox run --json`."""
    return {
        "verdict": result.verdict.value,
        "ending": result.ending.value,
        "exit_code": result.exit_code,
        "signal": result.signal,
        "wall_seconds": round(result.wall_seconds, 3),
        "cpu_seconds": round(result.cpu_seconds, 3),
        "memory_mib": round(result.memory_mib, 1),
        "written_bytes": result.written_bytes,
        "stdout": result.stdout,
        "stderr": result.stderr,
        "truncated": result.truncated,
    }
