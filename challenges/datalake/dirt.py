"""What becomes of clean rows on their way into the lake: the contest is about processing data, too.

Every part gets the same dirt, from a stream of its own; only the train part has events that were written twice.

missing        3 % of the fields (never the time)
temperature    6 % of the rows in °F
price          5 % in fen, a hundredth of a yuan
pressure       5 % in mmHg
sensors        2 % of inflow, outflow and noise are −999, the code of a sensor that failed
age            2 % are 0 or 199, what a form had filled in
segment        10 % spelled another way: HEPING, Heping, or with a space behind
repeats        an event's line again, once or several times, right after it; only the first has a label to be trusted
"""

from collections.abc import Callable, Sequence

import numpy as np

from challenges.base import Json
from challenges.datalake.columns import CHANNELS, DISTRICTS, FIELDS, NUMBERS
from challenges.datalake.generator import Visits, Whole

START = np.datetime64("2026-03-02T00:00", "m")
"""By the town's own clock; a Monday."""
MISSING = 0.03
FAILED = -999
WRONG_UNITS: dict[str, tuple[float, Callable[[float], float]]] = {
    "temperature": (0.06, lambda celsius: round(celsius * 1.8 + 32, 1)),
    "price": (0.05, lambda yuan: round(yuan * 100)),
    "pressure": (0.05, lambda hpa: round(hpa * 0.750062, 1)),
}
FAILING = {"inflow": 0.02, "outflow": 0.02, "noise": 0.02}
PLACEHOLDERS = (0, 199)
PLACEHOLDER_SHARE = 0.02
SPELLINGS: tuple[Callable[[str], str], ...] = (str.upper, str.title, lambda word: f"{word} ")
SPELLING_SHARE = 0.1
WRONG_LABEL = 0.5
"""Of the repeats."""

Row = list[Json]


def written(visits: Visits, draw: np.random.Generator) -> list[Row]:
    """The rows as the lake holds them, each a list in the order of `FIELDS`; None where a value is missing."""
    count = len(visits.minutes)
    fields: dict[str, list[Json]] = {
        "time": np.datetime_as_string(START + visits.minutes.astype("timedelta64[m]")).tolist(),
        "segment": _spelled([DISTRICTS[index] for index in visits.segment], draw),
        "channel": [CHANNELS[index] for index in visits.channel],
    }
    for name, field in NUMBERS.items():
        fields[name] = [round(value, field.digits) if field.digits else int(value) for value in _plain(visits, name)]
    for name, (share, convert) in WRONG_UNITS.items():
        _change(fields[name], draw.random(count) < share, convert)
    for name, share in FAILING.items():
        _change(fields[name], draw.random(count) < share, lambda _: FAILED)
    fillers = iter(draw.choice(PLACEHOLDERS, count).tolist())
    _change(fields["age"], draw.random(count) < PLACEHOLDER_SHARE, lambda _: next(fillers))
    for field in FIELDS[1:]:
        _change(fields[field.name], draw.random(count) < MISSING, lambda _: None)
    return [list(row) for row in zip(*(fields[field.name] for field in FIELDS), strict=True)]


def with_repeats(
    rows: Sequence[Row], labels: Whole, repeats: int, draw: np.random.Generator
) -> tuple[list[Row], list[int]]:
    """The rows and labels with `repeats` more lines among them, each right after the event that it repeats."""
    times = np.bincount(draw.choice(len(rows), repeats), minlength=len(rows))
    wrong = iter((draw.random(repeats) < WRONG_LABEL).tolist())
    lines, marks = [], []
    for row, label, more in zip(rows, labels.tolist(), times.tolist(), strict=True):
        lines += [row] * (1 + more)
        marks += [label, *(1 - label if next(wrong) else label for _ in range(more))]
    return lines, marks


def _plain(visits: Visits, name: str) -> list[float]:
    return [float(value) for value in visits.numbers[name]]


def _change(values: list[Json], where: np.ndarray, convert: Callable[[Json], Json]) -> None:
    for index in np.flatnonzero(where):
        values[index] = convert(values[index])


def _spelled(words: list[str], draw: np.random.Generator) -> list[Json]:
    another = draw.random(len(words)) < SPELLING_SHARE
    which = draw.integers(0, len(SPELLINGS), len(words))
    return [
        SPELLINGS[kind](word) if changed else word for word, changed, kind in zip(words, another, which, strict=True)
    ]
