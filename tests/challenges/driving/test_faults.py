import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.base import Fault, Gone, Invalid, Late, Message, Reply
from challenges.driving.faults import Action, Flaw, Patience, greeting_fault, read

GOOD = Reply({"accel": 0.5, "steer": -0.25})


@given(accel=st.floats(-1, 1), steer=st.floats(-1, 1))
def test_an_action_is_taken_as_it_is(accel, steer):
    assert read(Reply({"accel": accel, "steer": steer})) == Action(accel, steer)


@given(
    accel=st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    steer=st.integers() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_finite_numbers_of_any_size_are_clipped(accel, steer):
    action = read(Reply({"accel": accel, "steer": steer}))
    assert isinstance(action, Action)
    assert -1 <= action.accel <= 1
    assert -1 <= action.steer <= 1


def test_an_integer_too_large_for_a_float_is_clipped_too():
    assert read(Reply({"accel": 10**400, "steer": -(10**400)})) == Action(1.0, -1.0)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "wrong_keys"),
        ([0.1, 0.2], "wrong_keys"),
        ("accel", "wrong_keys"),
        ({}, "wrong_keys"),
        ({"accel": 0.0}, "wrong_keys"),
        ({"accel": 0.0, "steer": 0.0, "brake": 1.0}, "wrong_keys"),
        ({"Accel": 0.0, "steer": 0.0}, "wrong_keys"),
        ({"accel": True, "steer": 0.0}, "no_number"),
        ({"accel": "0.5", "steer": 0.0}, "no_number"),
        ({"accel": 0.0, "steer": None}, "no_number"),
        ({"accel": 0.0, "steer": [0.0]}, "no_number"),
        ({"accel": math.nan, "steer": 0.0}, "not_finite"),
        ({"accel": 0.0, "steer": math.inf}, "not_finite"),
        ({"accel": -math.inf, "steer": 0.0}, "not_finite"),
    ],
)
def test_anything_else_is_invalid_and_says_why(value, code):
    flaw = read(Reply(value))
    assert isinstance(flaw, Flaw)
    assert (flaw.fault, flaw.code) == (Fault.INVALID, code)


def test_the_first_two_faults_repeat_the_last_action():
    patience = Patience()
    assert patience.take(GOOD, 0) == Action(0.5, -0.25)
    assert patience.take(Late(), 1) == Action(0.5, -0.25)
    assert patience.take(Reply("?"), 2) == Action(0.5, -0.25)
    assert patience.ended is None


def test_before_any_action_a_fault_touches_neither_pedal_nor_wheel():
    assert Patience().take(Late(), 0) == Action(0.0, 0.0)


@pytest.mark.parametrize(
    ("answers", "ended"),
    [
        ([Late(), Late(), Late()], Fault.LATE),
        ([Late(), Late(), Reply(0)], Fault.INVALID),
        ([Reply(0), Invalid(Message("not_json")), Late()], Fault.LATE),
        ([Late(), GOOD, Late(), GOOD, Reply(None)], Fault.INVALID),
    ],
)
def test_the_third_of_either_kind_ends_the_episode_by_its_own_kind(answers, ended):
    patience = Patience()
    for tick, answer in enumerate(answers):
        assert patience.ended is None
        patience.take(answer, tick)
    assert patience.ended is ended
    assert patience.message is not None
    assert patience.message.params["tick"] == len(answers) - 1


def test_a_program_that_is_gone_ends_it_at_once():
    patience = Patience()
    patience.take(Gone(), 4)
    assert patience.ended is Fault.GONE


def test_at_the_hello_any_reply_is_fine_and_anything_else_is_a_fault():
    assert greeting_fault(Reply({"whatever": [1, 2]})) is None
    for answer, fault in ((Late(), Fault.LATE), (Invalid(Message("x")), Fault.INVALID), (Gone(), Fault.GONE)):
        flaw = greeting_fault(answer)
        assert flaw is not None
        assert flaw.fault is fault
