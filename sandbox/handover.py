"""The folder that a container shares with the host, read-only inside: the socket, the entry, the input.

Theory of operation. Each session has a folder of its own in the runtime folder, which only its owner may enter; the
engine mounts the inner folder alone, so that the runner, under its own user, can read it. The host listens, accepts
exactly once, then closes and removes the listener. A lock on the folder lives as long as its session's process: a
folder whose lock can be had belongs to nobody, and so does the control group of the same name.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from sandbox.archive import ArchiveLimits, pack
from sandbox.errors import EngineFailed, NotClean
from sandbox.types import Limits, Program

MOUNT = "/podium"
WORK = "/work"
PYTHON = "python3"
STARTED = b'{"started": true}'
ACKNOWLEDGEMENT_BYTES = 4096


class Handover:
    """One session's folder. `name` is random and names the control group and a label of the container too."""

    def __init__(self, runtime_dir: Path, owner: str) -> None:
        """Raises OSError where the runtime folder cannot be used."""
        runtime_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.name = name_prefix(owner) + secrets.token_hex(8)
        self.folder = runtime_dir / self.name
        self.folder.mkdir(mode=0o755)
        self.folder.chmod(0o755)
        self._lock = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(f"/proc/self/fd/{self._lock}/socket")
        (self.folder / "socket").chmod(0o666)
        self.listener.listen(1)

    def accept(self) -> socket.socket:
        """The runner's connection, once `listener` is readable; nobody else can connect afterwards."""
        channel, _ = self.listener.accept()
        self.listener.close()
        (self.folder / "socket").unlink()
        return channel

    def place(self, program: Program, limits: Limits, stdin: bytes | None) -> bytes:
        """Put entry and input into the folder. Returns the order that the runner waits for.

        Raises BadArchive where a folder holds what no entry may, OSError where it cannot be read."""
        filename = place_entry(program, self.folder / "entry")
        if stdin:
            (self.folder / "stdin").write_bytes(stdin)
            (self.folder / "stdin").chmod(0o644)
        return order(
            program, limits, filename, entry=f"{MOUNT}/entry", into=WORK, python=PYTHON,
            stdin=f"{MOUNT}/stdin" if stdin else None,
        )  # fmt: skip

    def close(self) -> None:
        """Remove the folder. Called again, it does nothing. Raises NotClean."""
        if self._lock >= 0:
            remove_folder(self.folder)
            self.let_go()

    def let_go(self) -> None:
        """Leave the folder, if it is still there, to whoever reaps."""
        self.listener.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def name_prefix(owner: str) -> str:
    """How the names of all sessions of an owner begin, so that what is left on a host can be told apart."""
    return hashlib.sha256(owner.encode()).hexdigest()[:6]


def place_entry(program: Program, to: Path) -> str:
    """Copy the entry, packed if it is a folder. Returns the name under which it is to be known. Raises as `place`."""
    if program.entry.is_dir():
        pack(program.entry, to)
        filename = "entry.tar.gz"
    else:
        shutil.copyfile(program.entry, to)
        filename = Path(program.filename or program.entry.name).name
    to.chmod(0o644)
    return filename


def order(
    program: Program, limits: Limits, filename: str, *, entry: str, into: str, python: str, stdin: str | None
) -> bytes:
    """The runner's order, see `docker/player/runner.py`. The portal has checked the archive by its contest's limits;
    these are those of the container."""
    is_archive = filename.lower().endswith((".zip", ".tar.gz", ".tgz"))
    bounds = ArchiveLimits(
        packed_bytes=1 << 40, unpacked_bytes=limits.file_mib << 20, files=limits.inodes, ratio=1 << 20
    )
    fields: Mapping[str, object] = {
        "entry": entry,
        "filename": filename,
        "into": into,
        "limits": asdict(bounds),
        "command": program.command,
        "plain": program.command is not None and not is_archive,
        "stdin": stdin,
        "python": python,
    }
    return json.dumps(fields).encode() + b"\n"


def read_acknowledgement(channel: socket.socket) -> bool | None:
    """The runner's one line: True where it went on to the program, False where it refused the entry, None where it
    ended before. Not a byte beyond it is read. Raises TimeoutError by the socket's timeout, else EngineFailed."""
    line = b""
    while not line.endswith(b"\n"):
        try:
            byte = channel.recv(1)
        except ConnectionResetError:
            byte = b""
        if not byte:
            return None
        line += byte
        if len(line) > ACKNOWLEDGEMENT_BYTES:
            raise EngineFailed("the runner in the image does not speak our protocol")
    return line.strip() == STARTED


def orphans(runtime_dir: Path) -> list[str]:
    """Names of sessions whose process is gone, in this runtime folder."""
    names = []
    for folder in runtime_dir.iterdir() if runtime_dir.is_dir() else ():
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            names.append(folder.name)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
    return names


def remove_folder(folder: Path) -> None:
    """A session's folder, if it is there. Raises NotClean."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise NotClean(f"{folder} cannot be removed: {error.strerror}") from error
