from collections.abc import Callable

import pytest

from challenges.base import Case, Outcome, Phase, SeatOutcome
from challenges.security.challenge import Security
from challenges.security.digits import draw
from challenges.security.house import house
from challenges.security.kept import Kept, pack
from tests.challenges.fakes import Scripted, seats

SEED = b"\x17" * 32


@pytest.fixture(scope="session")
def security() -> Security:
    return Security()


@pytest.fixture(scope="session")
def cases(security) -> dict[str, Case]:
    """One hidden case of each track, by track."""
    return {case.track: case for case in security.cases(None, Phase(SEED, 1, showcase=False))}


@pytest.fixture
def alone(security, cases) -> Callable[..., tuple[Outcome, SeatOutcome, Scripted]]:
    """Play the case of a track with a function from message to answer."""

    def play(track, answer, greeting=None):
        player = Scripted(answer, greeting)
        outcome = security.play(cases[track], seats(**{track: player}), {})
        return outcome, outcome.seats[track], player

    return play


@pytest.fixture
def meet(security) -> Callable[..., Outcome]:
    """Show kept images to a defence."""
    (meeting,) = security.meetings(None, Phase(SEED, 2))

    def play(kept, answer, greeting=None):
        return security.play(meeting, seats(defence=Scripted(answer, greeting)), {"attack": pack(kept)})

    return play


@pytest.fixture(scope="session")
def untouched() -> Kept:
    images, labels = draw(b"\x05" * 32, 24)
    return Kept(images, labels, images.copy())


def by_model(name: str = "network") -> Callable[[dict], dict]:
    """A house model as a defence."""
    import numpy as np

    def answer(message):
        image = np.rint(1000 * np.array([message["image"]])).astype(np.int64)
        return {"label": int(house().models[name].labels(image)[0])}

    return answer
