from collections.abc import Callable

import pytest

from challenges.base import Case, Outcome, Phase, SeatOutcome
from challenges.sports import pitch
from challenges.sports.challenge import Sports
from tests.challenges.fakes import Scripted, seats

SEED = b"\x13" * 32


def idle(view):
    return [{"force": [0, 0], "kick": [0, 0]}] * 3


def chase(view):
    x, y = view["ball"]["p"]
    return [{"force": [x - player["p"][0], y - player["p"][1]], "kick": [1, 0]} for player in view["me"]]


@pytest.fixture(scope="session")
def sports() -> Sports:
    return Sports()


@pytest.fixture(scope="session")
def cases(sports) -> dict[str, Case]:
    """The qualification's games of one pair each, by name."""
    return {case.name: case for case in sports.cases(sports.prepare(b"", cases=1), Phase(SEED, 1))}


@pytest.fixture(scope="session")
def meeting(sports) -> Case:
    return sports.meetings(sports.prepare(b"", cases=1), Phase(SEED, 1))[0]


@pytest.fixture
def short(monkeypatch):
    """Games of six seconds, for what needs no more."""
    monkeypatch.setattr(pitch, "TICKS", 60)


@pytest.fixture
def qualify(sports) -> Callable[..., tuple[Outcome, SeatOutcome, Scripted]]:
    """Play a case of the qualification with a function from view to answer."""

    def play(case, answer, greeting=None):
        player = Scripted(answer, greeting)
        (seat,) = case.seats
        outcome = sports.play(case, seats(**{seat: player}), {})
        return outcome, outcome.seats[seat], player

    return play


@pytest.fixture
def meet(sports, meeting) -> Callable[..., Outcome]:
    """Play two functions from view to answer against each other."""

    def play(left, right, *, right_greets=None):
        return sports.play(meeting, seats(left=Scripted(left), right=Scripted(right, right_greets)), {})

    return play
