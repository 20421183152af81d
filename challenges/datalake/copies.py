"""Who handed in whose predictions: a pure function for whoever looks at a field of entries.

Two models made apart never put thousands of rows into the same order. A copy does, also where its numbers were shifted,
scaled or pushed through any rising curve; so what is compared is ranks (Spearman's coefficient, equal values sharing
their mean rank). A correlation above the threshold says that one of two came from the other or both from a third; who
copied whom is for people to find out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

THRESHOLD = 0.9999


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two teams, `one` before `other` in the alphabet, and the rank correlation of their predictions."""

    one: str
    other: str
    correlation: float


def copies(
    predictions: Mapping[str, Sequence[float]],
    *,
    known: Sequence[Sequence[float]] = (),
    threshold: float = THRESHOLD,
) -> list[Pair]:
    """Every pair of teams whose predictions of the same rows have a rank correlation above `threshold`, in the order of
    the teams' names. `known`: predictions that anybody may hand in, such as those of the starter kit; two teams that
    both agree with one of these are no pair. Predictions without any order (all equal) agree with nobody's.

    Raises ValueError where the teams, or what is known, have not as many predictions as one another."""
    teams = sorted(predictions)
    rows = [predictions[team] for team in teams] + list(known)
    if len({len(row) for row in rows}) > 1:
        raise ValueError("predictions of different numbers of rows cannot be compared")
    if len(teams) < 2 or len(rows[0]) == 0:
        return []
    matrix = np.array([_standard_ranks(np.asarray(row, dtype=np.float64)) for row in rows])
    agreement = matrix @ matrix.T
    common = agreement[: len(teams), len(teams) :] > threshold
    return [
        Pair(teams[i], teams[j], round(min(1.0, float(agreement[i, j])), 9))
        for i in range(len(teams))
        for j in range(i + 1, len(teams))
        if agreement[i, j] > threshold and not (common[i] & common[j]).any()
    ]


def _standard_ranks(values: Numbers) -> Numbers:
    """Mean ranks, moved and scaled so that the product of two such rows is their rank correlation; 0 where all values
    are equal."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[which]
    centred: Numbers = ranks - ranks.mean()
    length = float(np.sqrt(centred @ centred))
    return centred / length if length > 0 else centred


def packed(predictions: Numbers) -> bytes:
    """Predictions as a run leaves them behind: eight bytes each, little-endian."""
    return predictions.astype("<f8").tobytes()


def unpacked(artefact: bytes) -> list[float]:
    """What `packed` packed. Raises ValueError where it is no row of such numbers."""
    return [float(value) for value in np.frombuffer(artefact, dtype="<f8")]
