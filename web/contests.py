"""A contest's public page, a team's own page in it, and enrolment."""

import secrets

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from sqlmodel import Session

from judge import accounts, contests, submissions
from judge.catalogue import about
from judge.errors import BadInput, NotFound, Refusal
from judge.models import Contest, Enrolment, Phase, Team
from judge.states import PhaseState
from web import forms, headers, languages, matches
from web.forms import Form
from web.notice import notice
from web.pages import public_response
from web.people import signed_in
from web.portal import portal
from web.shapes import ContestShape, PhaseShape, contest_shape, person, phase_shape, submission_shape
from web.statements import statement

pages = Blueprint("contests", __name__)


@pages.get("/contests/<slug>")
def contest(slug: str) -> Response:
    here = portal()
    second = int(here.clock().timestamp())
    key = ("contest", slug, languages.language())
    return public_response(here.pages.get(key, (second, notice(), here.assets.version), lambda: _public(slug)))


def _public(slug: str) -> str:
    with portal().db.read() as session:
        found = contests.by_slug(session, slug)
        shape = shape_of(session, found)
        grid = matches.grid_of(session, found, portal().clock())
    text = statement(found.challenge, languages.language())
    return render_template(
        "contest.html", contest=shape, statement=text, grid=grid, size_of=_size_of, commands=_commands(found)
    )


def _size_of(sha256: str) -> str:
    """A stored file's size in words; nothing where the file is away, which is no reason to hide the page."""
    try:
        size_bytes = portal().storage.size(sha256)
    except NotFound:
        return ""
    return languages.reader().size(size_bytes)


def _commands(contest: Contest) -> list[str]:
    """How the starter kit is tried, for each track; nothing where no program is played."""
    sheet = about(contest.challenge)
    if sheet.pairing == "none":
        return []
    tracks = [f" --track {track.name}" for track in sheet.tracks if track.name]
    return [f"podium try {contest.challenge} .{track}" for track in tracks or [""]]


def shape_of(session: Session, contest: Contest) -> ContestShape:
    """A contest as it is now, in the reader's language."""
    now = portal().clock()
    return contest_shape(
        contest,
        contests.phases_of(session, contest),
        contests.current_phase(session, contest, now=now),
        enrolled=contests.enrolled_count(session, contest),
        reader=languages.reader(),
        now=now,
    )


@pages.get("/contests/<slug>/<phase_slug>/files/<name>")
def material(slug: str, phase_slug: str, name: str) -> Response:
    """A public file of a phase, under the checksum that the contest's page names."""
    here = portal()
    with here.db.read() as session:
        phase = contests.phase_by_slug(session, contests.by_slug(session, slug), phase_slug)
    sha256 = phase.materials.get(name)
    if sha256 is None:
        raise NotFound("file-unknown")
    return _download(sha256, "application/octet-stream")


def _download(sha256: str, media_type: str, *, filename: str | None = None) -> Response:
    """A public file; 304 to who has it."""
    response = headers.stored(portal().storage.read(sha256), media_type)
    if filename is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "public, max-age=300"
    response.set_etag(sha256)
    response.make_conditional(request.environ)
    return response


@pages.get("/contests/<slug>/kit.zip")
def kit(slug: str) -> Response:
    """The starter kit of the phase that is on: a link that never changes."""
    here = portal()
    with here.db.read() as session:
        phase = contests.current_phase(session, contests.by_slug(session, slug), now=here.clock())
    return _kit(slug, phase)


@pages.get("/contests/<slug>/<phase_slug>/kit.zip")
def phase_kit(slug: str, phase_slug: str) -> Response:
    """A phase's own: with its public files."""
    with portal().db.read() as session:
        phase = contests.phase_by_slug(session, contests.by_slug(session, slug), phase_slug)
    return _kit(slug, phase)


def _kit(slug: str, phase: Phase | None) -> Response:
    if phase is None or phase.starter_sha256 is None:
        raise NotFound("kit-unknown")
    return _download(phase.starter_sha256, "application/zip", filename=f"{slug}-kit.zip")


# ---------------------------------------------------------------------------------------------------------------------
# A team's own page


@pages.get("/contests/<slug>/mine")
@signed_in
def mine(slug: str) -> Response:
    return make_response(_mine(slug, Form()))


def _mine(slug: str, form: Form) -> str:
    with portal().db.read() as session:
        found = contests.by_slug(session, slug)
        shape = shape_of(session, found)
        enrolled = contests.enrolment_of(session, contest=found, user=g.user)
        if enrolled is None:
            teams = accounts.teams_of(session, user=g.user)
            return render_template("enrol.html", contest=shape, teams=teams, form=form, person=person(g.user))
        sections = sections_of(session, found, enrolled[0])
    return render_template(
        "mine.html",
        contest=shape,
        team=enrolled[1],
        category=enrolled[0].category,
        sections=sections,
        form=form,
        person=person(g.user),
    )


def sections_of(session: Session, contest: Contest, enrolment: Enrolment) -> list[dict[str, object]]:
    """By phase that has begun or will: what is left of the quota, and the team's entries."""
    now, reader = portal().clock(), languages.reader()
    found = []
    for phase in contests.phases_of(session, contest):
        if phase.state == PhaseState.DRAFT:
            continue
        rows = submissions.of_enrolment(session, enrolment=enrolment, phase=phase)
        shape: PhaseShape = phase_shape(phase, reader, now=now)
        found.append(
            {
                "phase": shape,
                "quota": submissions.quota_left(session, enrolment=enrolment, phase=phase, contest=contest, now=now),
                "entries": [submission_shape(submission, judgement) for submission, judgement in rows],
                "token": secrets.token_urlsafe(16),
            }
        )
    return found


@pages.post("/contests/<slug>/mine")
@signed_in
def enrol(slug: str) -> Response:
    """Enter a contest with a team. Entering twice with the same team is entering once."""
    here = portal()
    try:
        team, terms, category = forms.text("team"), forms.text("terms") == "yes", forms.text("category")
        if not team:
            raise BadInput("field-empty", field="team")
        with here.db.write() as session:
            found = contests.by_slug(session, slug)
            if not _is_in(contests.enrolment_of(session, contest=found, user=g.user), team):
                contests.enrol(
                    session,
                    contest=found,
                    user=g.user,
                    team_slug=team,
                    terms=terms,
                    category=category,
                    now=here.clock(),
                )
    except NotFound as refusal:
        if refusal.public.code == "contest-unknown":
            raise
        return make_response(_mine(slug, forms.refused(refusal, "team", "category")), refusal.status)
    except Refusal as refusal:
        return make_response(_mine(slug, forms.refused(refusal, "team", "category")), refusal.status)
    return make_response(redirect(url_for("contests.mine", slug=slug), code=303))


def _is_in(enrolled: tuple[Enrolment, Team] | None, team_slug: str) -> bool:
    return enrolled is not None and enrolled[1].slug == team_slug
