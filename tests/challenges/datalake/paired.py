"""Do the samples separate on one season, as a phase has it? `python -m tests.challenges.datalake.paired SEED…`

`tests.challenges.separation` compares over several seasons; a phase has one. Here useless, weak, sound and the authors'
best play the one season of each seed, and the differences of their public scores get a paired 95 % percentile interval
from 1,000 resamples of its rows (the same rows for both).
"""

import hashlib
import itertools
import sys
from pathlib import Path

import numpy as np

from challenges import sheet
from challenges.base import Phase
from challenges.datalake.challenge import SEAT, Datalake
from challenges.datalake.copies import unpacked
from challenges.datalake.generator import stream
from challenges.datalake.scoring import RESAMPLES, auc
from challenges.datalake.season import PUBLIC_ROWS, season
from tests.challenges.fakes import Entry, seats

LADDER = ("useless", "weak", "sound", "best")


def folders() -> dict[str, Path]:
    samples = {sample.name: sample.path for sample in sheet.samples("datalake")}
    return {**{name: samples[name] for name in LADDER[:-1]}, "best": Path(__file__).parent / "best"}


def differences(case, predictions, low: str, high: str) -> tuple[float, float, float]:
    """high − low in points of the public score, and the ends of the interval."""
    labels = season(case.seed).labels[:PUBLIC_ROWS]
    one, other = (np.array(predictions[name][:PUBLIC_ROWS]) for name in (low, high))
    draw = stream(case.seed, "paired resamples")
    found = []
    for _ in range(RESAMPLES):
        weights = np.bincount(draw.integers(0, PUBLIC_ROWS, PUBLIC_ROWS), minlength=PUBLIC_ROWS)
        found.append(auc(labels, other, weights) - auc(labels, one, weights))
    ends = np.quantile(np.array(found), [0.025, 0.975])
    return tuple(100 * float(value) for value in (auc(labels, other) - auc(labels, one), *ends))


def main(seeds: list[str]) -> None:
    challenge = Datalake()
    print(
        "| seed | "
        + " | ".join(LADDER)
        + " | weak − useless | sound − weak | best − sound | share | final: sound, best |"
    )
    for seed in seeds:
        phase = Phase(hashlib.sha256(seed.encode()).digest(), 1, showcase=False)
        (case,) = challenge.cases(challenge.prepare(phase.seed, cases=phase.cases), phase)
        scores, finals, predictions = {}, {}, {}
        for name, folder in folders().items():
            outcome = challenge.play(case, seats(**{SEAT: Entry(folder)}), {})
            got = outcome.seats[SEAT]
            scores[name], finals[name] = got.score, got.columns["private"]
            predictions[name] = unpacked(outcome.artefacts[SEAT])
        cells = [seed, *(f"{scores[name]:.1f}" for name in LADDER)]
        for low, high in itertools.pairwise(LADDER):
            cells.append("{:.1f} [{:.1f}, {:.1f}]".format(*differences(case, predictions, low, high)))
        cells.append(f"{(scores['best'] - scores['sound']) / (scores['sound'] - scores['useless']):.2f}")
        cells.append(f"{finals['sound']:.1f}, {finals['best']:.1f}")
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["paired"])
