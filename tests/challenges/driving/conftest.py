from collections.abc import Callable

import pytest

from challenges.base import Case, Outcome, Phase, SeatOutcome
from challenges.driving.challenge import Driving
from tests.challenges.fakes import Scripted, seats


@pytest.fixture(scope="session")
def driving() -> Driving:
    return Driving()


@pytest.fixture(scope="session")
def cases(driving) -> dict[str, Case]:
    """One case of each discipline, by discipline."""
    found = driving.cases(driving.prepare(b"", cases=1), Phase(b"\x07" * 32, 1, showcase=False))
    return {case.group: case for case in found}


@pytest.fixture
def drive(driving) -> Callable[..., tuple[Outcome, SeatOutcome, Scripted]]:
    """Play a case with a function from observation to answer."""

    def play(case, answer, greeting=None):
        player = Scripted(answer, greeting)
        outcome = driving.play(case, seats(driver=player), {})
        return outcome, outcome.seats["driver"], player

    return play
