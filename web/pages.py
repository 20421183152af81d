"""Public pages: the same bytes for everybody, without session or cookie (DESIGN, Boards and pages).

A page is rendered once per version of what it shows and kept in this process; a request that knows the page already is
answered with 304. Nothing that is rendered here may look at who asks.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from flask import Response, request

KEPT = 512
"""Pages kept in one process; the one not asked for longest goes first."""


@dataclass(frozen=True, slots=True)
class Page:
    version: Hashable
    body: bytes
    etag: str


class PublicPages:
    """The rendered pages of one process, by address."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._lock = threading.RLock()

    def get(self, key: Hashable, version: Hashable, render: Callable[[], str]) -> Page:
        """The page under `key`; rendered by one maker where it is not there in this version."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.version != version:
                body = render().encode()
                page = Page(version, body, hashlib.sha256(body).hexdigest()[:32])
                self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > self._kept:
                self._pages.popitem(last=False)
            return page


def public_response(page: Page, media_type: str = "text/html") -> Response:
    """With its ETag; 304 to who has it."""
    response = Response(page.body, mimetype=media_type)
    response.set_etag(page.etag)
    response.headers["Cache-Control"] = "public, max-age=1, stale-while-revalidate=10"
    response.make_conditional(request.environ)
    return response
