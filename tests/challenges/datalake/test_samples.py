"""The labelled samples get what their labels say, on a few seeds; `paired.py` measures more."""

import pytest

from challenges import sheet
from challenges.base import Fault, Phase, Played
from challenges.datalake.challenge import SEAT
from challenges.datalake.copies import copies, unpacked
from tests.challenges.datalake.paired import differences, folders
from tests.challenges.fakes import Entry, seats

SEEDS = [bytes([n]) * 32 for n in (0x21, 0x42)]


@pytest.fixture(scope="module")
def samples():
    return {sample.name: sample for sample in sheet.samples("datalake")}


def judge(datalake, folder, seed):
    """(verdict, score, predictions) as the judge would give them, with the fakes' players."""
    (case,) = datalake.cases(None, Phase(seed, 1, showcase=False))
    outcome = datalake.play(case, seats(**{SEAT: Entry(folder)}), {})
    got = outcome.seats[SEAT]
    if got.score is None:
        return {Fault.GONE: "RTE", Fault.LATE: "TLE", Fault.INVALID: "PE"}[got.fault], None, None
    return "AC", datalake.score([Played(case, SEAT, got)])[""].public, unpacked(outcome.artefacts[SEAT])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["useless", "weak", "sound", "crash", "cheat", "cheat-order"])
def test_a_sample_gets_its_verdict_and_lies_in_its_band(datalake, samples, name, seed):
    verdict, score, _ = judge(datalake, samples[name].path, seed)
    assert samples[name].holds(verdict, score), (verdict, score)


def test_the_bands_of_useless_weak_and_sound_do_not_meet(samples):
    useless, weak, sound = (samples[name] for name in ("useless", "weak", "sound"))
    assert useless.score_max < weak.score_min
    assert weak.score_max < sound.score_min


def test_the_ladder_separates_on_one_season(datalake):
    seed = SEEDS[0]
    (case,) = datalake.cases(None, Phase(seed, 1, showcase=False))
    ladder = {name: judge(datalake, folder, seed) for name, folder in folders().items()}
    predictions = {name: got[2] for name, got in ladder.items()}
    for low, high in (("useless", "weak"), ("weak", "sound"), ("sound", "best")):
        assert differences(case, predictions, low, high)[1] > 0
    useless, sound, best = (ladder[name][1] for name in ("useless", "sound", "best"))
    assert best - sound >= (sound - useless) / 3
    assert copies(predictions) == []


def test_the_crashing_sample_starts_and_then_falls_over_a_missing_value(datalake, samples):
    (case,) = datalake.cases(None, Phase(SEEDS[0], 1, showcase=False))
    got = datalake.play(case, seats(**{SEAT: Entry(samples["crash"].path)}), {}).seats[SEAT]
    assert (got.fault, got.message.code) == (Fault.GONE, "gone")


def test_the_sound_sample_answers_alike_when_it_is_asked_again(datalake, samples):
    once, again = (judge(datalake, samples["sound"].path, SEEDS[1]) for _ in range(2))
    assert once == again
