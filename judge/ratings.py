"""Strengths from results: Bradley–Terry for a final, OpenSkill for a ladder. Pure; numbers in, numbers out.

A final counts every game alike, whenever it was played. A ladder goes game by game, so that what a team is now weighs
more than what it was."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Rating = tuple[float, float]
"""(mu, sigma)."""

PRIOR_WINS = 0.01
"""Added to every ordered pair of a final, so that an unbeaten team has a finite strength (CONTESTS, sports)."""
SCALE = 400 / math.log(10)
"""From natural-log strengths to the points of Elo's scale: 400 points are odds of ten to one."""
_Z95 = 1.959963984540054
_STEPS, _ENOUGH, _ROUNDING, _SMALLEST = 200, 1e-12, 1e-13, 1e-9


def bradley_terry(wins: Sequence[Sequence[float]], *, prior: float | None = None) -> list[float]:
    """Natural-log strengths with mean 0, by maximum likelihood: P(i beats j) = 1 / (1 + exp(s_j − s_i)).

    `wins[i][j]` is how often i beat j, a draw as half a win for each; the diagonal is ignored. `prior` wins are added
    to every ordered pair. Without one the maximum exists only where nobody can be split off who never lost to, or never
    beat, the rest (Ford 1957); so None stands for 0 where it exists and for PRIOR_WINS where it does not. A final names
    PRIOR_WINS always: its table must not jump when the first loss of an unbeaten team comes in.

    Newton's method on the log-likelihood, which is concave. Raises ValueError for a table that is not square or has
    numbers that are negative or not finite, and for a negative prior.

    Bradley and Terry, Rank analysis of incomplete block designs, Biometrika 39 (1952); Hunter, MM algorithms for
    generalized Bradley-Terry models, Annals of Statistics 32 (2004).
    """
    import numpy as np

    table = _with_prior(wins, prior)
    count = len(table)
    if count < 2:
        return [0.0] * count
    counts = np.array(table)
    games = counts + counts.T
    strengths = np.zeros(count)

    def likelihood(at: "np.ndarray") -> float:
        return -float((counts * np.logaddexp(0.0, at[None, :] - at[:, None])).sum())

    reached = likelihood(strengths)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
        gradient = (counts - games * chance).sum(axis=1)
        step = np.linalg.solve(_information(games, chance) + 1.0 / count, gradient)
        # Near the maximum the likelihood differs by less than its own rounding: that is no reason to hold a step back.
        lowest, size = reached - _ROUNDING * (1 + abs(reached)), 1.0
        while (there := likelihood(strengths + size * step)) < lowest and size > _SMALLEST:
            size /= 2
        strengths, reached = strengths + size * step, there
        strengths -= strengths.mean()
        if float(abs(step).max()) < _ENOUGH:
            break
    return [float(strength) for strength in strengths]


def strength_intervals(wins: Sequence[Sequence[float]], *, prior: float | None = None) -> list[tuple[float, float]]:
    """The 95 % interval of each strength, on the 400/ln 10 scale: ± 1.96 standard errors of the deviation from the
    field's mean, from the Fisher information (its pseudo-inverse, for strengths that sum to 0). `wins` and `prior` as
    in `bradley_terry`; raises the same."""
    import numpy as np

    strengths = bradley_terry(wins, prior=prior)
    if len(strengths) < 2:
        return [(0.0, 0.0)] * len(strengths)
    counts, at = np.array(_with_prior(wins, prior)), np.array(strengths)
    chance = 1 / (1 + np.exp(at[None, :] - at[:, None]))
    level = 1.0 / len(strengths)
    covariance = np.linalg.inv(_information(counts + counts.T, chance) + level) - level
    halves = _Z95 * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return [(float(SCALE * (s - half)), float(SCALE * (s + half))) for s, half in zip(strengths, halves, strict=True)]


def _information(games: "np.ndarray", chance: "np.ndarray") -> "np.ndarray":
    """Fisher's information: a weighted graph's Laplacian. Its kernel, adding the same to everybody, is filled by adding
    a constant to every element: eigenvalue 1 for 1/n."""
    import numpy as np

    weight = games * chance * chance.T
    laplacian: np.ndarray = np.diag(weight.sum(axis=1)) - weight
    return laplacian


def _with_prior(wins: Sequence[Sequence[float]], prior: float | None) -> list[list[float]]:
    """The table with its prior and nothing on the diagonal."""
    count = len(wins)
    if any(len(row) != count for row in wins):
        raise ValueError("the table of wins is not square")
    if any(not (math.isfinite(cell) and cell >= 0) for row in wins for cell in row):
        raise ValueError("a number of wins is negative or not finite")
    if prior is None:
        prior = 0.0 if _has_maximum(wins) else PRIOR_WINS
    if not (math.isfinite(prior) and prior >= 0):
        raise ValueError("the prior is negative or not finite")
    if prior == 0 and not _has_maximum(wins):
        raise ValueError("without a prior this table has no strengths: somebody never lost to, or never beat, the rest")
    return [[0.0 if i == j else float(cell) + prior for j, cell in enumerate(row)] for i, row in enumerate(wins)]


def _has_maximum(wins: Sequence[Sequence[float]]) -> bool:
    """Whether from everybody a chain of wins leads to everybody else (Ford 1957)."""

    def reached(beats: Sequence[Sequence[bool]]) -> int:
        seen, open_ends = {0}, [0]
        while open_ends:
            i = open_ends.pop()
            new = {j for j, won in enumerate(beats[i]) if won and j != i} - seen
            seen |= new
            open_ends += new
        return len(seen)

    if not wins:
        return True
    forwards = [[cell > 0 for cell in row] for row in wins]
    return reached(forwards) == len(wins) == reached(list(zip(*forwards, strict=True)))


def ladder_update(ratings: Sequence[Sequence[Rating]], ranks: Sequence[float]) -> list[list[Rating]]:
    """The ratings after one game: OpenSkill's Plackett–Luce with the library's defaults (beta 25/6, kappa 0.0001,
    tau 25/300, sigma may grow). `ratings` are teams of (mu, sigma), one pair for each member; `ranks` one for each
    team, lower is better, equal is a draw. The same nesting back, in the same order. Raises ValueError where ranks and
    teams are not equally many, or fewer than two.

    Weng and Lin, A Bayesian approximation method for online ranking, JMLR 12 (2011), algorithm 4; Joshy, openskill.
    """
    from openskill.models import PlackettLuce

    if len(ratings) != len(ranks) or len(ratings) < 2 or not all(ratings):
        raise ValueError("as many ranks as teams, two teams at least, and nobody's team is empty")
    model = PlackettLuce()
    teams = [[model.rating(mu=float(mu), sigma=float(sigma)) for mu, sigma in team] for team in ratings]
    rated = model.rate(teams, ranks=[float(rank) for rank in ranks])
    return [[(float(member.mu), float(member.sigma)) for member in team] for team in rated]
