import ast
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.browsing import Browser, hidden_fields
from tests.web.factories import World
from web import headers
from web.headers import HEADERS

ADDRESSES = ["/en/", "/en/sign-in", "/en/account", "/en/nothing", "/api/me", "/health", "/"]


def test_a_team_goes_from_sign_up_to_the_receipt_and_the_board(browse, world: World, queue) -> None:
    contest = world.contest()
    world.phase(contest)
    person: Browser = browse()
    person.submit("/sign-up", {"name": "Kim", "email": "kim@example.org", "password": "a long password"})
    assert "Kim" in person.get("/account").text
    person.submit("/teams/new", {"team": "Night Shift"})
    person.submit("/contests/driving/mine", {"team": "night-shift", "terms": "yes"})
    answer = person.upload(b"def act(observation):\n    return 0\n")
    assert answer.status_code == 303
    page = person.client.get(answer.location)
    assert "In the queue" in page.text
    assert re.search(r"[0-9a-f]{64}", page.text)
    assert queue.asked == [(1, 0)]
    assert person.get("/contests/driving/practice/board").status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_security_headers(client: FlaskClient, world: World, address: str) -> None:
    answer = client.get(address)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_no_page_needs_what_the_policy_forbids(browse, world: World) -> None:
    from tests.web.fair import populate

    fair = populate(world)
    browser = browse(fair.mei)
    for address in ["/", "/contests/driving", "/contests/driving/practice/board", *fair.pages.values()]:
        page = browser.get(address).text
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page), address
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|javascript:", page), address
        assert not re.search(r"""(?:src|href|action)="(?:https?:)?//(?!www\.|github|[\w.]+/[\w-]+")""", page), address


def test_every_asset_of_a_page_is_kept_for_ever(client: FlaskClient, world: World) -> None:
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/en/").text)
    assert len(assets) >= 3
    for address in assets:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_an_asset_under_an_old_digest_is_served_but_not_kept(client: FlaskClient) -> None:
    answer = client.get("/static/000000000000/podium.css")
    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["nothing.css", "..%2fapp.py", "base.html", "%00"])
def test_nothing_but_assets_is_served_from_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/x/{name}").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/en/%00", "/en/contests/a%00b", "/en/contests/%ff%fe", "/en/?page=%00", "/en/submissions/%ed%a0%80", "/%F0%28"],
)
def test_addresses_that_nobody_can_type_are_unknown_pages(client: FlaskClient, world: World, address: str) -> None:
    assert client.get(address).status_code in {200, 303, 404}
    assert client.get(address).status_code < 500


def test_links_come_from_the_settings_and_never_from_the_host_header(browse, world: World) -> None:
    captain = world.user()
    team = world.team(captain)
    browser: Browser = browse(captain)
    page = browser.submit(f"/teams/{team.slug}", headers={"X-Forwarded-Host": "evil.example"})
    assert "https://podium.example/en/join/" in page.text
    assert "evil.example" not in page.text


def test_secure_settings_give_secure_cookies(settings, db, storage, queue, clock, world: World) -> None:
    from dataclasses import replace

    from web.app import create_app

    world.user(email="mei@example.org")
    app = create_app(replace(settings, secure_cookies=True), db=db, storage=storage, queue=queue, clock=clock)
    client = app.test_client()
    page = client.get("/en/sign-in", base_url="https://localhost")
    answer = client.post(
        "/en/sign-in",
        data={**hidden_fields(page), "email": "mei@example.org", "password": "correct horse battery"},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/en/sign-in"},
    )
    cookies = answer.headers.getlist("Set-Cookie")
    ours = next(cookie for cookie in cookies if cookie.startswith("__Host-podium="))
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(ours.split("; "))


def test_a_server_makes_the_portal_from_the_environment(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    from web.app import from_environment

    monkeypatch.setenv("PODIUM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PODIUM_RUN", str(tmp_path / "run"))
    app = from_environment()
    assert app.test_client().get("/static/x/podium.css").status_code == 200
    app.extensions["podium"].db.close()
    app.extensions["podium"].queue.close()


def test_a_forged_host_header_changes_no_redirect(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.location == "/en/"


def test_stored_bytes_go_out_through_one_door() -> None:
    """Whatever a view reads from the storage is rendered by us, or leaves by `headers.stored`."""
    wrapped = []
    for path in sorted(Path(headers.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ".storage." in "".join(map(ast.unparse, node.args)):
                wrapped.append((path.name, ast.unparse(node.func)))
    doors = {"headers.stored", "picture"}
    assert {door for _, door in wrapped} == doors, wrapped
    assert sum(door == "headers.stored" for _, door in wrapped) >= 3
