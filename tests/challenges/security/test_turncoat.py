"""A defence that is a good one in its qualification and says 7 to everything in meetings, or in one of them: what it
gets is what a constant answer gets, and nobody else's sum moves. Played from the first message to the totals."""

import hashlib
from collections.abc import Callable, Mapping

import pytest

from challenges.base import Phase
from judge import derived
from judge.derived import Entry, Met
from judge.derived import Seat as Got
from tests.challenges.fakes import Scripted, seats
from tests.challenges.security.conftest import by_model

PHASE = Phase(hashlib.sha256(b"turncoat").digest(), 2, showcase=False)
honest = by_model("neighbours")


def lucky_seven(_):
    return {"label": 7}


def edges(message):
    return {"image": [max(0.0, pixel - 0.1) for pixel in message["image"]]}


def nudged(message):
    return {"image": [pixel + 0.1 * (-1) ** (place // 8) for place, pixel in enumerate(message["image"])]}


ATTACKS = {1: edges, 2: nudged, 3: lambda message: {"image": message["image"]}}
HONEST, TURNCOAT = 11, 12


@pytest.fixture(scope="module")
def qualified(security) -> Callable[[str, Callable], tuple[dict, dict]]:
    """What an entry got alone, and what it left."""

    def play(track, answer):
        alone, left = {}, {}
        for case in security.cases(None, PHASE):
            if case.track == track:
                outcome = security.play(case, seats(**{track: Scripted(answer)}), {})
                got = outcome.seats[track]
                alone[case.name] = {"score": got.score, "columns": got.columns}
                left[case.name] = outcome.artefacts
        return alone, left

    return play


@pytest.fixture(scope="module")
def field(security, qualified) -> Callable[[Mapping[int, Callable[[int], Callable]]], tuple[dict, dict]]:
    """The totals of the three attacks and of defences that are honest in their qualification; `defences` says how each
    answers an attack."""
    attacks = {entry: qualified("attack", answer) for entry, answer in ATTACKS.items()}
    alone_defence = qualified("defence", honest)[0]
    (case,) = security.meetings(None, PHASE)

    def totals(defences):
        met = []
        for second, answering in defences.items():
            for first, (_, left) in attacks.items():
                brought = {"attack": left[case.brings["attack"]]["attack"]}
                got = security.play(case, seats(defence=Scripted(answering(first))), brought).seats
                both = tuple(
                    Got(entry, got[seat].score, got[seat].columns)
                    for entry, seat in ((first, "attack"), (second, "defence"))
                )
                met.append(Met(len(met), case.name, both))
        sides = [Entry(entry, entry) for entry in attacks], [Entry(entry, entry) for entry in defences]
        alone = {entry: alone for entry, (alone, _) in attacks.items()} | dict.fromkeys(defences, alone_defence)
        matrix = derived.matrix_of(*sides, met, cases=1, alone=alone)
        return derived.cross_scores(security.field, *sides, matrix)

    return totals


def test_a_turncoat_gets_nothing_and_moves_no_attack(field):
    fair = {HONEST: lambda _: honest}
    only = field(fair)
    both = field(fair | {TURNCOAT: lambda _: lucky_seven})
    assert both[1][TURNCOAT].public == 0
    assert both[1][TURNCOAT].columns["clean"] < 93 < both[1][HONEST].columns["clean"]
    assert both[0] == only[0]
    assert both[1][HONEST] == only[1][HONEST]


def test_a_turncoat_towards_one_attack_gets_nothing_there_and_leaves_that_attack_to_the_others(field):
    """It stays above the gate with its other meetings; that attack is measured by everybody else."""
    steadfast = field({HONEST: lambda _: honest, TURNCOAT: lambda _: honest})
    turned = field({HONEST: lambda _: honest, TURNCOAT: lambda first: lucky_seven if first == 1 else honest})
    without = field({HONEST: lambda _: honest})
    assert 0 < turned[1][TURNCOAT].public < steadfast[1][TURNCOAT].public
    assert turned[1][TURNCOAT].columns["worst"] == 0
    assert turned[0][1] == without[0][1]
    assert [turned[0][attack] for attack in (2, 3)] == [steadfast[0][attack] for attack in (2, 3)]


def test_no_first_message_tells_a_meeting_from_a_qualification(security, qualified):
    heard: dict[str, list] = {}

    class Listening(Scripted):
        def __init__(self, told):
            super().__init__(honest)
            self._told = told

        def hello(self, info):
            self._told.append(info)
            return super().hello(info)

        def fresh(self):
            return Listening(self._told)

    _, left = qualified("attack", edges)
    qualification = next(case for case in security.cases(None, PHASE) if case.track == "defence")
    (meeting,) = security.meetings(None, PHASE)
    for case in (qualification, meeting):
        brought = {seat: left[name][seat] for seat, name in case.brings.items()}
        security.play(case, seats(defence=Listening(heard.setdefault(case.name, []))), brought)
    one, other = heard.values()
    assert one == other
    assert len(one) == 3
