"""The images that an attack leaves behind: bytes of our own making, and checked all the same when they are read."""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from challenges.errors import BrokenChallenge
from challenges.security.digits import CLASSES, PIXELS, WHITE, Images, Labels, in_ball

_HEAD: Final = struct.Struct("<8sI")
_MARK: Final = b"PDKEPT01"
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Images as they were and as they became, each within ε of what it was."""

    clean: Images
    labels: Labels
    attacked: Images


def pack(kept: Kept) -> bytes:
    """Head, clean images, attacked images (two bytes a pixel, little-endian), labels (one byte each)."""
    arrays = (kept.clean.astype("<u2"), kept.attacked.astype("<u2"), kept.labels.astype("u1"))
    return _HEAD.pack(_MARK, len(kept.labels)) + b"".join(array.tobytes() for array in arrays)


def unpack(content: bytes) -> Kept:
    """Raises BrokenChallenge where these are no such bytes, or an image is outside of its ball."""
    if len(content) < _HEAD.size:
        raise BrokenChallenge("kept images: no head")
    mark, count = _HEAD.unpack_from(content)
    size = count * PIXELS
    if mark != _MARK or not 0 < count <= _MOST or len(content) != _HEAD.size + 4 * size + count:
        raise BrokenChallenge("kept images: another mark or length")
    both = np.frombuffer(content, dtype="<u2", count=2 * size, offset=_HEAD.size).astype(np.int64)
    labels = np.frombuffer(content, dtype="u1", offset=_HEAD.size + 4 * size).astype(np.int64)
    clean, attacked = both.reshape(2, count, PIXELS)
    if labels.max() >= CLASSES or clean.max() > WHITE or not np.array_equal(in_ball(attacked, clean), attacked):
        raise BrokenChallenge("kept images: a label or a pixel is out of range")
    return Kept(clean, labels, attacked)
