from collections.abc import Callable

import pytest

from challenges.base import Case, Outcome, Phase, SeatOutcome
from challenges.industry.challenge import Industry
from tests.challenges.fakes import Scripted, seats

REFERENCES = {"10x5": 650, "15x10": 1000, "15x15": 1230, "20x20": 1640}
"""In the order of what such instances have: the tests below do not want to wait for a search."""


@pytest.fixture(scope="session")
def industry() -> Industry:
    return Industry()


@pytest.fixture(scope="session")
def cases(industry) -> dict[str, Case]:
    """One case of each size, by size, with a reference."""
    planned = industry.cases(industry.prepare(b"", cases=0), Phase(b"\x07" * 32, 1, showcase=False))
    return {
        case.group: Case(case.name, case.seed, group=case.group, params={"reference": REFERENCES[case.group]})
        for case in planned
    }


@pytest.fixture
def plan(industry) -> Callable[..., tuple[Outcome, SeatOutcome, Scripted]]:
    """Play a case with a function from instance to answer."""

    def play(case, answer, greeting=None):
        player = Scripted(answer, greeting)
        outcome = industry.play(case, seats(planner=player), {})
        return outcome, outcome.seats["planner"], player

    return play
