import re

import pytest

from tests.web.browsing import Browser, text_of
from tests.web.factories import World


def test_who_makes_a_team_is_its_captain(browse, world: World) -> None:
    browser: Browser = browse(world.user("Ada"))
    answer = browser.submit("/teams/new", {"team": "밤샘 팀"})
    page = browser.client.get(answer.location)
    assert "밤샘 팀" in page.text
    assert "captain" in page.text


def test_making_a_team_leads_back_to_the_contest_that_wanted_it(browse, world: World) -> None:
    world.contest()
    answer = browse(world.user()).submit("/teams/new?next=/en/contests/driving/mine", {"team": "Night Shift"})
    assert answer.location == "/en/contests/driving/mine"


@pytest.mark.parametrize(
    ("name", "status"), [("", 400), ("x" * 61, 400), ("a\x00b", 400), ("\u202eevil", 400), ("HAIHE commuters", 409)]
)
def test_a_bad_or_taken_team_name_is_refused_beside_its_field(browse, world: World, name: str, status: int) -> None:
    world.team(world.user())
    answer = browse(world.user()).submit("/teams/new", {"team": name})
    assert answer.status_code == status
    assert 'id="e-team"' in answer.text


def test_an_invitation_brings_a_member_and_works_twice_for_nobody(browse, world: World) -> None:
    captain, guest = world.user("Ada"), world.user("Bo")
    team = world.team(captain)
    page = browse(captain).submit(f"/teams/{team.slug}")
    link = re.search(r"https://podium\.example(/en/join/[\w-]+)", page.text)
    assert link is not None
    joining: Browser = browse(guest)
    assert "Haihe Commuters" in joining.get(link[1]).text
    assert joining.submit(link[1]).location == f"/en/teams/{team.slug}"
    assert joining.submit(link[1]).status_code == 303
    assert text_of(joining.get(f"/teams/{team.slug}")).count("Bo") >= 1


def test_only_the_captain_can_invite(browse, world: World) -> None:
    member = world.user("Bo")
    team = world.team(world.user(), "Haihe Commuters", member)
    answer = browse(member).submit(f"/teams/{team.slug}", {})
    assert answer.status_code in {400, 403}


def test_another_team_does_not_exist_here(browse, world: World) -> None:
    team = world.team(world.user())
    stranger = browse(world.user())
    assert stranger.get(f"/teams/{team.slug}").status_code == 404
    assert stranger.get("/teams/no-such-team").status_code == 404


@pytest.mark.parametrize("token", ["nonsense", "x" * 5000, "%EF%BF%BF"])
def test_a_made_up_invitation_is_unknown(browse, world: World, token: str) -> None:
    assert browse(world.user()).get(f"/join/{token}").status_code == 404


def test_an_old_invitation_is_unknown(browse, world: World, clock) -> None:
    captain = world.user()
    team = world.team(captain)
    link = re.search(r"(/en/join/[\w-]+)", browse(captain).submit(f"/teams/{team.slug}").text)
    assert link is not None
    clock.advance(days=15)
    world.now = clock()
    assert browse(world.user()).get(link[1]).status_code == 404
