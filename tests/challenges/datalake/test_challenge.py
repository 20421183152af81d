import dataclasses
import hashlib
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from challenges import sheet
from challenges.base import Alike, Case, Fault, Gone, Invalid, Late, Message, Phase, Played, SeatOutcome
from challenges.datalake.challenge import SEAT, hello
from challenges.datalake.columns import schema
from challenges.datalake.copies import packed, unpacked
from challenges.datalake.season import PUBLIC_ROWS, season
from challenges.errors import BrokenChallenge
from challenges.views import validate_curves
from judge.players import ReplayPlayer
from judge.scoring import order_key
from tests.challenges.fakes import Scripted, seats

GOOD = {"p": [0.5] * 500}
DRAW = np.random.Generator(np.random.PCG64(11))
NOISE = DRAW.random(4000)


def knowing(rows, strength):
    """Predictions that know the labels, more or less."""
    return np.clip(0.3 + strength * (rows.labels - 0.3) + 0.3 * (NOISE - 0.5), 0, 1)


def played(number, score, **columns) -> Played:
    base = {"low": score - 2, "high": score + 2, "log_loss": 0.5, "private_log_loss": 0.51}
    base |= {"private": score - 1, "private_low": score - 3, "private_high": score + 1}
    return Played(Case(f"season-{number}", bytes(32), group="season"), SEAT, SeatOutcome(score, base | columns))


# ---------------------------------------------------------------------------------------------------------------------
# What a player is told


def test_a_phase_has_one_season_and_then_the_showcase(datalake):
    names = [case.name for case in datalake.cases(datalake.prepare(b"s", cases=1), Phase(b"s", 1))]
    assert names == ["season-1", "showcase"]


def test_the_showcase_is_the_same_in_every_phase(datalake):
    one, other = (datalake.cases(datalake.prepare(b"s", cases=1), Phase(bytes([i]) * 32, 1))[-1] for i in (1, 2))
    assert one == other
    assert one.showcase


def test_the_public_file_is_the_train_part_of_the_season_that_is_played(datalake):
    seed = b"\x31" * 32
    materials = datalake.prepare(seed, cases=2)
    cases = datalake.cases(materials, Phase(seed, 2, showcase=False))
    assert set(materials.public) == {"columns.json", "train.csv", "train-season-2.csv"}
    assert materials.public["train.csv"] == season(cases[0].seed).train_csv()
    assert materials.public["train-season-2.csv"] == season(cases[1].seed).train_csv()
    assert json.loads(materials.public["columns.json"]) == {"fields": schema(), "target": "bought"}


def test_nothing_hidden_is_in_the_public_files_or_the_first_message(datalake, rows, case):
    files = datalake.prepare(b"\x07" * 32, cases=1).public
    text = b"".join(files.values()).decode() + json.dumps(hello(rows))
    for row in rows.hidden_rows[::100]:
        assert row[0] not in text
    assert case.seed.hex() not in text


def test_the_first_message_is_what_the_statement_says_and_not_too_long(predict, rows):
    _, _, player = predict(lambda _: GOOD)
    (told,) = player.hellos
    assert list(told) == ["challenge", "fields", "target", "hidden", "train"]
    assert told["hidden"] == {"rows": 4000, "batches": 8, "batch_rows": 500}
    assert told["train"] == {"rows": [list(row) for row in rows.train_rows], "labels": list(rows.train_labels)}
    assert len(json.dumps(told, separators=(",", ":"))) < 400_000


def test_eight_batches_come_one_after_the_other_and_hold_nothing_but_rows(predict, rows):
    _, got, player = predict(lambda _: GOOD)
    assert got.fault is None
    assert [list(message) for message in player.told] == [["rows"]] * 8
    assert [row for message in player.told for row in message["rows"]] == [list(row) for row in rows.hidden_rows]


# ---------------------------------------------------------------------------------------------------------------------
# What a run is worth


