"""What goes into a sandbox and what comes out: values only."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Verdict(StrEnum):
    """How it ended, by the codes of the ICPC CCS specification."""

    AC = "AC"
    CE = "CE"
    RTE = "RTE"
    TLE = "TLE"
    MLE = "MLE"
    OLE = "OLE"
    PE = "PE"
    SV = "SV"
    JE = "JE"


class Ending(StrEnum):
    """What ended the program, as the sandbox saw it; the verdict follows from it."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    WALL_TIME = "wall_time"
    CPU_TIME = "cpu_time"
    MEMORY = "memory"
    OUTPUT = "output"
    NOT_STARTED = "not_started"
    STOPPED = "stopped"
    """We were done with it and ended it: says nothing against the program."""


LEAST_MEMORY_MIB = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use. Raises ValueError where a figure is not positive and finite, or where no program at all
    could live within it."""

    cpu_seconds: float = 10.0
    wall_seconds: float | None = None
    memory_mib: int = 256
    processes: int = 64
    """Threads count too."""
    output_kib: int = 1024
    """On stdout and on stderr, each."""
    open_files: int = 1024
    inodes: int = 16_384
    file_mib: int = 128
    """The largest file, and all that a folder that may be written to can hold."""
    cpus: float = 1.0
    core: int | None = None
    """The one core that it is to run on, counted from 0; one that the host has not is as none."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if value is not None and name != "core" and not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, not {value}")
        if self.memory_mib < LEAST_MEMORY_MIB:
            raise ValueError(f"memory_mib must be at least {LEAST_MEMORY_MIB}, not {self.memory_mib}")
        if self.core is not None and self.core < 0:
            raise ValueError(f"core is counted from 0, not {self.core}")

    @property
    def wall(self) -> float:
        """Wall limit in seconds: 4 x the CPU limit + 2 unless given."""
        return self.wall_seconds if self.wall_seconds is not None else 4 * self.cpu_seconds + 2


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `entry` is an upload as it came (.zip, .tar.gz, .py) or a folder; only the inside of the sandbox
    unpacks it, by the kind that `filename` (the entry's own name where None) says. `command` None: serve the entry
    (agent.py's `act`, or the `run` command of its entry.toml) on the session's channel; otherwise that command is run
    in the entry's folder, to which a single file is put under its `filename`."""

    entry: Path
    filename: str | None = None
    command: tuple[str, ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """How a program ended. `stdout` and `stderr` are cut at the output cap (`truncated` says so)."""

    verdict: Verdict
    ending: Ending
    exit_code: int | None
    signal: int | None
    wall_seconds: float
    cpu_seconds: float
    memory_mib: float
    """Peak, over what stood there when the program began."""
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    written_bytes: int = 0
    """On both streams, as far as it was read: a flood is cut off shortly beyond the cap."""
