"""What a judgement is worth, and what everybody is worth in the field: pure functions over columns."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from challenges.base import Json, Played, Score
from challenges.errors import BrokenChallenge
from challenges.metrics import stratified_interval
from challenges.security.attacking import IMAGES as MET_IMAGES
from challenges.security.defending import IMAGES as OWN_IMAGES
from challenges.security.outcomes import AGAINST, UNDER
from challenges.security.scoring import CLEAN_GATE, CLEAN_IN_A_MEETING, cross_play

TRACKS: Final = ("attack", "defence", "detect")
SUMS: Final = ("unsteady", "faults")
"""Columns that add up over the runs; the others are means."""
Columns = Mapping[str, float]


def judged(track: str, played: Sequence[Played]) -> Score:
    """The mean over the cases of a track; a defence behind the gate of clean accuracy."""
    rows = sorted(played, key=lambda row: row.case.name)
    scores = [_scored(row) for row in rows]
    columns = _columns([row.outcome.columns for row in rows])
    if track == "detect":
        return _score(scores, columns, (-columns["average_precision"],))
    columns["opponents"] = float(len(AGAINST if track == "attack" else UNDER))
    if track == "attack":
        columns["worst"] = min(columns[name] for name in AGAINST.values())
        return _score(scores, columns, (-columns["worst"], columns["perturbation"], columns["queries"]))
    if not passes(columns):
        columns["worst"] = 0.0
        return Score(0.0, 0.0, (0.0, 0.0) if len(scores) > 1 else None, columns, _behind_the_gate(columns))
    columns["worst"] = min(columns[name] for name in UNDER.values())
    return _score(scores, columns, (-columns["worst"], 0.0, 0.0))


def passes(columns: Columns) -> bool:
    """Whether a defence takes enough of the clean images for what they are."""
    return _at_least(columns, CLEAN_GATE)


def _at_least(columns: Columns, gate: float) -> bool:
    return columns["clean"] >= 100 * gate - 1e-9


def _behind_the_gate(columns: Columns) -> tuple[float, ...]:
    """Among those who get nothing, who comes nearest to the gate is first."""
    return (-columns["clean"], 0.0, 0.0)


def _scored(row: Played) -> float:
    if row.outcome.score is None:
        raise BrokenChallenge(f"the run {row.case.name} has no score")
    return row.outcome.score


def _columns(rows: Sequence[Columns]) -> dict[str, float]:
    return {
        name: round(float(sum(row[name] for row in rows)) if name in SUMS else fmean(row[name] for row in rows), 6)
        for name in rows[0]
    }


def _score(scores: Sequence[float], columns: Columns, ties: tuple[float, ...]) -> Score:
    total = round(fmean(scores), 6)
    interval = stratified_interval({"": scores})
    bounds = interval and (round(max(0.0, interval[0]), 6), round(min(100.0, interval[1]), 6))
    return Score(total, total, bounds, columns, ties)


# ---------------------------------------------------------------------------------------------------------------------
# The field


def meeting_cases(cases: int) -> int:
    """How many cases a pair plays in a phase of so many cases of each track: every second, the first at least."""
    return max(1, cases // 2)


def in_the_field(matrix: Json) -> Json:
    """`Challenge.field`: the house and all entries against each other, by `cross_play`.

    The rows of the grid are the house attacks, then the entries; its columns the house defences, then the entries. What
    the house does to itself counts for nobody. A defence that does not pass the gate, meetings included, gets 0; one
    that knows too few of the clean images of a single pair gets 0 there. No attack is measured by either: otherwise a
    team could spoil every other attack's sum, and not its own, with a defence that always says the same. An entry of
    which no pair is known yet gets nothing."""
    attacks = [_alone(entry) for entry in matrix["first"]]
    defences = [
        _with_meetings(entry, [row[j] for row in matrix["columns"] if row[j] is not None])
        for j, entry in enumerate(matrix["second"])
    ]
    own = {(int(i), int(j)) for i, j in matrix["own"]}
    unknown: list[float | None] = [None] * len(AGAINST)
    house_rows: list[list[float | None]] = [
        [*unknown, *(_part(columns, name) for columns in defences)] for name in UNDER.values()
    ]
    entry_rows = [
        [_without(_part(columns, name)) for name in AGAINST.values()] + [_part_of(cell) for cell in row]
        for columns, row in zip(attacks, matrix["scores"], strict=True)
    ]
    above, beside = len(house_rows), len(AGAINST)
    blind = {
        (above + i, beside + j)
        for i, row in enumerate(matrix["columns"])
        for j, columns in enumerate(row)
        if columns is not None and not _at_least(columns, CLEAN_IN_A_MEETING)
    }
    grid = [
        [0.0 if (a, d) in blind else cell for d, cell in enumerate(row)]
        for a, row in enumerate(house_rows + entry_rows)
    ]
    pairs = {(above + i, beside + j) for i, j in own}
    failing = {beside + j for j, columns in enumerate(defences) if columns is not None and not passes(columns)}
    counted = [
        [None if d in failing or (a, d) in blind else cell for d, cell in enumerate(row)] for a, row in enumerate(grid)
    ]
    totals, _ = cross_play(counted, own=pairs)
    _, sums = cross_play(grid, own=pairs)
    first = []
    for i, columns in enumerate(attacks):
        row = above + i
        met = [1 - cell for d, cell in enumerate(counted[row]) if cell is not None and (row, d) not in pairs]
        ties = (columns["perturbation"], columns["queries"]) if columns else (0.0, 0.0)
        first.append(_placed(totals[row], met, columns, ties))
    second = []
    for j, columns in enumerate(defences):
        column = beside + j
        cells = [(a, row[column]) for a, row in enumerate(grid) if (a, column) not in pairs]
        met = [cell for _, cell in cells if cell is not None]
        placed = _placed(sums[column], met, columns, (0.0, 0.0))
        if placed is not None and columns is not None and column in failing:
            shown = {**columns, "worst": 0.0, "opponents": float(len(met))}
            placed = Score(0.0, 0.0, None, shown, _behind_the_gate(columns)).to_json()
        second.append(placed)
    return {"first": first, "second": second}


def _alone(entry: Json) -> Columns | None:
    """The columns of a qualification, over its cases; None where there is none."""
    rows = [entry[case]["columns"] for case in sorted(entry)]
    return _columns(rows) if rows else None


def _with_meetings(entry: Json, met: Sequence[Columns]) -> Columns | None:
    """Those of a defence, its clean accuracy pooled over the images that it has seen. Every attack's meetings show the
    same clean ones, so they weigh as much as they are, however many attacks there are."""
    columns = _alone(entry)
    if columns is None or not met:
        return columns
    own, theirs = len(entry) * OWN_IMAGES, meeting_cases(len(entry)) * MET_IMAGES
    clean = (own * columns["clean"] + theirs * fmean(row["clean"] for row in met)) / (own + theirs)
    return {**columns, "clean": round(clean, 6)}


def _part(columns: Columns | None, name: str) -> float | None:
    return None if columns is None else _part_of(columns[name])


def _part_of(percent: float | None) -> float | None:
    """0..100 as 0..1."""
    return None if percent is None else min(1.0, max(0.0, percent / 100))


def _without(share: float | None) -> float | None:
    return None if share is None else 1 - share


def _placed(total: float, met: Sequence[float], columns: Columns | None, ties: tuple[float, float]) -> Json:
    """A Score as JSON; None for who has met nobody."""
    if not met:
        return None
    worst = round(100 * min(met), 6)
    shown = {**(columns or {}), "worst": worst, "opponents": float(len(met))}
    figure = round(100 * total, 6)
    return Score(figure, figure, None, shown, (-worst, *ties)).to_json()
