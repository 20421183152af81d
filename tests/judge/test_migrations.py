"""The migrations make exactly the tables that the models describe, on both databases, and can be taken back."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from judge import models
from judge.db import Database, alembic_config


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
    with empty._writer.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
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