def test_knowing_everything_is_a_hundred_and_knowing_nothing_fifty(predict, rows):
    assert predict(rows.labels.astype(float))[1].score == 100.0
    assert predict(1.0 - rows.labels)[1].score == 0.0
    _, got, _ = predict(lambda _: GOOD)
    assert got.score == got.columns["private"] == 50.0
    assert got.columns["log_loss"] == pytest.approx(math.log(2), abs=1e-6)


def test_a_run_is_worth_its_public_part_and_keeps_the_private_one_beside_it(predict, rows):
    known = np.concatenate([rows.labels[:PUBLIC_ROWS], NOISE[PUBLIC_ROWS:]]).astype(float)
    _, got, _ = predict(known)
    assert got.score == 100.0
    assert 45 < got.columns["private"] < 55
    assert got.columns["private_low"] < got.columns["private"] < got.columns["private_high"]


def test_whoever_learns_the_public_labels_by_probing_gains_nothing_in_the_end(datalake, predict, case, rows):
    honest = knowing(rows, 0.25)
    probed = np.concatenate([rows.labels[:PUBLIC_ROWS], honest[PUBLIC_ROWS:]])
    scores = [datalake.score([Played(case, SEAT, predict(predictions)[1])])[""] for predictions in (honest, probed)]
    assert scores[1].public == 100 > scores[0].public
    assert scores[1].final == scores[0].final


def test_a_run_leaves_its_predictions_for_whoever_looks_for_copies(predict, rows):
    predictions = knowing(rows, 0.4)
    outcome, _, _ = predict(predictions)
    assert unpacked(outcome.artefacts[SEAT]) == predictions.tolist()


def test_the_curves_are_of_their_shape_and_show_both_parts(predict, rows):
    for predictions in (knowing(rows, 0.3), rows.labels.astype(float), np.zeros(4000), NOISE):
        outcome, got, _ = predict(predictions)
        assert outcome.view.kind == "curves"
        validate_curves(outcome.view.data)
        assert len(json.dumps(outcome.view.data)) < 30_000
        figures = {figure["name"]: figure["value"] for figure in outcome.view.data["figures"]}
        assert figures["auc_public"] == got.score
        assert figures["auc_private"] == got.columns["private"]
        for plot in outcome.view.data["plots"]:
            assert [curve["name"] for curve in plot["curves"]] == ["public", "private"]
        for curve, count in zip(outcome.view.data["plots"][1]["curves"], (1500, 2500), strict=True):
            assert sum(curve["sizes"]) == count


# ---------------------------------------------------------------------------------------------------------------------
# What a judgement is worth


def test_the_public_score_has_four_digits_and_its_bootstrap_interval(datalake):
    score = datalake.score([played(1, 73.217391, low=70.994, high=75.556)])[""]
    assert (score.public, score.interval) == (73.22, (70.99, 75.56))
    assert score.final == pytest.approx(72.217391)


def test_the_final_score_has_its_own_interval_and_log_loss(datalake):
    run = played(1, 73.0, private=71.5, private_low=70.25, private_high=72.75, private_log_loss=0.4321)
    decides = datalake.score([run])[""].decides
    assert (decides.score, decides.interval, decides.ties) == (71.5, (70.25, 72.75), (0.4321,))


def test_several_seasons_count_by_their_mean_and_narrow_the_interval(datalake):
    score = datalake.score([played(n, s) for n, s in ((1, 70.0), (2, 72.0), (3, 74.0), (4, 76.0))])[""]
    assert (score.public, score.final) == (73.0, 72.0)
    assert score.interval == (72.0, 74.0)
    assert (score.columns["private_low"], score.columns["private_high"]) == (71.0, 73.0)


def test_a_score_does_not_depend_on_the_order_of_runs(datalake):
    rows = [played(n, 60 + 7.123456 * n, log_loss=0.1 * n) for n in range(1, 5)]
    assert len({repr(datalake.score(order)) for order in (rows, rows[::-1], rows[2:] + rows[:2])}) == 1


