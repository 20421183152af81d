"""Makes weights.json: `python train.py flows.csv`, with the flows.csv from the contest's page, where Podium is
installed. Takes about half a minute. Nobody runs this where entries are judged."""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from challenges.security.digits import WHITE, draw  # the contest's own generator; the seeds that judge are others

COUNT = 20_000
chance = np.random.default_rng(1)


def forward(layers, images):
    signals = [images]
    for i, (weights, bias) in enumerate(layers):
        signal = signals[-1] @ weights + bias
        signals.append(np.maximum(signal, 0) if i < len(layers) - 1 else signal)
    return signals


def gradients(layers, images, labels):
    """Of the cross-entropy, for every layer."""
    signals = forward(layers, images)
    power = np.exp(signals[-1] - signals[-1].max(axis=1, keepdims=True))
    back = power / power.sum(axis=1, keepdims=True) - np.eye(10)[labels]
    found = []
    for i in range(len(layers) - 1, -1, -1):
        found.insert(0, (signals[i].T @ back / len(labels), back.mean(axis=0)))
        back = (back @ layers[i][0].T) * (signals[i] > 0)
    return found


def network(images, labels, hidden=64, epochs=20, batch=64, noise=0.1):
    """Plain gradient descent with momentum; every time an image is seen, each pixel is moved up or down by `noise` at
    random. An attack is not random: training on attacked images instead is what to try first."""
    sizes = [64, hidden, 10]
    layers = [[chance.normal(size=pair) * np.sqrt(2 / pair[0]), np.zeros(pair[1])] for pair in zip(sizes, sizes[1:])]
    momentum = [[np.zeros_like(part) for part in layer] for layer in layers]
    for epoch in range(epochs):
        rate = 0.1 * (1 - epoch / epochs) + 0.001
        order = chance.permutation(len(labels))
        for start in range(0, len(labels), batch):
            some = order[start : start + batch]
            noisy = np.clip(images[some] + chance.choice([-noise, noise], size=(len(some), 64)), 0, 1)
            for layer, speed, gradient in zip(layers, momentum, gradients(layers, noisy, labels[some])):
                for part in (0, 1):
                    speed[part] = 0.9 * speed[part] - rate * gradient[part]
                    layer[part] += speed[part]
    return layers


def rounded(parts):
    return [np.round(part, 4).tolist() for part in parts]


if __name__ == "__main__":
    images, labels = draw(b"any seed of our own", COUNT)
    images = images / WHITE
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
