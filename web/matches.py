"""Meetings of entries: a contest's latest, each with its replay, and cross-play at a glance. Public, the same bytes for
everybody."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from flask import Blueprint, Response, current_app, render_template, request, url_for
from sqlmodel import Session

from judge import columns, contests, encounters
from judge.catalogue import About, Message, about
from judge.encounters import PAGE, Encounter, Side
from judge.errors import NotFound
from judge.models import Contest, Phase
from web import grids, headers, languages
from web.grids import Heat
from web.i18n import Reader
from web.notice import notice
from web.pages import public_response
from web.pictures import picture
from web.portal import portal
from web.shapes import ContestShape, column_shapes, contest_shape, phase_shape, phase_word

pages = Blueprint("matches", __name__)
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class SideShape:
    """`text` is what an entry got, as it is written: the column that decides a tie where there is one, else the
    score."""

    seat: str
    team: str
    team_slug: str
    score: float | None
    text: str
    verdict: str | None
    message: Message | None
    columns: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class MeetingShape:
    """`word` says how it ended for the first of the sides: won, lost, drawn, or nothing where nobody wins."""

    id: int
    track: str
    case: str
    state: str
    played_at: datetime | None
    open: bool
    replay: bool
    log: bool
    word: str | None
    sides: tuple[SideShape, SideShape]

    @classmethod
    def of(cls, seen: Encounter, sheet: About, reader: Reader, *, own: int | None = None) -> Self:
        """`own`: the submission whose side stands first."""
        sides = seen.sides if own is None else seen.of(own)
        names = {sheet.seats[0]: sheet.seats[0], sheet.seats[1]: sheet.seats[1]}
        names |= {track.name: reader.of(track.title) for track in sheet.tracks if track.name in names}
        first, second = (_side(side, sheet, names[side.seat], reader) for side in sides)
        word = None
        if sheet.pairing == "match" and seen.played_at is not None:
            word = {True: "won", False: "lost", None: "drawn"}[sides[0].won]
        return cls(
            id=seen.id,
            track=seen.track,
            case=seen.case,
            state=seen.state,
            played_at=seen.played_at,
            open=seen.open,
            replay=seen.view_sha256 is not None,
            log=sides[0].log_sha256 is not None,
            word=word,
            sides=(first, second),
        )


def _side(side: Side, sheet: About, seat: str, reader: Reader) -> SideShape:
    margin = (side.columns or {}).get(sheet.meeting_margin)
    digits = next((column.digits for column in sheet.columns if column.name == sheet.meeting_margin), 0)
    if side.score is None:
        text = "–"
    elif margin is not None:
        text = reader.number(margin, digits)
    else:
        text = reader.number(side.score, sheet.score_digits)
    return SideShape(seat, side.team, side.team_slug, side.score, text, side.verdict, side.message, side.columns)


@dataclass(frozen=True, slots=True)
class Place:
    contest: Contest
    phase: Phase
    sheet: About
    now: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        return self.contest.slug, self.phase.slug, languages.language()


def find(session: Session, slug: str, phase_slug: str) -> Place:
    """Raises NotFound where there is no such phase, or entries do not meet."""
    contest = contests.by_slug(session, slug)
    phase = contests.phase_by_slug(session, contest, phase_slug)
    sheet = about(contest.challenge)
    if sheet.pairing not in ("cross", "match"):
        raise NotFound("meeting-unknown")
    return Place(contest, phase, sheet, portal().clock())


def _page_number() -> int:
    typed = request.args.get("page", "1")
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 6 and 1 <= int(typed) <= MOST_PAGES):
        raise NotFound("meeting-unknown")
    return int(typed)


def _version(session: Session, place: Place) -> tuple[Any, ...]:
    """Changes whenever a reader could see a difference."""
    word = phase_word(place.phase, now=place.now)
    return encounters.newest(session, place.phase, now=place.now), word, place.phase.state


def _contest(session: Session, place: Place) -> ContestShape:
    return contest_shape(
        place.contest,
        contests.phases_of(session, place.contest),
        place.phase,
        enrolled=contests.enrolled_count(session, place.contest),
        reader=languages.reader(),
        now=place.now,
    )


@dataclass(frozen=True, slots=True)
class ListShape:
    """One page of what was played, newest first."""

    rows: tuple[MeetingShape, ...]
    total: int
    page: int
    pages: int


def _list(session: Session, place: Place, page: int) -> ListShape:
    """Raises NotFound for a page past the last."""
    total = encounters.count(session, place.phase, now=place.now)
    found = ListShape(
        rows=tuple(
            MeetingShape.of(one, place.sheet, languages.reader())
            for one in encounters.latest(session, place.phase, place.sheet, now=place.now, page=page)
        ),
        total=total,
        page=page,
        pages=max(1, -(-total // PAGE)),
    )
    if page > found.pages:
        raise NotFound("meeting-unknown")
    return found


@pages.get("/contests/<slug>/<phase_slug>/matches")
def index(slug: str, phase_slug: str) -> Response:
    here, page = portal(), _page_number()
    with here.db.read() as session:
        place = find(session, slug, phase_slug)

        def render() -> str:
            return render_template(
                "matches.html",
                contest=_contest(session, place),
                phase=phase_shape(place.phase, languages.reader(), now=place.now),
                meetings=_list(session, place, page),
                grid=_grid(session, place) if page == 1 else None,
            )

        version = (*_version(session, place), notice(), here.assets.version)
        return public_response(here.pages.get(("matches", *place.key, page), version, render))


@pages.get("/contests/<slug>/<phase_slug>/matches/<int:number>")
def match(slug: str, phase_slug: str, number: int) -> Response:
    """One meeting, with what it looked like where that may be seen."""
    here, reader = portal(), languages.reader()
    with here.db.read() as session:
        place = find(session, slug, phase_slug)
        seen = encounters.one(session, place.phase, place.sheet, meeting_id=number, now=place.now)

        def render() -> str:
            stored = here.storage.read(seen.view_sha256) if seen.view_sha256 else None
            return render_template(
                "match.html",
                contest=_contest(session, place),
                challenge=place.contest.challenge,
                phase=phase_shape(place.phase, reader, now=place.now),
                meeting=MeetingShape.of(seen, place.sheet, reader),
                columns=column_shapes(columns.of_meeting(place.sheet, place.phase, seen.track), reader),
                picture=picture(stored, reader) if stored else None,
                view_url=url_for("api.match_view", slug=slug, phase_slug=phase_slug, number=number),
            )

        version = (*_version(session, place)[1:], notice(), here.assets.version)
        return public_response(here.pages.get(("match", *place.key, number), version, render))


# ---------------------------------------------------------------------------------------------------------------------
# For programs


def list_as_json(slug: str, phase_slug: str) -> Response:
    here, page = portal(), _page_number()
    with here.db.read() as session:
        place = find(session, slug, phase_slug)
        key = ("matches.json", *place.key, page)
        return _json(key, _version(session, place), lambda: _plain(asdict(_list(session, place, page))))


def match_as_json(slug: str, phase_slug: str, number: int) -> Response:
    here = portal()
    with here.db.read() as session:
        place = find(session, slug, phase_slug)
        seen = encounters.one(session, place.phase, place.sheet, meeting_id=number, now=place.now)
        shape = MeetingShape.of(seen, place.sheet, languages.reader())
        return _json(("match.json", *place.key, number), _version(session, place)[1:], lambda: _plain(asdict(shape)))


def _json(key: tuple[Any, ...], version: tuple[Any, ...], facts: Any) -> Response:
    response = public_response(
        portal().pages.get(key, version, lambda: current_app.json.dumps(facts())), "application/json"
    )
    response.vary.add("Accept-Language")
    return response


def _plain(value: Any) -> Any:
    """Times as ISO 8601 in UTC."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value


