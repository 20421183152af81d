import pytest

from judge import accounts
from tests.web.browsing import Browser, hidden_fields, text_of
from tests.web.factories import PASSWORD, World

GOOD = {"name": "Kim Minji", "email": "kim@example.org", "password": "a long password"}


def test_a_sign_up_signs_in_and_leads_to_the_account(browse, world: World) -> None:
    browser: Browser = browse(language="ko")
    answer = browser.submit("/sign-up", GOOD)
    assert (answer.status_code, answer.location) == (303, "/ko/account")
    page = browser.get("/account")
    assert "Kim Minji" in page.text
    assert "kim@example.org" in page.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "x" * 300 + "@example.org"}, "email"),
        ({"name": ""}, "name"),
        ({"name": " \u200b "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 5000}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"password": "a long\x00password"}, "password"),
    ],
)
def test_a_bad_field_is_named_and_the_others_are_shown_again(browse, world: World, change, field: str) -> None:
    fields = {**GOOD, **change}
    answer = browse().submit("/sign-up", fields)
    assert answer.status_code == 400
    assert f'id="e-{field}"' in answer.text
    other = "name" if field != "name" else "email"
    assert f'value="{fields[other]}"' in answer.text
    assert fields["password"] not in answer.text or fields["password"] in {"", "short"}


def test_a_taken_address_is_a_conflict_whatever_its_case(browse, world: World) -> None:
    world.user(email="kim@example.org")
    answer = browse().submit("/sign-up", {**GOOD, "email": "KIM@Example.org"})
    assert answer.status_code == 409
    assert "Sign in instead" in answer.text


def test_fields_in_a_wrong_encoding_are_refused_or_taken_as_text(browse, world: World) -> None:
    browser = browse()
    token = hidden_fields(browser.get("/sign-up"))["csrf_token"]
    body = f"csrf_token={token}&name=%ff%fe&email=%ed%a0%80%40example.org&password=aaaaaaaaaaaa"
    answer = browser.client.post("/en/sign-up", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in {303, 400}


def test_sign_in_leads_back_to_where_one_came_from(browse, world: World) -> None:
    world.user(email="mei@example.org")
    browser = browse()
    asked = browser.get("/submissions")
    assert asked.status_code == 303
    assert asked.location == "/en/sign-in?next=/en/submissions"
    answer = browser.submit("/sign-in?next=/en/submissions", {"email": "mei@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/en/submissions")


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/en/\\evil", "javascript:alert(1)", "evil", "/%2f"],
)
def test_sign_in_never_leads_to_another_host(browse, world: World, target: str) -> None:
    world.user(email="mei@example.org")
    answer = browse().submit("/sign-in", {"email": "mei@example.org", "password": PASSWORD, "next": target})
    assert answer.location == "/en/account"


@pytest.mark.parametrize(
    ("email", "password"), [("mei@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("", ""), ("\x00", "x")]
)
def test_a_wrong_sign_in_says_so_without_saying_which_half(browse, world: World, email: str, password: str) -> None:
    world.user(email="mei@example.org")
    answer = browse().submit("/sign-in", {"email": email, "password": password})
    assert answer.status_code in {400, 403}
    assert "Set-Cookie" not in answer.headers or "podium=" not in answer.headers["Set-Cookie"]


def test_too_many_failures_close_the_door_for_a_while(browse, world: World, clock, settings) -> None:
    world.user(email="mei@example.org")
    browser = browse()
    for _ in range(settings.sign_in_tries):
        browser.submit("/sign-in", {"email": "mei@example.org", "password": "wrong"})
    answer = browser.submit("/sign-in", {"email": "mei@example.org", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Wait 15 minutes" in text_of(answer)
    clock.advance(minutes=16)
    assert browser.submit("/sign-in", {"email": "mei@example.org", "password": PASSWORD}).status_code == 303


def test_a_session_cookie_is_for_the_browser_alone(browse, world: World) -> None:
    world.user(email="mei@example.org")
    answer = browse().submit("/sign-in", {"email": "mei@example.org", "password": PASSWORD})
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("podium="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_in_ends_the_session_that_the_browser_had(browse, world: World, db, clock) -> None:
    mei = world.user(email="mei@example.org")
    old = world.token(mei)
    browser = browse()
    browser.client.set_cookie("podium", old)
    browser.submit("/sign-in", {"email": "mei@example.org", "password": PASSWORD})
    with db.read() as session:
        assert accounts.user_of(session, token=old, now=clock()) is None


def test_signing_out_ends_the_session_everywhere_the_cookie_went(browse, world: World) -> None:
    mei = world.user()
    browser: Browser = browse(mei)
    page = browser.get("/account")
    fields = hidden_fields(page, "/en/sign-out")
    browser.client.post("/en/sign-out", data=fields)
    browser.client.set_cookie("podium", "stolen")
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize("cookie", ["", "nonsense", "x" * 4000, "\u00ff\u00fe"])
def test_a_cookie_of_nobody_is_nobody(client, world: World, cookie: str) -> None:
    client.set_cookie("podium", cookie)
    assert client.get("/en/account").status_code == 303


@pytest.mark.parametrize("address", ["/sign-up", "/sign-in", "/sign-out", "/teams/new", "/contests/driving/mine"])
def test_a_form_without_its_signature_does_nothing(browse, world: World, address: str) -> None:
    answer = browse(world.user()).client.post(f"/en{address}", data={"team": "Night Shift"})
    assert answer.status_code == 400
    assert "Open the page again" in answer.text


def test_a_one_time_link_makes_the_first_organiser_once(browse, world: World, db, clock) -> None:
    with db.write() as session:
        token = accounts.organiser_link(session, now=clock())
    browser = browse(world.user("Ada"))
    assert "Ada" in browser.get(f"/organiser/claim/{token}").text
    assert browser.submit(f"/organiser/claim/{token}").status_code == 303
    assert "organiser" in browser.get("/account").text
    other = browse(world.user("Eve"))
    assert other.submit(f"/organiser/claim/{token}").status_code == 404


@pytest.mark.parametrize("token", ["nonsense", "x" * 5000, "%E4%B8%AD"])
def test_a_made_up_organiser_link_is_unknown(browse, world: World, token: str) -> None:
    assert browse(world.user()).submit(f"/organiser/claim/{token}").status_code == 404