def test_equal_scores_are_ordered_by_public_log_loss_then_by_the_earlier_entry(datalake):
    from datetime import UTC, datetime

    def key(loss, hour):
        score = datalake.score([played(1, 73.0, log_loss=loss)])[""]
        return order_key(score.public, score.ties, datetime(2026, 5, 1, hour, tzinfo=UTC))

    assert key(0.5, 12) < key(0.51, 9)
    assert key(0.5, 9) < key(0.5, 12)


def test_no_private_figure_is_in_what_an_open_phase_shows_or_ranks_by(datalake):
    one = datalake.score([played(1, 73.0)])[""]
    other = datalake.score([played(1, 73.0, private=90.0, private_low=88.0, private_high=92.0, private_log_loss=0.2)])[
        ""
    ]
    shown = {column.name for column in datalake.about.columns if column.public}
    assert shown == {"log_loss"}

    def open_figures(score):
        return score.public, score.interval, score.ties, {name: score.columns[name] for name in shown}

    assert open_figures(one) == open_figures(other)
    assert one.final != other.final


def test_the_columns_of_a_score_are_those_of_the_sheet(datalake):
    score = datalake.score([played(1, 73.0)])[""]
    assert set(score.columns) == {column.name for column in datalake.about.columns}


def test_nothing_and_a_run_without_a_score_cannot_be_scored(datalake):
    with pytest.raises(BrokenChallenge):
        datalake.score([])
    with pytest.raises(BrokenChallenge):
        datalake.score([dataclasses.replace(played(1, 73.0), outcome=SeatOutcome(None))])


def test_pieces_that_runs_leave_behind_are_compared_by_rank(datalake):
    rows = np.random.default_rng(1).random(4000)
    other = np.random.default_rng(2).random(4000)
    pieces = [packed(rows), packed(other), packed(rows**2)]
    ((one, two, measure),) = datalake.alike(pieces)
    assert (one, two) == (0, 2)
    assert measure > 0.9999
    assert datalake.alike(pieces, known=[packed(rows / 2)]) == []
    assert isinstance(datalake, Alike)


# ---------------------------------------------------------------------------------------------------------------------
# The table of faults


def with_chance(chance):
    return {"p": [0.5] * 499 + [chance]}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "wrong_keys"),
        ([0.5] * 500, "wrong_keys"),
        ({}, "wrong_keys"),
        ({"P": [0.5] * 500}, "wrong_keys"),
        ({"p": [0.5] * 500, "note": "hi"}, "wrong_keys"),
        ({"p": "0.5"}, "no_list"),
        ({"p": {"0": 0.5}}, "no_list"),
        ({"p": 0.5}, "no_list"),
        ({"p": []}, "wrong_length"),
        ({"p": [0.5] * 499}, "wrong_length"),
        ({"p": [0.5] * 501}, "wrong_length"),
        ({"p": [[0.5]] * 500}, "no_number"),
        (with_chance(True), "no_number"),
        (with_chance(None), "no_number"),
        (with_chance("0.5"), "no_number"),
        (with_chance(math.nan), "not_finite"),
        (with_chance(-math.inf), "not_finite"),
        (with_chance(1.0000001), "no_chance"),
        (with_chance(-1e-300), "no_chance"),
        (with_chance(1e308), "no_chance"),
        (with_chance(10**400), "no_chance"),
        (with_chance(-1), "no_chance"),
    ],
)
def test_an_invalid_answer_ends_the_run_and_says_why(predict, answer, code):
    answers = iter([GOOD, GOOD, answer])
    outcome, got, player = predict(lambda _: next(answers))
    assert len(player.told) == 3
    assert (got.score, got.fault, outcome.view, outcome.artefacts) == (None, Fault.INVALID, None, {})
    assert got.message.code == code
    assert got.message.params["batch"] == 3
    for language in sheet.LANGUAGES:
        assert "3" in sheet.sentence("datalake", got.message, language)


