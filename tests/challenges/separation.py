"""Do the samples of a challenge separate? `python -m tests.challenges.separation driving [cases] [seed]`.

Plays useless, weak, sound and the authors' best on the same cases, in this process, and prints every mean and the
paired differences with their 95 % intervals. CONTESTS asks for useless < weak < sound with intervals that exclude 0,
and that the best beats sound by a third of what sound beats useless by.
"""

import hashlib
import sys
from pathlib import Path
from statistics import fmean

from challenges import registry, sheet
from challenges.base import Phase, Played
from challenges.metrics import stratified_interval
from tests.challenges.fakes import Entry, seats


def scores(challenge, cases, folder: Path) -> dict[str, tuple[str, float]]:
    """Case name -> (discipline, score)."""
    played = []
    for case in cases:
        (seat,) = case.seats or challenge.about.seats
        outcome = challenge.play(case, seats(**{seat: Entry(folder)}), {})
        played.append(Played(case, seat, outcome.seats[seat]))
    return {row.case.name: (row.case.group, row.outcome.score or 0.0) for row in played}


def by_group(values: dict[str, tuple[str, float]]) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for group, value in values.values():
        groups.setdefault(group, []).append(value)
    return groups


def main(slug: str, count: int, seed: str) -> None:
    challenge = registry.load(slug)
    phase = Phase(hashlib.sha256(seed.encode()).digest(), count, showcase=False)
    cases = challenge.cases(challenge.prepare(phase.seed), phase)
    folders = {
        sample.name: sample.path for sample in sheet.samples(slug) if sample.name in {"useless", "weak", "sound"}
    }
    folders["best"] = Path(__file__).parent / slug / "best"
    table = {name: scores(challenge, cases, folder) for name, folder in folders.items()}
    means = {}
    for name, values in table.items():
        groups = {group: fmean(column) for group, column in by_group(values).items()}
        means[name] = fmean(groups.values())
        print(f"{name:8} {means[name]:6.2f}   " + "  ".join(f"{g} {v:.1f}" for g, v in groups.items()))
    for low, high in (("useless", "weak"), ("weak", "sound"), ("sound", "best")):
        paired = {case: (group, table[high][case][1] - value) for case, (group, value) in table[low].items()}
        interval = stratified_interval(by_group(paired))
        print(f"{high} - {low}: {means[high] - means[low]:.2f}, 95 % interval {interval}")
    share = (means["best"] - means["sound"]) / (means["sound"] - means["useless"])
    print(f"best beats sound by {share:.2f} of what sound beats useless by (at least 0.33)")


if __name__ == "__main__":
    main(sys.argv[1], int((sys.argv[2:3] or ["6"])[0]), (sys.argv[3:4] or ["separation"])[0])