def view(slug: str, phase_slug: str, number: int) -> Response:
    """What a meeting looked like, as data. Raises NotFound where that may not be seen."""
    here = portal()
    with here.db.read() as session:
        place = find(session, slug, phase_slug)
        seen = encounters.one(session, place.phase, place.sheet, meeting_id=number, now=place.now)
    if seen.view_sha256 is None:
        raise NotFound("meeting-unknown")
    response = headers.stored(here.storage.read(seen.view_sha256), "application/json", shown=True)
    response.headers["Cache-Control"] = "public, max-age=60"
    response.set_etag(seen.view_sha256)
    return response


# ---------------------------------------------------------------------------------------------------------------------
# Cross-play at a glance


@dataclass(frozen=True, slots=True)
class GridShape:
    """`more` entries are left out."""

    heat: Heat
    more: int


def _grid(session: Session, place: Place) -> GridShape | None:
    if place.sheet.pairing != "cross":
        return None
    grid = encounters.grid(session, place.phase, place.sheet, now=place.now)
    if not grid.first or not grid.second:
        return None
    reader, sheet = languages.reader(), place.sheet
    names = {track.name: reader.of(track.title) for track in sheet.tracks}
    first, second = sheet.seats
    titles, title = (names[first], names[second]), reader.text("meet.grid")
    heat = grids.cross(grid, titles, title=title, unit=sheet.score_unit, digits=sheet.score_digits, reader=reader)
    return GridShape(heat, grid.more)


def grid_of(session: Session, contest: Contest, now: datetime) -> GridShape | None:
    """The grid of a contest's present phase, where entries meet in cross-play."""
    phase = contests.current_phase(session, contest, now=now)
    return None if phase is None else _grid(session, Place(contest, phase, about(contest.challenge), now))
