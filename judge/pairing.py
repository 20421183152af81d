"""Who meets whom: on the ladder, in a final, and in cross-play. Pure: the same field and history give the same pairs,
on whatever worker, in whatever order they are listed.

A pair of entries is always played both ways round; which is which seat's is for the caller. Entries of one team never
meet."""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

Pair = tuple[int, int]
"""Two entries, the smaller id first."""

BETA = 25.0 / 6.0
"""OpenSkill's default: how much a single game's form varies."""
PLACED_AFTER = 6
"""A newcomer has met so many opponents before it waits its turn like everybody."""


@dataclass(frozen=True, slots=True)
class Contender:
    """An entry on the ladder. `opponents` is how many pairs it has played."""

    id: int
    team: int
    mu: float
    sigma: float
    opponents: int = 0


def pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def all_play_all(field: Mapping[int, int]) -> list[Pair]:
    """Every pair of a final's field (entry -> team) once, in the order of ids."""
    ids = sorted(field)
    return [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :] if field[a] != field[b]]


def missing_pairs(
    first: Mapping[int, int], second: Mapping[int, int], met: Collection[tuple[int, int]]
) -> list[tuple[int, int]]:
    """What cross-play has still to play: every entry of the first seat against every one of the second (entry -> team),
    but those that have met, and a team's own. By the second seat's entry first, so that a newcomer there is soon
    through."""
    done = set(met)
    return [(a, b) for b in sorted(second) for a in sorted(first) if first[a] != second[b] and (a, b) not in done]


def _worth(one: Contender, other: Contender, times: int) -> float:
    """What a game between two would teach: close in rating (the exponent of TrueSkill's match quality, Herbrich, Minka
    and Graepel 2007, equation 4.1), uncertain, and not the same pair over and over."""
    whole = 2 * BETA**2 + one.sigma**2 + other.sigma**2
    closeness = math.exp(-((one.mu - other.mu) ** 2) / (2 * whole))
    return closeness * (one.sigma**2 + other.sigma**2) / (1 + times) ** 2


def _lot(seed: bytes, *numbers: int) -> bytes:
    """Breaks ties in a way that nobody can foresee and everybody can check."""
    return hashlib.sha256(seed + b"|" + ",".join(map(str, numbers)).encode()).digest()


def opponents_for(
    newcomer: Contender, field: Iterable[Contender], met: Mapping[Pair, int], *, seed: bytes, most: int = PLACED_AFTER
) -> list[Pair]:
    """The pairs that a new entry plays at once: opponents spread evenly over the ladder from top to bottom, so that one
    round finds its region. As many as it lacks to `most`; fewer where there are fewer that it has not met."""
    others = sorted(
        (other for other in field if other.team != newcomer.team and not met.get(pair(newcomer.id, other.id), 0)),
        key=lambda other: (-other.mu, _lot(seed, newcomer.id, other.id)),
    )
    count = min(max(0, most - newcomer.opponents), len(others))
    if count == 0:
        return []
    step = len(others) / count
    return [pair(newcomer.id, others[int((i + 0.5) * step)].id) for i in range(count)]


def ladder_pairs(
    field: Sequence[Contender], met: Mapping[Pair, int], *, seed: bytes, round_number: int, most: int
) -> list[Pair]:
    """The pairs of the ladder's next round, `most` at most, nobody in two of them. First comes who is least known (few
    opponents for a newcomer, then a large sigma); it gets the opponent from whom there is most to learn: close in
    rating, itself uncertain, seldom met. `met`: how often each pair has been played."""
    waiting = sorted(
        field,
        key=lambda one: (min(one.opponents, PLACED_AFTER), -one.sigma, _lot(seed, round_number, one.id)),
    )
    taken: set[int] = set()
    pairs: list[Pair] = []
    for one in waiting:
        if len(pairs) >= most:
            break
        free = [other for other in waiting if other.id not in taken and other.team != one.team]
        if one.id in taken or not free:
            continue
        best = max(
            free,
            key=lambda other: (
                _worth(one, other, met.get(pair(one.id, other.id), 0)),
                _lot(seed, round_number, *pair(one.id, other.id)),
            ),
        )
        taken |= {one.id, best.id}
        pairs.append(pair(one.id, best.id))
    return pairs
