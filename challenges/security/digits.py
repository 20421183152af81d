"""The images of the contest: scikit-learn's digits, mixed, bent and requantised by a seed, never the originals.

Theory of operation. The originals are public, so whatever stays near one of them can be looked up. Hence an image is
made of two digits of its class that are alike, in a mixture (Chawla et al. 2002, SMOTE; Zhang et al. 2018, mixup);
that is stretched, sheared, turned, shifted, and bent by a grid of random displacements (Simard et al. 2003), drawn
thicker or thinner, and requantised: some forty numbers are drawn for each image.

A pixel is a whole number of thousandths, 0..1000, in arrays of shape (count, 64), row by row. All arithmetic is on
integers (12 binary places), so that the same seed gives the same images on every machine; with ε a whole number of
thousandths too, nobody can argue about who left the ball by a rounding error.
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
Whole = NDArray[np.int64]

_PLACES = 12
_ONE = 1 << _PLACES
_CENTRE = 7 * _ONE // 2
_INK = 16
"""The originals' white."""
_MARGIN = 4
"""Black pixels around a picture, which interpolation may ask for."""

ALIKE = 10
"""An image's second digit is one of so many that are nearest to the first, of its class."""
MIXED = (0.25, 0.5)
"""The share of the second."""
STRETCH = 0.1
SHEAR = 0.1
TURN_TENTHS = 100
"""Of a degree."""
SHIFT_PIXELS = 0.5
BEND_PIXELS = 0.25
BEND_GRID = 4
"""Displacements are drawn at so many points each way, and interpolated between."""
THICKER = 0.2
"""The share of the way to the lightest (darkest) of a pixel and its four neighbours."""
LEVELS = (8, 32)


