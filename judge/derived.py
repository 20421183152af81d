"""Figures that follow from meetings: a ladder's, a final's, and cross-play's sums. Pure: entries and results in, a
score for each entry out; whoever has left the field counts no more, also for those whom it met.

Ratings are shown in points of the 400/ln 10 scale, so that 400 more are odds of ten to one, in a ladder and in a final
alike; a newcomer begins at START.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from challenges.base import Json, Score
from judge import finals
from judge.pairing import BETA
from judge.ratings import SCALE, Rating, ladder_update

START = 1500.0
NEWCOMER: Rating = (25.0, 25.0 / 3)
"""OpenSkill's defaults."""
POINTS = SCALE / (math.sqrt(2) * BETA)
"""Of one mu: between two whose ratings are certain, Plackett–Luce gives odds of exp(difference / (√2 · beta))."""
_Z95 = 1.959963984540054
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in a field; `team` is the same for all of one team, `received` orders the last ties."""

    id: int
    team: int
    received: float = 0.0


@dataclass(frozen=True, slots=True)
class Seat:
    """What an entry got in a meeting. No score counts as 0."""

    entry: int
    score: float | None
    columns: Mapping[str, float] = field(default_factory=dict)

    @property
    def points(self) -> float:
        return self.score or 0.0


@dataclass(frozen=True, slots=True)
class Met:
    """A recorded meeting; `order` is that of the records."""

    order: int
    case: str
    seats: tuple[Seat, Seat]

    @property
    def entries(self) -> tuple[int, int]:
        return self.seats[0].entry, self.seats[1].entry


def between(entries: Sequence[Entry], met: Iterable[Met]) -> list[Met]:
    """The meetings of those who are in the field, of different teams, as they were recorded."""
    teams = {entry.id: entry.team for entry in entries}
    rows = [one for one in met if all(entry in teams for entry in one.entries)]
    return sorted((one for one in rows if len({teams[entry] for entry in one.entries}) > 1), key=lambda one: one.order)


# ---------------------------------------------------------------------------------------------------------------------
# Matches


def ladder(entries: Sequence[Entry], met: Iterable[Met]) -> dict[int, Rating]:
    """The rating of each entry after its games, one after the other."""
    ratings = {entry.id: NEWCOMER for entry in entries}
    for _, changed in _steps(entries, met):
        ratings |= changed
    return ratings


def _steps(entries: Sequence[Entry], met: Iterable[Met]) -> Iterator[tuple[Met, dict[int, Rating]]]:
    """Game by game, the ratings of the two that played it, after it."""
    ratings = {entry.id: NEWCOMER for entry in entries}
    for game in between(entries, met):
        one, other = game.entries
        after = ladder_update([[ratings[one]], [ratings[other]]], [-seat.points for seat in game.seats])
        changed = {one: after[0][0], other: after[1][0]}
        ratings |= changed
        yield game, changed


Shown = tuple[float, float, float]
"""A rating in points, and the ends of its 95 % interval."""


def ladder_history(entries: Sequence[Entry], met: Iterable[Met], entry: int) -> list[Shown]:
    """How one entry's rating came about: a newcomer's, then that after each of its games, the last being its own on
    the ladder. Empty where it is not in the field."""
    if entry not in {one.id for one in entries}:
        return []
    return [_shown(NEWCOMER), *(_shown(changed[entry]) for _, changed in _steps(entries, met) if entry in changed)]


def _shown(rating: Rating) -> Shown:
    """Mu in points, and ± 1.96 sigma."""
    mu, sigma = rating
    figure = START + POINTS * (mu - NEWCOMER[0])
    half = POINTS * _Z95 * sigma
    return round(figure, _DIGITS), round(figure - half, _DIGITS), round(figure + half, _DIGITS)


def ladder_scores(entries: Sequence[Entry], met: Sequence[Met]) -> dict[int, Score]:
    """What is shown of each rating; columns are the sums over an entry's games."""
    columns = _sums(entries, met)
    scores = {}
    for entry, rating in ladder(entries, met).items():
        figure, low, high = _shown(rating)
        scores[entry] = Score(figure, figure, (low, high), columns[entry])
    return scores


