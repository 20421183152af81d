"""By which measures people score entries: `rubric.toml` beside a challenge's sheet, read once. Data, no behaviour but
the sum.

    ties = ["product"]              criteria that break equal totals, in this order
    reviews = 5                     so many judges are to see an entry

    [[criteria]]
    name = "team"
    weight = 20                     all weights sum to 100
    low = 0
    high = 10
    comment = true                  a score without a word on it is not taken
    title = { en = "…", zh = "…", ko = "…" }
    [criteria.anchors]              what a level means; whoever scores sees it
    0 = { en = "…", zh = "…", ko = "…" }
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from challenges.errors import BrokenChallenge

Texts = Mapping[str, str]
"""By language: en, zh, ko."""
TOTAL = 100.0


@dataclass(frozen=True, slots=True)
class Criterion:
    """One measure. `weight` is its share of 100; scores go from `low` to `high`; `anchors` says what some levels mean;
    `comment`: whether a score needs a word on it."""

    name: str
    title: Texts
    weight: float
    low: float = 0.0
    high: float = 10.0
    anchors: Mapping[float, Texts] = field(default_factory=dict)
    comment: bool = False


@dataclass(frozen=True, slots=True)
class Rubric:
    """All measures of a contest, what breaks equal totals, and how many reviews an entry is to get."""

    criteria: tuple[Criterion, ...]
    ties: tuple[str, ...] = ()
    reviews: int = 5

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(criterion.name for criterion in self.criteria)

    def total(self, scores: Mapping[str, float]) -> float:
        """Σ weight · (score − low) / (high − low), from 0 to 100. Raises ValueError unless `scores` has exactly the
        rubric's criteria, each within its range."""
        if set(scores) != set(self.names):
            raise ValueError(f"scores of {sorted(scores)}, where the rubric has {sorted(self.names)}")
        for criterion in self.criteria:
            if not criterion.low <= scores[criterion.name] <= criterion.high:
                raise ValueError(f"{criterion.name}: {scores[criterion.name]} is not within its range")
        return math.fsum(
            criterion.weight * (scores[criterion.name] - criterion.low) / (criterion.high - criterion.low)
            for criterion in self.criteria
        )


def read(path: Path) -> Rubric:
    """The rubric in a file. Raises BrokenChallenge, with what is wrong and where."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenChallenge(f"{path}: {error}") from error
    return parse(raw, where=str(path))


def parse(raw: Mapping[str, Any], *, where: str) -> Rubric:
    """The same of what a TOML file holds; `where` names it in complaints."""
    try:
        rubric = Rubric(
            criteria=tuple(_criterion(row) for row in raw["criteria"]),
            ties=tuple(raw.get("ties", ())),
            reviews=raw.get("reviews", 5),
        )
        complaint = next(_complaints(rubric), None)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenChallenge(f"{where}: {error!r}") from error
    if complaint:
        raise BrokenChallenge(f"{where}: {complaint}")
    return rubric


def _criterion(row: Mapping[str, Any]) -> Criterion:
    anchors = {float(level): texts for level, texts in row.get("anchors", {}).items()}
    return Criterion(**{**row, "anchors": dict(sorted(anchors.items()))})


def _complaints(rubric: Rubric) -> Iterator[str]:
    """What is wrong with a rubric, the first thing first."""
    if not rubric.criteria:
        yield "no criteria"
    if len(set(rubric.names)) < len(rubric.names):
        yield f"two criteria of one name among {list(rubric.names)}"
    for criterion in rubric.criteria:
        yield from (f"criterion {criterion.name!r}: {complaint}" for complaint in _wrong_with(criterion))
    weights = math.fsum(criterion.weight for criterion in rubric.criteria)
    if not math.isclose(weights, TOTAL, abs_tol=1e-9):
        yield f"the weights sum to {weights:g}, not to {TOTAL:g}"
    yield from (
        f"ties are to be broken by {name!r}, which is no criterion" for name in rubric.ties if name not in rubric.names
    )
    if type(rubric.reviews) is not int or rubric.reviews < 1:
        yield f"an entry gets a whole number of reviews, at least one, not {rubric.reviews!r}"


def _wrong_with(criterion: Criterion) -> Iterator[str]:
    if type(criterion.name) is not str or not criterion.name.isidentifier():
        yield "its name is not a word in plain letters"
    if type(criterion.comment) is not bool:
        yield f"comment is true or false, not {criterion.comment!r}"
    for name, figure in (("weight", criterion.weight), ("low", criterion.low), ("high", criterion.high)):
        if type(figure) not in (int, float) or not math.isfinite(figure):
            yield f"{name} is no number: {figure!r}"
    if criterion.weight <= 0:
        yield f"its weight is {criterion.weight:g}, not above 0"
    if criterion.low >= criterion.high:
        yield f"its range goes from {criterion.low:g} to {criterion.high:g}"
    for level in criterion.anchors:
        if not criterion.low <= level <= criterion.high:
            yield f"the anchor {level:g} lies outside of {criterion.low:g} to {criterion.high:g}"
