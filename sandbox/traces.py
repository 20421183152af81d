"""What an owner of containers has left on this host: the proof of cleaning up is that this finds nothing.

Looked at are the engine, the control groups, the mounts, the sockets, the processes and the runtime folder, each by
itself: a container that the engine has forgotten may live on in its control group.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sandbox import cgroups
from sandbox.engine import Engine, translated
from sandbox.handover import name_prefix

PROC = Path("/proc")


def traces(engine: Engine, *, owner: str, runtime_dir: Path) -> list[str]:
    """Everything of this owner, in words; empty where the host is clean. Raises EngineFailed, EngineUnavailable."""
    prefix = name_prefix(owner)
    with translated("listing our containers"):
        rows = engine.api.containers(all=True, filters={"label": f"podium.owner={owner}"})
    found = [f"container {row['Id'][:12]} ({row['State']})" for row in rows]
    facts = engine.facts()
    layout = cgroups.Layout(facts.cgroup_version, facts.cgroup_driver)
    if layout.readable:
        found += [f"control group {name}" for name in sorted(layout.names(prefix))]
    if runtime_dir.is_dir():
        found += [f"folder {folder}" for folder in sorted(runtime_dir.iterdir()) if folder.is_dir()]
    found += _naming(PROC / "self" / "mountinfo", str(runtime_dir), "mount")
    found += _naming(PROC / "net" / "unix", str(runtime_dir), "socket")
    found += [f"process {pid}" for pid in _processes(prefix)]
    return found


def _naming(table: Path, text: str, what: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [f"{what} {line.strip()}" for line in table.read_text().splitlines() if text in line]
    return []


def _processes(prefix: str) -> Iterator[int]:
    """Those in a control group of ours, whoever started them."""
    marks = (f"/{cgroups.TOP}/{prefix}", f"/{cgroups.TOP}-{prefix}")
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        with contextlib.suppress(OSError):  # it may be gone meanwhile
            if entry.name.isdigit() and any(mark in (entry / "cgroup").read_text() for mark in marks):
                yield int(entry.name)
