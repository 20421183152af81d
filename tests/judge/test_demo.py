"""What `podium demo` says of its samples. A band allows for every seed, so weak's may reach into sound's; on one board
the order must hold."""

from itertools import permutations

import pytest

from challenges import sheet
from judge.demo import LADDER, Entered, disorder


def entered(slug):
    return [Entered(sample, f"team {sample.name}", 1, "a@demo.example") for sample in sheet.samples(slug)]


DRIVING, SECURITY = entered("driving"), entered("security")


def rows(**scores):
    return [{"team": f"team {name.replace('_', '-')}", "score": score} for name, score in scores.items()]


@pytest.mark.parametrize("order", list(permutations(LADDER)))
def test_the_order_of_the_labels_is_the_order_of_the_board(order):
    board = rows(cheat=99.0, crash=98.0, **dict(zip(order, (30.0, 36.5, 36.6), strict=True)))
    assert (disorder(DRIVING, {"": board}) == []) == (order == LADDER)


def test_equal_is_not_below_and_the_sentence_names_both_with_their_scores():
    assert disorder(DRIVING, {"": rows(useless=1.0, weak=20.0, sound=20.0)}) == [
        "weak (weak) is not below sound (sound) on the board: 20.0 and 20.0"
    ]


def test_a_sample_that_is_not_on_the_board_is_named_too():
    (line,) = disorder(DRIVING, {"": rows(useless=1.0, weak=20.0)})
    assert line.endswith("on the board: 20.0 and None")


def test_samples_are_compared_on_the_board_of_their_own_track():
    """Where every track has a weak sample, one of another track may be better."""
    boards = {
        "attack": rows(useless=0.0, weak=9.0, sound=40.0),
        "defence": rows(useless_defence=0.0, weak_defence=42.0, sound_defence=60.0),
        "detect": rows(useless_detect=7.0, weak_detect=35.0, sound_detect=64.0),
    }
    assert disorder(SECURITY, boards) == []
    boards["detect"] = rows(useless_detect=36.0, weak_detect=35.0, sound_detect=64.0)
    (line,) = disorder(SECURITY, boards)
    assert line.startswith("useless-detect (useless) is not below weak-detect (weak)")
