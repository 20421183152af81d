"""How `house.json` came about: `python -m challenges.security.training` writes it again.

Trained in floating point from fixed seeds on images like those of the contest, then rounded. What is in the file is
what counts: a machine that rounds otherwise while training would get models as good, but not the same."""

import hashlib
import itertools
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from challenges.base import Json
from challenges.security.digits import CLASSES, EPSILON, PIXELS, WHITE, Images, Labels, draw
from challenges.security.house import FILE, SCALE

COUNT = 20_000
BATCH = 128
STEPS = 5
"""Of projected gradient descent, for each batch of the hardened network."""
TREES, LEAVES, FOREST_COUNT = 20, 200, 12_000

Floats = NDArray[np.float64]


class Trained:
    """A network under training: ReLU layers, cross-entropy, Adam with a cosine schedule."""

    def __init__(self, sizes: list[int], chance: np.random.Generator) -> None:
        pairs = list(itertools.pairwise(sizes))
        self.weights = [chance.normal(size=pair) * np.sqrt(2 / pair[0]) for pair in pairs]
        self.biases = [np.zeros(pair[1]) for pair in pairs]

    def forward(self, images: Floats) -> list[Floats]:
        signals = [images]
        for i, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            signal = signals[-1] @ weights + bias
            signals.append(np.maximum(signal, 0) if i < len(self.weights) - 1 else signal)
        return signals

    def backward(self, images: Floats, labels: Labels) -> tuple[list[Floats], list[Floats], Floats]:
        """The gradients of the cross-entropy by weights, biases and pixels."""
        signals = self.forward(images)
        power = np.exp(signals[-1] - signals[-1].max(axis=1, keepdims=True))
        back = power / power.sum(axis=1, keepdims=True) - np.eye(CLASSES)[labels]
        by_weights, by_biases = [], []
        for i in range(len(self.weights) - 1, -1, -1):
            by_weights.append(signals[i].T @ back / len(images))
            by_biases.append(back.mean(axis=0))
            back = back @ self.weights[i].T
            if i:
                back = back * (signals[i] > 0)
        return by_weights[::-1], by_biases[::-1], back

    def attacked(self, images: Floats, labels: Labels, chance: np.random.Generator) -> Floats:
        """Projected gradient descent (Madry et al. 2018) within ε."""
        epsilon = EPSILON / WHITE
        moved = np.clip(images + chance.uniform(-epsilon, epsilon, images.shape), 0, 1)
        for _ in range(STEPS):
            moved = moved + 2.5 * epsilon / STEPS * np.sign(self.backward(moved, labels)[2])
            moved = np.clip(np.clip(moved, images - epsilon, images + epsilon), 0, 1)
        return moved

    def to_json(self) -> Json:
        """Rounded; biases are on the scale of what they are added to."""
        return {
            "weights": [np.rint(weights * SCALE).astype(int).tolist() for weights in self.weights],
            "biases": [np.rint(bias * SCALE * WHITE).astype(int).tolist() for bias in self.biases],
        }


def trained(sizes: list[int], seed: int, *, epochs: int, hardened: bool = False) -> Trained:
    chance = np.random.default_rng(seed)
    images, labels = _images(f"network {seed}", COUNT)
    net = Trained([PIXELS, *sizes, CLASSES], chance)
    parameters = [*net.weights, *net.biases]
    first, second = ([np.zeros_like(each) for each in parameters] for _ in range(2))
    step = 0
    for epoch in range(epochs):
        rate = 1e-3 * (1 + np.cos(np.pi * epoch / epochs)) + 1e-5
        order = chance.permutation(COUNT)
        for start in range(0, COUNT, BATCH):
            some = order[start : start + BATCH]
            batch = images[some] / WHITE
            if hardened:
                batch = net.attacked(batch, labels[some], chance)
            by_weights, by_biases, _ = net.backward(batch, labels[some])
            step += 1
            for i, (parameter, slope) in enumerate(zip(parameters, [*by_weights, *by_biases], strict=True)):
                first[i] = 0.9 * first[i] + 0.1 * slope
                second[i] = 0.999 * second[i] + 0.001 * slope**2
                scale = np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8
                np.subtract(parameter, rate * first[i] / (1 - 0.9**step) / scale, out=parameter)
    return net


def grown() -> Json:
    """scikit-learn's random forest, its trees as whole numbers."""
    from sklearn.ensemble import RandomForestClassifier

    images, labels = _images("forest", FOREST_COUNT)
    forest: Any = RandomForestClassifier(TREES, max_leaf_nodes=LEAVES, random_state=0, n_jobs=1).fit(images, labels)
    return {"trees": [_nodes(tree.tree_) for tree in forest.estimators_]}


def _nodes(tree: Any) -> list[list[int]]:
    leaf = tree.children_left < 0
    return [
        [-1, 0, int(tree.value[i][0].argmax()), 0]
        if leaf[i]
        else [
            int(tree.feature[i]),
            int(np.floor(tree.threshold[i])),
            int(tree.children_left[i]),
            int(tree.children_right[i]),
        ]
        for i in range(tree.node_count)
    ]


def _images(name: str, count: int) -> tuple[Images, Labels]:
    return draw(hashlib.sha256(f"podium security training: {name}".encode()).digest(), count)


def main() -> None:
    house = {
        "logistic": trained([], 1, epochs=15).to_json(),
        "network": trained([64], 2, epochs=25).to_json(),
        "hardened": trained([96], 4, epochs=40, hardened=True).to_json(),
        "forest": grown(),
    }
    FILE.write_text(json.dumps(house, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
