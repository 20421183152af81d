"""Entries as they are uploaded (.zip, .tar.gz, .py): checked on the portal, unpacked inside a container, by one code.

Theory of operation. `_members` walks an archive once, front to back, and yields each file with a reader; every rule is
applied there, on what is really in the stream and not on what a directory claims. `check` reads each file and throws it
away, `unpack` writes it: so that they can never disagree. Memory is bounded: a zip's central directory is measured
before `zipfile` reads it, and between two files of a tar only a bounded run of headers may be read. Nothing in an
archive is ever executed or parsed as code here. Standard library only, as the image holds a copy of this module.
"""

import codecs
import gzip
import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from sandbox.errors import BadArchive
from sandbox.manifest import MAX_BYTES as MANIFEST_BYTES
from sandbox.manifest import Manifest, read_manifest

MIB = 1 << 20
CHUNK = 1 << 16
HEADER_BYTES = 4096
"""What may on average stand between two files of a tar: headers, long names, padding."""
SLACK_BYTES = 1 << 16
DIRECTORY_BYTES_PER_FILE = 1024
BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What the standard library raises on bytes that are no archive."""
UNPACKED = frozenset({"__pycache__", ".git"})
"""Folders that are not taken along when a folder is packed."""
_BAD_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029\ud800-\udfff]")
_DRIVE = re.compile(r"^[A-Za-z]:")

Kind = Literal["zip", "tar.gz", "py"]


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    packed_bytes: int = 100 * MIB
    unpacked_bytes: int = 120 * MIB
    files: int = 4096
    ratio: int = 200
    """How many times its packed size an archive may grow; below 4 MiB unpacked it does not matter."""
    name_bytes: int = 200
    depth: int = 16


@dataclass(frozen=True, slots=True)
class EntryFacts:
    kind: Kind
    files: int
    unpacked_bytes: int
    entry_point: str
    """Path inside the archive: `agent.py` or `entry.toml`, at the root or in the one folder that holds everything."""
    root: str = ""
    """That folder, with its slash, or nothing."""
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    executable: bool
    read: Callable[[int], bytes]
    size: int | None = None
    """What its header claims, if anything: it must be true."""


def kind_of(filename: str) -> Kind:
    """By the ending of its name. Raises BadArchive wrong_type."""
    name = filename.lower()
    if name.endswith(".zip"):
        return "zip"
    if name.endswith((".tar.gz", ".tgz")):
        return "tar.gz"
    if name.endswith(".py"):
        return "py"
    raise BadArchive("wrong_type")


def check(path: Path, *, filename: str, limits: ArchiveLimits | None = None) -> EntryFacts:
    """Read an upload to its end and say what is in it. `filename` is what its owner calls it.

    Raises BadArchive with one of: empty, too_large (bytes), wrong_type, not_readable, encrypted, traversal (name),
    absolute (name), link (name), device (name), too_many_files (files), bomb (bytes), name_too_long (bytes), bad_name,
    duplicate (name), no_entry_point, bad_entry_toml (reason), not_text (a .py that is not UTF-8 or holds a NUL).
    Raises OSError only where the file cannot be opened.
    """
    return _walk(path, kind_of(filename), limits or ArchiveLimits(), into=None)


def unpack(
    path: Path, into: Path, *, filename: str, limits: ArchiveLimits | None = None, any_content: bool = False
) -> EntryFacts:
    """Unpack into an existing empty folder under the same rules; a single top folder is taken off. Modes: 0644, or 0755
    where the archive says executable. With `any_content` there need be no entry point. Raises as `check`, and
    BadArchive too_large where the folder has no room."""
    limits = limits or ArchiveLimits()
    facts = _walk(path, kind_of(filename), limits, into=None, any_content=any_content)
    return _walk(path, facts.kind, limits, into=into, root=facts.root, any_content=any_content)


def _walk(
    path: Path, kind: Kind, limits: ArchiveLimits, *, into: Path | None, root: str = "", any_content: bool = False
) -> EntryFacts:
    packed = path.stat().st_size
    if packed == 0:
        raise BadArchive("empty")
    if packed > limits.packed_bytes:
        raise BadArchive("too_large", bytes=limits.packed_bytes)
    tally = _Tally(limits, ceiling=min(limits.unpacked_bytes, max(4 * MIB, packed * limits.ratio)))
    with path.open("rb") as file, _only_bad_archive():
        for member in _members(file, kind, packed, limits):
            name = tally.admit(member)
            with _target(into, name.removeprefix(root), executable=member.executable) as write:
                tally.copy(member, name, write)
    return tally.facts(kind, any_content=any_content)


class _Tally:
    """What has been seen of an archive so far, and the rules that hold over all of it."""

    def __init__(self, limits: ArchiveLimits, ceiling: int) -> None:
        self._limits, self._ceiling = limits, ceiling
        self._names: set[str] = set()
        self._manifests: dict[str, bytes] = {}
        self._total = 0

    def admit(self, member: _Member) -> str:
        """The cleaned name of a file that may be there."""
        name = _clean(member.name, self._limits)
        if name in self._names:
            raise BadArchive("duplicate", name=name)
        self._names.add(name)
        if len(self._names) > self._limits.files:
            raise BadArchive("too_many_files", files=self._limits.files)
        return name

    def copy(self, member: _Member, name: str, write: Callable[[bytes], object]) -> None:
        is_manifest = name.rpartition("/")[2] == "entry.toml" and name.count("/") < 2
        head = bytearray()
        before = self._total
        while chunk := member.read(CHUNK):
            self._total += len(chunk)
            if self._total > self._ceiling:
                raise BadArchive("bomb", bytes=self._ceiling)
            write(chunk)
            if is_manifest and len(head) <= MANIFEST_BYTES:
                head += chunk
        if member.size not in (None, self._total - before):
            raise BadArchive("not_readable")
        if is_manifest:
            self._manifests[name] = bytes(head)

    def facts(self, kind: Kind, *, any_content: bool) -> EntryFacts:
        names = self._names
        if not names:
            raise BadArchive("empty")
        if not _parents(names).isdisjoint(names):
            raise BadArchive("duplicate", name=min(_parents(names) & names))
        tops = {name.partition("/")[0] for name in names}
        root = f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in names) else ""
        if any_content:
            return EntryFacts(kind, len(names), self._total, "", root)
        for point in (f"{root}entry.toml", f"{root}agent.py"):
            if point in names:
                manifest = read_manifest(self._manifests[point]) if point in self._manifests else None
                if manifest and not (manifest.run or manifest.build or f"{root}agent.py" in names):
                    break
                return EntryFacts(kind, len(names), self._total, point, root, manifest)
        raise BadArchive("no_entry_point")


def _parents(names: set[str]) -> set[str]:
    return {name[:at] for name in names for at, letter in enumerate(name) if letter == "/"}


def _clean(name: str, limits: ArchiveLimits) -> str:
    if _BAD_NAME.search(name):
        raise BadArchive("bad_name")
    if name.startswith("/") or _DRIVE.match(name):
        raise BadArchive("absolute", name=name[: limits.name_bytes])
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadArchive("traversal", name=name[: limits.name_bytes])
    if len(name.encode()) > limits.name_bytes or len(parts) > limits.depth:
        raise BadArchive("name_too_long", bytes=limits.name_bytes)
    if not parts:
        raise BadArchive("bad_name")
    return "/".join(parts)


@contextmanager
def _only_bad_archive() -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise BadArchive("not_readable") from error


@contextmanager
def _target(into: Path | None, name: str, *, executable: bool) -> Iterator[Callable[[bytes], object]]:
    if into is None:
        yield len
        return
    path = into / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            yield file.write
        path.chmod(0o755 if executable else 0o644)
    except OSError as error:
        raise BadArchive("too_large", bytes=0) from error


def _members(file: IO[bytes], kind: Kind, packed: int, limits: ArchiveLimits) -> Iterator[_Member]:
    if kind == "py":
        yield _Member("agent.py", executable=False, read=_Text(file).read)
    elif kind == "zip":
        yield from _zip_members(file, packed, limits)
    else:
        yield from _tar_members(file, limits)


class _Text:
    """Reads a .py and holds it to be UTF-8 without NUL."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        try:
            self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise BadArchive("not_text") from error
        if b"\0" in chunk:
            raise BadArchive("not_text")
        return chunk


