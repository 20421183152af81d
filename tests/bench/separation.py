"""Do the samples of every contest separate? Paired differences on the cases of the public phase, with 95 % intervals
(CONTESTS, "Every contest"); where people score, those of the judges who read both, from the recorded reviews."""

from collections.abc import Iterator
from pathlib import Path

from challenges import registry
from tests.bench.table import Line
from tests.challenges.separation import LADDER, tables


def rows(folder: Path) -> Iterator[Line]:
    steps = ("weak − useless", "sound − weak", "best − sound")
    yield Line("| contest | " + " | ".join((*LADDER, *steps)) + " | (best − sound) / (sound − useless) | holds |")
    yield Line("|---" * (len(LADDER) + len(steps) + 3) + "|")
    for slug in registry.CHALLENGES:
        for track, found in tables(slug):
            cells = [f"{slug} {track}".strip(), *(f"{found.scores[name]:.1f}" for name in LADDER)]
            cells += [*(step.text() for step in found.steps), f"{found.share:.2f}", "yes" if found.holds else "NO"]
            yield Line("| " + " | ".join(cells) + " |")