@cache
def _originals() -> tuple[Whole, Labels]:
    """(1797, 8, 8) in 0..16, and labels: the UCI handwritten digits as scikit-learn carries them."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images.astype(np.int64), found.target.astype(np.int64)


@cache
def _alike() -> Whole:
    """(1797, ALIKE): the nearest others of the same class, the nearest first."""
    originals, labels = _originals()
    flat = originals.reshape(-1, PIXELS)
    nearest = np.empty((len(labels), ALIKE), dtype=np.int64)
    for digit in range(CLASSES):
        mine = np.flatnonzero(labels == digit)
        squares = (flat[mine] ** 2).sum(axis=1)
        distances = squares[:, None] + squares - 2 * flat[mine] @ flat[mine].T
        np.fill_diagonal(distances, np.iinfo(np.int64).max)
        nearest[mine] = mine[np.argsort(distances, axis=1, kind="stable")[:, :ALIKE]]
    return nearest


class _Chance:
    """The numbers that make `count` images, each of shape (count, 1, 1) or longer, in 12 binary places."""

    def __init__(self, seed: bytes, count: int) -> None:
        self._stream = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
        self.count = count

    def whole(self, low: int, high: int, *shape: int) -> Whole:
        """From low to high, both of them possible."""
        drawn: Whole = self._stream.integers(low, high, size=(self.count, *(shape or (1, 1))), endpoint=True)
        return drawn

    def places(self, low: float, high: float, *shape: int) -> Whole:
        return self.whole(round(low * _ONE), round(high * _ONE), *shape)


def draw(seed: bytes, count: int) -> tuple[Images, Labels]:
    """`count` images and their labels from a seed."""
    chance = _Chance(seed, count)
    originals, labels = _originals()
    first = chance.whole(0, len(labels) - 1)[:, 0, 0]
    second = _alike()[first, chance.whole(0, ALIKE - 1)[:, 0, 0]]
    share = chance.places(*MIXED)
    ink = originals[first] * (_ONE - share) + originals[second] * share
    ink = _redrawn(_moved(ink, *_sources(chance)), chance.places(-THICKER, THICKER))
    return _requantised(ink, chance.whole(*LEVELS)), labels[first]


def _sources(chance: _Chance) -> tuple[Whole, Whole]:
    """Where every pixel comes from: (count, 8, 8) rows and columns."""
    away = np.arange(SIDE, dtype=np.int64) * _ONE - _CENTRE
    down = away[:, None] * (_ONE + chance.places(-STRETCH, STRETCH)) >> _PLACES
    right = away * (_ONE + chance.places(-STRETCH, STRETCH)) >> _PLACES
    right = right + (down * chance.places(-SHEAR, SHEAR) >> _PLACES)
    angle = np.deg2rad(chance.whole(-TURN_TENTHS, TURN_TENTHS) / 10)
    cos, sin = (np.rint(part * _ONE).astype(np.int64) for part in (np.cos(angle), np.sin(angle)))
    row, column = cos * down + sin * right >> _PLACES, cos * right - sin * down >> _PLACES
    shift = chance.places(-SHIFT_PIXELS, SHIFT_PIXELS, 2, 1, 1)
    bend = _between(chance.places(-BEND_PIXELS, BEND_PIXELS, 2, BEND_GRID, BEND_GRID))
    return row + _CENTRE + shift[:, 0] + bend[:, 0], column + _CENTRE + shift[:, 1] + bend[:, 1]


def _between(grid: Whole) -> Whole:
    """(…, BEND_GRID, BEND_GRID) interpolated to (…, 8, 8)."""
    place = np.arange(SIDE, dtype=np.int64) * (BEND_GRID - 1) * _ONE // (SIDE - 1)
    low = np.minimum(place >> _PLACES, BEND_GRID - 2)
    part = place - (low << _PLACES)
    rows = grid[..., low, :] * (_ONE - part)[:, None] + grid[..., low + 1, :] * part[:, None] >> _PLACES
    found: Whole = rows[..., low] * (_ONE - part) + rows[..., low + 1] * part >> _PLACES
    return found


def _moved(ink: Whole, row: Whole, column: Whole) -> Whole:
    """Every pixel is interpolated between the four around where it comes from; outside is black."""
    padded = np.pad(ink, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)))
    last = SIDE + _MARGIN - 2
    top = np.clip(row >> _PLACES, -_MARGIN, last) + _MARGIN
    left = np.clip(column >> _PLACES, -_MARGIN, last) + _MARGIN
    below, beside = row & (_ONE - 1), column & (_ONE - 1)
    which = np.arange(len(ink))[:, None, None]
    one = padded[which, top, left] * (_ONE - below) + padded[which, top + 1, left] * below >> _PLACES
    other = padded[which, top, left + 1] * (_ONE - below) + padded[which, top + 1, left + 1] * below >> _PLACES
    found: Whole = one * (_ONE - beside) + other * beside >> _PLACES
    return found


def _redrawn(ink: Whole, share: Whole) -> Whole:
    """Thicker where the share is above 0, thinner where it is below."""
    around = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    near = [around[:, 1:-1, 1:-1], around[:, :-2, 1:-1], around[:, 2:, 1:-1], around[:, 1:-1, :-2], around[:, 1:-1, 2:]]
    lightest, darkest = np.max(near, axis=0), np.min(near, axis=0)
    found: Whole = ink + (np.where(share > 0, lightest - ink, ink - darkest) * share >> _PLACES)
    return found


def _requantised(ink: Whole, steps: Whole) -> Images:
    """To the nearest of so many steps, as thousandths."""
    whole = _INK * _ONE
    nearest = (2 * ink * steps + whole) // (2 * whole)
    images: Images = ((2 * WHITE * nearest + steps) // (2 * steps)).reshape(len(ink), PIXELS)
    return images


def in_ball(given: Images, clean: Images) -> Images:
    """The nearest images that are within ε of the clean ones and within black and white."""
    cut: Images = np.clip(np.clip(given, clean - EPSILON, clean + EPSILON), 0, WHITE)
    return cut
