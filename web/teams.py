"""Teams: making one, looking at one's own, inviting, joining by link."""

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from judge import accounts
from judge.errors import Conflict, Refusal
from judge.models import Team
from web import forms, people
from web.forms import Form
from web.people import signed_in
from web.portal import portal
from web.shapes import person

pages = Blueprint("teams", __name__)


@pages.get("/teams/new")
@signed_in
def new() -> Response:
    return _new(Form())


def _new(form: Form, status: int = 200) -> Response:
    return make_response(render_template("team_new.html", form=form, person=person(g.user), next=_next()), status)


def _next() -> str:
    return people.local_path(request.form.get("next") or request.args.get("next")) or ""


@pages.post("/teams/new")
@signed_in
def make() -> Response:
    here = portal()
    try:
        name = forms.text("team")
        with here.db.write() as session:
            team = accounts.make_team(session, user=g.user, name=name, now=here.clock())
    except Refusal as refusal:
        return _new(forms.refused(refusal, "team"), refusal.status)
    return make_response(redirect(_next() or url_for("teams.team", slug=team.slug), code=303))


@pages.get("/teams/<slug>")
@signed_in
def team(slug: str) -> Response:
    """One's own team. Another's does not exist here."""
    with portal().db.read() as session:
        found = accounts.team_for(session, user=g.user, slug=slug)
    return _team(found)


def _team(team: Team, link: str | None = None) -> Response:
    with portal().db.read() as session:
        members = [
            (member.name, captain, member.id == g.user.id)
            for member, captain in accounts.members_of(session, team=team)
        ]
    captain = any(captain and me for _, captain, me in members)
    return make_response(
        render_template(
            "team.html",
            team=team,
            members=members,
            captain=captain,
            link=link,
            days=accounts.INVITATION_DAYS,
            most=accounts.TEAM_SIZE,
            person=person(g.user),
        )
    )


@pages.post("/teams/<slug>")
@signed_in
def invite(slug: str) -> Response:
    """A link for new members. It is shown once, since only its hash is kept."""
    here = portal()
    with here.db.write() as session:
        found = accounts.team_for(session, user=g.user, slug=slug)
        token = accounts.invite(session, user=g.user, team=found, now=here.clock())
    return _team(found, link=here.settings.url + url_for("teams.join", token=token))


@pages.get("/join/<token>")
@signed_in
def join(token: str) -> Response:
    here = portal()
    with here.db.read() as session:
        found = accounts.invited_to(session, token=token, now=here.clock())
    return make_response(render_template("join.html", team=found, person=person(g.user)))


@pages.post("/join/<token>")
@signed_in
def accept(token: str) -> Response:
    """Join; who is a member already is led to the team."""
    here = portal()
    try:
        with here.db.write() as session:
            found = accounts.accept_invitation(session, user=g.user, token=token, now=here.clock())
    except Conflict as refusal:
        if refusal.public.code != "member-already":
            raise
        with here.db.read() as session:
            found = accounts.invited_to(session, token=token, now=here.clock())
    return make_response(redirect(url_for("teams.team", slug=found.slug), code=303))
