"""Channels: who may write, and how long messages are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_channel_mode"
down_revision = "0002_logins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channel", sa.Column("mode", sa.String(length=16), nullable=False, server_default="open"))
    op.add_column("channel", sa.Column("keep_days", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("channel", "keep_days")
    op.drop_column("channel", "mode")
