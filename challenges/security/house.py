"""The house models: what an attack meets in its qualification, and what house attacks are made on. Trusted code in this
process.

Theory of operation. They were trained once by `training.py`, and lie in `house.json` as whole numbers: weights with ten
binary places, thresholds of a forest in thousandths. Here they are only ever applied, in arithmetic that is exact: all
values are integers below 2**53 held in float64, where a product of matrices is the same in whatever order it is summed
and with any number of threads. So labels and gradients are the same on every machine, byte for byte."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from challenges.base import Json
from challenges.security.digits import CLASSES, PIXELS, Images, Labels, draw

FILE = Path(__file__).with_name("house.json")
SCALE = 1024
"""A weight of 1.0."""
NEIGHBOURS, REFERENCES = 5, 4000
AROUND = 4
"""So many images of the same digit say where an image is led away from."""
REFERENCE_SEED: Final = hashlib.sha256(b"podium security: the neighbours of the house").digest()

Exact = NDArray[np.float64]
"""Integers, none as large as 2**53."""


class Model(Protocol):
    """A classifier of the house."""

    def labels(self, images: Images) -> Labels:
        """(count,), 0..9; of classes that are equal the first."""
        ...


@dataclass(frozen=True, slots=True)
class Net:
    """Layers of ReLU units; one layer is a logistic regression."""

    weights: tuple[Exact, ...]
    biases: tuple[Exact, ...]

    @classmethod
    def from_json(cls, value: Json) -> "Net":
        layers = [np.asarray(layer, dtype=np.float64) for layer in value["weights"]]
        return cls(tuple(layers), tuple(np.asarray(bias, dtype=np.float64) for bias in value["biases"]))

    def _forward(self, images: Images) -> tuple[Exact, list[NDArray[np.bool_]]]:
        """The scores (count, 10), and which units were on, by layer."""
        signal, on = images.astype(np.float64), []
        last = len(self.weights) - 1
        for i, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            signal = signal @ weights + bias
            if i < last:
                on.append(signal > 0)
                signal = np.floor(np.maximum(signal, 0) / SCALE)
        return signal, on

    def labels(self, images: Images) -> Labels:
        found: Labels = self._forward(images)[0].argmax(axis=1)
        return found

    def slope(self, images: Images, labels: Labels) -> Exact:
        """(count, 64): how the lead of the best wrong class over the right one grows with each pixel. The scores are
        linear by pieces, so this is a sum of products of weights, exact but for a factor."""
        scores, on = self._forward(images)
        rows = np.arange(len(labels))
        wrong = scores.copy()
        wrong[rows, labels] = -np.inf
        back = np.zeros_like(scores)
        back[rows, wrong.argmax(axis=1)] = 1
        back[rows, labels] = -1
        for i in range(len(self.weights) - 1, -1, -1):
            back = back @ self.weights[i].T
            if i:
                back = back * on[i - 1]
        return back


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees that vote. A node is (pixel, threshold, low, high): on to `low` where the pixel is at most the threshold,
    otherwise to `high`; a leaf has pixel -1 and its class as `low`."""

    trees: tuple[NDArray[np.int64], ...]

    @classmethod
    def from_json(cls, value: Json) -> "Forest":
        return cls(tuple(np.asarray(tree, dtype=np.int64) for tree in value["trees"]))

    def labels(self, images: Images) -> Labels:
        votes = np.zeros((len(images), CLASSES), dtype=np.int64)
        rows = np.arange(len(images))
        for tree in self.trees:
            at = np.zeros(len(images), dtype=np.int64)
            while True:
                pixel, threshold, low, high = tree[at].T
                inner = pixel >= 0
                if not inner.any():
                    break
                onward = np.where(images[rows, np.maximum(pixel, 0)] <= threshold, low, high)
                at = np.where(inner, onward, at)
            votes[rows, tree[at, 2]] += 1
        found: Labels = votes.argmax(axis=1)
        return found


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The five nearest of 4,000 images vote; of images that are equally near the first."""

    references: Exact
    classes: Labels

    def _distances(self, images: Images) -> Exact:
        """(count, references): squares, less what is the same for all of them."""
        distances: Exact = (self.references**2).sum(axis=1) - 2 * (images.astype(np.float64) @ self.references.T)
        return distances

    def way_out(self, images: Images, labels: Labels) -> Exact:
        """(count, 64), exact but for a factor: from the middle of the nearest images of the same digit to the nearest
        of another."""
        distances, own = self._distances(images), self.classes == labels[:, None]
        there = np.where(own, np.inf, distances).argmin(axis=1)
        here = _least(np.where(own, distances, np.inf), AROUND)
        way: Exact = AROUND * self.references[there] - self.references[here].sum(axis=1)
        return way

    def labels(self, images: Images) -> Labels:
        nearest = _least(self._distances(images), NEIGHBOURS)
        votes = np.zeros((len(images), CLASSES), dtype=np.int64)
        np.add.at(votes, (np.arange(len(images))[:, None], self.classes[nearest]), 1)
        found: Labels = votes.argmax(axis=1)
        return found


def _least(figures: Exact, count: int) -> NDArray[np.int64]:
    """(rows, count): where the least figures of each row stand, of equal ones the first. Spoils `figures`; faster than
    to sort thousands for the sake of a few."""
    rows, found = np.arange(len(figures)), np.empty((len(figures), count), dtype=np.int64)
    for i in range(count):
        found[:, i] = figures.argmin(axis=1)
        figures[rows, found[:, i]] = np.inf
    return found


DEFENCES: Final = ("logistic", "network", "forest", "neighbours", "hardened")
ORACLE: Final = "network"
"""Whose labels an attack may ask for."""
NETS: Final = ("logistic", "network", "hardened")


@dataclass(frozen=True, slots=True)
class House:
    """All of them, by name."""

    nets: Mapping[str, Net]
    neighbours: Neighbours
    models: Mapping[str, Model]


@cache
def house() -> House:
    """Read once in a process."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    nets = {name: Net.from_json(stored[name]) for name in NETS}
    references, classes = draw(REFERENCE_SEED, REFERENCES)
    neighbours = Neighbours(references.astype(np.float64), classes)
    models: dict[str, Model] = {**nets, "forest": Forest.from_json(stored["forest"]), "neighbours": neighbours}
    assert references.shape == (REFERENCES, PIXELS)
    return House(nets, neighbours, {name: models[name] for name in DEFENCES})
