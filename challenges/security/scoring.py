"""What attacks, defences and detectors are worth: pure functions (CONTESTS, section 2)."""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLEAN_GATE = 0.93
"""A defence that takes fewer of the clean images for what they are is worth nothing."""
CLEAN_IN_A_MEETING = 0.80
"""The same of what one pair has played: with 60 images whoever is right about 95 % falls below once in 146,000 times,
about 93 % once in 4,600."""
FALSE_ALARMS = 0.01


def cross_play(
    correct: Sequence[Sequence[float | None]] | NDArray[np.floating], *, own: Iterable[Sequence[int]] = ()
) -> tuple[list[float], list[float]]:
    """The totals of every attack against every defence (after the NIPS 2017 competition on attacks and defences,
    Kurakin et al. 2018): `correct[a][d]` is the share, of the images that defence d gets right when clean, that it
    still gets right under attack a, 0..1; None where the two have not met. Lists or a NumPy array, `own` too.

    Returns (attack scores, defence scores), each 0..1: an attack's is the mean over defences of `1 - correct`, a
    defence's the mean over attacks of `correct`. `own`: pairs (attack index, defence index) of one team, left out of
    both of its sums. Who has met nobody, all of its pairs being its own or missing, has shown nothing and gets 0.

    Raises ValueError where rows differ in length, a share is outside of 0..1, or a pair of `own` is not there."""
    width = len(correct[0]) if len(correct) else 0
    if any(len(row) != width for row in correct):
        raise ValueError("rows of different lengths")
    left_out = {(int(a), int(d)) for a, d in own}
    if any(not (0 <= a < len(correct) and 0 <= d < width) for a, d in left_out):
        raise ValueError("a pair of `own` is outside of the grid")
    met: dict[tuple[int, int], float] = {}
    for a, row in enumerate(correct):
        for d, share in enumerate(row):
            if share is None or (a, d) in left_out:
                continue
            if math.isnan(share) or not 0 <= share <= 1:
                raise ValueError(f"correct[{a}][{d}] is not within 0 and 1: {share}")
            met[a, d] = float(share)
    attacks = [[1 - met[a, d] for d in range(width) if (a, d) in met] for a in range(len(correct))]
    defences = [[met[a, d] for a in range(len(correct)) if (a, d) in met] for d in range(width)]
    return [fmean(row) if row else 0.0 for row in attacks], [fmean(column) if column else 0.0 for column in defences]


def detection(labels: ArrayLike, scores: ArrayLike) -> tuple[float, float]:
    """(average precision, true-positive rate at a false-positive rate of at most 1 %), each 0..1, by scikit-learn's
    `average_precision_score` and `roc_curve`. `labels` are 0 and 1, both there; `scores` any finite numbers, larger
    for what is more likely an attack."""
    from sklearn.metrics import average_precision_score, roc_curve

    false_rate, true_rate, _ = roc_curve(labels, scores, drop_intermediate=False)
    return float(average_precision_score(labels, scores)), float(true_rate[false_rate <= FALSE_ALARMS].max())


def detection_score(labels: ArrayLike, scores: ArrayLike) -> float:
    """`100 · (0.5 · average precision + 0.5 · TPR at FPR ≤ 1 %)`."""
    precision, caught = detection(labels, scores)
    return 100 * (0.5 * precision + 0.5 * caught)
