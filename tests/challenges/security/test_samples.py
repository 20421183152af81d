"""The labelled samples get what their labels say; `separation.py` measures more."""

from pathlib import Path

import pytest

from challenges import sheet
from challenges.base import Fault, Phase, Played
from tests.challenges.fakes import Entry, Scripted, seats
from tests.challenges.security.hoarding import HOARDS, judged, nearest

SAMPLES = {sample.name: sample for sample in sheet.samples("security")}
SEED = b"\x21" * 32
BEST = Path(__file__).parent / "best"


def judge(security, folder, track, count=2):
    """(verdict, score) as the judge would give them, with the fakes' players."""
    played = []
    for case in security.cases(None, Phase(SEED, count, showcase=False)):
        if case.track != track:
            continue
        got = security.play(case, seats(**{track: Entry(folder)}), {}).seats[track]
        if got.score is None:
            return {Fault.GONE: "RTE", Fault.LATE: "TLE", Fault.INVALID: "PE"}[got.fault], None
        played.append(Played(case, track, got))
    return "AC", security.score(played)[track].public


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gets_its_verdict_and_lies_in_its_band(security, name):
    sample = SAMPLES[name]
    verdict, score = judge(security, sample.path, sample.track)
    assert sample.holds(verdict, score), (verdict, score)


@pytest.mark.parametrize("suffix", ["", "-defence", "-detect"])
def test_weak_lies_above_useless_and_below_sound(suffix):
    useless, weak, sound = (SAMPLES[name + suffix] for name in ("useless", "weak", "sound"))
    assert useless.score_max < weak.score_min < sound.score_min
    assert weak.score_max < sound.score_max


@pytest.mark.parametrize(("track", "suffix"), [("attack", ""), ("defence", "-defence"), ("detect", "-detect")])
def test_the_authors_best_beats_the_sound_sample_by_a_third_of_what_that_is_worth(security, track, suffix):
    useless, sound, best = (
        judge(security, folder, track, count=1)[1]
        for folder in (SAMPLES[f"useless{suffix}"].path, SAMPLES[f"sound{suffix}"].path, BEST)
    )
    assert best - sound > (sound - useless) / 3


@pytest.mark.parametrize("hoard", ["originals", "20,000 drawn"])
def test_who_has_digits_by_heart_gets_less_than_who_learns_from_attacks(security, hoard):
    """Memorised digits, nearest neighbour: no more than a model like any other, and not the best. `hoarding.py` prints
    the same for more of them and more cases."""
    act = nearest(*HOARDS[hoard]())
    by_heart = judged(security, lambda: Scripted(act), count=1, seed="by heart")
    best = judged(security, lambda: Entry(BEST), count=1, seed="by heart")
    assert by_heart["clean"] > 93
    assert by_heart["score"] < best["score"]
