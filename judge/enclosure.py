"""A root folder of its own: nothing exists in it but what is named.

Theory of operation. In a mount namespace of its own a process builds an empty file system in memory, binds into it what
it is to see, each at the path where it lay, and makes that its root; what was there before is let go of. Symbolic links
on the way to a path are made again as they were, so that whatever names a path by one finds it. All of it is read-only
but the folders said to be writable; set-user-id bits do not count in it.
"""

import contextlib
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from judge import kernel

DEVICES = tuple(Path("/dev") / name for name in ("null", "zero", "full", "random", "urandom"))
LIBRARIES = tuple(
    Path(name)
    for name in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
                 "/usr/share/zoneinfo")
)  # fmt: skip
SCRATCH = Path("/scratch")
"""Where temporary files go; /tmp leads there, unless what is to be seen lies in /tmp."""
_MOST_LINKS = 40
_SAFE = kernel.MOUNT_NO_SETUID | kernel.MOUNT_NO_DEVICES


def enter(*, seen: Iterable[Path], written: Iterable[Path] = ()) -> None:
    """Make a root of these paths, of those that there are, and go into it. Raises OSError where the system does not
    let us; the process may then have mounts of its own, but sees what it saw."""
    kernel.unshare(kernel.NEW_MOUNTS)
    kernel.mount(None, "/", None, kernel.MOUNT_ALL_BELOW | kernel.MOUNT_PRIVATE)
    staging = Path(tempfile.mkdtemp(prefix="podium-world-"))
    above = os.open(staging.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        kernel.mount("podium", str(staging), "tmpfs", _SAFE, "mode=755,size=1m")
        _fill(staging, seen, written)
        kernel.change_root(str(staging))
        kernel.mount(None, "/", None, kernel.MOUNT_AGAIN | kernel.MOUNT_BIND | kernel.MOUNT_READ_ONLY | _SAFE)
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(staging.name, dir_fd=above)
        os.close(above)


def scratch(mebibytes: int, *, user: int, group: int) -> None:
    """A new and empty SCRATCH in memory, for this process's own mount namespace."""
    options = f"mode=700,uid={user},gid={group},size={mebibytes}m,nr_inodes=4096"
    kernel.mount("podium", str(SCRATCH), "tmpfs", _SAFE | kernel.MOUNT_NO_EXEC, options)
    os.environ.update(HOME=str(SCRATCH), TMPDIR=str(SCRATCH))
    tempfile.tempdir = None


def _fill(root: Path, seen: Iterable[Path], written: Iterable[Path]) -> None:
    old = os.umask(0o022)
    try:
        _inside(root, SCRATCH).mkdir()
        reals: dict[Path, bool] = {}
        links: dict[Path, str] = {}
        for paths, writable in ((seen, False), (written, True)):
            for path in paths:
                real, on_the_way = _resolved(path)
                links.update(on_the_way)
                if real.exists():
                    reals[real] = reals.get(real, False) or writable
        for real in sorted(reals):
            covered = next((above for above in real.parents if above in reals), None)
            if covered is None or (reals[real] and not reals[covered]):
                _bind(root, real, writable=reals[real])
        links.setdefault(Path("/tmp"), str(SCRATCH))  # noqa: S108 - unless something to be seen lies there
        for link, target in links.items():
            place = _inside(root, link)
            if not os.path.lexists(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(target)
    finally:
        os.umask(old)


def _resolved(path: Path) -> tuple[Path, dict[Path, str]]:
    """Where a path leads, and the links on the way, each with its text. Raises OSError for a ring of links."""
    links: dict[Path, str] = {}
    done, left, met = Path("/"), list(path.absolute().parts[1:]), 0
    while left:
        name = left.pop(0)
        step = done.parent if name == ".." else done / name
        if name == ".." or not step.is_symlink():
            done = step
            continue
        met += 1
        if met > _MOST_LINKS:
            raise OSError(f"too many links on the way to {path}")
        links[step] = target = str(step.readlink())
        done = Path("/") if target.startswith("/") else done
        left = [part for part in Path(target).parts if part != "/"] + left
    return done, links


def _inside(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _bind(root: Path, real: Path, *, writable: bool) -> None:
    place = _inside(root, real)
    if real.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.touch()
    device = real.is_char_device()
    flags = kernel.MOUNT_NO_SETUID | (0 if device else kernel.MOUNT_NO_DEVICES)
    flags |= 0 if writable or device else kernel.MOUNT_READ_ONLY
    kernel.mount(str(real), str(place), None, kernel.MOUNT_BIND)
    kernel.mount(None, str(place), None, kernel.MOUNT_AGAIN | kernel.MOUNT_BIND | flags)


# ---------------------------------------------------------------------------------------------------------------------
# What Python needs


def python(path: Sequence[str] | None = None) -> Iterator[Path]:
    """The interpreter's libraries, and the modules on the path: the whole of what is installed, but of a plain folder
    (such as the one in which a command was started) only the modules and packages in it."""
    yield from LIBRARIES
    yield from DEVICES
    yield Path(sys.base_prefix) / "lib"
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    roots = [Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)]
    for entry in [*dict.fromkeys(path if path is not None else sys.path)]:
        folder = Path(entry or ".").absolute()
        if folder.is_dir() and any(folder.resolve().is_relative_to(root) for root in roots if root != Path("/usr")):
            yield folder
        elif folder.is_dir():
            yield from _modules(folder)
    for name in ("judge", "sandbox", "challenges", "web"):
        yield Path(__file__).resolve().parents[1] / name


def interpreter() -> Iterator[Path]:
    """For a process that is to start Python anew."""
    yield Path(sys.executable)
    yield Path(sys.prefix) / "pyvenv.cfg"


def _modules(folder: Path) -> Iterator[Path]:
    for item in folder.iterdir():
        if (item / "__init__.py").is_file() or item.suffix in {".py", ".so"}:
            yield item
