"""Matches: public, cacheable, without a cookie; hidden cases and what came after a freeze stay behind; a team sees its
own; tracks are chosen at the upload."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from judge import leaderboard
from judge.models import Judgement, Meeting, Phase, Run, Submission
from judge.states import JudgementState, PhaseState
from tests.known import CHALLENGES
from tests.web import looks
from tests.web.browsing import hidden_fields, text_of
from tests.web.factories import World
from tests.web.ground import TABLE, Ground, ground


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIUM_CHALLENGES", CHALLENGES)


@pytest.fixture
def duel(world: World) -> Ground:
    return ground(world, "duel", "game-1")


@pytest.fixture
def siege(world: World) -> Ground:
    return ground(world, "siege", "siege-1")


@pytest.fixture
def game(duel: Ground) -> int:
    """Alpha has beaten Beta."""
    number = duel.meet(duel.enter("Alpha"), duel.enter("Beta"), (1.0, 0.0))
    duel.tend()
    return number


# ---------------------------------------------------------------------------------------------------------------------
# For everybody


def test_the_latest_matches_are_listed_newest_first(client: FlaskClient, duel: Ground, game: int) -> None:
    duel.meet(duel.enter("Gamma"), duel.enter("Delta"), (0.0, 1.0))
    page = text_of(client.get(f"/en{duel.here}"))
    assert page.index("Gamma 0 : 3 Delta") < page.index("Alpha 3 : 0 Beta")
    assert "2 matches" in page


def test_a_match_has_its_page_with_what_it_looked_like(client: FlaskClient, duel: Ground, game: int) -> None:
    page = client.get(f"/en{duel.here}/{game}")
    assert "Alpha 3 : 0 Beta" in text_of(page)
    assert "<caption>Calls</caption>" in page.text
    assert "printed by" not in page.text


@pytest.mark.parametrize(
    "where", ["/en{here}", "/en{here}/{game}", "/api{here}", "/api{here}/{game}", "/en/contests/duel"]
)
def test_a_public_page_is_the_same_for_everybody_and_sets_no_cookie(
    client: FlaskClient, browse, duel: Ground, game: int, where: str
) -> None:
    address = where.format(here=duel.here, game=game)
    stranger = client.get(address)
    member = browse(duel.teams["Alpha"][0]).get(address)
    assert stranger.status_code == 200
    assert stranger.data == member.data
    assert "Set-Cookie" not in stranger.headers
    again = client.get(address, headers={"If-None-Match": stranger.headers["ETag"]})
    assert again.status_code == 304


def test_programs_read_the_same(client: FlaskClient, duel: Ground, game: int) -> None:
    listed = client.get(f"/api{duel.here}").json
    assert (listed["total"], [row["id"] for row in listed["rows"]]) == (1, [game])
    one = client.get(f"/api{duel.here}/{game}").json
    assert [(side["seat"], side["team"], side["score"]) for side in one["sides"]] == [
        ("left", "Alpha", 1.0),
        ("right", "Beta", 0.0),
    ]
    assert (one["word"], one["open"]) == ("won", True)
    assert client.get(f"/api{duel.here}/{game}/view").json == TABLE


def test_a_new_match_is_a_new_page(client: FlaskClient, duel: Ground, game: int) -> None:
    before = client.get(f"/en{duel.here}").headers["ETag"]
    assert client.get(f"/en{duel.here}").headers["ETag"] == before
    duel.meet(duel.enter("Gamma"), duel.enter("Delta"), (0.5, 0.5))
    assert client.get(f"/en{duel.here}").headers["ETag"] != before


def test_a_long_list_comes_in_pages(client: FlaskClient, duel: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judge.encounters.PAGE", 2)
    monkeypatch.setattr("web.matches.PAGE", 2)
    alpha = duel.enter("Alpha")
    for name in ("Beta", "Gamma", "Delta"):
        duel.meet(alpha, duel.enter(name), (1.0, 0.0))
    assert "Delta" in text_of(client.get(f"/en{duel.here}"))
    last = text_of(client.get(f"/en{duel.here}?page=2"))
    assert "Beta" in last
    assert "Delta" not in last
    for wrong in ("0", "3", "x", "99999999"):
        assert client.get(f"/en{duel.here}?page={wrong}").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh", "ko"])
def test_an_empty_list_says_what_comes_next(client: FlaskClient, duel: Ground, language: str) -> None:
    assert client.get(f"/{language}{duel.here}").status_code == 200


def test_where_entries_never_meet_there_are_no_matches(client: FlaskClient, world: World) -> None:
    world.phase(world.contest())
    assert client.get("/en/contests/driving/practice/matches").status_code == 404
    assert "/matches" not in client.get("/en/contests/driving").text


def test_a_replay_says_which_team_took_which_side(client: FlaskClient, browse, duel: Ground, game: int) -> None:
    show(duel, game, "scene", looks.pitch())
    for page in (client.get(f"/en{duel.here}/{game}"), own_page(browse, duel, game)):
        text = text_of(page)
        assert "Left: Alpha" in text
        assert "Right: Beta" in text


def show(duel: Ground, game: int, kind: str, data: Any) -> None:
    """Let a match have looked so."""
    with duel.world.db.write() as session:
        run = session.exec(select(Run).where(Run.meeting_id == game)).one()
        run.view_sha256 = duel.world.storage.keep_bytes(json.dumps({"kind": kind, "data": data}).encode())


def own_page(browse, duel: Ground, game: int):
    with duel.world.db.read() as session:
        alpha = session.exec(select(Submission).where(Submission.filename == "Alpha.zip")).one()
    return browse(duel.teams["Alpha"][0]).get(f"/submissions/{alpha.public_id}/meetings/{game}")


# ---------------------------------------------------------------------------------------------------------------------
# Rating over time


def season(duel: Ground, entry: Submission, wins: int, defeats: int, *, at: Any = None) -> None:
    for number in range(wins + defeats):
        other = duel.enter(f"Other {at} {number}")
        duel.meet(entry, other, (1.0, 0.0) if number < wins else (0.0, 1.0), at=at)


def before_the_freeze(duel: Ground) -> None:
    """Every entry was received and qualified long ago."""
    with duel.world.db.write() as session:
        for row in session.exec(select(Submission)):
            row.received_at = duel.world.now - timedelta(hours=3)
        for judgement in session.exec(select(Judgement)):
            judgement.finished_at = duel.world.now - timedelta(hours=3)


@pytest.mark.parametrize("language", ["en", "zh", "ko"])
def test_an_entry_on_a_ladder_sees_how_its_rating_came_about(browse, duel: Ground, language: str) -> None:
    alpha = duel.enter("Alpha")
    season(duel, alpha, wins=2, defeats=1)
    duel.tend()
    page = browse(duel.teams["Alpha"][0], language).get(f"/submissions/{alpha.public_id}")
    assert page.text.count('class="dot own"') == 4 + 1, "a newcomer and after each game; the legend"
    assert page.text.count('class="band own"') == 2
    points = re.findall(r'<td class="num">(\d)</td><td class="num">([\d,.]+)</td>', page.text)
    ratings = [float(rating.replace(",", "")) for _, rating in points]
    assert [int(played) for played, _ in points] == [0, 1, 2, 3]
    assert ratings[0] < ratings[1] < ratings[2] > ratings[3]
    with duel.world.db.read() as session:
        rows = leaderboard.snapshot(session, phase=duel.phase, track="", now=duel.world.now).rows
    shown = next(row.score for row in rows if row.team == "Alpha")
    assert ratings[-1] == pytest.approx(shown, abs=1), "its last is what the board says"


def test_before_the_first_game_there_is_no_history_to_see(browse, duel: Ground) -> None:
    alpha = duel.enter("Alpha")
    duel.tend()
    assert "h-rating" not in browse(duel.teams["Alpha"][0]).get(f"/submissions/{alpha.public_id}").text


def test_at_a_freeze_a_history_ends_with_what_the_public_knows(browse, world: World) -> None:
    """Promise 6: what others have won since would be told by it."""
    duel = ground(world, "duel", "game-1", freeze_at=world.now - timedelta(hours=1))
    alpha = duel.enter("Alpha")
    season(duel, alpha, wins=1, defeats=0, at=world.now - timedelta(hours=2))
    season(duel, alpha, wins=0, defeats=2, at=world.now)
    before_the_freeze(duel)
    duel.tend()
    page = browse(duel.teams["Alpha"][0]).get(f"/submissions/{alpha.public_id}")
    assert page.text.count('class="dot own"') == 2 + 1


def test_where_all_play_all_there_is_no_rating_over_time(browse, world: World) -> None:
    duel = ground(world, "duel", "game-1", meets="all")
    alpha = duel.enter("Alpha")
    season(duel, alpha, wins=1, defeats=1)
    assert "h-rating" not in browse(duel.teams["Alpha"][0]).get(f"/submissions/{alpha.public_id}").text


# ---------------------------------------------------------------------------------------------------------------------
# What may not be seen


def test_hidden_cases_show_who_won_and_nothing_more_until_the_phase_is_over(client: FlaskClient, world: World) -> None:
    """Promise 8."""
    duel = ground(world, "duel", "game-1", hidden=True)
    game = duel.meet(duel.enter("Alpha"), duel.enter("Beta"), (1.0, 0.0))
    page = client.get(f"/en{duel.here}/{game}")
    assert "Alpha 1.0 : 0.0 Beta" in text_of(page)
    assert "Calls" not in page.text
    one = client.get(f"/api{duel.here}/{game}").json
    assert [side["columns"] for side in one["sides"]] == [None, None]
    assert client.get(f"/api{duel.here}/{game}/view").status_code == 404
    with world.db.write() as session:
        session.get_one(Phase, duel.phase.id).state = PhaseState.CLOSED
    one = client.get(f"/api{duel.here}/{game}").json
    assert [side["columns"] for side in one["sides"]] == [
        {"near": 3.0, "wins": 1.0, "far": 0.0},
        {"near": 0.0, "wins": 0.0, "far": 0.0},
    ]


def test_replays_open_at_the_end_or_with_a_column_that_waits_for_the_reveal(client: FlaskClient, world: World) -> None:
    """Promise 8."""
    duel, siege = ground(world, "duel", "game-1", hidden=True), ground(world, "siege", "siege-1", hidden=True)
    game = duel.meet(duel.enter("Alpha"), duel.enter("Beta"), (1.0, 0.0))
    storm = siege.meet(siege.enter("Gamma", track="attack"), siege.enter("Delta", track="defence"), (60.0, 40.0))
    views = f"/api{duel.here}/{game}/view", f"/api{siege.here}/{storm}/view"

    def seen(state: PhaseState) -> list[int]:
        with world.db.write() as session:
            for phase in session.exec(select(Phase)):
                phase.state = state
        return [client.get(view).status_code for view in views]

    assert seen(PhaseState.OPEN) == [404, 404]
    assert seen(PhaseState.CLOSED) == [404, 200]
    assert seen(PhaseState.REVEALED) == [200, 200]


def test_what_is_played_after_a_freeze_waits_for_the_reveal(client: FlaskClient, browse, world: World) -> None:
    """Promise 6; one's own team sees its own all the same."""
    duel = ground(world, "duel", "game-1", freeze_at=world.now - timedelta(hours=1))
    alpha, beta = duel.enter("Alpha"), duel.enter("Beta")
    early = duel.meet(alpha, beta, (1.0, 0.0), at=world.now - timedelta(hours=2))
    late = duel.meet(beta, alpha, (1.0, 0.0))
    assert [row["id"] for row in client.get(f"/api{duel.here}").json["rows"]] == [early]
    for address in (f"/en{duel.here}/{late}", f"/api{duel.here}/{late}", f"/api{duel.here}/{late}/view"):
        assert client.get(address).status_code == 404
    own = browse(duel.teams["Beta"][0]).get(f"/submissions/{beta.public_id}")
    assert "Won 3 : 0" in text_of(own)
    assert "Lost 0 : 3" in text_of(own)
    with world.db.write() as session:
        session.get_one(Phase, duel.phase.id).state = PhaseState.REVEALED
    assert client.get(f"/en{duel.here}/{late}").status_code == 200


