"""The build step of an entry: from sources to something that runs, in a container of its own.

Theory of operation. A build is the entry's own code, so it gets the same walls as a run, limits of its own, and nothing
but the entry: no data of a contest is near it, and what runs later is another container. Inside, our own
`docker/player/build.py` reads `entry.toml`, runs the command, and leaves the folder fit to be packed. What comes out is
a file of bytes that nobody on the trusted side opens: the container of a run unpacks it by the rules that hold for any
upload. A build that fails, in whatever way, is `CE`, and its log is the team's. What the engine does wrong is an
exception, and ours.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.archive import MIB, ArchiveLimits, check
from sandbox.manifest import read_manifest
from sandbox.types import Ending, Limits, Program, Result, Verdict

LIMITS = Limits(
    cpu_seconds=60.0, wall_seconds=120.0, memory_mib=1024, processes=128, output_kib=256, inodes=65_536, file_mib=512
)
"""Of a build, unless its caller says otherwise."""
RUNNER = "/opt/podium/build.py"
FILENAME = "built.tar.gz"
FAILED, UNUSABLE = 1, 3
"""How `docker/player/build.py` ends: the command failed, or what it left cannot be run."""
WHY = ("failed", "unusable", "time", "memory", "output", "too-large")
_MOST = ArchiveLimits()
LARGEST_MIB = _MOST.packed_bytes // MIB
"""Of what comes out, packed."""


@dataclass(frozen=True, slots=True)
class Built:
    """What became of it: `program` is what is to be run from now on, None where the build failed; `result` how it went,
    None where there was nothing to build. `why` names the failure, as in `WHY`."""

    program: Program | None
    result: Result | None = None
    why: str = ""

    @property
    def log(self) -> str:
        """What the build said, with a mark where it was cut."""
        if self.result is None:
            return ""
        parts = [part for part in (self.result.stdout, self.result.stderr) if part]
        return "\n".join(parts) + ("\n[…]\n" if self.result.truncated else "")


def toolchain_of(program: Program) -> str | None:
    """For which language an entry is to be built (`languages.ANY` where it does not say); None: as it came. Reads the
    archive by the portal's rules. Raises BadArchive, FileNotFoundError."""
    if program.entry.is_dir():
        manifest = program.entry / "entry.toml"
        return read_manifest(manifest.read_bytes()).toolchain if manifest.is_file() else None
    filename = program.filename or program.entry.name
    if filename.lower().endswith(".py"):
        return None
    facts = check(program.entry, filename=filename)
    return facts.manifest.toolchain if facts.manifest else None


def step(program: Program, *, python: str = "python3", script: str = RUNNER) -> Program:
    """The program that builds an entry."""
    most = (str(_MOST.unpacked_bytes // MIB), str(_MOST.files))
    return replace(program, command=(python, "-I", script, *most), labels={**program.labels, "step": "build"})


def outcome(program: Program, result: Result, to: Path) -> Built:
    """From how the step ended, and the file that it left."""
    if result.verdict is Verdict.AC and to.exists():
        if 0 < to.stat().st_size <= _MOST.packed_bytes:
            return Built(replace(program, entry=to, filename=FILENAME), result)
        why = "too-large"
    elif result.verdict is Verdict.OLE and not result.truncated:
        why = "too-large"
    else:
        why = _WHY.get(result.ending) or ("unusable" if result.exit_code == UNUSABLE else "failed")
    to.unlink(missing_ok=True)
    return Built(None, replace(result, verdict=Verdict.CE), why)


_WHY = {
    Ending.WALL_TIME: "time",
    Ending.CPU_TIME: "time",
    Ending.MEMORY: "memory",
    Ending.OUTPUT: "output",
}
