"""What every answer says to the browser: no script, style or picture but our own, no frames, nothing guessed."""

from urllib.parse import quote

from flask import Flask, Response

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SANDBOXED = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""For what was stored."""


def stored(content: bytes, media_type: str, *, shown: bool = False, filename: str = "") -> Response:
    """The one way in which stored bytes go out, since strangers wrote them: as what they are said to be and nothing
    else, in a sandbox where nothing runs; saved to a file, of that name, unless they are text or data to be `shown`."""
    response = Response(content, content_type=media_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOXED
    response.headers["Content-Disposition"] = "inline" if shown else _attached(filename)
    return response


def _attached(filename: str) -> str:
    """As RFC 6266 has it: a name of any script goes as UTF-8 in quotes of its own, since a header is Latin."""
    return f"attachment; filename*=UTF-8''{quote(filename, safe='')}" if filename else "attachment"


def install(app: Flask) -> None:
    app.after_request(_dress)


def _dress(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