def test_what_is_still_to_be_played_is_nobodys_business_but_the_teams(
    client: FlaskClient, browse, duel: Ground, game: int
) -> None:
    """The way back, which the field has queued."""
    with duel.world.db.read() as session:
        queued = session.exec(select(Meeting.id).where(Meeting.state == JudgementState.QUEUED)).one()
        alpha = session.exec(select(Submission).where(Submission.filename == "Alpha.zip")).one()
    assert client.get(f"/en{duel.here}/{queued}").status_code == 404
    assert client.get(f"/api{duel.here}/{queued}").status_code == 404
    own = text_of(browse(duel.teams["Alpha"][0]).get(f"/submissions/{alpha.public_id}"))
    assert "Beta right In the queue" in own


def test_a_team_reads_its_own_log_of_a_match_and_nobody_elses(browse, duel: Ground, game: int) -> None:
    with duel.world.db.read() as session:
        entries = {row.filename: row for row in session.exec(select(Submission))}
    alpha, beta = entries["Alpha.zip"], entries["Beta.zip"]
    reader = browse(duel.teams["Alpha"][0])
    page = reader.get(f"/submissions/{alpha.public_id}")
    assert f"/submissions/{alpha.public_id}/meetings/{game}/log" in page.text
    assert reader.get(f"/submissions/{alpha.public_id}/meetings/{game}/log").text == "printed by Alpha.zip"
    assert "<caption>Calls</caption>" in reader.get(f"/submissions/{alpha.public_id}/meetings/{game}").text
    assert reader.get(f"/api/submissions/{alpha.public_id}/meetings/{game}/view").json == TABLE
    for path in ("/log", "", "/view"):
        prefix = "/api" if path == "/view" else ""
        assert reader.get(f"{prefix}/submissions/{beta.public_id}/meetings/{game}{path}").status_code == 404
        assert reader.get(f"{prefix}/submissions/{alpha.public_id}/meetings/{game + 99}{path}").status_code == 404


