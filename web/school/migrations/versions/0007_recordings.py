"""Recordings: what was recorded of which meeting, and each person's consent and file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_recordings"
down_revision = "0006_direct"
branch_labels = None
depends_on = None

ID = sa.String(length=128)


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("meeting", ID, nullable=False),
        sa.Column("leader", ID, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("gaps", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_recording_school")),
        sa.ForeignKeyConstraint(
            ["school", "meeting"], ["meeting.school", "meeting.id"], name=op.f("fk_recording_school_meeting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_recording_school_id")),
    )
    op.create_index(op.f("ix_recording_meeting"), "recording", ["meeting"])
    op.create_index(op.f("ix_recording_started_at"), "recording", ["started_at"])
    op.create_table(
        "recording_track",
        sa.Column("school", ID, nullable=False),
        sa.Column("recording", ID, nullable=False),
        sa.Column("file", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("milliseconds", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_recording_track_school")),
        sa.ForeignKeyConstraint(
            ["school", "recording"],
            ["recording.school", "recording.id"],
            name=op.f("fk_recording_track_school_recording"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recording", "file", name=op.f("pk_recording_track")),
    )
    op.create_index(op.f("ix_recording_track_person"), "recording_track", ["person"])


def downgrade() -> None:
    op.drop_table("recording_track")
    op.drop_table("recording")
