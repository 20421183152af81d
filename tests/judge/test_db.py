"""Transactions: whole or not at all, on the disk when they are over, and in the domain's words when they cannot be."""

import contextlib
import threading

import pytest
from sqlalchemy import event, text
from sqlmodel import select

from judge.db import Database
from judge.errors import BadInput, StorageFull
from judge.models import SignInTry, Team
from tests.judge.world import NOW, World


def _add_and_fail(session) -> None:
    session.add(SignInTry(subject="x", at=NOW))
    session.flush()
    raise RuntimeError


def test_what_raises_leaves_nothing(world: World):
    with pytest.raises(RuntimeError), world.db.write() as session:
        _add_and_fail(session)
    assert world.all(select(SignInTry)) == []


def test_a_reader_writes_nothing(world: World):
    with world.db.read() as session:
        session.add(SignInTry(subject="x", at=NOW))
        session.flush()
    assert world.all(select(SignInTry)) == []


def test_sqlite_syncs_and_holds_to_foreign_keys(sqlite_db):
    """Promise 1: what is committed is on the disk."""
    with sqlite_db.read() as session:
        got = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert got == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_two_writers_wait_for_each_other(world: World):
    """A read and then a write in one transaction: neither loses what the other wrote."""
    team = world.all(select(Team))[0]
    barrier = threading.Barrier(4)

    def add() -> None:
        barrier.wait()
        with world.db.write() as session:
            row = session.get_one(Team, team.id, with_for_update=True)
            row.name += "x"

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.get(Team, team.id).name == team.name + "xxxx"


def test_a_full_database_is_refused_as_such_and_nothing_is_written(one: World):
    """Promise 1: nothing is acknowledged that was not written."""
    with one.db.read() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    full = Database(one.db.url)
    event.listen(full.engine, "begin", lambda raw: raw.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StorageFull), full.write() as session:
        session.add_all(SignInTry(subject="x" * 64, at=NOW) for _ in range(5000))
    full.close()
    assert one.all(select(SignInTry)) == []


@pytest.mark.parametrize("subject", ["half \ud800", "nul \x00"])
def test_a_text_that_is_none_is_refused_or_unknown_and_never_breaks(world: World, subject):
    found = []
    with contextlib.suppress(BadInput):
        found = world.all(select(SignInTry).where(SignInTry.subject == subject))
    assert found == []
    assert len(world.all(select(Team))) == 4  # and the connection is as good as before
