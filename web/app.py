"""The portal: server-rendered pages, complete without scripting, and a small JSON API.

`create_app` makes it from its parts; nothing is shared between processes, so a server makes one in each worker, after
the fork.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix

from judge.db import Database
from judge.queue import Queue
from judge.settings import Settings
from judge.storage import Storage, open_storage
from web import (
    api,
    assets,
    auth,
    contests,
    errors,
    headers,
    home,
    languages,
    leaderboards,
    matches,
    people,
    submissions,
    teams,
)
from web.forms import csrf
from web.i18n import ANY_LANGUAGE, NAMES, Catalogues
from web.notice import notice
from web.portal import EXTENSION, Hints, Portal, portal
from web.uploads import FORM_BYTES, PodiumRequest, arrive


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    db: Database | None = None,
    storage: Storage | None = None,
    queue: Hints | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """The portal over the database, files and queue that the settings name, or those given."""
    app = Flask(__name__, static_folder=None)
    app.request_class = PodiumRequest
    app.config.update(
        SECRET_KEY=settings.session_secret(),
        SESSION_COOKIE_NAME="podium_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=True,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = Portal(
        settings=settings,
        db=db or Database(settings.database_url),
        storage=storage or open_storage(settings),
        queue=queue or Queue(settings.redis_url),
        clock=clock,
        catalogues=Catalogues(),
        assets=assets.Assets(),
    )
    app.before_request(_arrive)
    csrf.init_app(app)
    languages.install(app)
    headers.install(app)
    errors.install(app)
    app.context_processor(_shared)
    _routes(app)
    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app


def from_environment() -> Flask:
    """For `gunicorn 'web.app:from_environment()'`."""
    settings = Settings.from_environment()
    settings.prepare_folders()
    return create_app(settings)


def _routes(app: Flask) -> None:
    for module in (home, auth, teams, contests, leaderboards, matches, submissions):
        app.register_blueprint(module.pages, url_prefix=f"/<{ANY_LANGUAGE}:lang>")
    app.register_blueprint(api.calls)
    app.add_url_rule("/", "root", home.root)
    app.add_url_rule("/static/<digest>/<name>", "static", _static)
    csrf.exempt(submissions.upload)


def _arrive() -> None:
    """Before anything reads the body. What no page can be called, and no database can store, is refused here."""
    arrive(portal().clock())
    if "\x00" in request.path or any("\x00" in text for pair in request.args.items(multi=True) for text in pair):
        abort(404)


def _static(digest: str, name: str) -> Response:
    """A file of ours: for ever under its own digest, briefly under another's (two versions run side by side)."""
    asset = portal().assets.find(name)
    if asset is None:
        abort(404)
    response = Response(asset.content, mimetype=asset.media_type)
    response.set_etag(asset.digest)
    own = digest == asset.digest
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if own else "public, max-age=60"
    response.make_conditional(request.environ)
    return response


def _shared() -> dict[str, Any]:
    """What every template may use. Who is signed in is not among it: public pages must not know."""
    reader = languages.reader()
    return {
        "r": reader,
        "t": reader.text,
        "asset": portal().assets.path,
        "notice": notice,
        "elsewhere": languages.elsewhere,
        "language_name": NAMES[reader.language],
        "person": None,
        "now": portal().clock(),
        "signed_in": people.current,
    }
