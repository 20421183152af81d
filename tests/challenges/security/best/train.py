"""Makes weights.json: `python tests/challenges/security/best/train.py flows.csv`. Not run in tests."""

import importlib.util
import itertools
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("best_agent", HERE / "agent.py")
agent = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(agent)


def trained(sizes, data, labels, *, epochs, seed, strength=0.0, decay=1e-4):
    """Adam on the cross-entropy; where `strength` is not 0, on images after five steps against us."""
    chance = np.random.default_rng(seed)
    layers = [
        [chance.normal(size=pair) * np.sqrt(2 / pair[0]), np.zeros(pair[1])] for pair in itertools.pairwise(sizes)
    ]
    moments = [[(np.zeros_like(part), np.zeros_like(part)) for part in layer] for layer in layers]
    truth, step = np.eye(sizes[-1])[labels], 0
    for epoch in range(epochs):
        rate = 1e-3 * (1 + np.cos(np.pi * epoch / epochs)) + 1e-5
        order = chance.permutation(len(labels))
        for start in range(0, len(labels), 128):
            some = order[start : start + 128]
            batch = data[some]
            if strength:
                moved = np.clip(batch + chance.uniform(-strength, strength, batch.shape), 0, 1)
                for _ in range(5):
                    moved = moved + strength / 2 * np.sign(gradients(layers, moved, truth[some])[1])
                    moved = np.clip(np.clip(moved, batch - strength, batch + strength), 0, 1)
                batch = moved
            slopes, _ = gradients(layers, batch, truth[some])
            step += 1
            for layer, moment, slope in zip(layers, moments, slopes, strict=True):
                for part in (0, 1):
                    change = slope[part] + decay * layer[part]
                    first = 0.9 * moment[part][0] + 0.1 * change
                    second = 0.999 * moment[part][1] + 0.001 * change**2
                    moment[part] = (first, second)
                    layer[part] -= rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return layers


def gradients(layers, data, truth):
    signals = agent.forward(layers, data)
    back = agent.softmax(signals[-1]) - truth
    slopes = []
    for i in range(len(layers) - 1, -1, -1):
        slopes.insert(0, (signals[i].T @ back / len(data), back.mean(axis=0)))
        back = back @ layers[i][0].T
        if i:
            back = back * (signals[i] > 0)
    return slopes, back


def rounded(layers):
    return [[np.round(part, 4).tolist() for part in layer] for layer in layers]


if __name__ == "__main__":
    images, labels = agent.moved_digits(20_000, 7)
    table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
    flows, attacks = agent.rich(table[:, :-1]), table[:, -1].astype(int)
    mean, spread = flows.mean(axis=0), flows.std(axis=0) + 1e-9
    detector = trained([flows.shape[1], 48, 2], (flows - mean) / spread, attacks, epochs=30, seed=1, decay=1e-3)
    weights = {
        "logistic": rounded(trained([64, 10], images, labels, epochs=15, seed=4)),
        "plain": rounded(trained([64, 64, 10], images, labels, epochs=15, seed=1)),
        "hardened": rounded(trained([64, 96, 10], images, labels, epochs=10, seed=2, strength=0.1)),
        "deep": rounded(trained([64, 64, 48, 10], images, labels, epochs=10, seed=3, strength=0.04)),
        "detect": rounded([[mean, spread], *detector]),
    }
    (HERE / "weights.json").write_text(json.dumps(weights, separators=(",", ":")))
