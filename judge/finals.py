"""The table of a final in which all play all: a pure function of the field and its games, in any order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from judge.ratings import PRIOR_WINS, SCALE, bradley_terry, strength_intervals

_DIGITS, _TIE = 6, 1e-6
"""Strengths that differ by less are a tie: the last bits of a float depend on the order of the sums."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """An entry in a final's field; `received` orders the last ties, lower is earlier."""

    id: int
    team: int
    received: float


@dataclass(frozen=True, slots=True)
class Game:
    """What two entries got: 1 and 0, halves for a draw, 0 and 0 where both forfeit."""

    entries: tuple[int, int]
    points: tuple[float, float]
    goals: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of the table. Strength and its 95 % interval are in points of the 400/ln 10 scale, with mean 0."""

    id: int
    rank: int
    strength: float
    interval: tuple[float, float]
    points: float
    played: int
    goals_for: int
    goals_against: int


def wins_of(field: Sequence[Entrant], games: Iterable[Game]) -> list[list[float]]:
    """`wins[i][j]` of the field, draws as halves. Games with an entry that is not in the field, or between entries of
    one team, do not count."""
    place = {entrant.id: i for i, entrant in enumerate(field)}
    wins = [[0.0] * len(field) for _ in field]
    for game in counted(field, games):
        i, j = (place[entry] for entry in game.entries)
        wins[i][j] += game.points[0]
        wins[j][i] += game.points[1]
    return wins


def counted(field: Sequence[Entrant], games: Iterable[Game]) -> list[Game]:
    """The games that count: both in the field, and of different teams."""
    team = {entrant.id: entrant.team for entrant in field}
    return [
        game
        for game in games
        if all(entry in team for entry in game.entries) and team[game.entries[0]] != team[game.entries[1]]
    ]


def final_table(field: Sequence[Entrant], games: Iterable[Game]) -> list[Standing]:
    """Bradley–Terry with draws as half wins and 0.01 win for every ordered pair. Ties: the points of the games among
    those who are tied, goal difference, the earlier entry (CONTESTS, sports). A rank is shared only where all of it is
    equal."""
    rows = counted(field, games)
    wins = wins_of(field, rows)
    strengths = [SCALE * strength for strength in bradley_terry(wins, prior=PRIOR_WINS)]
    intervals = strength_intervals(wins, prior=PRIOR_WINS)
    goals = _goals(field, rows)

    keys: dict[int, tuple[float, ...]] = {}
    for place, among in enumerate(_tied(strengths)):
        for i in among:
            head_to_head = sum(wins[i][j] for j in among)
            scored, conceded = goals[field[i].id]
            keys[i] = (place, -head_to_head, conceded - scored, field[i].received)
    order = sorted(range(len(field)), key=lambda i: (keys[i], field[i].id))
    table: list[Standing] = []
    for place, i in enumerate(order):
        shared = place > 0 and keys[i] == keys[order[place - 1]]
        entrant = field[i]
        table.append(
            Standing(
                id=entrant.id,
                rank=table[-1].rank if shared else place + 1,
                strength=round(strengths[i], _DIGITS) + 0.0,
                interval=(round(intervals[i][0], _DIGITS), round(intervals[i][1], _DIGITS)),
                points=sum(wins[i]),
                played=sum(entrant.id in game.entries for game in rows),
                goals_for=goals[entrant.id][0],
                goals_against=goals[entrant.id][1],
            )
        )
    return table


def _tied(strengths: Sequence[float]) -> list[list[int]]:
    """The strongest first: who is as strong as the one before is in the same group."""
    groups: list[list[int]] = []
    last = 0.0
    for i in sorted(range(len(strengths)), key=lambda i: -strengths[i]):
        if groups and last - strengths[i] < _TIE:
            groups[-1].append(i)
        else:
            groups.append([i])
        last = strengths[i]
    return groups


def _goals(field: Sequence[Entrant], games: Iterable[Game]) -> Mapping[int, tuple[int, int]]:
    """By entry: scored, conceded."""
    sums = {entrant.id: (0, 0) for entrant in field}
    for game in games:
        for side in (0, 1):
            scored, conceded = sums[game.entries[side]]
            sums[game.entries[side]] = scored + game.goals[side], conceded + game.goals[1 - side]
    return sums
