from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from judge.models import Contest, Phase
from judge.states import PhaseState
from tests.web.browsing import text_of
from tests.web.factories import World

BOARD = "/en/contests/driving/practice/board"
PUBLIC = ["/en/", "/en/contests/driving", BOARD, "/api/contests/driving/practice/board"]


@pytest.fixture
def contest(world: World) -> Contest:
    return world.contest()


@pytest.fixture
def phase(world: World, contest: Contest) -> Phase:
    return world.phase(contest, freeze_at=world.now + timedelta(days=1))


@pytest.fixture
def standing(world: World, contest: Contest, phase: Phase):
    """A team with a score on the board."""

    def enter(name: str, score: float, interval: tuple[float, float] | None = None):
        captain = world.user(name)
        team = world.team(captain, name)
        world.scored(world.enrol(contest, team), phase, captain, score, interval=interval, runs=False)
        return captain, team

    return enter


def test_a_board_tells_rank_team_score_and_interval(client: FlaskClient, standing) -> None:
    standing("Alpha", 60.125, (50.0, 70.0))
    standing("Beta", 80.0)
    page = text_of(client.get(BOARD))
    assert page.index("Beta") < page.index("Alpha")
    assert "60.12" in page
    assert "50.00 – 70.00" in page
    assert "As of 20 Nov 2026, 20:00:00 UTC+08" in page


def test_a_statistical_tie_is_marked_and_explained(client: FlaskClient, standing) -> None:
    standing("Alpha", 60.0, (50.0, 70.0))
    standing("Beta", 61.0, (51.0, 71.0))
    standing("Gamma", 20.0, (19.0, 21.0))
    page = client.get(BOARD)
    assert page.text.count('class="tie"') == 1
    assert "A statistical tie" in text_of(page)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_is_the_same_for_everybody_and_sets_no_cookie(
    client: FlaskClient, browse, standing, address: str
) -> None:
    captain, _ = standing("Alpha", 60.0)
    stranger, member = client.get(address), browse(captain).get(address)
    assert stranger.data == member.data
    assert stranger.headers["ETag"] == member.headers["ETag"]
    for answer in (stranger, member):
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Cache-Control"].startswith("public")


@pytest.mark.parametrize("address", PUBLIC)
def test_who_has_a_public_page_already_gets_304(client: FlaskClient, standing, address: str) -> None:
    standing("Alpha", 60.0)
    etag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again.data == b""
    assert client.get(address, headers={"If-None-Match": 'W/"x", nonsense'}).status_code == 200


def test_a_new_score_makes_a_new_board(client: FlaskClient, standing) -> None:
    standing("Alpha", 60.0)
    before = client.get(BOARD).headers["ETag"]
    standing("Beta", 61.0)
    after = client.get(BOARD, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert "Beta" in after.text


def test_a_board_is_rendered_once_per_version(client: FlaskClient, standing, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge import leaderboard

    standing("Alpha", 60.0)
    client.get(BOARD)
    monkeypatch.setattr(leaderboard, "snapshot", lambda *args, **kwargs: pytest.fail("rendered again"))
    assert client.get(BOARD).status_code == 200


def test_each_row_has_an_address_of_its_own(client: FlaskClient, standing) -> None:
    _, team = standing("눈가린 노새", 60.0)
    assert f'id="team-{team.slug}"' in client.get(BOARD).text


def test_a_frozen_board_says_so_and_keeps_later_entries_back(
    client: FlaskClient, world: World, contest: Contest
) -> None:
    frozen = world.phase(contest, "frozen", state=PhaseState.FROZEN, freeze_at=world.now - timedelta(hours=1))
    captain = world.user()
    world.scored(world.enrol(contest, world.team(captain, "Latecomers")), frozen, captain, 99.0, runs=False)
    page = text_of(client.get("/en/contests/driving/frozen/board"))
    assert "This board is frozen" in page
    assert "Latecomers" not in page


def test_an_open_hidden_phase_never_shows_the_final_score(client: FlaskClient, standing) -> None:
    standing("Alpha", 60.0)
    for address in (BOARD, "/api/contests/driving/practice/board", "/en/"):
        assert "60.5" not in client.get(address).text


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "1e3", "999999999999999999999", "", "１", "1.0", "%00"])
def test_a_page_that_there_is_not_is_unknown(client: FlaskClient, standing, page: str) -> None:
    standing("Alpha", 60.0)
    for address in (BOARD, "/api/contests/driving/practice/board"):
        assert client.get(f"{address}?page={page}").status_code == 404


def test_a_long_board_has_pages(client: FlaskClient, standing, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge import leaderboard
    from web import shapes

    monkeypatch.setattr(leaderboard, "PAGE", 2)
    monkeypatch.setattr(shapes, "PAGE", 2)
    for n in range(5):
        standing(f"Team {n}", 90.0 - n)
    assert "Page 1 of 3" in text_of(client.get(BOARD))
    last = client.get(f"{BOARD}?page=3")
    assert "Team 4" in last.text
    assert "Team 0" not in last.text


@pytest.mark.parametrize(
    "rest", ["nothing/board", "practice/board/nothing", "%00/board", "practice/board/" + "x" * 3000]
)
def test_an_unknown_board_is_not_found(client: FlaskClient, phase: Phase, rest: str) -> None:
    assert client.get(f"/en/contests/driving/{rest}").status_code == 404
    assert client.get(f"/api/contests/driving/{rest}").json["error"]["status"] == 404


def test_the_json_form_says_what_the_page_says(client: FlaskClient, standing) -> None:
    standing("Alpha", 60.0, (50.0, 70.0))
    board = client.get("/api/contests/driving/practice/board").json
    assert (board["contest"], board["phase"], board["total"]) == ("driving", "practice", 1)
    row = board["rows"][0]
    assert (row["rank"], row["team"], row["score"], row["interval"]) == (1, "Alpha", 60.0, [50.0, 70.0])
    assert row["improved_at"].startswith("2026-11-20T")
    assert board["ledger_head"] == "0" * 64


def test_an_empty_board_says_what_opens_it(client: FlaskClient, phase: Phase) -> None:
    assert "No entry has been scored yet" in text_of(client.get(BOARD))


def test_a_board_shows_a_phase_that_was_opened_since(client: FlaskClient, world: World, contest, standing) -> None:
    standing("Alpha", 60.0)
    assert "final/board" not in client.get(BOARD).text
    world.phase(contest, "final")
    assert "final/board" in client.get(BOARD).text


def test_a_board_freezes_by_the_clock(client: FlaskClient, standing, clock) -> None:
    standing("Alpha", 60.0)
    clock.advance(days=2)
    page = text_of(client.get(BOARD))
    assert "board frozen" in page
    assert "appear when the results are revealed" in page