@pytest.mark.parametrize(
    ("answer", "fault", "code"),
    [
        (Late(), Fault.LATE, "late"),
        (Gone(), Fault.GONE, "gone"),
        (Invalid(Message("reply-too-long", {"bytes": 65536})), Fault.INVALID, "unreadable"),
    ],
)
def test_late_gone_and_unreadable_end_the_run_at_once(predict, answer, fault, code):
    _, got, player = predict(lambda _: answer)
    assert len(player.told) == 1
    assert (got.score, got.fault, got.message.code, got.message.params["batch"]) == (None, fault, code, 1)


@pytest.mark.parametrize("batch", [1, 8])
def test_a_fault_in_any_batch_takes_the_whole_score(predict, batch):
    answers = iter([GOOD] * (batch - 1) + [{"p": []}])
    _, got, _ = predict(lambda _: next(answers))
    assert (got.score, got.columns) == (None, {})


def test_whole_numbers_and_the_ends_of_the_scale_are_chances(predict):
    _, got, _ = predict(lambda _: {"p": [0, 1, 0.0, 1.0, 5e-324, -0.0] + [0] * 494})
    assert got.fault is None


@pytest.mark.parametrize(
    ("greeting", "fault"),
    [(Late(), Fault.LATE), (Invalid(Message("x")), Fault.INVALID), (Gone(), Fault.GONE)],
)
def test_who_is_not_ready_is_shown_no_hidden_row(predict, greeting, fault):
    _, got, player = predict(lambda _: GOOD, greeting)
    assert (got.score, got.fault, player.told) == (None, fault, [])
    assert got.message.code == f"hello_{fault}"


def test_what_a_team_reads_of_a_fault_holds_nothing_that_its_entry_chose(predict):
    answers = [with_chance(0.1 + 1), {"p": [2.5] + [0.5] * 499}]
    read = {repr(predict(lambda _, answer=answer: answer)[1].message) for answer in answers}
    assert len(read) == 1


# ---------------------------------------------------------------------------------------------------------------------
# The same again


def test_a_transcript_replays_to_the_same_bytes(datalake, case, rows, predict):
    predictions = knowing(rows, 0.2)
    outcome, _, _ = predict(predictions)
    lines = [json.dumps({"reply": '{"ready":true}'})]
    lines += [json.dumps({"reply": json.dumps({"p": batch.tolist()})}) for batch in predictions.reshape(8, 500)]
    player = ReplayPlayer.of("\n".join(lines), datalake.about.clocks[SEAT])
    again = datalake.play(case, seats(**{SEAT: player}), {})
    assert json.dumps(again.to_json()) == json.dumps(outcome.to_json())


PROGRAM = """
import hashlib, json
from challenges.base import Phase
from challenges.datalake.challenge import SEAT, Datalake
from tests.challenges.fakes import Scripted, seats
datalake = Datalake()
case = datalake.cases(None, Phase(bytes(32), 1))[0]
def act(message):
    return {"p": [((row[5] or 3) * 7 % 11 + (row[8] or 0)) / 60 for row in message["rows"]]}
outcome = datalake.play(case, seats(**{SEAT: Scripted(act)}), {})
print(hashlib.sha256(json.dumps(outcome.to_json()).encode()).hexdigest())
"""


def test_two_processes_get_the_same_bytes():
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ".", "OMP_NUM_THREADS": seed},
        ).stdout
        for seed in ("1", "4")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == len(hashlib.sha256().hexdigest())


def test_a_player_that_changes_what_it_was_told_changes_nothing(datalake, case):
    class Vandal(Scripted):
        def hello(self, info):
            info["train"]["rows"].clear()
            info["train"]["labels"].clear()
            return super().hello(info)

        def ask(self, message):
            message["rows"].clear()
            return super().ask(message)

    before = season(case.seed).train_csv()
    datalake.play(case, seats(**{SEAT: Vandal(lambda _: GOOD)}), {})
    assert season(case.seed).train_csv() == before
    assert [len(batch) for batch in season(case.seed).batches()] == [500] * 8
