"""Submissions: the upload, the receipt, what came of it, taking it back. For the team that sent them alone."""

import re
import secrets
from collections.abc import Sequence

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from sqlmodel import Session, select
from werkzeug.exceptions import RequestEntityTooLarge

from judge import choices, contests, encounters, results, submissions
from judge.catalogue import about
from judge.encounters import Encounter
from judge.errors import BadInput, NotFound, Refusal, TooMuch
from judge.models import Contest, Enrolment, Phase, QuotaUse, Submission, Team
from judge.results import VisibleRun
from judge.states import JudgementState, PhaseState
from judge.submissions import Upload, take_in
from web import forms, headers, languages, uploads
from web.contests import shape_of
from web.errors import answer, wants_json
from web.forms import Form, csrf
from web.matches import MeetingShape
from web.people import required, signed_in
from web.pictures import Picture, picture
from web.portal import portal
from web.ratings import rating_picture
from web.shapes import (
    SubmissionShape,
    contest_title,
    person,
    phase_shape,
    phase_title,
    score_shapes,
    submission_shape,
)

pages = Blueprint("submissions", __name__)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
LOG_LINES = 40
"""How much of a log the submission's own page shows; the rest is one link away."""


# ---------------------------------------------------------------------------------------------------------------------
# The upload


@pages.get("/contests/<slug>/<phase_slug>/upload")
@signed_in
def upload_form(slug: str, phase_slug: str) -> Response:
    return _upload_page(slug, phase_slug, Form())


def _upload_page(slug: str, phase_slug: str, form: Form, status: int = 200) -> Response:
    here, reader = portal(), languages.reader()
    now = here.clock()
    with here.db.read() as session:
        contest = contests.by_slug(session, slug)
        phase = contests.phase_by_slug(session, contest, phase_slug)
        enrolled = contests.enrolment_of(session, contest=contest, user=g.user)
        if enrolled is None:
            return make_response(redirect(url_for("contests.mine", slug=slug), code=303))
        quota = submissions.quota_left(session, enrolment=enrolled[0], phase=phase, contest=contest, now=now)
        shape = shape_of(session, contest)
    return make_response(
        render_template(
            "upload.html",
            contest=shape,
            phase=phase_shape(phase, reader, now=now),
            team=enrolled[1],
            quota=quota,
            form=form,
            token=secrets.token_urlsafe(16),
            person=person(g.user),
        ),
        status,
    )