def test_the_own_page_of_a_hidden_phase_keeps_log_and_replay_back(browse, world: World) -> None:
    """Promise 8: a log of a hidden case could carry it out."""
    duel = ground(world, "duel", "game-1", hidden=True)
    alpha = duel.enter("Alpha")
    game = duel.meet(alpha, duel.enter("Beta"), (1.0, 0.0))
    reader = browse(duel.teams["Alpha"][0])
    assert "Won 1.0 : 0.0" in text_of(reader.get(f"/submissions/{alpha.public_id}"))
    for path in (f"/meetings/{game}/log", f"/meetings/{game}"):
        assert reader.get(f"/submissions/{alpha.public_id}{path}").status_code == 404
    assert reader.get(f"/api/submissions/{alpha.public_id}/meetings/{game}/view").status_code == 404


# ---------------------------------------------------------------------------------------------------------------------
# Cross-play


def test_cross_play_is_seen_at_a_glance(client: FlaskClient, siege: Ground) -> None:
    ram, sling = siege.enter("Rams", track="attack"), siege.enter("Slings", track="attack")
    wall, own = siege.enter("Walls", track="defence"), siege.enter("Rams", track="defence")
    siege.meet(ram, wall, (80.0, 20.0))
    siege.meet(sling, wall, (30.0, 70.0))
    siege.meet(sling, own, (10.0, 90.0))
    siege.tend()
    for address in ("/en/contests/siege", f"/en{siege.here}"):
        page = client.get(address)
        text = text_of(page)
        assert "A row for each Attack, a column for each Defence" in text
        assert "Rams × 20.0 65.0" in text, "total: the mean of 80 and the house’s 50"
        assert "Slings 90.0 70.0" in text
        assert page.text.count(">×</abbr>") == 1
        assert "– not known yet" not in text
        assert 'class="h10"' in page.text


