"""What must not be seen before the reveal is looked for in every page and call that there is (DESIGN, promise 8)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col, select
from werkzeug.routing import Rule

from challenges.base import Score
from judge import catalogue, demo, leaderboard, standings
from judge.models import Contest, JudgementScore, Phase, Run, RunSeat, Submission, User
from judge.scoring import kept
from judge.states import JudgementState, PhaseState
from tests.known import CHALLENGES
from tests.web.factories import IMAGE, World
from tests.web.ground import Ground, ground

SECRET = 71.625
"""In no other figure of these pages, however it is rounded."""
SIGNS = ("71.6", "72.6", "0.716")
NAMES = (
    *('"private":', "private_", "Log loss, private part", "非公开部分对数损失", "비공개 부분 로그 손실"),
    *('"wide":', "Wide of the mark", "总偏差", "총 오차"),
)
"""Of the columns; the statement may speak of the private part."""
ROUNDED = {"private": SECRET, "private_low": SECRET + 1, "private_high": SECRET + 1, "private_log_loss": SECRET / 100}
STATES = [PhaseState.OPEN, PhaseState.FROZEN, PhaseState.PAUSED, PhaseState.CLOSED]


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIUM_CHALLENGES", CHALLENGES)


@pytest.fixture
def lake(world: World) -> tuple[User, Phase, Submission]:
    """A season with a figure that nobody is to see: in the score, its columns, a run's columns and its view."""
    contest = Contest(slug="datalake", challenge="datalake", state=PhaseState.OPEN, created_at=world.now)
    world.add(contest)
    phase = world.phase(contest)
    user = world.user("Mei")
    enrolment = world.enrol(contest, world.team(user))
    entry = world.submission(enrolment, phase, user)
    judgement = world.judgement(entry, state=JudgementState.SCORED, verdict="AC")
    score = Score(60.0, SECRET, (58.0, 62.0), {"log_loss": 0.5, **ROUNDED}, (0.5,), (SECRET, SECRET + 1), (0.7,))
    title = dict.fromkeys(("en", "zh", "ko"), "Private part")
    view = {"kind": "table", "data": {"title": title, "columns": [{"title": title}], "rows": [[SECRET]]}}
    with world.db.write() as session:
        session.add(
            JudgementScore(
                judgement_id=judgement.id,
                **kept(score, entry.received_at),
            )
        )
        session.flush()
        standings.refresh(session, phase=phase, track="", enrolment_id=enrolment.id, now=world.now)
        run = Run(
            phase_id=phase.id,
            judgement_id=judgement.id,
            challenge_version="1",
            image=IMAGE,
            case="season-1",
            pairing=f"judgement-{judgement.id}",
            view_sha256=world.storage.keep_bytes(json.dumps(view).encode()),
            recorded_at=world.now,
        )
        session.add(run)
        session.flush()
        seat = RunSeat(run_seq=run.seq, seat="model", submission_id=entry.id, verdict="AC", score=60.0)
        seat.columns = {"log_loss": 0.5, "low": 58.0, **ROUNDED}
        session.add(seat)
    return user, phase, entry


@pytest.fixture
def duel(world: World) -> Ground:
    """A ladder whose games have a figure that waits for the reveal."""
    duel = ground(world, "duel", "game-1", hidden=True)
    one, other = duel.enter("Alpha"), duel.enter("Beta")
    duel.meet(one, other, (1.0, 0.0))
    with world.db.write() as session:
        for seat in session.exec(select(RunSeat).join(Run).where(col(Run.meeting_id).is_not(None))):
            seat.columns = {**seat.columns, "wide": SECRET}
            session.add(seat)
    duel.tend()
    return duel


def move(world: World, state: PhaseState) -> None:
    with world.db.write() as session:
        for phase in session.exec(select(Phase)):
            phase.state = state
            if state == PhaseState.FROZEN:
                phase.freeze_at = world.now + timedelta(days=1)
            session.add(phase)


def addresses(app: Flask, known: dict[str, list[Any]]) -> Iterator[str]:
    """Every page and call that is read, with everything that may stand in its place."""
    adapter = app.url_map.bind("podium.example")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            yield from _filled(adapter, rule, sorted(rule.arguments), known, {})


def _filled(adapter: Any, rule: Rule, left: list[str], known: dict[str, list[Any]], values: dict[str, Any]) -> Any:
    if not left:
        yield adapter.build(rule.endpoint, values)
        return
    for value in known[left[0]]:
        yield from _filled(adapter, rule, left[1:], known, {**values, left[0]: value})


