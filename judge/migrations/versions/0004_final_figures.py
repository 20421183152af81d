"""the interval of final scores"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("judgement_score", "standing")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("final_low", sa.Float(), nullable=True))
            batch_op.add_column(sa.Column("final_high", sa.Float(), nullable=True))
        # As revealed boards have shown it so far: as wide around the final score as around the public one.
        moved = ", ".join(f"final_{end} = interval_{end} + (final_score - public_score)" for end in ("low", "high"))
        op.execute(f"UPDATE {table} SET {moved} WHERE interval_low IS NOT NULL")  # noqa: S608 - no word comes from outside


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("final_high")
            batch_op.drop_column("final_low")