def _zip_members(file: IO[bytes], packed: int, limits: ArchiveLimits) -> Iterator[_Member]:
    _measure_directory(file, packed, limits)
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name = _zip_name(info)
            if name.startswith("__MACOSX/"):
                continue
            mode = info.external_attr >> 16
            if info.flag_bits & 0x41:
                raise BadArchive("encrypted")
            if stat.S_ISLNK(mode):
                raise BadArchive("link", name=name[: limits.name_bytes])
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise BadArchive("device", name=name[: limits.name_bytes])
            if name.endswith("/"):
                _clean(name, limits)
                continue
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise BadArchive("not_readable")
            with archive.open(info) as stream:
                yield _Member(name, bool(mode & 0o100), stream.read, info.file_size)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name, where it is UTF-8 with or without the flag that says so (macOS leaves it out)."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError as error:
        raise BadArchive("bad_name") from error


def _measure_directory(file: IO[bytes], packed: int, limits: ArchiveLimits) -> None:
    """Look where `zipfile` will look, and refuse a directory too large to be held in memory."""
    tail_at = max(0, packed - (1 << 16) - 42)
    file.seek(tail_at)
    tail = file.read()
    file.seek(0)
    ends = tail[-22:]
    at = len(tail) - 22 if ends[:4] == b"PK\5\6" and ends[-2:] == b"\0\0" else tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22 or b"PK\6\7" in tail[max(0, at - 20) : at]:
        raise BadArchive("not_readable")
    entries, directory = struct.unpack_from("<HI", tail, at + 10)
    if entries > 2 * limits.files:
        raise BadArchive("too_many_files", files=limits.files)
    if directory > 2 * limits.files * DIRECTORY_BYTES_PER_FILE:
        raise BadArchive("not_readable")


