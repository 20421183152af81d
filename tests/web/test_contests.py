import pytest

from judge.models import Contest, Phase
from judge.states import PhaseState
from tests.known import CHALLENGES
from tests.web.browsing import Browser, text_of
from tests.web.factories import World


@pytest.fixture
def contest(world: World) -> Contest:
    return world.contest()


@pytest.fixture
def phase(world: World, contest: Contest) -> Phase:
    return world.phase(contest)


def test_the_page_tells_phases_quota_limits_and_the_commitment(client, phase: Phase) -> None:
    page = text_of(client.get("/en/contests/driving"))
    for fact in ("Practice", "9 uploads a day, 50 in all", "at most 100 MiB", "c0" * 32, "China Standard Time"):
        assert fact in page


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The three disciplines"), ("zh", "赛题说明"), ("ko", "과제 설명")]
)
def test_the_statement_is_in_the_readers_language(client, phase: Phase, language: str, words: str) -> None:
    assert words in text_of(client.get(f"/{language}/contests/driving"))


@pytest.mark.parametrize("slug", ["nothing", "%00", "x" * 4000, "..", "'%20or%201=1"])
def test_an_unknown_contest_is_not_found(client, world: World, slug: str) -> None:
    assert client.get(f"/en/contests/{slug}").status_code == 404


def test_a_draft_does_not_exist_for_the_public(browse, world: World) -> None:
    draft = world.contest("secret", state=PhaseState.DRAFT)
    world.phase(draft)
    browser = browse(world.user())
    for address in ("", "/mine", "/practice/board", "/practice/upload"):
        assert browser.get(f"/contests/secret{address}").status_code == 404
    assert "secret" not in browser.get("/").text


def test_a_draft_phase_is_not_shown(client, world: World, contest: Contest, phase: Phase) -> None:
    world.phase(contest, "final", state=PhaseState.DRAFT)
    assert "Final" not in text_of(client.get("/en/contests/driving"))
    assert client.get("/en/contests/driving/final/board").status_code == 404


def test_a_seed_is_shown_only_once_it_is_revealed(client, world: World, contest: Contest) -> None:
    world.phase(contest, "closed", state=PhaseState.CLOSED, seed_hex="5eed" * 16)
    assert "5eed" not in client.get("/en/contests/driving").text
    world.phase(contest, "final", state=PhaseState.REVEALED, seed_hex="beef" * 16)


def test_a_revealed_seed_is_published(client, world: World, contest: Contest) -> None:
    world.phase(contest, "final", state=PhaseState.REVEALED, seed_hex="beef" * 16)
    assert "beef" * 16 in client.get("/en/contests/driving").text


def test_public_files_come_under_the_checksum_that_the_page_names(client, world: World, contest: Contest) -> None:
    sha256 = world.storage.keep_bytes(b"time,price\n")
    world.phase(contest, materials={"train.csv": sha256})
    assert sha256 in client.get("/en/contests/driving").text
    answer = client.get("/en/contests/driving/practice/files/train.csv")
    assert answer.data == b"time,price\n"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get("/en/contests/driving/practice/files/private.csv").status_code == 404


def test_public_files_are_listed_with_their_size(client, world: World, contest: Contest) -> None:
    large, small = b"x" * 288_515, b"{}"
    materials = {name: world.storage.keep_bytes(content) for name, content in (("a.csv", large), ("b.json", small))}
    world.phase(contest, materials=materials)
    page = text_of(client.get("/en/contests/driving"))
    for fact in ("2 public files", "a.csv 281.8 KiB", "b.json 2 bytes", *materials.values()):
        assert fact in page


def test_a_public_file_that_is_away_does_not_hide_the_page(client, world: World, contest: Contest) -> None:
    world.phase(contest, materials={"gone.csv": "ab" * 32})
    assert "gone.csv" in text_of(client.get("/en/contests/driving"))
    assert client.get("/en/contests/driving/practice/files/gone.csv").status_code == 404


def test_who_has_a_public_file_is_not_sent_it_again(client, world: World, contest: Contest) -> None:
    sha256 = world.storage.keep_bytes(b"time,price\n")
    world.phase(contest, materials={"train.csv": sha256}, starter_sha256=sha256)
    for address in ("practice/files/train.csv", "practice/kit.zip", "kit.zip"):
        first = client.get(f"/en/contests/driving/{address}")
        assert first.headers["Cache-Control"] == "public, max-age=300"
        again = client.get(f"/en/contests/driving/{address}", headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.data) == (200, 304, b"")


# ---------------------------------------------------------------------------------------------------------------------
# The starter kit


@pytest.mark.parametrize("address", ["kit.zip", "practice/kit.zip"])
def test_the_starter_kit_is_a_download_for_everybody(client, world: World, contest: Contest, address: str) -> None:
    world.phase(contest, starter_sha256=world.storage.keep_bytes(b"PK a kit"))
    answer = client.get(f"/en/contests/driving/{address}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"PK a kit", "application/zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="driving-kit.zip"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Download the kit"), ("zh", "下载工具包"), ("ko", "키트 내려받기")]
)
def test_the_page_leads_to_the_kit_and_says_how_to_try_it(client, world, contest, language: str, words: str) -> None:
    sha256 = world.storage.keep_bytes(b"x" * 2048)
    world.phase(contest, starter_sha256=sha256)
    answer = client.get(f"/{language}/contests/driving")
    assert f'href="/{language}/contests/driving/practice/kit.zip" download' in answer.text
    page = text_of(answer)
    for fact in (words, "podium try driving .", "2 KiB", sha256):
        assert fact in page


