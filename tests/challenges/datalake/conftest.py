from collections.abc import Callable

import numpy as np
import pytest

from challenges.base import Case, Outcome, Phase, SeatOutcome
from challenges.datalake.challenge import SEAT, Datalake
from challenges.datalake.season import Season, season
from tests.challenges.fakes import Scripted, seats


@pytest.fixture(scope="session")
def datalake() -> Datalake:
    return Datalake()


@pytest.fixture(scope="session")
def case(datalake) -> Case:
    (only,) = datalake.cases(datalake.prepare(b"\x07" * 32, cases=1), Phase(b"\x07" * 32, 1, showcase=False))
    return only


@pytest.fixture(scope="session")
def rows(case) -> Season:
    return season(case.seed)


@pytest.fixture
def predict(datalake, case) -> Callable[..., tuple[Outcome, SeatOutcome, Scripted]]:
    """Play the case with a function from message to answer, or with predictions for all 4,000 rows."""

    def play(answer, greeting=None):
        if isinstance(answer, np.ndarray):
            left = [{"p": batch.tolist()} for batch in answer.reshape(8, 500)]
            player = Scripted(lambda _: left.pop(0), greeting)
        else:
            player = Scripted(answer, greeting)
        outcome = datalake.play(case, seats(**{SEAT: player}), {})
        return outcome, outcome.seats[SEAT], player

    return play
