"""What a run looked like, on its way from the challenge that made it to whoever draws it.

A view is checked against its shape when it is stored, and again when it is read. One that is not of its shape is the
challenge's fault, so ours: it is left away, the log says why, and the run keeps its score.
"""

import json
import logging
from typing import cast

from challenges.base import VIEW_BYTES, Json, View, ViewKind
from challenges.checking import LANGUAGES
from challenges.views import MAX_POINTS, VALIDATORS, BadView

__all__ = ["LANGUAGES", "MAX_POINTS", "BadView", "View", "checked", "read", "stored_form", "written"]
STORED_BYTES = VIEW_BYTES + 100
"""With its kind around it."""
log = logging.getLogger(__name__)


def written(view: View) -> bytes:
    """As compact JSON. Raises BadView where it is none, or larger than a view may be."""
    try:
        text = json.dumps(
            {"kind": view.kind, "data": view.data}, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadView(f"no JSON: {error}") from error
    if len(text) > STORED_BYTES:
        raise BadView(f"{len(text)} bytes are more than {STORED_BYTES}")
    return text


def stored_form(view: View | None) -> bytes | None:
    """What is kept of it; None where there is nothing to see, or nothing that is of its shape."""
    if view is None:
        return None
    try:
        kept = written(view)
        checked(view.kind, view.data)
    except BadView as error:
        log.error("a view is left away, and its run keeps its score: %s", error)  # noqa: TRY400 - what it says is enough
        return None
    return kept


def read(stored: bytes) -> View:
    """A view from a storage, trusted no more than any stored file. Raises BadView."""
    if len(stored) > STORED_BYTES:
        raise BadView(f"{len(stored)} bytes are more than {STORED_BYTES}")
    try:
        value = json.loads(stored)
    except (ValueError, RecursionError) as error:
        raise BadView(f"no JSON: {error}") from error
    if not isinstance(value, dict) or set(value) != {"kind", "data"}:
        raise BadView("neither kind nor data")
    return checked(value["kind"], value["data"])


def checked(kind: Json, data: Json) -> View:
    """Raises BadView where `data` is not of the shape of its kind, or there is no such kind."""
    if not isinstance(kind, str) or kind not in VALIDATORS:
        raise BadView(f"there is no kind {kind!r}")
    VALIDATORS[kind](data)
    return View(cast("ViewKind", kind), data)
