"""The labelled samples as uploads: packed the same way every time, so that they are known by their hash."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from challenges import registry, sheet
from challenges.base import About
from challenges.sheet import Sample
from sandbox.archive import UNPACKED

_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path) -> bytes:
    """An entry's folder as a .zip: the same bytes on every machine, and as a starter kit's pack.py makes them."""
    return zipped(files_in(folder))


def files_in(folder: Path) -> dict[str, bytes]:
    """What belongs to an entry, by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and UNPACKED.isdisjoint(path.relative_to(folder).parts)
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A .zip of these files in their order; no times, no modes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Packed:
    """A sample as its team would upload it."""

    filename: str
    content: bytes
    summary: str = ""
    links: tuple[str, ...] = ()


def packed(about: About, sample: Sample) -> Packed:
    """A program's folder as a .zip; a deck as it is, with what is written beside it."""
    if about.entry.kind == "deck":
        return deck_in(sample.path)
    return Packed(f"{sample.name}.zip", pack(sample.path))


def deck_in(folder: Path) -> Packed:
    """`deck.pdf`, `summary.txt` and, if it is there, `links.txt` with one link a line. Raises OSError."""
    links = folder / "links.txt"
    return Packed(
        "deck.pdf",
        (folder / "deck.pdf").read_bytes(),
        summary=(folder / "summary.txt").read_text(encoding="utf-8"),
        links=tuple(links.read_text(encoding="utf-8").split()) if links.exists() else (),
    )


def samples_of(slug: str) -> list[Sample]:
    """In the order of `samples.toml`."""
    return sheet.samples(slug)


def sound_samples(slug: str) -> list[Sample]:
    """Those that a team may begin with, the one that is called so first; a contest of several tracks may have more."""
    sound = [sample for sample in sheet.samples(slug) if "sound" in (sample.name, sample.label)]
    return sorted(sound, key=lambda sample: sample.name != "sound")


@cache
def known_hashes() -> frozenset[str]:
    """SHA-256 of every sample that ships with us, packed: what the process sandbox may play."""
    return frozenset(
        hashlib.sha256(packed(sheet.about(slug), sample).content).hexdigest()
        for slug in registry.names()
        for sample in sheet.samples(slug)
    )


def is_sample(path: Path) -> bool:
    """Whether a stored file is one of them, by its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() in known_hashes()
