"""Makes weights.json: `python train.py flows.csv`, with the flows.csv from the contest's page. Takes about half a minute.
Nobody runs this where entries are judged."""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import affine_transform
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

COUNT = 20_000
chance = np.random.default_rng(1)


def like_the_contest(count):
    """Digits moved by up to 0.4 pixels, turned by up to 8 degrees and requantised to 8 to 32 steps."""
    digits = load_digits()
    chosen = chance.integers(len(digits.target), size=count)
    turns, shifts = chance.uniform(-8, 8, size=count), chance.uniform(-0.4, 0.4, size=(count, 2))
    moved = [moved_by(digits.images[i] / 16, turn, away) for i, turn, away in zip(chosen, np.radians(turns), shifts)]
    steps = chance.integers(8, 32, size=(count, 1), endpoint=True)
    images = np.round(np.clip(moved, 0, 1).reshape(count, 64) * steps) / steps
    return images, digits.target[chosen]


def moved_by(image, turn, away):
    """One interpolation for both: two would blur the image twice."""
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return affine_transform(image, matrix, offset=3.5 - matrix @ [3.5, 3.5] + away, order=1)


def forward(layers, images):
    signals = [images]
    for i, (weights, bias) in enumerate(layers):
        signal = signals[-1] @ weights + bias
        signals.append(np.maximum(signal, 0) if i < len(layers) - 1 else signal)
    return signals


def backward(layers, signals, labels):
    """Gradients of the cross-entropy: of every layer, and of the pixels."""
    power = np.exp(signals[-1] - signals[-1].max(axis=1, keepdims=True))
    back = power / power.sum(axis=1, keepdims=True) - np.eye(10)[labels]
    gradients = []
    for i in range(len(layers) - 1, -1, -1):
        gradients.insert(0, (signals[i].T @ back / len(labels), back.mean(axis=0)))
        back = back @ layers[i][0].T
        if i:
            back = back * (signals[i] > 0)
    return gradients, back


def network(images, labels, hidden=96, epochs=30, batch=64, strength=0.008):
    """Plain gradient descent with momentum, on images and on images after one step of `strength` against us."""
    sizes = [64, hidden, 10]
    layers = [[chance.normal(size=pair) * np.sqrt(2 / pair[0]), np.zeros(pair[1])] for pair in zip(sizes, sizes[1:])]
    momentum = [[np.zeros_like(part) for part in layer] for layer in layers]
    for epoch in range(epochs):
        rate = 0.1 * (1 - epoch / epochs) + 0.001
        order = chance.permutation(len(labels))
        for start in range(0, len(labels), batch):
            some = order[start : start + batch]
            clean, truth = images[some], labels[some]
            _, pixels = backward(layers, forward(layers, clean), truth)
            attacked = np.clip(clean + strength * np.sign(pixels), 0, 1)
            both, twice = np.concatenate([clean, attacked]), np.concatenate([truth, truth])
            gradients, _ = backward(layers, forward(layers, both), twice)
            for layer, speed, gradient in zip(layers, momentum, gradients):
                for part in (0, 1):
                    speed[part] = 0.9 * speed[part] - rate * gradient[part]
                    layer[part] += speed[part]
    return layers


def rounded(parts):
    return [np.round(part, 4).tolist() for part in parts]


if __name__ == "__main__":
    images, labels = like_the_contest(COUNT)
    surrogate = LogisticRegression(C=10.0, max_iter=500).fit(images, labels)
    table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
    flows, attacks = np.log1p(table[:, :-1]), table[:, -1]
    mean, spread = flows.mean(axis=0), flows.std(axis=0)
    detector = LogisticRegression(max_iter=500).fit((flows - mean) / spread, attacks)
    weights = {
        "attack": rounded([surrogate.coef_.T, surrogate.intercept_]),
        "defence": [rounded(layer) for layer in network(images, labels)],
        "detect": rounded([mean, spread, detector.coef_[0], detector.intercept_[0]]),
    }
    Path(__file__).with_name("weights.json").write_text(json.dumps(weights, separators=(",", ":")))
