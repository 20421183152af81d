"""The images of the contest: scikit-learn's digits, moved, turned and requantised by a seed, never the originals.

Theory of operation. A pixel is a whole number of thousandths, 0..1000, in arrays of shape (count, 64), row by row. All
arithmetic is on integers (12 binary places for coordinates), so that the same seed gives the same images on every
machine; with ε a whole number of thousandths too, nobody can argue about who left the ball by a rounding error.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIDE = 8
PIXELS = SIDE * SIDE
WHITE = 1000
"""Thousandths: a pixel of 1.0."""
EPSILON = 100
"""Thousandths: 0.10, in the maximum norm."""
CLASSES = 10

Images = NDArray[np.int64]
"""(count, 64), thousandths."""
Labels = NDArray[np.int64]
"""(count,), 0..9."""

_PLACES = 12
_ONE = 1 << _PLACES
_CENTRE = 7 * _ONE // 2
SHIFT_PIXELS = 0.4
TURN_DEGREES = 8
LEVELS = (8, 32)


@cache
def _originals() -> tuple[NDArray[np.int64], Labels]:
    """(1797, 8, 8) in 0..16, and labels: the UCI handwritten digits as scikit-learn carries them."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images.astype(np.int64), found.target.astype(np.int64)


def draw(seed: bytes, count: int) -> tuple[Images, Labels]:
    """`count` images and their labels from a seed: shifted by up to 0.4 pixels each way, turned by up to 8°, and
    requantised to between 8 and 32 steps."""
    chance = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    originals, labels = _originals()
    chosen = chance.integers(len(labels), size=count)
    farthest = int(SHIFT_PIXELS * _ONE)
    shift = chance.integers(-farthest, farthest, size=(2, count), endpoint=True)
    turn = chance.integers(-TURN_DEGREES, TURN_DEGREES, size=count, endpoint=True)
    levels = chance.integers(LEVELS[0], LEVELS[1], size=count, endpoint=True)
    return _moved(originals[chosen], shift, turn, levels), labels[chosen]


def _moved(
    pictures: NDArray[np.int64], shift: NDArray[np.int64], turn: NDArray[np.int64], levels: NDArray[np.int64]
) -> Images:
    """Every output pixel is interpolated between the four around where it came from; outside is black."""
    count = len(pictures)
    angle = np.deg2rad(turn.astype(np.float64))
    cos = np.rint(np.cos(angle) * _ONE).astype(np.int64)[:, None, None]
    sin = np.rint(np.sin(angle) * _ONE).astype(np.int64)[:, None, None]
    away = np.arange(SIDE, dtype=np.int64) * _ONE - _CENTRE
    down, right = away[None, :, None], away[None, None, :]
    row = ((cos * down + sin * right) >> _PLACES) + _CENTRE + shift[0][:, None, None]
    column = ((cos * right - sin * down) >> _PLACES) + _CENTRE + shift[1][:, None, None]
    padded = np.zeros((count, SIDE + 6, SIDE + 6), dtype=np.int64)
    padded[:, 3:-3, 3:-3] = pictures
    top = np.clip(row >> _PLACES, -3, SIDE + 1) + 3
    left = np.clip(column >> _PLACES, -3, SIDE + 1) + 3
    below, beside = row & (_ONE - 1), column & (_ONE - 1)
    which = np.arange(count)[:, None, None]
    total = (
        padded[which, top, left] * (_ONE - below) * (_ONE - beside)
        + padded[which, top, left + 1] * (_ONE - below) * beside
        + padded[which, top + 1, left] * below * (_ONE - beside)
        + padded[which, top + 1, left + 1] * below * beside
    )
    whole = 16 << (2 * _PLACES)
    steps = levels[:, None, None]
    nearest = (2 * total * steps + whole) // (2 * whole)
    images: Images = ((2 * WHITE * nearest + steps) // (2 * steps)).reshape(count, PIXELS)
    return images


def in_ball(given: Images, clean: Images) -> Images:
    """The nearest images that are within ε of the clean ones and within black and white."""
    cut: Images = np.clip(np.clip(given, clean - EPSILON, clean + EPSILON), 0, WHITE)
    return cut
