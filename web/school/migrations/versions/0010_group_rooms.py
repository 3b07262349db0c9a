"""Group rooms: how a meeting is split, and who sits where; and whether a meeting was ended for all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_group_rooms"
down_revision = "0009_moved_meetings"
branch_labels = None
depends_on = None

ID = sa.String(length=128)


def upgrade() -> None:
    op.add_column("meeting", sa.Column("ended", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "group_plan",
        sa.Column("school", ID, nullable=False),
        sa.Column("meeting", ID, nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_group_plan_school")),
        sa.ForeignKeyConstraint(
            ["school", "meeting"], ["meeting.school", "meeting.id"], name=op.f("fk_group_plan_school_meeting")
        ),
        sa.PrimaryKeyConstraint("meeting", name=op.f("pk_group_plan")),
        sa.UniqueConstraint("school", "meeting", name=op.f("uq_group_plan_school_meeting")),
    )
    op.create_table(
        "group_room",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("meeting", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("document", ID, nullable=True),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_group_room_school")),
        sa.ForeignKeyConstraint(
            ["school", "meeting"],
            ["group_plan.school", "group_plan.meeting"],
            name=op.f("fk_group_room_school_meeting"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["school", "channel"], ["channel.school", "channel.id"], name=op.f("fk_group_room_school_channel")
        ),
        sa.ForeignKeyConstraint(
            ["school", "document"], ["document.school", "document.id"], name=op.f("fk_group_room_school_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_room")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_group_room_school_id")),
        sa.UniqueConstraint("channel", name=op.f("uq_group_room_channel")),
    )
    op.create_index(op.f("ix_group_room_meeting"), "group_room", ["meeting"])
    op.create_index(op.f("ix_group_room_document"), "group_room", ["document"])
    op.create_table(
        "group_seat",
        sa.Column("school", ID, nullable=False),
        sa.Column("meeting", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("group_room", ID, nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_group_seat_school")),
        sa.ForeignKeyConstraint(
            ["school", "group_room"],
            ["group_room.school", "group_room.id"],
            name=op.f("fk_group_seat_school_group_room"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting", "person", name=op.f("pk_group_seat")),
    )
    op.create_index(op.f("ix_group_seat_person"), "group_seat", ["person"])


def downgrade() -> None:
    op.drop_table("group_seat")
    op.drop_table("group_room")
    op.drop_table("group_plan")
    op.drop_column("meeting", "ended")
