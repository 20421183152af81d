"""What is kept of a program's output, however its stream is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.logs import STDERR, STDOUT, Frames, Logs

payloads = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=50)), max_size=8)


def framed(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


@given(payloads, st.data())
def test_frames_are_the_same_however_they_are_cut(frames: list[tuple[int, bytes]], data: st.DataObject) -> None:
    whole = b"".join(framed(stream, payload) for stream, payload in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    parser = Frames()
    got = {STDOUT: b"", STDERR: b""}
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        for stream, piece in parser.feed(whole[begin:end]):
            got[stream] += piece
    for stream, content in got.items():
        assert content == b"".join(payload for number, payload in frames if number == stream)


@given(st.binary(max_size=100))
def test_what_is_no_frame_is_a_value_error(data: bytes) -> None:
    parser = Frames()
    try:
        list(parser.feed(data))
    except ValueError:
        assert len(data) >= 8


def test_a_frame_of_gigabytes_is_handed_on_piece_by_piece() -> None:
    parser = Frames()
    assert list(parser.feed(b"\1\0\0\0\xff\xff\xff\xffabc")) == [(STDOUT, b"abc")]
    assert list(parser.feed(b"def")) == [(STDOUT, b"def")]


def test_each_stream_is_kept_up_to_the_cap() -> None:
    logs = Logs(cap_kib=1)
    logs.add(STDOUT, b"x" * 1000)
    logs.add(STDERR, b"y" * 1024)
    assert not logs.over
    logs.add(STDOUT, b"z" * 25)
    assert logs.over
    assert (logs.text(STDOUT), logs.text(STDERR)) == ("x" * 1000 + "z" * 24, "y" * 1024)


@pytest.mark.parametrize("data", [b"\xff\xfe", "模型".encode()[:4]])
def test_what_is_no_text_is_shown_as_well_as_can_be(data: bytes) -> None:
    logs = Logs(cap_kib=1)
    logs.add(STDOUT, data)
    assert "\ufffd" in logs.text(STDOUT)
