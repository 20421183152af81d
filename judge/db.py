"""The database: one engine per process, made after any fork, and two kinds of transaction.

SQLite runs in WAL mode with foreign keys on and `synchronous=FULL`, so that what is committed is on the disk. A write
begins with BEGIN IMMEDIATE: two writers then wait for each other (busy timeout) instead of failing half-way with a
snapshot that is too old. Threads of one process queue for their turn, since SQLite's own waiting sleeps and is unfair.
PostgreSQL needs none of it; both run the same migrations.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, create_engine

from judge.errors import BadInput, Misconfigured, StorageFull
from judge.folders import make_empty

BUSY_SECONDS = 30
_NOT_A_TEXT = "22021"
_FULL = ("database or disk is full", "53100", "disk I/O error")


class Database:
    """An engine and its transactions. Make one per process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(podium_writes=True)
        sqlite = self.engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[object] = threading.Lock() if sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; nothing is committed."""
        with _refusing(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed on the way out, rolled back when anything is raised.

        Raises StorageFull where the disk is full: nothing was written.
        """
        with _refusing(), self._turn, Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Bring the tables to the present shape."""
        url = make_url(self.url)
        if url.database and url.get_backend_name() == "sqlite":
            path = Path(url.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            make_empty(path)
        with self.migrating() as config:
            command.upgrade(config, "head")

    @contextmanager
    def migrating(self) -> Iterator[Config]:
        """Alembic's configuration, in one transaction.

        On SQLite a table that changes is made anew and the old one dropped, which must not look as if its rows were
        taken from under those that name them: foreign keys are off meanwhile, and checked at the end.
        """
        engine = _engine(self.url, foreign_keys=False).execution_options(podium_writes=True)
        try:
            with engine.begin() as connection:
                config = alembic_config()
                config.attributes["connection"] = connection
                yield config
                if engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise Misconfigured("the database has rows that name others which are not there: restore a backup")
        finally:
            engine.dispose()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _refusing() -> Iterator[None]:
    """What a database cannot take, in the domain's words: no room, or a text that is none (BadInput)."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise BadInput("field-characters", field="") from error
    except DBAPIError as error:
        said = _said(error)
        if any(sign in said for sign in _FULL):
            raise StorageFull("storage-full") from error
        if _NOT_A_TEXT in said:
            raise BadInput("field-characters", field="") from error
        raise


def _said(error: BaseException) -> str:
    """What the database said, all of it: SQLite ends the whole transaction when the disk is full, and a savepoint that
    is gone then must not hide why."""
    words, seen = [], set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        if isinstance(following, DBAPIError):
            words.append(str(following.orig))
        following = following.__cause__ or following.__context__
    return "\n".join(words)


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _engine(url: str, *, foreign_keys: bool = True) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        engine = create_engine(parsed.set(drivername="postgresql+pg8000"), pool_pre_ping=True)
        event.listen(engine, "handle_error", _drop_half_sent)
        return engine
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _sqlite_connect if foreign_keys else _sqlite_connect_to_migrate)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _drop_half_sent(context: ExceptionContext) -> None:
    """A text that cannot be encoded ends the driver's message in the middle: that connection cannot be used again."""
    if isinstance(context.original_exception, UnicodeEncodeError):
        context.is_disconnect, context.invalidate_pool_on_disconnect = True, False


def _sqlite_connect(connection: Any, record: object) -> None:  # noqa: ARG001
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_connect_to_migrate(connection: Any, record: object) -> None:
    _sqlite_connect(connection, record)
    connection.execute("PRAGMA foreign_keys=OFF")


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("podium_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