@pages.post("/contests/<slug>/<phase_slug>/upload")
def upload(slug: str, phase_slug: str) -> Response:
    """Take an entry in. The form's own token makes a double click, or a form sent again, one submission.

    The sender is asked for before the body is read, and the form's signature checked after: hence no decorator.
    """
    user = required()
    here = portal()
    with here.db.read() as session:
        limit_mib = contests_limit(session, slug)
    typed: dict[str, str] = {}
    try:
        sent = _receive(limit_mib, typed)
        receipt = take_in(
            here.db,
            here.storage,
            user=user,
            contest_slug=slug,
            phase_slug=phase_slug,
            stream=request.files["entry"].stream,
            upload=sent,
            clock=here.clock,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        uploads.drain()
        if wants_json():
            return answer(refusal.public, refusal.status)
        return _upload_page(slug, phase_slug, Form(typed, refusal.public), refusal.status)
    here.queue.judge(receipt.judgement_id, attempt=0)
    where = url_for("submissions.submission", public_id=receipt.submission.public_id)
    if wants_json():
        return make_response(jsonify({"url": where}), 201)
    return make_response(redirect(where, code=303))


def contests_limit(session: Session, slug: str) -> int:
    """How many MiB an entry of a contest may have."""
    return about(contests.by_slug(session, slug).challenge).entry_mib


def _receive(limit_mib: int, typed: dict[str, str]) -> Upload:
    """Read the form; what was written beside the file goes into `typed`, to be shown again. Raises TooMuch past the
    contest's limit, StorageFull, BadInput where there is no file in it."""
    uploads.allow_file(limit_mib)
    try:
        csrf.protect()
    except RequestEntityTooLarge:
        raise TooMuch("archive-too-large", largest_mib=limit_mib) from None
    typed.update(forms.typed("summary", "links"))
    file = request.files.get("entry")
    if file is None or not file.filename:
        raise BadInput("file-missing")
    token = request.form.get("form_token", "")
    return Upload(
        filename=file.filename.replace("\x00", ""),
        received_at=uploads.received_at(),
        form_token=token if _TOKEN.fullmatch(token) else None,
        track=request.form.get("track", ""),
        summary=forms.text("summary"),
        links=tuple(forms.text("links").splitlines()),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Looking at one


@pages.get("/submissions")
@signed_in
def index() -> Response:
    """Everything that one's teams have sent, newest first."""
    here, reader = portal(), languages.reader()
    rows = []
    with here.db.read() as session:
        for contest in contests.all_public(session):
            enrolled = contests.enrolment_of(session, contest=contest, user=g.user)
            for phase in contests.phases_of(session, contest) if enrolled else []:
                assert enrolled is not None
                sent = submissions.of_enrolment(session, enrolment=enrolled[0], phase=phase)
                title = contest_title(contest, reader)
                rows += [
                    (submission_shape(*pair), title, phase_title(phase, reader), enrolled[1].name, contest.timezone)
                    for pair in sent
                ]
    rows.sort(key=lambda row: row[0].received_at, reverse=True)
    return make_response(render_template("submissions.html", rows=rows, person=person(g.user)))


@pages.get("/submissions/<public_id>")
@signed_in
def submission(public_id: str) -> Response:
    here, reader = portal(), languages.reader()
    with here.db.read() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
        phase = session.get_one(Phase, found.phase_id)
        contest = session.get_one(Contest, phase.contest_id)
        enrolment = session.get_one(Enrolment, found.enrolment_id)
        shape = submission_as_seen(session, found, contest, phase)
        team = session.get_one(Team, enrolment.team_id)
        contest_page = shape_of(session, contest)
        met = encounters.of_submission(session, found, about(contest.challenge))
        choice = choices.of(session, found)
        rating = encounters.rating_history(session, found, phase, about(contest.challenge), now=here.clock())
    shown = _looked_at(shape.runs)
    return make_response(
        render_template(
            "submission.html",
            contest=contest_page,
            challenge=contest.challenge,
            digits=about(contest.challenge).score_digits,
            unit=about(contest.challenge).score_unit,
            phase=phase_shape(phase, reader, now=here.clock()),
            team=team,
            sub=shape,
            met=[MeetingShape.of(one, about(contest.challenge), reader, own=found.id) for one in met],
            shown=shown,
            picture=_picture(shape.runs[shown]) if shown is not None else None,
            log=_log_tail(shape.runs[shown].log_sha256) if shown is not None else None,
            rating=rating_picture(rating, reader),
            build_log=_log_tail(shape.build_log_sha256),
            choice=choice,
            withdrawable=shape.state == "active" and phase.state != PhaseState.DRAFT and not phase.state.over,
            person=person(g.user),
        )
    )


def _looked_at(runs: Sequence[VisibleRun]) -> int | None:
    """The number of the run that the page itself shows: the first that counted and has a view, once all are open; the
    showcase before."""
    showcases = [number for number, run in enumerate(runs) if run.showcase and run.open]
    counted = [number for number, run in enumerate(runs) if not run.showcase and run.open and run.view_sha256]
    return next(iter([*counted, *showcases]), None)


def submission_as_seen(session: Session, found: Submission, contest: Contest, phase: Phase) -> SubmissionShape:
    """A submission with what its team may see of it now."""
    judgement = submissions.current_judgement(session, found)
    refunded = session.exec(select(QuotaUse.refunded_at).where(QuotaUse.submission_id == found.id)).first()
    queued = judgement.state == JudgementState.QUEUED
    return submission_shape(
        found,
        judgement,
        message=results.said(judgement, phase),
        ahead=submissions.ahead_of(session, judgement) if queued else None,
        refunded=refunded is not None,
        scores=score_shapes(
            results.scores_of(session, judgement=judgement),
            contest=contest,
            phase=phase,
            reader=languages.reader(),
        ),
        runs=results.visible_runs(session, judgement=judgement, phase=phase),
    )


def _log_tail(sha256: str | None) -> str | None:
    if sha256 is None:
        return None
    text = portal().storage.read(sha256).decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-LOG_LINES:])


def _picture(run: VisibleRun) -> Picture | None:
    return _stored_picture(run.view_sha256)


def _stored_picture(sha256: str | None) -> Picture | None:
    return None if sha256 is None else picture(portal().storage.read(sha256), languages.reader())


def visible_run(public_id: str, number: int) -> VisibleRun:
    """The run of that number (from 0) of one's own submission, where it is open. Raises NotFound otherwise, whether it
    exists or not."""
    with portal().db.read() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
        judgement = submissions.current_judgement(session, found)
        runs = results.visible_runs(session, judgement=judgement, phase=session.get_one(Phase, found.phase_id))
    if number >= len(runs) or not runs[number].open:
        raise NotFound("run-unknown")
    return runs[number]


@pages.get("/submissions/<public_id>/runs/<int:number>/log")
@signed_in
def log(public_id: str, number: int) -> Response:
    """What the entry printed: text from a stranger, so nothing in it may be taken for anything else."""
    run = visible_run(public_id, number)
    if run.log_sha256 is None:
        raise NotFound("run-unknown")
    return _text(run.log_sha256)


