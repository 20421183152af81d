"""Do the samples of a challenge separate? `python -m tests.challenges.separation driving [cases] [seed]`, and for every
contest `python -m tests.bench separation`.

Plays useless, weak, sound and the authors' best on the same cases of each track, in this process: every judged score,
and the paired differences with their 95 % intervals. CONTESTS asks for useless < weak < sound with intervals that
exclude 0, and that the best beats sound by a third of what sound beats useless by.

Where people score, the samples' recorded reviews are what was played, and the sample labelled strong is the best.
"""

import hashlib
import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from challenges import registry, sheet
from challenges.base import Case, Challenge, Phase
from challenges.metrics import stratified_interval
from judge.normalisation import adjusted
from tests.challenges import sound

HERE = Path(__file__).parent
LADDER = ("useless", "weak", "sound", "best")
READ_BEST = "strong"
"""The label of the best where people score."""
SHARE = 1 / 3
LEAST_CASES = 4
"""Of each discipline, also where a public phase has fewer: an interval needs several."""

Points = Mapping[str, tuple[str, float]]
"""Case name -> (discipline, points)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the better of two gets more on the same cases; no interval where a discipline has one case."""

    low: str
    high: str
    mean: float
    interval: tuple[float, float] | None

    @property
    def holds(self) -> bool:
        return self.interval is not None and self.interval[0] > 0

    def text(self) -> str:
        low, high = self.interval or (float("nan"), float("nan"))
        return f"{self.mean:.1f} [{low:.1f}, {high:.1f}]"


@dataclass(frozen=True, slots=True)
class Table:
    """Of one track: the judged scores, and of each discipline the mean; the steps of the ladder; what the best beats
    sound by, as a share of what sound beats useless by."""

    scores: Mapping[str, float]
    groups: Mapping[str, Mapping[str, float]]
    steps: Sequence[Difference]
    share: float

    @property
    def holds(self) -> bool:
        return all(step.holds for step in self.steps) and self.share >= SHARE


def folders(slug: str, track: str) -> dict[str, Path]:
    """Where the four lie."""
    labelled = {sample.label: sample.path for sample in sheet.samples(slug)[::-1] if sample.track == track}
    return {**{name: labelled[name] for name in LADDER[:-1]}, "best": HERE / slug / "best"}


def points(challenge: Challenge, cases: Sequence[Case], folder: Path) -> tuple[float, Points]:
    """The judged score, and what each case adds to it: its run's score in the unit of the board. Where the judged score
    is none (a gate that was not passed), no case adds to it."""
    played = sound.played(sound.play(challenge, folder, cases))
    (score,) = challenge.score(played).values()
    found = {row.case.name: (row.case.group, row.outcome.score or 0.0) for row in played}
    mean = fmean(fmean(values) for values in by_group(found).values())
    unit = score.public / mean if mean else 0.0
    return score.public, {name: (group, unit * value) for name, (group, value) in found.items()}


def by_group(values: Points) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for group, value in values.values():
        groups.setdefault(group, []).append(value)
    return groups


def table(slug: str, track: str, *, cases: int, seed: str) -> Table:
    challenge = registry.load(slug)
    phase = Phase(hashlib.sha256(seed.encode()).digest(), cases, showcase=False)
    planned = challenge.cases(sound.prepared(challenge, phase), phase)
    mine = [case for case in planned if case.track in ("", track)]
    found = {name: points(challenge, mine, folder) for name, folder in folders(slug, track).items()}
    scores = {name: score for name, (score, _) in found.items()}
    steps = []
    for low, high in itertools.pairwise(LADDER):
        paired = {case: (group, found[high][1][case][1] - value) for case, (group, value) in found[low][1].items()}
        steps.append(Difference(low, high, scores[high] - scores[low], stratified_interval(by_group(paired))))
    groups = {name: {g: fmean(values) for g, values in by_group(each).items()} for name, (_, each) in found.items()}
    return Table(scores, groups, steps, share_of(scores))


def read_table(slug: str) -> Table:
    """Of a contest that people score, from its recorded reviews: adjusted scores, as a board has them; the raw means of
    the criteria; and what judges who read both gave the better of two more, with its Student interval."""
    rubric, reviews = sheet.about(slug).rubric, [one for one in sheet.recorded(slug).reviews if not one.refused]
    assert rubric is not None
    labelled = {sample.label: sample.name for sample in sheet.samples(slug)[::-1]}
    names = {step: labelled[READ_BEST if step == "best" else step] for step in LADDER}
    rows = {
        row.entry: row.adjusted
        for row in adjusted([(one.judge, one.entry, rubric.total(one.scores)) for one in reviews], method="additive")
    }
    totals = {
        step: {one.judge: rubric.total(one.scores) for one in reviews if one.entry == name}
        for step, name in names.items()
    }
    steps = []
    for low, high in itertools.pairwise(LADDER):
        paired = [totals[high][judge] - value for judge, value in totals[low].items() if judge in totals[high]]
        steps.append(Difference(low, high, fmean(paired), stratified_interval({"": paired})))
    groups = {
        step: {word: fmean(one.scores[word] for one in reviews if one.entry == name) for word in rubric.names}
        for step, name in names.items()
    }
    scores = {step: rows[name] for step, name in names.items()}
    return Table(scores, groups, steps, share_of(scores))


def share_of(scores: Mapping[str, float]) -> float:
    """What the best beats sound by, of what sound beats useless by."""
    return (scores["best"] - scores["sound"]) / (scores["sound"] - scores["useless"])


def tables(slug: str, *, cases: int | None = None, seed: str = "separation") -> Iterator[tuple[str, Table]]:
    """By track; with the cases of the public phase where none are named."""
    if sheet.about(slug).pairing == "none":
        yield "", read_table(slug)
        return
    for track in sound.samples(slug):
        yield track, table(slug, track, cases=cases or max(LEAST_CASES, sheet.about(slug).public_cases), seed=seed)


def main(slug: str, cases: int | None, seed: str) -> None:
    for track, found in tables(slug, cases=cases, seed=seed):
        print(slug, track)
        for name, score in found.scores.items():
            print(f"{name:8} {score:6.2f}   " + "  ".join(f"{g} {v:.1f}" for g, v in found.groups[name].items()))
        for step in found.steps:
            print(f"{step.high} - {step.low}: {step.text()}")
        print(f"best beats sound by {found.share:.2f} of what sound beats useless by (at least 0.33)")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else None, (sys.argv[3:4] or ["separation"])[0])
