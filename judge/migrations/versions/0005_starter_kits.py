"""phases: who prepares a draft, and the starter kit"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("phase", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opening_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("starter_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("phase", schema=None) as batch_op:
        batch_op.drop_column("starter_sha256")
        batch_op.drop_column("opening_at")
