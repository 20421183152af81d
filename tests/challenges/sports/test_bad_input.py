"""Whatever a program writes, in whatever bytes: the game ends with an outcome and a sentence, and the other team is not
hurt. Over real sockets, with the clock that keeps real time."""

import json
import socket
from unittest.mock import patch

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from challenges import sheet
from challenges.base import Clock, Outcome
from challenges.sports import pitch
from judge.players import LivePlayer, ReplayPlayer, Transcript, seated
from sandbox import wire
from tests.challenges.fakes import Scripted
from tests.challenges.sports.conftest import chase

QUICK = Clock(startup_seconds=0.05, per_message_seconds=0.0, reserve_seconds=0.05, reply_bytes=4096, reply_depth=4)
TICKS = 40

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["force", "kick", "p"]), inner),
    max_leaves=8,
)
vectors = st.lists(st.floats() | st.integers() | st.booleans() | st.none(), min_size=1, max_size=3)
moves = st.lists(st.fixed_dictionaries({"force": vectors, "kick": vectors}), min_size=2, max_size=4)
GOOD = json.dumps([{"force": [1, 0], "kick": [1, 0]}] * 3).encode() + b"\n"
lines = st.one_of(
    st.just(GOOD),
    (moves | json_values).map(lambda value: json.dumps(value).encode() + b"\n"),
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda junk: junk + b"\n"),
    st.integers(1, 60).map(lambda depth: b"[" * depth + b"]" * depth + b"\n"),
)


def play(sports, meeting, written: bytes, *, closes: bool) -> tuple[Outcome, str]:
    """The left team has written all this beforehand, and then hangs up or keeps silent."""
    ours, theirs = socket.socketpair()
    with theirs, patch.object(pitch, "TICKS", TICKS):
        theirs.sendall(written)
        if closes:
            theirs.shutdown(socket.SHUT_WR)
        transcript = Transcript()
        channel = wire.Channel(ours, max_bytes=QUICK.reply_bytes, max_depth=QUICK.reply_depth)
        left = LivePlayer(channel, QUICK, transcript, another=lambda: channel)
        outcome = sports.play(meeting, seated({"left": left, "right": Scripted(chase)}), {})
        channel.close()
    return outcome, transcript.text()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(lines, max_size=50), closes=st.booleans())
@example(script=[], closes=True)
@example(script=[], closes=False)
@example(script=[b"null\n", b'[{"force": [1'], closes=True)  # half a line
@example(script=[b"null\n", b'[{"force": [1'], closes=False)
@example(script=[b"null\n", GOOD + GOOD] * 25, closes=False)  # two answers to every view
@example(script=[b"null\n", *[b"[[NaN,1e308],Infinity]\n"] * 50], closes=True)
@example(script=[b"null\n", b"9" * 100_000], closes=True)  # an endless line
def test_a_game_ends_with_a_sentence_and_the_other_team_is_not_hurt(sports, meeting, script, closes):
    outcome, transcript = play(sports, meeting, b"".join(script)[:150_000], closes=closes)
    left, right = outcome.seats["left"], outcome.seats["right"]
    assert right.fault is None
    assert right.message is None
    if left.fault is None:
        assert left.columns["faults"] < 20
    else:
        assert (left.score, right.score) == (0.0, 1.0)
        texts = [sheet.sentence("sports", left.message, language) for language in sheet.LANGUAGES]
        assert all(texts)
    text = json.dumps(outcome.to_json(), allow_nan=False)
    assert Outcome.from_json(json.loads(text)) == outcome
    # A kept transcript replays to the same bytes.
    with patch.object(pitch, "TICKS", TICKS):
        again = seated({"left": ReplayPlayer.of(transcript, QUICK), "right": Scripted(chase)})
        assert json.dumps(sports.play(meeting, again, {}).to_json()) == text


def test_a_second_answer_counts_for_the_next_view_and_gains_nothing(sports, meeting):
    """Forty answers written beforehand are forty answers to forty views: what a team is shown comes too late for it."""
    outcome, transcript = play(sports, meeting, b"null\n" + GOOD * TICKS, closes=True)
    assert outcome.seats["left"].fault is None
    assert outcome.seats["left"].columns["faults"] == 0
    assert transcript.count("\n") == TICKS + 1
