"""The folder of one session: what a container shares with the host, and what the host keeps beside it.

Theory of operation. Each session has a folder of its own in the runtime folder, which only its owner may enter. The
engine mounts the part `share` alone, read-only, so that the runner, under its own user, can read it: the socket, the
entry, the input. The host listens, accepts exactly once, then closes and removes the listener. A container is made
before anybody knows what for: the labels of its session and when it ends at the latest are written into `record.json`
at hand-over. A lock on the folder lives as long as its session's process: a folder whose lock can be had belongs to
nobody, and so does the control group of the same name.
"""

import fcntl
import hashlib
import json
import math
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox.archive import ArchiveLimits, pack
from sandbox.errors import EngineFailed, NotClean
from sandbox.types import Limits, Program

MOUNT = "/podium"
WORK = "/work"
PREPARED = b'{"prepared": true}'
GO = b"\n"
ACKNOWLEDGEMENT_BYTES = 4096
_RECORD = "record.json"


@dataclass(frozen=True, slots=True)
class Record:
    """Whose session it is. Without a deadline (in seconds since the epoch) it waits for its program."""

    labels: Mapping[str, str] = field(default_factory=dict)
    deadline: float | None = None


class Handover:
    """One session's folder. `name` is random and names the control group and a label of the container too."""

    def __init__(self, runtime_dir: Path, owner: str) -> None:
        """Raises OSError where the runtime folder cannot be used."""
        runtime_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.name = name_prefix(owner) + secrets.token_hex(8)
        self.folder = runtime_dir / self.name
        self.folder.mkdir(mode=0o711)
        self._lock = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.share = self.folder / "share"
        self.share.mkdir()
        self.share.chmod(0o755)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(f"/proc/self/fd/{self._lock}/share/socket")
        (self.share / "socket").chmod(0o666)
        self.listener.listen(1)

    def accept(self) -> socket.socket:
        """The runner's connection, once `listener` is readable; nobody else can connect afterwards."""
        channel, _ = self.listener.accept()
        self.listener.close()
        (self.share / "socket").unlink()
        return channel

    def record(self, record: Record) -> None:
        """Raises OSError."""
        (self.folder / _RECORD).write_text(json.dumps(asdict(record)), encoding="utf-8")

    def place(self, program: Program, limits: Limits, stdin: bytes | None, *, collect: bool = False) -> bytes:
        """Put entry and input into the folder. Returns the order that the runner waits for.

        Raises BadArchive where a folder holds what no entry may, OSError where it cannot be read."""
        filename = place_entry(program, self.share / "entry")
        if stdin:
            (self.share / "stdin").write_bytes(stdin)
            (self.share / "stdin").chmod(0o644)
        return order(
            program, limits, filename, entry=f"{MOUNT}/entry", into=WORK,
            stdin=f"{MOUNT}/stdin" if stdin else None, collect=collect,
        )  # fmt: skip

    def pack(
        self, program: Program, limits: Limits, stdin: bytes | None, *, collect: bool = False
    ) -> tuple[bytes, list[Path]]:
        """As `place`, for a runner that is reached by a stream: the order, and the files that are to follow it."""
        entry, given = self.folder / "entry", self.folder / "stdin"
        filename = place_entry(program, entry)
        given.write_bytes(stdin or b"")
        line = order(program, limits, filename, entry="", into=WORK, stdin=None, collect=collect)
        sizes = {"entry_bytes": entry.stat().st_size, "stdin_bytes": len(stdin or b"")}
        return json.dumps(json.loads(line) | sizes).encode() + b"\n", [entry, given]

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
    program: Program, limits: Limits, filename: str, *, entry: str, into: str, stdin: str | None, collect: bool = False
) -> bytes:
    """The runner's order, see `docker/player/runner.py`. The portal has checked the archive by its contest's limits;
    these are those of the container. CPU seconds count per process there, and are only a back-up."""
    is_archive = filename.lower().endswith((".zip", ".tar.gz", ".tgz"))
    bounds = ArchiveLimits(
        packed_bytes=1 << 40, unpacked_bytes=limits.file_mib << 20, files=limits.inodes, ratio=1 << 20
    )
    fields: Mapping[str, object] = {
        "entry": entry,
        "filename": filename,
        "into": into,
        "archive": asdict(bounds),
        "command": program.command,
        "plain": program.command is not None and not is_archive,
        "stdin": stdin,
        "cpu_seconds": math.ceil(limits.cpu_seconds) + 2,
        "open_files": limits.open_files,
        "file_mib": limits.file_mib,
        "collect": collect,
    }
    return json.dumps(fields).encode() + b"\n"


def read_acknowledgement(channel: socket.socket) -> bool | None:
    """The runner's one line: True where the entry is prepared, False where it refused it, None where it ended before.
    Not a byte beyond it is read. Raises TimeoutError by the socket's timeout, else EngineFailed."""
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
    return line.strip() == PREPARED


def record_of(folder: Path) -> Record | None:
    """What a session's folder says of it; None where there is none (any more)."""
    try:
        return Record(**json.loads((folder / _RECORD).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Record() if folder.exists() else None
    except (ValueError, TypeError):
        return Record()  # being written this moment


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
