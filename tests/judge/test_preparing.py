"""What a challenge prepares is made in a child, which knows nothing, and which nobody has to wait for in silence."""

import json
import os
import threading
import time

import pytest

from judge import preparing
from judge.errors import PlatformFault
from judge.preparing import prepared
from judge.referee import Nursery, Stopping
from tests.echo import slow
from tests.echo.challenge import Echo
from tests.known import CHALLENGES

SEED = bytes(range(32))


@pytest.fixture(scope="module")
def house():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODIUM_CHALLENGES", f"{CHALLENGES},slow=tests.echo.slow:Slow")
        patch.setenv("A_SECRET", "of the worker's")
        with Nursery(["slow"]) as nursery:
            nursery.start()
            yield nursery


def prepare(house, cases, *, stop=None, **options):
    return prepared(
        house, "slow", SEED, cases=cases, stop=stop or threading.Event(), **{"say": lambda _: None, **options}
    )


def test_the_materials_are_those_that_the_challenge_makes_of_seed_and_cases(house):
    made = prepare(house, 6)
    assert made == Echo().prepare(SEED, cases=6)


def test_it_is_made_in_a_process_of_low_priority_that_knows_nothing_of_ours(house):
    """Zones of trust."""
    made = prepare(house, slow.TELLS)
    facts = json.loads(made.public["facts.json"])
    assert facts["process"] != os.getpid()
    assert facts["nice"] >= 10
    assert "A_SECRET" not in facts["environment"]
    assert "OMP_NUM_THREADS" in facts["environment"]
    assert made.private == {"cases": 1}


@pytest.mark.parametrize(
    ("cases", "reason"), [(slow.FAILS, "nothing can be prepared"), (slow.IS_WRONG, "not JSON compliant")]
)
def test_a_challenge_that_fails_is_our_fault_and_says_why(house, cases, reason):
    with pytest.raises(PlatformFault, match=reason):
        prepare(house, cases)


def test_it_can_be_stopped_at_any_time(house):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Stopping):
        prepare(house, slow.NEVER_ENDS, stop=stop)
    assert time.monotonic() - began < 60


def test_it_never_takes_longer_than_it_may(house, monkeypatch):
    monkeypatch.setattr(preparing, "MOST_SECONDS", 1)
    with pytest.raises(PlatformFault, match="longer"):
        prepare(house, slow.NEVER_ENDS)


def test_while_it_lasts_it_says_that_it_goes_on(house, monkeypatch):
    monkeypatch.setattr(preparing, "TELL_SECONDS", 0.1)
    said, renewed = [], []
    prepare(house, slow.TAKES_TIME, say=said.append, alive=lambda: renewed.append(1))
    assert len(said) == len(renewed) >= 2
    assert said[0].startswith("slow: still preparing 2 case(s) of each kind")
