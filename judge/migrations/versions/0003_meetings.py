"""tracks, meetings between submissions, figures that follow from them, and what a revealed board is sorted by"""

import math
import struct

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = "'queued', 'running', 'scored', 'failed', 'awaiting_panel', 'platform_failed', 'cancelled'"


def upgrade() -> None:
    _meetings()
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("track", sa.String(length=40), nullable=False, server_default=""))
    with op.batch_alter_table("phase", schema=None) as batch_op:
        batch_op.add_column(sa.Column("meets", sa.String(length=10), nullable=False, server_default="ladder"))
        batch_op.add_column(sa.Column("meeting_cases", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("field_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint("meets", "meets IN ('ladder', 'all')")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.alter_column("judgement_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("meeting_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_attempt_meeting_id_meeting"), "meeting", ["meeting_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_attempt_meeting_id_number"), ["meeting_id", "number"])
        batch_op.create_check_constraint("work", "(judgement_id IS NULL) <> (meeting_id IS NULL)")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("meeting_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_run_meeting_id_meeting"), "meeting", ["meeting_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_run_meeting_id"), ["meeting_id"])
    _figures()
    _fill_final_keys()


def _meetings() -> None:
    op.create_table(
        "meeting",
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.JSON(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("track", sa.String(length=40), nullable=False),
        sa.Column("case_name", sa.String(length=80), nullable=False),
        sa.Column("pairing", sa.String(length=80), nullable=False),
        sa.Column("round_number", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.CheckConstraint("first_id <> second_id", name=op.f("ck_meeting_seats")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_meeting_state")),
        sa.ForeignKeyConstraint(["phase_id"], ["phase.id"], name=op.f("fk_meeting_phase_id_phase")),
        sa.ForeignKeyConstraint(["first_id"], ["submission.id"], name=op.f("fk_meeting_first_id_submission")),
        sa.ForeignKeyConstraint(["second_id"], ["submission.id"], name=op.f("fk_meeting_second_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint(
            "phase_id",
            "case_name",
            "pairing",
            "round_number",
            name=op.f("uq_meeting_phase_id_case_name_pairing_round_number"),
        ),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_first_id"), ["first_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_second_id"), ["second_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_state_queued_at"), ["state", "queued_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_phase_id_state"), ["phase_id", "state"], unique=False)


def _figures() -> None:
    with op.batch_alter_table("judgement_score", schema=None) as batch_op:
        batch_op.add_column(sa.Column("final_key", sa.String(length=200), nullable=False, server_default=""))
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("final_key", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("frozen", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("public_score", sa.Float(53), nullable=True))
        batch_op.add_column(sa.Column("final_score", sa.Float(53), nullable=True))
        batch_op.add_column(sa.Column("interval_low", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("interval_high", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("figures", sa.JSON(), nullable=True))
        batch_op.drop_constraint(op.f("uq_standing_phase_id_track_enrolment_id"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_standing_phase_id_track_enrolment_id_frozen"), ["phase_id", "track", "enrolment_id", "frozen"]
        )
        batch_op.create_index("ix_standing_final", ["phase_id", "track", "final_key"], unique=False)


def _fill_final_keys() -> None:
    """What was scored before: the key's first part is the score, larger first (`judge.scoring.order_key`)."""
    connection = op.get_bind()
    keys = {}
    scores = sa.text("SELECT id, judgement_id, track, final_score, order_key FROM judgement_score")
    for row in connection.execute(scores).all():
        key = f"{_descending(row.final_score)}.{row.order_key.partition('.')[2]}"
        keys[row.judgement_id, row.track] = key
        connection.execute(
            sa.text("UPDATE judgement_score SET final_key = :key WHERE id = :id"), {"key": key, "id": row.id}
        )
    for row in connection.execute(sa.text("SELECT id, judgement_id, track, order_key FROM standing")).all():
        key = keys.get((row.judgement_id, row.track), row.order_key)
        connection.execute(sa.text("UPDATE standing SET final_key = :key WHERE id = :id"), {"key": key, "id": row.id})


def _descending(value: float) -> str:
    if math.isnan(value):
        raise ValueError("a score is never NaN")
    bits = struct.unpack(">Q", struct.pack(">d", value + 0.0))[0]
    ascending = bits ^ 0xFFFF_FFFF_FFFF_FFFF if bits >> 63 else bits | 1 << 63
    return f"{ascending ^ 0xFFFF_FFFF_FFFF_FFFF:016x}"


def downgrade() -> None:
    op.execute("DELETE FROM standing WHERE frozen")
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.drop_index("ix_standing_final")
        batch_op.drop_constraint(op.f("uq_standing_phase_id_track_enrolment_id_frozen"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_standing_phase_id_track_enrolment_id"), ["phase_id", "track", "enrolment_id"]
        )
        for name in ("figures", "interval_high", "interval_low", "final_score", "public_score", "frozen", "final_key"):
            batch_op.drop_column(name)
    with op.batch_alter_table("judgement_score", schema=None) as batch_op:
        batch_op.drop_column("final_key")
    op.execute("DELETE FROM run_seat WHERE run_seq IN (SELECT seq FROM run WHERE meeting_id IS NOT NULL)")
    op.execute("DELETE FROM run WHERE meeting_id IS NOT NULL")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_run_meeting_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_run_meeting_id_meeting"), type_="foreignkey")
        batch_op.drop_column("meeting_id")
    op.execute("DELETE FROM attempt WHERE meeting_id IS NOT NULL")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_attempt_work"), type_="check")
        batch_op.drop_constraint(op.f("uq_attempt_meeting_id_number"), type_="unique")
        batch_op.drop_constraint(op.f("fk_attempt_meeting_id_meeting"), type_="foreignkey")
        batch_op.drop_column("meeting_id")
        batch_op.alter_column("judgement_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("phase", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_phase_meets"), type_="check")
        for name in ("field_due_at", "meeting_cases", "meets"):
            batch_op.drop_column(name)
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_column("track")
    op.drop_table("meeting")
