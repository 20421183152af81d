"""Do the samples separate on every track? `python -m tests.challenges.security.separation [cases] [seed]`.

As `tests.challenges.separation`, which takes the three tracks for disciplines; here each stands alone. A defence is
measured behind its gate, so that its cases count 0 where the gate is not passed.
"""

import hashlib
import sys
from pathlib import Path
from statistics import fmean

from challenges.base import Phase, Played
from challenges.metrics import stratified_interval
from challenges.security.challenge import Security
from challenges.security.totals import TRACKS
from tests.challenges.fakes import Entry, seats

HERE = Path(__file__).parent
SAMPLES = HERE.parents[2] / "challenges" / "security" / "samples"
FOLDERS = {name: SAMPLES / name for name in ("useless", "weak", "sound")} | {"best": HERE / "best"}


def scores(security, cases, folder) -> tuple[float, list[float]]:
    """The judged score and the cases' own."""
    played = []
    for case in cases:
        (seat,) = case.seats
        outcome = security.play(case, seats(**{seat: Entry(folder)}), {})
        played.append(Played(case, seat, outcome.seats[seat]))
    (score,) = security.score(played).values()
    return score.public, [row.outcome.score if score.public else 0.0 for row in played]


def main(count: int, seed: str) -> None:
    security = Security()
    phase = Phase(hashlib.sha256(seed.encode()).digest(), count, showcase=False)
    for track in TRACKS:
        cases = [
            case
            for case in security.cases(security.prepare(phase.seed, cases=phase.cases), phase)
            if case.track == track
        ]
        table = {name: scores(security, cases, folder) for name, folder in FOLDERS.items()}
        print(track, "  ".join(f"{name} {score:.2f}" for name, (score, _) in table.items()))
        for low, high in (("useless", "weak"), ("weak", "sound"), ("sound", "best")):
            paired = [after - before for before, after in zip(table[low][1], table[high][1], strict=True)]
            low_end, high_end = stratified_interval({"": paired}) or (0, 0)
            print(f"  {high} - {low}: {fmean(paired):.1f} [{low_end:.1f}, {high_end:.1f}]")
        useless, _, sound, best = (score for score, _ in table.values())
        print(f"  best beats sound by {(best - sound) / (sound - useless):.2f} of what sound beats useless by")


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["4"])[0]), (sys.argv[2:3] or ["separation"])[0])
