from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, OperationalError

from judge.db import Database
from tests.web.browsing import text_of
from tests.web.factories import World


@pytest.mark.parametrize(
    ("language", "words"), [("en", "nothing here"), ("zh", "什么也没有"), ("ko", "아무것도 없습니다")]
)
def test_an_unknown_page_is_told_in_the_readers_language(client: FlaskClient, language: str, words: str) -> None:
    answer = client.get(f"/{language}/no/such/page")
    assert answer.status_code == 404
    assert words in text_of(answer)


def test_outside_every_language_the_browsers_own_is_used(client: FlaskClient) -> None:
    assert "什么也没有" in client.get("/nothing", headers={"Accept-Language": "zh-CN"}).text


def test_a_wrong_method_says_which_are_right(client: FlaskClient, world: World) -> None:
    answer = client.put("/en/")
    assert answer.status_code in {400, 405}
    assert client.delete("/en/account").status_code in {400, 405}
    answer = client.get("/en/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("address", ["/en/", "/en/contests/driving", "/en/account", "/health", "/api/me"])
def test_a_database_that_is_away_is_503_and_says_that_nothing_is_lost(
    client: FlaskClient, db: Database, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(db, "read", away)
    client.set_cookie("podium", "somebody")
    answer = client.get(address)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "database does not answer" in answer.text


def test_a_real_broken_database_is_503_too(settings, storage, queue, tmp_path: Path) -> None:
    from web.app import create_app

    broken = tmp_path / "broken.db"
    broken.mkdir()
    database = Database(f"sqlite:///{broken}")
    client = create_app(settings, db=database, storage=storage, queue=queue).test_client()
    assert client.get("/en/").status_code == 503
    database.close()


def test_two_who_want_the_same_at_once_is_a_conflict(client: FlaskClient, db: Database, monkeypatch) -> None:
    def collide(*args: object, **kwargs: object) -> None:
        raise IntegrityError("INSERT", {}, Exception("UNIQUE"))

    monkeypatch.setattr(db, "read", collide)
    assert client.get("/en/").status_code == 409


def test_what_nobody_thought_of_is_500_with_a_page_and_a_line_in_the_log(
    client: FlaskClient, db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(db, "read", bug)
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("web.app.notice", lambda: None)
    answer = client.get("/en/")
    assert answer.status_code == 500
    assert "a bug" not in answer.text
    assert "a bug" in caplog.text


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html", "", "nonsense", "image/png"])
def test_who_asks_for_json_gets_json(client: FlaskClient, accept: str) -> None:
    answer = client.get("/en/nothing", headers={"Accept": accept})
    assert answer.status_code == 404
    assert (answer.mimetype == "application/json") == (accept == "application/json")


def test_every_error_page_is_kept_by_no_cache(client: FlaskClient) -> None:
    assert client.get("/en/nothing").headers["Cache-Control"] == "private, no-store"
