"""The house attacks: what a defence meets in its qualification. Exact in every step, as the house models are.

`fgsm`   one step of ε along the sign of the slope of a network (Goodfellow et al. 2015), on the lead of the best wrong
         class instead of the cross-entropy (Carlini and Wagner 2017), whose sign needs no logarithms.
`pgd`    steps of a fourth of ε on the three networks together, from a random start (Madry et al. 2018).
`lure`   steps of two fifths of ε, away from the nearest images of the same digit and towards the nearest of another
         one, among those that the house's neighbours know: what fools who compares with images that he has (after
         Sitawarin and Wagner 2019).
`search` knows labels only: squares of the image are set to ±ε, and stay so where more models of the house are wrong
         (after Square Attack, Andriushchenko et al. 2020)."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from challenges.security.digits import EPSILON, SIDE, Images, Labels, in_ball
from challenges.security.house import ORACLE, house

PGD_STEPS, PGD_STRIDE = 10, 25
LURE_STEPS, LURE_STRIDE = 6, 40
SEARCH_STEPS = 40

Chance = np.random.Generator
Assault = Callable[[Images, Labels, Chance], Images]


def fgsm(images: Images, labels: Labels, chance: Chance) -> Images:  # noqa: ARG001
    slope = house().nets[ORACLE].slope(images, labels)
    return in_ball(images + _sign(slope) * EPSILON, images)


def pgd(images: Images, labels: Labels, chance: Chance) -> Images:
    nets = list(house().nets.values())
    moved = in_ball(images + chance.integers(-EPSILON, EPSILON, size=images.shape, endpoint=True), images)
    for _ in range(PGD_STEPS):
        votes = sum(_sign(net.slope(moved, labels)) for net in nets)
        moved = in_ball(moved + _sign(np.asarray(votes)) * PGD_STRIDE, images)
    return moved


def lure(images: Images, labels: Labels, chance: Chance) -> Images:  # noqa: ARG001
    moved = images
    for _ in range(LURE_STEPS):
        moved = in_ball(moved + _sign(house().neighbours.way_out(moved, labels)) * LURE_STRIDE, images)
    return moved


def search(images: Images, labels: Labels, chance: Chance) -> Images:
    moved = in_ball(images + _stripes(chance, len(images)) * EPSILON, images)
    wrong = _wrong(moved, labels)
    for step in range(SEARCH_STEPS):
        side = 4 if step < SEARCH_STEPS // 4 else 3 if step < SEARCH_STEPS // 2 else 2
        tried = moved.reshape(-1, SIDE, SIDE).copy()
        corners = chance.integers(0, SIDE - side, size=(len(images), 2), endpoint=True)
        signs = _signs(chance, (len(images),)) * EPSILON
        whole = images.reshape(-1, SIDE, SIDE)
        for i, ((top, left), sign) in enumerate(zip(corners, signs, strict=True)):
            square = (i, slice(top, top + side), slice(left, left + side))
            tried[square] = whole[square] + sign
        candidate = in_ball(tried.reshape(images.shape), images)
        now = _wrong(candidate, labels)
        better = now >= wrong
        moved = np.where(better[:, None], candidate, moved)
        wrong = np.where(better, now, wrong)
    return moved


ASSAULTS: Final[Mapping[str, Assault]] = {"fgsm": fgsm, "pgd": pgd, "lure": lure, "search": search}


def _sign(slope: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    return np.sign(slope).astype(np.int64)


def _signs(chance: Chance, shape: tuple[int, ...]) -> NDArray[np.int64]:
    return 2 * chance.integers(0, 1, size=shape, endpoint=True) - 1


def _stripes(chance: Chance, count: int) -> NDArray[np.int64]:
    """(count, 64): columns of one sign each."""
    return np.tile(_signs(chance, (count, SIDE)), (1, SIDE))


def _wrong(images: Images, labels: Labels) -> NDArray[np.int64]:
    """By how many models of the house each image is taken for something else."""
    wrong: NDArray[np.int64] = np.sum([model.labels(images) != labels for model in house().models.values()], axis=0)
    return wrong
