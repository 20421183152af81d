"""Fixtures: the meetings that a field still has to play. Pure: the same field and the same meetings give the same ones.

Who meets whom is chosen in `judge.pairing`; here stands when, how often, and in which seats. No pair meets twice on the
same case and the same seats: programs that are asked the same answer the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from judge import pairing
from judge.pairing import PLACED_AFTER, Contender, Pair, pair
from judge.ratings import Rating

_OFTEN = 1_000_000
"""Games of a pair that is not to be made again, as `pairing.ladder_pairs` weighs them."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """A meeting that there is, or is to be. `first` and `second` are entries, by seat; `open`: not played yet."""

    track: str
    case: str
    first: int
    second: int
    open: bool = True


def cross(
    cases: Sequence[str], first: Mapping[int, int], second: Mapping[int, int], planned: Iterable[Fixture]
) -> list[Fixture]:
    """What cross-play has still to play (entry -> team, by seat)."""
    there: dict[str, list[tuple[int, int]]] = {case: [] for case in cases}
    for one in planned:
        there.setdefault(one.case, []).append((one.first, one.second))
    return [Fixture("", case, a, b) for case in cases for a, b in pairing.missing_pairs(first, second, there[case])]


def both_ways(
    track: str, cases: Sequence[str], pairs: Iterable[Pair], field: Mapping[int, int], planned: Sequence[Fixture]
) -> list[Fixture]:
    """The games of these pairs, each case with the entries in either seat, but those that there are; and what is
    missing of pairs that were made before, since somebody had left and is back."""
    there = {(one.case, one.first, one.second) for one in planned}
    begun = {pair(one.first, one.second) for one in planned if one.first in field and one.second in field}
    return [
        Fixture(track, case, *seats)
        for a, b in [*sorted(begun), *(one for one in pairs if one not in begun)]
        for case in cases
        for seats in ((a, b), (b, a))
        if (case, *seats) not in there
    ]


def ladder(
    field: Mapping[int, int],
    ratings: Mapping[int, Rating],
    planned: Iterable[Fixture],
    *,
    seed: bytes,
    opponents: int,
) -> list[Pair]:
    """The ladder's next pairs (`field`: entry -> team), none of them twice; nobody asks for more than `opponents`.

    A newcomer gets its first opponents at once, from top to bottom of the ladder. Who has nothing to play and has not
    had enough gets the next by what there is to learn (`pairing.ladder_pairs`). So an entry that comes late catches up,
    and who has had enough plays on only as somebody's opponent.
    """
    return _Round(field, ratings, [one for one in planned if one.first in field and one.second in field]).pairs(
        seed=seed, opponents=opponents
    )


class _Round:
    """What is known while a ladder's next pairs are chosen."""

    def __init__(self, field: Mapping[int, int], ratings: Mapping[int, Rating], planned: Sequence[Fixture]) -> None:
        self._field, self._ratings = field, ratings
        self._made = {pair(one.first, one.second) for one in planned}
        self._busy = {entry for one in planned if one.open for entry in (one.first, one.second)}
        self._count = {entry: sum(entry in both for both in self._made) for entry in field}
        self._new: list[Pair] = []

    def pairs(self, *, seed: bytes, opponents: int) -> list[Pair]:
        placed = min(PLACED_AFTER, opponents)
        for entry in sorted(self._field):
            if self._count[entry] < placed:
                self._add(self._spread(entry, seed, most=placed))
        lacking = sorted(entry for entry in self._field if self._count[entry] < opponents)
        if not lacking:
            return self._new
        idle = self._contenders(lambda entry: entry not in self._busy)
        often = dict.fromkeys(self._made, _OFTEN)
        chosen = pairing.ladder_pairs(idle, often, seed=seed, round_number=len(self._made), most=len(idle))
        self._add(one for one in chosen if one not in self._made and set(lacking) & set(one))
        if not self._new and not self._busy:
            for entry in lacking:  # the best pairs are all made: whoever lacks one gets another
                self._add(self._spread(entry, seed, most=self._count[entry] + 1))
        return self._new

    def _contenders(self, which: Callable[[int], bool]) -> list[Contender]:
        return [
            Contender(entry, self._field[entry], *self._ratings[entry], self._count[entry])
            for entry in sorted(self._field)
            if which(entry)
        ]

    def _spread(self, entry: int, seed: bytes, *, most: int) -> list[Pair]:
        (mine,) = self._contenders(lambda one: one == entry)
        others = self._contenders(lambda one: one != entry)
        return pairing.opponents_for(mine, others, dict.fromkeys(self._made, 1), seed=seed, most=most)

    def _add(self, pairs: Iterable[Pair]) -> None:
        for one in list(pairs):
            self._made.add(one)
            self._new.append(one)
            self._busy.update(one)
            for entry in one:
                self._count[entry] += 1
