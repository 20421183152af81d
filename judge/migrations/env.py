"""Alembic's entry: runs the migrations on the connection that `judge.db` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from judge import models


def _plain(kind: str, item: Any, autogenerate: Any) -> str | Literal[False]:  # noqa: ARG001 - Alembic's signature
    """Our own column types, as what the database sees: a migration must not change when they do."""
    if kind == "type" and isinstance(item, models.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, models.Word):
        return "sa.String(length=20)"
    if kind == "type" and type(item).__name__ == "AutoString":
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=models.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_plain,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
