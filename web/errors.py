"""The one place where something that went wrong becomes a page, or the one JSON shape of the API:
`{"error": {"code", "message", "status"}}`. Every sentence says what happened, whose fault it was and what to do."""

import logging

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from judge.catalogue import Message
from judge.errors import Refusal
from web.languages import reader
from web.people import SignInNeededError
from web.uploads import drain

log = logging.getLogger(__name__)
HTTP_CODES = {
    400: "request-malformed",
    404: "page-unknown",
    405: "method-wrong",
    408: "request-slow",
    413: "request-too-large",
    414: "request-malformed",
    415: "request-malformed",
    429: "too-often",
    431: "request-malformed",
}
RETRY_SECONDS = 10


def install(app: Flask) -> None:
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(SignInNeededError, _sign_in)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)


def wants_json() -> bool:
    """Whether a program asks: the API, or a script of ours that says so."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def answer(message: Message, status: int) -> Response:
    """A page or JSON, in the reader's language."""
    sentence = reader().said(message)
    if wants_json():
        response = jsonify({"error": {"code": message.code, "message": sentence, "status": status}})
    else:
        response = make_response(render_template("error.html", status=status, sentence=sentence))
    response.status_code = status
    return response


def _refusal(error: Refusal) -> Response:
    return answer(error.public, error.status)


def _sign_in(error: SignInNeededError) -> Response:  # noqa: ARG001 - Flask hands it over
    if request.method != "GET":
        drain()
    if wants_json():
        return answer(Message("sign-in-needed"), 401)
    back = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return make_response(redirect(url_for("auth.sign_in", lang=reader().language, next=back), code=303))


def _form_expired(error: CSRFError) -> Response:  # noqa: ARG001
    return answer(Message("form-expired"), 400)


def _database(error: DBAPIError) -> Response:
    """The database is away, or two requests wanted the same thing at once."""
    if isinstance(error, IntegrityError):
        return answer(Message("upload-collided"), 409)
    log.error("the database did not answer: %s", error)
    away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    response = answer(Message("database-away" if away else "internal"), 503 if away else 500)
    if away:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _too_large(error: RequestEntityTooLarge) -> Response:  # noqa: ARG001
    drain()
    limit = request.max_content_length or 0
    return answer(Message("request-too-large", {"bytes": limit}), 413)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    if status >= 500:
        return answer(Message("internal"), status)
    response = answer(Message(HTTP_CODES.get(status, "request-malformed")), status)
    if status == 405 and error.get_response().headers.get("Allow"):
        response.headers["Allow"] = error.get_response().headers["Allow"]
    return response