def everything(app: Flask, get: Callable[[str], Any], slug: str, entries: list[str]) -> dict[str, str]:
    """By address, what came back, of those that are there."""
    known: dict[str, list[Any]] = {
        "lang": ["en", "zh", "ko"],
        "slug": [slug],
        "phase_slug": ["practice"],
        "track": ["", *(track.name for track in catalogue.about(slug).tracks if track.name)],
        "public_id": entries,
        "number": [0, 1, 2, 3],
        "name": ["train.csv"],
        "token": ["none"],
    }
    found = {address: get(address) for address in set(addresses(app, known))}
    return {address: answer.text for address, answer in found.items() if answer.status_code == 200}


def told(pages: dict[str, str]) -> set[str]:
    """Addresses that say what they must not."""
    return {address for address, text in pages.items() if any(sign in text for sign in (*SIGNS, *NAMES))}


@pytest.mark.parametrize("state", STATES)
def test_no_page_and_no_call_tells_a_hidden_figure_before_the_reveal(
    app: Flask, client: FlaskClient, browse, world: World, lake, state: PhaseState
) -> None:
    """Promise 8."""
    move(world, state)
    entry = lake[2].public_id
    for get in (client.get, browse(lake[0]).client.get):
        pages = everything(app, get, "datalake", [entry])
        assert "/api/contests/datalake/practice/board" in pages
        assert "/en/contests/datalake/practice/board" in pages
        assert told(pages) == set()
    assert f"/en/submissions/{entry}" in pages
    assert "60.0" in pages["/en/contests/datalake/practice/board"]


def test_the_reveal_opens_them_all(app: Flask, client: FlaskClient, browse, world: World, lake) -> None:
    """What the search finds once it may: otherwise it could find nothing at all."""
    move(world, PhaseState.REVEALED)
    entry = lake[2].public_id
    boards = {"/en/contests/datalake/practice/board", "/api/contests/datalake/practice/board"}
    assert boards <= told(everything(app, client.get, "datalake", [entry]))
    own = told(everything(app, browse(lake[0]).client.get, "datalake", [entry]))
    seen = (f"/en/submissions/{entry}", f"/en/submissions/{entry}/runs/0", f"/api/submissions/{entry}/runs/0/view")
    assert set(seen) <= own


@pytest.mark.parametrize("state", STATES)
def test_no_match_tells_a_hidden_figure_before_the_reveal(
    app: Flask, client: FlaskClient, browse, world: World, duel: Ground, state: PhaseState
) -> None:
    """Promise 8."""
    move(world, state)
    entries = [entry.public_id for entry in _entries(world)]
    for get in (client.get, browse(duel.teams["Alpha"][0]).client.get):
        pages = everything(app, get, "duel", entries)
        assert "/api/contests/duel/practice/matches/1" in pages
        assert told(pages) == set()


def test_the_reveal_opens_matches_too(app: Flask, client: FlaskClient, world: World, duel: Ground) -> None:
    move(world, PhaseState.REVEALED)
    pages = everything(app, client.get, "duel", [])
    assert {"/api/contests/duel/practice/matches/1", "/en/contests/duel/practice/matches/1"} <= told(pages)
    assert "/api/contests/duel/practice/board" in told(pages)


@pytest.mark.parametrize("state", [*STATES, PhaseState.REVEALED])
def test_no_board_of_a_track_and_no_grid_tells_a_figure_that_the_sheet_does_not_name(
    app: Flask, client: FlaskClient, browse, world: World, state: PhaseState
) -> None:
    """Promise 8."""
    siege = ground(world, "siege", "siege-1", hidden=True)
    ram, wall = siege.enter("Rams", track="attack"), siege.enter("Walls", track="defence")
    siege.meet(ram, wall, (60.0, 40.0))
    with world.db.write() as session:
        for row in (*session.exec(select(RunSeat)), *session.exec(select(JudgementScore))):
            row.columns = {**row.columns, "private": SECRET}
            session.add(row)
    siege.tend()
    move(world, state)
    entries = [ram.public_id, wall.public_id]
    for get in (client.get, browse(siege.teams["Rams"][0]).client.get):
        pages = everything(app, get, "siege", entries)
        for track in ("attack", "defence"):
            assert any(address.startswith("/api/") and track in address for address in pages), track
        assert f"/en{siege.here}" in pages
        assert told(pages) == set()


@pytest.mark.parametrize("state", STATES)
def test_what_commands_print_of_a_board_keeps_hidden_figures_back(world: World, lake, state: PhaseState) -> None:
    """Promise 8: `podium demo` prints boards, from the rows that everybody gets."""
    move(world, state)
    with world.db.read() as session:
        phase = session.get_one(Phase, lake[1].id)
        (row,) = leaderboard.snapshot(session, phase=phase, track="", now=world.now).rows
        assert row.columns == {"log_loss": 0.5}
        assert told({"demo": json.dumps(demo.board(session, phase, ""))}) == set()


def _entries(world: World) -> list[Submission]:
    with world.db.read() as session:
        return list(session.exec(select(Submission)))
