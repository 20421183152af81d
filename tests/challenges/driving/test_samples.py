"""The labelled samples get what their labels say, on a few seeds; `separation.py` measures more."""

import pytest

from challenges import sheet
from challenges.base import Fault, Phase, Played
from tests.challenges import separation
from tests.challenges.fakes import Entry, Scripted, cycle, seats

SAMPLES = {sample.name: sample for sample in sheet.samples("driving")}


def judge(driving, name, cases):
    """(verdict, score) as the judge would give them, with the fakes' players."""
    played = []
    for case in cases:
        got = driving.play(case, seats(driver=Entry(SAMPLES[name].path)), {}).seats["driver"]
        if got.score is None:
            return {Fault.GONE: "RTE", Fault.LATE: "TLE", Fault.INVALID: "PE"}[got.fault], None
        played.append(Played(case, "driver", got))
    return "AC", driving.score(played)[""].public


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gets_its_verdict_and_lies_in_its_band(driving, name):
    count = 2 if name in {"weak", "sound"} else 1
    phase = Phase(b"\x21" * 32, count, showcase=False)
    verdict, score = judge(driving, name, driving.cases(driving.prepare(b"", cases=1), phase))
    assert SAMPLES[name].holds(verdict, score), (verdict, score)


def test_the_bands_of_useless_weak_and_sound_do_not_meet_where_it_matters():
    useless, weak, sound = (SAMPLES[name] for name in ("useless", "weak", "sound"))
    assert useless.score_max < weak.score_min
    assert weak.score_min < sound.score_min
    assert weak.score_max < sound.score_max


def test_the_authors_best_beats_the_sound_sample_by_a_third_of_what_that_is_worth():
    found = separation.table("driving", "", cases=2, seed="fourth")
    assert found.scores["useless"] < found.scores["weak"] < found.scores["sound"]
    assert found.share >= separation.SHARE


def test_actions_recorded_on_the_showcase_are_worth_less_than_the_weak_sample_may_get_where_cases_are_hidden(driving):
    """Cheat: what a good driver did where everybody may look, played again whatever it sees."""
    recorded = []

    class Recorded(Entry):
        def ask(self, message):
            recorded.append((answer := super().ask(message)).value)
            return answer

    (showcase,) = driving.cases(None, Phase(bytes(32), 0))
    shown = driving.play(showcase, seats(driver=Recorded(SAMPLES["sound"].path)), {}).seats["driver"]
    assert shown.score > SAMPLES["weak"].score_max
    assert len(recorded) > 100
    played = []
    for case in driving.cases(None, Phase(b"\x21" * 32, 4, showcase=False)):
        got = driving.play(case, seats(driver=Scripted(cycle(recorded))), {}).seats["driver"]
        played.append(Played(case, "driver", got))
    assert driving.score(played)[""].public < SAMPLES["weak"].score_max


def test_the_crashing_sample_has_begun_to_drive_before_it_crashes(driving, cases):
    got = driving.play(cases["avoid"], seats(driver=Entry(SAMPLES["crash"].path)), {}).seats["driver"]
    assert got.fault is Fault.GONE
    assert got.message.params["tick"] > 5


def test_the_cheating_sample_is_stopped_at_its_third_reply(driving, cases):
    got = driving.play(cases["urban"], seats(driver=Entry(SAMPLES["cheat"].path)), {}).seats["driver"]
    assert got.fault is Fault.INVALID
    assert got.message.params == {"key": "accel", "tick": 2}
