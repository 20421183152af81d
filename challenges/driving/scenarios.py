"""The three disciplines, by name."""

from challenges.base import Case
from challenges.driving.circuit import Circuit
from challenges.driving.highway import Highway
from challenges.driving.scenario import Scenario
from challenges.driving.town import Town

DISCIPLINES = ("avoid", "race", "urban")
"""Equal thirds of the score, in the order in which their cases take turns."""

_BUILDERS: dict[str, type[Highway] | type[Circuit] | type[Town]] = {"avoid": Highway, "race": Circuit, "urban": Town}


def build(case: Case) -> Scenario:
    """The world of a case, at time 0; the same for the same seed."""
    return _BUILDERS[case.group](case.seed).scenario()
