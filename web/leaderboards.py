"""Boards: public, rendered once per version of the board, the same bytes for everybody."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, current_app, render_template, request
from sqlmodel import Session

from judge import contests, leaderboard
from judge.catalogue import about
from judge.errors import NotFound
from judge.models import Contest, Phase
from web import languages
from web.notice import notice
from web.pages import public_response
from web.portal import portal
from web.shapes import BoardShape, board_json, board_shape, contest_shape, phase_word

pages = Blueprint("leaderboards", __name__)
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Which board, and which page of it."""

    contest: Contest
    phase: Phase
    track: str
    page: int
    category: str | None = None


def find(session: Session, slug: str, phase_slug: str, track: str | None) -> Place:
    """Raises NotFound where there is no such board."""
    contest = contests.by_slug(session, slug)
    phase = contests.phase_by_slug(session, contest, phase_slug)
    tracks = [each.name for each in about(contest.challenge).tracks]
    track = tracks[0] if track is None else track
    category = request.args.get("category")
    if track not in tracks or category not in {None, *(each.name for each in about(contest.challenge).categories)}:
        raise NotFound("board-unknown")
    return Place(contest, phase, track, _page_number(), category)


def _page_number() -> int:
    typed = request.args.get("page", "1")
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 6 and 1 <= int(typed) <= MOST_PAGES):
        raise NotFound("board-unknown")
    return int(typed)


def compute(session: Session, place: Place, now: datetime) -> BoardShape:
    """Raises NotFound for a page past the last."""
    snapshot = leaderboard.snapshot(
        session, phase=place.phase, track=place.track, now=now, page=place.page, category=place.category
    )
    board = board_shape(
        snapshot,
        contest=place.contest,
        phase=place.phase,
        reader=languages.reader(),
        page=place.page,
        category=place.category,
    )
    if place.page > board.pages:
        raise NotFound("board-unknown")
    return board


@pages.get("/contests/<slug>/<phase_slug>/board")
@pages.get("/contests/<slug>/<phase_slug>/board/<track>")
def board(slug: str, phase_slug: str, track: str | None = None) -> Response:
    here = portal()
    now = here.clock()
    with here.db.read() as session:
        place = find(session, slug, phase_slug, track)
        version = leaderboard.version(session, place.phase, place.track, now=now)
        seen = (version, _around(session, place.contest, now), notice(), here.assets.version)
        key = ("board", slug, phase_slug, place.track, place.category, place.page, languages.language())
        return public_response(here.pages.get(key, seen, lambda: _render(session, place, now)))


def _around(session: Session, contest: Contest, now: datetime) -> tuple[Hashable, ...]:
    """What a board's page tells beside the board: the contest's phases, by state and time."""
    return tuple(
        (phase.slug, phase_word(phase, now=now), phase.ends_at, phase.freeze_at)
        for phase in contests.phases_of(session, contest)
    )


def _render(session: Session, place: Place, now: datetime) -> str:
    contest = contest_shape(
        place.contest,
        contests.phases_of(session, place.contest),
        place.phase,
        enrolled=contests.enrolled_count(session, place.contest),
        reader=languages.reader(),
        now=now,
    )
    return render_template("board.html", contest=contest, phase=contest.current, board=compute(session, place, now))


def board_as_json(slug: str, phase_slug: str, track: str | None) -> Response:
    """The same board for programs."""
    here = portal()
    now = here.clock()
    with here.db.read() as session:
        place = find(session, slug, phase_slug, track)
        version = leaderboard.version(session, place.phase, place.track, now=now)
        key = ("board.json", slug, phase_slug, place.track, place.category, place.page, languages.language())
        page = here.pages.get(key, version, lambda: current_app.json.dumps(board_json(compute(session, place, now))))
    response = public_response(page, "application/json")
    response.vary.add("Accept-Language")
    return response
