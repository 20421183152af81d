"""Accounts: sign up, sign in, sign out, one's own page, and the link that makes the first organiser."""

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session, url_for

from judge import accounts, contests
from judge.errors import NotFound, Refusal
from judge.models import User
from web import forms, languages, people
from web.forms import Form
from web.people import signed_in
from web.portal import portal
from web.shapes import contest_title, person

pages = Blueprint("auth", __name__)


def _after() -> str:
    """Where to go once signed in: where one came from, or one's own page."""
    target = request.form.get("next") or request.args.get("next")
    return people.local_path(target) or url_for("auth.account")


def _page(name: str, form: Form, status: int = 200) -> Response:
    return make_response(render_template(name, form=form, next=_after()), status)


def _welcome(user: User) -> Response:
    """Begin a session for this browser and lead on. The old one, if any, ends: a session is never taken over."""
    here = portal()
    old = request.cookies.get(people.cookie_name(here.settings))
    with here.db.write() as database:
        if old:
            accounts.end_session(database, token=old)
        token = accounts.begin_session(database, user=user, now=here.clock())
    session.clear()
    return people.sign_browser_in(make_response(redirect(_after(), code=303)), token)


@pages.get("/sign-up")
def sign_up() -> Response:
    return _page("sign_up.html", Form())


@pages.post("/sign-up")
def make_account() -> Response:
    here = portal()
    try:
        email, name, password = forms.text("email"), forms.text("name"), forms.text("password")
        user = accounts.sign_up(
            here.db, email=email, name=name, password=password, language=languages.language(), now=here.clock()
        )
    except Refusal as refusal:
        return _page("sign_up.html", forms.refused(refusal, "email", "name"), refusal.status)
    return _welcome(user)


@pages.get("/sign-in")
def sign_in() -> Response:
    return _page("sign_in.html", Form())


@pages.post("/sign-in")
def check() -> Response:
    here = portal()
    try:
        user = accounts.sign_in(
            here.db,
            email=forms.text("email"),
            password=forms.text("password"),
            address=request.remote_addr or "",
            tries=here.settings.sign_in_tries,
            now=here.clock(),
        )
    except Refusal as refusal:
        return _page("sign_in.html", forms.refused(refusal, "email"), refusal.status)
    return _welcome(user)


@pages.post("/sign-out")
def sign_out() -> Response:
    here = portal()
    token = request.cookies.get(people.cookie_name(here.settings))
    if token:
        with here.db.write() as database:
            accounts.end_session(database, token=token)
    session.clear()
    return people.sign_browser_out(make_response(redirect(url_for("home.front"), code=303)))


@pages.get("/account")
@signed_in
def account() -> Response:
    here, reader = portal(), languages.reader()
    with here.db.read() as database:
        organiser = accounts.has_role(database, user=g.user, role="organiser")
        teams = accounts.teams_of(database, user=g.user)
        entered = []
        for contest in contests.all_public(database):
            enrolled = contests.enrolment_of(database, contest=contest, user=g.user)
            phase = contests.current_phase(database, contest, now=here.clock())
            if enrolled:
                entered.append((contest.slug, contest_title(contest, reader), enrolled[1], phase and phase.slug))
    return make_response(
        render_template("account.html", person=person(g.user, organiser=organiser), teams=teams, entered=entered)
    )


@pages.get("/organiser/claim/<token>")
@signed_in
def claim(token: str) -> Response:  # noqa: ARG001 - the form posts to the same address
    return make_response(render_template("claim.html", person=person(g.user)))


@pages.post("/organiser/claim/<token>")
@signed_in
def claim_now(token: str) -> Response:
    here = portal()
    if len(token) > forms.LONGEST:
        raise NotFound("link-unknown")
    with here.db.write() as database:
        accounts.claim_organiser(database, user=g.user, token=token, now=here.clock())
    return make_response(redirect(url_for("auth.account"), code=303))
