"""The table of endings: what is looked at first decides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.types import Ending, Verdict
from sandbox.verdict import End, Stop, decide, signal_of

WELL = End(stop=None, exit_code=0, cpu_seconds=0.5, cpu_limit_seconds=1.0)


@pytest.mark.parametrize(
    ("changes", "verdict", "ending"),
    [
        ({}, Verdict.AC, Ending.EXITED),
        ({"exit_code": 3}, Verdict.RTE, Ending.EXITED),
        ({"exit_code": 139}, Verdict.RTE, Ending.SIGNALLED),
        ({"exit_code": 137}, Verdict.RTE, Ending.SIGNALLED),
        ({"exit_code": 159}, Verdict.SV, Ending.SIGNALLED),
        ({"exit_code": None, "signal": 31}, Verdict.SV, Ending.SIGNALLED),
        ({"exit_code": 159, "cpu_seconds": 2.0}, Verdict.TLE, Ending.CPU_TIME),
        ({"exit_code": 255}, Verdict.RTE, Ending.EXITED),
        ({"exit_code": None, "signal": 11}, Verdict.RTE, Ending.SIGNALLED),
        ({"exit_code": 125, "started": False}, Verdict.RTE, Ending.NOT_STARTED),
        ({"stop": Stop.DONE, "exit_code": None}, Verdict.AC, Ending.STOPPED),
        ({"cpu_seconds": 1.01}, Verdict.TLE, Ending.CPU_TIME),
        ({"cpu_seconds": 1.01, "exit_code": 1}, Verdict.TLE, Ending.CPU_TIME),
        ({"stop": Stop.CPU, "exit_code": None}, Verdict.TLE, Ending.CPU_TIME),
        ({"out_of_memory": True}, Verdict.MLE, Ending.MEMORY),
        ({"out_of_memory": True, "cpu_seconds": 2.0}, Verdict.MLE, Ending.MEMORY),
        ({"out_of_memory": True, "stop": Stop.DONE}, Verdict.MLE, Ending.MEMORY),
        ({"out_of_memory": True, "started": False, "exit_code": 137}, Verdict.MLE, Ending.MEMORY),
        ({"stop": Stop.WALL, "out_of_memory": True}, Verdict.TLE, Ending.WALL_TIME),
        ({"stop": Stop.OUTPUT, "out_of_memory": True, "cpu_seconds": 2.0}, Verdict.OLE, Ending.OUTPUT),
    ],
)
def test_the_first_rule_that_holds_decides(changes: dict[str, object], verdict: Verdict, ending: Ending) -> None:
    assert decide(replace(WELL, **changes)) == (verdict, ending)


@given(
    st.builds(
        End,
        stop=st.sampled_from([None, *Stop]),
        exit_code=st.none() | st.integers(0, 255),
        cpu_seconds=st.floats(0, 10),
        cpu_limit_seconds=st.just(5.0),
        out_of_memory=st.booleans(),
        started=st.booleans(),
        signal=st.none() | st.integers(1, 64),
    )
)
def test_every_end_has_a_verdict_and_it_is_never_our_fault(end: End) -> None:
    verdict, _ = decide(end)
    assert verdict in {Verdict.AC, Verdict.RTE, Verdict.TLE, Verdict.MLE, Verdict.OLE, Verdict.SV}


@pytest.mark.parametrize(
    ("code", "signal"), [(None, None), (0, None), (128, None), (129, 1), (137, 9), (192, 64), (193, None)]
)
def test_an_init_says_signals_as_codes(code: int | None, signal: int | None) -> None:
    assert signal_of(code) == signal