def test_every_track_has_its_own_command(client, world: World, monkeypatch) -> None:
    monkeypatch.setenv("PODIUM_CHALLENGES", CHALLENGES)
    siege = world.contest("siege", challenge="siege")
    world.phase(siege, starter_sha256=world.storage.keep_bytes(b"PK"))
    page = text_of(client.get("/en/contests/siege"))
    for track in ("attack", "defence"):
        assert f"podium try siege . --track {track}" in page


def test_the_kit_is_that_of_the_phase_that_is_on_and_each_phase_keeps_its_own(client, world, contest) -> None:
    kits = {name: world.storage.keep_bytes(name.encode()) for name in ("first", "second")}
    world.phase(contest, "first", starts=-9, ends=-3, starter_sha256=kits["first"])
    world.phase(contest, "second", starter_sha256=kits["second"])
    assert client.get("/en/contests/driving/kit.zip").data == b"second"
    assert client.get("/en/contests/driving/first/kit.zip").data == b"first"


def test_before_there_is_a_kit_the_page_offers_none_and_the_link_says_so(client, phase: Phase) -> None:
    assert "kit.zip" not in client.get("/en/contests/driving").text
    for address in ("kit.zip", "practice/kit.zip"):
        answer = client.get(f"/en/contests/driving/{address}")
        assert answer.status_code == 404
        assert "There is no starter kit here yet" in text_of(answer)


def test_the_kit_of_a_draft_is_nobodys(client, world: World, contest: Contest) -> None:
    kit = world.storage.keep_bytes(b"PK")
    world.phase(contest, "final", state=PhaseState.DRAFT, starter_sha256=kit, materials={"a.csv": kit})
    for address in ("kit.zip", "final/kit.zip", "final/files/a.csv"):
        assert client.get(f"/en/contests/driving/{address}").status_code == 404
    assert kit not in client.get("/en/contests/driving").text


# ---------------------------------------------------------------------------------------------------------------------
# Entering


def test_a_team_enters_with_its_consent_and_once(browse, world: World, phase: Phase) -> None:
    mei = world.user()
    team = world.team(mei)
    browser: Browser = browse(mei)
    fields = {"team": team.slug, "terms": "yes"}
    page = browser.get("/contests/driving/mine")
    assert "We accept these terms" in page.text
    assert browser.submit("/contests/driving/mine", fields).status_code == 303
    assert browser.submit("/contests/driving/mine", fields).status_code in {303, 400}
    assert "9 left today" in text_of(browser.get("/contests/driving/mine"))


def test_who_has_no_team_is_led_to_make_one(browse, world: World, phase: Phase) -> None:
    page = browse(world.user()).get("/contests/driving/mine")
    assert "/en/teams/new?next=/en/contests/driving/mine" in page.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"team": "haihe-commuters"}, 400),
        ({"team": "haihe-commuters", "terms": "no"}, 400),
        ({"team": "another", "terms": "yes"}, 404),
        ({"team": "\x00", "terms": "yes"}, 400),
        ({"team": "x" * 5000, "terms": "yes"}, 400),
    ],
)
def test_entering_wrongly_says_what_is_missing(browse, world: World, phase: Phase, fields, status: int) -> None:
    mei = world.user()
    world.team(mei)
    world.team(world.user(), "Another")
    answer = browse(mei).submit("/contests/driving/mine", fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text


def test_a_person_cannot_enter_with_two_teams(browse, world: World, contest: Contest, phase: Phase) -> None:
    mei = world.user()
    bo = world.user()
    world.enrol(contest, world.team(bo, "First"))
    world.team(mei, "Second", bo)
    answer = browse(mei).submit("/contests/driving/mine", {"team": "second", "terms": "yes"})
    assert answer.status_code == 409
    assert "First" in answer.text


def test_nobody_enters_a_contest_that_is_over(browse, world: World) -> None:
    over = world.contest("past", state=PhaseState.CLOSED)
    world.phase(over, state=PhaseState.CLOSED, starts=-9, ends=-3)
    mei = world.user()
    team = world.team(mei)
    browser = browse(mei)
    page = browser.get("/contests/past/mine")
    assert "This contest is over" in page.text
    token = browser.get("/account").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.client.post(
        "/en/contests/past/mine", data={"csrf_token": token, "team": team.slug, "terms": "yes"}
    )
    assert answer.status_code == 409


def test_mine_is_for_people_who_are_signed_in(client, phase: Phase) -> None:
    answer = client.get("/en/contests/driving/mine")
    assert (answer.status_code, answer.location) == (303, "/en/sign-in?next=/en/contests/driving/mine")
