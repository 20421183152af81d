"""A season as it is played: the train file, which everybody gets, and the hidden rows in their batches."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from challenges.base import Json
from challenges.datalake.columns import NAMES, TARGET
from challenges.datalake.dirt import Row, with_repeats, written
from challenges.datalake.generator import Whole, part, stream

TRAIN_EVENTS, TRAIN_REPEATS = 3_840, 160
PUBLIC_ROWS, PRIVATE_ROWS = 1_500, 2_500
HIDDEN_ROWS = PUBLIC_ROWS + PRIVATE_ROWS
BATCH_ROWS = 500
BATCHES = HIDDEN_ROWS // BATCH_ROWS


@dataclass(frozen=True, slots=True)
class Season:
    """8,000 rows in the order of time. `labels` are those of the hidden rows, of which the first `PUBLIC_ROWS` are the
    public part and the others the private one."""

    train_rows: tuple[Row, ...]
    train_labels: tuple[int, ...]
    hidden_rows: tuple[Row, ...]
    labels: Whole

    def batches(self) -> list[Sequence[Row]]:
        return [self.hidden_rows[first : first + BATCH_ROWS] for first in range(0, HIDDEN_ROWS, BATCH_ROWS)]

    def train(self) -> Json:
        """The train file as a message carries it."""
        return {"rows": list(self.train_rows), "labels": list(self.train_labels)}

    def train_csv(self) -> bytes:
        """The same as a file: a header, an empty field where a value is missing, the label last."""
        text = io.StringIO()
        text.write(",".join([*NAMES, TARGET]) + "\n")
        for row, label in zip(self.train_rows, self.train_labels, strict=True):
            text.write(",".join([*map(_cell, row), str(label)]) + "\n")
        return text.getvalue().encode()


@lru_cache(maxsize=4)
def season(seed: bytes) -> Season:
    """The season of a case's seed."""
    train, bought = part(seed, "train", TRAIN_EVENTS)
    rows, labels = with_repeats(
        written(train, stream(seed, "train dirt")), bought, TRAIN_REPEATS, stream(seed, "train repeats")
    )
    hidden: list[Row] = []
    truth = []
    for name, count in (("public", PUBLIC_ROWS), ("private", PRIVATE_ROWS)):
        visits, bought = part(seed, name, count)
        hidden += written(visits, stream(seed, f"{name} dirt"))
        truth.append(bought)
    return Season(tuple(rows), tuple(labels), tuple(hidden), np.concatenate(truth))


def _cell(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
