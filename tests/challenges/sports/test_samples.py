"""The labelled samples get what their labels say; `separation.py` measures more seeds, `head_to_head.py` the games
between them."""

import json
import re

import pytest

from challenges import sheet
from challenges.base import Fault, Phase, Played, Reply
from challenges.sports.house import HOUSE
from challenges.sports.match import SEATS
from challenges.sports.replies import REST, Patience, read
from tests.challenges import separation
from tests.challenges.fakes import Entry, Scripted, seats

SAMPLES = {sample.name: sample for sample in sheet.samples("sports")}


def judge(sports, name, cases):
    """(verdict, score) as the judge would give them, with the fakes' players."""
    rows = []
    for case in cases:
        (seat,) = case.seats
        got = sports.play(case, seats(**{seat: Entry(SAMPLES[name].path)}), {}).seats[seat]
        if got.score is None:
            return {Fault.GONE: "RTE", Fault.LATE: "TLE", Fault.INVALID: "PE"}[got.fault], None
        rows.append(Played(case, seat, got))
    return "AC", sports.score(rows)[""].public


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gets_its_verdict_and_lies_in_its_band(sports, name):
    phase = Phase(b"\x21" * 32, 1, showcase=False)  # half of a practice phase: the bands are for the whole of it
    verdict, score = judge(sports, name, sports.cases(sports.prepare(b"", cases=1), phase))
    assert SAMPLES[name].holds(verdict, score), (verdict, score)


def test_the_bands_of_useless_weak_and_sound_do_not_meet_where_it_matters():
    useless, weak, sound = (SAMPLES[name] for name in ("useless", "weak", "sound"))
    assert useless.score_max < sound.score_min
    assert useless.score_max <= weak.score_min < sound.score_min
    assert weak.score_max < sound.score_max


def test_the_authors_best_beats_the_sound_sample_by_a_third_of_what_that_is_worth():
    """Against the house, a pair of games each."""
    found = separation.table("sports", "", cases=1, seed="fifth")
    assert found.scores["useless"] < found.scores["weak"] < found.scores["sound"]
    assert found.share >= separation.SHARE


@pytest.mark.parametrize("language", sheet.LANGUAGES)
def test_the_statement_names_how_many_opponents_an_entry_gets(language):
    """What the judge goes by (`meeting_opponents`), in the paragraph on the ladder."""
    ladder = next(line for line in sheet.statement("sports", language).splitlines() if "OpenSkill" in line)
    numbers = re.findall(r"\d+", ladder.partition("OpenSkill")[0])
    assert set(numbers) == {str(sheet.about("sports").meeting_opponents)}


def test_the_crashing_sample_has_played_for_five_seconds_before_it_crashes(sports, cases):
    got = sports.play(cases["pack-1-left"], seats(left=Entry(SAMPLES["crash"].path)), {}).seats["left"]
    assert got.fault is Fault.GONE
    assert got.message.params["tick"] == 50


def test_every_trick_of_the_cheat_counts_as_no_move_at_all():
    entry = Entry(SAMPLES["cheat"].path)
    entry.hello({})
    body = {"p": [450.0, 300.0], "v": [0.0, 0.0]}
    for tick in range(7):
        view = {"tick": tick, "ball": body, "me": [body] * 3, "opponents": [body] * 3, "score": [0, 0]}
        answer = entry.ask(json.loads(json.dumps(view)))
        assert isinstance(answer, Reply)
        if tick == 6:  # the one that is allowed: kicks from afar
            assert all(move.kick_x == 1 and (move.force_x, move.force_y) == (0, 0) for move in read(answer))
        else:
            assert Patience().take(answer, tick) == REST


def test_cheating_forfeits_and_hurts_only_the_cheat(sports, meeting):
    players = {"left": Entry(SAMPLES["cheat"].path), "right": Entry(SAMPLES["useless"].path)}
    got = sports.play(meeting, seats(**players), {}).seats
    assert (got["left"].score, got["left"].fault) == (0.0, Fault.INVALID)
    assert (got["right"].score, got["right"].fault) == (1.0, None)


def test_shouting_gains_nothing_over_plain_running(sports, cases, short):
    """Forces and kicks of 1e308 are those of length 1: the same game as the house's pack plays, but for the last bits
    of the directions that were sent."""
    runs = [
        sports.play(cases["still-1-left"], seats(left=player), {}).view.data["frames"][:30]
        for player in (Entry(SAMPLES["loudmouth"].path), Scripted(HOUSE["pack"]))
    ]
    assert runs[0] == runs[1]


def test_the_starter_kit_scores_more_against_the_weak_sample_than_it_concedes(sports, meeting):
    goals = [0.0, 0.0]
    for side, other in (SEATS, SEATS[::-1]):
        players = {side: Entry(SAMPLES["sound"].path), other: Entry(SAMPLES["weak"].path)}
        got = sports.play(meeting, seats(**players), {}).seats[side]
        goals = [goals[0] + got.columns["goals_for"], goals[1] + got.columns["goals_against"]]
    assert goals[0] > goals[1]
