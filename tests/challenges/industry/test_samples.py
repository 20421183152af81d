"""The labelled samples get what their labels say; `separation.py` measures more."""

from pathlib import Path

import pytest

from challenges import sheet
from challenges.base import Case, Fault, Phase, Played
from challenges.industry import references
from challenges.industry.instances import instance
from tests.challenges.fakes import Entry, seats

SAMPLES = {sample.name: sample for sample in sheet.samples("industry")}
SEED = b"\x21" * 32


@pytest.fixture(scope="module")
def practice(industry):
    """The hidden cases of a practice phase, as a worker has them."""
    return list(industry.cases(industry.prepare(SEED, cases=2), Phase(SEED, 2, showcase=False)))


def judge(industry, folder, cases):
    """(verdict, score) as the judge would give them, with the fakes' players."""
    played = []
    for case in cases:
        got = industry.play(case, seats(planner=Entry(folder)), {}).seats["planner"]
        if got.score is None:
            return {Fault.GONE: "RTE", Fault.LATE: "TLE", Fault.INVALID: "PE"}[got.fault], None
        played.append(Played(case, "planner", got))
    return "AC", industry.score(played)[""].public


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gets_its_verdict_and_lies_in_its_band(industry, practice, name):
    verdict, score = judge(industry, SAMPLES[name].path, practice)
    assert SAMPLES[name].holds(verdict, score), (verdict, score)


def test_weak_lies_above_useless_and_below_sound():
    useless, weak, sound = (SAMPLES[name] for name in ("useless", "weak", "sound"))
    assert useless.score_max < weak.score_min < sound.score_min
    assert weak.score_max < sound.score_max


def test_the_authors_best_beats_the_sound_sample_by_more_than_a_third_of_what_it_is_worth(industry, practice):
    cases = [case for case in practice if case.group in {"10x5", "15x10"}]
    _, best = judge(industry, Path(__file__).parent / "best", cases)
    _, sound = judge(industry, SAMPLES["sound"].path, cases)
    assert best - sound > sound / 3


@pytest.mark.parametrize("name", ["cheat", "cheat-replay"])
def test_cheats_never_get_a_schedule_counted(industry, name):
    codes = set()
    for number in range(12):
        case = Case("x", bytes([number]) * 32, group="15x10", params={"reference": 1000})
        got = industry.play(case, seats(planner=Entry(SAMPLES[name].path)), {}).seats["planner"]
        assert (got.score, got.fault) == (0.0, Fault.INVALID)
        codes.add(got.message.code)
    assert codes == {"deadlock"} if name == "cheat-replay" else len(codes) >= 4


def test_the_recorded_schedule_was_a_good_one_for_its_own_instance(industry):
    showcase = industry.cases(industry.prepare(b"", cases=0), Phase(bytes(32), 0))[-1]
    got = industry.play(showcase, seats(planner=Entry(SAMPLES["cheat-replay"].path)), {}).seats["planner"]
    assert got.score > 40


def test_the_useless_sample_is_one_operation_after_the_other_or_little_better(industry):
    case = Case("x", bytes(32), group="10x5", params={"reference": 1})
    chart = industry.play(case, seats(planner=Entry(SAMPLES["useless"].path)), {}).view.data
    assert chart["makespan"] > 2 * references.lower_bound(instance(case))
