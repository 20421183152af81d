"""Builds the entry in the working folder: reads its entry.toml, runs the `build` command, leaves the folder fit to run.

The command is the entry's own, and whatever it does stays in this container. Afterwards links are turned into the files
that they stand for, since an entry may hold none, and the folder is measured: what is wrong with it is said here, where
its owner will read it, and not first when it is run. Nothing here is believed by the host.

Usage: build.py MOST_MIB MOST_FILES        in the entry's folder; exit 0 built, 1 the command failed, 3 cannot be run
"""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FAILED, UNUSABLE = 1, 3

for place in (HERE, HERE.parents[1]):
    if (place / "sandbox" / "archive.py").exists():
        sys.path.insert(0, str(place))
        break

from sandbox.errors import BadArchive  # noqa: E402  the path comes first
from sandbox.manifest import Manifest, read_manifest  # noqa: E402


def main(most_mib: int, most_files: int) -> int:
    work = Path.cwd()
    try:
        manifest = read_manifest((work / "entry.toml").read_bytes())
    except (OSError, BadArchive) as error:
        say(f"entry.toml cannot be read: {error}")
        return UNUSABLE
    if manifest.build is None:
        return 0
    if not run(list(manifest.build), work):
        return FAILED
    try:
        replace_links(work)
        complaint = unfit(work, manifest, most_mib, most_files)
    except OSError as error:
        complaint = f"what the build left cannot be packed: {error.strerror}"
    if complaint:
        say(complaint)
        return UNUSABLE
    return 0


def run(command: list[str], work: Path) -> bool:
    """Run it to its end; whether that was a good one."""
    program = work / command[0]
    if program.is_file():
        program.chmod(0o755)
    environment = {**os.environ, "CARGO_HOME": "/tmp/cargo", "CARGO_NET_OFFLINE": "true"}  # noqa: S108
    try:
        ended = subprocess.run(command, cwd=work, env=environment, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        say(f"cannot run {command[0]!r}: {error.strerror}")
        return False
    if ended.returncode < 0:
        say(f"{command[0]} was ended by signal {-ended.returncode}")
    elif ended.returncode > 0:
        say(f"{command[0]} ended with status {ended.returncode}")
    return ended.returncode == 0


def replace_links(work: Path) -> None:
    """A link to a file becomes a copy of that file, any other is removed; a file with several names becomes several."""
    for folder, folders, names in os.walk(work):
        for path in [Path(folder) / name for name in (*folders, *names)]:
            if path.is_symlink():
                target = path.resolve()
                path.unlink()
                if target.is_file() and target.is_relative_to(work):
                    shutil.copy(target, path)
                else:
                    say(f"{path.relative_to(work)} is a link to no file of the entry: left out")
            elif path.is_file() and path.stat().st_nlink > 1:
                copy = path.with_name(f".{path.name}.copy")
                shutil.copy(path, copy)
                copy.replace(path)


def unfit(work: Path, manifest: Manifest, most_mib: int, most_files: int) -> str:
    """Why the folder cannot be run; nothing where it can."""
    files = [path for path in work.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    if work / "entry.toml" not in files:
        return "the build removed entry.toml, which says how the entry is run"
    if len(files) > most_files:
        return f"the build left {len(files)} files, and an entry holds {most_files} at most: build in /tmp"
    if size > most_mib << 20:
        return f"the build left {size >> 20} MiB, and an entry holds {most_mib} MiB at most: build in /tmp"
    wanted = manifest.run[0] if manifest.run else "agent.py"
    if (not manifest.run or "/" in wanted) and not wanted.startswith("/") and not (work / wanted).is_file():
        return f"the build left no {wanted}, which is to be run"
    return ""


def say(sentence: str) -> None:
    with contextlib.suppress(OSError):
        print(f"[build] {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
