"""The front page: what is on, until when, who leads, what to do next."""

from flask import Blueprint, Response, redirect, render_template, url_for
from sqlmodel import Session

from judge import contests, leaderboard
from judge.models import Contest
from web import languages
from web.notice import notice
from web.pages import public_response
from web.portal import portal
from web.shapes import BoardShape, ContestShape, board_shape, contest_shape

pages = Blueprint("home", __name__)
_ORDER = ("now", "soon", "over")
"""What is on stands first."""


def root() -> Response:
    """`/`: to the front page in the browser's language."""
    response: Response = redirect(url_for("home.front", lang=languages.preferred()), code=302)  # type: ignore[assignment]
    response.headers["Cache-Control"] = "public, max-age=300"
    response.vary.add("Accept-Language")
    return response


@pages.get("/")
def front() -> Response:
    here = portal()
    second = int(here.clock().timestamp())
    key = ("front", languages.language())
    return public_response(here.pages.get(key, (second, notice(), here.assets.version), _front))


def _front() -> str:
    here = portal()
    with here.db.read() as session:
        cards = [_card(session, contest) for contest in contests.all_public(session)]
    cards.sort(key=lambda card: _ORDER.index(_urgency(card[0])))
    return render_template("home.html", cards=cards)


def _urgency(contest: ContestShape) -> str:
    if contest.word in ("closed", "revealed"):
        return "over"
    return "now" if contest.current is not None and contest.current.takes_uploads else "soon"


def _card(session: Session, contest: Contest) -> tuple[ContestShape, BoardShape | None]:
    """A contest with the head of its board, where a phase has begun."""
    here, reader = portal(), languages.reader()
    now = here.clock()
    current = contests.current_phase(session, contest, now=now)
    shape = contest_shape(
        contest,
        contests.phases_of(session, contest),
        current,
        enrolled=contests.enrolled_count(session, contest),
        reader=reader,
        now=now,
    )
    if current is None:
        return shape, None
    snapshot = leaderboard.snapshot(session, phase=current, track=shape.tracks[0][0], now=now)
    return shape, board_shape(snapshot, contest=contest, phase=current, reader=reader, page=1)
