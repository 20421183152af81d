"""Limits hold sense."""

import math
from dataclasses import fields

import pytest

from sandbox.types import Limits


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_no_limit_may_be_zero_negative_or_nothing(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: value})


def test_the_wall_limit_follows_the_cpu_limit_unless_given() -> None:
    assert Limits(cpu_seconds=3).wall == 14
    assert Limits(cpu_seconds=3, wall_seconds=5).wall == 5