def test_a_pair_that_has_not_met_is_a_gap_in_the_grid(client: FlaskClient, siege: Ground) -> None:
    ram, sling = siege.enter("Rams", track="attack"), siege.enter("Slings", track="attack")
    siege.meet(ram, siege.enter("Walls", track="defence"), (80.0, 20.0))
    siege.tend()
    page = client.get(f"/en{siege.here}")
    assert sling
    assert page.text.count('<td class="gap">–</td>') == 1
    assert "– not known yet" in text_of(page)
    assert "the statement says which cells count" in text_of(page)


def test_each_tracks_board_shows_its_own_columns(client: FlaskClient, siege: Ground) -> None:
    ram, wall = siege.enter("Rams", track="attack"), siege.enter("Walls", track="defence")
    siege.meet(ram, wall, (80.0, 20.0))
    siege.tend()
    boards = {track: client.get(f"/en/contests/siege/practice/board/{track}").text for track in ("attack", "defence")}
    assert "Best breach" in boards["attack"]
    assert "Worst hold" not in boards["attack"]
    assert "Worst hold" in boards["defence"]
    assert "Best breach" not in boards["defence"]
    told = client.get("/api/contests/siege/practice/board/defence").json
    assert [column["name"] for column in told["columns"]] == ["numbers", "hold"]
    assert told["rows"][0]["columns"] == {"numbers": 6.0, "hold": 20.0}


