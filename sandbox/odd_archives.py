"""Archives that no packer makes, built from what an exhibit of the corpus says, since git cannot hold them as they are.

formats = ["zip", "tar.gz"]         in which forms it is tried
[[member]]
name = "../x"
text = "..."                        its content, or `zeros` bytes of zeros
kind = "file"                       or folder, symlink, hardlink, character, block, fifo, sparse
count = 1                           so many of them; `{n}` in the name counts
damage = "truncated"                what is done to the bytes afterwards: a name of `DAMAGES`
"""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AGENT = "def act(observation):\n    return 0\n"
TAR_KINDS = {
    "file": tarfile.REGTYPE,
    "folder": tarfile.DIRTYPE,
    "symlink": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
    "character": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "sparse": tarfile.GNUTYPE_SPARSE,
}
ZIP_KINDS = {
    "file": stat.S_IFREG,
    "folder": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "character": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    content: bytes
    kind: str
    target: str


def write(table: Mapping[str, Any], form: str, path: Path) -> None:
    """The archive of an exhibit's table in one of its formats. Raises KeyError where the table names what is not."""
    members = list(_members(table))
    makers: dict[str, Callable[[list[Member]], bytes]] = {"zip": _zip, "tar.gz": _tar, "py": _first}
    path.write_bytes(DAMAGES[table.get("damage", "none")](makers[form](members)))


def _members(table: Mapping[str, Any]) -> Iterator[Member]:
    if table.get("agent", True):
        yield Member("agent.py", AGENT.encode(), "file", "")
    for row in table.get("member", ()):
        for number in range(row.get("count", 1)):
            yield Member(
                name=row["name"].replace("{n}", str(number)),
                content=bytes(row["zeros"]) if "zeros" in row else row.get("text", "").encode(),
                kind=row.get("kind", "file"),
                target=row.get("target", ""),
            )


def _zip(members: list[Member]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name)
            info.filename = info.orig_filename = member.name
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (ZIP_KINDS[member.kind] | 0o644) << 16
            archive.writestr(info, member.target.encode() if member.kind == "symlink" else member.content)
    return buffer.getvalue()


def _tar(members: list[Member]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.type = TAR_KINDS[member.kind]
            info.linkname = member.target
            info.size = len(member.content) if member.kind in ("file", "sparse") else 0
            archive.addfile(info, io.BytesIO(member.content))
    return buffer.getvalue()


def _first(members: list[Member]) -> bytes:
    return members[0].content


# ---------------------------------------------------------------------------------------------------------------------
# Damage


def _encrypted(content: bytes) -> bytes:
    """A zip whose members say that they are encrypted."""
    raw = bytearray(content)
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = raw.find(mark)
        while at >= 0:
            raw[at + offset] |= 1
            at = raw.find(mark, at + 4)
    return bytes(raw)


def _lying_size(content: bytes) -> bytes:
    """A zip whose directory claims one byte for every member, whatever comes out."""
    raw = bytearray(content)
    at = raw.find(b"PK\1\2")
    while at >= 0:
        struct.pack_into("<I", raw, at + 24, 1)
        at = raw.find(b"PK\1\2", at + 4)
    return bytes(raw)


def _overlapping(content: bytes) -> bytes:
    """A zip in which every member of the directory points at the last one's bytes."""
    raw = bytearray(content)
    places = []
    at = raw.find(b"PK\1\2")
    while at >= 0:
        places.append(at)
        at = raw.find(b"PK\1\2", at + 4)
    for place in places:
        raw[place + 42 : place + 46] = raw[places[-1] + 42 : places[-1] + 46]
    return bytes(raw)


def _claimed_directory(content: bytes) -> bytes:
    """A zip whose end claims sixty thousand members."""
    raw = bytearray(content)
    at = raw.rfind(b"PK\5\6")
    struct.pack_into("<HH", raw, at + 8, 60_000, 60_000)
    return bytes(raw)


def _huge_header(_content: bytes) -> bytes:
    """A tar whose first header announces another one of a gigabyte."""
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    return gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(30 * CHUNK_BYTES), 1)


def _gzip_of_gzip(content: bytes) -> bytes:
    """Packed twice: inside the gzip is no tar."""
    return gzip.compress(content, 1)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "truncated": lambda content: content[: len(content) * 2 // 3],
    "empty": lambda _content: b"",
    "noise": lambda content: bytes(byte ^ 0xA5 for byte in content),
    "encrypted": _encrypted,
    "lying size": _lying_size,
    "overlapping": _overlapping,
    "claimed directory": _claimed_directory,
    "huge header": _huge_header,
    "gzip of gzip": _gzip_of_gzip,
}
