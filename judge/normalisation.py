"""Scores of lenient and harsh judges made comparable. Pure: reviews in, a row for each entry out.

A judge who is two points kinder than the others lifts every entry that happens to come before him. Three answers:

- `raw`: the mean of an entry's scores, as they are.
- `zscore`: each judge's scores get the mean and the spread of all scores before they are averaged, as prizes judged by
  panels have it (for one, "Fairness" of the Terrawatt Prize, terrawattprize.com/FAIRNESS): x' = m + s (x − m_j) / s_j.
- `additive`: score = mean + entry + judge + chance, by least squares with a ridge on entries and judges alike; the
  entries' effects, moved to the mean and spread of the raw means. Where all judges see all entries this is the raw mean
  (a balanced two-way layout), where they do not it is what is called an adjusted, or least squares, mean (Searle,
  Speed and Milliken, Population marginal means in the linear model, The American Statistician 34, 1980). A ridge is the
  ratio of the variance of chance to that of an effect (Henderson, Best linear unbiased estimation and prediction under
  a selection model, Biometrics 31, 1975): 0.3 lies near it for panels as they are, and what it is exactly matters
  little (tests/judge/test_normalisation.py).

Who has given fewer than three scores is not adjusted: so few say nothing of a judge.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    import numpy as np

Method = Literal["raw", "zscore", "additive"]
Judge = TypeVar("Judge", bound=Hashable)
Entry = TypeVar("Entry", bound=Hashable)

RIDGE = 0.3
"""On both sets of effects (CONTESTS, startup)."""
FEWEST = 3
"""Scores that a judge must have given to be adjusted."""
LOWEST, HIGHEST, _DIGITS = 0.0, 100.0, 9
_SAME = 1e-9
"""A spread that is smaller, beside the scores, is none: the last bits of sums."""


@dataclass(frozen=True, slots=True)
class Adjusted(Generic[Entry]):
    """An entry, in points: the mean of its scores, what is left of it when judges are made comparable (0–100), how sure
    that is (None where nothing can be said), and the number of its reviews. `unclipped` is `adjusted` before it was
    brought within 0–100: what entries are ranked by."""

    entry: Entry
    raw: float
    adjusted: float
    standard_error: float | None
    count: int
    unclipped: float


def adjusted(reviews: Iterable[tuple[Judge, Entry, float]], *, method: Method) -> list[Adjusted[Entry]]:
    """A row for each entry of `reviews` (judge, entry, score of 0–100), best first by what it was before clipping; of
    equals, the one that came first in `reviews`.

    Standard errors: of `raw` and `zscore` the standard deviation of an entry's scores over the root of their number,
    None for a single one; of `additive` that of the entry's mean over all judges, from the residuals of the model.

    Raises ValueError for a score that is not finite, and for a method that there is not.
    """
    rows = list(reviews)
    if not all(math.isfinite(score) for _, _, score in rows):
        raise ValueError("a score is a finite number")
    if method not in ("raw", "zscore", "additive"):
        raise ValueError(f"there is no method {method!r}")
    scores = _scores(rows)
    if not scores:
        return []
    if method == "additive":
        found = _additive(rows, scores)
    else:
        even = _scores(_standardised(rows)) if method == "zscore" else scores
        found = {entry: (fmean(each), _error_of_mean(each)) for entry, each in even.items()}
    table = [
        Adjusted(
            entry=entry,
            raw=fmean(scores[entry]),
            adjusted=min(HIGHEST, max(LOWEST, round(figure, _DIGITS))),
            standard_error=error,
            count=len(scores[entry]),
            unclipped=round(figure, _DIGITS),
        )
        for entry, (figure, error) in found.items()
    ]
    return sorted(table, key=lambda row: -row.unclipped)


def connected(reviews: Iterable[tuple[Judge, Entry, float]]) -> bool:
    """Whether any two judges can be compared, over entries and judges between them. Where not, an adjustment says
    nothing of entries of different parts. Nothing at all is connected."""
    parts: list[set[tuple[str, Hashable]]] = []
    for judge, entry, _ in reviews:
        part: set[tuple[str, Hashable]] = {("judge", judge), ("entry", entry)}
        for other in [other for other in parts if other & part]:
            parts.remove(other)
            part |= other
        parts.append(part)
    return len(parts) < 2


# ---------------------------------------------------------------------------------------------------------------------
# The simple ones


def _scores(rows: Iterable[tuple[Judge, Entry, float]]) -> dict[Entry, list[float]]:
    """By entry, smallest first: a sum must not depend on the order in which reviews came."""
    scores: dict[Entry, list[float]] = defaultdict(list)
    for _, entry, score in rows:
        scores[entry].append(float(score))
    return {entry: sorted(each) for entry, each in scores.items()}


def _error_of_mean(scores: Sequence[float]) -> float | None:
    return stdev(scores) / math.sqrt(len(scores)) if len(scores) > 1 else None


def _standardised(rows: Sequence[tuple[Judge, Entry, float]]) -> list[tuple[Judge, Entry, float]]:
    """Every judge's scores with the mean and the spread of all scores. Who gave all entries the same gave each the
    mean."""
    everything = sorted(score for _, _, score in rows)
    by_judge: dict[Judge, list[float]] = defaultdict(list)
    for judge, _, score in sorted(rows, key=lambda row: row[2]):
        by_judge[judge].append(score)
    mean, spread = fmean(everything), stdev(everything) if len(everything) > 1 else 0.0
    own = {
        judge: (fmean(scores), stdev(scores)) if len(scores) >= FEWEST else (mean, spread)
        for judge, scores in by_judge.items()
    }
    return [
        (judge, entry, mean + spread * _ratio(score - own[judge][0], own[judge][1])) for judge, entry, score in rows
    ]


def _ratio(difference: float, spread: float) -> float:
    return difference / spread if spread > _SAME * (1 + abs(difference)) else 0.0


# ---------------------------------------------------------------------------------------------------------------------
# The additive model


@dataclass(frozen=True, slots=True)
class Fit(Generic[Judge, Entry]):
    """What least squares make of reviews: effects in points, those of entries with their standard errors (of mean +
    effect, over the average of all judges; None where nothing is left to estimate chance from), and the standard
    deviation of a single score. A judge with too few scores has no effect."""

    mean: float
    entries: dict[Entry, float]
    judges: dict[Judge, float]
    errors: dict[Entry, float | None]
    sigma: float | None


def fit(
    reviews: Sequence[tuple[Judge, Entry, float]], *, ridge: float = RIDGE, fewest: int = FEWEST
) -> Fit[Judge, Entry]:
    """Minimise Σ (score − mean − entry − judge)² + ridge · (Σ entry² + Σ judge²).

    With a ridge of 0 these are the effects of the additive two-way layout; only differences within a set mean anything
    then. The variance of chance is the residual sum of squares over what the model leaves of the number of scores
    (n − trace of the hat matrix).
    """
    import numpy as np

    given: dict[Judge, int] = defaultdict(int)
    for judge, _, _ in reviews:
        given[judge] += 1
    entries = list(dict.fromkeys(entry for _, entry, _ in reviews))
    judges = [judge for judge, number in given.items() if number >= fewest]
    at_entry = {entry: 1 + number for number, entry in enumerate(entries)}
    at_judge = {judge: 1 + len(entries) + number for number, judge in enumerate(judges)}
    design = np.zeros((len(reviews), 1 + len(entries) + len(judges)))
    for number, (judge, entry, _) in enumerate(reviews):
        design[number, [0, at_entry[entry]]] = 1
        if judge in at_judge:
            design[number, at_judge[judge]] = 1
    scores = np.array([score for _, _, score in reviews], dtype=float)
    normal = design.T @ design + ridge * np.diag([0.0] + [1.0] * (design.shape[1] - 1))
    inverse = np.linalg.pinv(normal, hermitian=True)
    effects = inverse @ (design.T @ scores)
    free = len(reviews) - float(np.trace(inverse @ (design.T @ design)))
    rest = scores - design @ effects
    sigma = math.sqrt(float(rest @ rest) / free) if free > _SAME * len(reviews) else None
    return Fit(
        mean=float(effects[0]),
        entries={entry: float(effects[at]) for entry, at in at_entry.items()},
        judges={judge: float(effects[at]) for judge, at in at_judge.items()},
        errors=_errors(inverse, at_entry, list(at_judge.values()), all_judges=len(given), sigma=sigma),
        sigma=sigma,
    )


def _errors(
    inverse: "np.ndarray", at_entry: dict[Entry, int], at_judges: list[int], *, all_judges: int, sigma: float | None
) -> dict[Entry, float | None]:
    import numpy as np

    errors: dict[Entry, float | None] = {}
    for entry, at in at_entry.items():
        means = np.zeros(len(inverse))
        means[[0, at]] = 1
        means[at_judges] = 1 / all_judges
        errors[entry] = None if sigma is None else sigma * math.sqrt(max(0.0, float(means @ inverse @ means)))
    return errors


def _additive(
    rows: Sequence[tuple[Judge, Entry, float]], scores: dict[Entry, list[float]]
) -> dict[Entry, tuple[float, float | None]]:
    """The entries' effects, moved to the mean and spread of the raw means, with their standard errors."""
    model = fit(rows)
    raw = sorted(fmean(each) for each in scores.values())
    mean, spread = fmean(raw), stdev(raw) if len(raw) > 1 else 0.0
    effects = sorted(model.entries.values())
    centre, width = fmean(effects), stdev(effects) if len(effects) > 1 else 0.0
    stretch = _ratio(spread, width)
    return {
        entry: (mean + stretch * (effect - centre), None if error is None else error * (stretch or 1.0))
        for entry, effect in model.entries.items()
        for error in [model.errors[entry]]
    }
