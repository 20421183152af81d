"""The chess clock, the transcript, and the replay that answers as the program did."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from challenges.base import Clock, Gone, Invalid, Late, Message, Reply
from judge import players as module
from judge.players import LivePlayer, ReplayPlayer, Transcript, seated
from sandbox import wire

CLOCK = Clock(startup_seconds=20.0, per_message_seconds=0.5, reserve_seconds=2.0, reply_depth=4)


class Channel:
    """Answers from a script of (seconds, answer); keeps what was allowed for each."""

    def __init__(self, time, script) -> None:
        self._time, self._script = time, iter(script)
        self.allowed: list[float] = []
        self.closed = False

    def exchange(self, message, timeout_seconds):
        self.allowed.append(timeout_seconds)
        seconds, answer = next(self._script)
        self._time.now += min(seconds, timeout_seconds)
        return wire.Expired() if seconds > timeout_seconds else answer

    def close(self) -> None:
        self.closed = True


class Time:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch):
    fake = Time()
    monkeypatch.setattr(module, "time", fake)
    return fake


def answered(text: str) -> wire.Answered:
    got = wire.parse(text.encode(), max_depth=4)
    assert isinstance(got, wire.Answered)
    return got


def live(time, *scripts, clock=CLOCK):
    transcript = Transcript()
    channels = [Channel(time, script) for script in scripts]
    waiting = iter(channels)
    return LivePlayer(next(waiting), clock, transcript, another=lambda: next(waiting)), transcript, channels


def test_starting_up_has_an_allowance_of_its_own(time):
    player, _, (channel,) = live(time, [(19.0, answered("true")), (0.0, answered("1"))])
    assert player.hello({}) == Reply(True)
    assert player.ask({}) == Reply(1)
    assert channel.allowed == [20.0, 2.5]


def test_a_clock_gives_so_much_for_every_message_and_a_reserve(time):
    player, _, (channel,) = live(time, [(seconds, answered("1")) for seconds in (0.5, 1.5, 0.0, 2.0, 3.0)])
    answers = [player.ask({}) for _ in range(5)]
    assert channel.allowed == pytest.approx([2.5, 2.5, 1.5, 2.0, 0.5])
    assert answers == [Reply(1)] * 4 + [Late()]


def test_who_is_late_has_only_the_next_allowance_left(time):
    player, _, (channel,) = live(time, [(99.0, answered("1")), (0.4, answered("2")), (99.0, answered("3"))])
    assert [player.ask({}) for _ in range(3)] == [Late(), Reply(2), Late()]
    assert channel.allowed == pytest.approx([2.5, 0.5, 0.6])


@given(spent=st.lists(st.floats(0, 5), max_size=12))
def test_nobody_ever_has_more_than_was_given(spent):
    time = Time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "time", time)
        player, _, (channel,) = live(time, [(seconds, answered("1")) for seconds in spent])
        for _ in spent:
            player.ask({})
    used = time.now - 100.0
    assert used <= CLOCK.reserve_seconds + CLOCK.per_message_seconds * len(spent) + 1e-6
    assert all(allowed >= CLOCK.per_message_seconds for allowed in channel.allowed)


def test_a_new_process_has_a_new_clock_and_the_old_one_is_hung_up(time):
    player, transcript, (old, new) = live(time, [(2.5, answered("1"))], [(0.0, answered("2"))])
    player.ask({})
    other = player.fresh()
    assert other.ask({}) == Reply(2)
    assert old.closed
    assert new.allowed == [2.5]
    assert transcript.text() == '{"reply":"1"}\n{"fresh":true}\n{"reply":"2"}\n'


def test_every_way_of_answering_is_written_down_as_it_came(time):
    script = [
        (0.0, wire.Answered({"a": "☃"}, '{"a" : "☃"}'.encode())),
        (0.0, wire.Malformed("too_deep", {"depth": 4})),
        (9.0, answered("1")),
        (0.0, wire.Closed()),
    ]
    player, transcript, _ = live(time, script)
    answers = [player.ask({}) for _ in script]
    assert answers == [Reply({"a": "☃"}), Invalid(Message("reply-too-deep", {"depth": 4})), Late(), Gone()]
    assert [json.loads(line) for line in transcript.text().splitlines()] == [
        {"reply": '{"a" : "☃"}'},
        {"invalid": {"code": "too_deep", "params": {"depth": 4}}},
        {"late": True},
        {"gone": True},
    ]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
lines = st.one_of(
    json_values.map(lambda value: json.dumps(value, ensure_ascii=False).encode()),
    st.binary(max_size=30).filter(lambda raw: b"\n" not in raw),
)


@settings(max_examples=50)
@example(said=['{"\x85\u2028": 1}'.encode()])
@given(said=st.lists(st.one_of(lines, st.just("late"), st.just("gone"), st.just("fresh")), max_size=8))
def test_a_replay_answers_as_the_program_did(said):
    """Promise 5: the transcript of replies is all it takes."""
    time = Time()
    steps = [[]]
    for word in said:
        if word == "fresh":
            steps.append([])
        elif word == "late":
            steps[-1].append((1e9, answered("0")))
        elif word == "gone":
            steps[-1].append((0.0, wire.Closed()))
        else:
            steps[-1].append((0.0, wire.parse(word, max_depth=4)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "time", time)
        player, transcript, _ = live(time, *steps)
        first = list(_asked(player, said))
    replay = ReplayPlayer.of(transcript.text(), CLOCK)
    assert list(_asked(replay, said)) == first
    assert replay.ask({}) == Gone()


def _asked(player, said):
    hello = True
    for word in said:
        if word == "fresh":
            player, hello = player.fresh(), True
        else:
            yield player.hello({}) if hello else player.ask({})
            hello = False


def test_players_of_a_run_are_asked_each_on_its_own_clock(time):
    one, _, (first,) = live(time, [(2.0, answered("1"))] * 2)
    two, _, (second,) = live(time, [(0.1, answered("2"))] * 2)
    players = seated({"left": one, "right": two})
    assert players.ask_all({"left": 0, "right": 0}) == {"left": Reply(1), "right": Reply(2)}
    assert players.ask_all({"left": 0, "right": 0}) == {"left": Late(), "right": Reply(2)}
    assert first.allowed == pytest.approx([2.5, 1.0])
    assert second.allowed == pytest.approx([2.5, 2.9])
    assert players["left"] is one


def test_who_says_too_much_in_a_run_is_heard_no_more_in_any_process_of_it(time, monkeypatch):
    """A transcript is held in memory: an entry must not be able to make that our fault."""
    monkeypatch.setattr(module, "TRANSCRIPT_BYTES", 40)
    script = [(0.0, answered('"' + "x" * 18 + '"'))] * 3
    player, transcript, (first, second) = live(time, script, script)
    too_much = Invalid(Message("reply-too-much", {"bytes": 40}))
    assert [player.ask({}) for _ in range(3)] == [Reply("x" * 18), Reply("x" * 18), too_much]
    assert first.closed
    assert player.fresh().ask({}) == too_much
    assert second.closed
    replay = ReplayPlayer.of(transcript.text(), CLOCK)
    assert [replay.ask({}) for _ in range(3)] == [Reply("x" * 18), Reply("x" * 18), too_much]