def final_scores(entries: Sequence[Entry], met: Sequence[Met], *, margin: str) -> dict[int, Score]:
    """Bradley–Terry strengths of all play all (`judge.finals`); `margin` is the column whose difference breaks ties, or
    ''. The order of the games changes nothing."""
    games = [_game(one, margin) for one in between(entries, met)]
    columns = _sums(entries, met)
    table = finals.final_table([finals.Entrant(e.id, e.team, e.received) for e in entries], games)
    scores: dict[int, Score] = {}
    above = math.inf
    for row in table:
        low, high = row.interval
        shown = above = _not_above(round(START + row.strength, _DIGITS), above)
        interval = (round(START + low, _DIGITS), round(START + high, _DIGITS))
        scores[row.id] = Score(shown, shown, interval, columns[row.id], (float(row.rank),))
    return scores


def _not_above(shown: float, above: float) -> float:
    """Strengths so close that the table calls them equal are written as equal, so that its rank decides."""
    return above if shown > above - 2 * 10**-_DIGITS else shown


def _game(met: Met, margin: str) -> finals.Game:
    one, other = met.seats
    goals = tuple(int(seat.columns.get(margin, 0.0)) for seat in met.seats)
    return finals.Game(met.entries, (one.points, other.points), (goals[0], goals[1]))


def _sums(entries: Sequence[Entry], met: Iterable[Met]) -> dict[int, dict[str, float]]:
    sums: dict[int, dict[str, float]] = {entry.id: {} for entry in entries}
    for seat in itertools.chain.from_iterable(one.seats for one in between(entries, met)):
        mine = sums[seat.entry]
        for name, figure in seat.columns.items():
            mine[name] = mine.get(name, 0.0) + figure
    return sums


# ---------------------------------------------------------------------------------------------------------------------
# Cross-play

Alone = Mapping[str, Json]
"""What an entry got in its qualification: case name -> {"score", "columns"}."""


def matrix_of(
    first: Sequence[Entry], second: Sequence[Entry], met: Iterable[Met], *, cases: int, alone: Mapping[int, Alone]
) -> Json:
    """What `Challenge.field` reads. A cell is known when all its `cases` were played."""
    cells: dict[tuple[int, int], dict[str, Seat]] = {}
    for one in met:
        cells.setdefault(one.entries, {})[one.case] = one.seats[1]
    known = {pair: list(seats.values()) for pair, seats in cells.items() if len(seats) == cases}
    scores = {pair: fmean(seat.points for seat in seats) for pair, seats in known.items()}
    columns = {pair: _mean_columns(seats) for pair, seats in known.items()}
    own = [[i, j] for i, a in enumerate(first) for j, b in enumerate(second) if a.team == b.team]
    return {
        "scores": [[None if a.team == b.team else scores.get((a.id, b.id)) for b in second] for a in first],
        "columns": [[None if a.team == b.team else columns.get((a.id, b.id)) for b in second] for a in first],
        "own": own,
        "first": [alone.get(entry.id, {}) for entry in first],
        "second": [alone.get(entry.id, {}) for entry in second],
    }


def _mean_columns(seats: Sequence[Seat]) -> dict[str, float]:
    """Of the columns that a seat has in every one of its runs."""
    return {
        name: fmean(seat.columns[name] for seat in seats)
        for name in seats[0].columns
        if all(name in seat.columns for seat in seats)
    }


def cross_scores(
    total: Callable[[Json], Json], first: Sequence[Entry], second: Sequence[Entry], matrix: Json
) -> tuple[dict[int, Score], dict[int, Score]]:
    """By seat, the totals that the challenge makes of a matrix; nothing for those of whom it says nothing. Raises
    ValueError, KeyError or TypeError for an answer of another shape."""
    answer = total(matrix)
    return _totals(first, answer["first"]), _totals(second, answer["second"])


def _totals(entries: Sequence[Entry], answers: Json) -> dict[int, Score]:
    rows = zip(entries, answers, strict=True)
    return {entry.id: Score.from_json(answer) for entry, answer in rows if answer is not None}
