"""Direct messages: who writes to whom, one channel for two people, and what people set for themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_direct"
down_revision = "0005_encrypted"
branch_labels = None
depends_on = None

ID = sa.String(length=128)


def upgrade() -> None:
    op.add_column("school", sa.Column("direct", sa.String(length=16), nullable=False, server_default="teachers"))
    op.add_column("school", sa.Column("direct_keep_days", sa.BigInteger(), nullable=True))
    op.add_column(
        "school", sa.Column("time_zone", sa.String(length=64), nullable=False, server_default="Europe/Berlin")
    )
    op.create_table(
        "direct_channel",
        sa.Column("school", ID, nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("first", ID, nullable=False),
        sa.Column("second", ID, nullable=False),
        sa.CheckConstraint("first < second", name=op.f("ck_direct_channel_order")),
        *_same_school("direct_channel", ("channel", "channel"), ("first", "account"), ("second", "account")),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_direct_channel")),
        sa.UniqueConstraint("first", "second", name=op.f("uq_direct_channel_first_second")),
    )
    op.create_index(op.f("ix_direct_channel_second"), "direct_channel", ["second"])
    op.create_table(
        "contact_block",
        sa.Column("school", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("other", ID, nullable=False),
        *_same_school("contact_block", ("account", "account"), ("other", "account")),
        sa.PrimaryKeyConstraint("account", "other", name=op.f("pk_contact_block")),
    )
    op.create_index(op.f("ix_contact_block_other"), "contact_block", ["other"])
    op.create_table(
        "personal",
        sa.Column("school", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("away", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("typing", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("quiet_start", sa.Integer(), nullable=True),
        sa.Column("quiet_end", sa.Integer(), nullable=True),
        sa.Column("quiet_weekends", sa.Boolean(), nullable=False, server_default=sa.false()),
        *_same_school("personal", ("account", "account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_personal")),
    )


def downgrade() -> None:
    for table in ("personal", "contact_block", "direct_channel"):
        op.drop_table(table)
    for column in ("time_zone", "direct_keep_days", "direct"):
        op.drop_column("school", column)


def _same_school(table: str, *pairs: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    school = sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f(f"fk_{table}_school"))
    return [
        school,
        *(
            sa.ForeignKeyConstraint(
                ["school", column], [f"{other}.school", f"{other}.id"], name=op.f(f"fk_{table}_school_{column}")
            )
            for column, other in pairs
        ),
    ]
