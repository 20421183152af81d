"""Whatever a program writes, in whatever bytes: the run ends with an outcome and a sentence, and a kept transcript
replays to the same bytes. Over real sockets, with the clock that keeps real time."""

import json
import socket

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from challenges import sheet
from challenges.base import Clock, Outcome
from challenges.security.defending import by_the_house
from judge.players import LivePlayer, ReplayPlayer, Transcript, seated
from sandbox import wire

QUICK = Clock(startup_seconds=0.05, per_message_seconds=0.0, reserve_seconds=0.05, reply_bytes=4096, reply_depth=4)
TRACKS = ("attack", "defence", "detect")
IMAGE = json.dumps({"image": [0.5] * 64}).encode() + b"\n"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["image", "query", "label", "p"]), inner)
    ),
    max_leaves=8,
)
lines = st.one_of(
    st.just(IMAGE),
    st.integers(0, 9).map(lambda label: json.dumps({"label": label}).encode() + b"\n"),
    json_values.map(lambda value: json.dumps(value).encode() + b"\n"),
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda junk: junk + b"\n"),
    st.integers(1, 60).map(lambda depth: b"[" * depth + b"]" * depth + b"\n"),
)


def play(security, case, written: bytes, *, closes: bool) -> tuple[Outcome, str]:
    """The program has written all this beforehand, and then hangs up or keeps silent; so has each new process."""
    transcript, open_sockets = Transcript(), []

    def process() -> wire.Channel:
        ours, theirs = socket.socketpair()
        theirs.sendall(written)
        if closes:
            theirs.shutdown(socket.SHUT_WR)
        open_sockets.append(theirs)
        return wire.Channel(ours, max_bytes=QUICK.reply_bytes, max_depth=QUICK.reply_depth)

    channels = [process()]

    def another() -> wire.Channel:
        channels.append(process())
        return channels[-1]

    try:
        player = LivePlayer(channels[0], QUICK, transcript, another=another)
        return security.play(case, seated({case.track: player}), {}), transcript.text()
    finally:
        for channel in channels:
            channel.close()
        for theirs in open_sockets:
            theirs.close()


@pytest.fixture
def made_once(cases, monkeypatch):
    """The house attacks take a quarter of a second, and every example plays twice: here only the talking matters."""
    kept = by_the_house(cases["defence"])
    monkeypatch.setattr("challenges.security.outcomes.by_the_house", lambda _: kept)


@pytest.mark.usefixtures("made_once")
@pytest.mark.parametrize("track", TRACKS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(lines, max_size=40), closes=st.booleans())
@example(script=[], closes=True)
@example(script=[], closes=False)
@example(script=[b"null\n", b'{"image": [0.1, 0'], closes=True)  # half a line
@example(script=[b"null\n", b'{"label": '], closes=False)
@example(script=[b"null\n", *[IMAGE] * 130], closes=True)  # two answers to everything
@example(script=[b"null\n", *[b'{"image": [NaN, 1e308], "p": [Infinity]}\n'] * 40], closes=True)
@example(script=[b"null\n", b"9" * 100_000], closes=True)  # an endless line
def test_a_run_ends_with_an_outcome_and_replays(security, cases, track, script, closes):
    outcome, transcript = play(security, cases[track], b"".join(script)[:150_000], closes=closes)
    got = outcome.seats[track]
    text = json.dumps(outcome.to_json(), allow_nan=False)
    assert Outcome.from_json(json.loads(text)) == outcome
    assert got.fault is not None or got.score is not None
    if got.message is not None:
        assert all(sheet.sentence("security", got.message, language) for language in sheet.LANGUAGES)
    again = seated({track: ReplayPlayer.of(transcript, QUICK)})
    assert json.dumps(security.play(cases[track], again, {}).to_json()) == text