def test_a_grid_shows_nothing_from_behind_a_freeze(client: FlaskClient, world: World) -> None:
    """Promise 6."""
    siege = ground(world, "siege", "siege-1", freeze_at=world.now - timedelta(hours=1))
    ram, wall = siege.enter("Rams", track="attack"), siege.enter("Walls", track="defence")
    with world.db.write() as session:
        for row in session.exec(select(Submission)):
            row.received_at = world.now - timedelta(hours=3)
            session.add(row)
        for judgement in session.exec(select(Judgement)):
            judgement.finished_at = world.now - timedelta(hours=3)
            session.add(judgement)
    siege.meet(ram, wall, (77.0, 23.0))
    siege.tend()
    text = text_of(client.get(f"/en{siege.here}"))
    assert "Rams" in text
    assert "23" not in text.split("Everybody against everybody")[1].split("No match")[0]


# ---------------------------------------------------------------------------------------------------------------------
# Tracks


@pytest.fixture
def sender(browse, siege: Ground):
    user = siege.world.user("Sender")
    siege.world.enrol(siege.contest, siege.world.team(user, "Sender"))
    return browse(user)


AGENT = b"def act(observation):\n    return 0\n"


def test_a_track_is_chosen_at_the_upload(sender, siege: Ground) -> None:
    form = sender.get("/contests/siege/practice/upload")
    assert 'name="track" value="attack"' in form.text
    sent = sender.upload(AGENT, contest="siege", fields={"track": "defence"})
    assert sent.status_code == 303
    with siege.world.db.read() as session:
        assert session.exec(select(Submission.track)).all() == ["defence"]
    assert "Defence" in text_of(sender.get(sent.headers["Location"]))


@pytest.mark.parametrize(("track", "said"), [("", "Choose the track"), ("detect", "no such track")])
def test_an_upload_without_its_track_is_refused_and_says_so(sender, siege: Ground, track: str, said: str) -> None:
    answer = sender.upload(AGENT, contest="siege", fields={"track": track})
    assert answer.status_code == 400
    assert said in text_of(answer)
    with siege.world.db.read() as session:
        assert session.exec(select(Submission)).all() == []


def test_where_there_is_one_track_nobody_is_asked(browse, duel: Ground) -> None:
    user = duel.world.user("Sender")
    duel.world.enrol(duel.contest, duel.world.team(user, "Sender"))
    reader = browse(user)
    assert 'name="track"' not in reader.get("/contests/duel/practice/upload").text
    assert reader.upload(AGENT, contest="duel").status_code == 303


def test_withdrawing_asks_for_the_field_to_be_looked_at(browse, queue, duel: Ground, game: int) -> None:
    with duel.world.db.read() as session:
        alpha = session.exec(select(Submission).where(Submission.filename == "Alpha.zip")).one()
    reader = browse(duel.teams["Alpha"][0])
    path = f"/submissions/{alpha.public_id}/withdraw"
    fields_ = hidden_fields(reader.get(path))
    assert reader.client.post(f"/en{path}", data=fields_).status_code == 303
    assert queue.due == [duel.phase.id]
    board = text_of(reader.get("/contests/duel/practice/board"))
    assert "Beta" in board
    assert "Alpha" not in board
