"""Limits hold sense."""

import math
from dataclasses import fields

import pytest

from sandbox.types import Limits


@pytest.mark.parametrize("name", [field.name for field in fields(Limits) if field.name != "core"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_no_limit_may_be_zero_negative_or_nothing(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: value})


def test_no_program_lives_in_less_memory_than_its_start_takes() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        Limits(memory_mib=15)


def test_cores_are_counted_from_zero() -> None:
    assert Limits(core=0).core == 0
    with pytest.raises(ValueError, match="core"):
        Limits(core=-1)


def test_the_wall_limit_follows_the_cpu_limit_unless_given() -> None:
    assert Limits(cpu_seconds=3).wall == 14
    assert Limits(cpu_seconds=3, wall_seconds=5).wall == 5