class _Rationed(io.RawIOBase):
    """A stream of which only so much may be read as has been allowed."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._allowed = SLACK_BYTES

    def allow(self, size: int) -> None:
        self._allowed += size

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._allowed -= len(chunk)
        if self._allowed < 0:
            raise BadArchive("bomb", bytes=SLACK_BYTES)
        return chunk


def _tar_members(file: IO[bytes], limits: ArchiveLimits) -> Iterator[_Member]:
    with gzip.GzipFile(fileobj=file) as plain:
        stream = _Rationed(plain)
        with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="strict") as archive:
            for seen, info in enumerate(archive):
                if seen > 2 * limits.files:
                    raise BadArchive("too_many_files", files=limits.files)
                stream.allow(HEADER_BYTES)
                name = info.name[: limits.name_bytes]
                if info.issym() or info.islnk():
                    raise BadArchive("link", name=name)
                if not (info.isdir() or info.isreg()) or info.issparse():
                    raise BadArchive("device", name=name)
                if info.isdir():
                    if info.name.strip("./"):
                        _clean(info.name, limits)
                    continue
                stream.allow(max(0, info.size))
                content = archive.extractfile(info)
                if content is None:
                    raise BadArchive("not_readable")
                yield _Member(info.name, bool(info.mode & 0o100), content.read)


def pack(folder: Path, to: Path) -> None:
    """A folder of our own machine as a .tar.gz, the same bytes each time. Raises BadArchive link or device where it
    holds such, OSError where it cannot be read."""
    with (
        to.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if not UNPACKED.isdisjoint(path.relative_to(folder).parts):
                continue
            if path.is_symlink():
                raise BadArchive("link", name=name)
            if path.is_dir():
                continue
            if not path.is_file():
                raise BadArchive("device", name=name)
            info = tarfile.TarInfo(name)
            info.size, info.mode = path.stat().st_size, 0o755 if path.stat().st_mode & 0o100 else 0o644
            with path.open("rb") as file:
                archive.addfile(info, file)
