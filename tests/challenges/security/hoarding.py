"""Defences that learn nothing: they compare with what they have by heart, and say what the nearest of it is.

`python -m tests.challenges.security.hoarding [cases] [seed]` plays them beside the authors' best, for the table in
docs/author.md: what is by heart is the originals, or so many images by the contest's own generator. `aimed` is the
share that is still right under an attack that is led by the very images that one has by heart; the authors' best by
the largest hoard."""

import hashlib
import sys
from collections.abc import Callable, Mapping

import numpy as np

from challenges.base import Json, Phase, Played
from challenges.security.assaults import LURE_STEPS, LURE_STRIDE
from challenges.security.challenge import Security
from challenges.security.digits import WHITE, Images, Labels, _originals, draw, in_ball
from challenges.security.house import Neighbours
from tests.challenges.fakes import Entry, Scripted, seats
from tests.challenges.separation import folders


def originals() -> tuple[Images, Labels]:
    images, labels = _originals()
    return images.reshape(len(images), -1) * WHITE // 16, labels


def drawn(count: int) -> tuple[Images, Labels]:
    return draw(hashlib.sha256(b"by heart").digest(), count)


def nearest(images: Images, labels: Labels) -> Callable[[Json], Json]:
    """`act` of an entry that answers with the label of the nearest."""
    known = np.ascontiguousarray(images.T / WHITE)
    squares = (known**2).sum(axis=0)
    return lambda message: {"label": int(labels[np.argmin(squares - 2 * (np.array(message["image"]) @ known))])}


def judged(security: Security, player: Callable[[], Scripted | Entry], *, count: int, seed: str) -> Mapping[str, float]:
    """Score and columns of a defence in a phase of so many cases."""
    phase = Phase(hashlib.sha256(seed.encode()).digest(), count, showcase=False)
    played = []
    for case in security.cases(None, phase):
        if case.track == "defence":
            outcome = security.play(case, seats(defence=player()), {})
            played.append(Played(case, "defence", outcome.seats["defence"]))
    score = security.score(played)["defence"]
    return {"score": score.public, **score.columns}


def aimed(act: Callable[[Json], Json], hoard: tuple[Images, Labels], *, count: int, seed: str) -> float:
    """Percent of the images that are right when clean."""
    images, labels = draw(hashlib.sha256(f"aimed {seed}".encode()).digest(), count)
    neighbours, moved = Neighbours(hoard[0].astype(np.float64), hoard[1]), images
    for _ in range(LURE_STEPS):
        moved = in_ball(moved + np.sign(neighbours.way_out(moved, labels)).astype(np.int64) * LURE_STRIDE, images)
    clean, after = (
        np.array([act({"image": (image / WHITE).tolist()})["label"] for image in some]) == labels
        for some in (images, moved)
    )
    return 100 * float(after[clean].mean())


HOARDS = {
    "originals": originals,
    "20,000 drawn": lambda: drawn(20_000),
    "100,000 drawn": lambda: drawn(100_000),
}


def main(count: int, seed: str) -> None:
    security = Security()
    hoards = {name: hoard() for name, hoard in HOARDS.items()}
    acts = {name: nearest(*hoard) for name, hoard in hoards.items()}
    best = Entry(folders("security", "defence")["best"])
    best.hello({"track": "defence"})
    acts["best"] = lambda message: best.ask(message).value
    hoards["best"] = list(hoards.values())[-1]
    for name, act in acts.items():
        found = judged(security, lambda act=act: Scripted(act), count=count, seed=seed)
        names = ("score", "clean", "under_fgsm", "under_pgd", "under_lure", "under_search")
        figures = {column: found[column] for column in names} | {
            "aimed": aimed(act, hoards[name], count=50 * count, seed=seed)
        }
        print(f"{name:14}", "  ".join(f"{column} {figure:.1f}" for column, figure in figures.items()), flush=True)


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["4"])[0]), (sys.argv[2:3] or ["separation"])[0])
