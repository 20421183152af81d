"""The entrepreneurship contest: nothing is played. Teams hand in a deck, people score it by the rubric, and what
follows from their reviews is `judge.panel`'s."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from challenges import sheet
from challenges.base import Case, Json, Materials, Outcome, Phase, Played, Players, Score
from challenges.errors import BrokenChallenge


class Startup:
    def __init__(self) -> None:
        self.about = sheet.about("startup")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:  # noqa: ARG002 - nothing depends on chance
        return Materials()

    def cases(self, materials: Materials, phase: Phase) -> list[Case]:  # noqa: ARG002
        return []

    def meetings(self, materials: Materials, phase: Phase) -> list[Case]:  # noqa: ARG002
        return []

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:  # noqa: ARG002
        _people()

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:  # noqa: ARG002
        _people()

    def field(self, matrix: Json) -> Json:  # noqa: ARG002
        _people()


def _people() -> NoReturn:
    raise BrokenChallenge("people score this contest: nothing is played")
