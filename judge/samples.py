"""The labelled samples as uploads: packed the same way every time, so that they are known by their hash."""

import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path

from challenges import registry, sheet
from challenges.sheet import Sample

_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path) -> bytes:
    """An entry's folder as a .zip: sorted names, no times, no modes; the same bytes on every machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                info.external_attr = 0o644 << 16
                archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


def samples_of(slug: str) -> list[Sample]:
    """In the order of `samples.toml`."""
    return sheet.samples(slug)


@cache
def known_hashes() -> frozenset[str]:
    """SHA-256 of every sample that ships with us, packed: what the process sandbox may play."""
    return frozenset(
        hashlib.sha256(pack(sample.path)).hexdigest() for slug in registry.names() for sample in sheet.samples(slug)
    )


def is_sample(path: Path) -> bool:
    """Whether a stored file is one of them, by its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() in known_hashes()
