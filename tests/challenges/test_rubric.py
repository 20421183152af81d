"""A rubric: what it is worth, and what is wrong with it, in words that its author understands."""

import copy
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges import rubric
from challenges.errors import BrokenChallenge

TEXTS = {"en": "x", "zh": "甲", "ko": "가"}
GOOD = {
    "ties": ["product"],
    "reviews": 5,
    "criteria": [
        {"name": "team", "weight": 40, "low": 0, "high": 10, "title": TEXTS, "anchors": {"10": TEXTS, "0": TEXTS}},
        {"name": "product", "weight": 60, "low": 1, "high": 5, "title": TEXTS, "comment": True},
    ],
}


def changed(path: str, value) -> dict:
    raw = copy.deepcopy(GOOD)
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    at = raw
    for step in way:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return raw


def test_a_rubric_is_read_with_its_levels_in_order():
    found = rubric.parse(GOOD, where="here")
    assert found.names == ("team", "product")
    assert (found.ties, found.reviews) == (("product",), 5)
    assert list(found.criteria[0].anchors) == [0.0, 10.0]
    assert (found.criteria[0].comment, found.criteria[1].comment) == (False, True)


def test_a_total_is_the_weighted_share_of_each_range():
    found = rubric.parse(GOOD, where="here")
    assert found.total({"team": 10, "product": 5}) == 100
    assert found.total({"team": 0, "product": 1}) == 0
    assert found.total({"team": 5, "product": 2}) == pytest.approx(40 * 0.5 + 60 * 0.25)


@given(team=st.floats(0, 10), product=st.floats(1, 5), more=st.floats(0, 1))
def test_a_total_stays_within_0_and_100_and_never_falls_when_a_score_rises(team, product, more):
    found = rubric.parse(GOOD, where="here")
    total = found.total({"team": team, "product": product})
    assert 0 <= total <= 100 + 1e-9
    assert found.total({"team": team + more * (10 - team), "product": product}) >= total - 1e-9


@pytest.mark.parametrize(
    "scores",
    [{"team": 5}, {"team": 5, "product": 2, "luck": 1}, {"team": 11, "product": 2}, {"team": 5, "product": math.nan}],
)
def test_no_total_of_scores_that_the_rubric_does_not_know(scores):
    with pytest.raises(ValueError, match=r"rubric|range"):
        rubric.parse(GOOD, where="here").total(scores)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("criteria", [], "no criteria"),
        ("criteria", ..., "criteria"),
        ("criteria.0.weight", 39, "sum to 99, not to 100"),
        ("criteria.0.weight", 0, "its weight is 0"),
        ("criteria.0.weight", -40, "its weight is -40"),
        ("criteria.0.weight", math.nan, "weight is no number"),
        ("criteria.0.weight", True, "weight is no number"),
        ("criteria.0.weight", "40", "weight is no number"),
        ("criteria.0.high", 0, "range goes from 0 to 0"),
        ("criteria.0.high", math.inf, "high is no number"),
        ("criteria.0.anchors", {"11": TEXTS}, "anchor 11 lies outside of 0 to 10"),
        ("criteria.0.anchors", {"ten": TEXTS}, "ten"),
        ("criteria.0.anchors", [], "items"),
        ("criteria.1.name", "team", "two criteria of one name"),
        ("criteria.1.name", "", "not a word"),
        ("criteria.1.name", 7, "not a word"),
        ("criteria.1.title", ..., "title"),
        ("criteria.1.comment", "yes", "comment is true or false"),
        ("criteria.1.wieght", 60, "wieght"),
        ("criteria.1", "product", "product|mapping|str"),
        ("ties", ["luck"], "'luck', which is no criterion"),
        ("reviews", 0, "whole number of reviews"),
        ("reviews", 2.5, "whole number of reviews"),
    ],
)
def test_what_is_wrong_with_a_rubric_is_said(path, value, says):
    with pytest.raises(BrokenChallenge, match=f"here: .*({says})"):
        rubric.parse(changed(path, value), where="here")


@pytest.mark.parametrize("content", [b"criteria = [", b"\xff", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "rubric.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BrokenChallenge, match=r"rubric\.toml"):
        rubric.read(path)
