"""Makes weights.npz: `python -m tests.challenges.security.best.train flows.csv`, with the flows.csv of any phase. Takes
some minutes. Not run in tests."""

import hashlib
import itertools
import sys

import numpy as np

from challenges.security.digits import WHITE, draw
from tests.challenges.security.best import agent

COUNT, POOL = 20_000, 5
REFERENCES = 2_500


def pool(name, count):
    """Images by the contest's own generator, which lies open, from a seed of ours."""
    images, labels = draw(hashlib.sha256(f"the authors' best: {name}".encode()).digest(), count)
    return (images / WHITE).astype(np.float32), labels


def trained(sizes, data, *, epochs, seed, strength=0.0, decay=0.0):
    """Adam on the cross-entropy, in single precision; `data` are (samples, labels), taken in turn by epochs; where
    `strength` is not 0, on images after five steps against us (Madry et al. 2018)."""
    chance = np.random.default_rng(seed)
    parts = []
    for pair in itertools.pairwise(sizes):
        parts += [(chance.normal(size=pair) * np.sqrt(2 / pair[0])).astype(np.float32), np.zeros(pair[1], np.float32)]
    first, second = ([np.zeros_like(part) for part in parts] for _ in range(2))
    step = 0
    for epoch in range(epochs):
        samples, labels = data[epoch % len(data)]
        truth = np.eye(sizes[-1], dtype=np.float32)[labels]
        rate = 1e-3 * (1 + np.cos(np.pi * epoch / epochs)) + 1e-5
        order = chance.permutation(len(labels))
        for start in range(0, len(labels), 128):
            some = order[start : start + 128]
            batch = samples[some]
            if strength:
                batch = attacked(parts, batch, truth[some], chance, strength)
            slopes, _ = gradients(parts, batch, truth[some])
            step += 1
            for i, (part, slope) in enumerate(zip(parts, slopes, strict=True)):
                change = slope + decay * part
                first[i] = 0.9 * first[i] + 0.1 * change
                second[i] = 0.999 * second[i] + 0.001 * change**2
                scale = np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8
                np.subtract(part, (rate * first[i] / (1 - 0.9**step) / scale).astype(np.float32), out=part)
    return parts


def attacked(parts, batch, truth, chance, strength):
    moved = np.clip(batch + chance.uniform(-strength, strength, batch.shape).astype(np.float32), 0, 1)
    for _ in range(5):
        moved = moved + np.float32(strength / 2) * np.sign(gradients(parts, moved, truth)[1])
        moved = np.clip(np.clip(moved, batch - strength, batch + strength), 0, 1).astype(np.float32)
    return moved


def gradients(parts, data, truth):
    signals = agent.forward(parts, data)
    back = agent.softmax(signals[-1]) - truth
    slopes = []
    for i in range(len(parts) // 2 - 1, -1, -1):
        slopes = [signals[i].T @ back / len(data), back.mean(axis=0), *slopes]
        back = back @ parts[2 * i].T
        if i:
            back = back * (signals[i] > 0)
    return slopes, back


def main(flows):
    images, labels = pool("networks", POOL * COUNT)
    parts = [slice(start, start + COUNT) for start in range(0, POOL * COUNT, COUNT)]
    data = [(images[part], labels[part]) for part in parts]
    table = np.loadtxt(flows, delimiter=",", skiprows=1)
    features, attacks = agent.rich(table[:, :-1]), table[:, -1].astype(int)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = ((features - mean) / spread).astype(np.float32)
    nets = {
        "defence": trained([64, 512, 256, 10], data, epochs=60, seed=6, strength=0.1),
        "logistic": trained([64, 10], data, epochs=15, seed=4),
        "plain": trained([64, 64, 10], data, epochs=15, seed=1),
        "hardened": trained([64, 96, 10], data, epochs=20, seed=2, strength=0.1),
        "deep": trained([64, 64, 48, 10], data, epochs=15, seed=3, strength=0.04),
        "detect": trained([rows.shape[1], 48, 2], [(rows, attacks)], epochs=30, seed=1, decay=1e-3),
    }
    found = {f"{name}_{i}": part.astype(np.float16) for name, net in nets.items() for i, part in enumerate(net)}
    references, classes = pool("references", REFERENCES)
    found |= {"references": np.rint(references * WHITE).astype(np.uint16), "classes": classes.astype(np.uint8)}
    found |= {"mean": mean, "spread": spread}
    np.savez_compressed(agent.HERE / "weights.npz", **found)


if __name__ == "__main__":
    main(sys.argv[1])
