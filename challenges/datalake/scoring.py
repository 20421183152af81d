"""What predictions are worth: pure functions over labels (0 or 1) and predictions, both as long as there are rows.

They give what scikit-learn's `roc_auc_score`, `roc_curve`, `log_loss` and `calibration_curve` give, and the tests hold
them to it; they stand here because the bootstrap needs a thousand areas from one sort, and so that a referee's child
need not load a library of learners in order to count pairs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

RESAMPLES = 1_000
LEAST_CHANCE = 2.0**-52
"""A prediction of 0 or 1 counts in the log loss as if it were this far from it, as in scikit-learn."""


def auc(labels: Whole, predictions: Numbers, weights: Whole | None = None) -> float:
    """The area under the ROC curve, 0..1: the chance that a row labelled 1 has a higher prediction than one labelled 0,
    where equal ones count half (Mann and Whitney's U over the number of pairs; Hanley and McNeil, Radiology 143, 1982).
    `weights`: how often each row counts. Raises ValueError unless both labels occur."""
    ordered = _Ordered.of(labels, predictions)
    return ordered.auc(np.ones(len(labels), dtype=np.int64) if weights is None else weights)


def auc_interval(labels: Whole, predictions: Numbers, draw: np.random.Generator) -> tuple[float, float]:
    """The 95 % percentile interval of `auc` over RESAMPLES draws of the rows with replacement (Efron and Tibshirani, An
    Introduction to the Bootstrap, 13.3). A draw that lacks a label is left out. Raises ValueError as `auc`."""
    ordered, count = _Ordered.of(labels, predictions), len(labels)
    ordered.auc(np.ones(count, dtype=np.int64))
    areas = []
    for _ in range(RESAMPLES):
        weights = np.bincount(draw.integers(0, count, count), minlength=count)
        if 0 < int(weights[labels == 1].sum()) < count:
            areas.append(ordered.auc(weights))
    low, high = np.quantile(np.array(areas), [0.025, 0.975])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Rows sorted by their predictions once, for many weightings. `first` marks where a new value begins."""

    order: Whole
    bought: npt.NDArray[np.bool_]
    first: Whole

    @classmethod
    def of(cls, labels: Whole, predictions: Numbers) -> "_Ordered":
        order = np.argsort(predictions, kind="stable")
        ranked = predictions[order]
        first = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        return cls(order, labels[order] == 1, first)

    def auc(self, weights: Whole) -> float:
        ranked = weights[self.order]
        ones = np.add.reduceat(np.where(self.bought, ranked, 0), self.first)
        zeros = np.add.reduceat(np.where(self.bought, 0, ranked), self.first)
        pairs = int(ones.sum()) * int(zeros.sum())
        if pairs == 0:
            raise ValueError("an area needs rows of both labels")
        below = np.cumsum(zeros) - zeros
        return int((ones * (2 * below + zeros)).sum()) / (2 * pairs)


def log_loss(labels: Whole, predictions: Numbers) -> float:
    """The mean of −log of the chance given to what happened, in nats; lower is better."""
    chances = np.where(labels == 1, predictions, 1 - predictions)
    losses = [-math.log(min(max(chance, LEAST_CHANCE), 1 - LEAST_CHANCE)) for chance in chances.tolist()]
    return math.fsum(losses) / len(losses)


def roc_curve(labels: Whole, predictions: Numbers) -> list[tuple[float, float]]:
    """The corners of the ROC curve: (false positive rate, true positive rate) from (0, 0) to (1, 1), one for each value
    of the predictions. Raises ValueError unless both labels occur."""
    order = np.argsort(-predictions, kind="stable")
    ranked = predictions[order]
    last = np.flatnonzero(np.concatenate([ranked[1:] != ranked[:-1], [True]]))
    hits = np.cumsum(labels[order] == 1)[last]
    misses = last + 1 - hits
    if hits[-1] == 0 or misses[-1] == 0:
        raise ValueError("a curve needs rows of both labels")
    corners = zip((misses / misses[-1]).tolist(), (hits / hits[-1]).tolist(), strict=True)
    return [(0.0, 0.0), *corners]


def thinned(corners: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most `most` + 1 of a curve's corners, evenly along it, the ends among them."""
    if len(corners) <= most + 1:
        return list(corners)
    return [corners[round(step * (len(corners) - 1) / most)] for step in range(most + 1)]


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows with predictions of about the same size."""

    predicted: float
    happened: float
    rows: int


def calibration(labels: Whole, predictions: Numbers, bins: int = 10) -> list[Bin]:
    """By predictions of 0 to 0.1, up to 0.2, …: their mean, the share that bought, how many rows; bins without rows are
    left out."""
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    which = np.searchsorted(edges, predictions)
    return [
        Bin(float(predictions[which == k].mean()), float(labels[which == k].mean()), int((which == k).sum()))
        for k in range(bins)
        if (which == k).any()
    ]
