"""Statistics that several challenges share: pure functions."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, variance


def stratified_interval(strata: Mapping[str, Sequence[float]]) -> tuple[float, float] | None:
    """The 95 % interval of the mean of the strata's means (each stratum weighs the same).

    Variance Σ s²ₖ / nₖ / K² (Cochran, Sampling Techniques, 5.9), Student's t with Welch and Satterthwaite's degrees of
    freedom. None where a stratum has a single value: its spread is unknown."""
    if not strata or any(len(values) < 2 for values in strata.values()):
        return None
    parts = [variance(values) / len(values) / len(strata) ** 2 for values in strata.values()]
    centre, total = fmean(fmean(values) for values in strata.values()), sum(parts)
    if total == 0:
        return centre, centre
    shares = zip((part / total for part in parts), strata.values(), strict=True)
    freedom = 1 / sum(share**2 / (len(values) - 1) for share, values in shares)
    from scipy.special import stdtrit

    half = float(stdtrit(freedom, 0.975)) * math.sqrt(total)
    return centre - half, centre + half
