"""Which language a request is answered in: the first part of its path, else what the browser prefers."""

from flask import Flask, current_app, g, request

from judge.catalogue import LANGUAGES
from web.i18n import NAMES, TAGS, Reader
from web.portal import portal

DEFAULT = "en"


def install(app: Flask) -> None:
    app.url_value_preprocessor(_take)
    app.url_defaults(_give)


def _take(endpoint: str | None, values: dict[str, object] | None) -> None:  # noqa: ARG001 - Flask hands it over
    if values and "lang" in values:
        g.lang = values.pop("lang")


def _give(endpoint: str, values: dict[str, object]) -> None:
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = language()


def preferred() -> str:
    """By the browser's settings."""
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def language() -> str:
    if "lang" not in g:
        first = request.path.split("/", 2)[1] if "/" in request.path else ""
        g.lang = first if first in LANGUAGES else preferred()
    chosen: str = g.lang
    return chosen


def reader() -> Reader:
    """Writes in this request's language."""
    return portal().catalogues.reader(language())


def elsewhere() -> list[tuple[str, str, str, str]]:
    """This page in the other languages, as (code, tag, name, path); the front page where there is no such page."""
    rest = request.full_path.rstrip("?").split("/", 2)
    here = request.method in {"GET", "HEAD"} and len(rest) == 3 and rest[1] in LANGUAGES
    tail = rest[2] if here else ""
    return [(code, TAGS[code], NAMES[code], f"/{code}/{tail}") for code in LANGUAGES if code != language()]
