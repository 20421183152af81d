"""The public files of a phase: images to learn from, flows to learn from. Drawn from the phase's seed by streams of
their own, so that they say nothing of its hidden cases."""

from challenges.base import derive
from challenges.security import digits, flows

IMAGES = 3_000


def files(seed: bytes) -> dict[str, bytes]:
    """`images.csv`: 64 pixels 0..1, row by row, and the digit. `flows.csv`: nine features, and whether it is an attack,
    in the mix of training."""
    return {
        "images.csv": _images(derive(seed, "public images")),
        "flows.csv": flows.as_csv(*flows.draw(derive(seed, "public flows"), flows.TRAIN_FLOWS, test=False)),
    }


def _images(seed: bytes) -> bytes:
    images, labels = digits.draw(seed, IMAGES)
    head = ",".join([*(f"p{place}" for place in range(digits.PIXELS)), "label"])
    lines = [
        ",".join([*(f"{pixel / digits.WHITE:g}" for pixel in image), str(label)])
        for image, label in zip(images.tolist(), labels.tolist(), strict=True)
    ]
    return ("\n".join([head, *lines]) + "\n").encode()
