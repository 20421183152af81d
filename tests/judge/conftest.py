"""Real databases, a real Redis, one nursery: each made once, and copied or emptied for a test."""

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy.exc import DBAPIError

from judge import accounts, jobs, kit, redis_server, samples
from judge.db import Database
from judge.kit import Kit
from judge.models import metadata
from judge.queue import connect
from judge.referee import Nursery
from judge.settings import Settings
from judge.storage import Storage, open_storage
from sandbox.fake import FakeSandbox
from tests.judge import postgres
from tests.judge.matchday import Line, script_of
from tests.judge.world import Clock, World, after, kit_of, populate, settings_in
from tests.known import CHALLENGES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def _for_all_tests() -> Iterator[None]:
    """The contests that only tests know are registered, passwords are cheap, phases are waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODIUM_CHALLENGES", CHALLENGES)
        patch.setenv("PYTHONPATH", str(ROOT))
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_hasher", cheap)
        patch.setattr(jobs, "QUICK_SECONDS", 300)  # a test that opens a phase goes on when it is open, however busy
        accounts._nobody.cache_clear()
        samples.known_hashes.cache_clear()
        yield
    samples.known_hashes.cache_clear()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path)
    found.prepare_folders()
    return found


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return open_storage(settings)


# ---------------------------------------------------------------------------------------------------------------------
# Databases


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    _fill(Database(f"sqlite:///{folder / 'podium.db'}"), folder)
    return folder / "podium.db"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    with postgres.server() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for all tests, and a function in it that puts its rows back as they were."""
    _sql(postgres_server, "CREATE DATABASE podium")
    _fill(Database(postgres.url(postgres_server, "podium")), tmp_path_factory.mktemp("postgres"))
    tables = list(metadata.tables)
    keep = [f"CREATE TABLE kept.{table} AS TABLE public.{table}" for table in tables]
    back = [f"DELETE FROM public.{table}; INSERT INTO public.{table} TABLE kept.{table};" for table in tables]
    restore = f"""
        CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS $$
        DECLARE counter record;
        BEGIN
            SET LOCAL session_replication_role = replica;
            {" ".join(back)}
            FOR counter IN SELECT * FROM kept.sequences LOOP
                PERFORM setval(counter.sequencename::regclass, coalesce(counter.last_value, 1),
                               counter.last_value IS NOT NULL);
            END LOOP;
        END $$"""
    sequences = "CREATE TABLE kept.sequences AS SELECT sequencename::text, last_value FROM pg_sequences"
    _sql(postgres_server, "CREATE SCHEMA kept", *keep, sequences, restore, database="podium")
    return postgres_server


def _fill(db: Database, folder: Path) -> None:
    db.migrate()
    settings = settings_in(folder)
    settings.prepare_folders()
    populate(World(db, Storage(settings.storage_url, scratch=folder / "scratch"), settings, _names=0))
    db.close()


def _sql(folder: Path, *statements: str, database: str = "postgres") -> None:
    connection = postgres.connection(folder, database)
    for statement in statements:
        connection.cursor().execute(statement)
    connection.close()


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One engine for all tests: what it has compiled it need not compile again."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('engine') / 'podium.db'}")
    yield database
    database.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_engine: Database) -> str:
    """A migrated database with noise in it."""
    sqlite_engine.engine.dispose()
    path = Path(sqlite_engine.url.removeprefix("sqlite:///"))
    for old in path.parent.iterdir():
        old.unlink()
    shutil.copyfile(sqlite_template, path)
    return sqlite_engine.url


_numbers = itertools.count(1)
_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'podium' AND pid <> pg_backend_pid()"


@pytest.fixture(scope="session")
def postgres_engine(postgres_template: Path) -> Iterator[Database]:
    database = Database(postgres.url(postgres_template, "podium"))
    yield database
    database.close()


@pytest.fixture
def postgres_url(postgres_template: Path, postgres_engine: Database) -> str:
    """The same on PostgreSQL; whoever still works for an earlier test is sent away."""
    try:
        _restore(postgres_engine)
    except DBAPIError:
        postgres_engine.engine.dispose()
        _sql(postgres_template, _OTHERS, database="podium")
        _restore(postgres_engine)
    return postgres_engine.url


def _restore(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        connection.exec_driver_sql("SELECT kept.restore()")


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def db(url: str, request: pytest.FixtureRequest) -> Database:
    """Both databases, one after the other."""
    found: Database = request.getfixturevalue(f"{url.partition(':')[0].replace('postgresql', 'postgres')}_engine")
    return found


@pytest.fixture
def sqlite_db(sqlite_url: str, sqlite_engine: Database) -> Database:
    assert sqlite_url == sqlite_engine.url
    return sqlite_engine


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    folder: Path = request.getfixturevalue("postgres_server")
    name = f"empty_{next(_numbers)}"
    _sql(folder, f"CREATE DATABASE {name}")
    yield postgres.url(folder, name)
    _sql(folder, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def world(db: Database, storage: Storage, settings: Settings) -> World:
    """On both databases."""
    return World(db, storage, settings)


@pytest.fixture
def one(sqlite_db: Database, storage: Storage, settings: Settings) -> World:
    """On SQLite alone, where the database makes no difference."""
    return World(sqlite_db, storage, settings)


# ---------------------------------------------------------------------------------------------------------------------
# Redis, the nursery


@pytest.fixture(scope="session")
def redis_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = Path(tmp_path_factory.mktemp("redis"))
    settings = settings_in(folder, PODIUM_RUN=f"/tmp/podium-test-{os.getpid()}")
    settings.prepare_folders()
    server = subprocess.Popen(redis_server.command(settings), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not _listens(settings.redis_socket):
        assert time.monotonic() < deadline, "the Redis server did not start"
        time.sleep(0.01)
    yield settings
    server.terminate()
    server.wait()
    shutil.rmtree(settings.run)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@pytest.fixture
def redis_url(redis_folder: Settings) -> str:
    """A real server with nothing in it."""
    client = connect(redis_folder.redis_url)
    client.flushall()
    client.close()
    return redis_folder.redis_url


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery(["echo", "duel", "siege"]) as one:
        one.start()
        yield one


@pytest.fixture
def worker(world: World, nursery: Nursery, tmp_path: Path) -> Iterator[Kit]:
    """On both databases; equipped."""
    made = kit_of(world, nursery, tmp_path, queue=Line(), sandbox=FakeSandbox(script_of), clock=Clock(after(hours=2)))
    world.clock = made.clock
    kit.equip(made)
    yield made
    kit.equip(None)
