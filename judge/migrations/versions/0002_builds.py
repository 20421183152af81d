"""an entry's build: for which language, in which image, and what it said"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("toolchain", sa.String(length=20), nullable=True))
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("builder", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("build_log_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.drop_column("build_log_sha256")
        batch_op.drop_column("builder")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_column("toolchain")
