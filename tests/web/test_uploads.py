import errno
import io
import time

import pytest
from flask import Flask
from werkzeug.exceptions import RequestTimeout

from web import uploads
from web.uploads import Counted, arrive, drain


class Wire(io.BytesIO):
    """A connection: asking for more than was sent waits for ever, so it must never happen."""

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        assert block, "read past the end of the body"
        return block


@pytest.fixture
def request_of(app: Flask):
    def open_request(sent: bytes, announced: int | None = None):
        size = len(sent) if announced is None else announced
        environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(size), "wsgi.input": Wire(sent)}
        return app.test_request_context("/", environ_overrides=environ)

    return open_request


def test_a_refused_body_is_read_to_its_end_and_not_a_byte_further(request_of, clock) -> None:
    with request_of(b"x" * 10_000) as context:
        arrive(clock())
        drain()
        drain()
        assert context.request.environ["wsgi.input"].count == 10_000


def test_what_a_form_has_read_is_not_waited_for_again(request_of, clock) -> None:
    with request_of(b"x" * 10_000) as context:
        arrive(clock())
        context.request.environ["wsgi.input"].read(10_000)
        drain()


def test_a_refused_body_is_read_within_bounds(request_of, clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "DRAINED_BYTES", 1000)
    with request_of(b"x" * 10_000) as context:
        arrive(clock())
        drain()
        assert context.request.environ["wsgi.input"].count == 1000


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    body = Counted(io.BytesIO(b"x" * 10), None)
    assert body.read(1) == b"x"
    later = time.monotonic() + uploads.WHOLE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(RequestTimeout):
        body.read(1)


def test_a_silent_sender_is_408(app: Flask, world) -> None:
    class Silent(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise TimeoutError

    kind = "application/x-www-form-urlencoded"
    environ = {"CONTENT_LENGTH": "100", "CONTENT_TYPE": kind, "wsgi.input": Silent()}
    answer = app.test_client().post("/en/sign-in", environ_overrides=environ)
    assert answer.status_code == 408
    assert "too long to arrive" in answer.text


def test_a_disk_that_fills_up_under_an_upload_is_507(client, world, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, block: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads.tempfile, "TemporaryFile", lambda *args, **kwargs: Full())
    answer = client.post("/en/sign-in", data={"file": (io.BytesIO(b"x" * 1000), "a.py")})
    assert answer.status_code == 507
