"""What every page says while nobody can judge uploads."""

from datetime import datetime

from flask import g
from sqlalchemy.exc import DBAPIError

from judge import hosts
from web.portal import Portal, portal

_KEY = "notice"


def notice() -> str | None:
    """'no-worker', 'no-engine', or None: asked once per request. Silent where the database is away, so that the page
    that says so can be shown."""
    if _KEY not in g:
        try:
            g.notice = _ask(portal())
        except DBAPIError:
            g.notice = None
    found: str | None = g.notice
    return found


def _ask(here: Portal) -> str | None:
    now: datetime = here.clock()
    with here.db.read() as session:
        return hosts.notice(session, now=now)
