"""The JSON calls. What is private is answered to its owner alone and never kept by a cache on the way."""

import hashlib
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from judge import accounts, submissions
from judge.errors import StorageFull
from web import headers, leaderboards
from web import matches as meetings
from web.people import current, signed_in
from web.portal import portal
from web.submissions import own_meeting, visible_run

calls = Blueprint("api", __name__)


def _private(facts: dict[str, Any]) -> Response:
    """For one person, asked for again every time, with an ETag so that an answer already known costs nothing."""
    response = jsonify(facts)
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request.environ)
    return response


@calls.get("/api/me")
def me() -> Response:
    """The private fragment of public pages: who is signed in, and with which teams."""
    user = current()
    if user is None:
        return jsonify({"name": None, "teams": []})
    with portal().db.read() as session:
        teams = [team.slug for team in accounts.teams_of(session, user=user)]
    return jsonify({"name": user.name, "teams": teams})


@calls.get("/api/submissions/<public_id>")
@signed_in
def submission(public_id: str) -> Response:
    """How far a submission is; `settled` says that asking again soon is of no use, `final` that it never is."""
    with portal().db.read() as session:
        found = submissions.own(session, user=g.user, public_id=public_id)
        judgement = submissions.current_judgement(session, found)
        waiting = judgement.state.value == "queued"
        ahead = submissions.ahead_of(session, judgement) if waiting else None
    return _private(
        {
            "id": found.public_id,
            "sha256": found.sha256,
            "received_at": found.received_at.isoformat(),
            "withdrawn": found.state.value != "active",
            "state": judgement.state.value,
            "final": judgement.state.final,
            "settled": judgement.state.settled,
            "verdict": judgement.verdict,
            "attempt": judgement.attempt,
            "ahead": ahead,
        }
    )


@calls.get("/api/submissions/<public_id>/runs/<int:number>/view")
@signed_in
def view(public_id: str, number: int) -> Response:
    """What a run looked like, as data: `{"kind", "data"}`."""
    run = visible_run(public_id, number)
    if run.view_sha256 is None:
        return jsonify(None)
    response = headers.stored(portal().storage.read(run.view_sha256), "application/json", shown=True)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@calls.get("/api/submissions/<public_id>/meetings/<int:number>/view")
@signed_in
def own_match_view(public_id: str, number: int) -> Response:
    """The same of a meeting of one's own."""
    seen, _ = own_meeting(public_id, number)
    if seen.view_sha256 is None:
        return jsonify(None)
    response = headers.stored(portal().storage.read(seen.view_sha256), "application/json", shown=True)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@calls.get("/api/contests/<slug>/<phase_slug>/board")
@calls.get("/api/contests/<slug>/<phase_slug>/board/<track>")
def board(slug: str, phase_slug: str, track: str | None = None) -> Response:
    return leaderboards.board_as_json(slug, phase_slug, track)


@calls.get("/api/contests/<slug>/<phase_slug>/matches")
def matches(slug: str, phase_slug: str) -> Response:
    return meetings.list_as_json(slug, phase_slug)


@calls.get("/api/contests/<slug>/<phase_slug>/matches/<int:number>")
def match(slug: str, phase_slug: str, number: int) -> Response:
    return meetings.match_as_json(slug, phase_slug, number)


@calls.get("/api/contests/<slug>/<phase_slug>/matches/<int:number>/view")
def match_view(slug: str, phase_slug: str, number: int) -> Response:
    """What a match looked like, as data: `{"kind", "data"}`."""
    return meetings.view(slug, phase_slug, number)


@calls.get("/health")
def health() -> Response:
    """For whoever watches this process: the database answers, there is room for uploads. Redis is only a hint, so its
    absence is told but is no failure."""
    here = portal()
    with here.db.read() as session:
        session.connection().exec_driver_sql("SELECT 1")
    try:
        here.storage.check_room()
        room = True
    except StorageFull:
        room = False
    response = jsonify({"database": True, "room": room, "queue": here.queue.length()})
    response.status_code = 200 if room else 507
    return response
