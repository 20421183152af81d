"""The conversation with a program that may say anything, at any time, in any pieces."""

import json
import math
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.wire import Answered, Channel, Closed, Expired, Malformed, depth_of, parse

MAX = 1000
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab[{"\\', max_size=3), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, max_bytes=MAX, max_depth=8)
    with theirs:
        yield channel, theirs
    channel.close()


Pair = tuple[Channel, socket.socket]


def test_a_message_is_one_line_and_so_is_its_answer(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(b'{"speed": 2.5}\n')
    assert channel.exchange({"line": "a\nb"}, 1.0) == Answered({"speed": 2.5}, b'{"speed": 2.5}')
    assert theirs.recv(100) == b'{"line":"a\\nb"}\n'


def test_silence_expires_on_time(pair: Pair) -> None:
    began = time.monotonic()
    assert pair[0].exchange(1, 0.1) == Expired()
    assert 0.09 < time.monotonic() - began < 0.3


def test_a_late_answer_is_dropped_and_never_taken_for_the_next(pair: Pair) -> None:
    channel, theirs = pair
    assert channel.exchange(1, 0.01) == Expired()
    assert channel.exchange(2, 0.01) == Expired()
    theirs.sendall(b'"one"\n"two"\n"three"\n')
    assert channel.exchange(3, 1.0) == Answered("three", b'"three"')


def test_half_an_answer_at_the_deadline_is_part_of_the_late_one(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(b'"on')
    assert channel.exchange(1, 0.01) == Expired()
    theirs.sendall(b'e"\n"two"\n')
    assert channel.exchange(2, 1.0) == Answered("two", b'"two"')


def test_an_answer_given_before_it_was_asked_for_waits_for_its_message(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(b"1\n2\n3\n")
    assert [channel.exchange("?", 1.0) for _ in range(3)] == [Answered(n, str(n).encode()) for n in (1, 2, 3)]


def test_sending_is_under_the_deadline_too_and_nothing_piles_up(pair: Pair) -> None:
    channel, theirs = pair
    large = "x" * 3_000_000
    began = time.monotonic()
    assert [channel.exchange(large, 0.05) for _ in range(20)] == [Expired()] * 20
    assert time.monotonic() - began < 3.0

    def answer() -> None:
        with theirs.makefile("rb") as lines:
            for line in lines:
                theirs.sendall(f"{len(line)}\n".encode())

    thread = threading.Thread(target=answer)
    thread.start()
    assert channel.exchange("short", 2.0) == Answered(8, b"8")
    channel.close()
    thread.join()


def test_simultaneous_moves_are_sent_first_and_received_afterwards() -> None:
    players = []
    for number in range(3):
        ours, theirs = socket.socketpair()
        theirs.sendall(b"%d\n" % number)
        players.append((Channel(ours), theirs))
    assert [channel.send("go", 1.0) for channel, _ in players] == [None] * 3
    assert [channel.receive(1.0) for channel, _ in players] == [Answered(n, b"%d" % n) for n in range(3)]
    for channel, theirs in players:
        channel.close()
        theirs.close()


def test_the_last_line_before_the_end_still_counts(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(b'"bye"\n"unfinished')
    theirs.close()
    assert channel.exchange(1, 1.0) == Answered("bye", b'"bye"')
    assert channel.exchange(2, 1.0) == Closed()
    assert channel.exchange(3, 1.0) == Closed()


def test_an_overlong_line_ends_the_conversation(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(b'"' + b"x" * MAX + b'"\n"good"\n')
    assert channel.exchange(1, 1.0) == Malformed("too_long", {"bytes": MAX})
    assert channel.exchange(2, 1.0) == Closed()


def test_a_line_of_exactly_the_cap_is_taken(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(b'"' + b"x" * (MAX - 2) + b'"\n')
    assert isinstance(channel.exchange(1, 1.0), Answered)


def test_an_endless_line_is_not_collected(pair: Pair) -> None:
    channel, theirs = pair
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            try:
                theirs.send(b"x" * 65_536)
            except OSError:
                return

    thread = threading.Thread(target=flood)
    thread.start()
    assert channel.exchange(1, 1.0) == Malformed("too_long", {"bytes": MAX})
    stop.set()
    channel.close()
    thread.join()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\xff\xfe", "not_utf8"),
        (b'"\\ud800"', "not_utf8"),
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"1 2", "not_json"),
        (b"\xef\xbb\xbf1", "not_json"),
        (b"NaN", "not_finite"),
        (b"[-Infinity]", "not_finite"),
        (b"1e999", "not_finite"),
        (b"-1E400", "not_finite"),
        (b"9" * 400 + b".0", "not_finite"),
        (b"9" * 5000, "number_too_long"),
        (b"-9223372036854775809", "number_too_long"),
        (b"[" * 9 + b"]" * 9, "too_deep"),
        (b"[" * 200_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
    ],
)
def test_what_is_not_plain_json_is_malformed(line: bytes, code: str) -> None:
    reply = parse(line, max_depth=8)
    assert isinstance(reply, Malformed)
    assert reply.code == code


@pytest.mark.parametrize(
    "line", [b"1e-999", b'"NaN 99999999999999999999 1e999"', b"0.12345678901234567891", b' {"a":1} \r']
)
def test_what_only_looks_odd_is_taken(line: bytes) -> None:
    assert parse(line, max_depth=8) == Answered(json.loads(line), line)


def test_of_duplicate_keys_the_last_one_counts() -> None:
    assert parse(b'{"a":1,"a":2}', max_depth=8) == Answered({"a": 2}, b'{"a":1,"a":2}')


def test_a_long_string_of_escapes_is_measured_in_linear_time() -> None:
    began = time.monotonic()
    parse(b'"' + b'\\"' * 500_000 + b"[" * 20, max_depth=8)
    assert time.monotonic() - began < 1.0


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    assert isinstance(parse(raw, max_depth=8), Answered | Malformed)


@given(st.text('[]{}"\\,:1aeN-.u0', max_size=60))
def test_what_is_answered_is_what_the_standard_parser_says(text: str) -> None:
    reply = parse(text.encode(), max_depth=8)
    if isinstance(reply, Answered):
        assert reply.value == json.loads(text)
    elif reply.code == "not_json":
        with pytest.raises(ValueError):
            json.loads(text)


def nested(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(nested, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(nested, value), default=0)
    return 0


@given(values)
def test_depth_counted_on_bytes_is_the_depth_of_the_value(value: object) -> None:
    raw = json.dumps(value).encode()
    for ceiling in range(4):
        assert (depth_of(raw, ceiling) > ceiling) == (nested(value) > ceiling)


@given(st.lists(values, min_size=1, max_size=5), st.data())
def test_answers_do_not_depend_on_how_the_bytes_are_cut(answers: list[object], data: st.DataObject) -> None:
    stream = b"".join(json.dumps(answer).encode() + b"\n" for answer in answers)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    ours, theirs = socket.socketpair()
    channel = Channel(ours, max_bytes=100_000, max_depth=50)

    def write() -> None:
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            theirs.sendall(stream[begin:end])

    thread = threading.Thread(target=write)
    thread.start()
    replies = [channel.exchange("?", 5.0) for _ in answers]
    thread.join()
    channel.close()
    theirs.close()
    assert [reply.value for reply in replies if isinstance(reply, Answered)] == answers


@pytest.mark.parametrize("value", [math.nan, math.inf, object()])
def test_a_message_of_ours_that_is_not_finite_json_is_our_mistake(pair: Pair, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        pair[0].send(value, 1.0)


@pytest.mark.parametrize("settings", [{"max_bytes": 0}, {"max_depth": 0}, {"max_depth": 1000}])
def test_caps_must_make_sense(settings: dict[str, int]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(ValueError):
        Channel(ours, **settings)
