"""The migrations make exactly the tables that the models describe, on both databases, and can be taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from judge import models
from judge.db import Database
from judge.scoring import order_key


@pytest.fixture
def empty(empty_url):
    db = Database(empty_url)
    yield db
    db.close()


def test_the_migrations_equal_the_models(empty):
    empty.migrate()
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": models.metadata}
        )
        assert compare_metadata(context, models.metadata) == []


def test_migrating_twice_is_migrating_once(empty):
    empty.migrate()
    tables = set(inspect(empty.engine).get_table_names())
    empty.migrate()
    assert set(inspect(empty.engine).get_table_names()) == tables == {*models.metadata.tables, "alembic_version"}


def test_the_way_back_leaves_nothing_and_can_be_gone_again(empty):
    empty.migrate()
    with empty.migrating() as config:
        command.downgrade(config, "base")
    assert inspect(empty.engine).get_table_names() == ["alembic_version"]
    empty.migrate()
    assert "judgement" in inspect(empty.engine).get_table_names()


def test_every_constraint_has_a_name(empty):
    empty.migrate()
    looking = inspect(empty.engine)
    for table in models.metadata.tables:
        found = [
            *looking.get_unique_constraints(table),
            *looking.get_foreign_keys(table),
            *looking.get_check_constraints(table),
            looking.get_pk_constraint(table),
        ]
        assert all(row["name"] for row in found), table


def test_what_was_scored_before_gets_the_key_of_its_final_score(empty):
    """Revealed boards sort by it."""
    when = datetime(2026, 5, 4, tzinfo=UTC)
    public, final = 80.0, 60.0
    with empty.migrating() as config:
        connection = config.attributes["connection"]
        command.upgrade(config, "0002")
        for table, facts in _scored(order_key(public, (1.0,), when), public, final, when):
            columns = ", ".join(facts)
            values = ", ".join(f":{name}" for name in facts)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), facts)
        command.upgrade(config, "head")
        for table in ("judgement_score", "standing"):
            found = connection.execute(text(f"SELECT final_key, order_key FROM {table}")).one()
            assert found == (order_key(final, (1.0,), when), order_key(public, (1.0,), when))


def test_what_was_revealed_before_keeps_the_interval_that_it_showed(empty):
    when = datetime(2026, 5, 4, tzinfo=UTC)
    with empty.migrating() as config:
        connection = config.attributes["connection"]
        command.upgrade(config, "0002")
        for table, facts in _scored(order_key(80.0, (), when), 80.0, 60.0, when):
            columns, values = ", ".join(facts), ", ".join(f":{name}" for name in facts)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), facts)
        command.upgrade(config, "head")
        found = connection.execute(text("SELECT final_low, final_high FROM judgement_score")).one()
        assert found == (58.0, 63.0)
        assert connection.execute(text("SELECT final_low, final_high FROM standing")).one() == (None, None)


def _scored(key, public, final, when):
    """The rows of one scored judgement, as they were before."""
    account = {"email": "a@example.org", "name": "A", "password_hash": "x", "language": "en", "demo": False}
    at = {"created_at": when}
    phase = {"contest_id": 1, "position": 0, "slug": "p", "title": "{}", "state": "open", "cases": 1, "hidden": True}
    phase |= {"counts": "best", "chosen": 1, "quota_per_day": 1, "quota_total": 1, "max_judgement_seconds": 0.0}
    phase |= {"materials": "{}", "starts_at": when, "ends_at": when + timedelta(days=1)}
    entry = {"public_id": "s", "enrolment_id": 1, "phase_id": 1, "user_id": 1, "sha256": "0" * 64, "size_bytes": 1}
    entry |= {"filename": "a", "state": "active", "chosen": False, "received_at": when, "acknowledged_at": when}
    judgement = {"submission_id": 1, "phase_id": 1, "enrolment_id": 1, "number": 1, "current": True, "state": "scored"}
    judgement |= {"attempt": 1, "faults": 0, "queued_at": when}
    score = {"judgement_id": 1, "track": "", "public_score": public, "final_score": final, "figures": "{}"}
    standing = {"phase_id": 1, "track": "", "category": "", "enrolment_id": 1, "judgement_id": 1, "entries": 1}
    return [
        ("account", account | at),
        ("team", {"name": "T", "folded_name": "t", "slug": "t"} | at),
        ("contest", {"slug": "c", "challenge": "echo", "title": "{}", "timezone": "UTC", "state": "open"} | at),
        ("phase", phase),
        ("enrolment", {"contest_id": 1, "team_id": 1, "category": "", "eligible": True, "terms_accepted_at": when}),
        ("submission", entry),
        ("judgement", judgement),
        ("judgement_score", score | {"order_key": key, "interval_low": public - 2, "interval_high": public + 3}),
        ("standing", standing | {"order_key": key, "improved_at": when}),
    ]
