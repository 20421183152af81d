"""A portal over a real SQLite database, with a queue that only writes down what it is told."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from judge.db import Database
from judge.models import User
from judge.settings import Settings
from judge.storage import Storage, open_storage
from tests.web.browsing import Browser
from tests.web.factories import NOW, World
from web.app import create_app
from web.pages import PublicPages
from web.portal import EXTENSION


class Hints:
    """A queue stand-in. `away`: Redis does not answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.due: list[int] = []
        self.away = False

    def judge(self, judgement_id: int, *, attempt: int) -> bool:
        self.asked.append((judgement_id, attempt))
        return not self.away

    def tend_field(self, phase_id: int, *, due_at: datetime) -> bool:
        self.due.append(phase_id)
        return not self.away

    def length(self) -> int | None:
        return None if self.away else len(self.asked)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment(
        {
            "PODIUM_DATA": str(tmp_path / "data"),
            "PODIUM_RUN": str(tmp_path / "run"),
            "PODIUM_URL": "https://podium.example",
            "PODIUM_MIN_FREE_MIB": "1",
        }
    )


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "podium.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def db(settings: Settings, empty: Path) -> Iterator[Database]:
    settings.prepare_folders()
    shutil.copy(empty, settings.data / "db" / "podium.db")
    database = Database(settings.database_url)
    yield database
    database.close()


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return open_storage(settings)


@pytest.fixture
def queue() -> Hints:
    return Hints()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def one_app(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Iterator[Flask]:
    """Routes and templates, made once for all tests."""
    home = tmp_path_factory.mktemp("app")
    settings = Settings.from_environment({"PODIUM_DATA": str(home / "data"), "PODIUM_RUN": str(home / "run")})
    settings.prepare_folders()
    database = Database(settings.database_url)
    yield create_app(settings, db=database, queue=Hints())
    database.close()


@pytest.fixture
def app(
    one_app: Flask, settings: Settings, db: Database, storage: Storage, queue: Hints, clock: Clock
) -> Iterator[Flask]:
    """The portal over this test's own database and files; no page is remembered from another test."""
    whole = one_app.extensions[EXTENSION]
    one_app.extensions[EXTENSION] = replace(
        whole, settings=settings, db=db, storage=storage, queue=queue, clock=clock, pages=PublicPages()
    )
    yield one_app
    one_app.extensions[EXTENSION] = whole
    one_app.config["PROPAGATE_EXCEPTIONS"] = None


@pytest.fixture
def world(db: Database, storage: Storage) -> World:
    world = World(db, storage)
    world.host()
    return world


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    return app.test_client()


@pytest.fixture
def browse(app: Flask, world: World):
    """A browser in which somebody is signed in, or nobody."""

    def open_browser(user: User | None = None, language: str = "en") -> Browser:
        return Browser(app.test_client(), world.token(user) if user else None, language)

    return open_browser
