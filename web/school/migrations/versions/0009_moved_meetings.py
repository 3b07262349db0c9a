"""Meetings: whether one is called off, and when it was to begin before it was moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_moved_meetings"
down_revision = "0008_history_days"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meeting", sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("meeting", sa.Column("moved_from", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("meeting", "moved_from")
    op.drop_column("meeting", "cancelled")
