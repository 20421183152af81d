import pytest
from flask.testing import FlaskClient

from judge.states import PhaseState
from tests.web.browsing import text_of
from tests.web.factories import World
from tests.web.fair import populate


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("zh-CN,zh;q=0.9,en;q=0.5", "zh"), ("ko-KR", "ko"), ("de", "en"), ("", "en"), ("en;q=x,,;;", "en"), ("*", "en")],
)
def test_the_root_leads_to_the_browsers_language(client: FlaskClient, wanted: str, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": wanted})
    assert (answer.status_code, answer.location) == (302, f"/{language}/")
    assert "Accept-Language" in answer.headers["Vary"]
    assert "public" in answer.headers["Cache-Control"]


def test_the_front_page_tells_what_is_on_until_when_and_who_leads(client: FlaskClient, world: World) -> None:
    populate(world)
    page = text_of(client.get("/en/"))
    for fact in ("World Intelligent Driving Challenge", "18 Dec 2026", "in 28 days", "Haihe Commuters", "71.42"):
        assert fact in page


def test_what_is_on_stands_before_what_is_over(client: FlaskClient, world: World) -> None:
    populate(world)
    page = client.get("/en/").text
    assert page.index("World Intelligent") < page.index("Night driving") < page.index("Driving 2025")


def test_an_empty_portal_says_what_one_can_do_meanwhile(client: FlaskClient, world: World) -> None:
    assert "No contest is open yet" in text_of(client.get("/en/"))


@pytest.mark.parametrize("state", [state for state in PhaseState if state != PhaseState.DRAFT])
def test_a_contest_is_shown_in_every_state(client: FlaskClient, world: World, state: PhaseState) -> None:
    world.phase(world.contest(state=state), state=state, freeze_at=world.now)
    for address in ("/ko/", "/zh/contests/driving", "/en/contests/driving/practice/board"):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh", "ko"])
def test_every_page_leads_to_itself_in_the_other_languages(client: FlaskClient, world: World, language: str) -> None:
    world.phase(world.contest())
    page = client.get(f"/{language}/contests/driving/practice/board?page=1").text
    for other in {"en", "zh", "ko"} - {language}:
        assert f'href="/{other}/contests/driving/practice/board?page=1"' in page


def test_the_page_says_its_language(client: FlaskClient) -> None:
    assert '<html lang="zh-Hans">' in client.get("/zh/").text
    assert '<html lang="ko">' in client.get("/ko/").text
