"""Images, house models, house attacks and kept bytes: all exact."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.errors import BrokenChallenge
from challenges.security.assaults import ASSAULTS
from challenges.security.digits import EPSILON, WHITE, draw, in_ball
from challenges.security.house import DEFENCES, house
from challenges.security.kept import Kept, pack, unpack

SEED = b"\x31" * 32


def chance(number=1):
    return np.random.Generator(np.random.PCG64(number))


def nearest_originals(images):
    """For every image the mean difference of a pixel to the nearest original."""
    from sklearn.datasets import load_digits

    originals = np.rint(load_digits().data * WHITE / 16)
    return np.array([np.abs(originals - image).mean(axis=1).min() for image in images])


def test_images_are_no_copies_of_an_original():
    """Half of them differ from the nearest original by 5 % of white a pixel or more, none by less than 1 %."""
    differences = nearest_originals(draw(SEED, 200)[0])
    assert differences.min() > 0.01 * WHITE
    assert np.median(differences) > 0.05 * WHITE


def test_images_come_from_the_seed_and_are_never_the_originals():
    from sklearn.datasets import load_digits

    images, labels = draw(SEED, 500)
    again, same = draw(SEED, 500)
    assert (images == again).all()
    assert (labels == same).all()
    assert images.min() >= 0
    assert images.max() <= WHITE
    assert set(labels) == set(range(10))
    originals = {tuple(row) for row in np.rint(load_digits().data * WHITE / 16).astype(int).tolist()}
    assert not originals & {tuple(row) for row in images.tolist()}


def test_the_house_sees_what_there_is_to_see():
    images, labels = draw(SEED, 600)
    right = {name: float((model.labels(images) == labels).mean()) for name, model in house().models.items()}
    assert list(right) == list(DEFENCES)
    assert min(right.values()) > 0.85
    assert min(right[name] for name in ("network", "neighbours", "hardened")) > 0.92


def test_house_attacks_stay_in_the_ball_and_each_hurts_more_than_noise():
    images, labels = draw(SEED, 80)
    left = {}
    for name, assault in ASSAULTS.items():
        moved = assault(images, labels, chance())
        assert (in_ball(moved, images) == moved).all()
        assert (moved != images).any()
        assert (moved == assault(images, labels, chance())).all()
        left[name] = np.mean([(model.labels(moved) == labels).mean() for model in house().models.values()])
    noisy = in_ball(images + chance().choice([-EPSILON, EPSILON], size=images.shape), images)
    noise = np.mean([(model.labels(noisy) == labels).mean() for model in house().models.values()])
    assert noise > 0.85
    assert max(left.values()) < noise - 0.05
    assert left["pgd"] < 0.65


def test_the_house_leads_neighbours_astray():
    """Whoever compares with images that he has is not safe either: the model that it is made on loses the most."""
    images, labels = draw(SEED, 80)
    moved = ASSAULTS["lure"](images, labels, chance())
    right = {name: (model.labels(moved) == labels).mean() for name, model in house().models.items()}
    assert right["neighbours"] < 0.8


def test_a_slope_is_the_difference_that_a_small_step_makes():
    images, labels = draw(SEED, 5)
    net = house().nets["logistic"]
    slope = net.slope(images, labels)
    scores = images @ net.weights[0] + net.biases[0]
    wrong = scores.copy()
    wrong[np.arange(5), labels] = -np.inf
    rival = wrong.argmax(axis=1)
    expected = (net.weights[0][:, rival] - net.weights[0][:, labels]).T
    assert (slope == expected).all()


def test_every_figure_of_a_net_is_a_whole_number_that_a_float_holds():
    images, _ = draw(SEED, 50)
    for net in house().nets.values():
        scores, _ = net._forward(images)
        assert (scores == np.rint(scores)).all()
        largest = np.abs(images).astype(float)
        for weights, bias in zip(net.weights, net.biases, strict=True):
            largest = largest @ np.abs(weights) + np.abs(bias)
            assert largest.max() < 2**53
            largest = np.ceil(largest / 1024)


def test_kept_images_come_back_as_they_were():
    images, labels = draw(SEED, 7)
    attacked = ASSAULTS["lure"](images, labels, chance())
    kept = unpack(pack(Kept(images, labels, attacked)))
    assert (kept.clean == images).all()
    assert (kept.attacked == attacked).all()
    assert (kept.labels == labels).all()


def test_kept_images_outside_of_the_ball_are_refused():
    images, labels = draw(SEED, 3)
    outside = np.where(images < 500, images + EPSILON + 1, images - EPSILON - 1)
    for kept in (Kept(images, labels, outside), Kept(images, labels + 10, images), Kept(images + 1000, labels, images)):
        with pytest.raises(BrokenChallenge):
            unpack(pack(kept))


@given(st.binary(max_size=400))
def test_other_bytes_are_refused(content):
    with pytest.raises(BrokenChallenge):
        unpack(content)


PROGRAM = """
import hashlib, json
from challenges.base import Case, Phase
from challenges.security.challenge import Security
from challenges.security.house import house
from tests.challenges.fakes import Scripted, seats
security = Security()
answers = {
    "attack": lambda m: {"image": [1 - p for p in m["image"]]},
    "defence": lambda m: {"label": sum(p > 0.5 for p in m["image"]) % 10},
    "detect": lambda m: {"p": [min(1, flow[7] / 50) for flow in m["flows"]]},
}
for case in security.cases(None, Phase(bytes(32), 1, showcase=False)):
    outcome = security.play(case, seats(**{case.track: Scripted(answers[case.track])}), {})
    print(hashlib.sha256(json.dumps(outcome.to_json()).encode()).hexdigest())
files = security.prepare(bytes(32), cases=1).public
print({name: hashlib.sha256(content).hexdigest() for name, content in files.items()})
"""


def test_two_processes_get_the_same_bytes_with_any_number_of_threads():
    own = {"PYTHONPATH": "."}
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **own, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"))
    ]
    assert runs[0] == runs[1]
    assert len(set(runs[0].splitlines())) == 4


EXPECTED = {"logistic": 364, "network": 392, "forest": 386, "neighbours": 396, "hardened": 377}


def test_the_stored_models_are_those_that_the_figures_were_measured_with():
    images, labels = draw(hashlib.sha256(b"figures").digest(), 400)
    right = {name: int((model.labels(images) == labels).sum()) for name, model in house().models.items()}
    assert right == EXPECTED
