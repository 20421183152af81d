"""Stands in a zone and tries every way out of it that we know. `attempt(targets)` says of each whether it is open.

Targets come from whoever knows them: paths that must not be readable or writable, sockets, processes, a port. That each
attempt succeeds in a process without walls is tested too (`tests/judge/test_zones.py`).
"""

import ctypes
import os
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

OPEN = "open"
FORKS = 200
VSOCK = "make a vsock"
Attempt = tuple[str, Callable[[], object]]
_SEIZE, _DETACH = 0x4206, 17
_VSOCK = 40


def attempt(targets: Mapping[str, Any]) -> dict[str, str]:
    """By the name of each attempt: OPEN, or what refused it."""
    found: dict[str, str] = {}
    for name, action in (*_on_files(targets), *_on_neighbours(targets), *_on_rights()):
        try:
            action()
        except (OSError, AssertionError) as error:
            found[name] = f"refused: {error}"
        else:
            found[name] = OPEN
    return found


def _on_files(targets: Mapping[str, Any]) -> Iterator[Attempt]:
    for path in targets.get("read", ()):
        yield f"read {path}", partial(_read, path)
    for folder in targets.get("write", ()):
        yield f"write in {folder}", partial(_write_in, Path(folder))
    for path in targets.get("rename", ()):
        yield f"rename {path}", partial(_rename, Path(path))
    for path in targets.get("sockets", ()):
        yield f"see {path}", Path(path).stat
        yield f"connect to {path}", partial(_connect, socket.AF_UNIX, path)


def _on_neighbours(targets: Mapping[str, Any]) -> Iterator[Attempt]:
    for port in targets.get("ports", ()):
        yield f"connect to port {port}", partial(_connect, socket.AF_INET, ("127.0.0.1", port))
    for pid in targets.get("processes", ()):
        yield f"signal {pid}", partial(os.kill, pid, 0)
        yield f"trace {pid}", partial(_trace, pid)
        for name in ("environ", "mem", "maps", "cmdline", "fd"):
            yield f"read {name} of {pid}", partial(_read, f"/proc/{pid}/{name}")


def _on_rights() -> Iterator[Attempt]:
    yield VSOCK, lambda: socket.socket(_VSOCK, socket.SOCK_STREAM).close()
    yield "become root", _become_root
    yield "hold a capability", _hold_a_capability
    yield "gain by executing", lambda: _hold(_prctl(39) == 0, "no new privileges")
    yield "mount", _mount
    yield "make a user namespace", partial(_in_a_fork, lambda: _checked(_libc().unshare(0x1000_0000)))
    yield "change the root", partial(_in_a_fork, lambda: os.chroot("/"))


def attempt_forks() -> int:
    """How many processes one gets to start; all are ended again."""
    children: list[int] = []
    try:
        while len(children) < FORKS:
            pid = os.fork()
            if pid == 0:
                signal.pause()
                os._exit(0)
            children.append(pid)
    except BlockingIOError:
        pass
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(children)


def descriptors() -> list[str]:
    """What kind of thing each open descriptor is, standard ones left out."""
    kinds = []
    for number in range(3, 256):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        kinds.append("socket" if stat.S_ISSOCK(mode) else oct(mode))
    return kinds


def _read(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _write_in(folder: Path) -> None:
    path = folder / f"probe-{os.getpid()}-{time.monotonic_ns()}"
    path.touch(exist_ok=False)
    path.unlink()


def _rename(path: Path) -> None:
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    away.rename(path)


def _connect(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(2)
        sock.connect(address)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _prctl(option: int) -> int:
    zero = ctypes.c_ulong(0)
    return int(_libc().prctl(option, zero, zero, zero, zero))


def _trace(pid: int) -> None:
    zero = ctypes.c_ulong(0)
    _checked(_libc().ptrace(ctypes.c_ulong(_SEIZE), ctypes.c_ulong(pid), zero, zero))
    os.kill(pid, signal.SIGSTOP)
    os.waitpid(pid, 0x4000_0000)
    _libc().ptrace(ctypes.c_ulong(_DETACH), ctypes.c_ulong(pid), zero, zero)
    os.kill(pid, signal.SIGCONT)


def _become_root() -> None:
    os.setresuid(0, 0, 0)
    _hold(os.geteuid() == 0, "still another user")


def _hold_a_capability() -> None:
    header = (ctypes.c_uint32 * 2)(0x2008_0522, 0)
    data = (ctypes.c_uint32 * 6)()
    _checked(_libc().capget(header, data))
    _hold(any(data), "none")


def _hold(truth: bool, otherwise: str) -> None:
    if not truth:
        raise AssertionError(otherwise)


def _mount() -> None:
    def mount() -> None:
        _checked(_libc().unshare(0x0002_0000))
        _checked(_libc().mount(None, b"/", None, 0x4_4000, None))
        _checked(_libc().mount(b"x", b"/dev", b"tmpfs", 0, None))

    _in_a_fork(mount)


def _in_a_fork(action: Callable[[], object]) -> None:
    """What changes the process for good is tried in one that is thrown away."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        except OSError as error:
            code = error.errno or 1
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise OSError(code, os.strerror(code))