@pages.get("/submissions/<public_id>/build")
@signed_in
def build_log(public_id: str) -> Response:
    """What the entry's build said. It has seen nothing but the entry, so nothing of it is hidden from its team."""
    with portal().db.read() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
        kept = submissions.current_judgement(session, found).build_log_sha256
    if kept is None:
        raise NotFound("run-unknown")
    return _text(kept)


@pages.get("/submissions/<public_id>/file")
@signed_in
def file(public_id: str) -> Response:
    """What was uploaded, byte for byte, for its own team."""
    with portal().db.read() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
    content = portal().storage.read(found.sha256)
    return headers.stored(content, "application/octet-stream", filename=found.filename)


def _text(sha256: str) -> Response:
    return headers.stored(portal().storage.read(sha256), "text/plain; charset=utf-8", shown=True)


@pages.get("/submissions/<public_id>/runs/<int:number>")
@signed_in
def replay(public_id: str, number: int) -> Response:
    run = visible_run(public_id, number)
    shown = _picture(run)
    if shown is None:
        raise NotFound("run-unknown")
    view_url = url_for("api.view", public_id=public_id, number=number)
    return make_response(
        render_template(
            "replay.html", public_id=public_id, title=run.case, picture=shown, view_url=view_url, person=person(g.user)
        )
    )


def own_meeting(public_id: str, number: int) -> tuple[Encounter, int]:
    """A meeting of one's own submission, and that submission's id. Raises NotFound for anybody else's."""
    with portal().db.read() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
        phase = session.get_one(Phase, found.phase_id)
        sheet = about(session.get_one(Contest, phase.contest_id).challenge)
        for one in encounters.of_submission(session, found, sheet):
            if one.id == number and one.open and found.id is not None:
                return one, found.id
    raise NotFound("meeting-unknown")


@pages.get("/submissions/<public_id>/meetings/<int:number>")
@signed_in
def meeting(public_id: str, number: int) -> Response:
    """What a meeting looked like, for a team of it: at a freeze the public does not know of it yet."""
    seen, _ = own_meeting(public_id, number)
    shown = _stored_picture(seen.view_sha256)
    if shown is None:
        raise NotFound("meeting-unknown")
    view_url = url_for("api.own_match_view", public_id=public_id, number=number)
    title = " – ".join(side.team for side in seen.sides)
    return make_response(
        render_template(
            "replay.html",
            public_id=public_id,
            title=title,
            picture=shown,
            view_url=view_url,
            names={side.seat: side.team for side in seen.sides},
            person=person(g.user),
        )
    )


@pages.get("/submissions/<public_id>/meetings/<int:number>/log")
@signed_in
def meeting_log(public_id: str, number: int) -> Response:
    """What the entry printed in a meeting: its own log alone."""
    seen, mine = own_meeting(public_id, number)
    sha256 = seen.of(mine)[0].log_sha256
    if sha256 is None:
        raise NotFound("meeting-unknown")
    return _text(sha256)


# ---------------------------------------------------------------------------------------------------------------------
# Taking one back


@pages.get("/submissions/<public_id>/withdraw")
@signed_in
def withdraw_form(public_id: str) -> Response:
    with portal().db.read() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
    return make_response(render_template("withdraw.html", sub=found, person=person(g.user)))


@pages.post("/submissions/<public_id>/withdraw")
@signed_in
def withdraw(public_id: str) -> Response:
    """Out of the ranking, and off the board; what was judged stays on record."""
    here, phases = portal(), []
    with here.db.write() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
        if found.state.value != "withdrawn":
            phases = submissions.withdraw(session, submission=found, user=g.user, now=here.clock())
    for phase in phases:
        if phase.field_due_at is not None and phase.id is not None:
            here.queue.tend_field(phase.id, due_at=phase.field_due_at)
    return make_response(redirect(url_for("submissions.submission", public_id=public_id), code=303))


# ---------------------------------------------------------------------------------------------------------------------
# Choosing


@pages.post("/submissions/<public_id>/choose")
@signed_in
def choose(public_id: str) -> Response:
    """Let an entry be one of those that may count, or no more."""
    here = portal()
    with here.db.write() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
        wanted = forms.text("chosen") == "yes"
        choices.choose(session, submission=found, chosen=wanted, user=g.user, now=here.clock())
        phase = session.get_one(Phase, found.phase_id)
    if phase.field_due_at is not None and phase.id is not None:
        here.queue.tend_field(phase.id, due_at=phase.field_due_at)
    return make_response(redirect(url_for("submissions.submission", public_id=public_id), code=303))
