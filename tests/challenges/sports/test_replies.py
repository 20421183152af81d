import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.base import Fault, Gone, Invalid, Late, Message, Reply
from challenges.sports.replies import REST, Flaw, Move, Patience, read, unit

STAND = {"force": [0, 0], "kick": [0, 0]}
GOOD = Reply([STAND, {"force": [0.6, 0.8], "kick": [-1, 0]}, STAND])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def test_three_moves_are_taken_as_they_are():
    assert read(GOOD) == (Move(), Move(0.6, 0.8, -1.0, 0.0), Move())


@given(x=numbers, y=numbers)
def test_a_vector_of_any_size_is_cut_to_length_one_and_keeps_its_direction(x, y):
    u, v = unit(x, y)
    assert math.hypot(u, v) <= 1 + 1e-12
    assert (u > 0) <= (x > 0) and (u < 0) <= (x < 0)
    assert (v > 0) <= (y > 0) and (v < 0) <= (y < 0)
    if x * x + y * y > 1:
        assert math.hypot(u, v) == pytest.approx(1)


@given(x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 1e6))
def test_cutting_treats_left_and_right_alike_to_the_last_bit(x, y):
    u, v = unit(x, y)
    assert unit(-x, y) == (-u, v)


def test_huge_numbers_are_no_more_than_one():
    moves = read(Reply([{"force": [1e308, 1e308], "kick": [-(10**400), 0]}, STAND, STAND]))
    assert moves[0].force_x == moves[0].force_y == pytest.approx(math.sqrt(0.5))
    assert (moves[0].kick_x, moves[0].kick_y) == (-1.0, 0.0)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "no_team"),
        ({}, "no_team"),
        ("move", "no_team"),
        ([], "no_team"),
        ([STAND] * 2, "no_team"),
        ([STAND] * 4, "no_team"),
        ([[STAND] * 3] * 2, "no_team"),
        ([[STAND] * 3] * 3, "wrong_keys"),
        ([STAND, STAND, None], "wrong_keys"),
        ([STAND, STAND, {"force": [0, 0]}], "wrong_keys"),
        ([STAND, STAND, STAND | {"p": [899, 300]}], "wrong_keys"),
        ([{"Force": [0, 0], "kick": [0, 0]}, STAND, STAND], "wrong_keys"),
        ([STAND | {"kick": None}, STAND, STAND], "no_vector"),
        ([STAND | {"kick": [1]}, STAND, STAND], "no_vector"),
        ([STAND | {"kick": [1, 0, 0]}, STAND, STAND], "no_vector"),
        ([STAND | {"kick": {"x": 1, "y": 0}}, STAND, STAND], "no_vector"),
        ([STAND | {"force": [True, 0]}, STAND, STAND], "no_vector"),
        ([STAND | {"force": ["1", 0]}, STAND, STAND], "no_vector"),
        ([STAND | {"force": [[1], 0]}, STAND, STAND], "no_vector"),
        ([STAND | {"force": [math.nan, 0]}, STAND, STAND], "not_finite"),
        ([STAND | {"kick": [0, -math.inf]}, STAND, STAND], "not_finite"),
    ],
)
def test_anything_else_is_invalid_and_says_why(value, code):
    flaw = read(Reply(value))
    assert isinstance(flaw, Flaw)
    assert (flaw.fault, flaw.code) == (Fault.INVALID, code)


def test_nineteen_faults_cost_only_their_ticks():
    patience = Patience()
    for tick in range(19):
        assert patience.take([Late(), Reply("?"), Invalid(Message("x"))][tick % 3], tick) == REST
    assert patience.forfeit is None
    assert patience.take(GOOD, 19)[1].kick_x == -1


@pytest.mark.parametrize(
    ("last", "fault", "code"),
    [
        (Late(), Fault.LATE, "late"),
        (Reply(None), Fault.INVALID, "no_team"),
        (Invalid(Message("x")), Fault.INVALID, "unreadable"),
    ],
)
def test_the_twentieth_of_either_kind_forfeits_by_its_own_kind(last, fault, code):
    patience = Patience()
    for tick in range(19):
        patience.take(Late() if tick % 2 else Reply(0), tick)
    patience.take(last, 77)
    assert patience.forfeit is fault
    assert patience.message is not None
    assert (patience.message.code, patience.message.params["tick"]) == (code, 77)


def test_a_program_that_is_gone_forfeits_at_once():
    patience = Patience()
    patience.take(Gone(), 4)
    assert patience.forfeit is Fault.GONE


def test_at_the_hello_any_reply_is_fine_and_anything_else_forfeits():
    fine = Patience()
    fine.greeted(Reply({"whatever": [1]}))
    assert fine.forfeit is None
    for answer, fault in ((Late(), Fault.LATE), (Invalid(Message("x")), Fault.INVALID), (Gone(), Fault.GONE)):
        patience = Patience()
        patience.greeted(answer)
        assert patience.forfeit is fault
        assert patience.message == Message(f"hello_{fault}")
