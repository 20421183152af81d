"""Whatever a program writes, in whatever bytes: the run ends with an outcome and a sentence. Over real sockets, with
the clock that keeps real time."""

import json
import socket
import threading

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from challenges import sheet
from challenges.base import Clock, Fault
from challenges.datalake.challenge import SEAT
from judge.players import LivePlayer, ReplayPlayer, Transcript, seated
from sandbox import wire

QUICK = Clock(startup_seconds=0.3, per_message_seconds=0.0, reserve_seconds=0.3, reply_bytes=65_536, reply_depth=4)
GOOD = json.dumps({"p": [0.25] * 500}).encode() + b"\n"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["p", "rows"]), inner),
    max_leaves=8,
)
chances = st.floats() | st.integers(-1, 2) | st.sampled_from([None, True, 1e308, -1e308, 10**30, "0.5", [0.5]])
nearly = st.tuples(chances, st.integers(498, 500)).map(lambda got: {"p": [0.5] * got[1] + [got[0]]})
lines = st.one_of(
    st.just(GOOD),
    (nearly | json_values).map(lambda value: json.dumps(value).encode() + b"\n"),
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda junk: junk + b"\n"),
    st.integers(1, 60).map(lambda depth: b"[" * depth + b"]" * depth + b"\n"),
)


def play(datalake, case, written: bytes, *, closes: bool, reads: bool = True):
    """The program writes all this as soon as it can, and then hangs up or keeps silent; it reads what it is told, or
    does not."""
    ours, theirs = socket.socketpair()
    stop = threading.Event()

    def program():
        theirs.sendall(written)
        if closes:
            theirs.shutdown(socket.SHUT_WR)
        while reads and theirs.recv(1 << 16):
            pass
        stop.wait(5)

    def quietly():
        try:
            program()
        except OSError:
            return

    thread = threading.Thread(target=quietly, daemon=True)
    thread.start()
    transcript = Transcript()
    channel = wire.Channel(ours, max_bytes=QUICK.reply_bytes, max_depth=QUICK.reply_depth)
    player = LivePlayer(channel, QUICK, transcript, another=lambda: channel)
    outcome = datalake.play(case, seated({SEAT: player}), {})
    channel.close()
    stop.set()
    thread.join(timeout=5)
    theirs.close()
    return outcome, transcript.text()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(lines, max_size=10), closes=st.booleans())
@example(script=[], closes=True)
@example(script=[b"null\n", b'{"p": [0.1'], closes=True)  # half a line
@example(script=[b"null\n", b'{"p": [0.1'], closes=False)
@example(script=[b"null\n", *[GOOD] * 8, GOOD], closes=False)  # an answer too many
@example(script=[b"null\n", b'{"p": [' + b"0.5, " * 20_000 + b"0.5]}\n"], closes=False)  # too long
@example(script=[b"null\n", b"1" * 10_000_000 + b"\n"], closes=False)
@example(script=[b"null\n", b'{"p": [' + b"9" * 400 + b"]}\n"], closes=False)
def test_whatever_a_program_writes_ends_in_a_verdict_and_a_sentence(datalake, case, script, closes):
    outcome, transcript = play(datalake, case, b"".join(script), closes=closes)
    got = outcome.seats[SEAT]
    json.dumps(outcome.to_json(), allow_nan=False)
    assert (got.score is None) == (got.fault is not None)
    if got.fault is not None:
        texts = {sheet.sentence("datalake", got.message, language) for language in sheet.LANGUAGES}
        assert len(texts) == 3
        assert all(texts)
    again = datalake.play(case, seated({SEAT: ReplayPlayer.of(transcript, QUICK)}), {})
    assert again == outcome


def test_good_answers_written_ahead_are_taken(datalake, case):
    outcome, _ = play(datalake, case, b"null\n" + GOOD * 8, closes=False)
    assert outcome.seats[SEAT].score == 50.0


def test_a_program_that_never_reads_the_train_file_is_late_and_holds_nobody_up(datalake, case):
    outcome, _ = play(datalake, case, b"", closes=False, reads=False)
    got = outcome.seats[SEAT]
    assert (got.fault, got.message.code) == (Fault.LATE, "hello_late")
