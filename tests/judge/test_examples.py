"""What a starter kit shows of the protocol: the first message of each form."""

import pytest

from challenges.base import Gone, Invalid, Late, Message
from judge.examples import Examples, Witness, shape
from tests.challenges.fakes import Scripted, cycle


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {"a": 2.5}), ({"a": [], "b": None}, {"b": None, "a": [1, 2]}), (3, 4.5), ([1], ["x"]), ("x", "")],
)
def test_messages_of_one_form_have_one_shape(one, other):
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {"b": 1}), ({"a": 1}, {"a": None}), ({"a": 1}, {"a": True}), ([], {}), (None, 0), ({"a": 1}, {})],
)
def test_messages_of_another_form_have_another(one, other):
    assert shape(one) != shape(other)


def test_the_first_of_each_form_is_kept_in_the_order_in_which_they_were_said():
    examples = Examples()
    player = Witness(Scripted(cycle([{"query": [1]}, {"query": [2]}, {"image": [3]}])), examples)
    player.hello({"images": 2})
    for message in ({"image": [1]}, {"labels": [7]}, {"labels": [8]}, {"labels": None}):
        player.ask(message)
    assert examples.told == [
        ("hello", {"images": 2}),
        ("ready", None),
        ("message", {"image": [1]}),
        ("reply", {"query": [1]}),
        ("message", {"labels": [7]}),
        ("reply", {"image": [3]}),
        ("message", {"labels": None}),
    ]


@pytest.mark.parametrize("answer", [Late(), Gone(), Invalid(Message("not_json"))])
def test_what_is_no_reply_is_no_example_and_reaches_the_challenge(answer):
    examples = Examples()
    player = Witness(Scripted(lambda _: answer, greeting=answer), examples)
    assert player.hello({}) == player.ask(1) == answer
    assert [kind for kind, _ in examples.told] == ["hello", "message"]


def test_a_new_process_is_listened_to_as_well():
    examples = Examples()
    Witness(Scripted(lambda _: 1), examples).fresh().ask("again")
    assert examples.told == [("message", "again"), ("reply", 1)]
