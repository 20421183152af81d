"""Do the samples separate in games against each other? `python -m tests.challenges.sports.head_to_head [pairs] [seed]`.

Plays every two of useless, weak, sound and the authors' best `pairs` times from both sides, and prints the points of
the better one with their 95 % interval over pairs, goals, and the share of draws: CONTESTS asks for fewer than one in
four between unequal samples.
"""

import hashlib
import itertools
import sys
from pathlib import Path
from statistics import fmean

from challenges.base import Phase
from challenges.metrics import stratified_interval
from challenges.sports.challenge import Sports
from challenges.sports.match import SEATS
from tests.challenges.fakes import Entry, seats

HERE = Path(__file__).parent
SAMPLES = HERE.parents[2] / "challenges" / "sports" / "samples"
FOLDERS = {name: SAMPLES / name for name in ("useless", "weak", "sound")} | {"best": HERE / "best"}


def main(pairs: int, seed: str) -> None:
    sports = Sports()
    phase = Phase(hashlib.sha256(seed.encode()).digest(), 2 * pairs)
    games = sports.meetings(sports.prepare(phase.seed, cases=phase.cases), phase)
    drawn = played = 0
    for low, high in itertools.combinations(FOLDERS, 2):
        points, goals = [], [0.0, 0.0]
        for game in games:
            got = []
            for side in SEATS:
                other = SEATS[1 - SEATS.index(side)]
                players = {side: Entry(FOLDERS[high]), other: Entry(FOLDERS[low])}
                outcome = sports.play(game, seats(**players), {}).seats[side]
                got.append(outcome.score or 0.0)
                goals = [goals[0] + outcome.columns["goals_for"], goals[1] + outcome.columns["goals_against"]]
            points.append(fmean(got))
            drawn += got.count(0.5)
            played += len(got)
        interval = stratified_interval({"": points})
        ours, theirs = (count / len(points) / 2 for count in goals)
        mean = fmean(points)
        print(f"{high} against {low}: {mean:.3f} points a game, 95 % interval {interval}, {ours:.1f}:{theirs:.1f}")
    print(f"{drawn} of {played} games drawn")


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["5"])[0]), (sys.argv[2:3] or ["head to head"])[0])
