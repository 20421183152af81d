"""Who asks: the person behind the session cookie. Only private pages look."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, g, request

from judge import accounts
from judge.models import User
from judge.settings import Settings
from web.portal import portal

P = ParamSpec("P")
R = TypeVar("R")
_LOCAL = re.compile(r"/(en|zh|ko)/[^\\\x00-\x1f\x7f]*")


class SignInNeededError(Exception):
    """A page for people whom we know, asked for by somebody whom we do not."""


def cookie_name(settings: Settings) -> str:
    """A browser gives a `__Host-` cookie only to the host that set it, over TLS."""
    return "__Host-podium" if settings.secure_cookies else "podium"


def current() -> User | None:
    """Who is signed in, asked once per request."""
    if "user" not in g:
        g.user = _find()
    user: User | None = g.user
    return user


def _find() -> User | None:
    here = portal()
    token = request.cookies.get(cookie_name(here.settings))
    if not token:
        return None
    with here.db.read() as session:
        return accounts.user_of(session, token=token, now=here.clock())


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """A view for people who are signed in; `g.user` is who."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        required()
        return view(*args, **kwargs)

    return guarded


def required() -> User:
    """Who is signed in. Raises SignInNeededError where nobody is: they are led to the sign-in page and back."""
    user = current()
    if user is None:
        raise SignInNeededError
    return user


def sign_browser_in(response: Response, token: str) -> Response:
    """Hand the browser its session."""
    settings = portal().settings
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=accounts.SESSION_DAYS * 86_400,
        secure=settings.secure_cookies,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def sign_browser_out(response: Response) -> Response:
    settings = portal().settings
    response.delete_cookie(
        cookie_name(settings), secure=settings.secure_cookies, httponly=True, samesite="Lax", path="/"
    )
    return response


def local_path(target: str | None) -> str | None:
    """Where a form may lead afterwards: a page of ours, never another host's."""
    return target if target and _LOCAL.fullmatch(target) else None
