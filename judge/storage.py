"""Files, by the SHA-256 of what they hold. On a local disk a file is synced, and its folder too, before `keep` returns;
elsewhere (S3 and others, through fsspec) the store's own acknowledgement counts.

Nothing is ever overwritten: a file is written under a name of its own and linked into place, so that a reader sees all
of it or nothing, and the same content twice is one file.

A local store belongs to the portal's user, who may put anything into it, links included. A worker that is root goes
into it with that user's rights alone (`judge.zones.files_as`), by a descriptor of its folder, and plays a copy of its
own whose SHA-256 it has seen to be right.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import fsspec

from judge import folders
from judge.errors import NotFound, PlatformFault, StorageFull
from judge.settings import Settings
from judge.zones import User, files_as, privileged

BLOCK = 1 << 20
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK}
"""Another disk, or a file system without hard links: the file is copied."""
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Kept:
    sha256: str
    size_bytes: int


class Storage:
    """`url` as fsspec knows it: `file:///…`, `s3://bucket/prefix`, `memory://…`.

    `scratch` is a local folder, inside a local store, for uploads under way; `copies` is another, for files that are
    not at hand as they are.
    """

    def __init__(self, url: str, *, scratch: Path, copies: Path | None = None, min_free_mib: int = 0) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(url)
        self._local = Path(self._root) if url.startswith("file://") else None
        self.scratch, self._copies = scratch, copies or scratch
        self._sizes: dict[str, int] = {}
        self._min_free_bytes = min_free_mib << 20
        self._user = User(os.geteuid(), os.getegid())
        scratch.parent.mkdir(parents=True, exist_ok=True)
        if privileged() and folders.owner(scratch.parent).uid != 0:
            self._stand_aside()
        with self._hands():
            self.scratch.mkdir(exist_ok=True, mode=0o700)

    def _stand_aside(self) -> None:
        """Root in somebody else's folder: as that user, and by a descriptor, since the way to it may be root's own."""
        self._user = folders.owner(self.scratch.parent)
        folder = os.open(self.scratch.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, folder)
        here = Path(f"/proc/self/fd/{folder}")
        if self._local is not None:
            self._local = here if self._local == self.scratch.parent else self._local
        self.scratch = here / self.scratch.name

    def _hands(self) -> AbstractContextManager[None]:
        return files_as(self._user)

    def check_room(self) -> None:
        """Raises StorageFull where less than the reserve is free on the local disk."""
        if shutil.disk_usage(self.scratch).free < self._min_free_bytes:
            raise StorageFull("storage-full")

    def receive(self, stream: IO[bytes], *, most_bytes: int | None = None) -> Path:
        """A stream into a scratch file of its own, not yet kept; the caller removes it. Stops one byte past
        `most_bytes`, so that a caller can tell. Raises StorageFull."""
        self.check_room()
        path = self.scratch / f"upload-{secrets.token_hex(8)}"
        left = None if most_bytes is None else most_bytes + 1
        try:
            with self._hands(), path.open("xb") as file:
                while block := stream.read(BLOCK if left is None else min(BLOCK, left)):
                    file.write(block)
                    if left is not None:
                        left -= len(block)
                        if left == 0:
                            break
                file.flush()
                os.fsync(file.fileno())
        except BaseException as error:  # whatever the sender's end of the stream raises
            with self._hands():
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _full(error) from error
            raise
        return path

    def keep(self, path: Path) -> Kept:
        """A scratch file for good. The file itself is moved where that can be. Raises StorageFull."""
        with self._hands(), path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            kept = Kept(sha256, path.stat().st_size)
        try:
            with self._hands():
                if self._local is None:
                    self._fs.put_file(str(path), self._name(sha256))
                else:
                    self._link(path, self._local / sha256[:2] / sha256)
        except OSError as error:
            raise _full(error) from error
        return kept

    def keep_bytes(self, content: bytes) -> str:
        """The SHA-256 under which it is kept. Raises StorageFull."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.scratch / f"bytes-{secrets.token_hex(8)}"
        try:
            with self._hands(), path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self.keep(path)
        except OSError as error:
            raise _full(error) from error
        finally:
            with self._hands():
                path.unlink(missing_ok=True)
        return sha256

    def _link(self, path: Path, target: Path) -> None:
        """The folders are synced even where the file is there: whoever put it there may not have come so far yet."""
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o444)
        try:
            os.link(path, target)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            _copy(path, target)
        for folder in (target.parent, target.parent.parent):
            _sync_folder(folder)

    def _name(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def size(self, sha256: str) -> int:
        """In bytes; asked for once, since it never changes. Raises NotFound."""
        if sha256 not in self._sizes:
            with self.open(sha256) as file:
                self._sizes[sha256] = file.seek(0, os.SEEK_END)
        return self._sizes[sha256]

    def read(self, sha256: str) -> bytes:
        """Raises NotFound."""
        with self.open(sha256) as file:
            return file.read()

    def open(self, sha256: str) -> BinaryIO:
        """Raises NotFound."""
        try:
            if self._local is None:
                remote: BinaryIO = self._fs.open(self._name(sha256), "rb")
                return remote
            with self._hands():
                return (self._local / sha256[:2] / sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound("file-unknown") from error

    def local_path(self, sha256: str) -> Path:
        """A path on this machine with that content: the store's own, or a copy where the store is remote or somebody
        else's. Raises NotFound, PlatformFault where its content is another."""
        if self._local is not None and self._user.uid == os.geteuid():
            path = self._local / sha256[:2] / sha256
            if not path.exists():
                raise NotFound("file-unknown")
            return path
        path = self._copies / f"copy-{sha256}"
        try:
            os.utime(path)  # in use: the sweeper takes those that nobody asked for in a long time
        except FileNotFoundError:
            fresh = self._copies / f"copy-{sha256}-{secrets.token_hex(4)}"
            try:
                with self.open(sha256) as source, fresh.open("x+b") as copy:
                    shutil.copyfileobj(source, copy, BLOCK)
                    copy.seek(0)
                    if hashlib.file_digest(copy, "sha256").hexdigest() != sha256:
                        raise PlatformFault("internal", f"the stored file {sha256} has another content") from None
                fresh.chmod(0o444)
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
        return path

    def sweep_scratch(self, *, older_than: float) -> Iterator[Path]:
        """Remove uploads that never ended, by their time of change (seconds since the epoch); yields what went."""
        places: dict[Path, Callable[[], AbstractContextManager[None]]] = {self._copies: contextlib.nullcontext}
        for folder, hands in (places | {self.scratch: self._hands}).items():
            with hands():
                paths = list(folder.iterdir())
            for path in paths:
                with hands():
                    gone = _remove_old(path, older_than)
                if gone:
                    yield path


def _remove_old(path: Path, older_than: float) -> bool:
    with contextlib.suppress(FileNotFoundError):  # its upload ended in between
        if path.stat(follow_symlinks=False).st_mtime < older_than:
            path.unlink()
            return True
    return False


def _copy(path: Path, target: Path) -> None:
    """Whole or not at all, as a link would be."""
    fresh = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        with path.open("rb") as source, fresh.open("xb") as copy:
            shutil.copyfileobj(source, copy, BLOCK)
            copy.flush()
            os.fsync(copy.fileno())
        fresh.chmod(0o444)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _full(error: OSError) -> Exception:
    return StorageFull("storage-full") if error.errno in _NO_SPACE else error


def open_storage(settings: Settings) -> Storage:
    """The store that the settings name. Scratch lies inside a local store, so that keeping a file is a link, not a
    copy; beside the data otherwise."""
    local = settings.storage_url.startswith("file://")
    root = Path(fsspec.core.url_to_fs(settings.storage_url)[1]) if local else settings.data / "files"
    copies = settings.data / "copies"
    return Storage(settings.storage_url, scratch=root / ".incoming", copies=copies, min_free_mib=settings.min_free_mib)
