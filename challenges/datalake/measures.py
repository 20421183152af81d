"""What is measured of the predictions of one part, and how seasons are put together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from challenges.datalake import scoring
from challenges.datalake.scoring import Numbers, Whole


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one part of one season: `score` is 100 · ROC-AUC, between `low` and `high` lie 95 %."""

    name: Literal["public", "private"]
    labels: Whole
    predictions: Numbers
    score: float
    low: float
    high: float
    log_loss: float


def measured(
    name: Literal["public", "private"], labels: Whole, predictions: Numbers, draw: np.random.Generator
) -> Measured:
    """`draw` feeds the bootstrap: from the season's seed, so that every entry is measured on the same resamples."""
    low, high = scoring.auc_interval(labels, predictions, draw)
    return Measured(
        name,
        labels,
        predictions,
        score=round(100 * scoring.auc(labels, predictions), 6),
        low=round(100 * low, 6),
        high=round(100 * high, 6),
        log_loss=round(scoring.log_loss(labels, predictions), 6),
    )


def mean_interval(scores: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean of independent figures, from their own intervals: the distances from figure to end
    add up in squares (Zou and Donner, Construction of confidence limits about effect measures, Statistics in Medicine
    27, 2008). Of one figure it is its own interval."""
    count, centre = len(scores), fmean(scores)
    below = math.sqrt(math.fsum((score - low) ** 2 for score, low in zip(scores, lows, strict=True)))
    above = math.sqrt(math.fsum((high - score) ** 2 for score, high in zip(scores, highs, strict=True)))
    return centre - below / count, centre + above / count
