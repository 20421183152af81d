"""The stand-in keeps the promises that other tests build on."""

from pathlib import Path

import pytest

from sandbox.errors import EngineFailed, EngineUnavailable
from sandbox.fake import CRASHED, EXITED, OUT_OF_MEMORY, FakeSandbox, Quit, Script
from sandbox.types import Ending, Limits, Program, Verdict
from sandbox.wire import Answered, Channel, Closed, Malformed

ENTRY = Program(Path("agent.py"), labels={"submission": "1"})


def test_a_function_is_the_program() -> None:
    sandbox = FakeSandbox(Script(act=lambda message: [message, 2]))
    with sandbox.open(ENTRY, Limits()) as session:
        channel = Channel(session.channel)
        assert channel.exchange({}, 1.0) == Answered({"ready": True}, b'{"ready": true}')
        assert channel.exchange(1, 1.0) == Answered([1, 2], b"[1, 2]")
        assert session.close().ending is Ending.STOPPED
    assert sandbox.opened == [ENTRY]


def test_a_function_that_crashes_is_a_run_time_error_with_its_log() -> None:
    session = FakeSandbox(Script(act=lambda message: 1 / 0)).open(ENTRY, Limits())
    channel = Channel(session.channel)
    channel.exchange({}, 1.0)
    assert channel.exchange(1, 1.0) == Closed()
    result = session.close()
    assert (result.verdict, result.exit_code) == (Verdict.RTE, 1)
    assert "ZeroDivisionError" in result.stderr


def test_a_function_may_hang_up_or_send_anything() -> None:
    def act(message: object) -> object:
        if message == 1:
            return b"no json"
        raise Quit

    session = FakeSandbox(Script(act=act, result=OUT_OF_MEMORY)).open(ENTRY, Limits())
    channel = Channel(session.channel)
    channel.exchange({}, 1.0)
    assert isinstance(channel.exchange(1, 1.0), Malformed)
    assert channel.exchange(2, 1.0) == Closed()
    assert session.close() is OUT_OF_MEMORY


def test_each_program_may_have_a_script_of_its_own() -> None:
    sandbox = FakeSandbox(lambda program: Script(result=CRASHED if program is ENTRY else EXITED))
    assert sandbox.run(ENTRY, Limits()).verdict == "RTE"
    assert sandbox.run(Program(Path("other.py")), Limits()).verdict == "AC"


def test_the_sandbox_itself_may_fail() -> None:
    with pytest.raises(EngineUnavailable):
        FakeSandbox(Script(open_error=EngineUnavailable("gone"))).open(ENTRY, Limits())
    session = FakeSandbox(Script(close_error=EngineFailed("died"))).open(ENTRY, Limits())
    for _ in range(2):
        with pytest.raises(EngineFailed):
            session.close()
